"""A status of a case as a department reported it, in canonical words, every value marked with its provenance."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from cases.base import Moment, Record, Text
from cases.states import Conclusion, Mark, State

#: How a status reached the hub.
Way = Literal["answer", "callback", "poll", "file", "table", "hand", "hub"]


class StatusUpdate(Record):
    """One step of a case. `marks` names every value that is set, none other."""

    state: State
    occurred_at: Moment
    conclusion: Conclusion | None = None
    reason: Annotated[Text, Field(max_length=2000)] | None = None
    handler: Annotated[Text, Field(max_length=100)] | None = None
    step: Annotated[Text, Field(max_length=100)] | None = None  # 环节名称
    document_no: Annotated[Text, Field(max_length=50)] | None = None  # 受理文书编号
    certificate_no: Annotated[Text, Field(max_length=50)] | None = None
    marks: dict[str, Mark]

    @model_validator(mode="after")
    def _marks_cover_values(self) -> Self:
        values = {name for name in type(self).model_fields if name != "marks" and getattr(self, name) is not None}
        if values != set(self.marks):
            raise ValueError(
                f"marks must name exactly the values that are set; set: {sorted(values)}, marked: {sorted(self.marks)}"
            )
        return self
