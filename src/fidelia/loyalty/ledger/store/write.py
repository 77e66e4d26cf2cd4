"""Writing what a book holds, set by set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from fidelia.access import Actor
from fidelia.kernel.errors import conflict

from ..rules.book import AccountState, Book, LotState

_TRANSACTION = (
    "id, program_id, account_id, point_type_id, profile_id, seq, type, state, amount, change, balance_before,"
    " balance_after, debt_change, of_id, reference, asked, source_type, source_id, promotion_id, reason, by_name,"
    " by_key, data, hold_until, active_from, expires_at, at, created_at"
)


async def write(
    raw: psycopg.AsyncConnection[Any],
    book: Book,
    accounts: Sequence[AccountState],
    lots: Sequence[LotState],
    by: Actor,
) -> None:
    """Write entries, lots, what was taken from which, new states of holds, and the accounts as they stand now.

    Raises:
        Problem: 409, a reference was used by somebody else a moment ago.
    """
    try:
        async with raw.cursor() as cursor, cursor.copy(f"copy loyalty_transaction ({_TRANSACTION}) from stdin") as copy:
            for entry in book.entries:
                account, why = entry.account, entry.because
                await copy.write_row(
                    (
                        entry.id,
                        account.program_id,
                        account.id,
                        account.point_type_id,
                        account.profile_id,
                        entry.seq,
                        entry.type,
                        book.states.pop(entry.id, entry.state),
                        entry.amount,
                        entry.change,
                        entry.before,
                        entry.before + entry.change,
                        entry.debt_change,
                        entry.of_id,
                        entry.reference,
                        entry.asked,
                        why.source_type,
                        why.source_id,
                        why.promotion_id,
                        why.reason,
                        by.name,
                        by.key,
                        None if why.data is None else Jsonb(why.data),
                        entry.hold_until,
                        entry.active_from,
                        entry.expires_at,
                        entry.at,
                        book.now,
                    )
                )
    except psycopg.errors.UniqueViolation as exc:
        if exc.diag.constraint_name != "uq_loyalty_transaction_program_id_reference":
            raise
        raise conflict("This reference was used by another transaction a moment ago") from None
    await _write_lots(raw, [lot for lot in lots if lot.new], [lot for lot in lots if lot.changed and not lot.new])
    await _write_moves(raw, book)
    if book.states:
        await raw.execute(
            "update loyalty_transaction t set state = k.state"
            " from unnest(%s::uuid[], %s::text[]) k (id, state) where t.id = k.id",
            (list(book.states), list(book.states.values())),
        )
    changed = [account for account in accounts if account.changed]
    if changed:
        await raw.execute(
            "update loyalty_account a set balance = k.balance, debt = k.debt, seq = k.seq, updated_at = %s"
            " from unnest(%s::bigint[], %s::numeric[], %s::numeric[], %s::bigint[]) k (id, balance, debt, seq)"
            " where a.id = k.id",
            (
                book.now,
                [a.id for a in changed],
                [a.balance for a in changed],
                [a.debt for a in changed],
                [a.seq for a in changed],
            ),
        )


async def _write_lots(raw: psycopg.AsyncConnection[Any], new: Sequence[LotState], old: Sequence[LotState]) -> None:
    if new:
        columns = "id, account_id, transaction_id, amount, remaining, voided, claimed, lapsed, active_from, expires_at"
        async with raw.cursor() as cursor, cursor.copy(f"copy loyalty_lot ({columns}, waiting) from stdin") as copy:
            for lot in new:
                await copy.write_row(
                    (
                        lot.id,
                        lot.account_id,
                        lot.transaction_id,
                        lot.amount,
                        lot.remaining,
                        lot.voided,
                        lot.claimed,
                        lot.lapsed,
                        lot.active_from,
                        lot.expires_at,
                        lot.waiting,
                    )
                )
    if old:
        await raw.execute(
            "update loyalty_lot l set account_id = k.account_id, remaining = k.remaining, voided = k.voided,"
            " claimed = k.claimed, lapsed = k.lapsed, version = l.version + 1"
            " from unnest(%s::bigint[], %s::bigint[], %s::numeric[], %s::numeric[], %s::numeric[], %s::numeric[])"
            " k (id, account_id, remaining, voided, claimed, lapsed) where l.id = k.id",
            (
                [lot.id for lot in old],
                [lot.account_id for lot in old],
                [lot.remaining for lot in old],
                [lot.voided for lot in old],
                [lot.claimed for lot in old],
                [lot.lapsed for lot in old],
            ),
        )


async def _write_moves(raw: psycopg.AsyncConnection[Any], book: Book) -> None:
    rows = [
        (entry.id, lot_id, repays, amount)
        for entry in book.entries
        for (lot_id, repays), amount in entry.moved.items()
        if amount
    ]
    if rows:
        copied = "copy loyalty_consumption (transaction_id, lot_id, repays, amount) from stdin"
        async with raw.cursor() as cursor, cursor.copy(copied) as copy:
            for row in rows:
                await copy.write_row(row)
