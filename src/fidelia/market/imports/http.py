"""Routes of the market's imports."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any, get_args

import anyio.to_thread
import msgspec
from litestar import Controller, Request, get, post
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream

from fidelia import profiles
from fidelia.access import Actor
from fidelia.kernel.errors import FieldError, invalid
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.engines import Engines
from fidelia.platform.files import Files
from fidelia.platform.http import Strict, csv_file
from fidelia.platform.postgres import Tx

from . import service, store
from .model import ImportField, ImportKind, ImportRun, MarketImport, MarketImportStarted, RejectedRow

_PARTS = {"kind", "database"}
_AT_ONCE = 1000


class ImportFieldList(msgspec.Struct, frozen=True):
    """What the columns of a file may be."""

    items: list[ImportField]


class RejectedList(msgspec.Struct, frozen=True):
    """The first lines that were refused; the file of them has all."""

    items: list[RejectedRow]


class MarketImportController(Controller):
    """Imports of products, SKUs and orders from files."""

    path = "/market/imports"
    tags = ("Market",)

    @get("/", opt={"right": "market:read"}, summary="List the market's imports")
    async def list_imports(self, tx: Tx, page: PageRequest) -> Page[MarketImport]:
        """Return a page, newest first."""
        return await store.page(tx, page)

    @get("/fields", opt={"right": "market:read"}, summary="What columns may be")
    async def fields(
        self, tx: Tx, kind: Annotated[ImportKind, QueryParameter(name="kind", description="products, skus or orders")]
    ) -> ImportFieldList:
        """Return the fields that columns of such a file may be."""
        return ImportFieldList(await service.fields(tx, kind))

    @post("/", opt={"right": "market:create"}, request_max_body_size=None, summary="Upload a file")
    async def upload(self, request: Request[Any, Any, Any], tx: Tx, actor: Actor) -> MarketImport:
        """Take the parts ``file``, ``kind`` and (of orders) ``database`` of a form; say what the columns look like."""
        folder = Files(tx.engines.files)
        form = await profiles.receive_upload(request, folder, tx.engines.settings.limits.file_bytes, service.AREA)
        try:
            if unknown := sorted(set(form.parts) - _PARTS):
                raise invalid(FieldError(f"/{unknown[0][:100]}", "There is no such part of this form"))
            kind: Any = form.parts.get("kind", "")
            if kind not in get_args(ImportKind):
                raise invalid(FieldError("/kind", "This must be products, skus or orders"))
            number = form.parts.get("database", "").strip()
            if number and not number.isdecimal():
                raise invalid(FieldError("/database", "A database is named by its number"))
            database = int(number) if number else None
            return await service.create(tx, actor, kind, database, file_key=form.file_key, file_name=form.file_name)
        except BaseException:
            await anyio.to_thread.run_sync(folder.delete, form.file_key)
            raise

    @get("/{import_id:int}", opt={"right": "market:read"}, summary="Read an import with its counts")
    async def one(self, tx: Tx, import_id: FromPath[int]) -> MarketImport:
        """Return an import; while it runs the counts grow."""
        return (await store.find(tx, import_id))[0]

    @post(
        "/{import_id:int}/run",
        dto=Strict[ImportRun],
        return_dto=None,
        status_code=202,
        opt={"right": "market:create"},
        summary="Run an import, or go on with it",
    )
    async def run(self, tx: Tx, actor: Actor, import_id: FromPath[int], data: ImportRun) -> MarketImportStarted:
        """Return the job that writes the rows."""
        actor.require("market:update")
        return await service.start(tx, actor, import_id, data)

    @get("/{import_id:int}/rejected", opt={"right": "market:read"}, summary="The first refused lines")
    async def rejected(self, tx: Tx, import_id: FromPath[int]) -> RejectedList:
        """Return the first hundred lines that were refused, and why; kept for 30 days."""
        await store.find(tx, import_id)
        return RejectedList(await store.refused(tx, import_id, 0, 100))

    @get("/{import_id:int}/rejected.csv", opt={"right": "market:read"}, summary="Download the refused lines")
    async def rejected_csv(self, tx: Tx, engines: Engines, import_id: FromPath[int]) -> Stream:
        """Return a CSV of the refused lines as they stood in the file, with their numbers and the reasons."""
        found, _, _ = await store.find(tx, import_id)
        return csv_file(f"import-{import_id}-rejected.csv", _csv(engines, found))


async def _csv(engines: Engines, found: MarketImport) -> AsyncIterator[bytes]:
    """Read some at a time, each in a transaction of its own: a slow reader must not hold one open."""
    head = ["line", "reason", *(column.name for column in found.columns)]
    yield b"\xef\xbb\xbf" + profiles.files.csv_line(head).encode()
    last = 0
    while True:
        async with engines.tx() as tx:
            rows = await store.refused(tx, found.id, last, _AT_ONCE)
        if not rows:
            return
        last = rows[-1].line
        yield "".join(profiles.files.csv_line([r.line, r.error, *r.cells]) for r in rows).encode()
