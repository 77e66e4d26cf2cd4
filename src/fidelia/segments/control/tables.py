"""Tables of global control groups: one group a database, its strata with their people, its runs."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import BYTEA, JSONB

from fidelia.platform.postgres import metadata

_Moment = sa.DateTime(timezone=True)

control_group = sa.Table(
    "control_group",
    metadata,
    sa.Column("id", sa.Integer, sa.Identity(always=True), primary_key=True),
    sa.Column("database_id", sa.ForeignKey("profile_database.id", ondelete="CASCADE"), nullable=False, unique=True),
    sa.Column("active", sa.Boolean, nullable=False),
    # Millionths; percentages have four decimals.
    sa.Column("share", sa.Integer, nullable=False),
    sa.Column("cap", sa.Integer),
    sa.Column("strata", JSONB, nullable=False),
    sa.Column("exceptions", JSONB, nullable=False),
    sa.Column("schedule", JSONB(none_as_null=True)),
    sa.Column("next_refresh_at", _Moment),
    sa.Column("salt", sa.Text, nullable=False),
    # When its first members were drawn, when it was switched off, and since when it is on without a break.
    sa.Column("started_at", _Moment),
    sa.Column("switched_off_at", _Moment),
    sa.Column("active_since", _Moment, nullable=False),
    # People assigned while nothing changed their chance of being kept back; a new share or a cap that is reached
    # begins another epoch, and reports compare within each.
    sa.Column("epoch", sa.Integer, nullable=False, server_default="1"),
    sa.Column("size", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("people", sa.BigInteger, nullable=False, server_default="0"),
    # Raised by every change of the definition, so that nobody overwrites somebody else's.
    sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
    sa.Column("created_at", _Moment, nullable=False),
    sa.Column("updated_at", _Moment, nullable=False),
)

# Who is kept back: what sendings, conditions and reports read.
control_bitmap = sa.Table(
    "control_bitmap",
    metadata,
    sa.Column("group_id", sa.ForeignKey("control_group.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("members", BYTEA, nullable=False),
    sa.Column("updated_at", _Moment, nullable=False),
)

# Everybody who was assigned, by the stratum they were in at that moment: a later move changes neither side nor stratum.
control_stratum = sa.Table(
    "control_stratum",
    metadata,
    sa.Column("group_id", sa.ForeignKey("control_group.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("epoch", sa.Integer, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("people", BYTEA, nullable=False),
)

control_run = sa.Table(
    "control_run",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("group_id", sa.ForeignKey("control_group.id", ondelete="CASCADE"), nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("job_id", sa.Text),
    sa.Column("queued_at", _Moment, nullable=False),
    sa.Column("finished_at", _Moment),
    sa.Column("took_ms", sa.Integer),
    sa.Column("people", sa.BigInteger),
    sa.Column("target", sa.BigInteger),
    sa.Column("size", sa.BigInteger),
    sa.Column("joined", sa.BigInteger),
    sa.Column("entered", sa.BigInteger),
    sa.Column("strata", JSONB, nullable=False, server_default="[]"),
    sa.Column("warnings", JSONB, nullable=False, server_default="[]"),
    sa.Column("error", sa.Text),
    # Who was assigned by it, to either side.
    sa.Column("members", BYTEA),
)
