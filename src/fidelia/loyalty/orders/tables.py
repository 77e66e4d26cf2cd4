"""Tables of calculated orders: what was asked and answered, and each line's share of what came of it."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, JSONB, UUID

from fidelia.platform.postgres import metadata

_Moment = sa.DateTime(timezone=True)
_Amount = sa.Numeric(18, 4)

order_calculation = sa.Table(
    "order_calculation",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("database_id", sa.Integer, nullable=False),
    sa.Column("external_id", sa.Text, nullable=False),
    sa.Column("order_id", sa.BigInteger),
    sa.Column("program_id", sa.Integer),
    sa.Column("profile_id", sa.BigInteger),
    # Hash of what was asked: the same again gets the stored reply, anything else under this id a conflict.
    sa.Column("asked", BYTEA, nullable=False),
    sa.Column("reply", JSONB, nullable=False, server_default="{}"),
    sa.Column("currency", sa.Text, nullable=False),
    sa.Column("discount", _Amount, nullable=False, server_default="0"),
    sa.Column("final", _Amount, nullable=False, server_default="0"),
    # When the points of it are credited, as the program said then; null once they are.
    sa.Column("accrue_on", sa.Text),
    sa.Column("accrued_at", _Moment),
    sa.Column("codes_given_back", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("at", _Moment, nullable=False),
    sa.UniqueConstraint("database_id", "external_id"),
)

order_share = sa.Table(
    "order_share",
    metadata,
    # What one promotion (0: redeemed points) did to one line (0: the order as a whole, delivery).
    sa.Column("calculation_id", sa.ForeignKey("order_calculation.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("what", sa.Text, primary_key=True),
    sa.Column("promotion_id", sa.Integer, primary_key=True),
    sa.Column("point_type_id", sa.Integer, primary_key=True),
    sa.Column("line", sa.Integer, primary_key=True),
    sa.Column("amount", _Amount, nullable=False),
    # How much of it has been taken back or restored, never more than the amount.
    sa.Column("returned", _Amount, nullable=False, server_default="0"),
)

order_entry = sa.Table(
    "order_entry",
    metadata,
    # The transactions of the ledger that an order led to.
    sa.Column("calculation_id", sa.ForeignKey("order_calculation.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("transaction_id", UUID(as_uuid=True), primary_key=True),
    sa.Column("what", sa.Text, nullable=False),
    sa.Column("promotion_id", sa.Integer, nullable=False),
    sa.Column("point_type_id", sa.Integer, nullable=False),
    # What came of it in points: of an accrual perhaps less than its shares, where a point type has a limit.
    sa.Column("amount", _Amount, nullable=False),
    sa.Column("returned", _Amount, nullable=False, server_default="0"),
)

order_use = sa.Table(
    "order_use",
    metadata,
    # What an order took of a promotion's limits: counters by id.
    sa.Column("calculation_id", sa.ForeignKey("order_calculation.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("promotion_id", sa.Integer, primary_key=True),
    sa.Column("uses", sa.Integer, nullable=False),
    sa.Column("money", _Amount, nullable=False),
    sa.Column("points", _Amount, nullable=False),
    sa.Column("returned_uses", sa.Integer, nullable=False, server_default="0"),
    sa.Column("returned_money", _Amount, nullable=False, server_default="0"),
    sa.Column("returned_points", _Amount, nullable=False, server_default="0"),
    sa.Column("counters", ARRAY(sa.BigInteger), nullable=False, server_default="{}"),
)

order_trace = sa.Table(
    "order_trace",
    metadata,
    # Every candidate and what became of it, as the calculation told it; compressed JSON.
    sa.Column("calculation_id", sa.ForeignKey("order_calculation.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("trace", BYTEA, nullable=False),
)

order_partner = sa.Table(
    "order_partner",
    metadata,
    # Lines that were a partner's goods when the order was placed, and the share of their points that it pays.
    sa.Column("calculation_id", sa.ForeignKey("order_calculation.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("line", sa.Integer, primary_key=True),
    sa.Column("partner_id", sa.ForeignKey("loyalty_partner.id", ondelete="CASCADE"), nullable=False),
    sa.Column("share", sa.Numeric(7, 4), nullable=False),
)
