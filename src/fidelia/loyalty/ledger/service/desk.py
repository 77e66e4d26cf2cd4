"""What every write begins with: the program, its point types, the accounts locked and brought up to this moment."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from fidelia.access import Actor
from fidelia.kernel.errors import FieldError, Problem, conflict, invalid_field
from fidelia.kernel.ids import stable_uuid
from fidelia.kernel.money import MAX_AMOUNT
from fidelia.platform.outbox import EventOut
from fidelia.platform.postgres import Tx

from ...programs import PointType, Program, Setting, setting
from .. import projection
from ..model import Because, State, Transaction, Type
from ..rules.book import AccountState, Book, Entry, LotState
from ..store import accounts as store
from ..store import read
from ..store.write import write

_NO_WORD = Because()
Writer = Callable[[Any, Book, Sequence[AccountState], Sequence[LotState], Actor], Awaitable[None]]
_EVENTS: Mapping[str, str] = {
    "accrual": "loyalty.accrued",
    "initial": "loyalty.accrued",
    "redeem": "loyalty.redeemed",
    "commit": "loyalty.redeemed",
    "expire": "loyalty.expired",
}


class Desk:
    """A program at work: ``types`` by id, ``accounts`` by id as far as they are locked, and what is being written."""

    def __init__(self, tx: Tx, program: Program, types: Mapping[int, PointType], zone: ZoneInfo) -> None:
        self.tx = tx
        self.program = program
        self.types = types
        self.zone = zone
        self.book = Book(tx.now)
        self.accounts: dict[int, AccountState] = {}
        #: Lots that are at hand: all with something left of locked accounts, and spent ones that were asked for.
        self.lots: dict[int, LotState] = {}

    @staticmethod
    async def of(tx: Tx, program_id: int) -> Desk:
        """Open the desk of a program; raise 404."""
        return Desk.at(tx, await setting(tx, program_id))

    @staticmethod
    def at(tx: Tx, known: Setting) -> Desk:
        """Open the desk of a program that was read in this transaction."""
        return Desk(tx, known.program, known.types, ZoneInfo(known.zone))

    async def lock_members(
        self, keys: Collection[store.Key], also: Collection[int] = ()
    ) -> dict[store.Key, AccountState]:
        """Lock accounts by (point type, profile), opening those that are missing; ``also`` are ids of others."""
        raw = await self.tx.raw()
        known = await store.account_ids(raw, keys)
        missing = set(keys) - known.keys()
        if missing:
            await store.open_accounts(raw, self.program.database_id, self.program.id, missing, self.tx.now)
            known |= await store.account_ids(raw, missing)
        await self.lock({*known.values(), *also})
        return {key: self.accounts[id_] for key, id_ in known.items()}

    async def lock(self, ids: Iterable[int]) -> None:
        """Lock accounts in the order of their ids, and write down what has ended by time alone: holds, then lots."""
        raw = await self.tx.raw()
        for id_, (account, heir) in (await store.lock(raw, ids)).items():
            if heir is not None:
                raise conflict("This member was merged with another a moment ago; try again")
            self.accounts[id_] = account
            self.lots |= account.lots
        holds = await read.overdue_holds(self.tx, self.accounts.keys(), self.tx.now)
        if holds:
            homes = await store.heirs(raw, {hold.account_id for hold in holds})
            parts = await self.parts([hold.id for hold in holds])
            for hold in holds:
                account = self.accounts[homes[hold.account_id]]
                self.end_hold(account, hold, "time_out", "timed_out", parts.get(hold.id, ()), at=hold.hold_until)
        for account in self.accounts.values():
            self.book.lapse(account)

    def take_in(self, accounts: Iterable[AccountState]) -> None:
        """Take accounts that are locked and have no overdue holds; what has lapsed in them is written down."""
        for account in accounts:
            self.accounts[account.id] = account
            self.lots |= account.lots
            self.book.lapse(account)

    async def parts(self, ids: Sequence[UUID]) -> dict[UUID, list[tuple[LotState, Decimal]]]:
        """Return what transactions still have out of which lots, the lots that are spent last first."""
        raw = await self.tx.raw()
        taken = await store.moves(raw, ids)
        await self.fetch_lots({lot_id for lots in taken.values() for lot_id in lots})
        return {
            of_id: sorted(((self.lots[id_], part) for id_, part in lots.items()), key=lambda p: p[0].turn, reverse=True)
            for of_id, lots in taken.items()
        }

    async def fetch_lots(self, ids: Collection[int]) -> None:
        """Read lots that are not at hand, spent ones too; their accounts are locked already."""
        missing = set(ids) - self.lots.keys()
        if missing:
            self.lots |= await store.lots(await self.tx.raw(), missing)

    def end_hold(
        self,
        account: AccountState,
        hold: Transaction,
        type_: Type,
        state: State,
        parts: Sequence[tuple[LotState, Decimal]],
        *,
        because: Because = _NO_WORD,
        at: datetime | None = None,
    ) -> Entry:
        """Undo a hold: what it had taken goes back to the lots it came from."""
        entry = self.book.enter(account, type_, hold.amount, because, of_id=hold.id, at=at)
        self.book.states[hold.id] = state
        self.book.restore(entry, parts)
        return entry

    def hand_over(self, source: AccountState, heir: AccountState) -> None:
        """Make the points of an account another's; its lots go over as they are."""
        out = self.book.enter(source, "merge_out", abs(source.balance), _NO_WORD)
        into = self.book.enter(heir, "merge_in", abs(source.balance), _NO_WORD, of_id=out.id)
        self.book.hand_over(out, into)

    async def close(self, because: Because) -> None:
        """Let everything in the locked accounts lapse, holds first."""
        holds = await read.open_holds(self.tx, self.accounts.keys())
        homes = await store.heirs(await self.tx.raw(), {hold.account_id for hold in holds})
        parts = await self.parts([hold.id for hold in holds])
        for hold in holds:
            account = self.accounts[homes[hold.account_id]]
            self.end_hold(account, hold, "cancel", "cancelled", parts.get(hold.id, ()), because=because)
        for account in self.accounts.values():
            self.book.write_off(account, because)

    def mark(self, profile_ids: Iterable[int]) -> None:
        """Have the accounts of people, and the lots that changed, projected."""
        lots = [lot.id for lot in self.lots.values() if lot.changed or lot.new]
        projection.changed(self.tx, self.program.database_id, profile_ids, lots)

    def type_of(self, id_: int, pointer: str) -> PointType:
        """Return a point type of the program; raise 422 at the pointer."""
        if id_ not in self.types:
            raise invalid_field(pointer, "This program has no such points")
        return self.types[id_]

    def check_amount(self, kind: PointType, amount: Decimal, pointer: str) -> Decimal:
        """Return an amount as it is stored; raise 422 unless it is above zero and as fine as the points are."""
        if not amount.is_finite() or not 0 < amount <= MAX_AMOUNT:
            raise invalid_field(pointer, "Points must be more than zero")
        if amount != round(amount, kind.places):
            places = f"{kind.places} decimal places at most" if kind.places else "no decimal places"
            raise invalid_field(pointer, f"{kind.name} have {places}")
        return amount

    async def save(self, by: Actor | None, *, emit: bool = True, writer: Writer = write) -> None:
        """Write everything, tell the history, and have the lots projected."""
        who = by or Actor.system()
        for account in self.accounts.values():
            self.lots |= account.lots
        changed = [lot for lot in self.lots.values() if lot.changed or lot.new]
        await writer(await self.tx.raw(), self.book, list(self.accounts.values()), changed, who)
        self.mark([account.profile_id for account in self.accounts.values() if account.changed])
        if emit:
            self.tx.emit_many(event for entry in self.book.entries if (event := self._event(entry)) is not None)

    def _event(self, entry: Entry) -> EventOut | None:
        type_ = _EVENTS.get(entry.type)
        if type_ is None or entry.hold_until is not None or not entry.amount:
            return None
        if entry.type in ("accrual", "initial") and not entry.change:
            return None
        properties = {
            "program": self.program.id,
            "points": self.types[entry.account.point_type_id].key,
            "amount": float(abs(entry.change) or entry.amount),
            "transaction": str(entry.id),
        }
        if entry.because.source_type == "order":
            properties["order"] = entry.because.source_id
        return EventOut(
            database=self.program.database_id,
            profile=entry.account.profile_id,
            type=type_,
            at=entry.at,
            id=f"{type_}:{entry.id}",
            properties=properties,
        )


def told(entry: Entry, by: Actor | None, now: datetime, state: State | None = None) -> Transaction:
    """Return an entry as it was written."""
    who, why, account = by or Actor.system(), entry.because, entry.account
    return Transaction(
        id=entry.id,
        program_id=account.program_id,
        point_type_id=account.point_type_id,
        account_id=account.id,
        profile_id=account.profile_id,
        seq=entry.seq,
        type=entry.type,
        state=state or entry.state,
        amount=entry.amount,
        change=entry.change,
        balance_before=entry.before,
        balance_after=entry.before + entry.change,
        debt_change=entry.debt_change,
        of_id=entry.of_id,
        reference=entry.reference,
        source_type=why.source_type,
        source_id=why.source_id,
        promotion_id=why.promotion_id,
        reason=why.reason,
        by_name=who.name,
        by_key=who.key,
        data=why.data,
        hold_until=entry.hold_until,
        active_from=entry.active_from,
        expires_at=entry.expires_at,
        at=entry.at,
        created_at=now,
    )


def fingerprint(verb: str, because: Because, *parts: object) -> UUID:
    """Return what tells one question from another under the same reference."""
    plain = [str(part.normalize()) if isinstance(part, Decimal) else str(part) for part in parts]
    return stable_uuid(verb, *plain, msgspec.json.encode(because, order="deterministic").decode())


class References:
    """Who asks again: the first answers under the references of a call, and those given in the call itself."""

    def __init__(self, known: Mapping[str, tuple[UUID, Transaction]]) -> None:
        self._known = dict(known)

    @staticmethod
    async def of(tx: Tx, program_id: int, references: Iterable[str | None]) -> References:
        """Look up references; call it when the accounts are locked."""
        wanted = [reference for reference in references if reference is not None]
        for n, reference in enumerate(references):
            if reference is not None and not (0 < len(reference) <= 200 and "\x00" not in reference):
                raise invalid_field(f"/items/{n}/reference", "A reference has 1 to 200 characters")
        return References(await read.by_reference(tx, program_id, wanted) if wanted else {})

    def first(self, reference: str | None, asked: UUID, n: int) -> Transaction | None:
        """Return the first answer to the same question; raise 409 when another was asked."""
        if reference is None or reference not in self._known:
            return None
        before, answer = self._known[reference]
        if before != asked:
            raise used(reference, n)
        return answer

    def add(self, reference: str | None, asked: UUID, answer: Transaction) -> None:
        """Remember an answer of this call."""
        if reference is not None:
            self._known[reference] = asked, answer


def used(reference: str, n: int) -> Problem:
    """409: the reference belongs to something else."""
    said = f"The reference {reference} was used for something else before"
    return conflict(said, FieldError(f"/items/{n}/reference", said))
