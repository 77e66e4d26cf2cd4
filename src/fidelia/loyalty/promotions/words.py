"""A promotion as one sentence: what it gives, on which orders, until when, how often."""

from __future__ import annotations

from collections.abc import Iterable

from fidelia import conditions
from fidelia.conditions import Checked

from . import rewards as r
from .checks import Scope, Understood
from .model import PromotionDefinition, PromotionLimit

_PER = {"program": "in all", "member": "per member"}
_PERIOD = {"ever": "", "day": " a day", "week": " a week", "month": " a month", "year": " a year"}


def sentence(scope: Scope, definition: PromotionDefinition, understood: Understood) -> str:
    """Say what a promotion does, in one sentence."""
    parts = [gives(scope, definition)]
    if definition.products is not None and understood.products is not None:
        parts[0] += f", on {_lines(understood.products)}"
    if definition.event is not None:
        parts.append(f"at each event “{scope.events.get(definition.event, definition.event)}”")
    if understood.condition is not None:
        parts.append(_orders(understood.condition))
    if definition.order_segment_id is not None:
        parts.append(f"for orders in {scope.order_segments[definition.order_segment_id][0]}")
    if definition.code_pool_id is not None:
        parts.append("with a promo code")
    parts.extend(_when(definition))
    parts.extend(_limit(limit, definition) for limit in definition.limits)
    if definition.exclusive:
        parts.append("nothing after it")
    text = "; ".join(parts)
    return text[0].upper() + text[1:]


def gives(scope: Scope, definition: PromotionDefinition) -> str:  # noqa: PLR0912 one per kind
    """Say what the reward is."""
    reward = definition.reward
    match reward:
        case r.PercentOff():
            said = f"{reward.percent} % off {'the order' if reward.scope == 'order' else 'each line'}"
        case r.AmountOff():
            where = {"order": "the order", "lines": "each line", "items": "each item"}[reward.scope]
            said = f"{_money(reward.amount, definition)} off {where}"
        case r.SetPrice():
            said = f"{_money(reward.price, definition)} for each item"
        case r.NthFree():
            less = "free" if reward.percent in ("100", "100.00") else f"{reward.percent} % cheaper"
            said = f"of every {reward.every} items the {_cheapest(reward.free)} {less}"
        case r.Gift():
            said = f"{reward.quantity} × {reward.sku} as a gift"
        case r.FreeDelivery():
            said = "free delivery"
        case r.PointsFixed():
            said = f"{_given(reward)} {_points(scope, reward.points)}"
        case r.PointsSpent():
            said = f"takes {_given(reward)} {_points(scope, reward.points)}"
        case r.PointsPercent():
            said = f"{reward.percent} % of what is paid, in {_points(scope, reward.points)}"
        case r.PointsPerMoney():
            said = f"{reward.amount} {_points(scope, reward.points)} for every {_money(reward.per, definition)} paid"
        case r.PointsPerItem():
            said = f"{reward.amount} {_points(scope, reward.points)} for every item"
        case r.PointsMultiplier():
            said = f"{reward.factor} times the {_points(scope, reward.points)}"
        case r.AllowRedeem():
            said = f"{_points(scope, reward.points)} may pay for {reward.percent} %"
        case r.IssueCode():
            said = "a promo code"
        case r.GrantLevel():
            said = f"the level {_level(scope, reward)}"
    cap = getattr(reward, "cap", None)
    if cap is None:
        return said
    if "cap" in r.MONEY.get(type(reward), ()):
        return f"{said}, at most {_money(cap, definition)}"
    return f"{said}, at most {cap} {_points(scope, getattr(reward, 'points', ''))}"


def _given(reward: r.PointsFixed | r.PointsSpent) -> str:
    if reward.amount is not None:
        return reward.amount
    bounds = [f"at least {reward.least}" if reward.least else "", f"at most {reward.most}" if reward.most else ""]
    told = " and ".join(bound for bound in bounds if bound)
    return f"as many as asked for ({told})" if told else "as many as asked for"


def _cheapest(number: int) -> str:
    return "cheapest is" if number == 1 else f"{number} cheapest are"


def _money(amount: str, definition: PromotionDefinition) -> str:
    return f"{amount} {definition.currency or ''}".rstrip()


def _points(scope: Scope, key: str) -> str:
    found = scope.types.get(key)
    return found.name if found is not None else key


def _level(scope: Scope, reward: r.GrantLevel) -> str:
    for group in scope.levels:
        for level in group.levels:
            if (group.key, level.key) == (reward.group, reward.level):
                return level.name
    return reward.level


def _orders(checked: Checked) -> str:
    told = conditions.sentence(checked, subjects="Orders" if checked.subject == "order" else "Members").text
    return "for " + told[0].lower() + told[1:]


def _lines(checked: Checked) -> str:
    told = conditions.sentence(checked, subjects="Lines").text
    return told[0].lower() + told[1:]


def _when(definition: PromotionDefinition) -> Iterable[str]:
    hours = definition.hours
    if hours is not None:
        if hours.weekdays:
            yield "on " + ", ".join(day.title() for day in hours.weekdays)
        if hours.start is not None or hours.end is not None:
            yield " ".join(
                part
                for part in (f"from {hours.start}" if hours.start else "", f"until {hours.end}" if hours.end else "")
                if part
            )
    if definition.starts_at is not None:
        yield f"from {definition.starts_at:%-d %b %Y %H:%M} UTC"
    if definition.ends_at is not None:
        yield f"until {definition.ends_at:%-d %b %Y %H:%M} UTC"


def _limit(limit: PromotionLimit, definition: PromotionDefinition) -> str:
    if limit.what == "uses" and limit.most == "1":
        return f"at most once{_PERIOD[limit.period]} {_PER[limit.per]}"
    what = {"uses": "times", "points": "points", "money": definition.currency or "money"}[limit.what]
    return f"at most {limit.most} {what}{_PERIOD[limit.period]} {_PER[limit.per]}"
