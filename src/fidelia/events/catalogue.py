"""The types of events that Fidelia itself writes, with their properties and the group they are shown under."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

PropertyType = Literal["string", "integer", "float", "decimal", "boolean", "date", "datetime", "tags"]
Group = Literal["profile", "consent", "messages", "orders", "pages", "segments", "loyalty", "custom"]

#: Groups in the order in which people look for them.
GROUPS: Mapping[Group, str] = {
    "profile": "Profile",
    "consent": "Consent",
    "messages": "Messages",
    "orders": "Orders",
    "pages": "Pages, forms and goals",
    "segments": "Campaigns, segments and scenarios",
    "loyalty": "Loyalty",
    "custom": "Custom events",
}

#: The categories of conditions that the groups belong to.
CATEGORIES: Mapping[Group, str] = {
    "profile": "Profile",
    "consent": "Subscriptions",
    "messages": "Messages and mailings",
    "orders": "Orders and products",
    "pages": "Events and pages",
    "segments": "Campaigns and segments",
    "loyalty": "Loyalty",
    "custom": "Events and pages",
}

#: Columns of the events table that hold a property of the same name.
COLUMNS: Mapping[str, PropertyType] = {
    "mailing": "integer",
    "campaign": "integer",
    "scenario": "integer",
    "template": "integer",
    "channel": "string",
    "link": "string",
    "total": "decimal",
}

LABELS: Mapping[str, str] = {
    "mailing": "Mailing",
    "campaign": "Campaign",
    "scenario": "Scenario",
    "template": "Template",
    "channel": "Channel",
    "link": "Link",
    "reason": "Reason",
    "total": "Total",
    "order": "Order",
    "order_id": "Order number",
    "currency": "Currency",
    "segment": "Segment",
    "control": "Control group",
    "group": "Group",
    "resource": "Resource",
    "status": "Status",
    "url": "Address",
    "path": "Path",
    "title": "Title",
    "name": "Name",
    "referrer": "Referrer",
    "search": "Query of the address",
    "form": "Form",
    "goal": "Goal",
    "value": "Value",
    "points": "Points",
    "amount": "Amount",
    "program": "Program",
    "level": "Level",
    "sku": "SKU",
    "product": "Product",
    "line": "Line",
    "quantity": "Quantity",
    "price": "Price",
    "fields": "Changed fields",
    "source": "Source",
    "by": "By",
    "previous": "Status before",
    "items": "Number of lines",
}


class BuiltinType(msgspec.Struct, frozen=True):
    """A type that Fidelia knows: ``open`` ones may be sent from outside, with properties of their own besides."""

    name: str
    label: str
    group: Group
    properties: Mapping[str, PropertyType]
    one: str
    many: str
    open: bool = False


def _types(
    group: Group, properties: Mapping[str, PropertyType], *rows: tuple[str, str, str, str], open_: bool = False
) -> list[BuiltinType]:
    return [BuiltinType(name, label, group, properties, one, many, open_) for name, label, one, many in rows]


_MESSAGE: Mapping[str, PropertyType] = {
    "mailing": "integer",
    "campaign": "integer",
    "scenario": "integer",
    "template": "integer",
    "channel": "string",
}
_ORDER: Mapping[str, PropertyType] = {
    "order": "string",
    "order_id": "integer",
    "total": "decimal",
    "currency": "string",
    "items": "integer",
    "channel": "string",
    "status": "string",
}
_LINE: Mapping[str, PropertyType] = {
    "order": "string",
    "line": "string",
    "sku": "string",
    "product": "string",
    "quantity": "float",
    "price": "decimal",
    "total": "decimal",
    "status": "string",
}
_LOYALTY: Mapping[str, PropertyType] = {
    "program": "integer",
    "points": "string",
    "amount": "decimal",
    "order": "string",
}

_ALL: list[BuiltinType] = [
    *_types("profile", {"source": "string"}, ("profile.created", "Profile created", "creation", "creations")),
    *_types(
        "profile", {"fields": "tags", "source": "string"}, ("profile.updated", "Profile updated", "change", "changes")
    ),
    *_types(
        "consent",
        {
            "resource": "integer",
            "channel": "string",
            "status": "string",
            "previous": "string",
            "reason": "string",
            "source": "string",
        },
        ("subscription.changed", "Subscription changed", "change of consent", "changes of consent"),
    ),
    *_types(
        "messages",
        _MESSAGE,
        ("message.sent", "Message sent", "message", "messages"),
        ("message.delivered", "Message delivered", "delivery", "deliveries"),
        ("message.opened", "Message opened", "open", "opens"),
        ("message.closed", "Placement closed", "closed placement", "closed placements"),
        ("message.complained", "Complaint about a message", "complaint", "complaints"),
        ("message.replied", "Reply to a message", "reply", "replies"),
        ("message.unsubscribed", "Unsubscribed by a message", "unsubscription", "unsubscriptions"),
    ),
    *_types("messages", {**_MESSAGE, "link": "string"}, ("message.clicked", "Link clicked", "click", "clicks")),
    *_types(
        "messages",
        {**_MESSAGE, "reason": "string", "kind": "string", "code": "string"},
        ("message.bounced", "Message bounced", "bounce", "bounces"),
    ),
    *_types(
        "messages",
        {**_MESSAGE, "reason": "string"},
        ("message.blocked", "Message not sent", "blocked message", "blocked messages"),
    ),
    *_types(
        "orders",
        _ORDER,
        ("order.created", "Order created", "order", "orders"),
        ("order.paid", "Order paid", "paid order", "paid orders"),
        ("order.delivered", "Order delivered", "delivered order", "delivered orders"),
        ("order.cancelled", "Order cancelled", "cancelled order", "cancelled orders"),
        ("order.refunded", "Order refunded", "refunded order", "refunded orders"),
    ),
    *_types(
        "orders",
        _LINE,
        ("order.line.created", "Line ordered", "line", "lines"),
        ("order.line.delivered", "Line delivered", "delivered line", "delivered lines"),
        ("order.line.cancelled", "Line cancelled", "cancelled line", "cancelled lines"),
        ("order.line.refunded", "Line refunded", "refunded line", "refunded lines"),
    ),
    *_types(
        "pages",
        {"url": "string", "path": "string", "title": "string", "name": "string", "referrer": "string"},
        ("page.viewed", "Page viewed", "page view", "page views"),
        open_=True,
    ),
    *_types(
        "pages", {"goal": "string", "value": "float"}, ("goal.reached", "Goal reached", "goal", "goals"), open_=True
    ),
    *_types(
        "pages",
        {"form": "string", "url": "string"},
        ("form.submitted", "Form submitted", "submission", "submissions"),
        open_=True,
    ),
    *_types(
        "segments",
        {"segment": "integer", "source": "string", "by": "string"},
        ("segment.entered", "Entered a segment", "entry", "entries"),
        ("segment.left", "Left a segment", "exit", "exits"),
    ),
    *_types(
        "segments",
        {"control": "integer", "source": "string"},
        ("control.entered", "Entered the control group", "entry", "entries"),
        ("control.left", "Left the control group", "exit", "exits"),
    ),
    *_types(
        "segments",
        {"campaign": "integer", "group": "string", "source": "string", "mailing": "integer"},
        ("campaign.entered", "Entered a campaign", "entry", "entries"),
    ),
    *_types("segments", {"campaign": "integer"}, ("campaign.left", "Left a campaign", "exit", "exits")),
    *_types(
        "segments",
        {"scenario": "integer"},
        ("scenario.entered", "Entered a scenario", "entry", "entries"),
        ("scenario.completed", "Completed a scenario", "completion", "completions"),
        ("scenario.left", "Left a scenario", "exit", "exits"),
        ("scenario.failed", "Failed in a scenario", "failure", "failures"),
    ),
    *_types(
        "loyalty",
        _LOYALTY,
        ("loyalty.joined", "Joined a loyalty program", "joining", "joinings"),
        ("loyalty.accrued", "Points accrued", "accrual", "accruals"),
        ("loyalty.activated", "Points became active", "activation", "activations"),
        ("loyalty.redeemed", "Points redeemed", "redemption", "redemptions"),
        ("loyalty.expired", "Points expired", "expiry", "expiries"),
    ),
    *_types(
        "loyalty",
        {"program": "integer", "group": "string", "level": "string", "from": "string", "direction": "string"},
        ("loyalty.level_changed", "Loyalty level changed", "change of level", "changes of level"),
    ),
    *_types(
        "loyalty",
        {"pool": "integer", "pool_name": "string", "code": "string"},
        ("loyalty.code_attached", "Got a promo code", "promo code got", "promo codes got"),
        ("loyalty.code_activated", "Used a promo code", "promo code used", "promo codes used"),
    ),
]

BUILTIN: Mapping[str, BuiltinType] = {item.name: item for item in _ALL}


def group_of(type_: str) -> Group:
    """Return the group under which events of a type are shown."""
    known = BUILTIN.get(type_)
    if known is not None:
        return known.group
    return "orders" if type_.startswith("order.") else "custom"


def types_of(group: Group) -> tuple[str, ...]:
    """Return the built-in types of a group."""
    return tuple(item.name for item in _ALL if item.group == group)


def label_of(name: str) -> str:
    """Return words for a property or the last part of a type's name."""
    return LABELS.get(name) or name.replace("_", " ").strip().capitalize() or name
