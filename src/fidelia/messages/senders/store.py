"""Queries of mail servers, virtual senders, and what went by them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec
import psycopg
import sqlalchemy as sa

from fidelia.kernel.errors import not_found
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.listing import folded, sorted_rows
from fidelia.platform.postgres import Tx

from ..tables import mailing
from .model import DomainRate, MailServer, SenderRule, VirtualSender
from .tables import mail_server, virtual_sender

Raw = psycopg.AsyncConnection[Any]
_s, _v = mail_server.c, virtual_sender.c

# -- mail servers ---------------------------------------------------------------------------------------------------

#: Whether a virtual sender has a share of the server.
_names_it = sa.func.jsonb_path_exists(
    _v.rules,
    sa.literal_column("'$[*].senders[*] ? (@.sender_id == $id)'::jsonpath"),
    sa.func.jsonb_build_object("id", _s.id),
)
_used_by = (
    sa.select(sa.func.array_agg(sa.text("name order by lower(virtual_sender.name)")))
    .select_from(virtual_sender)
    .where(_v.archived_at.is_(None), _names_it)
    .correlate(mail_server)
    .scalar_subquery()
)
_SERVERS = sa.select(mail_server, _used_by.label("used_by"))
_SERVER_SORTS = {"name": folded(_s.name), "host": _s.host, "created_at": _s.created_at, "updated_at": _s.updated_at}


def _server(row: sa.Row[Any]) -> MailServer:
    return MailServer(
        id=row.id,
        name=row.name,
        builtin=False,
        host=row.host,
        port=row.port,
        tls=row.tls,
        username=row.username,
        has_password=row.password is not None,
        connections=row.connections,
        rate=row.rate,
        domain_rates=msgspec.convert(row.domain_rates, list[DomainRate]),
        active=row.active,
        tested_at=row.tested_at,
        test_error=row.test_error,
        used_by=list(row.used_by or ()),
        archived_at=row.archived_at,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


async def server(tx: Tx, server_id: int, *, lock: bool = False) -> MailServer:
    """Return a mail server; raise 404."""
    query = _SERVERS.where(_s.id == server_id)
    row = await tx.first(query.with_for_update(of=mail_server) if lock else query) if 0 < server_id < 2**31 else None
    if row is None:
        raise not_found("Mail server", server_id)
    return _server(row)


async def servers(tx: Tx, ids: Collection[int], *, share: bool = False) -> dict[int, MailServer]:
    """Return mail servers by id, as far as they exist; with ``share`` they stay as they are for now."""
    query = _SERVERS.where(_s.id.in_(sorted(ids))).order_by(_s.id)
    rows = await tx.all(query.with_for_update(of=mail_server, read=True) if share else query)
    return {row.id: _server(row) for row in rows}


async def server_pages(tx: Tx, page: PageRequest, *, archived: bool) -> Page[MailServer]:
    """Return a page of mail servers, by name as a default."""
    where: list[sa.ColumnElement[bool]] = [_s.archived_at.isnot(None) if archived else _s.archived_at.is_(None)]
    if page.q:
        where.append(_s.name.icontains(page.q, autoescape=True) | _s.host.icontains(page.q, autoescape=True))
    total = await tx.scalar(sa.select(sa.func.count()).select_from(mail_server).where(*where))
    rows, cursor = await sorted_rows(tx, _SERVERS.where(*where), page, sorts=_SERVER_SORTS, key=_s.id, default="name")
    return Page([_server(row) for row in rows], cursor, total)


async def server_named(tx: Tx, name: str, other_than: int | None) -> bool:
    """Tell whether another mail server that is not archived has this name, whatever its case."""
    return await _named(tx, mail_server, name, other_than)


async def insert_server(tx: Tx, values: Mapping[str, Any]) -> int:
    """Store a mail server and return its id."""
    query = sa.insert(mail_server).values(**values, created_at=tx.now, updated_at=tx.now)
    return int(await tx.scalar(query.returning(_s.id)))


async def update_server(tx: Tx, server_id: int, values: Mapping[str, Any]) -> None:
    """Change a mail server."""
    await tx.execute(sa.update(mail_server).where(_s.id == server_id).values(**values, updated_at=tx.now))


async def tested(tx: Tx, server_id: int, error: str | None) -> None:
    """Keep what a test of the connection found."""
    await tx.execute(sa.update(mail_server).where(_s.id == server_id).values(tested_at=tx.now, test_error=error))


async def password(tx: Tx, server_id: int) -> str | None:
    """Return the encrypted password of a mail server, if it has one."""
    row = await tx.first(sa.select(_s.password).where(_s.id == server_id))
    found: str | None = None if row is None else row.password
    return found


# -- virtual senders ------------------------------------------------------------------------------------------------

_mailings = (
    sa.select(sa.func.count())
    .select_from(mailing)
    .where(mailing.c.virtual_sender_id == _v.id, mailing.c.archived_at.is_(None))
    .scalar_subquery()
)
_SENDERS = sa.select(virtual_sender, _mailings.label("mailing_count"))
_SORTS = {"name": folded(_v.name), "created_at": _v.created_at, "updated_at": _v.updated_at}


def _sender(row: sa.Row[Any]) -> VirtualSender:
    return VirtualSender(
        id=row.id,
        name=row.name,
        description=row.description,
        rules=msgspec.convert(row.rules, list[SenderRule]),
        is_default=row.is_default,
        mailing_count=row.mailing_count,
        archived_at=row.archived_at,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


async def sender(tx: Tx, sender_id: int, *, lock: bool = False) -> VirtualSender:
    """Return a virtual sender; raise 404."""
    query = _SENDERS.where(_v.id == sender_id)
    found = query.with_for_update(of=virtual_sender) if lock else query
    row = await tx.first(found) if 0 < sender_id < 2**31 else None
    if row is None:
        raise not_found("Virtual sender", sender_id)
    return _sender(row)


async def pages(tx: Tx, page: PageRequest, *, archived: bool) -> Page[VirtualSender]:
    """Return a page of virtual senders, by name as a default."""
    where: list[sa.ColumnElement[bool]] = [_v.archived_at.isnot(None) if archived else _v.archived_at.is_(None)]
    if page.q:
        where.append(_v.name.icontains(page.q, autoescape=True))
    total = await tx.scalar(sa.select(sa.func.count()).select_from(virtual_sender).where(*where))
    rows, cursor = await sorted_rows(tx, _SENDERS.where(*where), page, sorts=_SORTS, key=_v.id, default="name")
    return Page([_sender(row) for row in rows], cursor, total)


async def named(tx: Tx, name: str, other_than: int | None) -> bool:
    """Tell whether another virtual sender that is not archived has this name, whatever its case."""
    return await _named(tx, virtual_sender, name, other_than)


async def insert(tx: Tx, values: Mapping[str, Any]) -> int:
    """Store a virtual sender and return its id."""
    query = sa.insert(virtual_sender).values(**values, created_at=tx.now, updated_at=tx.now)
    return int(await tx.scalar(query.returning(_v.id)))


async def update(tx: Tx, sender_id: int, values: Mapping[str, Any]) -> None:
    """Change a virtual sender."""
    await tx.execute(sa.update(virtual_sender).where(_v.id == sender_id).values(**values, updated_at=tx.now))


async def default_id(tx: Tx) -> int | None:
    """Return the virtual sender of mailings that name none, if there is one."""
    row = await tx.first(sa.select(_v.id).where(_v.is_default))
    return None if row is None else int(row.id)


async def drop_default(tx: Tx, other_than: int | None) -> None:
    """Take the mark of the default from whichever virtual sender has it."""
    query = sa.update(virtual_sender).where(_v.is_default)
    if other_than is not None:
        query = query.where(_v.id != other_than)
    await tx.execute(query.values(is_default=False))


async def mailings_of(tx: Tx, sender_id: int) -> list[str]:
    """Return the names of mailings that name a virtual sender and are not archived, 100 at most."""
    rows = await tx.all(
        sa.select(mailing.c.name)
        .where(mailing.c.virtual_sender_id == sender_id, mailing.c.archived_at.is_(None))
        .order_by(mailing.c.id)
        .limit(100)
    )
    return [row.name for row in rows]


async def _named(tx: Tx, table: sa.Table, name: str, other_than: int | None) -> bool:
    same = sa.func.lower(table.c.name) == sa.func.lower(name)
    query = sa.select(sa.literal(1)).where(same, table.c.archived_at.is_(None))
    if other_than is not None:
        query = query.where(table.c.id != other_than)
    return await tx.first(query) is not None


# -- what went by them ----------------------------------------------------------------------------------------------


async def numbers(raw: Raw, origins: Sequence[tuple[int, str, str, str]]) -> list[int]:
    """Return the ledger's numbers of servers and who mails come from: (server, address, name, reply to)."""
    columns = [list(column) for column in zip(*origins, strict=True)]
    unnested = "unnest(%s::int[], %s::text[], %s::text[], %s::text[]) with ordinality"
    await raw.execute(
        "insert into sent_by (server_id, from_email, from_name, reply_to)"
        f" select distinct s, e, n, r from {unnested} v (s, e, n, r, o) order by 1, 2, 3, 4 on conflict do nothing",
        columns,
    )
    cursor = await raw.execute(
        f"select id from {unnested} v (s, e, n, r, o) join sent_by"
        " on server_id = s and from_email = e and from_name = n and reply_to = r order by o",
        columns,
    )
    return [int(row[0]) for row in await cursor.fetchall()]


async def by_sender(raw: Raw, run_id: int) -> list[tuple[int, int, str, str, dict[str, int]]]:
    """Return (number, server, address, name, people by state) of whom a run's messages went by."""
    cursor = await raw.execute(
        """
        select b.id, b.server_id, b.from_email, b.from_name, jsonb_object_agg(d.state, d.many)
        from (select sender, state::text, count(*) as many from delivery
              where run_id = %s and sender is not null group by 1, 2) d
        join sent_by b on b.id = d.sender group by b.id order by sum(d.many) desc, b.id
        """,
        (run_id,),
    )
    return [tuple(row) for row in await cursor.fetchall()]


async def senders_of(raw: Raw, numbers_: Collection[int]) -> dict[int, tuple[int, str]]:
    """Return (server, address) by the ledger's number."""
    cursor = await raw.execute(
        "select id, server_id, from_email from sent_by where id = any(%s::int[])", (sorted(numbers_),)
    )
    return {number: (server_id, address) for number, server_id, address in await cursor.fetchall()}


async def server_names(raw: Raw, ids: Collection[int]) -> dict[int, str]:
    """Return the names of mail servers."""
    cursor = await raw.execute("select id, name from mail_server where id = any(%s::int[])", (sorted(ids),))
    return dict(await cursor.fetchall())
