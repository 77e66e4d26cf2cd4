"""Routes of questions: count and preview, a condition in words, why somebody is in or not."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Annotated, Any, TypeVar

import msgspec
from litestar import Controller, Request, Response, post
from litestar.openapi import ResponseSpec
from litestar.params import FromPath

from fidelia.access import Actor
from fidelia.conditions import Condition
from fidelia.kernel.errors import invalid_field, unavailable
from fidelia.platform.drain import DrainBehind
from fidelia.platform.engines import Engines
from fidelia.platform.http import Body, Strict
from fidelia.platform.jobs import JobReply
from fidelia.platform.postgres import Tx

from ..model import Calculation, SegmentRange, SentenceOut
from ..service import compare, explain, preview, question
from ..service.explain import Explanation
from ..service.later import calculation_job
from ..service.preview import DEFAULT_COLUMNS, MAX_ROWS, Unsaved, Wanted
from ..service.turns import asker
from ..store import segments as store
from .connection import while_connected

#: A question that takes longer becomes a job.
ANSWER_SECONDS = 2.0
#: Questions without a job give up after this.
PATIENT_SECONDS = 30.0
T = TypeVar("T")

Columns = Annotated[list[str], msgspec.Meta(max_length=50, description="Fields to be shown of each person")]
Rows = Annotated[int, msgspec.Meta(ge=0, le=MAX_ROWS, description="How many people to show")]
LATER = {202: ResponseSpec(JobReply, description="It takes longer than 2 seconds: the job's result is the answer")}


class CalculateIn(Body, frozen=True):
    """A condition to be counted. ``limit`` is how many people are shown; ``segment_limit`` keeps the first so many."""

    database_id: int
    condition: Condition
    columns: Columns = msgspec.field(default_factory=lambda: list(DEFAULT_COLUMNS))
    limit: Rows = 50
    nodes: bool = False
    range: SegmentRange | None = None
    segment_limit: int | None = None


class SegmentCalculateIn(Body, frozen=True):
    """How a segment is to be shown; ``limit`` is how many people."""

    columns: Columns = msgspec.field(default_factory=lambda: list(DEFAULT_COLUMNS))
    limit: Rows = 50
    nodes: bool = False


class SentenceIn(Body, frozen=True):
    """A condition to be put in words."""

    database_id: int
    condition: Condition


class ExplainIn(Body, frozen=True):
    """Whose place is to be explained: in a ``segment``, or for a ``condition`` of a database."""

    profile_id: int
    segment: int | None = None
    database_id: int | None = None
    condition: Condition | None = None
    range: SegmentRange | None = None


class OverlapIn(Body, frozen=True):
    """Two to five segments of one database."""

    segments: list[int]


class DiffIn(Body, frozen=True):
    """Rules that a segment might get. ``limit`` is the segment's; ``rows``: how many people to show of each kind."""

    condition: Condition
    range: SegmentRange | None = None
    limit: int | None = None
    columns: Columns = msgspec.field(default_factory=lambda: list(DEFAULT_COLUMNS))
    rows: Annotated[int, msgspec.Meta(ge=0, le=100)] = 10


class CalculateController(Controller):
    """Questions about conditions and segments."""

    path = "/segments"
    tags = ("Segments",)

    @post(
        "/calculate",
        dto=Strict[CalculateIn],
        return_dto=None,
        status_code=200,
        opt={"right": "segments:run"},
        responses=LATER,
        summary="Count and preview a condition that is not saved",
    )
    async def calculate(
        self, request: Request[Any, Any, Any], engines: Engines, actor: Actor, data: CalculateIn
    ) -> Response[Calculation]:
        """Answer within two seconds, or start a job that does. Every write acknowledged before is seen."""
        what = Unsaved(data.database_id, data.condition, data.range, data.segment_limit)
        return await _told(request, engines, actor, what, Wanted(tuple(data.columns), data.limit, data.nodes))

    @post(
        "/{segment_id:int}/calculate",
        dto=Strict[SegmentCalculateIn],
        return_dto=None,
        status_code=200,
        opt={"right": "segments:run"},
        responses=LATER,
        summary="Count and preview a segment",
    )
    async def calculate_segment(
        self,
        request: Request[Any, Any, Any],
        engines: Engines,
        actor: Actor,
        segment_id: FromPath[int],
        data: SegmentCalculateIn | None = None,
    ) -> Response[Calculation]:
        """Work out a dynamic segment now; show the list of another one."""
        shown = data or SegmentCalculateIn()
        return await _told(request, engines, actor, segment_id, Wanted(tuple(shown.columns), shown.limit, shown.nodes))

    @post(
        "/sentence",
        dto=Strict[SentenceIn],
        return_dto=None,
        status_code=200,
        opt={"right": "segments:read"},
        summary="Put a condition in words",
    )
    async def sentence(self, tx: Tx, data: SentenceIn) -> SentenceOut:
        """Return the sentence of a condition, and which part speaks of which node."""
        said = (await question.ask(tx, data.database_id, data.condition)).text
        return SentenceOut(said.text, said.spans)

    @post(
        "/explain",
        dto=Strict[ExplainIn],
        return_dto=None,
        status_code=200,
        opt={"right": "segments:read"},
        summary="Why somebody is in a segment or not",
    )
    async def explain(self, request: Request[Any, Any, Any], engines: Engines, data: ExplainIn) -> Explanation:
        """Return the verdict on every rule with the value it saw."""
        what: Unsaved | int
        if data.segment is not None:
            if data.condition is not None or data.database_id is not None:
                raise invalid_field("/segment", "Name a segment, or a database and a condition")
            what = data.segment
        elif data.condition is None or data.database_id is None:
            raise invalid_field("/segment", "Name a segment, or a database and a condition")
        else:
            what = Unsaved(data.database_id, data.condition, data.range)
        return await soon(request, explain.explain(engines, what, data.profile_id))

    @post(
        "/overlap",
        dto=Strict[OverlapIn],
        return_dto=None,
        status_code=200,
        opt={"right": "segments:run"},
        summary="Compare up to five segments",
    )
    async def overlap(self, request: Request[Any, Any, Any], engines: Engines, data: OverlapIn) -> compare.Overlap:
        """Return how many people are in which of the segments, each person counted in one part."""
        return await soon(request, compare.overlap(engines, data.segments))

    @post(
        "/{segment_id:int}/diff",
        dto=Strict[DiffIn],
        return_dto=None,
        status_code=200,
        opt={"right": "segments:run"},
        summary="Who would enter and leave by other rules",
    )
    async def diff(
        self,
        request: Request[Any, Any, Any],
        tx: Tx,
        engines: Engines,
        segment_id: FromPath[int],
        data: DiffIn,
    ) -> compare.Difference:
        """Compare with who is in the segment now; changes nothing."""
        segment = await store.get(tx, segment_id)
        changed = Unsaved(segment.database_id, data.condition, data.range, data.limit)
        return await soon(request, compare.difference(engines, segment_id, changed, data.columns, data.rows))


def asker_of(request: Request[Any, Any, Any]) -> str:
    """Return who asks, so that nobody's many questions keep others from being answered."""
    return str(request.scope.get("fidelia_actor_key", ""))


async def soon(request: Request[Any, Any, Any], work: Coroutine[Any, Any, T]) -> T:
    """Return the answer to a question that has no job; raise 503 when it takes too long."""
    asker.set(asker_of(request))
    try:
        found = await while_connected(request, work, PATIENT_SECONDS)
    except DrainBehind as exc:
        raise unavailable("So much was written just now that nobody can say yet who is in; ask again") from exc
    if found is None:
        raise unavailable("This takes too long at the moment; ask again later")
    return found


async def _told(
    request: Request[Any, Any, Any], engines: Engines, actor: Actor, what: Unsaved | int, wanted: Wanted
) -> Response[Any]:
    asker.set(asker_of(request))
    try:
        found = await while_connected(request, preview.calculate(engines, what, wanted), ANSWER_SECONDS)
    except DrainBehind:
        found = None
    if found is not None:
        return Response(found)
    async with engines.tx() as tx:
        job = await calculation_job(tx, actor, what, wanted)
    return Response(JobReply(job), status_code=202)
