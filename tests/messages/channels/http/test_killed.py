"""kill -9 of senders of a channel in the middle of a run: nobody twice, the sums add up, doubt is bounded."""

from __future__ import annotations

import asyncio

import httpx

from fidelia.platform.engines import Engines
from fidelia.worker import tasks
from tests.warm import warm
from tests.web_server import open_to, web_server

from ...world import states
from .world import TOKEN, BotApi, channel, mailing, prepared, report, sender_of, subscribed, template

assert tasks.MODULES
CHILD = "tests.messages.channels.http.sender_child"
CONNECTIONS, PEOPLE = 4, 600


async def test_senders_killed_again_and_again(engines: Engines, api: httpx.AsyncClient) -> None:
    before, engines.settings = engines.settings, open_to(settings=engines.settings)
    async with web_server() as server:
        bot = BotApi(server, delay=0.005)
        settings = {"token": TOKEN, "api_url": bot.url}
        await channel(api, "killed", settings=settings, limits={"connections": CONNECTIONS})
        database, resource = await subscribed(engines, "killed", PEOPLE)
        mailing_id = await mailing(api, "killed", database, resource, await template(api, "killed", {"text": "Hi"}))
        run = await prepared(engines, api, mailing_id)
        for stop_at in (60, 200, 350):
            data = str(engines.settings.data_dir)
            child = warm.start(CHILD, engines.db.dsn, str(run.id), "killed", data)
            while len(bot.got) < stop_at and child.poll() is None:
                await asyncio.sleep(0.005)
            assert child.poll() is None
            child.kill()
            child.wait(20)
        await (await sender_of(engines, run, "killed")).run()
        found = await states(engines, run)
        assert set(found) <= {"sent", "unknown"}
        assert sum(found.values()) == PEOPLE
        assert found.get("unknown", 0) <= 3 * CONNECTIONS
        assert max(bot.sent.values()) == 1, "somebody was written to twice"
        assert found["sent"] <= len(bot.sent) <= PEOPLE
        said = await report(api, mailing_id)
        assert (said["sent"], said["unknown"]) == (found["sent"], found.get("unknown", 0))
    engines.settings = before
