"""What conditions may say of orders, lines and products. All of it is read from ClickHouse."""

from __future__ import annotations

from fidelia.conditions import EventType, Field, Link, Option, Subject, Vocabulary
from fidelia.platform.postgres import Tx

from .store import products as store
from .store.orders import STATUSES

CATEGORY = "Orders and products"
MAX_BRANDS = 200


def _field(subject: str, name: str, type_: str, label: str, **more: object) -> Field:
    more.setdefault("sql", name)
    return Field(name=f"{subject}.{name}", type=type_, label=label, category=CATEGORY, live=False, **more)  # type: ignore[arg-type]


_ORDER_STATUS = tuple(Option(status, status.capitalize()) for status in STATUSES)


async def vocabulary(tx: Tx, database_id: int) -> Vocabulary:
    """Return what the market offers to conditions of a database."""
    brands = tuple(Option(brand) for brand in await store.brands(tx, MAX_BRANDS))
    categories = tuple(Option(c.external_id, " › ".join([*c.path[:-1], c.name])) for c in await store.categories(tx))
    order = Subject(
        name="order",
        label="Order",
        table=f"o_{database_id}",
        time="order.created_at",
        one="order",
        many="orders",
        fields=(
            _field("order", "created_at", "datetime", "Placed at", sql="at", nullable=False),
            _field("order", "total", "decimal", "Total", nullable=False),
            _field("order", "items", "integer", "Number of lines", nullable=False),
            _field("order", "status", "enum", "Status", options=_ORDER_STATUS, nullable=False),
            _field("order", "channel", "string", "Channel", nullable=False),
            _field("order", "currency", "string", "Currency", nullable=False),
            _field("order", "external_id", "string", "Order id", nullable=False),
        ),
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
        fields=(
            _field("line", "created_at", "datetime", "Placed at", sql="at", nullable=False),
            _field("line", "order", "integer", "Order number", sql="order_id", nullable=False),
            _field("line", "product", "integer", "Product number", sql="nullIf(product, 0)"),
            _field("line", "quantity", "decimal", "Quantity", nullable=False),
            _field("line", "price", "decimal", "Price"),
            _field("line", "total", "decimal", "Line total", nullable=False),
            _field("line", "discount", "decimal", "Line discount", nullable=False),
            _field("line", "status", "string", "Line status", nullable=False),
            _field("line", "order_status", "enum", "Order status", options=_ORDER_STATUS, nullable=False),
            _field("line", "channel", "string", "Channel", nullable=False),
        ),
    )
    product = Subject(
        name="product",
        label="Product",
        table="products",
        one="product",
        many="products",
        fields=(
            _field("product", "external_id", "string", "Product id", nullable=False),
            _field("product", "name", "string", "Product name", nullable=False),
            _field("product", "brand", "string", "Brand", options=brands),
            _field("product", "category", "tree", "Category", sql="categories", nullable=False, options=categories),
            _field("product", "price", "decimal", "Catalogue price"),
            _field("product", "status", "string", "Catalogue status", nullable=False),
        ),
    )
    links = (
        Link(name="orders", of="profile", to="order", key="profile", label="Order", category=CATEGORY),
        Link(name="orders.lines", of="profile", to="line", key="profile", label="Order line", category=CATEGORY),
        Link(name="product", of="line", to="product", key="id", local="product", single=True, label="Product"),
        Link(name="lines", of="order", to="line", key="order_id", label="Order line"),
    )
    events = tuple(
        EventType(
            name=name,
            label=label,
            category=CATEGORY,
            one="order",
            many="orders",
            properties=(
                _field("event", "total", "decimal", "Total", sql="total"),
                Field(
                    name="event.channel",
                    type="string",
                    label="Channel",
                    sql="channel",
                    live=False,
                    nullable=False,
                    category=CATEGORY,
                ),
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
    return Vocabulary(subjects=(order, line, product), links=links, events=events, categories=(CATEGORY,))
