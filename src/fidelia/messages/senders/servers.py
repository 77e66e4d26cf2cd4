"""Use cases of mail servers: set up, test, put away."""

from __future__ import annotations

import socket
import time
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import msgspec

from fidelia.access import Actor, SecretError, audit, decrypt_secret, encrypt_secret
from fidelia.kernel.errors import FieldError, conflict, invalid, name_taken
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.engines import Engines
from fidelia.platform.fetch import FetchProblem, Guard
from fidelia.platform.postgres import Tx
from fidelia.settings import Settings

from ..channels.email.address import has_control
from ..channels.email.smtp import SmtpConnection, SmtpLost, SmtpRefused, SmtpServer
from . import rules, store
from .model import SETTINGS_SERVER, MailServer, ServerTest

MOST_CONNECTIONS = 100
#: Seconds that a test waits for each answer, and that a name may take to be looked up when a server is saved.
PATIENCE = 15.0
_AGAIN = "Enter the password again: the one that is stored was for {}"
_WAY = ("host", "port", "tls", "username")


async def list_servers(tx: Tx, page: PageRequest, *, archived: bool = False) -> Page[MailServer]:
    """Return a page of mail servers; that of the settings file comes before all others."""
    found = await store.server_pages(tx, page, archived=archived)
    own = of_settings(tx.engines.settings)
    sought = (page.q or "").lower()
    if archived or page.cursor is not None or (sought not in own.name.lower() and sought not in own.host.lower()):
        return found
    return Page([own, *found.items], found.next_cursor, None if found.total is None else found.total + 1)


async def get_server(tx: Tx, server_id: int) -> MailServer:
    """Return a mail server; raise 404."""
    return of_settings(tx.engines.settings) if server_id == SETTINGS_SERVER else await store.server(tx, server_id)


async def create_server(tx: Tx, actor: Actor, values: Mapping[str, Any]) -> MailServer:
    """Store a mail server; raise 409 for a name that is taken, 422."""
    kept = await _checked(tx, None, dict(values))
    made = await store.server(tx, await store.insert_server(tx, kept))
    await audit(
        tx, actor, "mail_server.created", kind="mail_server", object_id=made.id, name=made.name, after=_told(made)
    )
    return made


async def change_server(tx: Tx, actor: Actor, server_id: int, values: Mapping[str, Any]) -> MailServer:
    """Change a mail server; senders follow it from when they begin next. Raise 404, 409, 422."""
    before = await _own(tx, server_id)
    kept = await _checked(tx, before, dict(values))
    if any(name in kept for name in (*_WAY, "password")):
        kept |= {"tested_at": None, "test_error": None}
    await store.update_server(tx, server_id, kept)
    after = await store.server(tx, server_id)
    seen = _told(after) | ({"password": "changed"} if "password" in kept else {})
    await audit(
        tx,
        actor,
        "mail_server.updated",
        kind="mail_server",
        object_id=server_id,
        name=after.name,
        before=_told(before),
        after=seen,
    )
    return after


async def archive_server(tx: Tx, actor: Actor, server_id: int) -> None:
    """Put a mail server away; raise 404, and 409 while virtual senders have it."""
    before = await _own(tx, server_id)
    if before.used_by:
        raise conflict(f"{before.name} is used by {_list(before.used_by)}; choose another server there first")
    if before.archived_at is None:
        await store.update_server(tx, server_id, {"archived_at": tx.now})
        await audit(tx, actor, "mail_server.archived", kind="mail_server", object_id=server_id, name=before.name)


async def restore_server(tx: Tx, actor: Actor, server_id: int) -> MailServer:
    """Bring a mail server back; raise 404, and 409 when its name is taken by now."""
    before = await _own(tx, server_id)
    if before.archived_at is not None:
        if await store.server_named(tx, before.name, server_id):
            raise name_taken("mail server", before.name)
        await store.update_server(tx, server_id, {"archived_at": None})
        await audit(tx, actor, "mail_server.restored", kind="mail_server", object_id=server_id, name=before.name)
    return await store.server(tx, server_id)


async def try_connection(engines: Engines, server_id: int, own: SmtpServer | None) -> ServerTest:
    """Connect to a mail server as a sender would, and say goodbye. Raise 404.

    ``own`` is the way to that of the settings file. No transaction is held while it thinks.
    """
    async with engines.tx() as tx:
        found = await get_server(tx, server_id)
        secret = await store.password(tx, server_id)
    began = time.monotonic()
    try:
        way = own if found.builtin and own is not None else way_to(engines, found, secret)
    except SecretError as exc:
        done = ServerTest(ok=False, error=f"The password cannot be read: {exc}", steps=[], extensions=[], took_ms=0)
    else:
        done = await _tried(replace(way, timeout=PATIENCE), began)
    if not found.builtin:
        async with engines.tx() as tx:
            await store.tested(tx, server_id, done.error)
    return done


async def _tried(way: SmtpServer, began: float) -> ServerTest:
    steps, extensions = list[str](), list[str]()
    error: str | None = None
    try:
        connection = await SmtpConnection.open(way, steps.append)
    except (SmtpLost, SmtpRefused) as exc:
        error = str(exc)[:1000]
    else:
        extensions = [f"{name} {rest}".strip() for name, rest in connection.extensions.items()]
        await connection.quit()
    took = round((time.monotonic() - began) * 1000)
    return ServerTest(ok=error is None, error=error, steps=steps, extensions=extensions, took_ms=took)


# -- how servers are reached ----------------------------------------------------------------------------------------


def of_settings(settings: Settings) -> MailServer:
    """Return the server of the settings file, or the mailbox that takes mails while none is set."""
    smtp = settings.smtp
    return MailServer(
        id=SETTINGS_SERVER,
        name="From the settings file" if smtp.host else "Built-in mailbox",
        builtin=True,
        host=smtp.host,
        port=smtp.port if smtp.host else 0,
        tls=smtp.tls if smtp.host else "none",
        username=smtp.username,
        has_password=bool(smtp.password),
        connections=smtp.connections,
        rate=smtp.rate,
        domain_rates=[],
        active=True,
        tested_at=None,
        test_error=None,
        used_by=[],
        archived_at=None,
        created_at=None,
        updated_at=None,
    )


def way_to(engines: Engines, server: MailServer, secret: str | None) -> SmtpServer:
    """Return how a mail server is reached: only at addresses that may be connected to. Raise ``SecretError``."""
    return SmtpServer(
        server.host,
        server.port,
        server.tls,
        server.username,
        "" if secret is None else decrypt_secret(engines, secret),
        local_name=local_name(engines.settings),
        resolve=partial(Guard(engines.settings).resolve, server.host, server.port, pointer="/host"),
    )


def local_name(settings: Settings) -> str:
    """Return what this installation calls itself to mail servers."""
    return urlsplit(settings.url).hostname or socket.gethostname()


# -- what may be saved ----------------------------------------------------------------------------------------------


async def _own(tx: Tx, server_id: int) -> MailServer:
    if server_id == SETTINGS_SERVER:
        raise conflict("This server stands in the settings file; change it there")
    return await store.server(tx, server_id, lock=True)


async def _checked(tx: Tx, before: MailServer | None, values: dict[str, Any]) -> dict[str, Any]:
    errors: list[FieldError] = []
    if "name" in values:
        values["name"] = values["name"].strip()
        if not 1 <= len(values["name"]) <= 100 or not values["name"].isprintable():
            errors.append(FieldError("/name", "Enter a name of 100 characters at most"))
        elif await store.server_named(tx, values["name"], before.id if before else None):
            raise name_taken("mail server", values["name"])
    for name in ("username", "password"):
        if has_control(values.get(name) or ""):
            errors.append(FieldError(f"/{name}", "This text holds a line break or another control character"))
    errors += await _address_errors(tx, before, values)
    if "domain_rates" in values:
        errors += rules.rate_faults(values["domain_rates"])
        values["domain_rates"] = msgspec.to_builtins(values["domain_rates"])
    moved = before is not None and any(
        values.get(name, getattr(before, name)) != getattr(before, name) for name in _WAY
    )
    if before is not None and moved and before.has_password and "password" not in values:
        there = f"{before.username or 'nobody'} at {before.host}:{before.port}"
        errors.append(FieldError("/password", _AGAIN.format(there)))  # credentials of one server are not for another
    if errors:
        raise invalid(*errors)
    if "password" in values:
        values["password"] = encrypt_secret(tx.engines, values["password"]) if values["password"] else None
    return values


async def _address_errors(tx: Tx, before: MailServer | None, values: dict[str, Any]) -> list[FieldError]:
    if "host" in values:
        values["host"] = values["host"].strip()
    host: str = values.get("host", before.host if before else "")
    port: int = values.get("port", before.port if before else 0)
    if not host or not host.isprintable() or any(c in host for c in " /@"):
        return [FieldError("/host", "Enter the server's name, such as smtp.example.com")]
    if "host" not in values and "port" not in values:
        return []
    try:
        await Guard(tx.engines.settings).resolve(host, port, seconds=PATIENCE, pointer="/host")
    except FetchProblem as exc:
        return [FieldError("/host", exc.detail)]
    return []


def _list(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def _told(server: MailServer) -> dict[str, Any]:
    kept = ("name", "host", "port", "tls", "username", "has_password", "connections", "rate", "active")
    rates = {", ".join(group.domains): group.rate for group in server.domain_rates}
    return {name: getattr(server, name) for name in kept} | {"domain_rates": rates}
