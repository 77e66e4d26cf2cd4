"""Tables of the market: the catalogue belongs to the company, channels and orders to a profile database."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from fidelia.platform.postgres import metadata

_Moment = sa.DateTime(timezone=True)
_Amount = sa.Numeric(18, 4)


def _texts(name: str) -> sa.Column[list[str]]:
    return sa.Column(name, ARRAY(sa.Text), nullable=False, server_default="{}")


def _times() -> tuple[sa.Column[object], sa.Column[object]]:
    return sa.Column("created_at", _Moment, nullable=False), sa.Column("updated_at", _Moment, nullable=False)


product_category = sa.Table(
    "product_category",
    metadata,
    sa.Column("id", sa.Integer, sa.Identity(always=True), primary_key=True),
    sa.Column("external_id", sa.Text, nullable=False, unique=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("parent_id", sa.ForeignKey("product_category.id")),
    # External ids from the root down to this category.
    sa.Column("path", ARRAY(sa.Text), nullable=False),
    *_times(),
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
    sa.Column("old_price", _Amount),
    # What no discount may go below, per item.
    sa.Column("floor_price", _Amount),
    sa.Column("currency", sa.Text),
    sa.Column("url", sa.Text),
    sa.Column("image_url", sa.Text),
    sa.Column("description", sa.Text),
    # stub: named by an order before the catalogue knew it.
    sa.Column("status", sa.Text, nullable=False, server_default="active"),
    sa.Column("properties", JSONB, nullable=False, server_default="{}"),
    sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
    _texts("tags"),
    # Further pictures; image_url is the first one.
    _texts("pictures"),
    sa.Column("available", sa.Boolean),
    sa.Column("quantity", _Amount),
    sa.Column("delivery", sa.Boolean),
    sa.Column("warranty", sa.Boolean),
    sa.Column("expires_on", sa.Date),
    *_times(),
)

product_sku = sa.Table(
    "product_sku",
    metadata,
    sa.Column("id", sa.Integer, sa.Identity(always=True), primary_key=True),
    sa.Column("product_id", sa.ForeignKey("product.id", ondelete="CASCADE"), nullable=False),
    sa.Column("external_id", sa.Text, nullable=False, unique=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("price", _Amount),
    sa.Column("old_price", _Amount),
    sa.Column("floor_price", _Amount),
    sa.Column("currency", sa.Text),
    sa.Column("url", sa.Text),
    sa.Column("description", sa.Text),
    _texts("tags"),
    _texts("pictures"),
    sa.Column("available", sa.Boolean),
    sa.Column("quantity", _Amount),
    sa.Column("status", sa.Text, nullable=False, server_default="active"),
    sa.Column("properties", JSONB, nullable=False, server_default="{}"),
    sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
    *_times(),
)

market_currency = sa.Table(
    "market_currency",
    metadata,
    sa.Column("code", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("active", sa.Boolean, nullable=False),
    *_times(),
)

market_channel = sa.Table(
    "market_channel",
    metadata,
    sa.Column("id", sa.Integer, sa.Identity(always=True), primary_key=True),
    sa.Column("database_id", sa.Integer, nullable=False),
    sa.Column("external_id", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("description", sa.Text, nullable=False, server_default=""),
    sa.Column("kind", sa.Text, nullable=False),
    _texts("tags"),
    sa.Column("archived_at", _Moment),
    *_times(),
    sa.UniqueConstraint("database_id", "external_id"),
)

market_touchpoint = sa.Table(
    "market_touchpoint",
    metadata,
    sa.Column("id", sa.Integer, sa.Identity(always=True), primary_key=True),
    sa.Column("database_id", sa.Integer, nullable=False),
    sa.Column("channel_id", sa.ForeignKey("market_channel.id", ondelete="CASCADE"), nullable=False),
    sa.Column("external_id", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("description", sa.Text, nullable=False, server_default=""),
    sa.Column("archived_at", _Moment),
    *_times(),
    sa.UniqueConstraint("database_id", "external_id"),
)

market_region = sa.Table(
    "market_region",
    metadata,
    sa.Column("id", sa.Integer, sa.Identity(always=True), primary_key=True),
    sa.Column("external_id", sa.Text, nullable=False, unique=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("archived_at", _Moment),
    *_times(),
)

market_field = sa.Table(
    "market_field",
    metadata,
    sa.Column("id", sa.Integer, sa.Identity(always=True), primary_key=True),
    sa.Column("entity", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("required", sa.Boolean, nullable=False),
    # The value of who gives none.
    sa.Column("initial", JSONB(none_as_null=True)),
    sa.Column("archived_at", _Moment),
    *_times(),
    sa.UniqueConstraint("entity", "key"),
)

market_line_status = sa.Table(
    "market_line_status",
    metadata,
    sa.Column("id", sa.Integer, sa.Identity(always=True), primary_key=True),
    sa.Column("external_id", sa.Text, nullable=False, unique=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("archived_at", _Moment),
    *_times(),
)

#: Price and stock of a product, or of one SKU of it, where they differ by region.
product_region = sa.Table(
    "product_region",
    metadata,
    sa.Column("product_id", sa.ForeignKey("product.id", ondelete="CASCADE"), nullable=False),
    sa.Column("sku_id", sa.ForeignKey("product_sku.id", ondelete="CASCADE")),
    sa.Column("region_id", sa.ForeignKey("market_region.id"), nullable=False),
    sa.Column("price", _Amount),
    sa.Column("old_price", _Amount),
    sa.Column("quantity", _Amount),
    sa.UniqueConstraint("product_id", "sku_id", "region_id", postgresql_nulls_not_distinct=True),
)

product_relation = sa.Table(
    "product_relation",
    metadata,
    sa.Column("product_id", sa.ForeignKey("product.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("other_id", sa.ForeignKey("product.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("weight", sa.Numeric(9, 4), nullable=False, server_default="1"),
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
    # The external id of a sales channel, or a word that no channel stands for.
    sa.Column("channel", sa.Text, nullable=False, server_default=""),
    sa.Column("touchpoint_id", sa.ForeignKey("market_touchpoint.id")),
    sa.Column("region_id", sa.ForeignKey("market_region.id")),
    sa.Column("currency", sa.Text, nullable=False),
    sa.Column("total", _Amount, nullable=False),
    sa.Column("delivery", _Amount, nullable=False, server_default="0"),
    # Of the total, what was given back: of lines and of the delivery.
    sa.Column("refunded", _Amount, nullable=False, server_default="0"),
    sa.Column("delivery_refunded", _Amount, nullable=False, server_default="0"),
    sa.Column("line_count", sa.Integer, nullable=False),
    _texts("tags"),
    sa.Column("properties", JSONB, nullable=False, server_default="{}"),
    sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
    *_times(),
    sa.UniqueConstraint("database_id", "external_id"),
)

order_line = sa.Table(
    "order_line",
    metadata,
    sa.Column("order_id", sa.ForeignKey("sales_order.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("line", sa.Integer, primary_key=True),
    sa.Column("external_id", sa.Text),
    sa.Column("product_id", sa.Integer, nullable=False),
    sa.Column("sku_id", sa.Integer),
    sa.Column("quantity", _Amount, nullable=False),
    # The base price of one item, before any discount.
    sa.Column("price", _Amount),
    sa.Column("floor_price", _Amount),
    sa.Column("discount", _Amount, nullable=False, server_default="0"),
    sa.Column("total", _Amount, nullable=False),
    # A status built in, or the external id of one of market_line_status; empty in lines of before there were any.
    sa.Column("status", sa.Text, nullable=False, server_default=""),
    sa.Column("refunded_quantity", _Amount, nullable=False, server_default="0"),
    sa.Column("refunded", _Amount, nullable=False, server_default="0"),
    sa.Column("properties", JSONB, nullable=False, server_default="{}"),
    # A line that a later version of the order no longer has.
    sa.Column("removed", sa.Boolean, nullable=False, server_default=sa.false()),
)

order_refund = sa.Table(
    "order_refund",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("order_id", sa.ForeignKey("sales_order.id", ondelete="CASCADE"), nullable=False),
    sa.Column("reference", sa.Text),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.Column("lines", JSONB, nullable=False),
    # What was asked for, word for word: the same reference must ask for the same.
    sa.Column("asked", JSONB, nullable=False),
    sa.Column("amount", _Amount, nullable=False),
    sa.Column("delivery", _Amount, nullable=False, server_default="0"),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("created_at", _Moment, nullable=False),
    sa.UniqueConstraint("order_id", "reference"),
)

market_import = sa.Table(
    "market_import",
    metadata,
    sa.Column("id", sa.Integer, sa.Identity(always=True), primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("database_id", sa.Integer),
    sa.Column("file_name", sa.Text, nullable=False),
    sa.Column("stored", sa.Text, nullable=False),
    sa.Column("options", JSONB, nullable=False),
    sa.Column("state", sa.Text, nullable=False, server_default="queued"),
    *(
        sa.Column(name, sa.BigInteger, nullable=False, server_default="0")
        for name in ("rows", "created", "updated", "unchanged", "rejected")
    ),
    sa.Column("problems", JSONB, nullable=False, server_default="[]"),
    sa.Column("job_id", sa.Text),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("finished_at", _Moment),
    *_times(),
)

market_import_reject = sa.Table(
    "market_import_reject",
    metadata,
    sa.Column("import_id", sa.ForeignKey("market_import.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("line", sa.BigInteger, primary_key=True),
    sa.Column("error", sa.Text, nullable=False),
    sa.Column("cells", ARRAY(sa.Text), nullable=False),
)
