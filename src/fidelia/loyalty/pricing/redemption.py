"""Points that pay: how much of the lines they may pay, how many there are, and how they are split by line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from .discounts import Prices
from .model import PointType, Redeemed
from .rewards import RATE, AllowRedeem
from .spread import spread


class Payable:
    """What each type of points may pay of each line, after all discounts."""

    __slots__ = ("_prices", "by_type")

    def __init__(self, prices: Prices, types: Sequence[PointType]) -> None:
        self._prices = prices
        every = range(len(prices.amounts))
        self.by_type = {
            type_.id: self._shares(type_.redeem_rate, every)
            for type_ in types
            if type_.spendable and prices.currency in type_.worth
        }

    def _shares(self, rate: int, lines: Sequence[int]) -> list[int]:
        """Return so much of the sum of some lines, rounded down, line by line; of others nothing."""
        amounts, floors = self._prices.amounts, self._prices.floors
        shares = [0] * len(amounts)
        whole = sum([amounts[i] for i in lines]) * min(rate, RATE) // RATE
        rooms = [amounts[i] - floors[i] for i in lines]
        # a line pays no more than its own share, rounded up: the room of one is not used for another
        own = [min(room, -(-amounts[i] * min(rate, RATE) // RATE)) for i, room in zip(lines, rooms, strict=True)]
        for i, part in zip(lines, spread(whole, [amounts[i] for i in lines], own), strict=True):
            shares[i] = part
        return shares

    def allow(self, reward: AllowRedeem, lines: Sequence[int]) -> tuple[int, int] | None:
        """Let points pay more, as a promotion says; return the money before and after, or ``None`` without effect."""
        known = self.by_type.get(reward.point_type)
        if known is None:
            return None
        wider = self._shares(reward.rate, lines)
        more = [max(0, wide - share) for wide, share in zip(wider, known, strict=True)]
        cap = None if reward.cap is None else reward.cap[self._prices.currency]
        if cap is not None and sum(more) > cap:
            more = spread(cap, more, more)
        before = sum(known)
        if not any(more):
            return None
        self.by_type[reward.point_type] = [share + extra for share, extra in zip(known, more, strict=True)]
        return before, before + sum(more)

    def points(self, type_: PointType, active: int) -> int:
        """Return the most points of a type that may pay now, of so many active ones."""
        shares = self.by_type.get(type_.id)
        if shares is None:
            return 0
        over, under = type_.worth[self._prices.currency]
        money = sum(self._rooms(shares))
        points = min(max(active, 0), money * under // over)
        return points - points % type_.step

    def _rooms(self, shares: Sequence[int]) -> list[int]:
        amounts, floors = self._prices.amounts, self._prices.floors
        return [min(share, amounts[i] - floors[i]) for i, share in enumerate(shares)]

    def pay(self, type_: PointType, points: int) -> Redeemed | None:
        """Pay with points (no more than :meth:`points` says), or return ``None`` when they pay nothing."""
        over, under = type_.worth[self._prices.currency]
        money = points * over // under
        needed = -(-money * under // over)  # what is too little for a minor unit stays with the member
        points = min(points, -(-needed // type_.step) * type_.step)
        if money <= 0:
            return None
        rooms = self._rooms(self.by_type[type_.id])
        parts = spread(money, rooms, rooms)
        units = spread(points, parts)
        for i, part in enumerate(parts):
            self._prices.amounts[i] -= part
        lines = tuple((i, units[i], part) for i, part in enumerate(parts) if part)
        return Redeemed(type_.id, points, money, lines)


def redeem(
    payable: Payable,
    types: Sequence[PointType],
    active: Mapping[int, int],
    asked: Mapping[int, int | Literal["max"]],
) -> tuple[dict[int, int], list[Redeemed]]:
    """Return the most points of each type that could pay, each by itself, and pay with those that were asked for."""
    most = {type_.id: payable.points(type_, active.get(type_.id, 0)) for type_ in types if type_.id in payable.by_type}
    paid = []
    for type_ in types:
        wanted = asked.get(type_.id)
        if wanted is None or type_.id not in payable.by_type:
            continue
        limit = payable.points(type_, active.get(type_.id, 0))
        points = limit if wanted == "max" else min(wanted, limit)
        found = payable.pay(type_, points - points % type_.step)
        if found is not None:
            paid.append(found)
    return most, paid
