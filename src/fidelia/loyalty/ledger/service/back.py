"""Parts of accruals and redemptions that are undone: what a returned line had earned, what was spent on it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from fidelia.access import Actor
from fidelia.kernel.errors import FieldError, conflict, not_found
from fidelia.kernel.money import amount_text
from fidelia.platform.postgres import Tx

from ..model import GiveBack, TakeBack, Transaction
from ..rules.book import LotState
from ..store import accounts as store
from ..store import read
from .desk import Desk, References, fingerprint, told
from .finish import ended, lot_parts, policy_of


async def take_back(tx: Tx, program_id: int, rows: Sequence[TakeBack], *, by: Actor | None = None) -> list[Transaction]:
    """Take back parts of accruals; ``change`` of each transaction says what that did to the balance.

    What is left of the accrual goes first, then other active points, then, if the policy lets it, a debt. Points that
    have lapsed are not asked for again.

    Raises:
        Problem: 404 a transaction; 409 it is a hold, was cancelled, or less of it is left to take back; 422 an amount.
    """
    if not rows:
        return []
    desk, found, homes = await _begin(tx, program_id, [row.transaction_id for row in rows])
    references = await References.of(tx, program_id, [row.reference for row in rows])
    opened = await store.lots_of(await tx.raw(), [*found])
    await desk.fetch_lots([lot.id for lot in opened.values()])
    done = []
    for n, row in enumerate(rows):
        asked = fingerprint("take_back", row.because, row.transaction_id, row.amount)
        answer = references.first(row.reference, asked, n)
        if answer is None:
            first = found[row.transaction_id]
            desk.check_amount(desk.types[first.point_type_id], row.amount, f"/items/{n}/amount")
            if first.id not in opened or first.state != "final":
                raise ended(first, first.state) if first.state != "final" else conflict("This brought no points")
            lot = desk.lots[opened[first.id].id]
            _check_most(row.amount, lot.amount - lot.voided, n)
            account = desk.accounts[homes[first.account_id]]
            account.lots.setdefault(lot.id, lot)
            entry = desk.book.enter(account, "take_back", row.amount, row.because, of_id=first.id)
            entry.reference, entry.asked = row.reference, asked
            desk.book.take_back(entry, lot, row.amount, row.policy or policy_of(desk))
            answer = told(entry, by, tx.now)
            references.add(row.reference, asked, answer)
        done.append(answer)
    await desk.save(by)
    return done


async def give_back(tx: Tx, program_id: int, rows: Sequence[GiveBack], *, by: Actor | None = None) -> list[Transaction]:
    """Give back parts of redemptions: to the lots they came from, those that expire last first; expiries stay.

    Raises:
        Problem: 404 a transaction; 409 it is still a hold, was undone, or less of it is left; 422 an amount.
    """
    if not rows:
        return []
    desk, found, homes = await _begin(tx, program_id, [row.transaction_id for row in rows])
    references = await References.of(tx, program_id, [row.reference for row in rows])
    parts = await desk.parts([*found])
    done = []
    for n, row in enumerate(rows):
        asked = fingerprint("give_back", row.because, row.transaction_id, row.amount)
        answer = references.first(row.reference, asked, n)
        if answer is None:
            first = found[row.transaction_id]
            desk.check_amount(desk.types[first.point_type_id], row.amount, f"/items/{n}/amount")
            if first.state not in ("final", "committed"):
                raise (
                    conflict("This is still a hold: roll it back")
                    if first.state == "held"
                    else ended(first, first.state)
                )
            if first.type != "redeem":
                raise conflict("Only what was spent can be given back")
            there = parts.get(first.id, [])
            _check_most(row.amount, sum((part for _, part in there), Decimal(0)), n)
            chosen = lot_parts(there, row.amount)
            parts[first.id] = _less(there, chosen)
            entry = desk.book.enter(
                desk.accounts[homes[first.account_id]], "give_back", row.amount, row.because, of_id=first.id
            )
            entry.reference, entry.asked = row.reference, asked
            desk.book.restore(entry, chosen)
            answer = told(entry, by, tx.now)
            references.add(row.reference, asked, answer)
        done.append(answer)
    await desk.save(by)
    return done


async def _begin(tx: Tx, program_id: int, ids: Sequence[UUID]) -> tuple[Desk, dict[UUID, Transaction], dict[int, int]]:
    desk = await Desk.of(tx, program_id)
    found = await read.transactions(tx, program_id, ids)
    for id_ in ids:
        if id_ not in found:
            raise not_found("Transaction", id_)
    homes = await store.heirs(await tx.raw(), {t.account_id for t in found.values()})
    await desk.lock(set(homes.values()))
    return desk, await read.transactions(tx, program_id, ids), homes


def _check_most(amount: Decimal, most: Decimal, n: int) -> None:
    if amount > most:
        said = f"Only {amount_text(most)} of it are left" if most else "Nothing of it is left"
        raise conflict(said, FieldError(f"/items/{n}/amount", said))


def _less(
    there: list[tuple[LotState, Decimal]], chosen: list[tuple[LotState, Decimal]]
) -> list[tuple[LotState, Decimal]]:
    taken = {lot.id: part for lot, part in chosen}
    rest = [(lot, part - taken.get(lot.id, Decimal(0))) for lot, part in there]
    return [(lot, part) for lot, part in rest if part > 0]
