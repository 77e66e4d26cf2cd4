"""Which segments recipients are in, as their message asks: looked at for all at once, and kept with the run.

A run that writes to everybody once looks at its segments when its audience is worked out: what a person got does not
depend on when their turn came. A run that lasts looks at rules when somebody joins it, and at lists when it sends.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from pyroaring import BitMap

from fidelia import segments
from fidelia.kernel.errors import Problem
from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx

from ..markup.refers import IN_SEGMENT, segments_used
from . import store


def wanted(uses: Collection[str]) -> bool:
    """Tell whether a template asks for segments."""
    return any(use.startswith(f"{IN_SEGMENT}.") for use in uses)


async def freeze(engines: Engines, run_id: int, uses: Collection[str], people: BitMap, tag: str | None = None) -> None:
    """Find out who of a run's people is in each segment that its templates ask for; needs ClickHouse for rules.

    What was found before stays. Raises 404, 409 for a segment that is gone or archived.
    """
    asked = segments_used(uses)
    if not asked:
        return
    async with engines.tx() as tx:
        done = await store.known(tx, run_id)
    for segment_id in asked:
        if segment_id in done:
            continue
        members = people & await segments.segment_people(engines, segment_id, tag=tag)
        async with engines.tx() as tx:
            await store.keep(tx, run_id, segment_id, members, people)


async def join(tx: Tx, run_id: int, version_ids: Iterable[int], people: BitMap) -> None:
    """Find out which segments by rules people are in who join a run that lasts; needs ClickHouse if there are any."""
    for segment_id in await store.asked_by(tx, version_ids):
        if await _by_rules(tx, segment_id):
            members = await segments.people_among(tx.engines, segment_id, people)
            await store.keep(tx, run_id, segment_id, members, people)


async def of(tx: Tx, run_id: int, uses: Collection[str], ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Return by profile whether they are in each segment asked for (``in_segment`` of templates).

    A segment that nobody has looked at for somebody has no key.
    """
    people, known = BitMap(ids), await store.known(tx, run_id)
    answers: dict[int, dict[str, Any]] = {profile: {} for profile in ids}
    for segment_id in segments_used(uses):
        members, looked_at = known.get(segment_id, (BitMap(), BitMap()))
        rest = people - looked_at
        if rest and not await _by_rules(tx, segment_id):
            members, looked_at = members | await segments.members(tx, segment_id), people
        for profile in people & looked_at:
            answers[profile][str(segment_id)] = profile in members
    return answers


async def now(engines: Engines, ids: Collection[int], people: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Return the same as of now, for previews: nobody in particular (0) is in none."""
    answers: dict[int, dict[str, Any]] = {profile: {} for profile in people}
    for segment_id in ids:
        among = BitMap(profile for profile in people if profile)
        try:
            members = await segments.people_among(engines, segment_id, among) if among else BitMap()
        except Problem:  # gone, or its rules are broken: the template's problems say so
            continue
        for profile in people:
            answers[profile][str(segment_id)] = profile in members
    return answers


async def _by_rules(tx: Tx, segment_id: int) -> bool:
    try:
        return (await segments.get_segment(tx, segment_id)).type == "dynamic"
    except Problem:  # gone: nobody knows who would be in it
        return True
