"""How transactions end: holds are committed, rolled back or run out of time; whatever moved points can be cancelled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from uuid import UUID

from fidelia.access import Actor
from fidelia.kernel.errors import Problem, conflict, not_found
from fidelia.platform.postgres import Tx

from ..model import Because, How, Policy, State, Transaction, Type
from ..rules.book import AccountState, LotState
from ..store import accounts as store
from ..store import read
from .desk import Desk, told
from .post import room

_ENDED: Mapping[State, str] = {
    "final": "It is no hold",
    "committed": "This hold was committed",
    "rolled_back": "This hold was rolled back",
    "timed_out": "The time of this hold is over",
    "cancelled": "This transaction was cancelled",
}
_BECOMES: Mapping[How, State] = {
    "commit": "committed",
    "rollback": "rolled_back",
    "time_out": "timed_out",
    "cancel": "cancelled",
}
#: What an answer to each way of ending is called in the ledger; a committed accrual is answered by the accrual.
_WRITES: Mapping[How, tuple[Type, ...]] = {
    "commit": ("commit", "accrual", "initial", "adjust"),
    "rollback": ("rollback",),
    "time_out": ("time_out",),
    "cancel": ("cancel",),
}
_MOVING = ("accrual", "initial", "adjust", "redeem", "reset")


async def finish(
    tx: Tx,
    program_id: int,
    ids: Sequence[UUID],
    how: How,
    *,
    by: Actor | None = None,
    because: Because | None = None,
    policy: Policy | None = None,
) -> list[Transaction]:
    """End transactions; return for each what was written for it. The same ending twice gives the first answer.

    ``commit``, ``rollback`` and ``time_out`` end holds; ``cancel`` undoes a hold or anything that moved points: what
    was spent goes back to the lots it came from with their first expiry, what was earned is taken back, by ``policy``
    (the program's) where it is spent. ``because`` is what the new rows say, by default the same as the first ones.

    Raises:
        Problem: 404 a transaction; 409 it has ended otherwise, or cannot be cancelled.
    """
    if not ids:
        return []
    run = _Run(await Desk.of(tx, program_id), how, by, because, policy)
    await run.load(ids)
    done = [run.end(id_) for id_ in ids]
    await run.desk.save(by)
    return done


class _Run:
    def __init__(self, desk: Desk, how: How, by: Actor | None, because: Because | None, policy: Policy | None) -> None:
        self.desk = desk
        self.how = how
        self.by = by
        self.because = because
        self.policy: Policy = policy or policy_of(desk)

    async def load(self, ids: Sequence[UUID]) -> None:
        """Lock the accounts of transactions, then read them as they are now, and what belongs to them."""
        tx, program_id = self.desk.tx, self.desk.program.id
        raw = await tx.raw()
        found = await read.transactions(tx, program_id, ids)
        for id_ in ids:
            if id_ not in found:
                raise not_found("Transaction", id_)
        self.homes = await store.heirs(raw, {t.account_id for t in found.values()})
        await self.desk.lock(set(self.homes.values()))
        self.found = await read.transactions(tx, program_id, ids)
        self.children: dict[UUID, list[Transaction]] = {}
        for child in await read.children(tx, [*self.found]):
            assert child.of_id is not None
            self.children.setdefault(child.of_id, []).append(child)
        made = [c for cs in self.children.values() for c in cs if c.type in _MOVING]  # what committed accruals became
        for child in await read.children(tx, [c.id for c in made]):
            assert child.of_id is not None
            self.children.setdefault(child.of_id, []).append(child)
        self.found |= {c.id: c for c in made}
        self.parts = await self.desk.parts([*self.found])
        opened = await store.lots_of(raw, [*self.found])
        await self.desk.fetch_lots([lot.id for lot in opened.values()])
        self.own = {id_: self.desk.lots[lot.id] for id_, lot in opened.items()}
        if self.how == "commit":
            self.desk.book.use_lots(await store.new_lot_ids(raw, len(ids)))

    def end(self, id_: UUID) -> Transaction:
        """End one of the transactions that were loaded."""
        row = self.found[id_]
        state = self.desk.book.states.get(id_, row.state)
        target = _BECOMES[self.how]
        if self.how == "cancel" and state in ("committed", "cancelled"):
            made = next((c for c in self.children.get(id_, ()) if c.type in _MOVING), None)
            if made is not None:  # a hold of points to come: what they became is cancelled
                return self.end(made.id)
        if state == target:
            return self._answer(id_)
        if self.how == "cancel" and state in ("final", "committed"):
            return self._cancel(row)
        if state != "held":
            raise ended(row, state)
        account = self.desk.accounts[self.homes[row.account_id]]
        if self.how == "time_out":
            raise conflict("The time of this hold is not over yet")
        if self.how == "commit":
            return self._commit(account, row)
        type_: Type = "rollback" if self.how == "rollback" else "cancel"
        entry = self.desk.end_hold(account, row, type_, target, self.parts.get(id_, ()), because=self._why(row))
        return self._told(id_, told(entry, self.by, self.desk.tx.now))

    def _commit(self, account: AccountState, row: Transaction) -> Transaction:
        book = self.desk.book
        book.states[row.id] = "committed"
        if row.change:
            entry = book.enter(account, "commit", row.amount, self._why(row), of_id=row.id)
        else:
            entry = book.enter(account, row.type, row.amount, self._why(row), of_id=row.id)
            entry.active_from, entry.expires_at = row.active_from, row.expires_at
            kind = self.desk.types[account.point_type_id]
            book.credit(entry, room(kind, account, row.amount) if row.type != "adjust" else row.amount)
        return self._told(row.id, told(entry, self.by, self.desk.tx.now))

    def _cancel(self, row: Transaction) -> Transaction:
        if row.type not in _MOVING:
            raise conflict("Only what moved points first can be cancelled; correct this by an adjustment")
        desk, book = self.desk, self.desk.book
        lot = self.own.get(row.id)
        home = self.homes.get(row.account_id, row.account_id)
        account = desk.accounts[home]
        book.states[row.id] = "cancelled"
        if row.of_id is not None:  # what a committed hold became: the hold is cancelled with it
            book.states[row.of_id] = "cancelled"
        parts = [] if lot is not None else self.parts.get(row.id, [])
        amount = lot.amount - lot.voided if lot is not None else sum((part for _, part in parts), Decimal(0))
        entry = book.enter(account, "cancel", amount, self._why(row), of_id=row.id)
        if lot is not None:
            account.lots.setdefault(lot.id, lot)
            book.take_back(entry, lot, amount, self.policy)
        else:
            if row.type in ("adjust", "reset"):
                book.void(parts, -1)
            book.restore(entry, parts)
        return self._told(row.id, told(entry, self.by, desk.tx.now))

    def _why(self, row: Transaction) -> Because:
        return self.because or Because(
            source_type=row.source_type, source_id=row.source_id, promotion_id=row.promotion_id
        )

    def _told(self, of_id: UUID, answer: Transaction) -> Transaction:
        self.children.setdefault(of_id, []).append(answer)
        return answer

    def _answer(self, id_: UUID) -> Transaction:
        return next(c for c in self.children[id_] if c.type in _WRITES[self.how])


def policy_of(desk: Desk) -> Policy:
    """Return what a program does when points to be taken back are spent."""
    return desk.program.claw_back


def ended(row: Transaction, state: State) -> Problem:
    """409: a transaction has ended otherwise."""
    return conflict(_ENDED[state], state=state, transaction=str(row.id))


def lot_parts(parts: Sequence[tuple[LotState, Decimal]], amount: Decimal) -> list[tuple[LotState, Decimal]]:
    """Return the first parts that add up to an amount."""
    chosen = []
    for lot, part in parts:
        if amount <= 0:
            break
        taken = min(part, amount)
        chosen.append((lot, taken))
        amount -= taken
    return chosen
