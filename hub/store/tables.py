"""Every table of the store, as SQLAlchemy Core metadata: what the migrations must lead to on both databases.

Instants are microseconds since 1970 (`hub.store.times`), dates are ISO text, `LargeBinary` columns are sealed
(`hub.store.sealing`). What is written once and large stands apart from what is updated often (`documents`, `cases`).
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    text,
)

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
    }
)


def _case_no(*, primary_key: bool = False) -> Column[str]:
    return Column("case_no", Text, ForeignKey("cases.case_no"), nullable=False, primary_key=primary_key)


cases = Table(
    "cases",
    metadata,
    Column("case_no", Text, primary_key=True),
    Column("receipt_no", Text, nullable=False, unique=True),
    Column("item_code", Text, nullable=False),
    Column("item_version", Integer, nullable=False),
    Column("department", Text, nullable=False),
    Column("region", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("submitted_by", Text, nullable=False),
    Column("source_no", Text),
    Column("received_at", BigInteger, nullable=False),
    Column("promised_by", Text),
    Column("legal_by", Text),
    Column("state", Text, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("step", Text),
    Column("conclusion", Text),
    Column("version", Integer, nullable=False),  # seq of the newest event
    Index("ix_cases_newest", "received_at", "case_no"),
    Index("ix_cases_caller", "submitted_by", "received_at", "case_no"),
    Index("ix_cases_department", "department", "received_at", "case_no"),
)

documents = Table(
    "documents",
    metadata,
    _case_no(primary_key=True),
    Column("document", LargeBinary, nullable=False),
    Column("explanation", LargeBinary, nullable=False),
)

events = Table(
    "events",
    metadata,
    _case_no(primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    Column("source", Text, nullable=False),
    Column("filing", Text, nullable=False),
    Column("data", Text, nullable=False),  # JSON without personal data
    Column("digest", Text),  # of what came, for statuses
    Column("fingerprint", Text),  # what the status said: the same thing said again is one event
)

_UNFINISHED = text("state NOT IN ('DONE', 'REFUSED')")

deliveries = Table(
    "deliveries",
    metadata,
    Column("delivery_id", Text, primary_key=True),
    _case_no(),
    Column("purpose", Text, nullable=False),
    Column("destination", Text, nullable=False),
    Column("lane", Text, nullable=False),
    Column("place", BigInteger, nullable=False),  # order within the case
    Column("payload", LargeBinary),  # NULL: the case document itself
    Column("state", Text, nullable=False),
    # When the relay looks at it: due (WAITING), lost in the broker (QUEUED), lease ended (CLAIMED).
    # NULL where nothing can be done now: finished, parked, or behind another delivery of its lane.
    Column("turn_at", BigInteger),
    Column("due_at", BigInteger, nullable=False),
    Column("queued", Integer, nullable=False, server_default="0"),  # times handed to the broker since the last claim
    Column("attempt", Integer, nullable=False, server_default="0"),
    Column(
        "open_attempts", Integer, nullable=False, server_default="0"
    ),  # claimed and not recorded, or recorded as unknown
    Column("worker", Text, nullable=False, server_default=""),
    Column("outcome", Text, nullable=False, server_default=""),
    Column("code", Text, nullable=False, server_default=""),
    Column("cause", Text, nullable=False, server_default=""),
    Column("reason", Text, nullable=False, server_default=""),
    Column("awaiting_since", BigInteger),  # filed there; the department owes statuses
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Index("ix_deliveries_case", "case_no", "place"),
    Index(
        "ix_deliveries_turn",
        "turn_at",
        postgresql_where=text("turn_at IS NOT NULL"),
        sqlite_where=text("turn_at IS NOT NULL"),
    ),
    Index("ix_deliveries_open", "destination", postgresql_where=_UNFINISHED, sqlite_where=_UNFINISHED),
    Index(
        "ix_deliveries_awaiting",
        "destination",
        "case_no",
        postgresql_where=text("awaiting_since IS NOT NULL"),
        sqlite_where=text("awaiting_since IS NOT NULL"),
    ),
)

attempts = Table(
    "attempts",
    metadata,
    Column("delivery_id", Text, ForeignKey("deliveries.delivery_id"), primary_key=True),
    Column("attempt", Integer, primary_key=True),
    Column("worker", Text, nullable=False),
    Column("claimed_at", BigInteger, nullable=False),
    Column("started_at", BigInteger),
    Column("ended_at", BigInteger),
    Column("outcome", Text),  # NULL: not recorded
    Column("code", Text),
    Column("reason", Text),
    Column("request_digest", Text),
    Column("reply_digest", Text),
)

foreign_numbers = Table(
    "foreign_numbers",
    metadata,
    Column("system", Text, primary_key=True),
    Column("foreign_no", Text, primary_key=True),
    _case_no(),
    Column("recorded_at", BigInteger, nullable=False),
    Index("ix_foreign_numbers_case", "case_no"),
)

_OPEN = text("ended_at IS NULL")

status_inbox = Table(
    "status_inbox",
    metadata,
    Column("inbox_id", Text, primary_key=True),
    Column("kind", Text, nullable=False),  # unmatched, held, unreadable
    Column("source", Text, nullable=False),
    Column("way", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("case_no", Text),
    Column("foreign_no", Text),
    Column("occurred_at", BigInteger),
    Column("received_at", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("status", LargeBinary),  # the canonical status; NULL where unreadable
    Column("raw", LargeBinary, nullable=False),
    Column("ended_at", BigInteger),  # filed or given up
    Index("ix_status_inbox_number", "foreign_no", postgresql_where=_OPEN, sqlite_where=_OPEN),
    Index("ix_status_inbox_case", "case_no", postgresql_where=_OPEN, sqlite_where=_OPEN),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("caller", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("body_digest", Text, nullable=False),
    Column("case_no", Text, nullable=False),
    Column("answer", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

serials = Table(
    "serials",
    metadata,
    Column("series", Text, primary_key=True),
    Column("last", BigInteger, nullable=False),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("key_id", Text, primary_key=True),
    Column("digest", Text, nullable=False, unique=True),
    Column("scopes", Text, nullable=False),  # separated by blanks
    Column("label", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
)

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("subscription_id", Text, primary_key=True),
    Column("url", Text, nullable=False),
    Column("secret", LargeBinary, nullable=False),
    Column("caller", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("active", Boolean, nullable=False),
)

files = Table(
    "files",
    metadata,
    Column("sha256", Text, primary_key=True),
    Column("size_bytes", BigInteger, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("uploaded_by", Text, primary_key=True),
    Column("name", LargeBinary, nullable=False),  # people name files after themselves
    Column("created_at", BigInteger, nullable=False),
)

items = Table(
    "items",
    metadata,
    Column("code", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("definition", Text, nullable=False),
    Column("imported_at", BigInteger, nullable=False),
)

#: The embedded broker's messages; unused with RabbitMQ.
messages = Table(
    "messages",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("delivery_id", Text, nullable=False),
    Column("destination", Text, nullable=False),
)

#: Facts about the database itself: under which data key it is sealed.
facts = Table(
    "facts",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
