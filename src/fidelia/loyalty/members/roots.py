"""What messages may say of a person's loyalty: ``loyalty`` in templates, of the active program of the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from fidelia import profiles
from fidelia.kernel.money import amount_text
from fidelia.platform.postgres import Tx

from .. import ledger, programs
from .service.shown import standing_of
from .store import members as store


async def root(tx: Tx, database_id: int, plan: object, people: Sequence[int]) -> Mapping[int, Mapping[str, Any]]:
    """Return program, points, levels and what is missing to the next ones, of those people who are members.

    ``loyalty.points.<key>.active``, ``loyalty.levels.<group>.name`` … (a port of messages); who is no member has
    nothing, so a template may ask for ``loyalty.program``.
    """
    program = await programs.active_program(tx, database_id)
    if program is None:
        return {}
    joined = await store.joined(tx, program.id, people)
    if not joined:
        return {}
    zone = ZoneInfo((await profiles.get_database(tx, database_id)).timezone)
    types = (await programs.point_types(tx, program.id)).values()
    groups = await programs.level_groups(tx, program.id)
    balances = await ledger.balances(tx, program.id, list(joined))
    levels = await standing_of(tx, groups, list(joined))
    keys = {group.id: group.key for group in groups}
    found: dict[int, Mapping[str, Any]] = {}
    for profile_id, since in joined.items():
        here = balances.get(profile_id, {})
        points = {
            kind.key: {
                "name": kind.name,
                **{
                    name: amount_text(getattr(here.get(kind.id, ledger.NOTHING), name))
                    for name in ("active", "pending", "held", "total")
                },
            }
            for kind in types
        }
        told: dict[str, Any] = {"program": program.name, "joined_on": since.astimezone(zone).date().isoformat()}
        told |= {"points": points, "levels": {}}
        for level in levels[profile_id]:
            values = {"points": level.points, "next": level.next, "missing": level.missing, "name": level.level}
            told["levels"][keys[level.group_id]] = {k: v for k, v in values.items() if v is not None}
        found[profile_id] = told
    return found
