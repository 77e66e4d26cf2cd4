"""Segments beside each other, and a segment beside rules that are not saved yet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import combinations, islice
from typing import Any

import msgspec
from pyroaring import BitMap

from fidelia import profiles
from fidelia.kernel.errors import FieldError, invalid
from fidelia.platform.engines import Engines

from ..store import segments as store
from .manage import used_by
from .people import condition_people, segment_people
from .preview import Unsaved, check_columns, people

MOST = 5


class OverlapPart(msgspec.Struct, frozen=True):
    """People who are in exactly these segments and in no other one of those compared."""

    segments: list[int]
    count: int


class Overlap(msgspec.Struct, frozen=True):
    """How segments overlap: the size of each, in the order asked, and the parts, largest first."""

    sizes: list[int]
    union: int
    parts: list[OverlapPart]


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """What would change if a segment had other rules: who enters, who leaves, who stays, the size after."""

    size: int
    entered: int
    left: int
    stays: int
    preview_entered: list[dict[str, Any]]
    preview_left: list[dict[str, Any]]
    used_by: list[str]
    next_run_at: datetime | None


async def overlap(engines: Engines, ids: Sequence[int]) -> Overlap:
    """Compare two to five segments of one database, as they are now. Raises 404, 409, 422, 503."""
    faults = []
    if not 2 <= len(ids) <= MOST:
        faults.append(FieldError("/segments", f"Compare two to {MOST} segments"))
    if len(set(ids)) != len(ids):
        faults.append(FieldError("/segments", "A segment stands here twice"))
    if faults:
        raise invalid(*faults)
    async with engines.tx() as tx:
        databases = {(await store.get(tx, id_)).database_id for id_ in ids}
        now = tx.now
    if len(databases) > 1:
        raise invalid(FieldError("/segments", "These segments belong to different databases"))
    sets = {id_: await segment_people(engines, id_, now=now, wait=False) for id_ in ids}
    parts: list[OverlapPart] = []
    for count in range(1, len(ids) + 1):
        for chosen in combinations(ids, count):
            inside = BitMap.intersection(*(sets[id_] for id_ in chosen))
            outside = [sets[id_] for id_ in ids if id_ not in chosen]
            exact = len(inside.difference(*outside)) if outside else len(inside)
            if exact:
                parts.append(OverlapPart(list(chosen), exact))
    parts.sort(key=lambda part: -part.count)
    return Overlap([len(sets[id_]) for id_ in ids], len(BitMap.union(*sets.values())), parts)


async def difference(
    engines: Engines, segment_id: int, changed: Unsaved, columns: Sequence[str], rows: int
) -> Difference:
    """Compare who is in a segment with who would be by other rules; changes nothing. Raises 404, 409, 422, 503."""
    async with engines.tx() as tx:
        segment = await store.get(tx, segment_id)
        check_columns(await profiles.get_database(tx, segment.database_id), columns)
        users = await used_by(tx, segment)
    before = await segment_people(engines, segment_id, wait=False)
    after = await condition_people(engines, changed, own=segment_id, wait=False)
    entered, left = after - before, before - after
    async with engines.tx() as tx:
        return Difference(
            size=len(after),
            entered=len(entered),
            left=len(left),
            stays=len(after & before),
            preview_entered=await people(tx, segment.database_id, islice(entered, rows), columns),
            preview_left=await people(tx, segment.database_id, islice(left, rows), columns),
            used_by=users,
            next_run_at=segment.next_run_at,
        )
