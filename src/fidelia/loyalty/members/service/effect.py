"""What a change of a level group would do to members at once, before it is saved."""

from __future__ import annotations

from collections import Counter

import msgspec

from fidelia.kernel.errors import invalid
from fidelia.platform.postgres import Tx

from ... import programs
from ...programs import GroupChange, LevelGroup
from .. import rules
from ..store import members as store
from ..store import standings
from .earned import totals
from .joining import AT_ONCE

#: Beyond so many members the answer would be waited for: nobody is told a number then.
MOST = 200_000


class EffectMove(msgspec.Struct, frozen=True):
    """So many members would move from one level to another; null: none."""

    from_level: str | None
    to_level: str | None
    members: int


class LevelEffect(msgspec.Struct, frozen=True):
    """Who would move at once. ``members`` were looked at; null for a program with too many to tell while one waits."""

    members: int | None
    moves: list[EffectMove]


async def effect_of(tx: Tx, program_id: int, group_id: int, wanted: GroupChange) -> LevelEffect:
    """Work out who would move to another level at once if a group were changed so. Raises 404, 422."""
    program = await programs.program(tx, program_id)
    before = await programs.level_group(tx, program_id, group_id)
    settings = programs.merged_group(before, wanted)
    faults = programs.Faults()
    levels = await programs.checked_group(tx, program, settings, faults, before.levels, before=before)
    if faults:
        raise invalid(*faults)
    if (await store.count(tx, [program_id])).get(program_id, 0) > MOST:
        return LevelEffect(None, [])
    # New levels get numbers of their own below zero: nobody stands on them yet.
    numbered = [level if level.id else msgspec.structs.replace(level, id=-1 - n) for n, level in enumerate(levels)]
    entry = next((level.id for level in numbered if level.key == settings.entry), None)
    after = LevelGroup(
        **{name: getattr(settings, name) for name in _SAME},
        id=before.id,
        program_id=before.program_id,
        key=before.key,
        entry_level_id=entry,
        levels=numbered,
    )
    names = {level.id: level.name for level in (*before.levels, *numbered)}
    moves: Counter[tuple[int | None, int | None]] = Counter()
    everybody = await store.everybody(tx, program_id)
    today = tx.now.date()
    for start in range(0, len(everybody), AT_ONCE):
        some = list(everybody[start : start + AT_ONCE])
        total = await totals(tx, after, some)
        there = await standings.find(tx, group_id, some)
        for profile_id in some:
            have = total.get(profile_id, rules.NOTHING)
            days = rules.Days(today, today, today)
            standing = there.get(profile_id) or rules.begin(after, tx.now, days)
            moved = rules.settle(after, standing, have, tx.now, days)
            if moved.level_id != standing.level_id:
                moves[standing.level_id, moved.level_id] += 1
    told = [
        EffectMove(None if a is None else names.get(a), None if b is None else names.get(b), number)
        for (a, b), number in moves.most_common()
    ]
    return LevelEffect(len(everybody), told)


_SAME = ("name", "point_type_id", "mode", "upgrade", "downgrade", "review", "reset", "grace_days")
