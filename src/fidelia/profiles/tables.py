"""Configuration tables of profiles. The rows of people live in ``profile_{database}``, made by ``store/ddl.py``."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, JSONB

from fidelia.platform.postgres import metadata

_Moment = sa.DateTime(timezone=True)

profile_database = sa.Table(
    "profile_database",
    metadata,
    sa.Column("id", sa.Integer, sa.Identity(always=True), primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("description", sa.Text, nullable=False, server_default=""),
    sa.Column("timezone", sa.Text, nullable=False, server_default="UTC"),
    # The highest id ever given to a profile; ids are dense and never given twice.
    sa.Column("last_profile_id", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("profile_count", sa.BigInteger, nullable=False, server_default="0"),
    # Raised by every change of the columns; the projection to ClickHouse compares it with what it has made.
    sa.Column("schema_version", sa.Integer, nullable=False, server_default="1"),
    sa.Column("created_at", _Moment, nullable=False),
    sa.Column("updated_at", _Moment, nullable=False),
)

profile_field = sa.Table(
    "profile_field",
    metadata,
    sa.Column("id", sa.Integer, sa.Identity(always=True), primary_key=True),
    sa.Column("database_id", sa.ForeignKey("profile_database.id", ondelete="CASCADE"), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("label", sa.Text, nullable=False, server_default=""),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("options", ARRAY(sa.Text), nullable=False, server_default="{}"),
    sa.Column("validator", sa.Text),
    # Patterns for what lies at paths inside objects.
    sa.Column("path_validators", JSONB, nullable=False, server_default="{}"),
    sa.Column("is_unique", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("required", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("description", sa.Text, nullable=False, server_default=""),
    # What alone fills the field, such as ``score:3``.
    sa.Column("keeper", sa.Text),
    sa.Column("created_at", _Moment, nullable=False),
    sa.Column("updated_at", _Moment, nullable=False),
    sa.UniqueConstraint("database_id", "name"),
)

resource = sa.Table(
    "resource",
    metadata,
    sa.Column("id", sa.Integer, sa.Identity(always=True), primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("description", sa.Text, nullable=False, server_default=""),
    sa.Column("website", sa.Text, nullable=False, server_default=""),
    sa.Column("channels", ARRAY(sa.Text), nullable=False, server_default="{email}"),
    # Empty: people of every database may subscribe.
    sa.Column("database_ids", ARRAY(sa.Integer), nullable=False, server_default="{}"),
    sa.Column("archived_at", _Moment),
    sa.Column("created_at", _Moment, nullable=False),
    sa.Column("updated_at", _Moment, nullable=False),
)

subscription = sa.Table(
    "subscription",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("database_id", sa.ForeignKey("profile_database.id", ondelete="CASCADE"), nullable=False),
    sa.Column("profile_id", sa.BigInteger, nullable=False),
    sa.Column("resource_id", sa.ForeignKey("resource.id"), nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("contact", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    # With several contacts in one channel, the highest priority is written to.
    sa.Column("priority", sa.Integer, nullable=False, server_default="0"),
    sa.Column("opt_in_at", _Moment),
    sa.Column("opt_in_ip", sa.Text),
    sa.Column("opt_in_source", sa.Text),
    sa.Column("status_reason", sa.Text),
    # Nothing is sent before this moment; once it has passed the subscription is as it was, by itself.
    sa.Column("paused_until", _Moment),
    sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
    sa.Column("created_at", _Moment, nullable=False),
    sa.Column("updated_at", _Moment, nullable=False),
    sa.UniqueConstraint("database_id", "profile_id", "resource_id", "channel", "contact"),
)

suppression_list = sa.Table(
    "suppression_list",
    metadata,
    sa.Column("id", sa.Integer, sa.Identity(always=True), primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("description", sa.Text, nullable=False, server_default=""),
    # The one list that every send obeys; complaints land here.
    sa.Column("is_global", sa.Boolean, nullable=False, server_default=sa.false()),
    # Kept by Fidelia itself and obeyed by every send too: ``bounces`` for addresses that are dead.
    sa.Column("purpose", sa.Text),
    sa.Column("archived_at", _Moment),
    sa.Column("created_at", _Moment, nullable=False),
    sa.Column("updated_at", _Moment, nullable=False),
)

suppression_entry = sa.Table(
    "suppression_entry",
    metadata,
    sa.Column("list_id", sa.ForeignKey("suppression_list.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, primary_key=True),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.Column("created_at", _Moment, nullable=False),
)

erasure = sa.Table(
    "erasure",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("database_id", sa.Integer, nullable=False),
    sa.Column("profile_ids", BYTEA, nullable=False),
    sa.Column("count", sa.Integer, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("erased_at", _Moment, nullable=False),
    # When the events of these people were deleted from ClickHouse as well.
    sa.Column("history_erased_at", _Moment),
    sa.Column("details", JSONB, nullable=False, server_default="{}"),
)
