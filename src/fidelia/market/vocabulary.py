"""What conditions may say of orders, lines, products and SKUs. All of it is read from ClickHouse."""

from __future__ import annotations

from collections.abc import Mapping

from fidelia.conditions import EventType, Field, Link, Option, Subject, Vocabulary, text_property
from fidelia.platform.postgres import Tx

from .model import Entity, FieldType
from .store import products as store
from .store import setup
from .store.orders import STATUSES

CATEGORY = "Orders and products"
MAX_BRANDS = 200
#: Types of custom fields, as conditions call them.
TYPES: Mapping[FieldType, str] = {
    "int": "integer",
    "float": "float",
    "string": "string",
    "bool": "boolean",
    "list": "tags",
    "date": "date",
}


def _field(subject: str, name: str, type_: str, label: str, **more: object) -> Field:
    more.setdefault("sql", name)
    return Field(name=f"{subject}.{name}", type=type_, label=label, category=CATEGORY, live=False, **more)  # type: ignore[arg-type]


_ORDER_STATUS = tuple(Option(status, status.replace("_", " ").capitalize()) for status in STATUSES)
_ORDER = (
    _field("order", "created_at", "datetime", "Placed at", sql="at", nullable=False),
    _field("order", "total", "decimal", "Total", nullable=False),
    _field("order", "items", "integer", "Number of lines", nullable=False),
    _field("order", "status", "enum", "Status", options=_ORDER_STATUS, nullable=False),
    _field("order", "channel", "string", "Channel", nullable=False),
    _field("order", "currency", "string", "Currency", nullable=False),
    _field("order", "external_id", "string", "Order id", nullable=False),
    _field("order", "delivery", "decimal", "Delivery cost", nullable=False),
    _field("order", "refunded", "decimal", "Refunded", nullable=False),
    _field("order", "touchpoint", "string", "Touchpoint", nullable=False),
    _field("order", "region", "string", "Region", nullable=False),
    _field("order", "tags", "tags", "Order tags", nullable=False),
)
_LINE = (
    _field("line", "created_at", "datetime", "Placed at", sql="at", nullable=False),
    _field("line", "order", "integer", "Order number", sql="order_id", nullable=False),
    _field("line", "product", "integer", "Product number", sql="nullIf(product, 0)"),
    _field("line", "sku", "integer", "SKU number", sql="nullIf(sku, 0)"),
    _field("line", "quantity", "decimal", "Quantity", nullable=False),
    _field("line", "price", "decimal", "Price"),
    _field("line", "floor", "decimal", "Lowest price"),
    _field("line", "total", "decimal", "Line total", nullable=False),
    _field("line", "discount", "decimal", "Line discount", nullable=False),
    _field("line", "refunded", "decimal", "Refunded of the line", nullable=False),
    _field("line", "refunded_quantity", "decimal", "Items refunded", nullable=False),
    _field("line", "status", "string", "Line status", nullable=False),
    _field("line", "order_status", "enum", "Order status", options=_ORDER_STATUS, nullable=False),
    _field("line", "channel", "string", "Channel", nullable=False),
)
_SHARED: tuple[tuple[str, str, str, dict[str, object]], ...] = (
    ("price", "decimal", "Catalogue price", {}),
    ("old_price", "decimal", "Price before", {}),
    ("floor", "decimal", "Lowest price", {}),
    ("currency", "string", "Currency", {}),
    ("tags", "tags", "Tags", {"nullable": False}),
    ("available", "boolean", "Available", {}),
    ("quantity", "decimal", "In stock", {}),
    ("regions", "tags", "Regions", {"nullable": False}),
    ("created_at", "datetime", "Added at", {"nullable": False}),
    ("updated_at", "datetime", "Changed at", {"nullable": False}),
    ("status", "string", "Catalogue status", {"nullable": False}),
)
_PRODUCT = (
    _field("product", "external_id", "string", "Product id", nullable=False),
    _field("product", "name", "string", "Product name", nullable=False),
    *(_field("product", name, type_, label, **more) for name, type_, label, more in _SHARED),
    _field("product", "delivery", "boolean", "Can be delivered"),
    _field("product", "warranty", "boolean", "Has a warranty"),
    _field("product", "expires_on", "date", "Expires on"),
    _field("product", "skus", "integer", "Number of SKUs", nullable=False),
)
_SKU = (
    _field("sku", "external_id", "string", "SKU id", nullable=False),
    _field("sku", "name", "string", "SKU name", nullable=False),
    _field("sku", "product", "integer", "Product number", nullable=False),
    *(_field("sku", name, type_, label, **more) for name, type_, label, more in _SHARED),
)


def _names(fields: tuple[Field, ...], *more: str) -> frozenset[str]:
    return frozenset(field.name.partition(".")[2] for field in fields) | set(more)


#: Keys that custom fields cannot have: what is built in, and what may be one day.
RESERVED: Mapping[Entity, frozenset[str]] = {
    "product": _names(_PRODUCT, "id", "brand", "category", "url", "image_url", "pictures", "description"),
    "sku": _names(_SKU, "id", "brand", "category", "url", "image_url", "pictures", "description"),
    "order": _names(_ORDER, "id", "profile", "lines", "placed_at", "number", "payment", "codes", "quantity"),
    "line": _names(_LINE, "id", "profile", "final", "properties", "product_id", "sku_id"),
}


async def _custom(tx: Tx) -> dict[Entity, tuple[Field, ...]]:
    """Return the typed fields that were set up, as conditions read them."""
    fields: dict[Entity, tuple[Field, ...]] = {"product": (), "sku": (), "order": (), "line": ()}
    for field in await setup.fields(tx):
        if field.archived_at is None:
            declared = text_property(
                f"{field.entity}.{field.key}",
                TYPES[field.type],
                (field.key,),
                "props",
                label=field.label,
                category=CATEGORY,
                live=False,
            )
            fields[field.entity] += (declared,)
    return fields


async def vocabulary(tx: Tx, database_id: int) -> Vocabulary:
    """Return what the market offers to conditions of a database."""
    brands = tuple(Option(brand) for brand in await store.brands(tx, MAX_BRANDS))
    categories = tuple(Option(c.external_id, " › ".join([*c.path[:-1], c.name])) for c in await store.categories(tx))
    custom = await _custom(tx)
    order = Subject(
        name="order",
        label="Order",
        table=f"o_{database_id}",
        time="order.created_at",
        one="order",
        many="orders",
        fields=_ORDER + custom["order"],
    )
    line = Subject(
        name="line",
        label="Order line",
        table=f"l_{database_id}",
        id="line",
        time="line.created_at",
        tie="(order_id, line)",
        one="line",
        many="order lines",
        fields=_LINE + custom["line"],
    )
    product = Subject(
        name="product",
        label="Product",
        table="products",
        one="product",
        many="products",
        fields=(
            *_PRODUCT,
            _field("product", "brand", "string", "Brand", options=brands),
            _field("product", "category", "tree", "Category", sql="categories", nullable=False, options=categories),
            *custom["product"],
        ),
    )
    sku = Subject(name="sku", label="SKU", table="skus", one="SKU", many="SKUs", fields=_SKU + custom["sku"])
    links = (
        Link(name="orders", of="profile", to="order", key="profile", label="Order", category=CATEGORY),
        Link(name="orders.lines", of="profile", to="line", key="profile", label="Order line", category=CATEGORY),
        Link(name="product", of="line", to="product", key="id", local="product", single=True, label="Product"),
        Link(name="sku", of="line", to="sku", key="id", local="sku", single=True, label="SKU"),
        Link(name="product", of="sku", to="product", key="id", local="product", single=True, label="Product"),
        Link(name="skus", of="product", to="sku", key="product", label="SKU"),
        Link(name="lines", of="order", to="line", key="order_id", label="Order line"),
    )
    return Vocabulary(
        subjects=(order, line, product, sku), links=links, events=_EVENTS + _LINE_EVENTS, categories=(CATEGORY,)
    )


def _property(name: str, type_: str, label: str, **more: object) -> Field:
    return _field("event", name, type_, label, **more)


_EVENTS = tuple(
    EventType(
        name=name,
        label=label,
        category=CATEGORY,
        one="order",
        many="orders",
        properties=(
            _property("total", "decimal", "Total"),
            _property("channel", "string", "Channel", nullable=False),
        ),
        open=True,
    )
    for name, label in (
        ("order.created", "Order placed"),
        ("order.paid", "Order paid"),
        ("order.delivered", "Order delivered"),
        ("order.cancelled", "Order cancelled"),
        ("order.refunded", "Order refunded"),
    )
)
_LINE_EVENTS = tuple(
    EventType(
        name=name,
        label=label,
        category=CATEGORY,
        one="line",
        many="lines",
        properties=(_property("total", "decimal", "Line total"),),
        open=True,
    )
    for name, label in (
        ("order.line.created", "Line ordered"),
        ("order.line.delivered", "Line delivered"),
        ("order.line.cancelled", "Line cancelled"),
        ("order.line.refunded", "Line refunded"),
    )
)
