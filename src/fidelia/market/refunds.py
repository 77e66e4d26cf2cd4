"""What a refund of a part of a line comes to, to the cent."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from fidelia.kernel.errors import conflict
from fidelia.kernel.money import exponent, parse_amount, round_money

from .model import LineOut, RefundLine
from .rules import read_quantity, wrong


def left_of(line: LineOut) -> tuple[Decimal, Decimal]:
    """Return the money and the items of a line that were not given back yet."""
    return Decimal(line.total) - Decimal(line.refunded), Decimal(line.quantity) - Decimal(line.refunded_quantity)


class Back(NamedTuple):
    """A part of a line given back; ``whole`` when nothing of the line is left."""

    line: int
    quantity: Decimal
    amount: Decimal
    whole: bool

    @staticmethod
    def delivery(asked: str, rest: Decimal, currency: str) -> Decimal:
        """Read an amount of the delivery to give back; raise 409 when more is asked than is left."""
        amount = parse_amount(asked, "/delivery")
        _exact(amount, currency, "/delivery")
        if amount < 0:
            raise wrong("/delivery", "What is given back of the delivery cannot be below zero")
        if amount > rest:
            raise conflict(f"Of the delivery {rest} is left to give back, not {amount}")
        return amount


def _exact(amount: Decimal, currency: str, pointer: str) -> None:
    if amount != round_money(amount, currency):
        raise wrong(pointer, f"An amount in {currency} has {exponent(currency)} decimal places at most")


def work_out_refund(line: LineOut, part: RefundLine, currency: str) -> Back:
    """Work out what a refund gives back of a line.

    Items are worth their share of the line, rounded to the cent; the last ones are worth whatever is left, so that
    parts never sum to more or less than the line. Raises 409 for more than is left, 422.
    """
    money, items = left_of(line)
    at = f"/lines/{line.line}"
    if line.kind == "cancelled":
        raise conflict(f"Line {line.line} is cancelled: there is nothing to give back")
    if line.kind == "refunded":
        raise conflict(f"Line {line.line} was given back already")
    if part.quantity is None and part.amount is None:
        return Back(line.line, items, money, True)
    quantity = Decimal(0)
    if part.quantity is not None:
        quantity = read_quantity(part.quantity, f"{at}/quantity")
        if quantity <= 0:
            raise wrong(f"{at}/quantity", "How many items are given back must be above zero")
        if quantity > items:
            raise conflict(f"Of line {line.line} {items.normalize():f} are left to give back, not {quantity}")
    if part.amount is not None:
        amount = parse_amount(part.amount, f"{at}/amount")
        _exact(amount, currency, f"{at}/amount")
        if amount < 0 or (amount == 0 and not quantity):
            raise wrong(f"{at}/amount", "What is given back must be above zero")
    elif quantity == items:
        amount = money
    else:
        share = round_money(Decimal(line.total) * quantity / Decimal(line.quantity), currency)
        amount = min(share, money) if money >= 0 else max(share, money)
    if amount > money and amount > 0:
        raise conflict(f"Of line {line.line} {money} is left to give back, not {amount}")
    whole = amount == money if quantity == 0 else quantity == items and amount == money
    return Back(line.line, quantity, amount, whole)
