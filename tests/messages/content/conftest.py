"""What the tests of content share: people, a mailbox, mailings sent through the worker's jobs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from fidelia.messages.mailbox.server import MailboxServer
from fidelia.messages.service import running
from fidelia.platform.engines import Engines
from tests.web_server import WebServer, open_to, web_server

from ..kinds.trigger.conftest import world  # noqa: F401  # a fixture
from ..test_mailings import mailing, ok, run_jobs, template
from ..world import people

STOP = '<a href="{{ links.unsubscribe }}">Stop</a>'


class Post:
    """Templates and mailings, and the mails that came of them."""

    def __init__(self, engines: Engines, api: httpx.AsyncClient) -> None:
        self.engines, self.api = engines, api

    async def people(self, count: int) -> int:
        database = await people(self.engines, count)
        async with self.engines.tx() as tx:
            tx.mark_dirty("databases", database, [database])
            tx.mark_dirty("profiles", database, range(1, count + 1))
        return database

    async def template(self, body: str, **more: Any) -> int:
        return await template(self.api, None, format="html", body=body + STOP, **{"subject": "S", **more})

    async def mailing(self, database: int, template_id: int, **more: Any) -> int:
        return await mailing(self.api, database, template_id, **more)

    async def send(self, mailing_id: int) -> dict[str, Any]:
        """Send a mailing and return its report."""
        await ok(await self.api.post(f"/api/v1/mailings/{mailing_id}/start", json={}))
        await running.start_due(self.engines)
        await run_jobs(self.engines)
        return await ok(await self.api.get(f"/api/v1/mailings/{mailing_id}/report"))

    async def texts(self, mailing_id: int) -> dict[str, str]:
        """Return the texts of a mailing's mails by address."""
        caught = await ok(await self.api.get("/api/v1/mailbox", params={"mailing": mailing_id, "limit": 1000}))
        found = {}
        for item in caught["items"]:
            mail = await ok(await self.api.get(f"/api/v1/mailbox/{item['id']}"))
            found[item["recipients"][0]] = mail["text"]
        return found

    async def source(self, mailing_id: int) -> bytes:
        """Return one of a mailing's mails as it came."""
        async with self.engines.db.hot() as raw:
            cursor = await raw.execute("select source from captured_mail where mailing_id = %s limit 1", (mailing_id,))
            row = await cursor.fetchone()
        assert row is not None
        return bytes(row[0])

    async def blocked(self, mailing_id: int) -> dict[int, str]:
        """Return why people got no message."""
        async with self.engines.db.hot() as raw:
            cursor = await raw.execute(
                "select d.profile_id, d.reason from delivery d join mailing_run r on r.id = d.run_id"
                " where r.mailing_id = %s and d.state = 'blocked'",
                (mailing_id,),
            )
            return dict(await cursor.fetchall())


@pytest.fixture
async def post(engines: Engines, api: httpx.AsyncClient, mailbox: MailboxServer) -> Post:
    return Post(engines, api)


@pytest.fixture
async def web(engines: Engines) -> AsyncIterator[WebServer]:
    """A web server that may be reached at 127.0.0.2, and at no other address of this machine."""
    before = engines.settings
    engines.settings = open_to(settings=before)
    async with web_server() as server:
        yield server
    engines.settings = before
