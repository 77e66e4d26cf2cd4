"""The ledger in plain Python: what it should do, written again in the shortest way and by another route.

No entries, no accounts: a member is a list of lots, a debt and what was done, and every question is answered by going
through all of them at a moment.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal

ZERO = Decimal(0)
End = Literal["open", "committed", "undone", "timed_out", "cancelled"]


@dataclass(eq=False)
class Lot:
    number: int
    amount: Decimal
    left: Decimal
    start: datetime
    end: datetime | None
    taken_back: Decimal = ZERO
    asked: Decimal = ZERO
    lapsed: Decimal = ZERO


@dataclass(eq=False)
class Deed:
    """An accrual or a redemption that was asked for."""

    what: Literal["accrue", "redeem"]
    amount: Decimal
    state: End
    until: datetime | None = None
    start: datetime | None = None
    end: datetime | None = None
    lot: Lot | None = None
    parts: list[tuple[Lot, Decimal]] = field(default_factory=list)


class Member:
    """One member's points."""

    def __init__(self) -> None:
        self.lots: list[Lot] = []
        self.debt = ZERO
        self.deeds: list[Deed] = []

    def settle(self, now: datetime) -> None:
        """Let time do its work up to a moment: moments in their order, ends of holds before ends of lots."""
        for deed in sorted((d for d in self.deeds if d.until and d.state == "open"), key=lambda d: d.until or now):
            if deed.until is not None and deed.until <= now:
                deed.state = "timed_out"
                self._put_back(deed, sum((p for _, p in deed.parts), ZERO), now)
        self._lapse(now)

    def _lapse(self, now: datetime) -> None:
        for lot in sorted((x for x in self.lots if x.left), key=_turn):
            if lot.end is not None and lot.end <= now:
                self._pay(lot)
                lot.lapsed += lot.left
                lot.left = ZERO

    def _pay(self, lot: Lot) -> None:
        part = min(lot.left, self.debt)
        lot.left -= part
        self.debt -= part

    def _active(self, now: datetime) -> list[Lot]:
        return sorted((x for x in self.lots if x.left and x.start <= now and (x.end is None or x.end > now)), key=_turn)

    def _pay_all(self, now: datetime) -> None:
        for lot in self._active(now):
            self._pay(lot)

    def active(self, now: datetime) -> Decimal:
        return max(ZERO, sum((x.left for x in self._active(now)), ZERO) - self.debt)

    def total(self) -> Decimal:
        return sum((x.left for x in self.lots), ZERO) - self.debt

    def accrue(
        self, now: datetime, amount: Decimal, start: datetime, end: datetime | None, until: datetime | None
    ) -> Deed:
        self.settle(now)
        deed = Deed("accrue", amount, "open" if until else "committed", until, start, end)
        if until is None:
            self._open(deed, now)
        self.deeds.append(deed)
        return deed

    def _open(self, deed: Deed, now: datetime) -> None:
        assert deed.start is not None
        deed.lot = Lot(len(self.lots), deed.amount, deed.amount, deed.start, deed.end)
        self.lots.append(deed.lot)
        self._pay_all(now)
        self._lapse(now)

    def redeem(self, now: datetime, amount: Decimal, until: datetime | None) -> Deed | None:
        """Return what was done, or nothing when there are too few."""
        self.settle(now)
        if amount > self.active(now):
            return None
        deed = Deed("redeem", amount, "open" if until else "committed", until)
        for lot in self._active(now):
            part = min(lot.left, amount)
            if part:
                lot.left -= part
                amount -= part
                deed.parts.append((lot, part))
        self.deeds.append(deed)
        return deed

    def _put_back(self, deed: Deed, amount: Decimal, now: datetime) -> None:
        rest = []
        for lot, part in sorted(deed.parts, key=lambda p: _turn(p[0]), reverse=True):
            back = min(part, amount)
            lot.left += back
            amount -= back
            if part > back:
                rest.append((lot, part - back))
        deed.parts = rest
        self._pay_all(now)
        self._lapse(now)

    def finish(self, now: datetime, deed: Deed, how: str) -> bool:
        """Tell whether that could be done (again)."""
        self.settle(now)
        becomes: dict[str, End] = {"commit": "committed", "rollback": "undone", "cancel": "cancelled"}
        held = deed.until is not None
        if deed.state == becomes[how]:
            return how != "commit" or held
        if deed.state == "open":
            deed.state = becomes[how]
            if how == "commit":
                if deed.what == "accrue":
                    self._open(deed, now)
            else:
                self._put_back(deed, sum((p for _, p in deed.parts), ZERO), now)
            return True
        if deed.state == "committed" and how == "cancel":
            deed.state = "cancelled"
            if deed.lot is not None:
                self._take(now, deed.lot, deed.lot.amount - deed.lot.taken_back)
            else:
                self._put_back(deed, sum((p for _, p in deed.parts), ZERO), now)
            return True
        return False

    def _take(self, now: datetime, lot: Lot, amount: Decimal) -> None:
        lot.taken_back += amount
        owed = max(ZERO, lot.taken_back - lot.lapsed - lot.asked)
        lot.asked += owed
        own = min(owed, lot.left)
        lot.left -= own
        owed -= own
        # What others may give is what is active and not owed already.
        spare = self.active(now)
        for other in self._active(now):
            part = min(other.left, owed, spare)
            other.left -= part
            owed -= part
            spare -= part
        self.debt += owed

    def take_back(self, now: datetime, deed: Deed, amount: Decimal) -> bool:
        self.settle(now)
        if deed.lot is None or deed.state != "committed" or amount > deed.lot.amount - deed.lot.taken_back:
            return False
        self._take(now, deed.lot, amount)
        return True

    def give_back(self, now: datetime, deed: Deed, amount: Decimal) -> bool:
        self.settle(now)
        there = sum((p for _, p in deed.parts), ZERO)
        if deed.what != "redeem" or deed.state != "committed" or amount > there:
            return False
        self._put_back(deed, amount, now)
        return True


def _turn(lot: Lot) -> tuple[bool, float, datetime, int]:
    return lot.end is None, lot.end.timestamp() if lot.end else 0.0, lot.start, lot.number
