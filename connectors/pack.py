"""What a department writes: one folder of connector.yaml, request.yaml, status.yaml, tests.yaml and contract files.

These models are the specification: linting, the JSON Schema for editors and the reference page come from them.
`endpoint`, `auth` and `receipt` details that only one protocol has are the kind's own options (see `connectors/kinds`).
"""

from typing import Annotated, Any, Literal

from pydantic import Field, PositiveFloat, PositiveInt

from cases.base import Code, Record, Text
from cases.states import State


class Owner(Record):
    """Who is called when this connector stands still."""

    name: Text
    phone: Text | None = None
    email: Text | None = None


class DepartmentInfo(Record):
    """The department that owns the pack."""

    code: Annotated[Code, Field(min_length=18, max_length=18, description="unified social credit code")]
    name: Text
    owner: Owner


class Timeouts(Record):
    """Budgets of one call, the whole exchange included."""

    connect_seconds: PositiveFloat = 3
    total_seconds: Annotated[float, Field(gt=0, le=300)] = 20
    max_reply_bytes: Annotated[int, Field(ge=1024, le=256 * 1024 * 1024)] = 8 * 1024 * 1024


class Limits(Record):
    """What the department's system can bear."""

    in_flight: Annotated[int, Field(ge=1, le=256)] = 8
    per_second: PositiveFloat | None = None


class Answer(Record):
    """What one of the department's own codes means to the hub."""

    outcome: Literal["accepted", "refused", "again", "unknown", "broken"]
    after_seconds: PositiveFloat | None = None  # with again
    say: Text | None = None  # the reason shown to people
    state: Literal[State.ACCEPT_REFUSED, State.NOT_REQUIRED, State.PRE_RETURNED] = State.ACCEPT_REFUSED  # with refused


class Receipt(Record):
    """What counts as accepted: HTTP 200 or a reply without a fault is no proof.

    Expressions see `reply` (the parsed body), `http.status` where there is one.
    """

    accepted_when: Text
    number: Text | None = None  # path of the department's own number in the reply
    code: Text | None = None  # path of the answer code that `answers` is keyed by
    message: Text | None = None  # path of the department's explanation
    answered: Text | None = None  # path of a status document that comes with the reply


class Resend(Record):
    """What an unknown outcome leads to: resend under the same key, ask by our number, or park."""

    idempotency: Literal["key", "none"] = "none"
    lookup: Text | None = None  # the kind's operation that finds our number
    settle_seconds: Annotated[
        float, Field(ge=0, description="how long after a lost answer the system may still be at work: asked only then")
    ] = 30.0


class StatusReturn(Record):
    """How statuses come back."""

    by: Literal["answer", "callback", "poll", "file", "none"]
    operation: Text | None = None
    every_seconds: PositiveFloat = 600
    batch: PositiveInt = 100


class Pack(Record):
    """connector.yaml."""

    key: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,40}$")]
    department: DepartmentInfo
    kind: Text
    endpoint: dict[str, Any]
    auth: dict[str, Any] = Field(default_factory=dict)
    timeouts: Timeouts = Timeouts()
    limits: Limits = Limits()
    fields: Annotated[
        tuple[Text, ...],
        Field(min_length=1, description="canonical paths that may leave the hub; `form.*` takes a branch"),
    ]
    receipt: Receipt
    answers: dict[str, Answer] = Field(default_factory=dict)
    resend: Resend = Resend()
    status: StatusReturn
    attachments_max_bytes: PositiveInt = 20 * 1024 * 1024  # all inline material content of one case
