"""Routes of imports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import anyio.to_thread
import msgspec
from litestar import Controller, Request, Response, delete, get, patch, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import OpenAPIFormat, OpenAPIMediaType, OpenAPIType, Operation, RequestBody, Schema
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream
from msgspec import UNSET, UnsetType

from fidelia.access import Actor
from fidelia.kernel.errors import FieldError, invalid, malformed
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.files import Files
from fidelia.platform.http import Body, Strict, csv_file
from fidelia.platform.http.strict import decode_problem
from fidelia.platform.postgres import Tx

from ..service.databases import get_database
from . import service
from .model import ColumnMapping, ImportOptions, ImportOut, ImportPreview, ImportStarted
from .readers import FileFormat
from .rows import Kind, ReportedRow, reported_rows
from .upload import receive

_OPTIONS = ("matching", "mode", "clear_empty", "raise_consent")
_PARTS = {"file", "mapping", "others", "options", "format", "run", *_OPTIONS}


class ImportPatch(Body, frozen=True, kw_only=True):
    """What to change of an import before it runs; what is not sent stays."""

    format: FileFormat | UnsetType = UNSET
    mapping: list[ColumnMapping] | UnsetType = UNSET
    options: ImportOptions | UnsetType = UNSET


def _text(description: str) -> Schema:
    return Schema(type=OpenAPIType.STRING, description=description)


@dataclass
class UploadOperation(Operation):
    """Describes the form in OpenAPI: it is read as it comes, so there is no parameter to derive it from."""

    def __post_init__(self) -> None:
        """Set the request body."""
        schema = Schema(
            type=OpenAPIType.OBJECT,
            required=["file"],
            properties={
                "file": Schema(
                    type=OpenAPIType.STRING,
                    format=OpenAPIFormat.BINARY,
                    description="CSV, TSV, XLSX, JSON lines; zip, gz",
                ),
                "mapping": _text('JSON: {"Column": "field", "Other": null} or a list of ColumnMapping. Runs at once'),
                "others": _text("What becomes of columns that the mapping leaves out: ignore (default) or guess"),
                "options": _text("JSON: ImportOptions"),
                "format": _text("JSON: FileFormat, when it shall not be found out"),
                "matching": _text("As in ImportOptions"),
                "mode": _text("As in ImportOptions"),
                "clear_empty": _text("true or false"),
                "raise_consent": _text("true or false"),
                "run": _text("true: run now, with guesses if there is no mapping; false: only upload"),
            },
        )
        self.request_body = RequestBody(required=True, content={"multipart/form-data": OpenAPIMediaType(schema=schema)})


class DatabaseImportController(Controller):
    """The imports of a database."""

    path = "/databases/{database_id:int}/imports"
    tags = ("Imports",)

    @get("/", opt={"right": "imports:read"}, summary="List imports")
    async def list_imports(self, tx: Tx, page: PageRequest, database_id: FromPath[int]) -> Page[ImportOut]:
        """Return a page, newest first; or sorted by file_name, total, created, updated, rejected, actor or at."""
        return await service.list_imports(tx, page, database_id)

    @post(
        "/",
        opt={"right": "imports:create"},
        summary="Upload a file; with a mapping it is imported at once",
        status_code=201,
        request_max_body_size=None,
        operation_class=UploadOperation,
        responses={202: ResponseSpec(ImportStarted, description="The file is being imported", generate_examples=False)},
    )
    async def upload(
        self, request: Request[Any, Any, Any], tx: Tx, actor: Actor, database_id: FromPath[int]
    ) -> Response[ImportOut | ImportStarted]:
        """Return the import with what was found out about the file, or 202 with the job that writes it."""
        settings = tx.engines.settings
        files = Files(tx.engines.files)
        await get_database(tx, database_id)
        form = await receive(request, files, settings.limits.file_bytes)
        try:
            if unknown := sorted(set(form.parts) - _PARTS):
                raise invalid(FieldError(f"/{unknown[0][:100]}", "There is no such part of this form"))
            mapping = _mapping(form.parts)
            how = _json(form.parts, "format", FileFormat)
            made = await service.create_import(
                tx,
                actor,
                database_id,
                file_key=form.file_key,
                file_name=form.file_name,
                file_size=form.size,
                how=how,
                columns_to=mapping,
                guess_others=_guess_others(form.parts),
                options=_options(form.parts),
            )
            if _flag(form.parts, "run", default=mapping is not None):
                return Response(await service.start_run(tx, actor, made.id), status_code=202)
        except BaseException:
            await anyio.to_thread.run_sync(files.delete, form.file_key)
            raise
        return Response(made, status_code=201)


def _json(parts: dict[str, str], name: str, kind: Any) -> Any:
    if not parts.get(name, "").strip():
        return None
    try:
        return msgspec.json.decode(parts[name], type=kind)
    except (msgspec.DecodeError, RecursionError) as exc:
        problem = decode_problem(exc)
        if problem.status == 400:
            raise malformed(f"The part {name} is not valid JSON") from exc
        raise invalid(*(FieldError(f"/{name}{e.pointer}", e.message) for e in problem.errors)) from exc


def _mapping(parts: dict[str, str]) -> list[ColumnMapping] | None:
    if parts.get("mapping", "").lstrip().startswith("{"):
        short: dict[str, str | None] = _json(parts, "mapping", dict[str, str | None])
        return [ColumnMapping(column=column, field=field or None) for column, field in short.items()]
    found: list[ColumnMapping] | None = _json(parts, "mapping", list[ColumnMapping])
    return found


def _guess_others(parts: dict[str, str]) -> bool:
    others = parts.get("others", "").strip() or "ignore"
    if others not in ("ignore", "guess"):
        raise invalid(FieldError("/others", "This must be ignore or guess"))
    return others == "guess"


def _options(parts: dict[str, str]) -> ImportOptions:
    chosen: ImportOptions = _json(parts, "options", ImportOptions) or ImportOptions()
    single: dict[str, Any] = {name: parts[name] for name in _OPTIONS if name in parts}
    for name in ("clear_empty", "raise_consent"):
        if name in single:
            single[name] = _flag(parts, name, default=False)
    try:
        return msgspec.convert({**msgspec.to_builtins(chosen), **single}, ImportOptions)
    except msgspec.ValidationError as exc:
        raise decode_problem(exc) from exc


def _flag(parts: dict[str, str], name: str, *, default: bool) -> bool:
    text = parts.get(name, "").strip().lower()
    if text not in ("", "true", "false", "1", "0"):
        raise invalid(FieldError(f"/{name}", "This must be true or false"))
    return text in ("true", "1") if text else default


class ImportController(Controller):
    """One import."""

    path = "/imports/{import_id:int}"
    tags = ("Imports",)

    @get("/", opt={"right": "imports:read"}, summary="Read an import with its counts")
    async def read(self, tx: Tx, import_id: FromPath[int]) -> ImportOut:
        """Return an import; while it runs the counts grow, and they always add up to the rows read."""
        return await service.get_import(tx, import_id)

    @get("/preview", opt={"right": "imports:read"}, summary="See the first rows under the present mapping")
    async def preview(self, tx: Tx, import_id: FromPath[int]) -> ImportPreview:
        """Return the columns with examples, suggestions, and how the first thousand rows fare."""
        return await service.preview(tx, import_id)

    @patch(
        "/",
        dto=Strict[ImportPatch],
        return_dto=None,
        opt={"right": "imports:create"},
        summary="Change format, mapping or options before the run",
    )
    async def change(self, tx: Tx, import_id: FromPath[int], data: ImportPatch) -> ImportOut:
        """Return the changed import; another format reads the columns anew."""
        return await service.change_import(
            tx,
            import_id,
            how=data.format or None,
            columns_to=None if data.mapping is UNSET else data.mapping,
            options=data.options or None,
        )

    @post(
        "/check",
        opt={"right": "imports:create"},
        status_code=202,
        summary="Try the whole file without writing anything",
    )
    async def check(self, tx: Tx, actor: Actor, import_id: FromPath[int]) -> ImportStarted:
        """Return the job; its answer stands in the import's ``check`` afterwards."""
        return await service.start_check(tx, actor, import_id)

    @post(
        "/run",
        opt={"right": "imports:create"},
        status_code=202,
        summary="Import the file, or go on where it was stopped",
    )
    async def run(self, tx: Tx, actor: Actor, import_id: FromPath[int]) -> ImportStarted:
        """Return the job that writes the rows."""
        return await service.start_run(tx, actor, import_id)

    @get("/rows", opt={"right": "imports:read"}, summary="List the rows that there is something to say about")
    async def rows(
        self,
        tx: Tx,
        page: PageRequest,
        import_id: FromPath[int],
        kind: Annotated[
            Kind, QueryParameter(name="kind", description="Refused, about somebody a second time, or worth knowing")
        ] = "rejected",
    ) -> Page[ReportedRow]:
        """Return a page of rows in the order of the file, each with all of its faults; kept for 30 days."""
        return await reported_rows(tx, import_id, kind, page)

    @get("/rejected.csv", opt={"right": "imports:read"}, summary="Download the rejected rows with their reasons")
    async def rejected(self, tx: Tx, import_id: FromPath[int]) -> Stream:
        """Return a CSV of row, column, value, reason."""
        return await _download(tx, import_id, "rejected")

    @get("/duplicates.csv", opt={"right": "imports:read"}, summary="Download the rows about the same people")
    async def duplicates(self, tx: Tx, import_id: FromPath[int]) -> Stream:
        """Return a CSV of the rows that another row of the file was about as well."""
        return await _download(tx, import_id, "duplicates")

    @get("/notes.csv", opt={"right": "imports:read"}, summary="Download what else is worth knowing of rows")
    async def notes(self, tx: Tx, import_id: FromPath[int]) -> Stream:
        """Return a CSV of rows whose consent was not raised, or whose subscription could not be stored."""
        return await _download(tx, import_id, "notes")

    @delete("/", opt={"right": "imports:create"}, summary="Forget an import and its file; the profiles stay")
    async def remove(self, tx: Tx, actor: Actor, import_id: FromPath[int]) -> None:
        """Forget an import."""
        await service.delete_import(tx, actor, import_id)


async def _download(tx: Tx, import_id: int, kind: str) -> Stream:
    content = await service.report_csv(tx, import_id, kind)
    return csv_file(f"import-{import_id}-{kind}.csv", content)
