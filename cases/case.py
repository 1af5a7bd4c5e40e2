"""The canonical case: what the hub keeps, maps and shows."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from cases.base import Code, Moment, Record, Text
from cases.submission import Submission

CaseKind = Literal["instant", "promised", "forwarded", "other"]


class ItemSnapshot(Record):
    """The item version in force when the case was received; a case keeps it for life."""

    code: Annotated[Code, Field(min_length=31, max_length=33)]
    name: Annotated[Text, Field(max_length=200)]
    version: Annotated[int, Field(ge=1)]
    item_type: Annotated[
        str, Field(min_length=2, max_length=2, description="事项类型, A.1: 01 licence, 05 benefit, 07 confirmation …")
    ]
    kind: CaseKind
    legal_days: Annotated[int, Field(ge=0, description="working days; 0 = none set")]
    promised_days: Annotated[int, Field(ge=0, description="working days; 0 = on the spot")]


class DepartmentRef(Record):
    """The department that must handle the case."""

    key: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,40}$")]
    code: Annotated[Code, Field(min_length=18, max_length=18)]
    name: Text


class Case(Submission):
    """A submission that was accepted at the door: numbered, pinned to an item version and a department."""

    case_no: Annotated[str, Field(min_length=43, max_length=43)]
    receipt_no: Annotated[str, Field(min_length=18, max_length=18)]
    item: ItemSnapshot
    department: DepartmentRef
    received_at: Moment
    promised_by: date | None = None
    legal_by: date | None = None
