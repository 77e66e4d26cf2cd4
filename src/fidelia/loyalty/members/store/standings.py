"""Where members stand in level groups, every move they made, and the days of review."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal

import msgspec
import sqlalchemy as sa

from fidelia.platform.cursors import plain_array
from fidelia.platform.postgres import Asked, Tx, as_struct

from ..model import LevelMove, MoveCause, Standing
from ..tables import loyalty_level_move, loyalty_standing

_s, _m = loyalty_standing.c, loyalty_level_move.c
_FIELDS = Standing.__struct_fields__
_COLUMNS = ", ".join(_FIELDS)
_TYPES = {
    "level_id": "integer",
    "floor_id": "integer",
    "reached_at": "timestamptz",
    "counted": "numeric",
    "counted_since": "timestamptz",
    "review_on": "date",
    "reset_on": "date",
    "reviewed_on": "date",
    "in_grace": "boolean",
}
_LISTS = ", ".join(f"%({name})s::{_TYPES[name]}[]" for name in _FIELDS)
_WRITE = f"""
    insert into loyalty_standing (group_id, profile_id, {_COLUMNS})
    select %(group)s, * from unnest(%(ids)s::bigint[], {_LISTS}) as found (profile_id, {_COLUMNS})
    on conflict (group_id, profile_id) do update set {", ".join(f"{name} = excluded.{name}" for name in _FIELDS)}
"""
_READ = f"select profile_id, {_COLUMNS} from loyalty_standing where group_id = %s"


class Moved(msgspec.Struct, frozen=True):
    """A move to be written down."""

    profile_id: int
    from_id: int | None
    to_id: int | None
    points: Decimal


async def find(tx: Tx, group_id: int, ids: Iterable[int]) -> dict[int, Standing]:
    """Return where these people stand in a group; nobody who never did."""
    raw = await tx.raw()
    cursor = await raw.execute((_READ + " and profile_id = any(%s)").encode(), (group_id, list(ids)))
    return {row[0]: Standing(**dict(zip(_FIELDS, row[1:], strict=True))) for row in await cursor.fetchall()}


async def ask_standings(tx: Tx, group_ids: Iterable[int], profile_id: int) -> Asked[dict[int, Standing]]:
    """Ask where somebody stands in some groups, together with other questions; the answer is by group."""
    query = f"select group_id, {_COLUMNS} from loyalty_standing where group_id = any(%s::integer[]) and profile_id = %s"
    return await tx.ask(
        query,
        (plain_array(group_ids), profile_id),
        lambda rows: {row[0]: Standing(**dict(zip(_FIELDS, row[1:], strict=True))) for row in rows},
    )


async def put(tx: Tx, group_id: int, found: Mapping[int, Standing]) -> None:
    """Store where people stand; their members' rows are locked by whoever calls this."""
    if not found:
        return
    raw = await tx.raw()
    ids = sorted(found)
    columns = {name: [getattr(found[id_], name) for id_ in ids] for name in _FIELDS}
    await raw.execute(_WRITE.encode(), {"group": group_id, "ids": ids, **columns})


async def note(tx: Tx, group_id: int, moves: Sequence[Moved], cause: MoveCause, reason: str | None = None) -> None:
    """Write moves down."""
    if not moves:
        return
    raw = await tx.raw()
    await raw.execute(
        """
        insert into loyalty_level_move (group_id, profile_id, from_id, to_id, at, cause, points, reason)
        select %s, profile_id, from_id, to_id, %s, %s, points, %s
        from unnest(%s::bigint[], %s::integer[], %s::integer[], %s::numeric[])
            as found (profile_id, from_id, to_id, points)
        order by profile_id
        """,
        (
            group_id,
            tx.now,
            cause,
            reason,
            [move.profile_id for move in moves],
            [move.from_id for move in moves],
            [move.to_id for move in moves],
            [move.points for move in moves],
        ),
    )


async def due(tx: Tx, group_id: int, column: str, day: date, after: int, most: int) -> list[int]:
    """Return active members of a group whose ``review_on`` or ``reset_on`` has come, by id, after an id."""
    raw = await tx.raw()
    assert column in ("review_on", "reset_on")
    cursor = await raw.execute(
        f"""
        select s.profile_id from loyalty_standing s
        join loyalty_level_group g on g.id = s.group_id
        join loyalty_member m on m.program_id = g.program_id and m.profile_id = s.profile_id and m.state = 'active'
        where s.group_id = %s and s.{column} <= %s and s.profile_id > %s order by s.profile_id limit %s
        """.encode(),
        (group_id, day, after, most),
    )
    return [row[0] for row in await cursor.fetchall()]


async def due_count(tx: Tx, group_id: int, column: str, day: date) -> int:
    """Return how many standings of a group have their ``review_on`` or ``reset_on`` behind them, or today."""
    return int(
        await tx.scalar(sa.select(sa.func.count()).where(_s.group_id == group_id, loyalty_standing.c[column] <= day))
    )


async def sizes(tx: Tx, group_id: int) -> dict[int | None, int]:
    """Return how many active members are on each level of a group."""
    raw = await tx.raw()
    cursor = await raw.execute(
        """
        select s.level_id, count(*) from loyalty_standing s
        join loyalty_level_group g on g.id = s.group_id
        join loyalty_member m on m.program_id = g.program_id and m.profile_id = s.profile_id and m.state = 'active'
        where s.group_id = %s group by 1
        """,
        (group_id,),
    )
    return dict(await cursor.fetchall())


async def moves_of(tx: Tx, group_ids: Sequence[int], profile_id: int, most: int = 200) -> list[LevelMove]:
    """Return a member's moves, the newest first."""
    rows = await tx.all(
        sa.select(*(_m[name] for name in LevelMove.__struct_fields__))
        .where(_m.group_id.in_(list(group_ids)), _m.profile_id == profile_id)
        .order_by(_m.id.desc())
        .limit(most)
    )
    return [as_struct(row, LevelMove) for row in rows]


async def uses_level(tx: Tx, level_id: int) -> int:
    """Return how many people stand on a level."""
    return int(
        await tx.scalar(sa.select(sa.func.count()).where(sa.or_(_s.level_id == level_id, _s.floor_id == level_id)))
    )
