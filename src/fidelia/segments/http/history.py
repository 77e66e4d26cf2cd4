"""Routes of the history of a segment: its runs, its changes by hand, both by day."""

from __future__ import annotations

from typing import Annotated

from litestar import Controller, get
from litestar.params import FromPath, QueryParameter

from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.postgres import Tx

from ..model import SegmentLogEntry, SegmentRun, SegmentSeries
from ..service import series
from ..store import members as members_store
from ..store import runs as runs_store
from ..store import segments as store


class HistoryController(Controller):
    """What happened to a list."""

    path = "/segments/{segment_id:int}"
    tags = ("Segments",)

    @get("/history", opt={"right": "segments:read"}, summary="List the runs of a segment, newest first")
    async def history(self, tx: Tx, page: PageRequest, segment_id: FromPath[int]) -> Page[SegmentRun]:
        """Return a page of fillings: when, how long, how many entered and left, errors."""
        await store.get(tx, segment_id)
        return await runs_store.RUNS.page(tx, segment_id, page)

    @get("/log", opt={"right": "segments:read"}, summary="List the changes of a static segment, newest first")
    async def log(self, tx: Tx, page: PageRequest, segment_id: FromPath[int]) -> Page[SegmentLogEntry]:
        """Return a page of changes: who, when, what, how many."""
        await store.get(tx, segment_id)
        return await members_store.log_page(tx, segment_id, page)

    @get("/series", opt={"right": "segments:read"}, summary="Size, entries and exits of a segment by day and source")
    async def series(
        self,
        tx: Tx,
        segment_id: FromPath[int],
        days: Annotated[
            int, QueryParameter(name="days", ge=1, le=series.MOST_DAYS, description="So many days up to today")
        ] = 30,
    ) -> SegmentSeries:
        """Return every day of the period, for charts."""
        return await series.series(tx, segment_id, days)
