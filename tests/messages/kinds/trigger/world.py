"""A trigger mailing, the events that set it off, and a mail server that counts."""

from __future__ import annotations

import email
import email.policy
import itertools
from datetime import timedelta
from typing import Any

import httpx

from fidelia.kernel.clock import FixedClock
from fidelia.messages.kinds.trigger import catching, dates
from fidelia.messages.service.outlet import signer
from fidelia.messages.store import runs
from fidelia.platform.engines import Engines

from ...sink import Sink
from ...world import email_sender, people, server_of

_ids = itertools.count(1)
BODY = (
    "<p>Hi {{ profile.first_name | default('friend') }}, you did {{ event.type }}:"
    " {{ event.size | default('nothing') }}</p><p><a href='{{ links.unsubscribe }}'>Stop</a>"
    " <a href='{{ links.web_version }}'>Web</a></p>"
)
SIZES = [{"kind": "event", "type": "custom.size"}]


class World:
    """Engines, the API, a sink, and a database of people p1@example.com …"""

    def __init__(self, engines: Engines, api: httpx.AsyncClient, sink: Sink, database: int) -> None:
        self.engines, self.api, self.sink, self.database = engines, api, sink, database
        self.template = 0

    @staticmethod
    async def of(engines: Engines, api: httpx.AsyncClient, sink: Sink, count: int = 20) -> World:
        database = await people(engines, count)
        async with engines.tx() as tx:
            tx.mark_dirty("databases", database, [database])
            tx.mark_dirty("profiles", database, range(1, count + 1))
        world = World(engines, api, sink, database)
        world.template = await world.make_template(BODY)
        return world

    @property
    def clock(self) -> FixedClock:
        assert isinstance(self.engines.clock, FixedClock)
        return self.engines.clock

    async def ok(self, reply: httpx.Response, status: int = 200) -> Any:
        assert reply.status_code == status, reply.text
        return reply.json() if reply.content else None

    async def make_template(self, body: str) -> int:
        given = {"name": f"T{next(_ids)}", "subject": "Hello", "format": "html", "body": body}
        made = await self.ok(await self.api.post("/api/v1/templates", json=given), 201)
        await self.ok(await self.api.post(f"/api/v1/templates/{made['id']}/publish"))
        return int(made["id"])

    async def make(self, triggers: list[dict[str, Any]], **more: Any) -> int:
        body = {
            "name": f"M{next(_ids)}",
            "type": "trigger",
            "database_id": self.database,
            "template_id": self.template,
            "from_email": "shop@example.org",
            "undo_seconds": 0,
            "triggers": triggers,
            **more,
        }
        return int((await self.ok(await self.api.post("/api/v1/mailings", json=body), 201))["id"])

    async def act(self, mailing: int, verb: str) -> Any:
        body = {"json": {}} if verb == "start" else {}
        return await self.ok(await self.api.post(f"/api/v1/mailings/{mailing}/{verb}", **body))

    async def begin(self, triggers: list[dict[str, Any]] | None = None, **more: Any) -> int:
        mailing = await self.make(SIZES if triggers is None else triggers, **more)
        assert (await self.act(mailing, "start"))["state"] == "active"
        return mailing

    async def happen(self, *events: tuple[str, int], type_: str = "custom.size", **properties: Any) -> dict[str, Any]:
        """Send events (id, profile) through the API."""
        given = [{"id": id_, "type": type_, "profile": who, "properties": properties} for id_, who in events]
        body = {"database": self.database, "events": given}
        return await self.ok(await self.api.post("/api/v1/events", json=body), 202)

    async def catch(self) -> int:
        """Do what the core does each second."""
        assert self.engines.drain is not None
        await self.engines.drain.flush()
        done = await catching.round_of(self.engines)
        return done + await dates.look(self.engines)

    async def deliver(self, mailing: int) -> None:
        """Do what the senders do until nobody is due."""
        async with self.engines.tx() as tx:
            run = await runs.newest(tx, mailing)
            assert run is not None
            compiled = await runs.compiled(tx, run.version_id)
        if run.phase != "sending":
            return
        sender = email_sender(
            self.engines,
            run,
            compiled,
            server_of(self.sink.port),
            await signer(self.engines),
            connections=2,
            linger=timedelta(0),
        )
        await sender.run()

    async def rows(self, mailing: int) -> list[tuple[int, str, str | None]]:
        """Return (profile, state, reason) of every message of a mailing."""
        async with self.engines.db.hot() as raw:
            cursor = await raw.execute(
                "select d.profile_id, d.state::text, d.reason from delivery d join mailing_run r on r.id = d.run_id"
                " where r.mailing_id = %s order by 1, 2, d.occasion",
                (mailing,),
            )
            return [(p, state, reason) for p, state, reason in await cursor.fetchall()]

    async def who(self, mailing: int) -> list[int]:
        """Return whose messages a mailing has, once for each message."""
        return [row[0] for row in await self.rows(mailing)]

    async def due(self, mailing: int) -> list[Any]:
        async with self.engines.db.hot() as raw:
            cursor = await raw.execute(
                "select d.next_at from delivery d join mailing_run r on r.id = d.run_id where r.mailing_id = %s"
                " order by d.profile_id, d.next_at",
                (mailing,),
            )
            return [row[0] for row in await cursor.fetchall()]

    def texts(self, profile: int) -> list[str]:
        """Return the texts of the mails that somebody got."""
        found = []
        for _, address, data in self.sink.messages:
            if address == f"p{profile}@example.com":
                mail = email.message_from_bytes(data, policy=email.policy.default)
                found.append(mail.get_body(("plain",)).get_content())
        return found

    async def report(self, mailing: int) -> dict[str, Any]:
        """Return the report, whose parts sum to the whole."""
        report = await self.ok(await self.api.get(f"/api/v1/mailings/{mailing}/report"))
        parts = ("waiting", "in_flight", "sent", "failed", "blocked", "unknown")
        assert report["audience"] == sum(report[part] for part in parts)
        return report

    async def segment(self, **values: Any) -> int:
        body = {"database_id": self.database, "name": f"S{next(_ids)}", **values}
        return int((await self.ok(await self.api.post("/api/v1/segments", json=body), 201))["id"])
