"""Tables of the market: the catalogue belongs to the company, orders to a profile database."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from fidelia.platform.postgres import metadata

_Moment = sa.DateTime(timezone=True)
_Amount = sa.Numeric(18, 4)

product_category = sa.Table(
    "product_category",
    metadata,
    sa.Column("id", sa.Integer, sa.Identity(always=True), primary_key=True),
    sa.Column("external_id", sa.Text, nullable=False, unique=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("parent_id", sa.ForeignKey("product_category.id")),
    # External ids from the root down to this category.
    sa.Column("path", ARRAY(sa.Text), nullable=False),
    sa.Column("created_at", _Moment, nullable=False),
    sa.Column("updated_at", _Moment, nullable=False),
)

product = sa.Table(
    "product",
    metadata,
    sa.Column("id", sa.Integer, sa.Identity(always=True), primary_key=True),
    sa.Column("external_id", sa.Text, nullable=False, unique=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("brand", sa.Text),
    sa.Column("category_id", sa.ForeignKey("product_category.id")),
    sa.Column("price", _Amount),
    sa.Column("currency", sa.Text),
    sa.Column("url", sa.Text),
    sa.Column("image_url", sa.Text),
    sa.Column("description", sa.Text),
    # stub: named by an order before the catalogue knew it.
    sa.Column("status", sa.Text, nullable=False, server_default="active"),
    sa.Column("properties", JSONB, nullable=False, server_default="{}"),
    sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
    sa.Column("created_at", _Moment, nullable=False),
    sa.Column("updated_at", _Moment, nullable=False),
)

sales_order = sa.Table(
    "sales_order",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("database_id", sa.Integer, nullable=False),
    sa.Column("external_id", sa.Text, nullable=False),
    sa.Column("profile_id", sa.BigInteger, nullable=False),
    sa.Column("placed_at", _Moment, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("channel", sa.Text, nullable=False, server_default=""),
    sa.Column("currency", sa.Text, nullable=False),
    sa.Column("total", _Amount, nullable=False),
    sa.Column("delivery", _Amount, nullable=False, server_default="0"),
    sa.Column("line_count", sa.Integer, nullable=False),
    sa.Column("properties", JSONB, nullable=False, server_default="{}"),
    sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
    sa.Column("created_at", _Moment, nullable=False),
    sa.Column("updated_at", _Moment, nullable=False),
    sa.UniqueConstraint("database_id", "external_id"),
)

order_line = sa.Table(
    "order_line",
    metadata,
    sa.Column("order_id", sa.ForeignKey("sales_order.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("line", sa.Integer, primary_key=True),
    sa.Column("external_id", sa.Text),
    sa.Column("product_id", sa.Integer, nullable=False),
    sa.Column("quantity", _Amount, nullable=False),
    sa.Column("price", _Amount),
    sa.Column("discount", _Amount, nullable=False, server_default="0"),
    sa.Column("total", _Amount, nullable=False),
    sa.Column("status", sa.Text, nullable=False, server_default=""),
    # A line that a later version of the order no longer has.
    sa.Column("removed", sa.Boolean, nullable=False, server_default=sa.false()),
)
