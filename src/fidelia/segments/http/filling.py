"""Routes of lists that rules fill: once, again, and made into a static segment."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Controller, Request, post
from litestar.params import FromPath

from fidelia.access import Actor
from fidelia.conditions import Condition
from fidelia.platform.engines import Engines
from fidelia.platform.http import Body, Strict
from fidelia.platform.jobs import JobRef, JobReply
from fidelia.platform.postgres import Tx

from ..model import SegmentDetail, SegmentRange, SegmentRun
from ..service import fill, manage, recalculate, statics
from .calculate import soon


class FillIn(Body, frozen=True):
    """What a static segment is filled with, once.

    ``replace``: whoever does not match leaves. ``skip_triggers``: null writes events unless it is the first filling.
    """

    condition: Condition
    range: SegmentRange | None = None
    limit: int | None = None
    replace: bool = False
    skip_triggers: bool | None = None


class RecalculateIn(Body, frozen=True):
    """How a list is filled again.

    ``skip_triggers``: null writes events unless it is the first filling. ``force``: work it out even if nothing has
    changed that the rules read.
    """

    skip_triggers: bool | None = None
    force: bool = False


class StaticIn(Body, frozen=True):
    """A static segment to be made of people who are known otherwise.

    Exactly one of ``segment`` (any kind), ``condition`` (with ``database_id``, and perhaps ``range`` and ``limit``),
    ``import`` (a finished one). It is a first bulk filling: events are written only with ``skip_triggers`` false.
    """

    name: str
    description: str = ""
    segment: int | None = None
    database_id: int | None = None
    condition: Condition | None = None
    range: SegmentRange | None = None
    limit: int | None = None
    import_: int | None = msgspec.field(name="import", default=None)
    skip_triggers: bool = True


class StaticMade(msgspec.Struct, frozen=True):
    """The new segment. ``job`` fills it when its people have to be worked out; null when they are in it already."""

    segment: SegmentDetail
    job: JobRef | None


class FillingController(Controller):
    """Lists that rules fill."""

    path = "/segments"
    tags = ("Segments",)

    @post(
        "/static",
        dto=Strict[StaticIn],
        return_dto=None,
        opt={"right": "segments:create"},
        summary="Make a static segment of a segment, a condition or an import",
    )
    async def static(self, tx: Tx, actor: Actor, data: StaticIn) -> StaticMade:
        """Store the segment; a job fills it when its people have to be worked out first."""
        origin = statics.Origin(
            segment=data.segment,
            database_id=data.database_id,
            condition=data.condition,
            range=data.range,
            limit=data.limit,
            import_id=data.import_,
        )
        made = await statics.save_static(
            tx, actor, data.name, data.description, origin, triggers=not data.skip_triggers
        )
        return StaticMade(await manage.detail(tx, made.segment), made.job)

    @post(
        "/{segment_id:int}/fill",
        dto=Strict[FillIn],
        return_dto=None,
        status_code=202,
        opt={"right": "segments:update"},
        summary="Fill a static segment from a condition, once",
    )
    async def fill_once(self, tx: Tx, actor: Actor, segment_id: FromPath[int], data: FillIn) -> JobReply:
        """Start a job that adds whoever matches, or makes the list exactly those."""
        return JobReply(await fill.fill(tx, actor, segment_id, _filling(data), triggers=_triggers(data.skip_triggers)))

    @post(
        "/{segment_id:int}/fill/preview",
        dto=Strict[FillIn],
        return_dto=None,
        status_code=200,
        opt={"right": "segments:run"},
        summary="What a filling would do",
    )
    async def forecast(
        self, request: Request[Any, Any, Any], engines: Engines, segment_id: FromPath[int], data: FillIn
    ) -> fill.Forecast:
        """Tell how many would enter and leave, and whether events would be written; changes nothing."""
        return await soon(request, fill.forecast(engines, segment_id, _filling(data)))

    @post(
        "/{segment_id:int}/recalculate",
        dto=Strict[RecalculateIn],
        return_dto=None,
        status_code=202,
        opt={"right": "segments:run"},
        summary="Fill an updatable segment by its rules now",
    )
    async def fill_again(
        self, tx: Tx, actor: Actor, segment_id: FromPath[int], data: RecalculateIn | None = None
    ) -> JobReply:
        """Start a job, or name the one that is under way; the present list stays until the new one takes its place."""
        how = data or RecalculateIn()
        job = await recalculate.recalculate(
            tx, actor, segment_id, triggers=_triggers(how.skip_triggers), force=how.force
        )
        return JobReply(job)

    @post(
        "/{segment_id:int}/recalculate/cancel",
        status_code=200,
        opt={"right": "segments:run"},
        summary="Stop the filling of a segment",
    )
    async def cancel(self, tx: Tx, segment_id: FromPath[int]) -> SegmentRun:
        """Stop the run that waits or works; the list stays. Others that the same job fills go on."""
        return await recalculate.cancel(tx, segment_id)


def _filling(data: FillIn) -> fill.Filling:
    return fill.Filling(data.condition, data.range, data.limit, data.replace)


def _triggers(skip: bool | None) -> bool | None:
    return None if skip is None else not skip
