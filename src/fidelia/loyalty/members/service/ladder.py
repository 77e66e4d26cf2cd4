"""Levels of many members while something is given to one after another: kept up in memory, written together.

What comes of it is what ``settle_levels`` or ``grant_level`` after each of them would have written.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal

from fidelia.platform.postgres import Tx

from ... import programs
from ...programs import Level, LevelGroup
from .. import rules
from ..model import MoveCause, Standing
from ..rules import Days
from .levels import Rung, look


class Ladder:
    """Where members stand in every group of a program."""

    def __init__(self, rungs: Sequence[Rung]) -> None:
        self._rungs = rungs

    def levels(self, profile_id: int) -> dict[int, Level]:
        """Return the level of somebody by group, as ``levels`` does."""
        found = {}
        for rung in self._rungs:
            standing = rung.there(profile_id)
            level = next((one for one in rung.group.levels if standing and one.id == standing.level_id), None)
            if level is not None:
                found[rung.group.id] = level
        return found

    def earn(self, profile_id: int, point_type_id: int, points: Decimal) -> None:
        """Settle the levels of a member who has earned points; those that cannot be spent yet are none."""
        for rung in self._rungs:
            if profile_id not in rung:  # no member: levels are left alone
                continue
            if rung.group.point_type_id == point_type_id:
                rung.earn(profile_id, points)
            rung.judge(profile_id, rules.settle)

    def grant(self, profile_id: int, level: Level) -> None:
        """Give a member a level until the next review; who is on a higher one keeps it."""

        def give(group: LevelGroup, standing: Standing, total: Decimal, at: datetime, days: Days) -> Standing:
            if rules.height(group, standing.level_id) > level.position:
                return standing
            return rules.grant(group, standing, level, at, days)

        for rung in self._rungs:
            if profile_id in rung and any(one.id == level.id for one in rung.group.levels):
                rung.judge(profile_id, give)

    async def write(self, cause: MoveCause, reason: str | None = None) -> None:
        """Store where members stand now, write their moves down and tell of them."""
        for rung in self._rungs:
            await rung.write(cause, reason)


async def ladder(tx: Tx, program_id: int, profile_ids: Collection[int]) -> Ladder:
    """Look up where members stand, and what they have earned, before anything is given to them; raise 404.

    Their rows are locked.
    """
    program = await programs.program(tx, program_id)
    rungs = []
    for group in await programs.level_groups(tx, program_id) if profile_ids else ():
        seen = await look(tx, program, group, profile_ids)
        if seen is not None:
            rungs.append(Rung(tx, program, group, seen))
    return Ladder(rungs)
