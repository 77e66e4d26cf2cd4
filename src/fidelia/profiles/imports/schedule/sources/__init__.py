"""Where rows come from: each source brings them into a file that the ordinary import reads."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator

from fidelia.platform.engines import Engines
from fidelia.platform.fetch import Fetcher, Guard
from fidelia.platform.files import Files

from ..model import ImportSource, UrlSource
from . import sql, url
from .model import SQL_FORMAT, Brought, Known, Progress, Sample

__all__ = ["SQL_FORMAT", "Brought", "Known", "Sample", "bring", "sample"]


async def bring(
    engines: Engines, source: ImportSource, secret: str | None, key: str, known: Known, progress: Progress
) -> Brought | None:
    """Fetch everything into the file of a key; ``None`` when it is what is ``known`` already. Raises a Problem.

    ``progress`` is called with the rows or bytes so far, and may raise to stop.
    """
    files = Files(engines.files)
    limit = engines.settings.limits.file_bytes
    digest = hashlib.blake2b(digest_size=16)

    async def hashed(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for chunk in chunks:
            digest.update(chunk)
            yield chunk

    if isinstance(source, UrlSource):
        async with Fetcher(engines.settings) as fetcher, url.reply(fetcher, source, secret, known, limit) as reply:
            if reply.not_modified:
                return None
            size = await files.save(key, hashed(url.watched(reply.chunks(), progress)), limit)
            found = Brought(size, digest.hexdigest(), etag=reply.etag, last_modified=reply.last_modified)
    else:
        counted = sql.Counted()
        size = await files.save(key, hashed(sql.lines(engines, source, secret, progress, counted)), limit)
        found = Brought(size, digest.hexdigest(), rows=counted.rows)
    if known.content_hash == found.content_hash:
        files.delete(key)
        return None
    return found


async def sample(engines: Engines, source: ImportSource, secret: str | None, key: str) -> Sample:
    """Fetch the beginning into the file of a key, within seconds. Raises a Problem."""
    if isinstance(source, UrlSource):
        async with Fetcher(engines.settings) as fetcher:
            return await url.sample(fetcher, Files(engines.files), source, secret, key)
    return await sql.sample(engines, Guard(engines.settings), source, secret, key)
