"""Mailings of channels: the ledger's promises, whatever a provider answers."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from pyroaring import BitMap

from fidelia import profiles
from fidelia.access import Actor
from fidelia.kernel.clock import FixedClock
from fidelia.messages.sending.sender import Sender
from fidelia.messages.service import running
from fidelia.messages.service.used import forget_people
from fidelia.platform.engines import Engines
from fidelia.worker import tasks
from tests.web_server import WebServer, open_to, web_server

from ...world import rows, states
from .world import (
    API_KEY,
    TOKEN,
    BotApi,
    SmsProvider,
    channel,
    mailing,
    ok,
    prepared,
    refusal,
    report,
    run_jobs,
    run_of,
    sender_of,
    started,
    subscribed,
    template,
)

assert tasks.MODULES
HELLO = "Hi {{ profile.first_name | default('friend') }} <b> & https://shop.example.org/a!"
TEXT = f"{{% if profile.id != 6 %}}{HELLO}{{% endif %}}"


@pytest.fixture
async def server(engines: Engines) -> AsyncIterator[WebServer]:
    before, engines.settings = engines.settings, open_to(settings=engines.settings)
    async with web_server() as running_server:
        yield running_server
    engines.settings = before


async def statuses(engines: Engines, database: int, key: str) -> dict[int, str]:
    async with engines.db.hot() as raw:
        cursor = await raw.execute(
            "select profile_id, status from subscription where database_id = %s and channel = %s", (database, key)
        )
        return dict(await cursor.fetchall())


async def test_every_answer_has_its_place_in_the_report(
    engines: Engines, api: httpx.AsyncClient, server: WebServer, clock: FixedClock
) -> None:
    bot = BotApi(server)
    bot.says = {
        "2": refusal(400, "Bad Request: chat not found"),
        "3": refusal(403, "Forbidden: bot was blocked by the user"),
    }
    bot.drops = {"5"}
    bot.once = {"7": [(502, {})]}
    await channel(api, "bot", settings={"token": TOKEN, "api_url": bot.url})
    database, resource = await subscribed(engines, "bot", 8)
    template_id = await template(api, "bot", {"text": TEXT, "silent": "true"}, database_id=database)
    mailing_id = await mailing(api, "bot", database, resource, template_id)
    estimate = await ok(await api.get(f"/api/v1/mailings/{mailing_id}/estimate"))
    assert (estimate["receives"], [check["severity"] for check in estimate["checks"]]) == (8, ["warning"])
    assert "Text is empty" in estimate["checks"][0]["message"]

    found = await started(engines, api, mailing_id)
    assert {name: found[name] for name in ("audience", "sent", "failed", "blocked", "unknown", "waiting")} == {
        "audience": 8,
        "sent": 3,
        "failed": 2,
        "blocked": 1,
        "unknown": 1,
        "waiting": 1,
    }
    reasons = {
        profile: (state, code, reason)
        for profile, state, _, code, reason in await rows(engines, await run_of(engines, mailing_id))
    }
    assert reasons[2] == ("failed", 400, "Bad Request: chat not found")
    assert reasons[3] == ("failed", 403, "Forbidden: bot was blocked by the user")
    assert reasons[5][0] == "unknown"
    assert "not repeated" in reasons[5][2]
    assert reasons[6] == ("blocked", None, "Text is empty")
    assert reasons[7][:2] == ("queued", 502)
    assert await statuses(engines, database, "bot") == {
        n: "unsubscribed" if n == 3 else "subscribed" for n in range(1, 9)
    }

    clock.advance(timedelta(minutes=2))
    await running.tick(engines)
    await run_jobs(engines)
    found = await report(api, mailing_id)
    assert (found["sent"], found["waiting"], found["mailing"]["state"]) == (4, 0, "done")
    assert bot.sent == {"1": 1, "4": 1, "5": 1, "7": 1, "8": 1}

    assert found["failed_for_now"] == 0  # 400 is no "not now" here, as it is in SMTP
    bot.says.pop("2")
    retried = await ok(await api.post(f"/api/v1/mailings/{mailing_id}/retry", json={"which": "all"}))
    assert retried["queued"] == 2
    await run_jobs(engines)
    found = await report(api, mailing_id)
    assert (found["sent"], found["failed"], found["blocked"], found["unknown"]) == (5, 0, 2, 1)
    assert bot.sent == {str(n): 1 for n in (1, 2, 4, 5, 7, 8)}

    message = next(body for body in bot.got if body["chat_id"] == "1")
    assert message["disable_notification"] is True
    assert message["text"].startswith("Hi Name 1 <b> & http")
    assert message["text"].endswith("!")
    assert "parse_mode" not in message
    assert "reply_markup" not in message
    link = message["text"].rpartition(" ")[2].rstrip("!")
    assert "/t/c/" in link
    clicked = await api.get(httpx.URL(link).path, headers={"User-Agent": "Mozilla/5.0 Firefox/140.0"})
    assert clicked.headers["location"] == "https://shop.example.org/a"
    assert (await report(api, mailing_id))["clicked"]["people"] == 1
    async with engines.db.hot() as raw:
        cursor = await raw.execute(
            "select profile_id, provider_id from delivery where run_id = %s and provider_id is not null order by 1",
            ((await run_of(engines, mailing_id)).id,),
        )
        assert [(p, i.partition("/")[0]) for p, i in await cursor.fetchall()] == [(n, str(n)) for n in (1, 2, 4, 7, 8)]
    async with engines.tx() as tx:
        await forget_people(tx, database, BitMap([1]))
        raw = await tx.raw()
        kept = await (await raw.execute("select count(*) from delivery where provider_id like '1/%'")).fetchone()
    assert kept == (0,)


async def test_who_is_too_fast_waits_as_long_as_asked(
    engines: Engines, api: httpx.AsyncClient, server: WebServer, clock: FixedClock
) -> None:
    bot = BotApi(server)
    bot.once = {"1": [refusal(429, "Too Many Requests: retry after 33", retry_after=33)]}
    await channel(api, "slow", settings={"token": TOKEN, "api_url": bot.url})
    database, resource = await subscribed(engines, "slow", 1)
    mailing_id = await mailing(api, "slow", database, resource, await template(api, "slow", {"text": "Hi"}))
    now = clock.now()
    found = await started(engines, api, mailing_id)
    assert (found["sent"], found["waiting"], found["later"]) == (0, 1, 1)
    assert found["next_at"] == (now + timedelta(seconds=33)).isoformat().replace("+00:00", "Z")
    clock.advance(timedelta(seconds=20))
    await running.tick(engines)
    await run_jobs(engines)
    assert len(bot.got) == 1
    clock.advance(timedelta(seconds=14))
    await running.tick(engines)
    await run_jobs(engines)
    assert (await report(api, mailing_id))["sent"] == 1
    assert bot.sent == {"1": 1}


async def test_a_wrong_token_pauses_the_run_and_costs_nobody_the_message(
    engines: Engines, api: httpx.AsyncClient, server: WebServer
) -> None:
    bot = BotApi(server)
    server.page(
        "/botwrong:token/sendMessage", b'{"ok":false,"description":"Unauthorized"}', status=401, kind="application/json"
    )
    made, _ = await channel(api, "wrongtoken", settings={"token": "wrong:token", "api_url": bot.url})
    database, resource = await subscribed(engines, "wrongtoken", 30)
    mailing_id = await mailing(api, "wrongtoken", database, resource, await template(api, "wrongtoken", {"text": "Hi"}))
    found = await started(engines, api, mailing_id)
    assert (found["waiting"], found["failed"], found["unknown"]) == (30, 0, 0)
    assert found["mailing"]["state"] == "paused"
    assert "check the token" in found["mailing"]["trouble"]
    await ok(await api.patch(f"/api/v1/channels/{made['id']}", json={"settings": {"token": TOKEN}}))
    await ok(await api.post(f"/api/v1/mailings/{mailing_id}/resume"))
    await run_jobs(engines)
    found = await report(api, mailing_id)
    assert (found["sent"], found["mailing"]["state"]) == (30, "done")
    assert set(bot.sent.values()) == {1}
    assert len(bot.sent) == 30


async def test_what_may_be_repeated_is(
    engines: Engines, api: httpx.AsyncClient, server: WebServer, clock: FixedClock
) -> None:
    bot = BotApi(server)
    bot.drops = {"1"}
    request = {"idempotent": True, "headers": [{"name": "Idempotency-Key", "value": "${message.id}"}]}
    await channel(api, "again", settings={"token": TOKEN, "api_url": bot.url}, request=request)
    database, resource = await subscribed(engines, "again", 1)
    mailing_id = await mailing(api, "again", database, resource, await template(api, "again", {"text": "Hi"}))
    assert (await started(engines, api, mailing_id))["waiting"] == 1
    clock.advance(timedelta(minutes=2))
    await running.tick(engines)
    await run_jobs(engines)
    assert (await report(api, mailing_id))["sent"] == 1
    keys = [asked.headers["idempotency-key"] for asked in server.asked]
    assert len(keys) == 2
    assert keys[0] == keys[1]


async def test_a_provider_that_is_away_is_waited_for(
    engines: Engines, api: httpx.AsyncClient, server: WebServer
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.2", 0))
        port = free.getsockname()[1]
    await channel(api, "away", settings={"token": TOKEN, "api_url": f"http://127.0.0.2:{port}"})
    database, resource = await subscribed(engines, "away", 20)
    mailing_id = await mailing(api, "away", database, resource, await template(api, "away", {"text": "Hi"}))
    await ok(await api.post(f"/api/v1/mailings/{mailing_id}/start", json={}))
    working = asyncio.create_task(run_jobs(engines))
    try:
        while (found := await report(api, mailing_id))["mailing"]["trouble"] is None:
            await asyncio.sleep(0.05)
        assert "cannot be reached" in found["mailing"]["trouble"]
        assert (found["failed"], found["unknown"]) == (0, 0)
        bot = BotApi(server)
        back = await asyncio.start_server(server.handle, "127.0.0.2", port)
        await working
        back.close()
    finally:
        working.cancel()
    found = await report(api, mailing_id)
    assert (found["sent"], found["mailing"]["trouble"]) == (20, None)
    assert set(bot.sent.values()) == {1}
    assert {attempts for _, _, attempts, _, _ in await rows(engines, await run_of(engines, mailing_id))} == {1}


async def test_two_senders_share_the_rate(engines: Engines, api: httpx.AsyncClient, server: WebServer) -> None:
    bot = BotApi(server)
    await channel(api, "paced", settings={"token": TOKEN, "api_url": bot.url}, limits={"rate": 20})
    database, resource = await subscribed(engines, "paced", 50)
    mailing_id = await mailing(api, "paced", database, resource, await template(api, "paced", {"text": "Hi"}))
    run = await prepared(engines, api, mailing_id)
    senders = [await sender_of(engines, run, "paced") for _ in range(2)]
    await asyncio.gather(*(sender.run() for sender in senders))
    assert await states(engines, run) == {"sent": 50}
    assert bot.times[-1] - bot.times[0] > 0.75 * 49 / 20  # each by itself would be done in half of that
    assert set(bot.sent.values()) == {1}


async def test_nobody_gets_a_message_twice_whatever_happens_to_senders(
    engines: Engines, api: httpx.AsyncClient, server: WebServer
) -> None:
    """Senders are cut off in the middle, answers are lost, others go on: the parts still sum to the whole."""
    bot = BotApi(server, delay=0.01)
    bot.drops = {str(n) for n in range(1, 121, 20)}
    bot.says = {str(n): refusal(400, "Bad Request: chat not found") for n in range(2, 121, 30)}
    await channel(api, "chaos", settings={"token": TOKEN, "api_url": bot.url})
    database, resource = await subscribed(engines, "chaos", 120)
    mailing_id = await mailing(api, "chaos", database, resource, await template(api, "chaos", {"text": "Hi"}))
    run = await prepared(engines, api, mailing_id)
    for stop_at in (20, 50, 80):
        senders = [await sender_of(engines, run, "chaos") for _ in range(2)]
        working = [asyncio.create_task(sender.run()) for sender in senders]
        while len(bot.got) < stop_at and not all(task.done() for task in working):
            await asyncio.sleep(0.005)
        await lose(senders[0], working[0])
        senders[1].stop()
        await working[1]
    await (await sender_of(engines, run, "chaos")).run()
    found = await states(engines, run)
    assert set(found) <= {"sent", "failed", "unknown"}
    assert sum(found.values()) == 120
    assert set(bot.sent.values()) == {1}
    asked = [body["chat_id"] for body in bot.got]
    assert len(asked) == len(set(asked))
    assert found["unknown"] <= len(range(1, 121, 20)) + 3 * 10  # lost answers, and what each lost sender had in hand
    assert sum(bot.sent.values()) <= found["sent"] + found["unknown"]
    await report(api, mailing_id)


async def lose(sender: Sender, working: asyncio.Task[Any]) -> None:
    """Let a sender end as a killed process does: nothing more is written, and its lock is gone."""
    if sender.settler._task is not None:
        sender.settler._task.cancel()
    if sender.settler._raw is not None:
        await sender.settler._raw.close()

    async def nothing(*_: Any) -> None:
        return None

    sender.settler.close = nothing  # type: ignore[method-assign]
    sender.settler.submit = lambda *_: asyncio.get_running_loop().create_future()  # type: ignore[method-assign]
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)


async def test_an_sms_goes_to_the_number_of_the_profile_or_the_subscription(
    engines: Engines, api: httpx.AsyncClient, server: WebServer
) -> None:
    provider = SmsProvider(server)
    settings = {"api_url": provider.url, "api_key": API_KEY, "sender": "Shop"}
    await channel(api, "sms", "sms", settings)
    database, resource = await subscribed(engines, "sms", 3, contact="+4917012345{n}0")
    async with engines.db.hot() as raw:
        await raw.execute(f"update profile_{database} set phones = '{{+491709999999}}' where id = 2")
    template_id = await template(
        api, "sms", {"text": "Hi {{ profile.id }}", "sender": "{% if profile.id == 3 %}Me{% endif %}"}
    )
    found = await started(engines, api, await mailing(api, "sms", database, resource, template_id))
    assert found["sent"] == 3
    assert sorted(provider.taken, key=lambda m: m["to"])[0] == {
        "to": "+491701234510",
        "from": "Shop",
        "text": "Hi 1",
        "reference": provider.taken[0]["reference"]
        if provider.taken[0]["text"] == "Hi 1"
        else next(m["reference"] for m in provider.taken if m["text"] == "Hi 1"),
        "callback_url": provider.taken[0]["callback_url"],
    }
    assert sorted(m["from"] for m in provider.taken) == ["Me", "Shop", "Shop"]
    assert len({m["reference"] for m in provider.taken}) == 3
    provider.taken.clear()
    found = await started(engines, api, await mailing(api, "sms", database, None, template_id))
    assert (found["sent"], found["left_out"]) == (1, 2)
    assert [reason["text"] for reason in found["left_out_reasons"]] == ["no contact in this channel"]
    assert provider.taken[0]["to"] == "+491709999999"


async def test_a_mailing_needs_what_its_channel_needs(engines: Engines, api: httpx.AsyncClient) -> None:
    await channel(api, "needs")
    database, resource = await subscribed(engines, "needs", 1)
    template_id = await template(api, "needs", {"text": "Hi"})
    mailing_id = await mailing(api, "needs", database, None, template_id)
    reply = await api.post(f"/api/v1/mailings/{mailing_id}/start", json={})
    found = {error["pointer"]: error["message"] for error in reply.json()["errors"]}
    assert "token" in found["/channel"]
    assert "Choose a resource" in found["/resource_id"]
    async with engines.tx() as tx:
        other = await profiles.create_resource(tx, Actor.system(), name="By mail only", channels=["email"])
    wrong = await api.patch(f"/api/v1/mailings/{mailing_id}", json={"resource_id": other.id})
    assert "Channel needs" in wrong.json()["errors"][0]["message"]
    await ok(await api.patch(f"/api/v1/mailings/{mailing_id}", json={"resource_id": resource}))
    assert (await api.patch(f"/api/v1/mailings/{mailing_id}", json={"channel": "nowhere"})).status_code == 422
    mail = await ok(
        await api.post("/api/v1/templates", json={"name": "M", "subject": "s", "format": "html", "body": "<p>x</p>"}),
        201,
    )
    await ok(await api.post(f"/api/v1/templates/{mail['id']}/publish"))
    await ok(await api.patch(f"/api/v1/mailings/{mailing_id}", json={"template_id": mail["id"]}))
    reply = await api.post(f"/api/v1/mailings/{mailing_id}/start", json={})
    assert "no template for Channel needs" in reply.text
    async with engines.tx() as tx:
        refused = await profiles.subscribe(
            tx,
            Actor.system(),
            database,
            [
                profiles.SubscriptionItem(
                    profile_id=1, resource_id=resource, channel="needs", contact="no number", status="subscribed"
                )
            ],
        )
    assert "no Chat id" in str(refused[0])
