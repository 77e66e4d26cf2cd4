"""People, templates and runs for the tests of messages."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from fidelia import profiles
from fidelia.access import Actor
from fidelia.kernel.clock import FixedClock
from fidelia.messages.channels.email.dkim import DkimSigner
from fidelia.messages.channels.email.outlet import EmailOutlet
from fidelia.messages.channels.email.smtp import SmtpServer
from fidelia.messages.markup.compile import compile_source
from fidelia.messages.markup.model import Compiled, TemplateSource
from fidelia.messages.model import Plan, Run
from fidelia.messages.sending.sender import Sender, SendResult
from fidelia.messages.sending.values import contact_hash
from fidelia.messages.store import ledger, runs
from fidelia.messages.tracking.tokens import Signer
from fidelia.platform.engines import Engines

KEY = b"k" * 32
_numbers = itertools.count(1)
BASE = "https://news.example.org"
BODY = (
    '<p>Hi {{ profile.first_name | default("friend") }}</p><p><a href="https://shop.example.org/a">Shop</a> '
    '<a href="https://shop.example.org/p?id={{ profile.id }}">You</a> <a href="{{ links.unsubscribe }}">Stop</a></p>'
)


class RunningClock(FixedClock):
    """A clock that leaps with each look, so that waiting for a retry takes no real time."""

    def __init__(self, at: datetime, step: timedelta) -> None:
        super().__init__(at)
        self.step = step

    def now(self) -> datetime:
        self.advance(self.step)
        return super().now()


def compiled(body: str = BODY, subject: str = "Hello {{ profile.first_name | default('friend') }}") -> Compiled:
    made = compile_source(TemplateSource("html", body, subject)).compiled
    assert made is not None
    return made


async def people(engines: Engines, count: int, *, name: str = "shop", status: str = "subscribed") -> int:
    """A database with people p1@example.com … of whom every third has no first name."""
    async with engines.tx() as tx:
        database = await profiles.create_database(tx, Actor.system(), name=f"{name}{count}-{next(_numbers)}")
        raw = await tx.raw()
        await raw.execute(
            f"insert into {database.table} (id, version, email, first_name, status, created_at, updated_at)"
            " select g, 1, 'p' || g || '@example.com', case when g %% 3 > 0 then 'Name ' || g end, %s, %s, %s"
            " from generate_series(1, %s) g",
            (status, tx.now, tx.now, count),
        )
        await raw.execute(
            "update profile_database set last_profile_id = %s, profile_count = %s where id = %s",
            (count, count, database.id),
        )
    return int(database.id)


async def run_of(engines: Engines, database: int, made: Compiled | None = None, **plan: Any) -> Run:
    """A run in the sending phase over everybody of a database, past the API."""
    made = made or compiled()
    async with engines.tx() as tx:
        raw = await tx.raw()
        template = await (
            await raw.execute(
                "insert into template (name, format, variables, problems, created_at, updated_at)"
                " values ('t', 'html', '{}', '[]', %s, %s) returning id",
                (tx.now, tx.now),
            )
        ).fetchone()
        version = await (
            await raw.execute(
                "insert into template_version (template_id, number, format, subject, preheader, body, text, variables,"
                " compiled, problems, revision, published_at, published_by)"
                " values (%s, 1, 'html', '', '', '', '', '{}', %s::jsonb, '[]', 1, %s, 'x') returning id",
                (template[0], msgspec.json.encode(made).decode(), tx.now),
            )
        ).fetchone()
        for link in made.links:
            await raw.execute(
                "insert into template_link (version_id, no, url, dynamic) values (%s, %s, %s, %s)",
                (version[0], link.no, link.url, link.dynamic),
            )
        mailing = await (
            await raw.execute(
                "insert into mailing (name, database_id, template_id, from_email, variables, suppression_lists, utm,"
                " state, created_at, updated_at)"
                " values ('m', %s, %s, 'shop@example.org', '{}', '{}', '{}', 'sending', %s, %s) returning id",
                (database, template[0], tx.now, tx.now),
            )
        ).fetchone()
        values = {
            "mailing_id": mailing[0],
            "name": "m",
            "template_id": template[0],
            "version_id": version[0],
            "from_email": "shop@example.org",
            **plan,
        }
        run_id = await runs.create(tx, database, Plan(**values))
        everybody = await profiles.sendable(tx, database, await profiles.all_ids(tx, database), None)
        ids = [profile for profile, _ in everybody.rows]
        await ledger.add(raw, run_id, ids, [contact_hash(contact) for _, contact in everybody.rows], tx.now)
        await runs.move(tx, run_id, "sending", only=("audience",), audience=len(ids))
        return await runs.get(tx, run_id)


def server_of(port: int, **more: Any) -> SmtpServer:
    return SmtpServer("127.0.0.1", port, **{"timeout": 5.0, "data_timeout": 5.0, **more})


def sender_of(engines: Engines, run: Run, port: int, made: Compiled | None = None, **more: Any) -> Sender:
    server = more.pop("server", None) or server_of(port)
    if not run.plan.lasting:  # stays for retries, as long as they take
        more = {"linger": timedelta(days=1), **more}
    return email_sender(engines, run, made or compiled(), server, Signer(KEY, BASE), **{"patience": 0.3, **more})


def email_sender(
    engines: Engines,
    run: Run,
    made: Compiled,
    server: SmtpServer,
    signs: Signer,
    *,
    variants: Sequence[Compiled] = (),
    connections: int = 10,
    rate: float = 0,
    dkim: DkimSigner | None = None,
    **more: Any,
) -> Sender:
    """Return a sender of a run by one mail server."""
    templates = [made, *variants]
    back = engines.settings.smtp.return_path_domain
    outlet = EmailOutlet(
        server, run, templates, signs, connections=connections, rate=rate, dkim=dkim, return_domain=back
    )
    return Sender(engines, run, templates, [outlet], **more)


async def send(engines: Engines, run: Run, port: int, made: Compiled | None = None, **more: Any) -> SendResult:
    return await sender_of(engines, run, port, made, **more).run()


async def states(engines: Engines, run: Run) -> dict[str, int]:
    async with engines.db.hot() as raw:
        return await ledger.states(raw, run.id)


async def rows(engines: Engines, run: Run) -> list[tuple[Any, ...]]:
    async with engines.db.hot() as raw:
        cursor = await raw.execute(
            "select profile_id, state::text, attempts, code, reason from delivery where run_id = %s order by 1",
            (run.id,),
        )
        return await cursor.fetchall()
