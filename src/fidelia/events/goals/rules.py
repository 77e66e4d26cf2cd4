"""Pure decisions on goals: names, values, and the event that a reached goal is."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Any

from .model import Goal, GoalMessage, Reached

TYPE = "goal.reached"
KEY = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
CURRENCY = re.compile(r"[A-Z]{3}")
MAX_NAME = 128
MAX_CONDITIONS = 20
MAX_GOAL_ID = 180
MAX_TOKEN = 64
MAX_URL = 2000
#: So that a value is told exactly by a JSON number.
MAX_VALUE = Decimal("9999999999.9999")
_FOURTH = Decimal("0.0001")


class WrongValue(ValueError):
    """A value that cannot be counted."""


def read_value(value: Any) -> Decimal | None:
    """Return a value as it is counted, rounded to four places; ``None`` for none. Raise :class:`WrongValue`."""
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise WrongValue("A value is a number")
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        raise WrongValue("A value is a number") from None
    if not number.is_finite() or abs(number) > MAX_VALUE:
        raise WrongValue(f"A value lies between -{MAX_VALUE} and {MAX_VALUE}")
    return number.quantize(_FOURTH)


def event_id(id_: str, key: str) -> str:
    """Return the id of the event of a goal: one caller's id counts once for each goal."""
    return f"{id_}:{key}"


def properties_of(goal: Goal, reached: Reached, value: Decimal | None, message: GoalMessage | None) -> dict[str, Any]:
    """Return the properties of the event; what we say of it cannot be said otherwise by the caller."""
    worth = read_value(goal.default_value) if value is None else value
    ours: dict[str, Any] = {"goal": goal.key}
    if worth is not None:
        ours["value"] = number(worth)
        if goal.currency:
            ours["currency"] = goal.currency
    if reached.url:
        ours["url"] = reached.url[:MAX_URL]
    if message is not None:
        told = {"mailing": message.mailing, "template": message.template, "channel": message.channel}
        ours |= {"message": reached.message, **told}
        if message.campaign is not None:
            ours["campaign"] = message.campaign
    reserved = {*ours, "value", "currency", "message", "mailing", "template", "campaign", "scenario", "channel"}
    return {name: given for name, given in reached.properties.items() if name not in reserved} | ours


def number(value: Decimal) -> int | float:
    """Return a value as a JSON number."""
    return int(value) if value == value.to_integral_value() else float(value)
