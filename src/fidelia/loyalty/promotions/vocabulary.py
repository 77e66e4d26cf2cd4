"""What conditions may say of a draft order: itself, its lines and their products, and who buys. All of it is live.

Subject ``order`` has a single link ``profile`` and the link ``lines``; a line has a single link ``product``. Membership
of segments is the buyer's; ``loyalty.*`` are the buyer's points and levels.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from fidelia import segments
from fidelia.conditions import Field, Link, Subject, Vocabulary
from fidelia.platform.postgres import Tx

CATEGORY = "This order"
PRODUCTS = "Products"
#: What a catalogue's item tells of a product, under the names that the market's vocabulary gives them.
_PRODUCT = (
    "external_id",
    "name",
    "brand",
    "category",
    "tags",
    "price",
    "old_price",
    "floor",
    "currency",
    "available",
    "quantity",
)
#: The column of typed fields that were set up; draft orders carry them as well.
_CUSTOM = "props"


def _field(subject: str, name: str, type_: str, label: str, *, description: str = "", nullable: bool = True) -> Field:
    category = CATEGORY if subject != "product" else PRODUCTS
    return Field(
        name=f"{subject}.{name}",
        type=type_,
        label=label,
        sql=name,
        category=category,
        description=description,
        nullable=nullable,
    )


ORDER = Subject(
    name="order",
    label="Order",
    table="draft_order",
    one="order",
    many="orders",
    fields=(
        _field("order", "channel", "string", "Channel", description="The external id of the sales channel"),
        _field("order", "touchpoint", "string", "Touchpoint"),
        _field("order", "region", "string", "Region"),
        _field("order", "currency", "string", "Currency", nullable=False),
        _field("order", "total", "decimal", "Total of the lines", description="Before discounts, without delivery"),
        _field("order", "delivery", "decimal", "Delivery", nullable=False),
        _field("order", "items", "integer", "Number of lines", nullable=False),
        _field("order", "quantity", "decimal", "Number of items", description="All quantities together"),
        _field("order", "payment", "string", "Way of payment"),
        _field("order", "tags", "tags", "Tags", nullable=False),
        _field("order", "number", "integer", "Which order of the buyer", description="1 is the first that stands"),
        _field("order", "codes", "integer", "Number of promo codes", nullable=False),
    ),
)
LINE = Subject(
    name="line",
    label="Order line",
    table="draft_line",
    one="line",
    many="lines",
    fields=(
        _field("line", "sku", "string", "SKU or product id as it was sent"),
        _field("line", "quantity", "decimal", "Quantity", nullable=False),
        _field("line", "price", "decimal", "Price", nullable=False),
        _field("line", "total", "decimal", "Line total", description="Price × quantity, before discounts"),
        _field("line", "product_id", "integer", "Product number"),
        _field("line", "sku_id", "integer", "SKU number"),
    ),
)


def draft_vocabulary(whole: Vocabulary) -> Vocabulary:
    """Return what conditions of promotions may use, from all that a database's conditions may."""
    person = whole.subject["profile"]
    people = msgspec.structs.replace(person, fields=tuple(field for field in person.fields if field.live))
    far = {link.to for link in whole.links_of("profile") if link.live and link.single}
    nearby = tuple(whole.subject[name] for name in sorted(far))
    order = msgspec.structs.replace(ORDER, fields=ORDER.fields + _set_up(whole, "order", CATEGORY))
    line = msgspec.structs.replace(LINE, fields=LINE.fields + _set_up(whole, "line", CATEGORY))
    subjects = (order, line, _product(whole), _with_nearby(people, nearby))
    links = (
        Link(name="profile", of="order", to="profile", key="id", single=True, live=True, label="Buyer"),
        Link(name="lines", of="order", to="line", key="order", live=True, label="Order line", category=CATEGORY),
        Link(name="product", of="line", to="product", key="id", single=True, live=True, label="Product"),
    )
    # Lists of the buyer's segments and of products are at hand; campaigns, uploaded lists and history are not.
    memberships = tuple(
        msgspec.structs.replace(kind, past=False, entered="", left="")
        for kind in whole.memberships
        if kind.key == "segment" or kind.subject != "profile"
    )
    return Vocabulary(
        subjects=subjects,
        links=links,
        memberships=memberships,
        categories=(CATEGORY, PRODUCTS, *whole.categories),
    )


def _with_nearby(people: Subject, nearby: Iterable[Subject]) -> Subject:
    """Single rows of a person (their loyalty) are read as the person's own fields."""
    fields = [field for subject in nearby for field in subject.fields if field.live]
    return msgspec.structs.replace(people, fields=(*people.fields, *fields))


def _product(whole: Vocabulary) -> Subject:
    known = whole.subject["product"]
    fields = [field for field in known.fields if known.key(field.name) in _PRODUCT]
    return Subject(
        name="product",
        label="Product",
        table="draft_product",
        one="product",
        many="products",
        fields=tuple(msgspec.structs.replace(field, live=True, category=PRODUCTS) for field in fields)
        + _set_up(whole, "product", PRODUCTS),
    )


def _set_up(whole: Vocabulary, name: str, category: str) -> tuple[Field, ...]:
    """Return the typed fields that somebody set up for orders, lines or products."""
    known = whole.subject.get(name)
    return tuple(
        msgspec.structs.replace(field, live=True, category=category)
        for field in (() if known is None else known.fields)
        if _CUSTOM in field.sql
    )


async def vocabulary(tx: Tx, database_id: int) -> Vocabulary:
    """Return what conditions of a database's promotions may use; raise 404."""
    return draft_vocabulary(await tx.engines.port(segments.VOCABULARY)(tx, database_id))
