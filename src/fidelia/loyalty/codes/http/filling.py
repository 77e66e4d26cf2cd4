"""Routes that fill pools: codes made in bulk, imported, read from files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import anyio.to_thread
import msgspec
from litestar import Controller, Request, get, post
from litestar.openapi.spec import OpenAPIFormat, OpenAPIMediaType, OpenAPIType, Operation, RequestBody, Schema
from litestar.params import FromPath

from fidelia import profiles
from fidelia.access import Actor
from fidelia.kernel.errors import FieldError, invalid
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.files import Files
from fidelia.platform.http import Body, Strict
from fidelia.platform.jobs import JobRef
from fidelia.platform.postgres import Tx

from ..model import ImportedCodes, PromoBatch, PromoLine
from ..service import batches, importing
from ..service.importing import CodeIn


class CodesWanted(Body, frozen=True):
    """How many codes are to be made; with ``expires_at`` they expire then, whatever the pool says."""

    count: int
    expires_at: datetime | None = None


class CodesIn(Body, frozen=True):
    """Codes from outside."""

    items: Annotated[list[CodeIn], msgspec.Meta(max_length=10_000)]


class BatchStarted(msgspec.Struct, frozen=True):
    """The batch, and the job that works on it."""

    batch: PromoBatch
    job: JobRef


@dataclass
class FileOperation(Operation):
    """Describes the form in OpenAPI: it is read as it comes, so there is no parameter to derive it from."""

    def __post_init__(self) -> None:
        """Set the request body."""
        file = Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY, description="CSV, TSV, JSON lines; zip, gz")
        schema = Schema(type=OpenAPIType.OBJECT, required=["file"], properties={"file": file})
        self.request_body = RequestBody(required=True, content={"multipart/form-data": OpenAPIMediaType(schema=schema)})


class FillingController(Controller):
    """How codes get into a pool."""

    path = "/promo-codes/pools/{pool_id:int}"
    tags = ("Promo codes",)

    @post(
        "/codes",
        dto=Strict[CodesWanted],
        return_dto=None,
        status_code=202,
        opt={"right": "loyalty:run"},
        summary="Make codes",
    )
    async def make(self, tx: Tx, actor: Actor, pool_id: FromPath[int], data: CodesWanted) -> BatchStarted:
        """Start a job that makes so many codes by the pool's pattern, or fetches them from its service."""
        return BatchStarted(*await batches.ask(tx, actor, pool_id, data.count, data.expires_at))

    @post(
        "/codes/import",
        dto=Strict[CodesIn],
        return_dto=None,
        status_code=200,
        opt={"right": "loyalty:run"},
        summary="Import codes",
    )
    async def import_codes(self, tx: Tx, actor: Actor, pool_id: FromPath[int], data: CodesIn) -> ImportedCodes:
        """Store up to 10,000 codes; the answer has a row for each."""
        return await importing.import_codes(tx, actor, pool_id, data.items)

    @post(
        "/codes/file",
        status_code=202,
        opt={"right": "loyalty:run"},
        summary="Import codes from a file",
        request_max_body_size=None,
        operation_class=FileOperation,
    )
    async def import_file(
        self, request: Request[Any, Any, Any], tx: Tx, actor: Actor, pool_id: FromPath[int]
    ) -> BatchStarted:
        """Upload a file (CSV, TSV, JSON lines; zip, gz) in the part ``file``; a job reads its codes."""
        files = Files(tx.engines.files)
        form = await profiles.receive_upload(request, files, tx.engines.settings.limits.file_bytes)
        try:
            if form.parts:
                raise invalid(FieldError(f"/{next(iter(form.parts))[:100]}", "There is no such part of this form"))
            return BatchStarted(*await importing.import_file(tx, actor, pool_id, form.file_key, form.file_name))
        except BaseException:
            await anyio.to_thread.run_sync(files.delete, form.file_key)
            raise

    @get("/batches", opt={"right": "loyalty:read"}, summary="List batches of codes")
    async def list_batches(self, tx: Tx, page: PageRequest, pool_id: FromPath[int]) -> Page[PromoBatch]:
        """Return a page, the newest first: what was asked for, and what came of it."""
        return await batches.page(tx, pool_id, page)

    @get(
        "/batches/{batch_id:int}/lines",
        opt={"right": "loyalty:read"},
        summary="Lines of a file that became no code",
    )
    async def list_lines(
        self, tx: Tx, page: PageRequest, pool_id: FromPath[int], batch_id: FromPath[int]
    ) -> Page[PromoLine]:
        """Return a page of lines, and why each became no code."""
        return await batches.lines(tx, pool_id, batch_id, page)
