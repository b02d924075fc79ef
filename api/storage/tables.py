"""The tables, as they are now; `migrations/` has how they came about. Times are seconds since 1970."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

METADATA = MetaData()

# SQLite counts up only columns that it calls INTEGER; they hold 64 bits all the same.
Identifier = BigInteger().with_variant(Integer, "sqlite")

keys = Table(
    "keys",
    METADATA,
    Column("key_id", String(32), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("scope", String(16), nullable=False),
    Column("digest", String(64), nullable=False),  # SHA-256 of the secret
    Column("created_at", Double, nullable=False),
    Column("revoked_at", Double),
)

runs = Table(
    "runs",
    METADATA,
    Column("id", Identifier, primary_key=True),
    Column("run_id", String(128), nullable=False, unique=True),
    Column("owner", String(32), ForeignKey("keys.key_id")),  # null: made without a key
    Column("context", JSON, nullable=False),
    Column("horizon_step", BigInteger),
    Column("target_accuracy", Double),
    Column("seconds_per_step", Double),  # as stated; null: as the times of the points show
    Column("cost_per_hour", Double),
    Column("webhook_url", Text),
    Column("webhook_secret", Text),
    Column("webhook_format", String(16)),  # null: plain
    Column("created_at", Double, nullable=False),
    Column("updated_at", Double, nullable=False),
    Column("revision", BigInteger, nullable=False),  # grows with every change of the points
    Column("rewinds", Integer, nullable=False),
    Column("point_count", Integer, nullable=False),
    Column("observed_until_step", BigInteger),
    Column("status", String(16), nullable=False),
    Column("blocked", Boolean, nullable=False),
    Column("finished_at", Double),
    Column("stop_requested", Text),  # why somebody wants the training to stop
    sqlite_autoincrement=True,  # an identifier is never used again: pages stay what they were
)

points = Table(
    "points",
    METADATA,
    Column("run", Identifier, ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("step", BigInteger, primary_key=True),
    Column("values", Text, nullable=False),  # JSON, signal (and `time`) -> number; a missing value is absent
    sqlite_with_rowid=False,  # stored in the order that it is read in
)

forecasts = Table(
    "forecasts",
    METADATA,
    Column("id", Identifier, primary_key=True),
    Column("run", Identifier, ForeignKey("runs.id", ondelete="CASCADE"), nullable=False),
    Column("revision", BigInteger, nullable=False),  # of the points that it was made from
    Column("forecaster", String(64), nullable=False),
    Column("made_at", Double, nullable=False),
    Column("observed_until_step", BigInteger, nullable=False),
    Column("rewound", Boolean, nullable=False),  # made from points that were taken back since
    Column("forecast", JSON, nullable=False),
    UniqueConstraint("run", "revision", "forecaster"),
    sqlite_autoincrement=True,
)

retrainings = Table(
    "retrainings",
    METADATA,
    Column("id", Identifier, primary_key=True),
    Column("state", String(16), nullable=False),
    Column("slot", Integer, unique=True),  # 1 while it is queued or running: one at a time
    Column("promote", Boolean, nullable=False),
    Column("stage", String(32), nullable=False),
    Column("done", Integer, nullable=False),
    Column("total", Integer, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("started_at", Double),
    Column("finished_at", Double),
    Column("attempt", Integer, nullable=False),
    Column("holder", String(64)),  # the process that works on it
    Column("lease_until", Double),  # changes with each sign of life of its holder, by whose clock it is
    Column("cancel_requested", Boolean, nullable=False),
    Column("result", JSON),
    Column("problem", Text),
    sqlite_autoincrement=True,
)

deliveries = Table(
    "deliveries",
    METADATA,
    Column("id", Identifier, primary_key=True),
    Column("run", Identifier, ForeignKey("runs.id", ondelete="CASCADE"), nullable=False),
    Column("event", String(32), nullable=False),
    Column("rewinds", Integer, nullable=False),  # of the run: after a rewind it may be sent again
    Column("message_id", String(64), nullable=False),
    Column("body", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", Double, nullable=False),
    Column("problem", Text),
    UniqueConstraint("run", "event", "rewinds"),
    Index("deliveries_due", "state", "due_at"),
    sqlite_autoincrement=True,
)
