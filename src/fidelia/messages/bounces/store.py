"""Queries of returned mail: each message's bounce once, soft ones by address, the list that people look at."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple

import psycopg
import sqlalchemy as sa

from fidelia.kernel.errors import not_found
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.listing import folded, sorted_rows
from fidelia.platform.postgres import Tx

from ..model import MessageKey
from ..store.tracking import Key
from ..tables import mailing, returned_mail

Raw = psycopg.AsyncConnection[Any]
#: A mail that has not come back within this time has arrived.
SETTLED = timedelta(days=3)


class Message(NamedTuple):
    """A message that was handed over: its state on the ledger, when, and the hash of the address it went to."""

    state: str
    at: datetime
    contact_hash: bytes
    variant: int


async def message(raw: Raw, run_id: int, key: MessageKey) -> Message | None:
    """Return and lock a message that may have left; ``None`` when it never did."""
    row = await (
        await raw.execute(
            "select state::text, at, contact_hash, variant from delivery"
            " where run_id = %s and profile_id = %s and occasion = %s"
            " and state in ('sent', 'unknown', 'handed') for update",
            (run_id, *key),
        )
    ).fetchone()
    return Message(row[0], row[1], bytes(row[2]), row[3]) if row else None


async def first_time(raw: Raw, key: Key, now: datetime, reason: str) -> bool:
    """Note a bounce or complaint; ``False`` when the same was noted before."""
    cursor = await raw.execute(
        "insert into reaction (run_id, profile_id, occasion, kind, link, bot, hits, first_at, last_at, reason)"
        " values (%s, %s, %s, %s, -1, false, 1, %s, %s, %s) on conflict do nothing",
        (key.run, key.profile, key.occasion, key.kind, now, now, reason),
    )
    return cursor.rowcount > 0


async def was_sent(raw: Raw, run_id: int, key: MessageKey) -> bool:
    """Settle the doubt about a message: what comes back has left. Return whether there was a doubt."""
    cursor = await raw.execute(
        "update delivery set state = 'sent', reason = null where run_id = %s and profile_id = %s and occasion = %s"
        " and state = 'unknown'",
        (run_id, *key),
    )
    return cursor.rowcount > 0


async def count_soft(raw: Raw, contact_hash: bytes, run_id: int, key: MessageKey, now: datetime, days: int) -> int:
    """Note a soft bounce; return how many there were in so many days since the last mail that arrived.

    A later mail has arrived when a person opened or clicked it, or when it did not come back for three days.
    """
    await raw.execute(
        "insert into soft_bounce (contact_hash, run_id, profile_id, occasion, at) values (%s, %s, %s, %s, %s)"
        " on conflict do nothing",
        (contact_hash, run_id, *key, now),
    )
    cursor = await raw.execute(
        """
        select count(*) from soft_bounce b
        where b.contact_hash = %(hash)s and b.at > %(since)s and not exists (
            select from send_mark m
            left join reaction r on r.run_id = m.run_id and r.profile_id = m.profile_id and r.occasion = m.occasion
                and r.kind in ('opened', 'clicked') and not r.bot
            where m.contact_hash = b.contact_hash and m.at > b.at and (r.run_id is not null or (
                m.at < %(settled)s and not exists (
                    select from reaction x where x.run_id = m.run_id and x.profile_id = m.profile_id
                        and x.occasion = m.occasion and x.kind = 'bounced'))))
        """,
        {"hash": contact_hash, "since": now - timedelta(days=days), "settled": now - SETTLED},
    )
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


async def forget_soft(raw: Raw, contact_hash: bytes) -> None:
    """Begin to count anew: the address is on the stop list now."""
    await raw.execute("delete from soft_bounce where contact_hash = %s", (contact_hash,))


async def purge(raw: Raw, before: datetime, keep: int) -> int:
    """Delete soft bounces that count no more and all but the newest returned mails; return how many rows went."""
    soft = await raw.execute("delete from soft_bounce where at < %s", (before,))
    mails = await raw.execute(
        "delete from returned_mail where id <= (select id from returned_mail order by id desc offset %s limit 1)",
        (keep,),
    )
    return soft.rowcount + mails.rowcount


async def keep_contents(raw: Raw, count: int) -> None:
    """Keep what was sent in of the newest mails only, so that nobody can fill the disk from outside."""
    await raw.execute(
        "update returned_mail set content = null where content is not null and id <= ("
        " select id from returned_mail where content is not null order by id desc offset %s limit 1)",
        (count,),
    )


# -- the list -------------------------------------------------------------------------------------------------------


async def insert(tx: Tx, values: dict[str, Any]) -> int:
    """Store what came in; return its id."""
    return int(await tx.scalar(sa.insert(returned_mail).values(values).returning(returned_mail.c.id)))


_LIST = [c for c in returned_mail.c if c.name != "content"]
_SORTS = {
    "id": returned_mail.c.id,
    "received_at": returned_mail.c.received_at,
    "subject": folded(returned_mail.c.subject),
    "sender": folded(returned_mail.c.sender),
}


def _from() -> sa.FromClause:
    return returned_mail.outerjoin(mailing, mailing.c.id == returned_mail.c.mailing_id)


async def pages(
    tx: Tx, page: PageRequest, *, outcome: str | None, mailing_id: int | None, profile_id: int | None
) -> Page[sa.Row[Any]]:
    """Return a page without contents, the newest first if not sorted."""
    c = returned_mail.c
    where = []
    if outcome is not None:
        where.append(c.outcome == outcome)
    if mailing_id is not None:
        where.append(c.mailing_id == mailing_id)
    if profile_id is not None:
        where.append(c.profile_id == profile_id)
    if page.q:
        where.append(
            sa.or_(*(column.icontains(page.q, autoescape=True) for column in (c.subject, c.sender, c.reason, c.code)))
        )
    total = await tx.scalar(sa.select(sa.func.count()).select_from(returned_mail).where(*where))
    query = sa.select(*_LIST, mailing.c.name.label("mailing_name")).select_from(_from()).where(*where)
    rows, cursor = await sorted_rows(tx, query, page, sorts=_SORTS, key=c.id, default="-id")
    return Page(rows, cursor, total)


async def get(tx: Tx, mail_id: int) -> sa.Row[Any]:
    """Return one with its content; raise 404."""
    query = sa.select(returned_mail, mailing.c.name.label("mailing_name")).select_from(_from())
    row = await tx.first(query.where(returned_mail.c.id == mail_id)) if 0 < mail_id < 2**63 else None
    if row is None:
        raise not_found("Returned mail", mail_id)
    return row


async def delete(tx: Tx, mail_id: int) -> int:
    """Remove one; return how many went."""
    return (await tx.execute(sa.delete(returned_mail).where(returned_mail.c.id == mail_id))).rowcount
