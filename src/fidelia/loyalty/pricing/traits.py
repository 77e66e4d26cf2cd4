"""What promotions are like in one currency, worked out once per program: what the search for the best asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import lcm

from fidelia.kernel.money import exponent

from .model import PointType, Terms
from .rewards import (
    RATE,
    AmountOff,
    NthFree,
    PercentOff,
    PointsFixed,
    PointsMultiplier,
    PointsPercent,
    PointsPerItem,
    PointsPerMoney,
    Reward,
    SetPrice,
)

#: A kind of reward whose promotions can be compared on the same lines, and how strong one is.
Strength = tuple[object, int]


class Worths:
    """What points are worth in one currency, exactly: minor units × ``scale`` per smallest part of each type."""

    __slots__ = ("by_type", "scale")

    def __init__(self, types: Sequence[PointType], currency: str) -> None:
        known = {type_.id: type_.worth[currency] for type_ in types if currency in type_.worth}
        self.scale = lcm(*(under for _, under in known.values()))
        self.by_type = {id_: over * self.scale // under for id_, (over, under) in known.items()}


class Traits:
    """Promotions in one currency: ``bits`` of those that have it, and by place in the order of trying:

    ``strengths`` of what can be compared with others of its kind in its group, ``kinds`` numbers those from 1 on (0 is
    what cannot), and ``slopes`` are the most worth (minor units × scale) that points lose when a minor unit less is
    paid for a line; ``None`` for what is no points of what is paid.
    """

    __slots__ = ("bits", "kinds", "slopes", "strengths", "worths")

    def __init__(self, terms: Sequence[Terms], types: Mapping[int, PointType], currency: str, percent_of: str) -> None:
        self.worths = Worths(sorted(types.values(), key=lambda type_: type_.id), currency)
        self.bits = 0
        for i, each in enumerate(terms):
            if has_currency(each, currency):
                self.bits |= 1 << i
        worth = self.worths.by_type
        kinds: dict[object, int] = {}
        numbered = []
        for i, each in enumerate(terms):
            found = _strength(each, currency, percent_of, worth) if self.bits >> i & 1 and not each.exclusive else None
            kind, strength = found or (None, 0)
            numbered.append((0 if found is None else kinds.setdefault((each.group, kind), len(kinds) + 1), strength))
        self.kinds = tuple([kind for kind, _ in numbered])
        self.strengths = tuple([strength for _, strength in numbered])
        self.slopes = tuple(
            _slope(each.reward, types, worth, currency) if self.bits >> i & 1 else None for i, each in enumerate(terms)
        )


def by_line(reward: Reward) -> bool:
    """Tell whether a discount does to each line what it would do to it alone, and takes less of what costs less."""
    if isinstance(reward, NthFree):
        return reward.each_line and reward.cap is None
    return (
        isinstance(reward, PercentOff | AmountOff | SetPrice)
        and getattr(reward, "scope", "lines") != "order"
        and reward.cap is None
    )


def has_currency(terms: Terms, currency: str) -> bool:
    """Tell whether all amounts of a promotion are given in a currency."""
    reward = terms.reward
    amounts = [getattr(reward, name, None) for name in ("amount", "price", "per")]
    if not isinstance(reward, PointsPercent | PointsPerMoney | PointsPerItem | PointsMultiplier):
        amounts.append(getattr(reward, "cap", None))  # of points a cap is points
    return all(currency in known for known in amounts if known is not None)


def _strength(terms: Terms, currency: str, percent_of: str, worth: Mapping[int, int]) -> Strength | None:
    reward = terms.reward
    point_type = getattr(reward, "point_type", 0)
    if getattr(reward, "cap", None) is not None or (point_type and not worth.get(point_type)):
        return None  # of what is worth nothing, all are tried in turn
    found: Strength | None = None
    match reward:
        case PercentOff(rate=rate, of=of):
            found = f"percent of {of or percent_of}", rate
        case AmountOff(amount=amount, scope=scope):
            found = "items" if scope == "items" else "amount", amount[currency]
        case SetPrice(price=price):
            found = "price", -price[currency]
        case PointsFixed(points=points):
            found = ("points", point_type), points
        case PointsPerItem(points=points):
            found = ("points per item", point_type), points
        case PointsPercent(rate=rate, delivery=delivery):
            found = ("points percent", point_type, delivery), rate
        case PointsPerMoney(points=points, per=per, delivery=delivery):
            found = ("points per money", point_type, per[currency], delivery), points
    return found


def _slope(reward: Reward, types: Mapping[int, PointType], worth: Mapping[int, int], currency: str) -> int | None:
    match reward:
        case PointsPercent(point_type=type_, rate=rate):
            parts: int = -(-rate * 10 ** types[type_].places // (RATE * 10 ** exponent(currency)))
            return parts * worth.get(type_, 0)
        case PointsPerMoney(point_type=type_, points=points):
            return points * worth.get(type_, 0)
        case _:
            return None
