"""What a ledger's list of transactions says, worked out one by one in plain Python: nothing here asks the database.

Lots are played through again: what comes in opens one, what is spent takes the soonest to lapse, what is taken back
comes out of its own lot first, what is given back goes to the lots it came from, the last to lapse first.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

D = Decimal
FOREVER = datetime.fromisoformat("9999-01-01T00:00:00+00:00")


@dataclass
class Lot:
    """Points that came in together; ``born`` is when they were earned."""

    id: str
    born: datetime
    active_from: datetime
    ends: datetime
    left: Decimal


@dataclass
class Account:
    """A member's points of one type."""

    lots: dict[str, Lot] = field(default_factory=dict)
    debt: Decimal = field(default_factory=Decimal)
    taken: dict[str, list[tuple[str, Decimal]]] = field(default_factory=dict)
    holds: dict[str, tuple[Decimal, datetime]] = field(default_factory=dict)

    def take(self, amount: Decimal, at: datetime, why: str) -> Decimal:
        """Take active points, soonest to lapse first; return what could not be had."""
        usable = [lot for lot in self.lots.values() if lot.left and lot.active_from <= at < lot.ends]
        for lot in sorted(usable, key=lambda lot: (lot.ends, lot.active_from)):
            part = min(lot.left, amount)
            if part:
                lot.left -= part
                amount -= part
                self.taken.setdefault(why, []).append((lot.id, part))
        return amount

    def put_back(self, why: str, amount: Decimal) -> None:
        """Put back what was taken for something."""
        rest = []
        for id_, part in sorted(self.taken.pop(why, []), key=lambda one: self.lots[one[0]].ends, reverse=True):
            back = min(part, amount)
            self.lots[id_].left += back
            amount -= back
            if part > back:
                rest.append((id_, part - back))
        self.taken[why] = rest


def moment(text: str | None) -> datetime:
    return FOREVER if text is None else datetime.fromisoformat(text)


def counts(row: dict[str, Any]) -> datetime:
    """Return when a transaction counts: an expiry is the last thing before its moment."""
    at = moment(row["at"])
    return at - timedelta(microseconds=1) if row["type"] == "expire" else at


def play(rows: list[dict[str, Any]], until: datetime) -> dict[tuple[str, int], Account]:
    """Return accounts by point type and profile as they were just before a moment; rows are the oldest first."""
    accounts: dict[tuple[str, int], Account] = defaultdict(Account)
    for row in rows:
        if counts(row) >= until:
            continue
        account = accounts[row["points"], row["profile_id"]]
        amount, change, at = D(row["amount"]), D(row["change"]), moment(row["at"])
        debt = D(row["debt_change"])
        match row["type"]:
            case "accrual" | "adjust" if change > 0:  # what is owed is paid out of it at once
                since, ends = moment(row["active_from"]), moment(row["expires_at"])
                account.lots[row["id"]] = Lot(row["id"], at, since, ends, change + debt)
            case "redeem" | "adjust":
                assert account.take(amount, at, row["id"]) == 0
                if row["hold_until"] is not None:
                    account.holds[row["id"]] = amount, moment(row["hold_until"])
            case "commit":
                account.holds.pop(row["of"])
            case "rollback" | "time_out":
                account.holds.pop(row["of"], None)
                account.put_back(row["of"], amount)
            case "give_back":
                account.put_back(row["of"], amount)
            case "take_back":
                lot = account.lots[row["of"]]
                own = min(lot.left, -change)
                lot.left -= own
                short = account.take(-change - own, at, row["id"])
                assert short == debt
            case "expire":
                account.lots[row["of"]].left -= amount
            case other:
                raise AssertionError(other)
        account.debt += debt
    for account in accounts.values():
        for id_ in [id_ for id_, (_, end) in account.holds.items() if end < until]:  # over by time
            account.put_back(id_, account.holds.pop(id_)[0])
    return accounts


def outstanding(rows: list[dict[str, Any]], until: datetime) -> list[tuple[str, int, Lot]]:
    """Return (point type, profile, lot) of what was left just before a moment; what has lapsed is nothing."""
    found = []
    for (points, profile), account in play(rows, until).items():
        for lot in account.lots.values():
            assert lot.left >= 0
            if lot.left and lot.ends > until:
                found.append((points, profile, lot))
    return found


def held(rows: list[dict[str, Any]], until: datetime, points: str) -> Decimal:
    """Return what open redemptions held just before a moment."""
    accounts = play(rows, until).items()
    return sum((amount for (kind, _), a in accounts if kind == points for amount, _ in a.holds.values()), D(0))
