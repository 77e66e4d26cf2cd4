"""Tables of members: who is in a program, where they stand, every move between levels, every review."""

from __future__ import annotations

import sqlalchemy as sa

from fidelia.platform.postgres import metadata

_Moment = sa.DateTime(timezone=True)

loyalty_member = sa.Table(
    "loyalty_member",
    metadata,
    sa.Column("program_id", sa.ForeignKey("loyalty_program.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("profile_id", sa.BigInteger, primary_key=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("joined_at", _Moment, nullable=False),
    sa.Column("removed_at", _Moment),
    sa.Column("updated_at", _Moment, nullable=False),
)

loyalty_standing = sa.Table(
    "loyalty_standing",
    metadata,
    sa.Column("group_id", sa.ForeignKey("loyalty_level_group.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("profile_id", sa.BigInteger, primary_key=True),
    sa.Column("level_id", sa.ForeignKey("loyalty_level.id")),
    sa.Column("floor_id", sa.ForeignKey("loyalty_level.id")),
    sa.Column("reached_at", _Moment, nullable=False),
    # What had been earned when counting last began anew.
    sa.Column("counted", sa.Numeric(18, 4), nullable=False, server_default="0"),
    sa.Column("counted_since", _Moment, nullable=False),
    sa.Column("review_on", sa.Date),
    sa.Column("reset_on", sa.Date),
    sa.Column("reviewed_on", sa.Date),
    sa.Column("in_grace", sa.Boolean, nullable=False, server_default=sa.false()),
)

loyalty_level_move = sa.Table(
    "loyalty_level_move",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("group_id", sa.ForeignKey("loyalty_level_group.id", ondelete="CASCADE"), nullable=False),
    sa.Column("profile_id", sa.BigInteger, nullable=False),
    sa.Column("from_id", sa.Integer),
    sa.Column("to_id", sa.Integer),
    sa.Column("at", _Moment, nullable=False),
    sa.Column("cause", sa.Text, nullable=False),
    sa.Column("points", sa.Numeric(18, 4), nullable=False),
    sa.Column("reason", sa.Text),
)

loyalty_review = sa.Table(
    "loyalty_review",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("group_id", sa.ForeignKey("loyalty_level_group.id", ondelete="CASCADE"), nullable=False),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("reviewed", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("raised", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("lowered", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("kept", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("graced", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("started_at", _Moment, nullable=False),
    sa.Column("finished_at", _Moment),
)
