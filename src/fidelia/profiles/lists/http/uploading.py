"""The form of a file for a list or a table: read as it comes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import anyio.to_thread
import msgspec
from litestar import Request, Response
from litestar.openapi.spec import OpenAPIFormat, OpenAPIMediaType, OpenAPIType, Operation, RequestBody, Schema

from fidelia.access import Actor
from fidelia.kernel.errors import FieldError, invalid, malformed
from fidelia.platform.files import Files
from fidelia.platform.http.strict import decode_problem
from fidelia.platform.postgres import Tx

from ...imports.readers import FileFormat
from ...imports.upload import Upload, receive
from ..model import ListLoad, ListLoadStarted, LoadMode, SheetReading
from ..service import loads as service
from ..sheet import SheetKind

PARTS = {"file", "column", "mapping", "mode", "reading", "format", "run"}


def _text(description: str) -> Schema:
    return Schema(type=OpenAPIType.STRING, description=description)


def _form(more: dict[str, Schema]) -> RequestBody:
    file = Schema(
        type=OpenAPIType.STRING,
        format=OpenAPIFormat.BINARY,
        description="CSV, TSV, XLSX, JSON lines, or one value a line; zip, gz",
    )
    schema = Schema(type=OpenAPIType.OBJECT, required=["file"], properties={"file": file, **more})
    return RequestBody(required=True, content={"multipart/form-data": OpenAPIMediaType(schema=schema)})


_FORMAT = _text("JSON: FileFormat, when it shall not be found out")


@dataclass
class LoadOperation(Operation):
    """Describes the form in OpenAPI."""

    def __post_init__(self) -> None:
        """Set the request body."""
        self.request_body = _form(
            {
                "column": _text("Of a list: the column with the values. Runs at once"),
                "mapping": _text('Of a table, JSON: {"Column of the file": "column"}. Runs at once'),
                "mode": _text("add (default): what is there stays; replace: only what the file has"),
                "reading": _text("JSON: SheetReading"),
                "format": _FORMAT,
                "run": _text("true: run now as proposed; false: only upload"),
            }
        )


@dataclass
class LookOperation(Operation):
    """Describes the form in OpenAPI."""

    def __post_init__(self) -> None:
        """Set the request body."""
        self.request_body = _form({"format": _FORMAT})


@asynccontextmanager
async def received(request: Request[Any, Any, Any], tx: Tx, parts: set[str]) -> AsyncIterator[Upload]:
    """Receive a form; the file is kept only when the block ends well."""
    files = Files(tx.engines.files)
    form = await receive(request, files, tx.engines.settings.limits.file_bytes)
    try:
        if unknown := sorted(set(form.parts) - parts):
            raise invalid(FieldError(f"/{unknown[0][:100]}", "There is no such part of this form"))
        yield form
    except BaseException:
        await anyio.to_thread.run_sync(files.delete, form.file_key)
        raise


def json_part(parts: dict[str, str], name: str, kind: Any) -> Any:
    """Return a part that holds JSON, ``None`` when there is none; raise 400 or 422."""
    if not parts.get(name, "").strip():
        return None
    try:
        return msgspec.json.decode(parts[name], type=kind)
    except (msgspec.DecodeError, RecursionError) as exc:
        problem = decode_problem(exc)
        if problem.status == 400:
            raise malformed(f"The part {name} is not valid JSON") from exc
        raise invalid(*(FieldError(f"/{name}{e.pointer}", e.message) for e in problem.errors)) from exc


def _choice(parts: dict[str, str], name: str, allowed: tuple[str, ...]) -> str | None:
    text = parts.get(name, "").strip().lower()
    if text and text not in allowed:
        raise invalid(FieldError(f"/{name}", f"This must be {' or '.join(allowed)}"))
    return text or None


async def upload(
    request: Request[Any, Any, Any], tx: Tx, actor: Actor, kind: SheetKind, number: int
) -> Response[ListLoad | ListLoadStarted]:
    """Take over a file; 202 with the job when it runs at once, 201 with what was found out about it otherwise."""
    async with received(request, tx, PARTS) as form:
        parts = form.parts
        mode: LoadMode | None = msgspec.convert(_choice(parts, "mode", ("add", "replace")), LoadMode | None)
        run = _choice(parts, "run", ("true", "false"))
        mapping = json_part(parts, "mapping", dict[str, str])
        reading = json_part(parts, "reading", SheetReading)
        made = await service.create_load(
            tx,
            actor,
            kind,
            number,
            file_key=form.file_key,
            file_name=form.file_name,
            file_size=form.size,
            how=json_part(parts, "format", FileFormat),
        )
        if parts.get("column"):
            mapping = await service.column_mapping(tx, made.id, parts["column"])
        if run == "true" or (run is None and mapping is not None):
            started = await service.start_load(tx, actor, made.id, mapping=mapping, mode=mode, reading=reading)
            return Response(started, status_code=202)
        return Response(made, status_code=201)
