"""Accounts of people who are merged or erased."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg

Raw = psycopg.AsyncConnection[Any]


async def accounts_of(raw: Raw, database_id: int, profile_ids: Sequence[int]) -> dict[int, list[tuple[int, int]]]:
    """Return people's own accounts by program: (account, point type)."""
    rows = await raw.execute(
        "select program_id, id, point_type_id from loyalty_account"
        " where database_id = %s and profile_id = any(%s::bigint[]) and heir_id is null order by program_id, id",
        (database_id, list(profile_ids)),
    )
    found: dict[int, list[tuple[int, int]]] = {}
    for program_id, account_id, point_type_id in await rows.fetchall():
        found.setdefault(program_id, []).append((account_id, point_type_id))
    return found


async def has_points(raw: Raw, database_id: int, profile_id: int) -> bool:
    """Tell whether somebody has points, or owes some."""
    rows = await raw.execute(
        "select 1 from loyalty_account where database_id = %s and profile_id = %s and balance <> 0 limit 1",
        (database_id, profile_id),
    )
    return await rows.fetchone() is not None


async def hand_over(raw: Raw, moves: Sequence[tuple[int, int]], profile_id: int) -> None:
    """Give accounts an heir: their lots, spent ones too, are the heir's, and their transactions somebody else's."""
    old, new = [m[0] for m in moves], [m[1] for m in moves]
    pairs = "from unnest(%s::bigint[], %s::bigint[]) k (old, heir)"
    await raw.execute(
        f"update loyalty_lot l set account_id = k.heir, version = version + 1 {pairs} where l.account_id = k.old",
        (old, new),
    )
    await raw.execute(f"update loyalty_account a set heir_id = k.heir {pairs} where a.heir_id = k.old", (old, new))
    await raw.execute(f"update loyalty_account a set heir_id = k.heir {pairs} where a.id = k.old", (old, new))
    await raw.execute(
        "update loyalty_transaction t set profile_id = %s from loyalty_account a"
        " where t.account_id = a.id and a.heir_id = any(%s::bigint[]) and t.profile_id <> %s",
        (profile_id, new, profile_id),
    )


async def anonymise(raw: Raw, ids: Sequence[int]) -> list[int]:
    """Take the person off accounts, those merged into them too, and off their transactions; return their lots."""
    await raw.execute(
        "update loyalty_transaction t set profile_id = 0, data = null,"
        " reason = case when t.type = 'expire' then t.reason else '' end from loyalty_account a"
        " where t.account_id = a.id and (a.id = any(%(ids)s::bigint[]) or a.heir_id = any(%(ids)s::bigint[]))",
        {"ids": list(ids)},
    )
    await raw.execute(
        "update loyalty_account set profile_id = -id"
        " where id = any(%(ids)s::bigint[]) or heir_id = any(%(ids)s::bigint[])",
        {"ids": list(ids)},
    )
    rows = await raw.execute("select id from loyalty_lot where account_id = any(%s::bigint[])", (list(ids),))
    return [r[0] for r in await rows.fetchall()]
