"""Routes of the scores of a database."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath, QueryParameter
from msgspec import UNSET, UnsetType

from fidelia.access import Actor
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.http import Body, Strict
from fidelia.platform.jobs import JobReply
from fidelia.platform.postgres import Tx

from ..model import SegmentSchedule
from . import compute, service, store
from .model import Score, ScoreFigure, ScoreKind, ScoreRun

Confirm = Annotated[str, QueryParameter(name="confirm", description="The score's name")]


class ScoreIn(Body, frozen=True):
    """A score to be made. ``prefix`` begins the names of its fields; it and the kind are fixed afterwards.

    ``days``: how far back is looked, null for everything. ``currency``: of amounts; null for the one most orders are
    in. ``figure``: what a quantile divides people by. Without ``schedule`` it is computed daily at 03:00; null: only
    when asked.
    """

    name: str
    kind: ScoreKind = "rfm"
    prefix: str = "rfm"
    groups: int = 5
    days: int | None = None
    currency: str | None = None
    figure: ScoreFigure | None = None
    schedule: SegmentSchedule | None = msgspec.field(default_factory=lambda: service.DAILY)


class ScorePatch(Body, frozen=True):
    """What is to be changed; ``version`` is the one that was read, to notice somebody else's change."""

    name: str | UnsetType = UNSET
    groups: int | UnsetType = UNSET
    days: int | UnsetType | None = UNSET
    currency: str | UnsetType | None = UNSET
    figure: ScoreFigure | UnsetType | None = UNSET
    schedule: SegmentSchedule | UnsetType | None = UNSET
    version: int | UnsetType = UNSET


class ScoreList(msgspec.Struct, frozen=True):
    """The scores of a database, the oldest first."""

    items: list[Score]


class ScoreController(Controller):
    """Scores: RFM and quantiles of a database's people, kept in fields that only they fill."""

    path = "/databases/{database_id:int}/scores"
    tags = ("Scores",)

    @get("/", opt={"right": "databases:read"}, summary="List the scores of a database")
    async def every(self, tx: Tx, database_id: FromPath[int]) -> ScoreList:
        """Return all scores with their last runs."""
        return ScoreList(await service.every(tx, database_id))

    @post("/", dto=Strict[ScoreIn], return_dto=None, opt={"right": "databases:update"}, summary="Make a score")
    async def create(self, tx: Tx, actor: Actor, database_id: FromPath[int], data: ScoreIn) -> Score:
        """Store the score and its fields; a job (``open_run``) fills them."""
        made = service.Definition(**{name: getattr(data, name) for name in ScoreIn.__struct_fields__})
        return await service.create(tx, actor, database_id, made)

    @get("/{score_id:int}", opt={"right": "databases:read"}, summary="Read a score")
    async def one(self, tx: Tx, database_id: FromPath[int], score_id: FromPath[int]) -> Score:
        """Return a score with its last runs."""
        return await service.read(tx, database_id, score_id)

    @patch(
        "/{score_id:int}",
        dto=Strict[ScorePatch],
        return_dto=None,
        opt={"right": "databases:update"},
        summary="Change a score",
    )
    async def change(
        self, tx: Tx, actor: Actor, database_id: FromPath[int], score_id: FromPath[int], data: ScorePatch
    ) -> Score:
        """Change what is given; where that means other groups, a job (``open_run``) computes them."""
        wanted = service.Change(**{name: getattr(data, name) for name in ScorePatch.__struct_fields__})
        return await service.change(tx, actor, database_id, score_id, wanted)

    @delete(
        "/{score_id:int}",
        status_code=204,
        opt={"right": "databases:update"},
        summary="Delete a score with its fields",
    )
    async def remove(
        self, tx: Tx, actor: Actor, database_id: FromPath[int], score_id: FromPath[int], confirm: Confirm = ""
    ) -> None:
        """Delete a score; ``confirm`` must be its name. 409 names what uses its fields."""
        await service.delete(tx, actor, database_id, score_id, confirm)

    @post("/{score_id:int}/compute", status_code=202, opt={"right": "databases:update"}, summary="Compute a score now")
    async def compute(self, tx: Tx, actor: Actor, database_id: FromPath[int], score_id: FromPath[int]) -> JobReply:
        """Start a job that fills the score's fields; while one waits or works, return that."""
        return JobReply(await compute.ask(tx, actor, database_id, score_id))

    @get("/{score_id:int}/runs", opt={"right": "databases:read"}, summary="List the runs of a score")
    async def runs(
        self, tx: Tx, page: PageRequest, database_id: FromPath[int], score_id: FromPath[int]
    ) -> Page[ScoreRun]:
        """Return a page of runs, newest first."""
        return await store.RUNS.page(tx, (await store.get(tx, database_id, score_id)).id, page)
