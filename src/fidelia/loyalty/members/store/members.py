"""Who is in a program. Sets of people, never one by one; rows are locked in the order of their ids."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

import sqlalchemy as sa
from pyroaring import BitMap

from fidelia.platform.postgres import Asked, Tx, as_struct

from ..model import AUTOMATIC, Member, MemberSource
from ..tables import loyalty_member

_c = loyalty_member.c
_READ = sa.select(*(_c[name] for name in Member.__struct_fields__))

_JOIN = """
    insert into loyalty_member (program_id, profile_id, state, source, joined_at, updated_at)
    select %(program)s, id, 'active', %(source)s, %(at)s, %(now)s
    from unnest(%(ids)s::bigint[]) as found (id) order by id
"""
_STAY = " on conflict do nothing returning profile_id, true"
_AGAIN = """
    on conflict (program_id, profile_id) do update
    set state = 'active', source = excluded.source, joined_at = excluded.joined_at, removed_at = null,
        updated_at = excluded.updated_at
    where loyalty_member.state = 'removed' returning profile_id, xmax = 0
"""


async def join(
    tx: Tx, program_id: int, ids: Iterable[int], source: MemberSource, at: datetime
) -> tuple[BitMap, BitMap]:
    """Store members; return (who came in, who of them was never in before).

    Whoever was removed comes back by hand, API or scenario only.
    """
    raw = await tx.raw()
    again = _STAY if source in AUTOMATIC else _AGAIN
    values = {"program": program_id, "source": source, "at": at, "now": tx.now, "ids": list(ids)}
    rows = await (await raw.execute((_JOIN + again).encode(), values)).fetchall()
    return BitMap([id_ for id_, _ in rows]), BitMap([id_ for id_, new in rows if new])


async def remove(tx: Tx, program_id: int, ids: Iterable[int]) -> BitMap:
    """Mark members as removed; return who was one."""
    raw = await tx.raw()
    cursor = await raw.execute(
        """
        with found as materialized (
            select profile_id from loyalty_member
            where program_id = %s and profile_id = any(%s) and state = 'active' order by profile_id for no key update
        )
        update loyalty_member m set state = 'removed', removed_at = %s, updated_at = %s
        from found where m.program_id = %s and m.profile_id = found.profile_id returning m.profile_id
        """,
        (program_id, list(ids), tx.now, tx.now, program_id),
    )
    return BitMap([row[0] for row in await cursor.fetchall()])


async def lock(tx: Tx, program_id: int, ids: Iterable[int]) -> dict[int, str]:
    """Lock the rows of these people in the order of their ids; return the state of each who is or was a member."""
    raw = await tx.raw()
    cursor = await raw.execute(
        """
        select profile_id, state from loyalty_member
        where program_id = %s and profile_id = any(%s) order by profile_id for no key update
        """,
        (program_id, list(ids)),
    )
    return dict(await cursor.fetchall())


async def ask_member(
    tx: Tx, program_id: int, profile_id: int, *, locked: bool = False
) -> Asked[tuple[str, datetime] | None]:
    """Ask whether somebody is a member, together with other questions: the state and since when; ``None`` for never.

    ``locked`` keeps the row until the transaction ends.
    """
    query = "select state, joined_at from loyalty_member where program_id = %s and profile_id = %s"
    if locked:
        query += " for no key update"
    return await tx.ask(query, (program_id, profile_id), lambda rows: rows[0] if rows else None)


async def states(tx: Tx, program_id: int, ids: Iterable[int]) -> dict[int, str]:
    """Return the state of each of these people who is or was a member; locks nobody."""
    raw = await tx.raw()
    cursor = await raw.execute(
        "select profile_id, state from loyalty_member where program_id = %s and profile_id = any(%s)",
        (program_id, list(ids)),
    )
    return dict(await cursor.fetchall())


async def get(tx: Tx, program_id: int, profile_id: int) -> Member | None:
    """Return a member, or who was one."""
    row = await tx.first(_READ.where(_c.program_id == program_id, _c.profile_id == profile_id))
    return None if row is None else as_struct(row, Member)


async def of_person(tx: Tx, database_programs: Collection[int], profile_id: int) -> list[Member]:
    """Return what somebody is or was a member of, by program."""
    rows = await tx.all(
        _READ.where(_c.program_id.in_(list(database_programs)), _c.profile_id == profile_id).order_by(_c.program_id)
    )
    return [as_struct(row, Member) for row in rows]


async def joined(tx: Tx, program_id: int, ids: Iterable[int]) -> dict[int, datetime]:
    """Return since when each of these people is a member; active ones only."""
    raw = await tx.raw()
    cursor = await raw.execute(
        "select profile_id, joined_at from loyalty_member where program_id = %s and profile_id = any(%s)"
        " and state = 'active'",
        (program_id, list(ids)),
    )
    return dict(await cursor.fetchall())


async def everybody(tx: Tx, program_id: int, *, removed: bool = False) -> BitMap:
    """Return all members of a program; with ``removed`` also who was one."""
    raw = await tx.raw()
    states = ["active", "removed"] if removed else ["active"]
    cursor = await raw.execute(
        "select profile_id from loyalty_member where program_id = %s and state = any(%s)", (program_id, states)
    )
    found = BitMap()
    while rows := await cursor.fetchmany(100_000):
        found.update(row[0] for row in rows)
    return found


async def count(tx: Tx, program_ids: Collection[int]) -> dict[int, int]:
    """Return how many members programs have."""
    rows = await tx.all(
        sa.select(_c.program_id, sa.func.count().label("members"))
        .where(_c.program_id.in_(list(program_ids)), _c.state == "active")
        .group_by(_c.program_id)
    )
    return {row.program_id: row.members for row in rows}
