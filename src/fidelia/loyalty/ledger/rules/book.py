"""Accounts with their lots as they are worked on, and every way in which points move. Pure.

Whatever is done to an account, two things hold after each entry: its balance is what remains in its lots less its debt,
and an entry's change is what it put into lots, less what it took out of them, less what it added to the debt.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from ..model import Because, Policy, State, Type
from .ids import IDS

ZERO = Decimal(0)
_FOREVER = datetime.max.replace(tzinfo=UTC)


@dataclass(slots=True, eq=False)
class LotState:
    """A lot being worked on. ``claimed`` is what its take-backs have dealt with so far."""

    id: int
    account_id: int
    transaction_id: UUID
    amount: Decimal
    remaining: Decimal
    active_from: datetime
    expires_at: datetime | None
    voided: Decimal = ZERO
    claimed: Decimal = ZERO
    lapsed: Decimal = ZERO
    waiting: bool = False
    new: bool = False
    changed: bool = False

    def active(self, now: datetime) -> bool:
        """Tell whether its points can be spent at a moment."""
        return self.active_from <= now and not self.gone(now)

    def gone(self, now: datetime) -> bool:
        """Tell whether what remains has lapsed."""
        return self.expires_at is not None and self.expires_at <= now

    @property
    def turn(self) -> tuple[datetime, datetime, int]:
        """When it is its turn to be spent: soonest expiry, then oldest, then id."""
        return self.expires_at or _FOREVER, self.active_from, self.id


@dataclass(slots=True, eq=False)
class AccountState:
    """A locked account with the lots that something is left in."""

    id: int
    database_id: int
    program_id: int
    point_type_id: int
    profile_id: int
    balance: Decimal
    debt: Decimal
    seq: int
    lots: dict[int, LotState] = field(default_factory=dict)
    changed: bool = False

    def available(self, now: datetime) -> Decimal:
        """Return what can be spent: active points less the debt, never below zero."""
        return max(ZERO, sum((lot.remaining for lot in self.lots.values() if lot.active(now)), ZERO) - self.debt)


@dataclass(slots=True, eq=False)
class Entry:
    """A transaction being written. ``moved`` is what it took out of lots, by (lot, went into a debt)."""

    account: AccountState
    id: UUID
    seq: int
    type: Type
    state: State
    amount: Decimal
    before: Decimal
    at: datetime
    because: Because
    of_id: UUID | None = None
    reference: str | None = None
    asked: UUID | None = None
    hold_until: datetime | None = None
    active_from: datetime | None = None
    expires_at: datetime | None = None
    change: Decimal = ZERO
    debt_change: Decimal = ZERO
    moved: dict[tuple[int, bool], Decimal] = field(default_factory=dict)


class Short(Exception):
    """Fewer points are active than somebody wants to spend; ``available`` says how many."""

    def __init__(self, available: Decimal) -> None:
        super().__init__(f"{available} points are available")
        self.available = available


class Book:
    """What is done to accounts at one moment: entries in their order, and the lots and accounts they changed."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.entries: list[Entry] = []
        #: New states of transactions that are there already.
        self.states: dict[UUID, State] = {}
        self._lot_ids: Iterator[int] = iter(())

    def use_lots(self, ids: Iterable[int]) -> None:
        """Take ids for the lots that will be opened."""
        self._lot_ids = iter(ids)

    def enter(
        self,
        account: AccountState,
        type_: Type,
        amount: Decimal,
        because: Because,
        *,
        state: State = "final",
        of_id: UUID | None = None,
        at: datetime | None = None,
    ) -> Entry:
        """Append an entry that changes nothing yet."""
        account.seq += 1
        account.changed = True
        entry = Entry(
            account=account,
            id=IDS.next(self.now),
            seq=account.seq,
            type=type_,
            state=state,
            amount=amount,
            before=account.balance,
            at=at or self.now,
            because=because,
            of_id=of_id,
        )
        self.entries.append(entry)
        return entry

    def lapse(self, account: AccountState) -> None:
        """Write down what has lapsed: one entry a lot, dated by the lot's end. What is owed is paid out of it first."""
        due = [lot for lot in account.lots.values() if lot.remaining and lot.gone(self.now)]
        for lot in sorted(due, key=lambda lot: lot.turn):
            rest = lot.remaining - min(account.debt, lot.remaining)
            at = lot.expires_at or self.now
            entry = self.enter(account, "expire", rest, Because(), of_id=lot.transaction_id, at=at)
            self._pay(entry, lot)
            lot.lapsed += rest
            self._take(entry, lot, rest)

    def credit(self, entry: Entry, amount: Decimal) -> LotState | None:
        """Open a lot with points, which first repay a debt if they can be spent at once. Nothing opens no lot."""
        if amount <= 0:
            return None
        assert entry.active_from is not None
        account = entry.account
        lot = LotState(
            id=next(self._lot_ids),
            account_id=account.id,
            transaction_id=entry.id,
            amount=amount,
            remaining=amount,
            active_from=entry.active_from,
            expires_at=entry.expires_at,
            waiting=entry.active_from > self.now,
            new=True,
        )
        account.lots[lot.id] = lot
        self._change(entry, amount)
        self.repay(entry)
        self.lapse(account)
        return lot

    def debit(self, entry: Entry, amount: Decimal) -> None:
        """Take active points, soonest expiry first; raise ``Short`` when there are fewer."""
        available = entry.account.available(self.now)
        if amount > available:
            raise Short(available)
        self._take_from(entry, self._spendable(entry.account), amount)

    def restore(self, entry: Entry, parts: Sequence[tuple[LotState, Decimal]]) -> None:
        """Put points back into the lots they came from; what has lapsed meanwhile lapses at once."""
        for lot, amount in parts:
            if amount > 0:
                entry.account.lots.setdefault(lot.id, lot)
                self._take(entry, lot, -amount)
        self.repay(entry)
        self.lapse(entry.account)

    def take_back(self, entry: Entry, lot: LotState, amount: Decimal, policy: Policy) -> None:
        """Take back a part of what an accrual gave: out of its own lot, else out of others, else as a debt.

        What has lapsed of the lot is gone already and is not asked for again.
        """
        account = entry.account
        lot.voided += amount
        lot.changed = True
        owed = max(ZERO, lot.voided - lot.lapsed - lot.claimed)
        lot.claimed += owed
        if lot.remaining and (policy != "only_pending" or not lot.active(self.now)):
            own = min(owed, lot.remaining)
            self._take(entry, lot, own)
            owed -= own
        if policy == "only_pending" or owed <= 0:
            return
        others = min(owed, account.available(self.now))
        self._take_from(entry, self._spendable(account), others)
        owed -= others
        if owed > 0 and policy == "allow_negative":
            account.debt += owed
            entry.debt_change += owed
            self._change(entry, -owed)

    def repay(self, entry: Entry) -> None:
        """Pay an open debt with active points; the balance stays the same."""
        for lot in self._spendable(entry.account) if entry.account.debt > 0 else ():
            self._pay(entry, lot)

    @staticmethod
    def void(parts: Iterable[tuple[LotState, Decimal]], sign: int = 1) -> None:
        """Let parts of lots count as never earned (a correction downwards), or, negative, as earned after all."""
        for lot, amount in parts:
            lot.voided = max(ZERO, min(lot.amount, lot.voided + sign * amount))
            lot.claimed = max(ZERO, min(lot.amount, lot.claimed + sign * amount))
            lot.changed = True

    def _spendable(self, account: AccountState) -> list[LotState]:
        found = [lot for lot in account.lots.values() if lot.remaining and lot.active(self.now)]
        return sorted(found, key=lambda lot: lot.turn)

    def _take_from(self, entry: Entry, lots: Sequence[LotState], amount: Decimal) -> None:
        for lot in lots:
            if amount <= 0:
                break
            part = min(lot.remaining, amount)
            self._take(entry, lot, part)
            amount -= part

    def _take(self, entry: Entry, lot: LotState, amount: Decimal) -> None:
        if amount:
            lot.remaining -= amount
            lot.changed = True
            entry.moved[lot.id, False] = entry.moved.get((lot.id, False), ZERO) + amount
            self._change(entry, -amount)

    def hand_over(self, out: Entry, into: Entry) -> None:
        """Move everything from one account to another: lots as they are, and what is owed."""
        source, heir = out.account, into.account
        for lot in source.lots.values():
            lot.account_id = heir.id
            lot.changed = True
        heir.lots |= source.lots
        source.lots = {}
        out.debt_change -= source.debt
        into.debt_change += source.debt
        heir.debt += source.debt
        source.debt = ZERO
        moved = source.balance
        self._change(out, -moved)
        self._change(into, moved)
        self.repay(into)

    def write_off(self, account: AccountState, because: Because) -> None:
        """Let all lots of an account lapse now, whenever they would have."""
        for lot in sorted((lot for lot in account.lots.values() if lot.remaining), key=lambda lot: lot.turn):
            entry = self.enter(account, "expire", lot.remaining, because, of_id=lot.transaction_id)
            lot.lapsed += lot.remaining
            self._take(entry, lot, lot.remaining)

    @staticmethod
    def _pay(entry: Entry, lot: LotState) -> None:
        part = min(entry.account.debt, lot.remaining)
        if part > 0:
            lot.remaining -= part
            lot.changed = True
            entry.account.debt -= part
            entry.debt_change -= part
            entry.moved[lot.id, True] = entry.moved.get((lot.id, True), ZERO) + part

    @staticmethod
    def _change(entry: Entry, by: Decimal) -> None:
        entry.change += by
        entry.account.balance += by
        entry.account.changed = True
