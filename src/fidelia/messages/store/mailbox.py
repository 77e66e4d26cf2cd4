"""Queries of the capture mailbox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
import sqlalchemy as sa

from fidelia.kernel.errors import not_found
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.listing import folded, sorted_rows
from fidelia.platform.postgres import Tx

from ..tables import captured_mail

Raw = psycopg.AsyncConnection[Any]
_LIST = [c for c in captured_mail.c if c.name != "source"]


@dataclass(frozen=True, slots=True)
class Caught:
    """A mail as it came in."""

    received_at: datetime
    envelope_from: str
    recipients: Sequence[str]
    sender: str
    subject: str
    source: bytes
    mailing_id: int | None = None
    run_id: int | None = None
    profile_id: int | None = None


async def insert(raw: Raw, mails: Sequence[Caught]) -> None:
    """Store mails in one COPY."""
    columns = "received_at, envelope_from, recipients, sender, subject, size, mailing_id, run_id, profile_id, source"
    async with raw.cursor() as cursor, cursor.copy(f"copy captured_mail ({columns}) from stdin") as copy:
        for mail in mails:
            await copy.write_row(
                (
                    mail.received_at,
                    mail.envelope_from,
                    list(mail.recipients),
                    mail.sender,
                    mail.subject,
                    len(mail.source),
                    mail.mailing_id,
                    mail.run_id,
                    mail.profile_id,
                    mail.source,
                )
            )


async def trim(raw: Raw, keep: int) -> int:
    """Keep the newest mails only; return how many went."""
    cursor = await raw.execute(
        "delete from captured_mail where id <= (select id from captured_mail order by id desc offset %s limit 1)",
        (keep,),
    )
    return cursor.rowcount


async def address(raw: Raw) -> tuple[str, int] | None:
    """Return where the mailbox listens, or ``None`` when none was ever started."""
    row = await (await raw.execute("select host, port from mailbox_server where id = 1")).fetchone()
    return (str(row[0]), int(row[1])) if row else None


async def announce(raw: Raw, host: str, port: int, now: datetime) -> None:
    """Say where the mailbox listens."""
    await raw.execute(
        "insert into mailbox_server (id, host, port, started_at) values (1, %s, %s, %s)"
        " on conflict (id) do update set host = excluded.host, port = excluded.port, started_at = excluded.started_at",
        (host, port, now),
    )


_SORTS: Mapping[str, sa.ColumnElement[Any]] = {
    "id": captured_mail.c.id,
    "subject": folded(captured_mail.c.subject),
    "to": folded(captured_mail.c.recipients[1]),
    "sender": folded(captured_mail.c.sender),
    "size": captured_mail.c.size,
    "received_at": captured_mail.c.received_at,
}


async def pages(
    tx: Tx, page: PageRequest, *, mailing_id: int | None, profile_id: int | None, to: str | None
) -> Page[sa.Row[Any]]:
    """Return a page of mails without their sources, the newest first if not sorted."""
    where = []
    if mailing_id is not None:
        where.append(captured_mail.c.mailing_id == mailing_id)
    if profile_id is not None:
        where.append(captured_mail.c.profile_id == profile_id)
    if to:
        where.append(captured_mail.c.recipients.contains([to.strip().lower()]))
    if page.q:
        where.append(
            captured_mail.c.subject.icontains(page.q, autoescape=True)
            | sa.func.array_to_string(captured_mail.c.recipients, " ").icontains(page.q, autoescape=True)
        )
    total = await tx.scalar(sa.select(sa.func.count()).select_from(captured_mail).where(*where))
    rows, cursor = await sorted_rows(
        tx, sa.select(*_LIST).where(*where), page, sorts=_SORTS, key=captured_mail.c.id, default="-id"
    )
    return Page(rows, cursor, total)


async def get(tx: Tx, mail_id: int) -> sa.Row[Any]:
    """Return a mail with its source; raise 404."""
    row = await tx.first(sa.select(captured_mail).where(captured_mail.c.id == mail_id)) if mail_id < 2**63 else None
    if row is None:
        raise not_found("Mail", mail_id)
    return row


async def delete(tx: Tx, mail_id: int | None) -> int:
    """Remove one mail, or all; return how many went."""
    query = sa.delete(captured_mail)
    if mail_id is not None:
        query = query.where(captured_mail.c.id == mail_id)
    return (await tx.execute(query)).rowcount
