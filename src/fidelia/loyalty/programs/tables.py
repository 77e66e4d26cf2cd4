"""Tables of programs and what they are made of."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from fidelia.platform.postgres import metadata

_Moment = sa.DateTime(timezone=True)
_Points = sa.Numeric(18, 4)

loyalty_program = sa.Table(
    "loyalty_program",
    metadata,
    sa.Column("id", sa.Integer, sa.Identity(always=True), primary_key=True),
    sa.Column("database_id", sa.ForeignKey("profile_database.id", ondelete="CASCADE"), nullable=False),
    sa.Column("external_id", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("description", sa.Text, nullable=False, server_default=""),
    sa.Column("state", sa.Text, nullable=False, server_default="draft"),
    sa.Column("audience", sa.Text, nullable=False),
    sa.Column("segment_id", sa.Integer),
    # How promotions are weighed against each other, and from which price a percentage is taken.
    sa.Column("mode", sa.Text, nullable=False, server_default="priority"),
    sa.Column("base", sa.Text, nullable=False, server_default="discounted"),
    sa.Column("claw_back", sa.Text, nullable=False, server_default="allow_negative"),
    sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
    # The version of the segment's list that members were last taken from.
    sa.Column("segment_version", sa.BigInteger),
    sa.Column("activated_at", _Moment),
    sa.Column("archived_at", _Moment),
    sa.Column("created_at", _Moment, nullable=False),
    sa.Column("updated_at", _Moment, nullable=False),
)

loyalty_point_type = sa.Table(
    "loyalty_point_type",
    metadata,
    sa.Column("id", sa.Integer, sa.Identity(always=True), primary_key=True),
    sa.Column("program_id", sa.ForeignKey("loyalty_program.id", ondelete="CASCADE"), nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("places", sa.SmallInteger, nullable=False, server_default="2"),
    sa.Column("ratio", sa.Numeric(18, 8)),
    sa.Column("ratio_currency", sa.Text),
    sa.Column("initial", _Points, nullable=False, server_default="0"),
    sa.Column("delay", sa.Text),
    sa.Column("expiry", JSONB, nullable=False),
    sa.Column("rounding", sa.Text, nullable=False, server_default="down"),
    sa.Column("max_balance", _Points),
    sa.Column("max_accrual", _Points),
    sa.Column("archived_at", _Moment),
    sa.Column("created_at", _Moment, nullable=False),
    sa.Column("updated_at", _Moment, nullable=False),
)

loyalty_level_group = sa.Table(
    "loyalty_level_group",
    metadata,
    sa.Column("id", sa.Integer, sa.Identity(always=True), primary_key=True),
    sa.Column("program_id", sa.ForeignKey("loyalty_program.id", ondelete="CASCADE"), nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("point_type_id", sa.ForeignKey("loyalty_point_type.id"), nullable=False),
    sa.Column("mode", sa.Text, nullable=False),
    sa.Column("upgrade", sa.Text, nullable=False),
    sa.Column("downgrade", sa.Text, nullable=False),
    sa.Column("review", JSONB, nullable=False),
    sa.Column("reset", JSONB, nullable=False),
    sa.Column("grace_days", sa.Integer, nullable=False, server_default="0"),
    sa.Column("entry_level_id", sa.Integer),
    sa.Column("created_at", _Moment, nullable=False),
    sa.Column("updated_at", _Moment, nullable=False),
)

loyalty_level = sa.Table(
    "loyalty_level",
    metadata,
    sa.Column("id", sa.Integer, sa.Identity(always=True), primary_key=True),
    sa.Column("group_id", sa.ForeignKey("loyalty_level_group.id", ondelete="CASCADE"), nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("threshold", _Points, nullable=False),
    sa.Column("benefits", JSONB, nullable=False, server_default="[]"),
    sa.Column("created_at", _Moment, nullable=False),
    sa.Column("updated_at", _Moment, nullable=False),
)

loyalty_partner = sa.Table(
    "loyalty_partner",
    metadata,
    sa.Column("id", sa.Integer, sa.Identity(always=True), primary_key=True),
    sa.Column("program_id", sa.ForeignKey("loyalty_program.id", ondelete="CASCADE"), nullable=False),
    sa.Column("external_id", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    # A condition on a line, null: every line.
    sa.Column("products", JSONB(none_as_null=True)),
    sa.Column("multiplier", sa.Numeric(9, 4), nullable=False, server_default="1"),
    sa.Column("share", sa.Numeric(7, 4), nullable=False, server_default="0"),
    sa.Column("currency", sa.Text),
    sa.Column("starts_on", sa.Date),
    sa.Column("ends_on", sa.Date),
    sa.Column("archived_at", _Moment),
    sa.Column("created_at", _Moment, nullable=False),
    sa.Column("updated_at", _Moment, nullable=False),
)
