"""Files of a segment's people, CSV or XLSX: asked for, written by a job, downloaded for a week.

Who is in is settled first: the list as it is when the file is asked for, or (a dynamic segment) worked out by a job of
the core while the job that writes the file waits. Writing needs PostgreSQL only, so it runs beside the web.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Literal

import anyio.to_thread
import msgspec
from pyroaring import BitMap

from fidelia import profiles
from fidelia.access import Actor, audit
from fidelia.kernel.errors import conflict
from fidelia.platform import jobs
from fidelia.platform.files import Files
from fidelia.platform.jobs import Cancelled, JobContext, JobRef
from fidelia.platform.postgres import Tx

from ..model import SegmentExport
from ..store import exports as store
from ..store import members as members_store
from . import sheets
from .people import EXPORT_CHUNK, cell, file_name, segment_people
from .preview import check_columns, people
from .progress import reported
from .question import ask_segment
from .recalculate import present

FILE = "segments.export"
PEOPLE = "segments.export_people"
AREA = "exports"
_EVERY_SECONDS = 0.3

Format = Literal["csv", "xlsx"]


class Started(msgspec.Struct, frozen=True):
    """The file that was asked for and the job that writes it."""

    job: JobRef
    export: SegmentExport


async def start(tx: Tx, actor: Actor, segment_id: int, format: Format, columns: Sequence[str] | None) -> Started:
    """Ask for a file; without ``columns`` it has every field. Raises 404; 409 (archived, broken rules); 422."""
    segment = await present(tx, segment_id)
    database = await profiles.get_database(tx, segment.database_id)
    chosen = [field.name for field in database.fields] if columns is None else list(columns)
    if columns is not None:
        check_columns(database, chosen)
    export_id = await store.insert(
        tx,
        segment_id=segment_id,
        database_id=database.id,
        format=format,
        columns=chosen,
        file_name=file_name(segment, format),
        actor=actor.name,
    )
    args: dict[str, Any] = {"export_id": export_id}
    link = f"/segments/{segment_id}"
    if segment.type == "dynamic":
        await ask_segment(tx, segment)  # refuse at once what cannot be worked out
        before = await jobs.create(
            tx,
            kind=PEOPLE,
            title=f"Find the people of {segment.name}",
            actor=actor.name,
            args={"export_id": export_id},
            database_id=database.id,
            link=link,
        )
        args["people_job"] = before.id
    else:
        await store.set_people(tx, export_id, await members_store.members(tx, segment_id))
    job = await jobs.create(
        tx, kind=FILE, title=f"Export {segment.name}", actor=actor.name, args=args, database_id=database.id, link=link
    )
    await store.set_job(tx, export_id, job.id)
    after = {"format": format, "columns": chosen}
    await audit(tx, actor, "segment.exported", kind="segment", object_id=segment_id, name=segment.name, after=after)
    return Started(job, await store.get(tx, export_id))


async def run_people(ctx: JobContext, *, export_id: int) -> dict[str, Any]:
    """Work out whom a file is to hold."""
    async with ctx.tx() as tx:
        row = await store.find(tx, export_id)
    async with reported(ctx):
        found = await segment_people(ctx.engines, row.segment_id, tag=ctx.tag)
    async with ctx.tx() as tx:
        await store.set_people(tx, export_id, found)
    return {"rows": len(found)}


async def run_file(ctx: JobContext, *, export_id: int, people_job: str | None = None) -> dict[str, Any]:
    """Write a file. Killed at any moment, it is written again from its beginning."""
    files = Files(ctx.engines.files)
    found = await _people(ctx, export_id, people_job)
    async with ctx.tx() as tx:
        row = await store.find(tx, export_id)
    if row.file_key is None:
        ctx.progress(0, len(found))
        key = files.new_key(AREA, f".{row.format}")
        path = files.path(key)
        part = path.with_name(path.name + ".part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            rows = await _write(ctx, sheets.writer(row.format, part), row.database_id, found, list(row.columns))
            await anyio.to_thread.run_sync(part.replace, path)
            async with ctx.tx() as tx:
                await store.finish(tx, export_id, file_key=key, size=path.stat().st_size, rows=rows)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        finally:
            part.unlink(missing_ok=True)
    async with ctx.tx() as tx:
        done = await store.get(tx, export_id)
    return {
        "export": export_id,
        "rows": done.rows,
        "size": done.size,
        "file_name": done.file_name,
        "url": f"/api/v1/segments/exports/{export_id}/file",
    }


async def _write(ctx: JobContext, out: sheets.Writer, database_id: int, found: BitMap, columns: list[str]) -> int:
    rows = 0
    try:
        await anyio.to_thread.run_sync(out.write, [["profile_id", *columns]])
        for start in range(0, len(found), EXPORT_CHUNK):
            await ctx.check()
            async with ctx.tx() as tx:
                part = await people(tx, database_id, found[start : start + EXPORT_CHUNK], columns)
            lines = [[row["profile_id"], *(_value(row[name]) for name in columns)] for row in part]
            await anyio.to_thread.run_sync(out.write, lines)
            rows += len(lines)  # who was erased meanwhile is left out
            ctx.progress(min(start + EXPORT_CHUNK, len(found)))
    finally:
        await anyio.to_thread.run_sync(out.close)
    return rows


def _value(value: Any) -> Any:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else cell(value)


async def _people(ctx: JobContext, export_id: int, people_job: str | None) -> BitMap:
    """Return whom a file is to hold, as soon as that is known."""
    while True:
        async with ctx.tx() as tx:
            row = await store.find(tx, export_id)
            if row.people is not None or row.file_key is not None:
                return BitMap() if row.people is None else BitMap.deserialize(bytes(row.people))
            waiting = None if people_job is None else await jobs.get(tx, people_job)
        if waiting is None or waiting.state in ("failed", "cancelled", "done"):
            raise conflict((waiting and waiting.error) or "Nobody found out whom the file is to hold")
        try:
            await ctx.check()
            await asyncio.sleep(_EVERY_SECONDS)
        except (Cancelled, asyncio.CancelledError):
            if ctx.cancel_requested and people_job is not None:
                await asyncio.shield(_give_up(ctx, people_job))
            raise


async def _give_up(ctx: JobContext, people_job: str) -> None:
    async with ctx.tx() as tx:
        if (await jobs.get(tx, people_job)).state in ("queued", "running"):
            await jobs.cancel(tx, people_job)
