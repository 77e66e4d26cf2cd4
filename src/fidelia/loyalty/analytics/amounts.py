"""Points and money as texts, and sums of them. Pure."""

from __future__ import annotations

from decimal import Decimal

from fidelia.kernel.money import amount_text, round_money

from ..programs import PointType

ZERO = Decimal(0)
FOURTH = Decimal("0.0001")


def worth(kind: PointType, points: Decimal) -> Decimal | None:
    """Return what points come to in the currency of their type, to its minor unit; null where they have no worth."""
    if kind.ratio is None or kind.ratio_currency is None:
        return None
    return round_money(points * kind.ratio, kind.ratio_currency)


def money(kind: PointType, points: Decimal) -> str | None:
    """Write what points come to."""
    value = worth(kind, points)
    return None if value is None else amount_text(value, kind.ratio_currency)


def about(kind: PointType, points: float) -> Decimal:
    """Return an expected amount of points, as fine as the type is."""
    return round(Decimal(repr(points)), kind.places)


def rate(part: Decimal, whole: Decimal) -> float | None:
    """Return a share; null of nothing."""
    return float(part / whole) if whole > 0 else None
