"""What a portal or counter hands in at the one window."""

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from cases.base import Code, Moment, Record, Text, fold_text
from cases.documents import DocumentType


class Channel(StrEnum):
    """Where the submission was made (办理形式)."""

    COUNTER = "counter"
    WEB = "web"
    APP = "app"
    SELF_SERVICE = "self_service"
    PLATFORM = "platform"  # handed down by an upper platform


class MaterialForm(StrEnum):
    """In which form a material was handed in."""

    ORIGINAL = "original"
    COPY = "copy"
    ELECTRONIC = "electronic"
    LICENCE = "licence"  # a reference into the e-licence library
    REUSED = "reused"  # taken over from an earlier case
    PROMISED = "promised"  # 容缺受理 / 告知承诺: to be supplied later


class Party(Record):
    """A person or an organisation: applicant, agent (经办人, 帮办员) or subject of the matter."""

    kind: Literal["person", "organisation"]
    name: Annotated[Text, Field(max_length=100)]
    id_type: Annotated[
        DocumentType,
        BeforeValidator(fold_text),
        Field(description="GA/T 2000.156 for persons (111 = citizen ID), 001 = credit code"),
    ]
    id_number: Annotated[Code, Field(max_length=50)]
    phone: Annotated[Code, Field(max_length=18)] | None = None
    address: Annotated[Text, Field(max_length=1000)] | None = None


class Counter(Record):
    """The window that took the papers."""

    hall: Annotated[Code, Field(max_length=12, description="hall, by its 9-digit division code")]
    window: Annotated[Text, Field(max_length=20)]
    clerk: Annotated[Text, Field(max_length=50)]


class Material(Record):
    """One paper or file of the application."""

    code: Annotated[Code, Field(max_length=34)]
    name: Annotated[Text, Field(max_length=200)]
    form: MaterialForm
    copies: Annotated[int, Field(ge=1, le=99, strict=True)] = 1
    file: Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")] | None = None
    licence_no: Annotated[Text, Field(max_length=200)] | None = None


class ResultDelivery(Record):
    """How the applicant wants the result (送达方式)."""

    method: Literal["counter", "courier", "electronic"]
    recipient: Annotated[Text, Field(max_length=100)] | None = None
    phone: Annotated[Code, Field(max_length=18)] | None = None
    address: Annotated[Text, Field(max_length=1000)] | None = None


class Submission(Record):
    """One application for one service item, as submitted."""

    item_code: Annotated[Code, Field(max_length=33, description="31-character 实施编码 or 33-character 办理项编码")]
    channel: Channel
    region: Annotated[
        str,
        BeforeValidator(fold_text),
        StringConstraints(pattern=r"^[0-9]{6}([0-9]{3}([0-9]{3})?)?$"),
        Field(description="GB/T 2260 division: district 6, town 9, community 12 digits"),
    ]
    counter: Counter | None = None
    applicant: Party
    agent: Party | None = None
    subject: Party | None = None
    form: dict[str, Any] = Field(
        default_factory=dict, description="the item's own fields, checked against its JSON Schema"
    )
    materials: Annotated[tuple[Material, ...], Field(max_length=100)] = ()
    delivery: ResultDelivery | None = None
    source_no: Annotated[Text, Field(max_length=50)] | None = None  # 申办流水号: the portal's own number
    submitted_at: Moment
