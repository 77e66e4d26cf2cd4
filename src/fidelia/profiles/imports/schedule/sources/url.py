"""Files at an address."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio.to_thread

from fidelia.kernel.errors import FieldError, Problem
from fidelia.platform.fetch import Fetcher, FetchLimits, FetchProblem, Reply
from fidelia.platform.files import Files

from ..model import UrlSource
from .model import SAMPLE_SECONDS, Known, Progress, Sample

#: As servers call files that can be imported; many know no better than "some bytes".
TYPES = frozenset(
    {"text/csv", "text/plain", "text/tab-separated-values", "text/comma-separated-values", "text/x-csv", "text/tsv"}
    | {"application/csv", "application/x-csv", "application/json", "application/jsonl", "application/x-jsonlines"}
    | {"application/jsonlines", "application/json-lines", "application/x-ndjson", "application/ndjson", "text/x-json"}
    | {"application/vnd.ms-excel", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
    | {"application/zip", "application/x-zip-compressed", "application/gzip", "application/x-gzip"}
    | {"application/octet-stream", "binary/octet-stream", "application/force-download", "application/download"}
)
SAMPLE_BYTES = 20_000_000
_ARCHIVES = (b"PK\x03\x04", b"\x1f\x8b")


def credentials(source: UrlSource, secret: str | None) -> dict[str, str]:
    """Return the headers that sign in."""
    if source.auth == "none" or secret is None:
        return {}
    if source.auth == "basic":
        return {"Authorization": "Basic " + b64encode(f"{source.username}:{secret}".encode()).decode()}
    return {"Authorization": f"Bearer {secret}"} if source.auth == "bearer" else {source.header: secret}


@asynccontextmanager
async def reply(
    fetcher: Fetcher, source: UrlSource, secret: str | None, known: Known, limit: int
) -> AsyncIterator[Reply]:
    """Begin to get the file, unless it has not changed."""
    try:
        async with fetcher.get(
            source.url,
            headers=credentials(source, secret),
            etag=known.etag,
            last_modified=known.last_modified,
            types=TYPES,
            limits=FetchLimits(max_bytes=limit),
        ) as found:
            yield found
    except FetchProblem as exc:
        raise _placed(exc) from exc


async def watched(chunks: AsyncIterator[bytes], progress: Progress) -> AsyncIterator[bytes]:
    """Pass pieces on, and tell how many bytes there were."""
    size = 0
    async for chunk in chunks:
        size += len(chunk)
        await progress(size)
        yield chunk


async def sample(fetcher: Fetcher, files: Files, source: UrlSource, secret: str | None, key: str) -> Sample:
    """Get the file, or as much of its beginning as a preview needs."""
    limits = FetchLimits(connect_seconds=8, read_seconds=15, total_seconds=SAMPLE_SECONDS, max_bytes=SAMPLE_BYTES)
    try:
        async with fetcher.get(source.url, headers=credentials(source, secret), types=TYPES, limits=limits) as found:
            size = await files.save(key, found.chunks(cut=True), SAMPLE_BYTES)
    except FetchProblem as exc:
        raise _placed(exc) from exc
    whole = size < SAMPLE_BYTES
    if not whole:
        await anyio.to_thread.run_sync(_end_with_a_line, files.path(key))
    return Sample(size=size, whole=whole)


def _end_with_a_line(path: Path) -> None:
    with path.open("r+b") as file:
        if file.read(4).startswith(_ARCHIVES):
            text = (
                f"The file has more than {SAMPLE_BYTES // 1_000_000} MB and is packed, so its beginning tells nothing"
            )
            raise Problem(422, "This file cannot be tried", text, [FieldError("/source/url", text)])
        file.seek(-1_000_000, 2)
        tail = file.read()
        file.truncate(SAMPLE_BYTES - len(tail) + tail.rfind(b"\n") + 1)


def _placed(exc: FetchProblem) -> FetchProblem:
    pointer = "/source/header" if exc.reason == "header" else "/source/url"
    return FetchProblem(exc.reason, exc.detail, pointer=pointer)
