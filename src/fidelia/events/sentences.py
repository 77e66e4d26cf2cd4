"""A plain sentence for each event."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from fidelia.kernel.money import amount_text

from .catalogue import BUILTIN, label_of

#: Properties that hold the number of something with a name.
REFERENCES = ("mailing", "campaign", "scenario", "template", "segment", "resource", "program")
Names = Mapping[tuple[str, int], str]

_CHANNELS = {"email": "e-mail", "sms": "SMS", "push": "push", "whatsapp": "WhatsApp", "telegram": "Telegram"}
_STATUS = {
    "subscribed": "Subscribed to",
    "unconfirmed": "Asked to subscribe to",
    "unsubscribed": "Unsubscribed from",
    "suspended": "Suspended from",
    "bounced": "Bounced out of",
    "complained": "Complained about",
}
#: Sources of what people do themselves.
_BY_THEMSELVES = {"preference centre": "on the preference page", "double opt-in": "by confirming the mail"}
_MAX = 120


def sentence(type_: str, properties: Mapping[str, Any], names: Names, label: str = "") -> str:
    """Return the sentence of an event; ``names`` are of what it refers to, ``label`` is that of a custom type."""
    say = _SAY.get(type_)
    if say is not None:
        return say(properties, names)
    builtin = BUILTIN.get(type_)
    if builtin is not None and type_.startswith("order."):
        return _order(type_, builtin.label, properties)
    return _plain(label or (builtin.label if builtin else type_), properties)


def _plain(what: str, properties: Mapping[str, Any]) -> str:
    told = [
        f"{label_of(name).lower()} {_short(value)}"
        for name, value in properties.items()
        if isinstance(value, str | int | float) and value != ""
    ]
    return " · ".join([what, *told[:3]])


def _short(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = " ".join(str(value).split())
    return text if len(text) <= _MAX else f"{text[: _MAX - 1]}…"


def _called(kind: str, properties: Mapping[str, Any], names: Names) -> str:
    number = properties.get(kind)
    if not isinstance(number, int) or isinstance(number, bool) or number == 0:
        return ""
    name = names.get((kind, number))
    return f"“{_short(name)}”" if name else f"{kind} {number}"


def _because(properties: Mapping[str, Any]) -> str:
    reason = properties.get("reason")
    return f": {_short(reason)}" if isinstance(reason, str) and reason else ""


def _message(before: str, after: str = "", *, reason: bool = False) -> Callable[[Mapping[str, Any], Names], str]:
    def say(properties: Mapping[str, Any], names: Names) -> str:
        message = _called("mailing", properties, names) or _called("template", properties, names) or "a message"
        text = f"{before} {message} {after}".strip()
        channel = properties.get("channel")
        if before == "Sent" and isinstance(channel, str) and channel:
            text += f" by {_CHANNELS.get(channel) or _short(channel)}"
        return text[0].upper() + text[1:] + (_because(properties) if reason else "")

    return say


def _clicked(properties: Mapping[str, Any], names: Names) -> str:
    text = _message("Clicked a link in")(properties, names)
    link = properties.get("link")
    return f"{text}: {_short(link)}" if isinstance(link, str) and link else text


def _subscription(properties: Mapping[str, Any], names: Names) -> str:
    status, channel = properties.get("status"), properties.get("channel")
    what = _called("resource", properties, names) or "a subscription"
    by = f" by {_CHANNELS.get(channel) or _short(channel)}" if isinstance(channel, str) and channel else ""
    verb = _STATUS.get(status) if isinstance(status, str) else None
    text = f"{verb} {what}{by}" if verb else f"Subscription to {what}{by} became {_short(status)}"
    change, until = properties.get("change"), str(properties.get("paused_until", ""))[:10]
    if change == "paused":
        text = f"Paused {what}{by}" + (f" until {until}" if until else "")
    elif change == "resumed":
        text = f"Resumed {what}{by}"
    return text + _where(properties)


def _where(properties: Mapping[str, Any]) -> str:
    """Return where somebody did it themselves, else the reason."""
    place = _BY_THEMSELVES.get(str(properties.get("source")))
    return f" {place}" if place else _because(properties)


def _updated(properties: Mapping[str, Any], names: Names) -> str:
    fields = properties.get("fields")
    if not isinstance(fields, list) or not fields:
        return "Profile updated"
    told = ", ".join(_short(field) for field in fields[:6])
    more = f" and {len(fields) - 6} more" if len(fields) > 6 else ""
    place = _BY_THEMSELVES.get(str(properties.get("source")))
    return f"Profile updated: {told}{more}" + (f", {place}" if place else "")


_SOURCES = {
    "token": "through the API",
    "api": "through the API",
    "user": "by hand",
    "import": "by an import",
    "cli": "from the command line",
}


def _created(properties: Mapping[str, Any], names: Names) -> str:
    source = str(properties.get("source"))
    return f"Profile created {_SOURCES[source]}" if source in _SOURCES else "Profile created"


def _page(properties: Mapping[str, Any], names: Names) -> str:
    for name in ("title", "name", "url", "path"):
        value = properties.get(name)
        if isinstance(value, str) and value:
            return f"Viewed the page “{_short(value)}”" if name in ("title", "name") else f"Viewed {_short(value)}"
    return "Viewed a page"


def _with_value(before: str, name: str, value: str) -> Callable[[Mapping[str, Any], Names], str]:
    def say(properties: Mapping[str, Any], names: Names) -> str:
        what, number = properties.get(name), properties.get(value)
        text = f"{before} “{_short(what)}”" if isinstance(what, str) and what else before
        return f"{text} · {_short(number)}" if isinstance(number, str | int | float) else text

    return say


def _referring(before: str, kind: str) -> Callable[[Mapping[str, Any], Names], str]:
    def say(properties: Mapping[str, Any], names: Names) -> str:
        called = _called(kind, properties, names)
        numbered = called.startswith(kind)
        what = f"the {called}" if numbered else f"the {kind} {called}" if called else f"a {kind}"
        return f"{before} {what}" + _because(properties)

    return say


_WAYS = {
    "opened": "by opening {}",
    "clicked": "by a click in {}",
    "goal": "by a goal that {} led to",
    "order": "by an order that {} led to",
    "audience": "by the start of {}",
}


def _entered_campaign(properties: Mapping[str, Any], names: Names) -> str:
    """Which side somebody is on is left to who may read campaigns."""
    text = _referring("Entered", "campaign")(properties, names)
    way, mailing = _WAYS.get(str(properties.get("source"))), _called("mailing", properties, names)
    return f"{text} {way.format(mailing)}" if way and mailing else text


def _order(type_: str, label: str, properties: Mapping[str, Any]) -> str:
    verb = type_.rsplit(".", 1)[1]
    number = properties.get("order") or properties.get("order_id") or properties.get("number")
    order = f"order {_short(number)}" if isinstance(number, str | int) else "order"
    if type_.startswith("order.line."):
        line = properties.get("product") or properties.get("sku") or properties.get("line")
        text = f"Line {_short(line)} of {order} {verb}" if line else f"Line of {order} {verb}"
    else:
        text = f"{order[0].upper()}{order[1:]} {verb}"
    total, currency = properties.get("total"), properties.get("currency")
    if isinstance(total, str | int | float) and not isinstance(total, bool):
        text += f" · {_amount(total, currency)}"
    return text


def _amount(total: str | int | float, currency: Any) -> str:
    try:
        amount = Decimal(str(total))
    except InvalidOperation:
        return _short(total)
    if not isinstance(currency, str) or not amount.is_finite():
        return _short(total)
    return f"{amount_text(amount, currency)} {_short(currency)}"


def _points(before: str) -> Callable[[Mapping[str, Any], Names], str]:
    def say(properties: Mapping[str, Any], names: Names) -> str:
        amount, kind = properties.get("amount"), properties.get("points")
        what = _keyed(kind) if isinstance(kind, str) and kind else "points"
        told = f"{before} {_short(amount)} {what}" if isinstance(amount, str | int | float) else f"{before} {what}"
        program = _called("program", properties, names)
        return f"{told} in {program}" if program else told

    return say


def _level(properties: Mapping[str, Any], names: Names) -> str:
    level, way = properties.get("level"), properties.get("direction")
    if isinstance(level, str | int):
        moved = f"Moved {way} to" if way in ("up", "down") else "Came to"
        told = f"{moved} the level {_keyed(str(level))}"
    else:
        told = "Left their level" if way == "down" else "Loyalty level changed"
    program = _called("program", properties, names)
    return f"{told} in {program}" if program else told


def _keyed(key: str) -> str:
    """Read a key as the words it was made of: ``gold_plus`` is gold plus."""
    return _short(key.replace("_", " "))


def _code(before: str) -> Callable[[Mapping[str, Any], Names], str]:
    def say(properties: Mapping[str, Any], names: Names) -> str:
        code, pool = properties.get("code"), properties.get("pool_name")
        told = f"{before} the promo code {_short(code)}" if isinstance(code, str) else f"{before} a promo code"
        return f"{told} of {_short(pool)}" if isinstance(pool, str) and pool else told

    return say


_SAY: dict[str, Callable[[Mapping[str, Any], Names], str]] = {
    "profile.created": _created,
    "profile.updated": _updated,
    "subscription.changed": _subscription,
    "message.sent": _message("Sent"),
    "message.delivered": _message("", "was delivered"),
    "message.opened": _message("Opened"),
    "message.clicked": _clicked,
    "message.bounced": _message("", "bounced", reason=True),
    "message.closed": _message("Closed"),
    "message.replied": _message("Replied to"),
    "message.complained": _message("Complained about"),
    "message.unsubscribed": _message("Unsubscribed by"),
    "message.blocked": _message("", "was not sent", reason=True),
    "page.viewed": _page,
    "goal.reached": _with_value("Reached the goal", "goal", "value"),
    "form.submitted": _with_value("Submitted the form", "form", "-"),
    "segment.entered": _referring("Entered", "segment"),
    "segment.left": _referring("Left", "segment"),
    "control.entered": lambda properties, names: "Entered the global control group: no messages from now on",
    "control.left": lambda properties, names: "Left the global control group",
    "campaign.entered": _entered_campaign,
    "campaign.left": _referring("Left", "campaign"),
    "scenario.entered": _referring("Entered", "scenario"),
    "scenario.completed": _referring("Completed", "scenario"),
    "scenario.left": _referring("Left", "scenario"),
    "scenario.failed": _referring("Failed in", "scenario"),
    "loyalty.joined": _referring("Joined", "program"),
    "loyalty.accrued": _points("Earned"),
    "loyalty.activated": _points("Can now spend"),
    "loyalty.redeemed": _points("Spent"),
    "loyalty.expired": _points("Lost"),
    "loyalty.level_changed": _level,
    "loyalty.code_attached": _code("Got"),
    "loyalty.code_activated": _code("Used"),
}
