"""A readable vocabulary for the unit tests, and short ways to write nodes."""

from __future__ import annotations

from typing import Any

from fidelia.conditions import (
    Checked,
    EventTable,
    EventType,
    Field,
    Link,
    Option,
    SegmentRef,
    Subject,
    Vocabulary,
    check,
    decode,
    json_property,
    merge,
)
from fidelia.conditions.memberships import BASES, MembershipKind, control_number

PROFILE = Subject(
    name="profile",
    label="Profile",
    table="p_1",
    fields=(
        Field(name="profile.city", type="string", label="City", sql="city", category="Profile"),
        Field(name="profile.age", type="integer", label="Age", sql="age", category="Profile"),
        Field(name="profile.score", type="float", label="Score", sql="score"),
        Field(name="profile.spent", type="decimal", label="Spent", sql="spent", unit="€"),
        Field(name="profile.vip", type="boolean", label="VIP", sql="vip"),
        Field(name="profile.birth_date", type="date", label="Birthday", sql="birth_date"),
        Field(name="profile.created_at", type="datetime", label="Created", sql="created_at", nullable=False),
        Field(
            name="profile.status",
            type="enum",
            label="Status",
            sql="status",
            options=(Option("subscribed", "Subscribed"), Option("unsubscribed", "Unsubscribed")),
        ),
        Field(name="profile.tags", type="tags", label="Tags", sql="tags", nullable=False),
        Field(name="profile.last_ip", type="ip", label="Last IP", sql="last_ip"),
        Field(name="profile.extra", type="object", label="Extra", sql="extra"),
    ),
)
ORDER = Subject(
    name="order",
    table="o_1",
    time="order.created_at",
    one="order",
    many="orders",
    fields=(
        Field(name="order.total", type="decimal", label="Total", sql="total", nullable=False, live=False, unit="€"),
        Field(name="order.created_at", type="datetime", label="Created", sql="created_at", nullable=False, live=False),
        Field(name="order.day", type="date", label="Day", sql="day", live=False),
        Field(name="order.note", type="string", label="Note", sql="note", live=False),
    ),
)
LINE = Subject(
    name="line",
    table="l_1",
    one="order line",
    many="order lines",
    fields=(
        Field(name="line.price", type="decimal", label="Price", sql="price", live=False),
        Field(name="line.quantity", type="integer", label="Quantity", sql="quantity", live=False),
    ),
)
PRODUCT = Subject(
    name="product",
    table="products",
    fields=(
        Field(name="product.brand", type="string", label="Brand", sql="brand"),
        Field(name="product.category", type="tree", label="Category", sql="path", nullable=False),
    ),
)
SHOP = merge(
    Vocabulary(
        categories=("Profile", "Orders and products"),
        subjects=(PROFILE, ORDER, LINE, PRODUCT),
        links=(
            Link(name="orders", label="Orders", to="order", key="profile", category="Orders and products"),
            Link(name="orders.lines", label="Order lines", to="line", key="profile", category="Orders and products"),
            Link(name="lines", of="order", to="line", key="parent"),
            Link(name="product", of="line", to="product", key="id", local="product", single=True),
        ),
        events=(
            EventType(
                name="order.created",
                label="Order",
                one="order",
                many="orders",
                category="Orders and products",
                properties=(
                    Field(name="event.total", type="decimal", label="Total", sql="total", unit="€", live=False),
                ),
            ),
            EventType(name="message.opened", label="Message opened", one="opened message", many="opened messages"),
            *(
                EventType(
                    name=name,
                    label=name,
                    properties=(Field(name="event.segment", type="integer", label="Segment", sql="1", live=False),),
                )
                for name in ("segment.entered", "segment.left")
            ),
            EventType(
                name="custom.quiz", label="Quiz", open=True, properties=(json_property("points", "integer", "Points"),)
            ),
        ),
        event_table=EventTable(table="e_1"),
        memberships=(
            MembershipKind(
                key="segment",
                label="Segment",
                entered="segment.entered",
                left="segment.left",
                property="segment",
                past=True,
            ),
            MembershipKind(key="global_control", label="Global control group", base=control_number(1)),
            MembershipKind(
                key="campaign",
                label="Campaign",
                names={7: "Spring"},
                groups={"any": 0, "test": 1, "control": 2},
                base=BASES["campaign"],
                step=4,
                past=True,
            ),
        ),
    )
)


def cmp(field: str, op: str, *value: Any, **more: Any) -> dict[str, Any]:
    """A comparison."""
    return {"kind": "compare", "field": field, "op": op, **({"value": value[0]} if value else {}), **more}


def both(*of: dict[str, Any]) -> dict[str, Any]:
    """``all``."""
    return {"kind": "all", "of": list(of)}


def either(*of: dict[str, Any]) -> dict[str, Any]:
    """``any``."""
    return {"kind": "any", "of": list(of)}


def no(of: dict[str, Any]) -> dict[str, Any]:
    """``not``."""
    return {"kind": "not", "of": of}


def happened(event: str, **more: Any) -> dict[str, Any]:
    """``occurred``."""
    return {"kind": "occurred", "event": event, **more}


def rows(link: str, **more: Any) -> dict[str, Any]:
    """``related``."""
    return {"kind": "related", "link": link, **more}


def member(segment: int) -> dict[str, Any]:
    """``member`` of a segment."""
    return {"kind": "member", "of": {"segment": segment}}


def gold(id_: int) -> SegmentRef | None:
    """Segment 3 exists, and 5, which is worked out each time."""
    return {3: SegmentRef(3, "Gold"), 5: SegmentRef(5, "Fresh", stored=False)}.get(id_)


def checked(node: dict[str, Any], **more: Any) -> Checked:
    """Check a condition against the shop's vocabulary."""
    return check(decode(node), SHOP, segments=gold, **more)
