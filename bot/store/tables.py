"""For whoever reads or writes the database: every table, once. Migrations in deploy/migrations follow it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite numbers rows only in a column that is exactly INTEGER.
Id = BigInteger().with_variant(Integer, "sqlite")


class UTCDateTime(TypeDecorator[datetime]):
    """A moment, always aware and in UTC: SQLite forgets the zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


def _id() -> Column[int]:
    return Column("id", Id, primary_key=True, autoincrement=True)


def _at(name: str = "at", *, nullable: bool = False) -> Column[datetime]:
    return Column(name, UTCDateTime(), nullable=nullable)


def _ref(name: str, target: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, Id, ForeignKey(target), nullable=nullable)


# One row per (channel, account, user): where a customer is reached, and the order of what was said there.
customer = Table(
    "customer",
    metadata,
    _id(),
    Column("channel", String(32), nullable=False),
    Column("account", String(64), nullable=False),
    Column("user", String(128), nullable=False),
    Column("name", String(255)),
    Column("language", String(8), nullable=False),
    Column("last_seq", Integer, nullable=False, default=0),
    Column("gone", Boolean, nullable=False, default=False),
    _at("created_at"),
    UniqueConstraint("channel", "account", "user"),
)

conversation = Table(
    "conversation",
    metadata,
    _id(),
    _ref("customer_id", "customer.id"),
    Column("state", String(16), nullable=False),
    Column("epoch", Integer, nullable=False, default=0),
    Column("reason", String(32)),
    _ref("agent_id", "agent.id", nullable=True),
    _at("offered_until", nullable=True),
    _ref("excluded_id", "agent.id", nullable=True),
    _at("enqueued_at", nullable=True),
    Column("priority", Integer, nullable=False, default=0),
    # what the agent's "why you got this" card shows: ranking, threshold, slots, failed turns
    Column("why", JSON),
    # a customer whom nobody could serve was asked whether to wait: the reason and the card to queue with
    Column("queue_offer", JSON),
    # the dialogue's state travels to the brain and back; its version keeps two answers from both landing
    Column("dialogue", JSON),
    Column("dialogue_version", Integer, nullable=False, default=0),
    _at("opened_at"),
    _at("closed_at", nullable=True),
    Index(
        "uq_conversation_open",
        "customer_id",
        unique=True,
        sqlite_where=text("closed_at IS NULL"),
        postgresql_where=text("closed_at IS NULL"),
    ),
    Index(
        "ix_conversation_waiting",
        "state",
        text("priority DESC"),
        "enqueued_at",
        "id",
        sqlite_where=text("closed_at IS NULL"),
        postgresql_where=text("closed_at IS NULL"),
    ),
    Index("ix_conversation_agent_id", "agent_id"),
)

message = Table(
    "message",
    metadata,
    _id(),
    _ref("customer_id", "customer.id"),
    _ref("conversation_id", "conversation.id"),
    Column("seq", Integer, nullable=False),
    Column("author", String(16), nullable=False),
    _ref("agent_id", "agent.id", nullable=True),
    # the id that the customer's or the agent's client made; NULL for what the bot and the system say
    Column("client_id", String(160)),
    Column("kind", String(16), nullable=False),
    Column("text", Text, nullable=False),
    Column("choices", JSON, nullable=False),
    Column("image", Text),
    Column("about", JSON, nullable=False),
    _at(),
    UniqueConstraint("customer_id", "seq"),
    UniqueConstraint("customer_id", "author", "client_id"),
    Index("ix_message_conversation_id", "conversation_id", "seq"),
)

# What the brain thought of a customer's message, and what became of its answer.
prediction = Table(
    "prediction",
    metadata,
    _id(),
    _ref("message_id", "message.id"),
    _ref("conversation_id", "conversation.id"),
    Column("ranking", JSON, nullable=False),
    Column("threshold", Float, nullable=False),
    Column("actions", JSON, nullable=False),
    Column("slots", JSON, nullable=False),
    Column("model", String(160), nullable=False),
    Column("milliseconds", Float, nullable=False),
    # answered, asked_back, handed_off, queue_offered, outage_notice, dropped
    Column("outcome", String(16), nullable=False),
    # the texts of an answer that was dropped because an agent had taken over: a suggestion to that agent
    Column("suggestion", JSON),
    _at(),
    UniqueConstraint("message_id"),
    Index("ix_prediction_conversation_id", "conversation_id", "id"),
)

inbox = Table(
    "inbox",
    metadata,
    _id(),
    Column("channel", String(32), nullable=False),
    Column("account", String(64), nullable=False),
    Column("key", String(200), nullable=False),
    Column("lane", String(240)),
    Column("raw", LargeBinary, nullable=False),
    # new, done, quarantined
    Column("state", String(16), nullable=False),
    Column("error", Text),
    _ref("message_id", "message.id", nullable=True),
    # what was answered in the platform's own reply window, to be given again when the platform asks again
    Column("reply", LargeBinary),
    _at("received_at"),
    _at("done_at", nullable=True),
    UniqueConstraint("channel", "account", "key"),
    Index(
        "ix_inbox_new",
        "lane",
        "id",
        sqlite_where=text("state = 'new'"),
        postgresql_where=text("state = 'new'"),
    ),
)

# The conditions of the partial indexes: one is found by its words, never by a value that comes later.
is_new = text("inbox.state = 'new'")

outbox = Table(
    "outbox",
    metadata,
    _id(),
    _ref("message_id", "message.id"),
    _ref("inbox_id", "inbox.id", nullable=True),
    Column("lane", String(240), nullable=False),
    # queued, sending, sent, unknown, failed, cancelled
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("parts_sent", Integer, nullable=False, default=0),
    _at("due_at"),
    Column("provider_id", String(128)),
    Column("error", Text),
    _at("done_at", nullable=True),
    UniqueConstraint("message_id"),
    Index(
        "ix_outbox_open",
        "lane",
        "id",
        sqlite_where=text("state IN ('queued', 'sending')"),
        postgresql_where=text("state IN ('queued', 'sending')"),
    ),
    Index("ix_outbox_inbox_id", "inbox_id"),
)

is_open = text("outbox.state IN ('queued', 'sending')")

# Who may work on a lane (one customer's inbox, one customer's outbox, one platform's poll) just now.
lease = Table(
    "lease",
    metadata,
    Column("name", String(240), primary_key=True),
    Column("owner", String(64), nullable=False),
    _at("until"),
)

event = Table(
    "event",
    metadata,
    _id(),
    _ref("conversation_id", "conversation.id"),
    Column("epoch", Integer, nullable=False),
    Column("type", String(32), nullable=False),
    Column("actor", String(32), nullable=False),
    Column("data", JSON, nullable=False),
    _at(),
    UniqueConstraint("conversation_id", "epoch"),
)

agent = Table(
    "agent",
    metadata,
    _id(),
    Column("login", String(64), nullable=False, unique=True),
    Column("name", String(120), nullable=False),
    Column("password", String(255), nullable=False),
    Column("roles", JSON, nullable=False),
    Column("capacity", Integer, nullable=False),
    Column("status", String(16), nullable=False),
    _at("status_since"),
    # why the product set the status and not the agent
    Column("status_reason", String(32)),
    # offers in a row that ran out
    Column("ignored_offers", Integer, nullable=False, default=0),
    _at("seen_at", nullable=True),
    # when the last conversation was assigned: the longest idle agent is asked first
    _at("assigned_at", nullable=True),
    _at("created_at"),
)

# An agent's share in a conversation, from the offer to its end.
assignment = Table(
    "assignment",
    metadata,
    _id(),
    _ref("conversation_id", "conversation.id"),
    _ref("agent_id", "agent.id"),
    _at("offered_at"),
    _at("accepted_at", nullable=True),
    _at("ended_at", nullable=True),
    # the name of the event that ended it
    Column("outcome", String(32)),
    Index(
        "uq_assignment_live",
        "conversation_id",
        unique=True,
        sqlite_where=text("ended_at IS NULL"),
        postgresql_where=text("ended_at IS NULL"),
    ),
    Index("ix_assignment_conversation_id", "conversation_id"),
    Index(
        "ix_assignment_agent_live",
        "agent_id",
        sqlite_where=text("ended_at IS NULL"),
        postgresql_where=text("ended_at IS NULL"),
    ),
)

session = Table(
    "session",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    _ref("agent_id", "agent.id"),
    Column("csrf", String(64), nullable=False),
    _at("created_at"),
    _at("expires_at"),
    Index("ix_session_agent_id", "agent_id"),
)

signin_failure = Table(
    "signin_failure",
    metadata,
    _id(),
    Column("login", String(64), nullable=False),
    Column("address", String(64), nullable=False),
    _at(),
    Index("ix_signin_failure_login", "login", "at"),
    Index("ix_signin_failure_address", "address", "at"),
)

# An outage notice: while it is live, the bot answers with it. `text` by language; `area` are the names of a
# place by language, the first of which is shown, NULL for everywhere.
outage = Table(
    "outage",
    metadata,
    _id(),
    Column("subjects", JSON, nullable=False),
    Column("area", JSON(none_as_null=True)),
    Column("text", JSON, nullable=False),
    _at("until"),
    # NULL for the command line
    _ref("pinned_by", "agent.id", nullable=True),
    _at("pinned_at"),
    # when its text or its end was changed last: who has heard it before may hear it once more
    _at("changed_at"),
    _ref("ended_by", "agent.id", nullable=True),
    _at("ended_at", nullable=True),
    Index("ix_outage_until", "until"),
)

# Who has heard an outage notice, in answer to which message, and what came of it.
outage_heard = Table(
    "outage_heard",
    metadata,
    _id(),
    _ref("outage_id", "outage.id"),
    _ref("customer_id", "customer.id"),
    _ref("message_id", "message.id"),
    _at(),
    Column("times", Integer, nullable=False, default=1),
    # said that it was about something else, or somewhere else
    Column("not_meant", Boolean, nullable=False, default=False),
    Column("wants_news", Boolean, nullable=False, default=False),
    # when the customer was told that it is over
    _at("told_at", nullable=True),
    UniqueConstraint("outage_id", "customer_id"),
    Index("ix_outage_heard_customer_id", "customer_id", "at"),
    Index(
        "ix_outage_heard_untold",
        "outage_id",
        sqlite_where=text("wants_news AND told_at IS NULL"),
        postgresql_where=text("wants_news AND told_at IS NULL"),
    ),
)

web_session = Table(
    "web_session",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("user", String(128), nullable=False, unique=True),
    Column("language", String(8)),
    _at("created_at"),
)
