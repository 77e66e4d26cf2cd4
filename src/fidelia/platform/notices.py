"""Notices: what the installation has to say to the people who run it, until somebody has read it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

import msgspec
import structlog

from .postgres import Tx

Level = Literal["info", "warning", "critical"]
log = structlog.get_logger(__name__)


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """Something to be read. ``link`` is an address in the web application, or empty."""

    id: int
    kind: str
    level: Level
    title: str
    body: str
    link: str
    created_at: datetime


async def tell(tx: Tx, *, kind: str, level: Level, title: str, body: str = "", link: str = "") -> None:
    """Put up a notice and write it to the log; open ones of the same kind are replaced."""
    raw = await tx.raw()
    await raw.execute(
        "update notice set dismissed_at = %s, dismissed_by = 'replaced' where kind = %s and dismissed_at is null",
        (tx.now, kind),
    )
    await raw.execute(
        "insert into notice (kind, level, title, body, link, created_at) values (%s, %s, %s, %s, %s, %s)",
        (kind, level, title, body, link, tx.now),
    )
    log.warning("notice", kind=kind, level=level, title=title, body=body)


async def open_notices(tx: Tx, limit: int = 50) -> list[Notice]:
    """Return what nobody has dismissed, the latest first."""
    cursor = await (await tx.raw()).execute(
        "select id, kind, level, title, body, link, created_at from notice where dismissed_at is null"
        " order by id desc limit %s",
        (limit,),
    )
    return [
        Notice(
            id=row[0],
            kind=row[1],
            level=row[2],
            title=row[3],
            body=row[4],
            link=row[5],
            created_at=row[6].astimezone(UTC),
        )
        for row in await cursor.fetchall()
    ]


async def dismiss(tx: Tx, notice_id: int, who: str) -> bool:
    """Take a notice down; return ``False`` when there is none."""
    cursor = await (await tx.raw()).execute(
        "update notice set dismissed_at = coalesce(dismissed_at, %s), dismissed_by = coalesce(dismissed_by, %s)"
        " where id = %s",
        (tx.now, who, notice_id),
    )
    return cursor.rowcount > 0
