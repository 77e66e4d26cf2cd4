"""Tables of outgoing hooks."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from fidelia.platform.postgres import metadata

_Moment = sa.DateTime(timezone=True)

hook = sa.Table(
    "hook",
    metadata,
    sa.Column("id", sa.Integer, sa.Identity(always=True), primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("allow_http", sa.Boolean, nullable=False),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("paused_by", sa.Text),
    sa.Column("paused_at", _Moment),
    sa.Column("database_id", sa.Integer),
    sa.Column("types", ARRAY(sa.Text), nullable=False),
    sa.Column("filters", JSONB, nullable=False),
    # Encrypted, as are the secrets.
    sa.Column("headers", sa.Text),
    sa.Column("header_names", ARRAY(sa.Text), nullable=False),
    sa.Column("custom_data", JSONB, nullable=False),
    sa.Column("batch_size", sa.Integer, nullable=False),
    sa.Column("max_delay", sa.Integer, nullable=False),
    sa.Column("secret", sa.Text, nullable=False),
    sa.Column("old_secret", sa.Text),
    sa.Column("old_secret_until", _Moment),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("failing_since", _Moment),
    sa.Column("trouble", sa.Text),
    sa.Column("next_at", _Moment, nullable=False),
    sa.Column("delivered_at", _Moment),
    sa.Column("delivered_events", sa.BigInteger, nullable=False),
    sa.Column("dropped_events", sa.BigInteger, nullable=False),
    sa.Column("created_at", _Moment, nullable=False),
    sa.Column("updated_at", _Moment, nullable=False),
)

#: The queue of each hook and the log of what was delivered. ``events`` are lines while they wait.
hook_delivery = sa.Table(
    "hook_delivery",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("hook_id", sa.Integer, nullable=False),
    sa.Column("message_id", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("database_id", sa.Integer),
    sa.Column("rows", sa.Integer, nullable=False),
    sa.Column("sealed", sa.Boolean, nullable=False),
    sa.Column("events", sa.Text),
    sa.Column("body", sa.Text),
    sa.Column("profiles", ARRAY(sa.BigInteger), nullable=False),
    sa.Column("job_id", sa.Text),
    sa.Column("position", JSONB),
    sa.Column("due_at", _Moment, nullable=False),
    sa.Column("created_at", _Moment, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("tried_at", _Moment),
    sa.Column("duration_ms", sa.Integer),
    sa.Column("status", sa.Integer),
    sa.Column("response", sa.Text),
    sa.Column("error", sa.Text),
)
