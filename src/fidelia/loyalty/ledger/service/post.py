"""Points that come in and points that are spent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal

import msgspec

from fidelia.access import Actor
from fidelia.kernel.errors import FieldError, Problem, conflict, invalid_field
from fidelia.kernel.money import amount_text
from fidelia.platform.postgres import Tx

from ...programs import PointType, lifetime
from ..model import Accrual, Redemption, Transaction
from ..rules.book import ZERO, AccountState
from ..store import accounts as store
from ..store.accounts import Key
from .desk import Desk, References, fingerprint, told


async def accrue(tx: Tx, program_id: int, rows: Sequence[Accrual], *, by: Actor | None = None) -> list[Transaction]:
    """Credit points to members; return a transaction a row, in their order.

    An accrual on hold changes nothing until it is committed. A point type's limits cut what is credited: ``amount``
    says what was asked, ``change`` what came.

    Raises:
        Problem: 404 the program, 409 a reference used for something else, 422 a row.
    """
    if not rows:
        return []
    desk = await Desk.of(tx, program_id)
    check_accruals(desk, rows)
    accounts = await desk.lock_members({(row.point_type_id, row.profile_id) for row in rows})
    references = await References.of(tx, program_id, [row.reference for row in rows])
    desk.book.use_lots(await store.new_lot_ids(await tx.raw(), opening(rows)))
    done = credit(desk, rows, accounts, references, by)
    await desk.save(by)
    return done


def check_accruals(desk: Desk, rows: Sequence[Accrual]) -> None:
    """Raise 422 for the first row that cannot be."""
    for n, row in enumerate(rows):
        kind = desk.type_of(row.point_type_id, f"/items/{n}/points")
        if kind.archived_at is not None:
            raise invalid_field(f"/items/{n}/points", f"{kind.name} are archived: nobody earns them any more")
        desk.check_amount(kind, row.amount, f"/items/{n}/amount")
        _check_hold(row.hold_until, desk.tx.now, n)


def opening(rows: Sequence[Accrual]) -> int:
    """Return how many lots these rows may open."""
    return sum(row.hold_until is None for row in rows)


def credit(
    desk: Desk,
    rows: Sequence[Accrual],
    accounts: Mapping[Key, AccountState],
    references: References,
    by: Actor | None,
) -> list[Transaction]:
    """Enter accruals that were checked, in locked accounts; ids for their lots are there."""
    done: list[Transaction] = []
    for n, row in enumerate(rows):
        given = (row.active_from, row.expires_at, row.at, row.hold_until is not None)
        asked = fingerprint(row.type, row.because, row.profile_id, row.point_type_id, row.amount, *given)
        answer = references.first(row.reference, asked, n)
        if answer is None:
            kind, account = desk.types[row.point_type_id], accounts[row.point_type_id, row.profile_id]
            entry = desk.book.enter(
                account,
                row.type,
                row.amount,
                row.because,
                state="final" if row.hold_until is None else "held",
                at=row.at,
            )
            entry.reference, entry.asked, entry.hold_until = row.reference, asked, row.hold_until
            entry.active_from, entry.expires_at = _dates(desk, kind, row)
            if row.hold_until is None:
                desk.book.credit(entry, room(kind, account, row.amount) if row.type != "adjust" else row.amount)
            answer = told(entry, by, desk.tx.now)
            references.add(row.reference, asked, answer)
        done.append(answer)
    return done


def room(kind: PointType, account: AccountState, amount: Decimal) -> Decimal:
    """Return how much of an accrual the limits of its point type let in."""
    if kind.max_accrual is not None:
        amount = min(amount, kind.max_accrual)
    if kind.max_balance is not None:
        amount = min(amount, max(ZERO, kind.max_balance - account.balance))
    return amount


def _dates(desk: Desk, kind: PointType, row: Accrual) -> tuple[datetime, datetime | None]:
    at = row.at or desk.tx.now
    active_from, expires_at = lifetime(kind, at, desk.zone)
    if row.active_from is not msgspec.UNSET:
        active_from = (row.active_from or at).astimezone(UTC)
        expires_at = None if expires_at is None else max(expires_at, active_from)
    if row.expires_at is not msgspec.UNSET:
        expires_at = None if row.expires_at is None else row.expires_at.astimezone(UTC)
    return active_from, expires_at


async def redeem(tx: Tx, program_id: int, rows: Sequence[Redemption], *, by: Actor | None = None) -> list[Transaction]:
    """Spend points of members, soonest expiry first; all rows or none. Held ones reserve the same points.

    A reset without an amount takes all that are active, be they none.

    Raises:
        Problem: 404 the program; 409 fewer points are active (``available`` says how many), or a reference used for
            something else; 422 a row.
    """
    if not rows:
        return []
    desk = await Desk.of(tx, program_id)
    check_redemptions(desk, rows)
    accounts = await desk.lock_members({(row.point_type_id, row.profile_id) for row in rows})
    references = await References.of(tx, program_id, [row.reference for row in rows])
    done = debit(desk, rows, accounts, references, by)
    await desk.save(by)
    return done


def check_redemptions(desk: Desk, rows: Sequence[Redemption]) -> None:
    """Raise 422 for the first row that cannot be."""
    for n, row in enumerate(rows):
        kind = desk.type_of(row.point_type_id, f"/items/{n}/points")
        if kind.kind != "standard" and row.type == "redeem":
            raise invalid_field(f"/items/{n}/points", f"{kind.name} decide the level; they cannot be spent")
        if row.amount is not None:
            desk.check_amount(kind, row.amount, f"/items/{n}/amount")
        elif row.type != "reset":
            raise invalid_field(f"/items/{n}/amount", "Say how many points")
        _check_hold(row.hold_until, desk.tx.now, n)


def debit(
    desk: Desk,
    rows: Sequence[Redemption],
    accounts: Mapping[Key, AccountState],
    references: References,
    by: Actor | None,
) -> list[Transaction]:
    """Enter redemptions that were checked, in locked accounts; raise 409 when there are fewer points."""
    done: list[Transaction] = []
    for n, row in enumerate(rows):
        held = row.hold_until is not None
        asked = fingerprint(row.type, row.because, row.profile_id, row.point_type_id, row.amount, row.at, held)
        answer = references.first(row.reference, asked, n)
        if answer is None:
            account = accounts[row.point_type_id, row.profile_id]
            available = account.available(desk.tx.now)
            amount = available if row.amount is None else row.amount
            if amount > available:  # before anything is entered: others may go on without this row
                raise short(available, n)
            state = "held" if held else "final"
            entry = desk.book.enter(account, row.type, amount, row.because, state=state, at=row.at)  # type: ignore[arg-type]
            entry.reference, entry.asked, entry.hold_until = row.reference, asked, row.hold_until
            desk.book.debit(entry, amount)
            if row.type != "redeem":
                desk.book.void((account.lots[lot_id], part) for (lot_id, _), part in entry.moved.items())
            answer = told(entry, by, desk.tx.now)
            references.add(row.reference, asked, answer)
        done.append(answer)
    return done


def short(available: Decimal, n: int) -> Problem:
    """409: fewer points are active than somebody wants to spend."""
    number = amount_text(available)
    said = f"Only {number} points can be spent" if available else "There are no points to spend"
    return conflict(said, FieldError(f"/items/{n}/amount", said), available=number)


def _check_hold(until: datetime | None, now: datetime, n: int) -> None:
    if until is not None and until <= now:
        raise invalid_field(f"/items/{n}/hold_seconds", "A hold must end in the future")
