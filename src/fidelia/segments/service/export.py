"""Files of profiles, CSV, XLSX or JSON lines: asked for, written by a job, downloaded for a week.

Who is in is settled first: a list as it is when the file is asked for, or (anything that has to be worked out) found
by a job of the core while the job that writes the file waits. Writing needs PostgreSQL only, so it runs beside the web,
some thousand people at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import anyio.to_thread
import msgspec
from pyroaring import BitMap

from fidelia import profiles
from fidelia.access import Actor, audit
from fidelia.kernel.errors import FieldError, conflict, invalid, not_found
from fidelia.platform import jobs
from fidelia.platform.files import Files
from fidelia.platform.jobs import JobContext, JobRef
from fidelia.platform.postgres import Tx

from ..model import ExportedSubscription, ProfileExport
from ..store import exports as store
from ..store import members as members_store
from ..store import segments as segments_store
from . import sheets
from .audience import Audience, audience_people, awaited, check_audience, people_at_once, restored, stored
from .people import EXPORT_CHUNK, plain_name, segment_people
from .preview import check_columns, people
from .progress import reported
from .recalculate import present

FILE = "segments.export"
PEOPLE = "segments.export_people"
AREA = "exports"
MAX_MARKS = 20

Format = Literal["csv", "xlsx", "jsonl"]


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What a file is to hold of each person; without ``columns`` every field."""

    format: Format = "csv"
    columns: Sequence[str] | None = None
    subscriptions: Sequence[ExportedSubscription] = ()
    segments: Sequence[int] = ()


class Started(msgspec.Struct, frozen=True):
    """The file that was asked for and the job that writes it."""

    job: JobRef
    export: ProfileExport


async def start_segment(tx: Tx, actor: Actor, segment_id: int, wanted: Wanted) -> Started:
    """Ask for a file of a segment's people. Raises 404; 409 (archived, broken rules); 422."""
    segment = await present(tx, segment_id)
    return await start(tx, actor, segment.database_id, Audience(segment=segment_id), wanted)


async def start(tx: Tx, actor: Actor, database_id: int, audience: Audience, wanted: Wanted) -> Started:
    """Ask for a file. Raises 403; 404 for the database; 409 (archived segment, broken rules); 422."""
    database = await profiles.get_database(tx, database_id)
    title = await check_audience(tx, actor, database_id, audience)
    chosen = [field.name for field in database.fields] if wanted.columns is None else list(wanted.columns)
    if wanted.columns is not None:
        check_columns(database, chosen)
    if wanted.subscriptions:
        actor.require("consent:read")
    dynamic = await _check_marks(tx, database_id, wanted)
    name = title.removeprefix("Segment ")
    export_id = await store.insert(
        tx,
        {
            "segment_id": audience.segment,
            "database_id": database_id,
            "audience": stored(audience),
            "title": title,
            "format": wanted.format,
            "columns": chosen,
            "subscriptions": msgspec.to_builtins(list(wanted.subscriptions)),
            "segments": list(wanted.segments),
            "file_name": plain_name(name, audience.segment or database_id, wanted.format),
            "actor": actor.name,
        },
    )
    link = f"/segments/{audience.segment}" if audience.segment else f"/databases/{database_id}/exports"
    args: dict[str, Any] = {"export_id": export_id}
    found = None if dynamic else await people_at_once(tx, database_id, audience)
    if found is None:
        before = await jobs.create(
            tx,
            kind=PEOPLE,
            title=f"Find the people of {name}",
            actor=actor.name,
            args={"export_id": export_id},
            database_id=database_id,
            link=link,
        )
        args["people_job"] = before.id
    else:
        marks = [await members_store.members(tx, number) for number in wanted.segments]
        await store.set_people(tx, export_id, found, marks)
    job = await jobs.create(
        tx, kind=FILE, title=f"Export {name}", actor=actor.name, args=args, database_id=database_id, link=link
    )
    await store.set_job(tx, export_id, job.id)
    after = {"format": wanted.format, "columns": chosen, "subscriptions": len(wanted.subscriptions)}
    if audience.segment is not None:
        what: dict[str, Any] = {"kind": "segment", "object_id": audience.segment, "name": name}
        await audit(tx, actor, "segment.exported", **what, after=after)
    else:
        what = {"kind": "database", "object_id": database_id, "name": f"{database.name}: {title}"}
        await audit(tx, actor, "profile.exported", **what, after=after)
    return Started(job, await store.get(tx, export_id))


async def _check_marks(tx: Tx, database_id: int, wanted: Wanted) -> bool:
    """Check the columns of subscriptions and segments; return whether a segment has to be worked out."""
    faults = []
    if len(wanted.subscriptions) + len(wanted.segments) > MAX_MARKS:
        faults.append(FieldError("/segments", f"Choose {MAX_MARKS} subscriptions and segments at most"))
    for n, one in enumerate(wanted.subscriptions):
        if not await profiles.resource_names(tx, [one.resource_id]):
            faults.append(FieldError(f"/subscriptions/{n}/resource_id", f"There is no resource {one.resource_id}"))
    for member, values in (("subscriptions", list(wanted.subscriptions)), ("segments", list(wanted.segments))):
        faults += [
            FieldError(f"/{member}/{n}", "This column stands here twice")
            for n, value in enumerate(values)
            if value in values[:n]
        ]
    dynamic = False
    known = {s.id: s for s in await segments_store.some(tx, [n for n in wanted.segments if 0 < n < 2**31])}
    for n, number in enumerate(wanted.segments):
        segment = known.get(number)
        if segment is None or segment.database_id != database_id or segment.archived_at is not None:
            faults.append(FieldError(f"/segments/{n}", f"There is no segment {number} in this database"))
        else:
            dynamic = dynamic or segment.type == "dynamic"
    if faults:
        raise invalid(*faults)
    return dynamic


async def run_people(ctx: JobContext, *, export_id: int) -> dict[str, Any]:
    """Work out whom a file is to hold, and who is in the segments that have a column."""
    async with ctx.tx() as tx:
        row = await store.find(tx, export_id)
    audience = Audience(segment=row.segment_id) if row.audience is None else restored(row.audience)
    async with reported(ctx):
        found = await audience_people(ctx.engines, row.database_id, audience, tag=ctx.tag)
        marks = [await segment_people(ctx.engines, number, tag=ctx.tag) for number in row.segments]
    async with ctx.tx() as tx:
        await store.set_people(tx, export_id, found, marks)
    return {"rows": len(found)}


async def run_file(ctx: JobContext, *, export_id: int, people_job: str | None = None) -> dict[str, Any]:
    """Write a file. Killed at any moment, it is written again from its beginning."""

    async def read() -> BitMap | None:
        async with ctx.tx() as tx:
            row = await store.find(tx, export_id)
        if row.people is None:
            return None if row.file_key is None else BitMap()
        return BitMap.deserialize(bytes(row.people))

    files = Files(ctx.engines.files)
    found = await awaited(ctx, people_job, read)
    async with ctx.tx() as tx:
        row = await store.find(tx, export_id)
    if row.file_key is None:
        ctx.progress(0, len(found))
        key = files.new_key(AREA, f".{row.format}")
        path = files.path(key)
        part = path.with_name(path.name + ".part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            rows = await _write(ctx, sheets.writer(row.format, part), row, found)
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
        "url": done.url,
        "expires_at": msgspec.to_builtins(done.expires_at),
    }


async def _write(ctx: JobContext, out: sheets.Writer, row: Any, found: BitMap) -> int:
    columns = list(row.columns)
    asked = [(s["resource_id"], s["channel"]) for s in row.subscriptions]
    marks = [BitMap.deserialize(bytes(mark)) for mark in row.marks or ()]
    rows = 0
    try:
        async with ctx.tx() as tx:
            heading = ["profile_id", *columns, *await _headings(tx, asked, row.segments)]
        await anyio.to_thread.run_sync(out.write, [heading])
        for start in range(0, len(found), EXPORT_CHUNK):
            await ctx.check()
            async with ctx.tx() as tx:
                part = await people(tx, row.database_id, found[start : start + EXPORT_CHUNK], columns)
                ids = [person["profile_id"] for person in part]
                consent = await profiles.subscription_statuses(tx, row.database_id, ids, asked) if asked else {}
            lines = [
                [
                    person["profile_id"],
                    *(person[name] for name in columns),
                    *(consent.get((person["profile_id"], *one)) for one in asked),
                    *(person["profile_id"] in mark for mark in marks),
                ]
                for person in part
            ]
            await anyio.to_thread.run_sync(out.write, lines)
            rows += len(lines)  # who was erased meanwhile is left out
            ctx.progress(min(start + EXPORT_CHUNK, len(found)))
    finally:
        await anyio.to_thread.run_sync(out.close)
    return rows


async def _headings(tx: Tx, asked: Sequence[tuple[int, str]], segments: Sequence[int]) -> list[str]:
    """Name the columns of subscriptions and segments; two of the same name get their number."""
    resources = await profiles.resource_names(tx, {resource for resource, _ in asked})
    known = {s.id: s.name for s in await segments_store.some(tx, list(segments))}
    found = [(f"Subscription: {resources[resource]}, {channel}", resource) for resource, channel in asked]
    found += [(f"Segment: {known.get(number, number)}", number) for number in segments]
    names = [name for name, _ in found]
    return [f"{name} ({number})" if names.count(name) > 1 else name for name, number in found]


async def ready_file(tx: Tx, export_id: int) -> Any:
    """Return the row of a file that may be downloaded; raise 404 (also when its time is over), 409 before its end."""
    row = await store.find(tx, export_id)
    if tx.now > row.created_at + store.KEEP_FILES:
        raise not_found("Export", export_id)
    path = None if row.file_key is None else Files(tx.engines.files).path(row.file_key)
    if path is None or not path.exists():
        raise conflict("This file is not there (yet): see its job")
    return row
