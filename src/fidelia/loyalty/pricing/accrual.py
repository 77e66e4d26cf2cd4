"""Points for an order: of what is really paid, one row per promotion and type, split by line to the last part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fidelia.kernel.money import exponent

from .model import UNIT, Accrued, PointType
from .rewards import RATE, Points, PointsFixed, PointsMultiplier, PointsPercent, PointsPerItem, PointsPerMoney
from .spread import spread

#: The place of points that no line earned.
ORDER = -1


class Earning:
    """What an order earns, promotion by promotion. ``factors`` are those of partners, by line (in millionths)."""

    __slots__ = ("_bases", "_currency", "_delivery", "_factors", "_minor", "_paid", "_quantities", "_types", "given")

    def __init__(
        self,
        paid: Sequence[int],
        bases: Sequence[int],
        quantities: Sequence[int],
        factors: Sequence[int],
        delivery: int,
        currency: str,
        types: Mapping[int, PointType],
    ) -> None:
        self._paid = paid
        self._bases = bases
        self._quantities = quantities
        self._factors = factors
        self._delivery = delivery
        self._currency = currency
        self._minor = 10 ** exponent(currency)
        self._types = types
        self.given: dict[int, dict[int, int]] = {}  # by type, by line: what multipliers see

    def earn(
        self, promotion: int, reward: Points, lines: Sequence[int], whole: bool, most: int | None
    ) -> tuple[Accrued | None, bool]:
        """Return the points of a promotion for ``lines`` (``whole``: of the whole order), and whether a cap cut them.

        ``most`` is what is left of its limit. ``None`` without points.
        """
        type_ = self._types[reward.point_type]
        weights = self._weights(reward, lines, whole)
        points = self._points(reward, type_, weights)
        cap = None if isinstance(reward, PointsFixed) else reward.cap
        allowed = min((limit for limit in (cap, most) if limit is not None), default=points)
        limited = points > allowed
        points = min(points, allowed)
        if points <= 0:
            return None, limited
        keys = list(weights)
        parts = spread(points, [weights[key] for key in keys])
        shares = tuple((key, part) for key, part in zip(keys, parts, strict=True) if part)
        if not shares:
            shares = ((ORDER, points),)
        if not isinstance(reward, PointsMultiplier):
            given = self.given.setdefault(type_.id, {})
            for key, part in shares:
                given[key] = given.get(key, 0) + part
        return Accrued(promotion, type_.id, points, shares), limited

    def _weights(self, reward: Points, lines: Sequence[int], whole: bool) -> dict[int, int]:
        """Return in proportion to what lines earn; what they earn is worked out of these too, where it depends."""
        paid, factors = self._paid, self._factors
        match reward:
            case PointsMultiplier():
                given = self.given.get(reward.point_type, {})
                found = {i: given[i] for i in lines if i in given}
                if whole and ORDER in given:
                    found[ORDER] = given[ORDER]
                return found
            case PointsPerItem():
                return {i: self._quantities[i] // UNIT * factors[i] for i in lines}
            case PointsFixed():
                weights = {i: paid[i] for i in lines}
                return weights if any(weights.values()) else {i: self._bases[i] for i in lines}
            case _:
                weights = {i: paid[i] * factors[i] for i in lines}
                if reward.delivery and self._delivery:
                    weights[ORDER] = self._delivery * RATE
                return weights

    def _points(self, reward: Points, type_: PointType, weights: Mapping[int, int]) -> int:
        match reward:
            case PointsFixed():
                return reward.points
            case PointsPercent():
                return percentage(reward, type_, sum(weights.values()), self._minor)
            case PointsPerMoney():
                return per_money(reward, sum(weights.values()), self._currency)
            case PointsPerItem():
                return rounded(sum(weights.values()) * reward.points, RATE, type_.rounding)
            case PointsMultiplier():
                return rounded(sum(weights.values()) * (reward.factor - RATE), RATE, type_.rounding)


def percentage(reward: PointsPercent, type_: PointType, paid: int, minor: int) -> int:
    """Return the points of ``paid``, in millionths of minor units; of these, ``minor`` make a unit of money."""
    return rounded(paid * reward.rate * 10**type_.places, RATE * RATE * minor, type_.rounding)


def per_money(reward: PointsPerMoney, paid: int, currency: str) -> int:
    """Return the points of ``paid``, in millionths of minor units."""
    return paid // (reward.per[currency] * RATE) * reward.points


def rounded(over: int, under: int, how: str) -> int:
    """Return a quotient of numbers that are not negative, rounded ``down``, ``half_up`` or ``up``."""
    match how:
        case "down":
            return over // under
        case "up":
            return -(-over // under)
        case _:
            return (2 * over + under) // (2 * under)
