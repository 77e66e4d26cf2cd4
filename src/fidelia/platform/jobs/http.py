"""Routes of jobs: list, one, cancel, progress as server-sent events."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any

import msgspec
from litestar import Controller, get, post
from litestar.params import FromPath, QueryParameter
from litestar.response import ServerSentEvent

from fidelia.kernel.paging import Page, PageRequest

from ..engines import Engines
from ..postgres import Tx
from . import store
from .model import JobOut
from .stream import JobFeed

ENDED = ("done", "failed", "cancelled")


class JobController(Controller):
    """Long work that one can visit."""

    path = "/jobs"
    tags = ("Jobs",)

    @get("/", opt={"right": "jobs:read"}, summary="List jobs")
    async def list_jobs(
        self,
        tx: Tx,
        page: PageRequest,
        in_state: Annotated[str | None, QueryParameter(name="state", description="active, or one state")] = None,
        kind: Annotated[str | None, QueryParameter(name="kind", description="Only jobs of this kind")] = None,
    ) -> Page[JobOut]:
        """Return a page, newest first; or sorted by title, state, actor, created_at, started_at or took."""
        return await store.pages(tx, page, state=in_state, kind=kind)

    @get("/stream", opt={"right": "jobs:read", "stream": True}, summary="Follow all jobs (server-sent events)")
    async def stream(self, engines: Engines, feed: JobFeed) -> ServerSentEvent:
        """Send an event named ``job`` with the whole job each time one changes."""
        return ServerSentEvent(_events(engines, feed, None))

    @get("/{job_id:str}", opt={"right": "jobs:read"}, summary="Read a job")
    async def one(self, tx: Tx, job_id: FromPath[str]) -> JobOut:
        """Return one job."""
        return await store.get(tx, job_id)

    @get(
        "/{job_id:str}/events",
        opt={"right": "jobs:read", "stream": True},
        summary="Follow one job (server-sent events)",
    )
    async def events(self, engines: Engines, feed: JobFeed, job_id: FromPath[str]) -> ServerSentEvent:
        """Send an event named ``job`` at once and at each change, until the job has ended."""
        async with engines.tx() as tx:
            await store.get(tx, job_id)
        return ServerSentEvent(_events(engines, feed, job_id))

    @post("/{job_id:str}/cancel", opt={"right": "jobs:cancel"}, status_code=200, summary="Ask a job to stop")
    async def cancel(self, tx: Tx, job_id: FromPath[str]) -> JobOut:
        """Cancel a queued job at once, a running one between two chunks of its work."""
        return await store.cancel(tx, job_id)


async def _events(engines: Engines, feed: JobFeed, job_id: str | None) -> AsyncIterator[dict[str, Any]]:
    changes = feed.subscribe(job_id)
    if job_id is not None:
        async with engines.tx() as tx:
            now = await store.get(tx, job_id)
        yield _event(now)
        if now.state in ENDED:
            return
    async for changed in changes:
        async with engines.tx() as tx:
            job = await store.get(tx, changed)
        yield _event(job)
        if job_id is not None and job.state in ENDED:
            return


def _event(job: JobOut) -> dict[str, Any]:
    return {"event": "job", "id": job.id, "data": msgspec.json.encode(job).decode()}
