"""Members of a program over a period, and how they stood on its levels."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate

from fidelia.platform.engines import Engines

from ..programs import LevelGroup
from .model import (
    LevelGroupReport,
    LevelMembers,
    LevelMove,
    LevelName,
    LevelStep,
    LoyaltyLevels,
    LoyaltyMembers,
    MembersBy,
    MemberStep,
)
from .question import Asked, Wanted, asking
from .store import members as store
from .store.members import Coming, Moves, Standing

_SOURCES = {
    "everybody": "Whole database",
    "segment": "Segment",
    "order": "Order or points",
    "manual": "By hand",
    "api": "API",
    "scenario": "Scenario",
}
_CAUSES = {
    "joined": "Joining",
    "points": "Points",
    "review": "Review",
    "grant": "Given by hand or promotion",
    "settings": "Changed settings",
    "merge": "Merged people",
}


async def members(engines: Engines, wanted: Wanted) -> LoyaltyMembers:
    """Return who joined, left and took part; channel and region narrow who placed orders. Raises 404, 422."""
    async with asking(engines, wanted) as (tx, asked):
        coming = await store.coming(tx, asked.filters)
        doing = await store.doing(tx, asked.filters)
        standing = await store.standing(tx, asked.filters)
    joined, left = _by_step(coming, "joined"), _by_step(coming, "left")
    days = asked.steps.days
    have = [*accumulate(joined[n] - left[n] for n in range(len(days) + 1))]
    steps = [
        MemberStep(first, last, have[n], joined[n], left[n], doing.get(("active", n), 0), doing.get(("buying", n), 0))
        for n, (first, last) in enumerate(days, 1)
    ]
    sources: dict[str, int] = defaultdict(int)
    for one in coming:
        sources[one.source] += one.people if one.what == "joined" and one.step > 0 else 0
    return LoyaltyMembers(
        period=asked.steps.period,
        members=have[-1],
        joined=sum(step.joined for step in steps),
        left=sum(step.left for step in steps),
        active=doing.get(("active", 0), 0),
        buying=doing.get(("buying", 0), 0),
        steps=steps,
        levels=[_levels(asked, group, standing, have[-1]) for group in asked.groups],
        sources=[MembersBy(key, _SOURCES.get(key, key), n) for key, n in sorted(sources.items()) if n],
    )


async def levels(engines: Engines, wanted: Wanted) -> LoyaltyLevels:
    """Return how members stood on levels at the end of every step, and their moves. Raises 404, 422."""
    async with asking(engines, wanted) as (tx, asked):
        coming = await store.coming(tx, asked.filters)
        standing = await store.standing(tx, asked.filters)
        moves = await store.moves(tx, asked.filters)
    joined, left = _by_step(coming, "joined"), _by_step(coming, "left")
    have = [*accumulate(joined[n] - left[n] for n in range(len(asked.steps.days) + 1))]
    groups = [
        _group(
            asked,
            group,
            have,
            _counts(asked, group, standing),
            [one for one in moves if one.group_id == group.id and one.cause != "merge"],
        )
        for group in asked.groups
    ]
    return LoyaltyLevels(period=asked.steps.period, groups=groups)


def _by_step(coming: Iterable[Coming], what: str) -> Mapping[int, int]:
    found: dict[int, int] = defaultdict(int)
    for one in coming:
        found[one.step] += one.people if one.what == what else 0
    return found


def _counts(asked: Asked, group: LevelGroup, standing: Iterable[Standing]) -> dict[int, list[int]]:
    """Return how many members were on each level before the period and at the end of each step."""
    changes: dict[tuple[int, int], int] = defaultdict(int)
    for one in standing:
        if one.group_id == group.id:
            changes[one.level_id, one.step] += one.change
    steps = range(len(asked.steps.days) + 1)
    return {level.id: [*accumulate(changes[level.id, n] for n in steps)] for level in group.levels}


def _levels(asked: Asked, group: LevelGroup, standing: Iterable[Standing], members: int) -> LevelMembers:
    counts = _counts(asked, group, standing)
    found = [MembersBy(str(level.id), level.name, counts[level.id][-1]) for level in group.levels]
    rest = members - sum(one.members for one in found)
    return LevelMembers(group.id, group.name, [*found, *([MembersBy("", "None", rest)] if rest else [])])


def _group(
    asked: Asked, group: LevelGroup, have: Sequence[int], counts: Mapping[int, list[int]], moves: Sequence[Moves]
) -> LevelGroupReport:
    heights: dict[int | None, int] = {level.id: level.position for level in group.levels}
    entered: dict[int, int] = defaultdict(int)
    up: dict[int, int] = defaultdict(int)
    down: dict[int, int] = defaultdict(int)
    pairs: dict[tuple[int | None, int | None], int] = defaultdict(int)
    causes: dict[str, int] = defaultdict(int)
    for one in moves:
        pairs[one.from_id, one.to_id] += one.moves
        causes[one.cause] += one.moves
        if one.from_id is None:
            entered[one.step] += one.moves
        elif heights.get(one.to_id, -1) > heights.get(one.from_id, -1):
            up[one.step] += one.moves
        else:
            down[one.step] += one.moves
    steps = []
    for n, (first, last) in enumerate(asked.steps.days, 1):
        on = [counts[level.id][n] for level in group.levels]
        steps.append(LevelStep(first, last, [*on, have[n] - sum(on)], entered[n], up[n], down[n]))
    order = sorted(pairs, key=lambda pair: (heights.get(pair[0], -1), heights.get(pair[1], -1)))
    return LevelGroupReport(
        group=group.id,
        key=group.key,
        name=group.name,
        levels=[LevelName(level.id, level.name, level.position) for level in group.levels],
        steps=steps,
        moves=[LevelMove(source, target, pairs[source, target]) for source, target in order],
        causes=[MembersBy(key, _CAUSES.get(key, key), n) for key, n in sorted(causes.items())],
    )
