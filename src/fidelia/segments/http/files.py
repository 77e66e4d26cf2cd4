"""Routes of files of profiles: streamed at once, or written by a job and downloaded."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
from litestar import Controller, get, post
from litestar.params import FromPath
from litestar.response import File, Stream

from fidelia import profiles
from fidelia.access import Actor
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.engines import Engines
from fidelia.platform.files import Files
from fidelia.platform.http import Body, Strict
from fidelia.platform.postgres import Tx

from ..model import ExportedSubscription, ProfileExport
from ..service import export, people
from ..service.audience import Audience
from ..store import exports as exports_store
from ..store import segments as store
from .members import Columns, column_names

_MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "jsonl": "application/jsonl; charset=utf-8",
}


class ExportIn(Body, frozen=True):
    """The file that is wanted; without ``columns`` it has every field.

    ``subscriptions`` and ``segments`` add a column each: the status, and whether somebody is in it.
    """

    format: export.Format = "csv"
    columns: Annotated[list[str], msgspec.Meta(max_length=500)] | None = None
    subscriptions: list[ExportedSubscription] = []
    segments: list[int] = []


class ProfileExportIn(ExportIn, frozen=True, kw_only=True):
    """The file that is wanted, and whom it is about."""

    audience: Audience


class FileController(Controller):
    """Files of people."""

    path = "/segments"
    tags = ("Segments",)

    @get(
        "/{segment_id:int}/export",
        opt={"right": "profiles:read", "stream": True},
        media_type="text/csv",
        summary="Download the people of a segment as CSV at once",
    )
    async def stream(self, engines: Engines, segment_id: FromPath[int], columns: Columns = None) -> Stream:
        """Stream everybody with all fields or some; cells that look like formulas are made harmless."""
        name, parts = await people.export(engines, segment_id, column_names(columns))
        return Stream(
            parts, media_type=_MEDIA["csv"], headers={"Content-Disposition": f'attachment; filename="{name}"'}
        )

    @post(
        "/{segment_id:int}/export",
        dto=Strict[ExportIn],
        return_dto=None,
        status_code=202,
        opt={"right": "profiles:read"},
        summary="Write the people of a segment to a file: CSV, XLSX, JSON lines",
    )
    async def start(
        self, tx: Tx, actor: Actor, segment_id: FromPath[int], data: ExportIn | None = None
    ) -> export.Started:
        """Start a job; its result has the ``url`` of the file, which is kept for a week."""
        return await export.start_segment(tx, actor, segment_id, _wanted(data or ExportIn()))

    @get("/{segment_id:int}/exports", opt={"right": "profiles:read"}, summary="List the files of a segment")
    async def exports(self, tx: Tx, page: PageRequest, segment_id: FromPath[int]) -> Page[ProfileExport]:
        """Return a page of files, newest first."""
        await store.get(tx, segment_id)
        return await exports_store.page(tx, page, segment_id=segment_id)

    @get(
        "/exports/{export_id:int}/file",
        opt={"right": "profiles:read", "stream": True},
        summary="Download a file of a segment's people",
    )
    async def download(self, tx: Tx, engines: Engines, export_id: FromPath[int]) -> File:
        """Return the file; 409 while it is being written."""
        row = await export.ready_file(tx, export_id)
        path = Path(Files(engines.files).path(row.file_key))
        return File(path, filename=row.file_name, media_type=_MEDIA[row.format], content_disposition_type="attachment")


class ExportController(Controller):
    """Files of profiles: of everybody, a search, a choice, a segment, a condition."""

    path = "/databases/{database_id:int}/exports"
    tags = ("Profiles",)

    @post(
        "/",
        dto=Strict[ProfileExportIn],
        return_dto=None,
        status_code=202,
        opt={"right": "profiles:read"},
        summary="Write profiles to a file: CSV, XLSX, JSON lines",
    )
    async def start(self, tx: Tx, actor: Actor, database_id: FromPath[int], data: ProfileExportIn) -> export.Started:
        """Start a job; its result has the ``url`` of the file, which is kept for a week."""
        return await export.start(tx, actor, database_id, data.audience, _wanted(data))

    @get("/", opt={"right": "profiles:read"}, summary="List the files of a database's profiles")
    async def exports(self, tx: Tx, page: PageRequest, database_id: FromPath[int]) -> Page[ProfileExport]:
        """Return a page of files, newest first, those of segments too; ``q`` looks into whom they are about.

        Sort by title, file_name, rows, size, actor or created_at.
        """
        await profiles.get_database(tx, database_id)
        return await exports_store.page(tx, page, database_id=database_id)


def _wanted(data: ExportIn) -> export.Wanted:
    names = column_names(None if data.columns is None else ",".join(data.columns))
    return export.Wanted(format=data.format, columns=names, subscriptions=data.subscriptions, segments=data.segments)
