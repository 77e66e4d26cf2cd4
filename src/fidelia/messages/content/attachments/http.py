"""Routes of the files of a template."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote

import multipart
from litestar import Controller, Request, Response, delete, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import OpenAPIFormat, OpenAPIMediaType, OpenAPIType, Operation, RequestBody, Schema
from litestar.params import FromPath, QueryParameter

from fidelia.access import Actor
from fidelia.kernel.errors import FieldError, invalid, malformed, too_large
from fidelia.platform.postgres import Tx

from ...model import Template
from . import rules, service

Name = Annotated[str, QueryParameter(name="name", description="The file's name")]


@dataclass
class FileOperation(Operation):
    """Describes the form in OpenAPI."""

    def __post_init__(self) -> None:
        """Set the request body."""
        schema = Schema(
            type=OpenAPIType.OBJECT,
            required=["file"],
            properties={"file": Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY)},
        )
        self.request_body = RequestBody(required=True, content={"multipart/form-data": OpenAPIMediaType(schema=schema)})


class AttachmentController(Controller):
    """Files that go with every mail of a template."""

    path = "/templates/{template_id:int}/attachments"
    tags = ("Templates",)

    @post(
        "/",
        opt={"right": "templates:update"},
        status_code=200,
        summary="Attach a file to the draft",
        request_max_body_size=None,
        operation_class=FileOperation,
        responses={200: ResponseSpec(Template, description="The draft with its files", generate_examples=False)},
    )
    async def attach(
        self, request: Request[Any, Any, Any], tx: Tx, actor: Actor, template_id: FromPath[int]
    ) -> Template:
        """Add a file; one of the same name is replaced. What it is called must be what it is."""
        name, data = await _received(request)
        return await service.attach(tx, actor, template_id, name, data)

    @delete("/", opt={"right": "templates:update"}, status_code=200, summary="Take a file off the draft")
    async def detach(self, tx: Tx, actor: Actor, template_id: FromPath[int], name: Name) -> Template:
        """Take a file off; versions that were published with it keep it."""
        return await service.detach(tx, actor, template_id, name)

    @get("/content", opt={"right": "templates:read"}, summary="An attached file", media_type="application/octet-stream")
    async def content(self, tx: Tx, template_id: FromPath[int], name: Name) -> Response[bytes]:
        """Return a file of the draft to be saved."""
        file, data = await service.content(tx, template_id, name)
        headers = {
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file.name, safe='')}",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; sandbox",
        }
        return Response(data, media_type="application/octet-stream", headers=headers)


async def _received(request: Request[Any, Any, Any]) -> tuple[str, bytes]:
    """Return the name and content of the part ``file`` of a form; raise 400, 413, 422."""
    kind, options = multipart.parse_options_header(request.headers.get("content-type", ""))
    if kind != "multipart/form-data" or not options.get("boundary"):
        raise malformed("Send the file as multipart/form-data, in a part named file")
    name: str | None = None
    data = bytearray()
    reading = False
    try:
        parser = multipart.PushMultipartParser(options["boundary"], max_segment_count=5)
        async for chunk in request.stream():
            for event in parser.parse(chunk):
                if isinstance(event, multipart.MultipartSegment):
                    reading = event.name == "file" and name is None
                    if reading:
                        name = event.filename or ""
                elif event is not None and reading:
                    data += event
                    if len(data) > rules.MAX_BYTES:
                        raise too_large(f"A file has {rules.MAX_BYTES // 1_000_000} MB at most")
        parser.close()
    except multipart.ParserLimitReached as exc:
        raise too_large(f"The form is too large: {exc}") from exc
    except (multipart.MultipartError, UnicodeDecodeError) as exc:
        raise malformed(f"The form cannot be read: {exc}") from exc
    if name is None:
        raise invalid(FieldError("/file", "Choose a file"))
    return name, bytes(data)
