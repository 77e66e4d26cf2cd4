"""From decimal texts to the calculator's whole numbers, and back. Pure."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from fidelia.kernel.errors import Problem, invalid_field
from fidelia.kernel.money import MAX_AMOUNT, exponent, parse_amount

from .. import pricing

FOURTH = Decimal("0.0001")
MAX_QUANTITY = Decimal(10_000_000)


def minor(text: str, currency: str, pointer: str) -> int:
    """Read money, not below nought, in whole minor units; raise 422."""
    amount = parse_amount(text, pointer, places=exponent(currency))
    if amount < 0:
        raise invalid_field(pointer, "An amount cannot be below nought")
    return int(amount.scaleb(exponent(currency)))


def unit_price(text: str, pointer: str) -> Decimal:
    """Read the price of one item, four decimal places at most; raise 422."""
    price = parse_amount(text, pointer)
    if price < 0:
        raise invalid_field(pointer, "A price cannot be below nought")
    return price


def quantity(value: str | int | float, pointer: str) -> Decimal:
    """Read a quantity above nought, four decimal places at most; raise 422."""
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise invalid_field(pointer, "A quantity must be a number") from None
    if not number.is_finite() or not 0 < number <= MAX_QUANTITY or number != number.quantize(FOURTH):
        raise invalid_field(pointer, "A quantity is above nought, ten million and four decimal places at most")
    return number


def of_line(price: Decimal, number: Decimal, currency: str, pointer: str) -> int:
    """Return what a line costs in minor units, rounded half up; raise 422 when that is too much to be stored."""
    total = price * number
    if total > MAX_AMOUNT:
        raise invalid_field(pointer, "This amount is outside the range that can be stored")
    return int(total.scaleb(exponent(currency)).to_integral_value(ROUND_HALF_UP))


def money(units: int, currency: str) -> str:
    """Write minor units as a decimal text."""
    return format(Decimal(units).scaleb(-exponent(currency)), "f")


def money_value(units: int, currency: str) -> Decimal:
    """Return minor units as a decimal."""
    return Decimal(units).scaleb(-exponent(currency))


def points(parts: int, places: int) -> str:
    """Write parts of a point type as a decimal text."""
    return format(Decimal(parts).scaleb(-places), "f")


def points_value(parts: int, places: int) -> Decimal:
    """Return parts of a point type as a decimal."""
    return Decimal(parts).scaleb(-places)


def parts(amount: Decimal, places: int) -> int:
    """Return an amount of points in parts of its type; what is finer is left out."""
    return int(amount.scaleb(places))


def asked_points(text: str, places: int, pointer: str) -> int | str:
    """Read how many points shall pay: parts of their type, or ``max``; raise 422."""
    if text == "max":
        return "max"
    try:
        amount = parse_amount(text, pointer, places=places)
    except Problem:
        raise invalid_field(pointer, f'Say how many points, with {places} places at most, or "max"') from None
    if amount < 0:
        raise invalid_field(pointer, "Points that pay cannot be below nought")
    return parts(amount, places)


def units(number: Decimal) -> int:
    """Return a quantity as the calculator counts it."""
    return int(number * pricing.UNIT)
