"""What providers tell afterwards: each event once, on the right message, from nobody else."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
import pytest

from fidelia.kernel.clock import FixedClock
from fidelia.messages.channels.http.inbound import service as inbound
from fidelia.messages.channels.http.inbound.store import without_nul
from fidelia.platform.engines import Engines
from fidelia.worker import tasks
from tests.web_server import WebServer, open_to, web_server

from .world import API_KEY, TOKEN, BotApi, SmsProvider, channel, mailing, ok, report, started, subscribed, template

assert tasks.MODULES
PATH = "/api/v1/channels"


@pytest.fixture
async def server(engines: Engines) -> AsyncIterator[WebServer]:
    before, engines.settings = engines.settings, open_to(settings=engines.settings)
    async with web_server() as running_server:
        yield running_server
    engines.settings = before


@dataclass
class Sent:
    """A mailing that was sent by a channel, and the address of the provider's events."""

    api: httpx.AsyncClient
    address: str
    mailing: int
    database: int
    references: dict[int, str]

    async def tell(self, body: Any, status: int = 200, **headers: str) -> dict[str, Any]:
        reply = await self.api.post(self.address, json=body, headers={"Authorization": "", **headers})
        return await ok(reply, status)

    async def report(self) -> dict[str, Any]:
        return await report(self.api, self.mailing)


async def history(engines: Engines, database: int, kind: str) -> list[tuple[int, dict[str, Any]]]:
    await engines.drain.catch_up()
    rows = await engines.ch.query(
        f"select profile, channel, toJSONString(props) from e_{database} final where type = {{kind:String}} order by 1",
        {"kind": kind},
    )
    return [(row[0], {"channel": row[1], **json.loads(row[2])}) for row in rows]


async def sms(engines: Engines, api: httpx.AsyncClient, server: WebServer, key: str, **parts: Any) -> Sent:
    provider = SmsProvider(server)
    _, address = await channel(api, key, "sms", {"api_url": provider.url, "api_key": API_KEY}, **parts)
    database, resource = await subscribed(engines, key, 4, contact="+4917012345{n}0")
    template_id = await template(api, key, {"text": "{{ profile.id }}"})
    mailing_id = await mailing(api, key, database, resource, template_id)
    assert (await started(engines, api, mailing_id))["sent"] == 4
    references = {int(m["text"]): m["reference"] for m in provider.taken}
    assert provider.taken[0]["callback_url"] == address
    return Sent(api, urlsplit(address).path, mailing_id, database, references)


async def test_delivery_reports_of_an_sms_provider(
    engines: Engines, api: httpx.AsyncClient, server: WebServer, clock: FixedClock
) -> None:
    sent = await sms(engines, api, server, "report")
    events = [
        {"event_id": "e1", "reference": sent.references[1], "status": "delivered", "at": "2026-11-16T11:59:00Z"},
        {"event_id": "e2", "reference": sent.references[2], "status": "undelivered", "error": "Number is not in use"},
        {"event_id": "e3", "reference": sent.references[3], "status": "opted_out"},
        {"event_id": "e4", "reference": sent.references[4], "status": "accepted"},
        {"event_id": "e5", "reference": "nobody-knows-this-one", "status": "delivered"},
    ]
    first = await sent.tell({"events": events})
    assert first == {"taken": 3, "repeated": 0, "waiting": 0, "unknown": 1, "passed_over": 1}
    again = await sent.tell({"events": [*events, {**events[0], "event_id": "other"}]})
    assert again == {"taken": 0, "repeated": 5, "waiting": 0, "unknown": 0, "passed_over": 1}
    found = await sent.report()
    assert (found["sent"], found["bounced"], found["delivered"], found["unsubscribed"]) == (4, 1, 3, 1)
    assert found["bounces"][0]["reason"] == "Number is not in use"
    assert found["confirmed"] == 1
    people = await ok(await api.get(f"/api/v1/mailings/{sent.mailing}/people", params={"state": "confirmed"}))
    assert [person["profile_id"] for person in people["items"]] == [1]
    assert [row[0] for row in await history(engines, sent.database, "message.delivered")] == [1]
    bounced = await history(engines, sent.database, "message.bounced")
    assert [(p, e["channel"], e["reason"]) for p, e in bounced] == [(2, "report", "Number is not in use")]
    assert [row[0] for row in await history(engines, sent.database, "message.unsubscribed")] == [3]
    async with engines.db.hot() as raw:
        cursor = await raw.execute(
            "select profile_id from subscription where database_id = %s and status <> 'subscribed'", (sent.database,)
        )
        assert await cursor.fetchall() == [(3,)]


async def test_nobody_else_is_listened_to(engines: Engines, api: httpx.AsyncClient, server: WebServer) -> None:
    sent = await sms(engines, api, server, "closed")
    event = {"events": [{"event_id": "e1", "reference": sent.references[1], "status": "delivered"}]}
    assert (await api.post(f"{PATH}/closed/inbound/guess", json=event)).status_code == 404
    assert (await api.post(f"{PATH}/nochannel/inbound/guess", json=event)).status_code == 404
    assert (await api.post(sent.address, content=b"x" * 1_000_001)).status_code == 413
    assert (await api.post(sent.address, content=b"not json")).status_code == 422
    assert (await api.post(sent.address, json={"other": 1})).status_code == 422
    other = await sms(engines, api, server, "othersms")
    told = await other.tell(event)  # a message of another channel is none of this one's
    assert (told["taken"], told["unknown"]) == (0, 1)
    channels = (await ok(await api.get(PATH, params={"q": "closed"})))["items"]
    made = await ok(await api.post(f"{PATH}/{channels[0]['id']}/rotate"))
    assert (await api.post(sent.address, json=event)).status_code == 404
    assert (await ok(await api.post(urlsplit(made["inbound_url"]).path, json=event)))["taken"] == 1
    assert (await sent.report())["delivered"] == 4


@pytest.mark.parametrize("kind", ["sha256", "value"])
async def test_signatures(engines: Engines, api: httpx.AsyncClient, server: WebServer, kind: str) -> None:
    from .world import definition

    signature = {"kind": kind, "header": "X-Signature", "encoding": "hex", "prefix": "v1=", "secret": "api_key"}
    mapping = {**definition("sms")["inbound"], "signature": signature}
    sent = await sms(engines, api, server, f"signed{kind}", inbound=mapping)
    body = json.dumps({"events": [{"event_id": "1", "reference": sent.references[1], "status": "delivered"}]}).encode()
    right = API_KEY if kind == "value" else hmac.new(API_KEY.encode(), body, hashlib.sha256).hexdigest()
    for given, status in (("", 403), ("v1=00", 403), (right, 403), (f"v1={right}", 200)):
        reply = await api.post(sent.address, content=body, headers={"X-Signature": given})
        assert reply.status_code == status, given


async def test_forms_and_events_that_come_before_their_message(
    engines: Engines, api: httpx.AsyncClient, server: WebServer
) -> None:
    """The provider's own id, told as a form, sooner than its answer to the request was written."""
    from .world import definition

    mapping = {**definition("sms")["inbound"], "items": "", "message_id": ["id"], "whose": "provider"}
    sent = await sms(engines, api, server, "forms", inbound=mapping)
    async with engines.db.hot() as raw:
        cursor = await raw.execute(
            "update delivery d set provider_id = 'later-' || provider_id from mailing_run m"
            " where m.id = d.run_id and m.mailing_id = %s returning d.provider_id, d.profile_id",
            (sent.mailing,),
        )
        ids = {profile: provider for provider, profile in await cursor.fetchall()}
    form = {"Content-Type": "application/x-www-form-urlencoded"}

    async def tell(provider_id: str) -> dict[str, Any]:
        body = urlencode({"id": provider_id, "status": "delivered", "at": "1763294400"})
        return await ok(await api.post(sent.address, content=body, headers=form))

    assert (await tell(ids[1]))["taken"] == 1
    early = ids[2].removeprefix("later-")
    assert (await tell(early))["waiting"] == 1
    assert (await tell(early))["repeated"] == 1
    assert await inbound.take_waiting(engines) == 0
    async with engines.db.hot() as raw:
        await raw.execute("update delivery set provider_id = %s where provider_id = %s", (early, ids[2]))
    assert await inbound.take_waiting(engines) == 1
    assert await inbound.take_waiting(engines) == 0
    assert [row[0] for row in await history(engines, sent.database, "message.delivered")] == [1, 2]


async def test_what_a_bot_hears(engines: Engines, api: httpx.AsyncClient, server: WebServer) -> None:
    bot = BotApi(server)
    _, url = await channel(api, "hears", settings={"token": TOKEN, "api_url": bot.url})
    database, resource = await subscribed(engines, "hears", 4, contact="90{n}")
    template_id = await template(api, "hears", {"text": "Hi"})
    mailing_id = await mailing(api, "hears", database, resource, template_id)
    assert (await started(engines, api, mailing_id))["sent"] == 4
    numbers = {body["chat_id"]: n for n, body in enumerate(bot.got, 1)}
    sent = Sent(api, urlsplit(url).path, mailing_id, database, {})
    reply = {"message_id": numbers["901"], "chat": {"id": 901}}
    updates = [
        {"update_id": 1, "message": {"chat": {"id": 901}, "text": "Thanks", "reply_to_message": reply}},
        {"update_id": 2, "callback_query": {"message": {"message_id": numbers["902"], "chat": {"id": 902}}}},
        {"update_id": 3, "message": {"chat": {"id": 903}, "text": "/stop"}},
        {"update_id": 4, "my_chat_member": {"chat": {"id": 904}, "new_chat_member": {"status": "kicked"}}},
        {"update_id": 5, "message": {"chat": {"id": 901}, "text": "Hello?"}},
    ]
    outcomes = [await sent.tell(update) for update in [*updates, updates[0], updates[3]]]
    assert [[name for name, count in told.items() if count] for told in outcomes] == [
        ["taken"],
        ["taken"],
        ["taken"],
        ["taken"],
        ["passed_over"],
        ["repeated"],
        ["repeated"],
    ]
    for kind, profile in (("replied", 1), ("clicked", 2), ("unsubscribed", 3), ("bounced", 4)):
        assert [row[0] for row in await history(engines, database, f"message.{kind}")] == [profile], kind
    async with engines.db.hot() as raw:
        cursor = await raw.execute(
            "select profile_id, status, status_reason from subscription where database_id = %s and channel = 'hears'"
            " and status <> 'subscribed' order by 1",
            (database,),
        )
        assert await cursor.fetchall() == [
            (3, "unsubscribed", "By the channel"),
            (4, "unsubscribed", "Blocked the sender"),
        ]
    channels = (await ok(await api.get(PATH, params={"q": "hears"})))["items"]
    assert channels[0]["last_inbound_at"] is not None


async def test_a_mapping_is_tried_on_a_sample(api: httpx.AsyncClient) -> None:
    from .world import definition

    mapping = definition("sms")["inbound"]
    event = {"reference": "r", "status": "failed", "error": "No", "at": "2026-11-16T11:59:00+01:00"}
    body = {"inbound": mapping, "body": json.dumps({"events": [event, {"status": "queued"}]})}
    items = (await ok(await api.post(f"{PATH}/inbound-preview", json=body)))["items"]
    assert items[0] == {
        "event": "failed",
        "rule": 1,
        "message_id": "r",
        "contact": None,
        "at": "2026-11-16T10:59:00Z",
        "reason": "No",
        "problem": None,
    }
    assert items[1]["event"] is None
    reply = await api.post(f"{PATH}/inbound-preview", json={**body, "body": "<xml>"})
    assert reply.json()["errors"][0]["pointer"] == "/body"


@pytest.mark.parametrize("text", ["a\x00b", "\\u0000", "\\\x00", "\x00\x00", "\\\\u0000\x00x"])
def test_what_waits_stays_json(text: str) -> None:
    """NUL goes, which PostgreSQL does not take; a written backslash and u0000 stay what they are."""
    kept = without_nul({"said": text})
    assert json.loads(kept) == {"said": text.replace("\x00", "")}
