"""The personal-data export of one person, and receipts of erasure."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import anyio.to_thread
import msgspec

from fidelia.access import Actor, actor_names, audit
from fidelia.kernel.errors import conflict, not_found
from fidelia.kernel.paging import Page, PageRequest, encode_cursor
from fidelia.platform import jobs
from fidelia.platform.engines import Engines
from fidelia.platform.files import Files
from fidelia.platform.jobs import JobContext
from fidelia.platform.postgres import Tx

from ..merge import service as merge_service
from ..optin.service import opt_in_requests
from ..relations import service as relations
from ..service.databases import get_database
from ..service.profiles import get_profile
from ..service.subscriptions import list_subscriptions
from ..store import databases as databases_store
from . import render, store
from .model import EXPORTERS, ErasureReceipt, Exporter, PersonalExport, PersonalExportStarted

KIND = "profiles.personal_data"
AREA = "personal"
KEPT = timedelta(days=7)


async def start(tx: Tx, actor: Actor, database_id: int, profile_id: int) -> PersonalExportStarted:
    """Have a file written with everything about somebody; raise 404."""
    database = await get_database(tx, database_id)
    person = await get_profile(tx, database_id, profile_id)
    raw = await tx.raw()
    export_id = await store.insert(raw, database_id, person["id"], actor.name, tx.now)
    job = await jobs.create(
        tx,
        kind=KIND,
        title=f"Personal data of profile {person['id']}",
        actor=actor.name,
        args={"export_id": export_id},
        database_id=database_id,
        link=f"/databases/{database_id}/profiles/{person['id']}",
    )
    await store.set_job(raw, export_id, job.id)
    name = f"{database.name}: profile {person['id']}"
    await audit(tx, actor, "profile.exported", kind="profile", object_id=person["id"], name=name)
    found = await store.find(raw, export_id)
    assert found is not None
    return PersonalExportStarted(job, found[0])


async def list_exports(tx: Tx, database_id: int, profile_id: int) -> Page[PersonalExport]:
    """Return the files about somebody, the latest first; raise 404."""
    person = await get_profile(tx, database_id, profile_id)
    items = await store.exports(await tx.raw(), database_id, person["id"])
    return Page(items, None, len(items))


async def path_of(tx: Tx, export_id: int) -> tuple[Path, str]:
    """Return where a file lies and what it is called; raise 404, 409 while it is being written."""
    found = await store.find(await tx.raw(), export_id) if 0 < export_id < 2**63 else None
    if found is None:
        raise not_found("File", export_id)
    export, key = found
    path = None if key is None else Files(tx.engines.files).path(key)
    if path is None or not path.exists():
        raise conflict("This file is not there (yet): see its job")
    return path, f"personal-data-{export.database_id}-{export.profile_id}.zip"


async def write(ctx: JobContext, *, export_id: int) -> dict[str, Any]:
    """Write the file of a job. Killed at any moment, it is written again; nothing is written of who was erased."""
    async with ctx.tx() as tx:
        found = await store.find(await tx.raw(), export_id)
    if found is None:
        return {"export": export_id, "erased": True}
    export, key = found
    if key is None:
        await ctx.engines.catch_up()
        sections = await collect(ctx.engines, export.database_id, export.profile_id, ctx)
        files = Files(ctx.engines.files)
        key = files.new_key(AREA, ".zip")
        path = files.path(key)
        async with ctx.tx() as tx:
            database = await get_database(tx, export.database_id)
            moment = tx.now
        await anyio.to_thread.run_sync(_zip, path, database.name, export.profile_id, moment, sections)
        async with ctx.tx() as tx:
            kept = await store.finish(await tx.raw(), export_id, key, path.stat().st_size, tx.now)
        if not kept:
            path.unlink(missing_ok=True)
            return {"export": export_id, "erased": True}
    return {"export": export_id, "url": f"/api/v1/personal-data/{export_id}/file"}


async def collect(engines: Engines, database_id: int, profile_id: int, ctx: JobContext | None = None) -> dict[str, Any]:
    """Return everything that is held about somebody, by section; raise 404."""
    exporters: Mapping[str, Exporter] = engines.port(EXPORTERS)
    sections: dict[str, Any] = await own_data(engines, database_id, profile_id)
    for done, (title, exporter) in enumerate(exporters.items(), 1):
        sections[title] = msgspec.to_builtins(await exporter(engines, database_id, profile_id))
        if ctx is not None:
            await ctx.check()
            ctx.progress(done, len(exporters))
    return sections


async def own_data(engines: Engines, database_id: int, profile_id: int) -> dict[str, Any]:
    """Return what profiles themselves hold about somebody; raise 404."""
    async with engines.tx() as tx:
        person = await get_profile(tx, database_id, profile_id)
        consent = (await list_subscriptions(tx, PageRequest(limit=1000), database_id, profile_id=profile_id)).items
        asked = await opt_in_requests(tx, database_id, profile_id)
        related = (await relations.of_profile(tx, database_id, profile_id)).items
        merged = await merge_service.merged_from(tx, database_id, profile_id)
        contacts = {c for c in (person["email"], *(person["phones"] or ()), *(s.contact for s in consent)) if c}
        stops = await store.stop_entries(await tx.raw(), sorted(contacts))
    sections = {
        "Profile": {name: value for name, value in person.items() if value is not None},
        "Consent": consent,
        "Confirmations": asked,
        "Relations": [
            {"relation": r.label, "profile_id": r.profile_id, **r.properties, "since": r.created_at} for r in related
        ],
        "Merged from": merged,
        "Stop lists": stops,
    }
    plain: dict[str, Any] = msgspec.to_builtins(sections)
    return plain


def _zip(path: Path, database: str, profile_id: int, moment: datetime, sections: Mapping[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_name(path.name + ".part")
    document = {"database": database, "profile_id": profile_id, "written_at": moment.isoformat(), **sections}
    intro = f"Everything that is held about profile {profile_id} of {database}, as of {moment:%d %B %Y, %H:%M} UTC."
    try:
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("data.json", msgspec.json.format(msgspec.json.encode(document), indent=2))
            archive.writestr("index.html", render.page("Personal data", intro, sections))
        part.chmod(0o600)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


async def expire(engines: Engines) -> int:
    """Remove files that are older than a week; return how many."""
    async with engines.tx() as tx:
        keys = await store.expire(await tx.raw(), tx.now - KEPT)
    return remove_files(engines, keys)


def remove_files(engines: Engines, keys: list[str]) -> int:
    """Remove files by their keys."""
    files = Files(engines.files)
    for key in keys:
        files.path(key).unlink(missing_ok=True)
    return len(keys)


async def receipts(
    tx: Tx, page: PageRequest, *, database_id: int | None = None, profile_id: int | None = None
) -> Page[ErasureReceipt]:
    """Return a page of receipts, the latest first; ``actor`` is what whoever erased is called."""
    (before,) = databases_store.cursor_values(page.cursor, int) if page.cursor is not None else (None,)
    rows = await store.receipts(
        await tx.raw(), database_id=database_id, profile_id=profile_id, before=before, limit=page.limit + 1
    )
    names = await actor_names(tx, (row.actor for row in rows[: page.limit]))
    shown = [msgspec.structs.replace(row, actor=names[row.actor]) for row in rows[: page.limit]]
    return Page(shown, encode_cursor([shown[-1].id]) if len(rows) > page.limit else None, None)
