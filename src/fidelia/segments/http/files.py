"""Routes of files of a segment's people: streamed at once, or written by a job and downloaded."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
from litestar import Controller, get, post
from litestar.params import FromPath
from litestar.response import File, Stream

from fidelia.access import Actor
from fidelia.kernel.errors import conflict
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.engines import Engines
from fidelia.platform.files import Files
from fidelia.platform.http import Body, Strict
from fidelia.platform.postgres import Tx

from ..model import SegmentExport
from ..service import export, people
from ..store import exports as exports_store
from ..store import segments as store
from .members import Columns, column_names

_MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class ExportIn(Body, frozen=True):
    """The file that is wanted; without ``columns`` it has every field."""

    format: export.Format = "csv"
    columns: Annotated[list[str], msgspec.Meta(max_length=500)] | None = None


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
        summary="Write the people of a segment to a file, CSV or XLSX",
    )
    async def start(
        self, tx: Tx, actor: Actor, segment_id: FromPath[int], data: ExportIn | None = None
    ) -> export.Started:
        """Start a job; its result has the ``url`` of the file, which is kept for a week."""
        wanted = data or ExportIn()
        names = column_names(None if wanted.columns is None else ",".join(wanted.columns))
        return await export.start(tx, actor, segment_id, wanted.format, names)

    @get("/{segment_id:int}/exports", opt={"right": "profiles:read"}, summary="List the files of a segment")
    async def exports(self, tx: Tx, page: PageRequest, segment_id: FromPath[int]) -> Page[SegmentExport]:
        """Return a page of files, newest first."""
        await store.get(tx, segment_id)
        return await exports_store.page(tx, segment_id, page)

    @get(
        "/exports/{export_id:int}/file",
        opt={"right": "profiles:read", "stream": True},
        summary="Download a file of a segment's people",
    )
    async def download(self, tx: Tx, engines: Engines, export_id: FromPath[int]) -> File:
        """Return the file; 409 while it is being written."""
        row = await exports_store.find(tx, export_id)
        path = None if row.file_key is None else Path(Files(engines.files).path(row.file_key))
        if path is None or not path.exists():
            raise conflict("This file is not there (yet): see its job")
        return File(path, filename=row.file_name, media_type=_MEDIA[row.format], content_disposition_type="attachment")
