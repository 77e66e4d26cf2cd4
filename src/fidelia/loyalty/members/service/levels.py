"""Levels of members: settled after points were written, granted, read. All of it for many people at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Set
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
from pyroaring import BitMap

from fidelia import profiles
from fidelia.kernel.errors import conflict, not_found
from fidelia.platform.postgres import Asked, Tx

from ... import ledger, programs
from ...programs import Level, LevelGroup, Program
from .. import projection, rules
from ..model import MoveCause, Standing
from ..rules import Days
from ..store import members as store
from ..store import standings
from ..store.standings import Moved
from .earned import totals

#: What becomes of a standing: (group, standing, earned in total, moment, days) → standing.
Judge = Callable[[LevelGroup, Standing, Decimal, datetime, Days], Standing]


class Judged(msgspec.Struct, frozen=True):
    """What judging people did, in numbers."""

    seen: int = 0
    raised: int = 0
    lowered: int = 0
    kept: int = 0
    graced: int = 0


async def settle_levels(tx: Tx, program_id: int, profile_ids: Collection[int]) -> None:
    """Bring levels up to the points that were written in this transaction.

    Called after the ledger, with the members' rows locked (``require`` does that). People who are no members are left
    alone.
    """
    groups = await programs.level_groups(tx, program_id)
    if not groups or not profile_ids:
        return
    program = await programs.program(tx, program_id)
    for group in groups:
        await judge(tx, program, group, profile_ids, rules.settle, "points")


class AskedLevels:
    """What one member's levels hang on, on its way."""

    def __init__(
        self,
        tx: Tx,
        known: programs.Setting,
        profile_id: int,
        standings: Asked[dict[int, Standing]],
        earned: Asked[dict[int, Decimal]],
    ) -> None:
        self._tx = tx
        self._known = known
        self._profile_id = profile_id
        self._standings = standings
        self._earned = earned

    async def settle(self, joined_at: datetime) -> None:
        """Do what :func:`settle_levels` does for this member, who joined then."""
        standings, earned = await self._standings.answer(), await self._earned.answer()
        for group in self._known.groups:
            seen = Seen(
                {self._profile_id: joined_at},
                ZoneInfo(self._known.zone),
                {self._profile_id: standings[group.id]} if group.id in standings else {},
                {self._profile_id: earned.get(group.point_type_id, rules.NOTHING)},
            )
            await judge(self._tx, self._known.program, group, [self._profile_id], rules.settle, "points", seen=seen)


async def ask_levels(tx: Tx, known: programs.Setting, profile_id: int) -> AskedLevels:
    """Ask what a member's levels hang on, after the points were sent to be written; their row is locked."""
    standing = await standings.ask_standings(tx, [group.id for group in known.groups], profile_id)
    earned = await ledger.ask_earned(tx, [group.point_type_id for group in known.groups], profile_id)
    return AskedLevels(tx, known, profile_id, standing, earned)


async def levels(tx: Tx, program_id: int, profile_ids: Collection[int]) -> dict[int, dict[int, Level]]:
    """Return the level of each of these people in each group: ``{profile: {group id: level}}``.

    Who is on no level of a group has none there; everybody asked for is a key.
    """
    found: dict[int, dict[int, Level]] = {profile_id: {} for profile_id in profile_ids}
    for group in await programs.level_groups(tx, program_id):
        by_id = {level.id: level for level in group.levels}
        for profile_id, standing in (await standings.find(tx, group.id, profile_ids)).items():
            if standing.level_id in by_id:
                found[profile_id][group.id] = by_id[standing.level_id]
    return found


async def grant_level(
    tx: Tx, program_id: int, profile_ids: Collection[int], level_id: int, *, reason: str, lower: bool = False
) -> BitMap:
    """Give members a level, until the next review; return whose level changed.

    Who is on a higher one keeps it, unless ``lower``. Members' rows are locked here. Raises 404 for a level that the
    program does not have.
    """
    found = [group for group in await programs.level_groups(tx, program_id) if _level(group, level_id)]
    if not found:
        raise not_found("Level", level_id)
    group = found[0]
    level = _level(group, level_id)
    assert level is not None
    await store.lock(tx, program_id, profile_ids)

    def give(group: LevelGroup, standing: Standing, total: Decimal, at: datetime, days: Days) -> Standing:
        if not lower and rules.height(group, standing.level_id) > level.position:
            return standing
        return rules.grant(group, standing, level, at, days)

    program = await programs.program(tx, program_id)
    before = await standings.find(tx, group.id, profile_ids)
    await judge(tx, program, group, profile_ids, give, "grant", reason=reason)
    after = await standings.find(tx, group.id, profile_ids)
    return BitMap([id_ for id_ in after if id_ not in before or after[id_].level_id != before[id_].level_id])


class Seen(NamedTuple):
    """What is known of people already: since when they are members, where they stand, what they earned."""

    joined: Mapping[int, datetime]
    zone: ZoneInfo
    before: Mapping[int, Standing]
    total: Mapping[int, Decimal]


async def look(tx: Tx, program: Program, group: LevelGroup, profile_ids: Collection[int]) -> Seen | None:
    """Read what people's levels in a group hang on; ``None`` when none of them is a member."""
    joined = await store.joined(tx, program.id, profile_ids)
    if not joined:
        return None
    zone = await zone_of(tx, program)
    return Seen(joined, zone, await standings.find(tx, group.id, joined), await totals(tx, group, joined))


async def judge(
    tx: Tx,
    program: Program,
    group: LevelGroup,
    profile_ids: Collection[int],
    verdict: Judge,
    cause: MoveCause,
    *,
    reason: str | None = None,
    seen: Seen | None = None,
) -> Judged:
    """Work out where members stand by ``verdict``, store what differs, write moves down and tell of them.

    Whoever has no standing yet begins with one. Members' rows are locked by whoever calls this. ``seen`` is what was
    read of them in this transaction.
    """
    seen = seen or await look(tx, program, group, profile_ids)
    if seen is None:
        return Judged()
    rung = Rung(tx, program, group, seen)
    graced = 0
    for profile_id in seen.joined:
        was, after = rung.judge(profile_id, verdict)
        graced += after.in_grace and not was.in_grace
    moves = await rung.write(cause, reason)
    up = sum(rules.height(group, move.to_id) > rules.height(group, move.from_id) for move in moves)
    kept = len(seen.joined) - len(moves) - graced
    return Judged(seen=len(seen.joined), raised=up, lowered=len(moves) - up, kept=kept, graced=graced)


class Rung:
    """Where members stand in a group, judged one by one in memory, as often as need be, and written together."""

    def __init__(self, tx: Tx, program: Program, group: LevelGroup, seen: Seen) -> None:
        self.group = group
        self._tx = tx
        self._program = program
        self._seen = seen
        self._total = dict(seen.total)
        self._changed: dict[int, Standing] = {}
        #: Everybody's first move, then everybody's second …
        self._moves: list[list[Moved]] = []
        self._moved: Counter[int] = Counter()
        self._today = tx.now.astimezone(seen.zone).date()

    def __contains__(self, profile_id: int) -> bool:
        """Tell whether somebody is among the members that were looked up."""
        return profile_id in self._seen.joined

    def there(self, profile_id: int) -> Standing | None:
        """Return where a member stands by now."""
        return self._changed.get(profile_id) or self._seen.before.get(profile_id)

    def earn(self, profile_id: int, points: Decimal) -> None:
        """Count points that somebody has earned and that can be spent already."""
        self._total[profile_id] = self._total.get(profile_id, rules.NOTHING) + points

    def judge(self, profile_id: int, verdict: Judge) -> tuple[Standing, Standing]:
        """Work out where a member stands by ``verdict``; return where they stood or would begin, and where now."""
        since, there = self._seen.joined[profile_id], self.there(profile_id)
        reached = (there.reached_at if there else since).astimezone(self._seen.zone).date()
        days = Days(self._today, since.astimezone(self._seen.zone).date(), reached)
        have = self._total.get(profile_id, rules.NOTHING)
        standing = there or rules.begin(self.group, self._tx.now, days)
        after = verdict(self.group, standing, have, self._tx.now, days)
        if after != there:
            self._changed[profile_id] = after
        was = there.level_id if there else None
        if after.level_id != was:
            turn = self._moved[profile_id]
            self._moved[profile_id] += 1
            if turn == len(self._moves):
                self._moves.append([])
            self._moves[turn].append(Moved(profile_id, was, after.level_id, rules.points(standing, have)))
        return standing, after

    async def write(self, cause: MoveCause, reason: str | None = None) -> list[Moved]:
        """Store where members stand now, write their moves down and tell of them; return the moves."""
        await standings.put(self._tx, self.group.id, self._changed)
        first = self._seen.joined.keys() - self._seen.before.keys()
        for moves in self._moves:
            await standings.note(self._tx, self.group.id, moves, cause, reason)
            await _tell(self._tx, self._program, self.group, moves, first=first)
            first = set()
        return [move for moves in self._moves for move in moves]


async def zone_of(tx: Tx, program: Program) -> ZoneInfo:
    """Return the time zone of a program's database."""
    return ZoneInfo((await profiles.get_database(tx, program.database_id)).timezone)


async def need_active(tx: Tx, program_id: int) -> Program:
    """Return a program that is at work; raise 404, 409."""
    program = await programs.program(tx, program_id)
    if program.state != "active":
        raise conflict(f"The program {program.name} is {_TOLD[program.state]}: activate it first")
    return program


_TOLD = {"draft": "a draft", "inactive": "not active", "archived": "archived", "active": "active"}


def _level(group: LevelGroup, level_id: int) -> Level | None:
    return next((level for level in group.levels if level.id == level_id), None)


async def _tell(tx: Tx, program: Program, group: LevelGroup, moves: list[Moved], first: Set[int]) -> None:
    """Tell of moves as events, one row for all who made the same one; nobody hears of the level they begin on."""
    by_id: Mapping[int | None, Level] = {level.id: level for level in group.levels}
    same: dict[tuple[int | None, int | None], BitMap] = {}
    for move in moves:
        entering = move.profile_id in first and move.to_id == group.entry_level_id
        if not entering:
            same.setdefault((move.from_id, move.to_id), BitMap()).add(move.profile_id)
    for (from_id, to_id), people in same.items():
        up = rules.height(group, to_id) > rules.height(group, from_id)
        told: dict[str, Any] = {"program": program.id, "group": group.key, "direction": "up" if up else "down"}
        told |= {name: by_id[id_].key for name, id_ in (("from", from_id), ("level", to_id)) if id_ in by_id}
        await tx.emit_bulk(program.database_id, "loyalty.level_changed", people, tx.now, told)
    if moves:
        projection.changed(tx, program.database_id, [move.profile_id for move in moves])
