"""What members have and what they earned, by time alone."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from fidelia.kernel.errors import not_found
from fidelia.platform.postgres import Asked, Tx

from ..model import Balance, Lot, Transaction
from ..rules.book import ZERO
from ..store import read


async def balances(
    tx: Tx, program_id: int, profile_ids: Collection[int], *, at: datetime | None = None
) -> dict[int, dict[int, Balance]]:
    """Return what members have, by profile and point type; nothing for those who never had any.

    The moment is now, or ``at`` later: what will be active then if nothing happens until. Points that lapsed and holds
    whose time is over count as such although nobody may have written it down yet.
    """
    found: dict[int, dict[int, Balance]] = {}
    for row in await read.sums(await tx.raw(), program_id, profile_ids, at or tx.now):
        active, debt = _settled(row)
        pending = row.pending + row.back_pending
        found.setdefault(row.profile_id, {})[row.point_type_id] = Balance(
            total=active + pending - debt,
            active=max(ZERO, active - debt),
            pending=pending,
            held=row.held,
            promised=row.promised,
            debt=debt,
        )
    return found


def _settled(row: read.Sums) -> tuple[Decimal, Decimal]:
    """Return what is active and what is owed once holds that are over have ended, one after another, and lots lapsed.

    As it is written down later: what comes back pays a debt, and so does what lapses, before it is gone.
    """
    active, debt, lapsed = row.active, row.debt, row.lapsed
    for back, gone in row.back:
        active += back
        paid = min(debt, active)
        active, debt = active - paid, max(ZERO, debt - paid - lapsed - gone)
        lapsed = ZERO
    return active, max(ZERO, debt - lapsed)


async def earned(
    tx: Tx, point_type_id: int, profile_ids: Collection[int], since: datetime | None = None
) -> dict[int, Decimal]:
    """Return what members earned, of points active since a moment or ever, less what was taken back or corrected.

    Spending and expiry change nothing here. Members who earned nothing are not in it.
    """
    return await read.earned(await tx.raw(), point_type_id, profile_ids, tx.now, since)


async def ask_earned(tx: Tx, point_type_ids: Collection[int], profile_id: int) -> Asked[dict[int, Decimal]]:
    """Ask what one member earned of several point types (as :func:`earned`), together with other questions."""
    return await read.ask_earned(tx, point_type_ids, profile_id)


async def transaction(tx: Tx, program_id: int, transaction_id: UUID) -> Transaction:
    """Return a transaction of a program; raise 404."""
    found = await read.transactions(tx, program_id, [transaction_id])
    if transaction_id not in found:
        raise not_found("Transaction", transaction_id)
    return found[transaction_id]


async def open_lots(tx: Tx, program_id: int, profile_id: int) -> list[Lot]:
    """Return a member's lots with something left that has not lapsed, in the order in which they are spent."""
    found = await read.open_lots(tx, program_id, profile_id)
    return [lot for lot in found if lot.expires_at is None or lot.expires_at > tx.now]


async def expiring(
    tx: Tx, program_id: int, profile_id: int, start: datetime, end: datetime
) -> list[tuple[int, datetime, Decimal]]:
    """Return (point type, moment, points) of what will lapse in ``[start, end)`` unless it is spent, soonest first.

    What has lapsed before this moment is gone and not in it.
    """
    return await read.expiring(tx, program_id, profile_id, max(start, tx.now), end)
