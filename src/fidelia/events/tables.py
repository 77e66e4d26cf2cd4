"""Tables of events. History itself lies in ClickHouse (``projection.py``)."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSON, JSONB

from fidelia.platform.postgres import metadata

_Moment = sa.DateTime(timezone=True)

#: Ids of events of the last seven days; ``hash`` is 128 bits of BLAKE2b of the id.
event_seen = sa.Table(
    "event_seen",
    metadata,
    sa.Column("database_id", sa.Integer, primary_key=True),
    sa.Column("hash", sa.Uuid, primary_key=True),
    sa.Column("seen_on", sa.Date, nullable=False),
)

#: Custom types of a database. ``properties`` are declared, in their order (so json, not jsonb); ``seen`` are learned.
event_type = sa.Table(
    "event_type",
    metadata,
    sa.Column("id", sa.Integer, sa.Identity(always=True), primary_key=True),
    sa.Column("database_id", sa.Integer, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("label", sa.Text, nullable=False, server_default=""),
    sa.Column("description", sa.Text, nullable=False, server_default=""),
    sa.Column("declared", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("properties", JSON, nullable=False, server_default="{}"),
    sa.Column("seen", JSONB, nullable=False, server_default="{}"),
    sa.Column("archived_at", _Moment),
    sa.Column("created_at", _Moment, nullable=False),
    sa.Column("updated_at", _Moment, nullable=False),
    sa.UniqueConstraint("database_id", "name"),
)

write_key = sa.Table(
    "write_key",
    metadata,
    sa.Column("id", sa.Integer, sa.Identity(always=True), primary_key=True),
    sa.Column("database_id", sa.Integer, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False, unique=True),
    # Events a second; null is the default of the settings.
    sa.Column("rate", sa.Integer),
    # Hosts of the sites it is for, and whether it heeds a browser that asks not to be tracked.
    sa.Column("domains", sa.ARRAY(sa.Text), nullable=False, server_default="{}"),
    sa.Column("heeds_privacy", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("created_at", _Moment, nullable=False),
    sa.Column("updated_at", _Moment, nullable=False),
    sa.Column("last_used_at", _Moment),
    sa.Column("revoked_at", _Moment),
)

#: What happened to messages of a key, by day: ``kind`` is accepted, duplicate, rejected or trait.
write_key_count = sa.Table(
    "write_key_count",
    metadata,
    sa.Column("key_id", sa.Integer, primary_key=True),
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("count", sa.BigInteger, nullable=False),
)

#: ``visitor`` is ``a:`` + anonymous id, or ``u:`` + a user id that no profile has yet.
visitor = sa.Table(
    "visitor",
    metadata,
    sa.Column("database_id", sa.Integer, primary_key=True),
    sa.Column("visitor", sa.Text, primary_key=True),
    sa.Column("profile", sa.BigInteger),
    sa.Column("first_seen_at", _Moment, nullable=False),
    sa.Column("last_seen_at", _Moment, nullable=False),
)

visitor_event = sa.Table(
    "visitor_event",
    metadata,
    sa.Column("seq", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("database_id", sa.Integer, nullable=False),
    sa.Column("visitor", sa.Text, nullable=False),
    sa.Column("id", sa.Text, nullable=False),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("at", _Moment, nullable=False),
    sa.Column("properties", sa.Text, nullable=False),
    sa.Column("received_at", _Moment, nullable=False),
)
