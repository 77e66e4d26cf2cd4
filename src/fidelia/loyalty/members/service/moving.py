"""What programs keep about people who are erased, merged, or ask for everything about them (ports of profiles)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyroaring import BitMap

from fidelia import profiles
from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx

from ... import programs
from .. import projection
from ..store import moving as store
from . import desk


async def forget_people(tx: Tx, database_id: int, gone: BitMap) -> Mapping[str, int]:
    """Take erased people out of every program, with their levels and moves."""
    some = [program.id for program in await programs.programs(tx, database_id=database_id, states=projection.STATES)]
    members = await store.forget(tx, some, gone)
    for program_id in some if members else ():
        projection.changed(tx, database_id, gone, program_id)
    return {"loyalty_members": members}


async def merge_people(tx: Tx, move: profiles.Move) -> Mapping[str, int]:
    """Let the destination be a member where a source was, since the earliest of them, on the highest of their levels.

    Memberships in programs of another database end with the source.
    """
    heir = move.destination
    changes = 0
    for source in move.sources:
        found = await programs.programs(tx, database_id=source.database_id, states=projection.STATES)
        here = source.database_id == heir.database_id
        for program in found:
            if here:
                changes += await store.take_over(tx, program.id, source.profile_id, heir.profile_id)
            else:
                await store.forget(tx, [program.id], BitMap([source.profile_id]))
            both = [source.profile_id, heir.profile_id] if here else [source.profile_id]
            projection.changed(tx, source.database_id, both, program.id)
    return {"loyalty_members": changes}


async def personal_data(engines: Engines, database_id: int, profile_id: int) -> list[dict[str, Any]]:
    """Return the programs somebody is or was in, with levels and moves (a port of profiles)."""
    async with engines.tx() as tx:
        found = await desk.of_person(tx, database_id, profile_id)
    return [
        {
            "program": one.program,
            "member": one.member.state == "active",
            "joined_at": one.member.joined_at,
            "came_in_by": one.member.source,
            "levels": [{"group": level.group, "level": level.level} for level in one.member.levels],
            "points": [{"points": item.name, "balance": item.total} for item in one.member.balances],
            "moves": [{"at": m.at, "from": m.from_level, "to": m.to_level, "why": m.cause} for m in one.moves],
        }
        for one in found
    ]
