"""Queries of attached files."""

from __future__ import annotations

from collections.abc import Collection

import msgspec
import sqlalchemy as sa

from fidelia.platform.postgres import Tx

from ...markup.model import AttachedFile
from ...tables import template, template_version
from ..tables import attachment


async def put(tx: Tx, digest: str, data: bytes) -> None:
    """Keep the content of a file; the same content is kept once."""
    raw = await tx.raw()
    await raw.execute(
        "insert into attachment (digest, size, content, created_at) values (%s, %s, %s, %s) on conflict do nothing",
        (bytes.fromhex(digest), len(data), data, tx.now),
    )


async def contents(tx: Tx, digests: Collection[str]) -> dict[str, bytes]:
    """Return the content of files, by digest."""
    if not digests:
        return {}
    rows = await tx.all(
        sa.select(attachment.c.digest, attachment.c.content).where(
            attachment.c.digest.in_([bytes.fromhex(digest) for digest in digests])
        )
    )
    return {bytes(row.digest).hex(): bytes(row.content) for row in rows}


async def set_files(tx: Tx, template_id: int, files: list[AttachedFile]) -> None:
    """Say which files a draft has."""
    values = {"attachments": msgspec.to_builtins(files), "updated_at": tx.now}
    await tx.execute(sa.update(template).where(template.c.id == template_id).values(**values))


async def drop_unused(tx: Tx, digest: str) -> None:
    """Forget the content of a file that neither a draft nor a version has."""
    one = [{"digest": digest}]
    used = sa.select(
        sa.or_(
            sa.exists().where(template.c.attachments.contains(one)),
            sa.exists().where(template_version.c.refers["attachments"].contains(one)),
        )
    )
    if not await tx.scalar(used):
        await tx.execute(sa.delete(attachment).where(attachment.c.digest == bytes.fromhex(digest)))
