"""What discounts take off lines: each function gives the cuts of one promotion, from the prices as they stand.

A cut never goes below a line's floor. ``limited`` tells that a floor, a cap or a limit made the effect smaller.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .model import UNIT
from .rewards import RATE, AmountOff, Discount, NthFree, PercentOff, SetPrice
from .spread import divided, share_of, spread

_HALF = RATE // 2

#: Cuts by line, in the order of lines, and whether something held them back.
Cuts = tuple[list[tuple[int, int]], bool]


class Prices:
    """The lines' prices while an order is worked out: ``amounts`` now, ``bases`` first, ``floors`` at least."""

    __slots__ = ("amounts", "bases", "currency", "floors", "initial", "quantities")

    def __init__(
        self, bases: Sequence[int], floors: Sequence[int], quantities: Sequence[int], currency: str, initial: bool
    ) -> None:
        self.amounts = list(bases)
        self.bases = bases
        self.floors = floors
        self.quantities = quantities
        self.currency = currency
        self.initial = initial


def cuts(prices: Prices, reward: Discount, lines: Sequence[int], most: int | None) -> Cuts:
    """Return what a discount takes off ``lines`` (indexes); ``most`` is what is left of its limit in money."""
    found, limited = _CUTS[type(reward)](prices, reward, lines)
    cap = reward.cap
    if cap is not None and (most is None or cap[prices.currency] < most):
        most = cap[prices.currency]
    if most is not None and sum(cut for _, cut in found) > most:
        weights = [cut for _, cut in found]
        parts = spread(most, weights, weights)
        return [(i, part) for (i, _), part in zip(found, parts, strict=True) if part], True
    return found, limited


def _percent_off(prices: Prices, reward: PercentOff, lines: Sequence[int]) -> Cuts:
    amounts, floors, rate = prices.amounts, prices.floors, reward.rate
    initial = prices.initial if reward.of is None else reward.of == "initial"
    of = prices.bases if initial else amounts
    if reward.scope == "order":
        return _shared(prices, share_of(sum([of[i] for i in lines]), rate), lines, of)
    found = []
    limited = False
    for i in lines:
        cut = (of[i] * rate + _HALF) // RATE
        if cut:
            room = amounts[i] - floors[i]
            if cut > room:
                limited = True
                cut = room
            if cut > 0:
                found.append((i, cut))
    return found, limited


def _shared(prices: Prices, amount: int, lines: Sequence[int], of: Sequence[int]) -> Cuts:
    amounts, floors = prices.amounts, prices.floors
    rooms = [amounts[i] - floors[i] for i in lines]
    parts = spread(amount, [of[i] for i in lines], rooms)
    found = [(i, part) for i, part in zip(lines, parts, strict=True) if part]
    return found, sum(parts) < amount


def _amount_off(prices: Prices, reward: AmountOff, lines: Sequence[int]) -> Cuts:
    amount = reward.amount[prices.currency]
    if reward.scope == "order":
        return _shared(prices, amount, lines, prices.amounts)
    units = reward.scope == "items"
    wanted = [(i, divided(amount * prices.quantities[i], UNIT) if units else amount) for i in lines]
    return _each(prices, wanted)


def _each(prices: Prices, wanted: Sequence[tuple[int, int]]) -> Cuts:
    """Take from each line what is wanted, as far as there is room."""
    found = []
    limited = False
    for i, cut in wanted:
        room = prices.amounts[i] - prices.floors[i]
        if cut > room:
            limited = True
        if min(cut, room) > 0:
            found.append((i, min(cut, room)))
    return found, limited


def _set_price(prices: Prices, reward: SetPrice, lines: Sequence[int]) -> Cuts:
    price = reward.price[prices.currency]
    over = [(i, prices.amounts[i] - divided(price * prices.quantities[i], UNIT)) for i in lines]
    return _each(prices, [(i, cut) for i, cut in over if cut > 0])


def _nth_free(prices: Prices, reward: NthFree, lines: Sequence[int]) -> Cuts:
    amounts, quantities = prices.amounts, prices.quantities
    counted = [i for i in lines if quantities[i] >= UNIT and amounts[i] > prices.floors[i]]
    wanted = []
    for several in [[i] for i in counted] if reward.each_line else [counted]:
        free = sum(quantities[i] // UNIT for i in several) // reward.every * reward.free
        # by the price of a unit; compared as products of whole numbers, so that no price is rounded
        for i in sorted(several, key=lambda i: (amounts[i] * _LARGE // quantities[i], i)):
            units = min(quantities[i] // UNIT, free)
            free -= units
            if units:
                wanted.append((i, divided(amounts[i] * units * UNIT * reward.rate, quantities[i] * RATE)))
    return _each(prices, sorted(wanted))


_LARGE = 10**18
_CUTS: dict[type, Callable[[Prices, Any, Sequence[int]], Cuts]] = {
    PercentOff: _percent_off,
    AmountOff: _amount_off,
    SetPrice: _set_price,
    NthFree: _nth_free,
}
