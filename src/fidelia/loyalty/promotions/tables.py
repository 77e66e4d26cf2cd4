"""Tables of promotions: arrangement, versions, exclusion groups, counters of limits, order segments."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from fidelia.platform.postgres import metadata

_Moment = sa.DateTime(timezone=True)
_Amount = sa.Numeric(18, 4)

loyalty_rules = sa.Table(
    "loyalty_rules",
    metadata,
    # What a program's promotions share. The revision is raised by every change that a calculation could notice:
    # processes keep compiled rules under this number.
    sa.Column("program_id", sa.Integer, primary_key=True),
    sa.Column("revision", sa.BigInteger, nullable=False, server_default="1"),
    # When points of an order are credited, and for so many days after that they wait.
    sa.Column("accrue_on", sa.Text, nullable=False, server_default="committed"),
    sa.Column("return_days", sa.Integer, nullable=False, server_default="0"),
    sa.Column("updated_at", _Moment, nullable=False),
)

promotion_group = sa.Table(
    "promotion_group",
    metadata,
    sa.Column("id", sa.Integer, sa.Identity(always=True), primary_key=True),
    sa.Column("program_id", sa.Integer, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("per", sa.Text, nullable=False, server_default="order"),
    sa.Column("archived_at", _Moment),
    sa.Column("created_at", _Moment, nullable=False),
    sa.Column("updated_at", _Moment, nullable=False),
)

promotion = sa.Table(
    "promotion",
    metadata,
    sa.Column("id", sa.Integer, sa.Identity(always=True), primary_key=True),
    sa.Column("program_id", sa.Integer, nullable=False),
    sa.Column("external_id", sa.Text),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False, server_default="draft"),
    # The order in which promotions are tried, counted from 1 without gaps among those that are not archived.
    sa.Column("place", sa.Integer, nullable=False),
    sa.Column("versions", sa.Integer, nullable=False, server_default="1"),
    sa.Column("revision", sa.BigInteger, nullable=False, server_default="1"),
    sa.Column("archived_at", _Moment),
    sa.Column("created_at", _Moment, nullable=False),
    sa.Column("updated_at", _Moment, nullable=False),
)

promotion_usage = sa.Table(
    "promotion_usage",
    metadata,
    # What a promotion has given so far, what came back not counted; the sum of its shards. One row would make every
    # commit wait for the one before it.
    sa.Column("promotion_id", sa.ForeignKey("promotion.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("shard", sa.SmallInteger, primary_key=True),
    sa.Column("uses", sa.BigInteger, nullable=False),
    sa.Column("money", _Amount, nullable=False),
    sa.Column("points", _Amount, nullable=False),
)

promotion_version = sa.Table(
    "promotion_version",
    metadata,
    sa.Column("promotion_id", sa.ForeignKey("promotion.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("definition", JSONB, nullable=False),
    sa.Column("sentence", sa.Text, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    # A draft has neither; of published ones the latest whose moment has come is in force.
    sa.Column("published_at", _Moment),
    sa.Column("effective_at", _Moment),
    sa.Column("created_at", _Moment, nullable=False),
    sa.Column("updated_at", _Moment, nullable=False),
)

promotion_log = sa.Table(
    "promotion_log",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("promotion_id", sa.ForeignKey("promotion.id", ondelete="CASCADE"), nullable=False),
    sa.Column("at", _Moment, nullable=False),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("what", sa.Text, nullable=False),
    sa.Column("version", sa.Integer),
    sa.Column("detail", JSONB, nullable=False, server_default="{}"),
)

promotion_counter = sa.Table(
    "promotion_counter",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("promotion_id", sa.ForeignKey("promotion.id", ondelete="CASCADE"), nullable=False),
    sa.Column("what", sa.Text, nullable=False),
    # 0 for the whole program; the period by its first day (the first day of all for ever).
    sa.Column("profile_id", sa.BigInteger, nullable=False),
    sa.Column("period", sa.Text, nullable=False),
    sa.Column("since", sa.Date, nullable=False),
    sa.Column("used", _Amount, nullable=False, server_default="0"),
    sa.UniqueConstraint("promotion_id", "what", "profile_id", "period", "since"),
)

promotion_firing = sa.Table(
    "promotion_firing",
    metadata,
    # A trigger promotion at work: the caller's reference does it once.
    sa.Column("promotion_id", sa.ForeignKey("promotion.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("reference", sa.Text, primary_key=True),
    sa.Column("profile_id", sa.BigInteger, nullable=False),
    sa.Column("asked", sa.Text, nullable=False),
    sa.Column("reply", JSONB, nullable=False),
    sa.Column("at", _Moment, nullable=False),
)

order_segment = sa.Table(
    "order_segment",
    metadata,
    sa.Column("id", sa.Integer, sa.Identity(always=True), primary_key=True),
    sa.Column("database_id", sa.ForeignKey("profile_database.id", ondelete="CASCADE"), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("description", sa.Text, nullable=False, server_default=""),
    sa.Column("condition", JSONB, nullable=False),
    sa.Column("sentence", sa.Text, nullable=False),
    sa.Column("revision", sa.BigInteger, nullable=False, server_default="1"),
    sa.Column("archived_at", _Moment),
    sa.Column("created_at", _Moment, nullable=False),
    sa.Column("updated_at", _Moment, nullable=False),
)
