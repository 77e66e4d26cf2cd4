"""Writing what a book holds, set by set."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from fidelia.access import Actor
from fidelia.kernel.errors import conflict
from fidelia.platform.cursors import plain_array
from fidelia.platform.postgres import json_text

from ..model import State
from ..rules.book import AccountState, Book, Entry, LotState

_TRANSACTION = (
    "id, program_id, account_id, point_type_id, profile_id, seq, type, state, amount, change, balance_before,"
    " balance_after, debt_change, of_id, reference, asked, source_type, source_id, promotion_id, reason, by_name,"
    " by_key, data, hold_until, active_from, expires_at, at, created_at"
)


_LOT = "account_id, transaction_id, amount, remaining, voided, claimed, lapsed, active_from, expires_at, waiting"
#: What each kind of rows is written by. A statement has those that are there: an order seldom has all of them. Ids are
#: named once more as arrays: JSON is expected to have a hundred rows, for which small tables are read from end to end.
_FEW = {
    "entries": f"""insert into loyalty_transaction ({_TRANSACTION})
        select {_TRANSACTION} from given, json_populate_recordset(null::loyalty_transaction, d->'entries')""",
    "new": f"""insert into loyalty_lot (id, {_LOT})
        select id, {_LOT} from given, json_populate_recordset(null::loyalty_lot, d->'new')""",
    "moves": """insert into loyalty_consumption (transaction_id, lot_id, repays, amount)
        select transaction_id, lot_id, repays, amount
        from given, json_populate_recordset(null::loyalty_consumption, d->'moves')""",
    "old": """update loyalty_lot l set account_id = k.account_id, remaining = k.remaining, voided = k.voided,
        claimed = k.claimed, lapsed = k.lapsed, version = l.version + 1
        from given, json_populate_recordset(null::loyalty_lot, d->'old') k
        where l.id = k.id and l.id = any(%(lots)s::bigint[])""",
    "states": """update loyalty_transaction t set state = k.state
        from given, json_populate_recordset(null::loyalty_transaction, d->'states') k where t.id = k.id""",
}
_FEW_ACCOUNTS = """
update loyalty_account a set balance = k.balance, debt = k.debt, seq = k.seq, updated_at = k.updated_at
from given, json_populate_recordset(null::loyalty_account, d->'accounts') k
where a.id = k.id and a.id = any(%(accounts)s::bigint[])
"""


@cache
def _few(kinds: tuple[str, ...]) -> bytes:
    parts = ["given as (select %(doc)s::json as d)", *(f"{kind}_kept as ({_FEW[kind]})" for kind in kinds)]
    return f"with {', '.join(parts)} {_FEW_ACCOUNTS}".encode()


async def write_few(
    raw: psycopg.AsyncConnection[Any],
    book: Book,
    accounts: Sequence[AccountState],
    lots: Sequence[LotState],
    by: Actor,
) -> None:
    """Write what :func:`write` writes, by one statement that may be one of several on their way.

    Its entries have no references, so nobody can be before us.
    """
    states, now = book.states, book.now
    given: dict[str, list[dict[str, Any]]] = {
        "entries": [_entry(entry, states.pop(entry.id, entry.state), by, now) for entry in book.entries],
        "new": [_lot(lot) for lot in lots if lot.new],
        "old": [_lot(lot) for lot in lots if lot.changed and not lot.new],
        "moves": [
            {"transaction_id": entry.id, "lot_id": lot_id, "repays": repays, "amount": amount}
            for entry in book.entries
            for (lot_id, repays), amount in entry.moved.items()
            if amount
        ],
        "states": [{"id": id_, "state": state} for id_, state in states.items()],
        "accounts": [
            {"id": one.id, "balance": one.balance, "debt": one.debt, "seq": one.seq, "updated_at": now}
            for one in accounts
            if one.changed
        ],
    }
    query = _few(tuple(kind for kind in _FEW if given[kind]))
    ids = {"lots": given["old"], "accounts": given["accounts"]}
    told = {kind: plain_array(row["id"] for row in rows) for kind, rows in ids.items()}
    await raw.execute(query, {"doc": json_text(given), **told})


def _entry(entry: Entry, state: State, by: Actor, now: datetime) -> dict[str, Any]:
    account, why = entry.account, entry.because
    return {
        "id": entry.id,
        "program_id": account.program_id,
        "account_id": account.id,
        "point_type_id": account.point_type_id,
        "profile_id": account.profile_id,
        "seq": entry.seq,
        "type": entry.type,
        "state": state,
        "amount": entry.amount,
        "change": entry.change,
        "balance_before": entry.before,
        "balance_after": entry.before + entry.change,
        "debt_change": entry.debt_change,
        "of_id": entry.of_id,
        "reference": entry.reference,
        "asked": entry.asked,
        "source_type": why.source_type,
        "source_id": why.source_id,
        "promotion_id": why.promotion_id,
        "reason": why.reason,
        "by_name": by.name,
        "by_key": by.key,
        "data": why.data,
        "hold_until": entry.hold_until,
        "active_from": entry.active_from,
        "expires_at": entry.expires_at,
        "at": entry.at,
        "created_at": now,
    }


def _lot(lot: LotState) -> dict[str, Any]:
    return {
        "id": lot.id,
        "account_id": lot.account_id,
        "transaction_id": lot.transaction_id,
        "amount": lot.amount,
        "remaining": lot.remaining,
        "voided": lot.voided,
        "claimed": lot.claimed,
        "lapsed": lot.lapsed,
        "active_from": lot.active_from,
        "expires_at": lot.expires_at,
        "waiting": lot.waiting,
    }


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
