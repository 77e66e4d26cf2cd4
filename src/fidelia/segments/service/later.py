"""Questions that take longer: asked by a job, whose result is the answer."""

from __future__ import annotations

from typing import Any

import msgspec

from fidelia import conditions, profiles
from fidelia.access import Actor
from fidelia.platform import jobs
from fidelia.platform.jobs import JobContext, JobRef
from fidelia.platform.postgres import Tx

from ..model import SegmentRange
from ..store import segments as store
from .preview import Unsaved, Wanted, calculate
from .progress import reported

CALCULATE = "segments.calculate"


async def calculation_job(tx: Tx, actor: Actor, what: Unsaved | int, wanted: Wanted) -> JobRef:
    """Start a job that answers; raise 404."""
    args: dict[str, Any] = {"wanted": msgspec.to_builtins(wanted)}
    if isinstance(what, Unsaved):
        database = await profiles.get_database(tx, what.database_id)
        title, database_id, link = f"Count people of {database.name}", database.id, None
        args |= {
            "database_id": what.database_id,
            "condition": conditions.encode(what.condition),
            "range": None if what.range is None else msgspec.to_builtins(what.range),
            "limit": what.limit,
        }
    else:
        segment = await store.get(tx, what)
        title, database_id, link = f"Count {segment.name}", segment.database_id, f"/segments/{what}"
        args["segment_id"] = what
    return await jobs.create(
        tx, kind=CALCULATE, title=title, actor=actor.name, args=args, database_id=database_id, link=link
    )


async def run_calculation(
    ctx: JobContext,
    *,
    wanted: dict[str, Any],
    segment_id: int | None = None,
    database_id: int = 0,
    condition: dict[str, Any] | None = None,
    range: dict[str, Any] | None = None,
    limit: int | None = None,
) -> dict[str, Any]:
    """Answer, however long it takes; the result is the same document as the route gives."""
    what: Unsaved | int
    if segment_id is not None:
        what = segment_id
    else:
        part = None if range is None else msgspec.convert(range, SegmentRange)
        what = Unsaved(database_id, conditions.decode(condition or {}), part, limit)
    told = msgspec.convert(wanted, Wanted)
    async with reported(ctx):
        found = await calculate(ctx.engines, what, told, wait=True, tag=ctx.tag)
    answer: dict[str, Any] = msgspec.to_builtins(found)
    return answer
