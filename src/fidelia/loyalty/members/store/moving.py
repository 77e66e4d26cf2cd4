"""Members who are erased, or become somebody else."""

from __future__ import annotations

from collections.abc import Sequence

from pyroaring import BitMap

from fidelia.platform.postgres import Tx

_GROUPS = "(select id from loyalty_level_group where program_id = any(%(programs)s))"

_JOIN = """
    insert into loyalty_member (program_id, profile_id, state, source, joined_at, removed_at, updated_at)
    select program_id, %(heir)s, state, source, joined_at, removed_at, %(now)s from loyalty_member
    where program_id = %(program)s and profile_id = %(source)s
    on conflict (program_id, profile_id) do update set
        joined_at = least(loyalty_member.joined_at, excluded.joined_at), updated_at = excluded.updated_at,
        state = case when 'active' in (loyalty_member.state, excluded.state) then 'active' else 'removed' end,
        removed_at = case when 'active' in (loyalty_member.state, excluded.state) then null
            else greatest(loyalty_member.removed_at, excluded.removed_at) end
"""
# What the sources had earned before counting began adds up, as what they earned does; of two levels the higher stays.
_STAND = """
    insert into loyalty_standing as mine (group_id, profile_id, level_id, floor_id, reached_at, counted, counted_since,
        review_on, reset_on, reviewed_on, in_grace)
    select group_id, %(heir)s, level_id, floor_id, reached_at, counted, counted_since, review_on, reset_on, reviewed_on,
        in_grace
    from loyalty_standing where profile_id = %(source)s and group_id = any(%(groups)s)
    on conflict (group_id, profile_id) do update set
        counted = mine.counted + excluded.counted,
        counted_since = least(mine.counted_since, excluded.counted_since),
        level_id = case when higher(excluded.level_id, mine.level_id) then excluded.level_id else mine.level_id end,
        reached_at = case when higher(excluded.level_id, mine.level_id) then excluded.reached_at
            else mine.reached_at end,
        floor_id = case when higher(excluded.floor_id, mine.floor_id) then excluded.floor_id else mine.floor_id end
"""
_POSITION = "coalesce((select position from loyalty_level where id = {}), -1)"


async def forget(tx: Tx, programs: Sequence[int], gone: BitMap) -> int:
    """Delete what programs keep about people; return how many memberships that were."""
    raw = await tx.raw()
    values = {"programs": list(programs), "people": list(gone)}
    for table in ("loyalty_level_move", "loyalty_standing"):
        query = f"delete from {table} where group_id in {_GROUPS} and profile_id = any(%(people)s)"
        await raw.execute(query.encode(), values)
    cursor = await raw.execute(
        "delete from loyalty_member where program_id = any(%(programs)s) and profile_id = any(%(people)s)", values
    )
    return cursor.rowcount


async def take_over(tx: Tx, program_id: int, source: int, heir: int) -> int:
    """Let somebody be the member that a source was; return 1 if that was one, or had been."""
    raw = await tx.raw()
    values = {"program": program_id, "programs": [program_id], "source": source, "heir": heir, "now": tx.now}
    await raw.execute(
        "select 1 from loyalty_member where program_id = %s and profile_id = any(%s) order by profile_id for update",
        (program_id, [source, heir]),
    )
    cursor = await raw.execute(_JOIN, values)
    if not cursor.rowcount:
        return 0
    rows = await raw.execute("select id from loyalty_level_group where program_id = %s", (program_id,))
    groups = [row[0] for row in await rows.fetchall()]
    await raw.execute(_stand().encode(), {**values, "groups": groups})
    await raw.execute(
        "update loyalty_level_move set profile_id = %s where profile_id = %s and group_id = any(%s)",
        (heir, source, groups),
    )
    await forget(tx, [program_id], BitMap([source]))
    return 1


def _stand() -> str:
    query = _STAND
    for name in ("level_id", "floor_id"):
        a, b = f"excluded.{name}", f"mine.{name}"
        query = query.replace(f"higher({a}, {b})", f"{_POSITION.format(a)} > {_POSITION.format(b)}")
    return query
