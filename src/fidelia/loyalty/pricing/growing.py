"""How points grow with what is paid: whether they are ever worth more than the higher price that brings them."""

from __future__ import annotations

from collections.abc import Sequence

from .accrual import per_money, percentage
from .engine import Engine
from .rewards import RATE, PointsPercent, PointsPerMoney

#: Parts of a minor unit in which it is counted how fast points grow.
_FINE = 1 << 32
#: So many prices above the first are compared one by one; where points need more to be outweighed, nothing is shown.
_PRICES = 64


class Growing:
    """Points of one promotion for the lowest prices, and what more there are for higher ones."""

    __slots__ = (
        "_at",
        "_engine",
        "_factor",
        "_minor",
        "_most",
        "_paid",
        "_reward",
        "_type",
        "_worth",
        "growth",
        "jump",
    )

    def __init__(self, engine: Engine, i: int, paid: int, factor: int, worth: int, minor: int) -> None:
        terms = engine.compiled.terms[i]
        reward = terms.reward
        assert isinstance(reward, PointsPercent | PointsPerMoney)
        self._reward = reward
        self._type = engine.compiled.types[reward.point_type]
        self._engine = engine
        self._factor = factor
        self._minor = minor
        self._paid = paid
        self._worth = worth
        known = engine.left.get(terms.id)
        limits = (reward.cap, None if known is None else known.points)
        self._most = min((limit for limit in limits if limit is not None), default=None)
        if isinstance(reward, PointsPercent):
            over, under, self.jump = reward.rate * 10**self._type.places, RATE * RATE * minor, worth
        else:
            over, under, self.jump = reward.points, reward.per[engine.currency] * RATE, worth * reward.points
        #: Worth in ``_FINE`` parts that a minor unit more brings in the long run, and the most beyond that by rounding.
        self.growth = -(-worth * over * factor * _FINE // under)
        self._at = self._points(0)

    def more(self, d: int) -> int:
        """Return the worth that ``d`` minor units more bring at most."""
        return (self._points(d) - self._at) * self._worth

    def _points(self, d: int) -> int:
        reward, paid = self._reward, self._paid + d * self._factor
        if isinstance(reward, PointsPercent):
            points = percentage(reward, self._type, paid, self._minor)
        else:
            points = per_money(reward, paid, self._engine.currency)
        return points if self._most is None or points < self._most else self._most


def outweighed(choices: Sequence[Sequence[Growing]], scale: int) -> bool:
    """Tell whether prices that are higher than those that were counted never bring points worth more than they cost.

    ``choices`` are points of which an order gets one of each. Prices that are ``d`` minor units higher, together, bring
    at most what all of ``d`` would bring to each promotion by itself. From some ``d`` on that is less than ``d``; below
    it each is looked at.
    """
    growth = sum([max([each.growth for each in several]) for several in choices])
    jump = sum([max([each.jump for each in several]) for several in choices])
    if growth >= scale * _FINE:
        return False
    enough = -(-jump * _FINE // (scale * _FINE - growth))
    if enough > _PRICES:
        return False
    for d in range(1, enough):
        more = 0
        for several in choices:
            more += several[0].more(d) if len(several) == 1 else max([each.more(d) for each in several])
        if more > d * scale:
            return False
    return True
