"""A service item (事项) in one version: what may be asked for, by whom, with which papers."""

from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from cases.base import Code, Record, Text
from cases.case import CaseKind, ItemSnapshot
from cases.documents import ORGANISATION_TYPES, DocumentType
from cases.errors import InvalidInput
from cases.item_codes import CodeKind, read_item_code
from cases.submission import MaterialForm
from router.forms import Form

#: 事项类型 (A.1); 11-19 and 21-29 are left to the provinces.
ITEM_TYPES: Final = {
    "00": "行政权力事项",
    "01": "行政许可",
    "02": "行政处罚",
    "03": "行政强制",
    "04": "行政征收",
    "05": "行政给付",
    "06": "行政检查",
    "07": "行政确认",
    "08": "行政奖励",
    "09": "行政裁决",
    "10": "其他行政权力",
    "20": "公共服务",
}
_EXTENSIONS = range(11, 30)

EMPTY_FORM: Final = {"type": "object", "properties": {}, "additionalProperties": False}


def _implementation(code: str) -> str:
    try:
        found = read_item_code(code)
    except InvalidInput as error:
        raise ValueError(error.problems[0].message("en")) from None
    if found.kind is not CodeKind.IMPLEMENTATION:
        raise ValueError(f"an implementation code of 31 characters is needed here, this is a code of kind {found.kind}")
    return code


ImplementationCode = Annotated[Code, AfterValidator(_implementation)]


class ItemState(StrEnum):
    """Whether the item is offered."""

    IN_USE = "in_use"
    SUSPENDED = "suspended"
    CANCELLED = "cancelled"


class Handle(Record):
    """业务办理项: where an item has handles, cases are taken for a handle, by its 33-character code."""

    serial: Annotated[int, Field(ge=1, le=99)]
    name: Text


class MaterialRule(Record):
    """A material the item asks for, and the forms in which it may come."""

    code: Annotated[str, Field(pattern=r"^[0-9]{2,3}$")]
    name: Annotated[Text, Field(max_length=200)]
    required: bool = True
    original: bool = False  # ● the original must be seen
    licence: bool = False  # ○ an e-licence can replace it
    electronic: bool = False  # with ●: a signed electronic document counts as the original
    promise: bool = False  # 容缺受理 / 告知承诺: may be supplied later

    @cached_property
    def forms(self) -> frozenset[MaterialForm]:
        """The forms that are taken."""
        forms = {MaterialForm.ORIGINAL}
        if not self.original:
            forms |= {MaterialForm.COPY, MaterialForm.ELECTRONIC, MaterialForm.REUSED}
        for allowed, form in (
            (self.licence, MaterialForm.LICENCE),
            (self.electronic, MaterialForm.ELECTRONIC),
            (self.promise, MaterialForm.PROMISED),
        ):
            if allowed:
                forms.add(form)
        return frozenset(forms)


class PartyRule(Record):
    """Who may stand in a role: applicant, agent or subject."""

    presence: Literal["none", "optional", "required"] = "optional"
    kinds: Annotated[tuple[Literal["person", "organisation"], ...], Field(min_length=1)] = ("person",)
    id_types: Annotated[tuple[DocumentType, ...], Field(min_length=1)] = (DocumentType.CITIZEN_ID,)

    @model_validator(mode="after")
    def _types_fit_kinds(self) -> Self:
        usable = {"organisation" if id_type in ORGANISATION_TYPES else "person" for id_type in self.id_types}
        if usable != set(self.kinds):
            raise ValueError(
                f"kinds are {', '.join(self.kinds)}, but id_types are for {', '.join(sorted(usable))}: make them agree"
            )
        return self


class ApplicantRule(PartyRule):
    """The applicant is always there."""

    presence: Literal["required"] = "required"


class SpecialProcedure(Record):
    """特别程序: time that does not count (hearing, inspection, appraisal …), or an extension."""

    name: Text
    kind: Literal["extension", "suspension"] = "suspension"
    days: Annotated[int, Field(ge=1, description="working days, where the item names them")] | None = None


class MainItem(Record):
    """主项: published, but cases go to its sub-items only."""

    code: ImplementationCode
    name: Annotated[Text, Field(max_length=200)]

    @model_validator(mode="after")
    def _is_main(self) -> Self:
        if not self.code.endswith("000"):
            raise ValueError("a main item's code ends in 000")
        return self


class Item(Record):
    """One version of a service item. The days are working days."""

    code: ImplementationCode
    name: Annotated[Text, Field(max_length=200)]
    version: Annotated[int, Field(ge=1)] = 1
    state: ItemState = ItemState.IN_USE
    effective_from: date
    effective_until: date | None = None  # the last day
    kind: CaseKind
    legal_days: Annotated[int, Field(ge=0, description="0 = none set")]
    promised_days: Annotated[int, Field(ge=0, description="0 = on the spot")]
    department: Annotated[str, Field(description="key of the department")]
    parent_published: bool = True  # False: the main item of this sub-item is in no catalogue
    handles: tuple[Handle, ...] = ()
    applicant: ApplicantRule = ApplicantRule()
    agent: PartyRule = PartyRule()
    subject: PartyRule = PartyRule(presence="none")
    materials: tuple[MaterialRule, ...] = ()
    special_procedures: tuple[SpecialProcedure, ...] = ()
    form: dict[str, Any] = Field(default_factory=lambda: dict(EMPTY_FORM))
    note: Text | None = None

    @property
    def item_type(self) -> str:
        """事项类型, as the code says."""
        return self.code[21:23]

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """The codes under which cases are taken: those of the handles where there are any, else the item's own."""
        return tuple(f"{self.code}{handle.serial:02}" for handle in self.handles) or (self.code,)

    @cached_property
    def materials_by_code(self) -> dict[str, MaterialRule]:
        """Materials by their code in this item, and by their 34-character code."""
        full = {f"{self.code}{int(material.code):03}": material for material in self.materials}
        return full | {material.code: material for material in self.materials}

    @cached_property
    def compiled_form(self) -> Form:
        """The form, ready to check with."""
        return Form(self.form)

    @cached_property
    def snapshot(self) -> ItemSnapshot:
        """What a case keeps of the item."""
        return ItemSnapshot(
            code=self.code,
            name=self.name,
            version=self.version,
            item_type=self.item_type,
            kind=self.kind,
            legal_days=self.legal_days,
            promised_days=self.promised_days,
        )

    def in_force(self, day: date) -> bool:
        """Tell whether this version's time includes a day."""
        return self.effective_from <= day and (self.effective_until is None or day <= self.effective_until)

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        if self.item_type not in ITEM_TYPES and int(self.item_type) not in _EXTENSIONS:
            raise ValueError(f"code: item type {self.item_type} is not in the list A.1")
        if self.effective_until is not None and self.effective_until < self.effective_from:
            raise ValueError("effective_until lies before effective_from")
        if self.legal_days and self.promised_days > self.legal_days:
            raise ValueError(f"promised_days ({self.promised_days}) are more than legal_days ({self.legal_days})")
        if len({material.code for material in self.materials}) < len(self.materials):
            raise ValueError("materials: a code stands twice")
        if len({handle.serial for handle in self.handles}) < len(self.handles):
            raise ValueError("handles: a serial stands twice")
        try:
            _ = self.compiled_form
        except ValueError as error:
            raise ValueError(f"form: {error}") from None
        return self
