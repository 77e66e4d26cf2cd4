"""Getting the file of a feed from its address, whole for a run, or its beginning for a look."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable

import msgspec

from fidelia.platform.engines import Engines
from fidelia.platform.fetch import Fetcher, FetchLimits, FetchProblem
from fidelia.platform.files import Files

from .model import FeedAddress
from .rules import credentials

AREA = "feeds"
SAMPLE_BYTES = 5_000_000
SAMPLE_SECONDS = 20.0
#: As servers call feeds; many know no better than "some bytes".
TYPES = frozenset(
    {"text/xml", "application/xml", "application/rss+xml", "application/atom+xml", "text/html", "application/x-yml"}
    | {"text/csv", "text/plain", "text/tab-separated-values", "text/tsv", "application/csv", "text/yml", "text/x-yml"}
    | {"application/zip", "application/x-zip-compressed", "application/gzip", "application/x-gzip", "application/x-tar"}
    | {"application/x-compressed-tar", "application/x-gtar", "application/octet-stream", "binary/octet-stream"}
    | {"application/force-download", "application/download"}
)


class Brought(msgspec.Struct, frozen=True):
    """What was fetched: bytes, a hash of them, the server's marks."""

    size: int
    content_hash: str
    etag: str | None
    last_modified: str | None


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What was loaded last; nothing is set when it shall be fetched in any case."""

    etag: str | None = None
    last_modified: str | None = None
    content_hash: str | None = None


async def bring(
    engines: Engines,
    source: FeedAddress,
    secret: str | None,
    key: str,
    known: Known,
    check: Callable[[], Awaitable[None]],
) -> Brought | None:
    """Fetch the file to a key; ``None`` when it is what is ``known`` already. ``check`` may raise to stop."""
    files = Files(engines.files)
    limit = engines.settings.limits.file_bytes
    digest = hashlib.blake2b(digest_size=16)

    async def hashed(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for chunk in chunks:
            await check()
            digest.update(chunk)
            yield chunk

    try:
        async with (
            Fetcher(engines.settings) as fetcher,
            fetcher.get(
                source.url,
                headers=credentials(source, secret),
                etag=known.etag,
                last_modified=known.last_modified,
                types=TYPES,
                limits=FetchLimits(max_bytes=limit),
            ) as reply,
        ):
            if reply.not_modified:
                return None
            size = await files.save(key, hashed(reply.chunks()), limit)
            found = Brought(size, digest.hexdigest(), reply.etag, reply.last_modified)
    except FetchProblem as exc:
        raise _placed(exc) from exc
    if found.content_hash == known.content_hash:
        files.delete(key)
        return None
    return found


async def sample(engines: Engines, source: FeedAddress, secret: str | None, key: str) -> tuple[int, bool]:
    """Fetch the beginning to a key within seconds; return how much it is, and whether it is all."""
    limits = FetchLimits(connect_seconds=8, read_seconds=15, total_seconds=SAMPLE_SECONDS, max_bytes=SAMPLE_BYTES)
    try:
        async with (
            Fetcher(engines.settings) as fetcher,
            fetcher.get(source.url, headers=credentials(source, secret), types=TYPES, limits=limits) as reply,
        ):
            size = await Files(engines.files).save(key, reply.chunks(cut=True), SAMPLE_BYTES)
    except FetchProblem as exc:
        raise _placed(exc) from exc
    return size, size < SAMPLE_BYTES


def _placed(exc: FetchProblem) -> FetchProblem:
    return FetchProblem(exc.reason, exc.detail, pointer="/source/header" if exc.reason == "header" else "/source/url")
