"""Tables of the points ledger."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, UUID

from fidelia.platform.postgres import metadata

_Moment = sa.DateTime(timezone=True)
_Points = sa.Numeric(18, 4)

loyalty_account = sa.Table(
    "loyalty_account",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("database_id", sa.Integer, nullable=False),
    sa.Column("program_id", sa.Integer, nullable=False),
    sa.Column("point_type_id", sa.Integer, nullable=False),
    sa.Column("profile_id", sa.BigInteger, nullable=False),
    # What is left in the account's lots, less the debt.
    sa.Column("balance", _Points, nullable=False, server_default="0"),
    sa.Column("debt", _Points, nullable=False, server_default="0"),
    sa.Column("seq", sa.BigInteger, nullable=False, server_default="0"),
    # The account that took this one over when people were merged.
    sa.Column("heir_id", sa.ForeignKey("loyalty_account.id")),
    sa.Column("created_at", _Moment, nullable=False),
    sa.Column("updated_at", _Moment, nullable=False),
    sa.UniqueConstraint("point_type_id", "profile_id"),
)

loyalty_transaction = sa.Table(
    "loyalty_transaction",
    metadata,
    sa.Column("id", UUID(as_uuid=True), primary_key=True),
    sa.Column("program_id", sa.Integer, nullable=False),
    sa.Column("account_id", sa.ForeignKey("loyalty_account.id", ondelete="CASCADE"), nullable=False),
    sa.Column("point_type_id", sa.Integer, nullable=False),
    sa.Column("profile_id", sa.BigInteger, nullable=False),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("amount", _Points, nullable=False),
    sa.Column("change", _Points, nullable=False),
    sa.Column("balance_before", _Points, nullable=False),
    sa.Column("balance_after", _Points, nullable=False),
    sa.Column("debt_change", _Points, nullable=False, server_default="0"),
    sa.Column("of_id", UUID(as_uuid=True)),
    sa.Column("reference", sa.Text),
    sa.Column("asked", UUID(as_uuid=True)),
    sa.Column("source_type", sa.Text, nullable=False, server_default=""),
    sa.Column("source_id", sa.Text, nullable=False, server_default=""),
    sa.Column("promotion_id", sa.Integer),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.Column("by_name", sa.Text, nullable=False),
    sa.Column("by_key", sa.Text, nullable=False),
    sa.Column("data", JSONB),
    sa.Column("hold_until", _Moment),
    sa.Column("active_from", _Moment),
    sa.Column("expires_at", _Moment),
    sa.Column("at", _Moment, nullable=False),
    sa.Column("created_at", _Moment, nullable=False),
)

loyalty_lot = sa.Table(
    "loyalty_lot",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("account_id", sa.ForeignKey("loyalty_account.id", ondelete="CASCADE"), nullable=False),
    sa.Column("transaction_id", UUID(as_uuid=True), nullable=False),
    sa.Column("amount", _Points, nullable=False),
    sa.Column("remaining", _Points, nullable=False),
    sa.Column("voided", _Points, nullable=False, server_default="0"),
    sa.Column("claimed", _Points, nullable=False, server_default="0"),
    sa.Column("lapsed", _Points, nullable=False, server_default="0"),
    sa.Column("active_from", _Moment, nullable=False),
    sa.Column("expires_at", _Moment),
    # Not active yet when it was opened, and nobody has told since that it is.
    sa.Column("waiting", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
)

loyalty_consumption = sa.Table(
    "loyalty_consumption",
    metadata,
    sa.Column("transaction_id", UUID(as_uuid=True), primary_key=True),
    sa.Column("lot_id", sa.BigInteger, primary_key=True),
    # It went into repaying a debt.
    sa.Column("repays", sa.Boolean, primary_key=True, server_default=sa.false()),
    # Negative: put back.
    sa.Column("amount", _Points, nullable=False),
)
