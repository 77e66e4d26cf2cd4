"""Receives an upload: the file goes to disk as it comes, the small parts of the form are kept."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

import msgspec
import multipart
from litestar import Request

from fidelia.kernel.errors import FieldError, invalid, malformed, too_large
from fidelia.platform.files import Files

MAX_PART = 1_000_000
MAX_PARTS = 50
AREA = "imports"


class Upload(msgspec.Struct):
    """A received form: where its file lies, and its other parts as texts."""

    file_key: str
    file_name: str
    size: int
    parts: dict[str, str]


async def receive(request: Request[Any, Any, Any], files: Files, limit: int, area: str = AREA) -> Upload:
    """Store the part ``file`` of a multipart form in an area and return it with the other parts.

    Raises 400 for a body that is no form, 413 above ``limit`` bytes, 422 without a file. Nothing is kept on failure.
    """
    kind, options = multipart.parse_options_header(request.headers.get("content-type", ""))
    if kind != "multipart/form-data" or not options.get("boundary"):
        raise malformed("Send the file as multipart/form-data, in a part named file")
    key = files.new_key(area)
    upload: Upload | None = None
    parts: dict[str, str] = {}
    try:
        events = _events(request, options["boundary"])
        async for event in events:
            if not isinstance(event, multipart.MultipartSegment):
                continue
            if event.name == "file" and upload is None:
                size = await files.save(key, _body(events), limit)
                upload = Upload(key, _shown_name(event.filename), size, parts)
            else:
                parts[event.name or ""] = await _small(event.name or "", _body(events))
    except BaseException:
        files.delete(key)
        raise
    if upload is None:
        raise invalid(FieldError("/file", "Choose a file"))
    return upload


async def _events(request: Request[Any, Any, Any], boundary: str) -> AsyncGenerator[Any, None]:
    try:
        parser = multipart.PushMultipartParser(boundary, max_segment_count=MAX_PARTS)
        async for chunk in request.stream():
            for event in parser.parse(chunk):
                yield event
        parser.close()
    except multipart.ParserLimitReached as exc:
        raise too_large(f"The form is too large: {exc}") from exc
    except (multipart.MultipartError, UnicodeDecodeError) as exc:
        raise malformed(f"The form cannot be read: {exc}") from exc


async def _body(events: AsyncGenerator[Any, None]) -> AsyncGenerator[bytes, None]:
    async for event in events:
        if event is None:
            return
        yield bytes(event)


async def _small(name: str, chunks: AsyncGenerator[bytes, None]) -> str:
    data = bytearray()
    async for chunk in chunks:
        data += chunk
        if len(data) > MAX_PART:
            raise too_large(f"The part {name[:100]} may have {MAX_PART:,} bytes at most")
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise malformed(f"The part {name[:100]} is not UTF-8 text") from None


def _shown_name(name: str | None) -> str:
    """Keep the name for people only: no folders, no control characters."""
    plain = (name or "").replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(c for c in plain if c.isprintable()).strip()[:200] or "upload"
