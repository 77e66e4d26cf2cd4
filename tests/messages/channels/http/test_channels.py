"""Channels through the API: made, changed, looked at, tried, archived; secrets seen by nobody."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from fidelia.platform.engines import Engines
from tests.conftest import api_client
from tests.web_server import WebServer, open_to, web_server

from .world import (
    API_KEY,
    TOKEN,
    BotApi,
    SmsProvider,
    channel,
    definition,
    everything,
    mailing,
    ok,
    subscribed,
    template,
)

PATH = "/api/v1/channels"


@pytest.fixture
async def server(engines: Engines) -> AsyncIterator[WebServer]:
    before, engines.settings = engines.settings, open_to(settings=engines.settings)
    async with web_server() as running:
        yield running
    engines.settings = before


async def test_a_channel_made_of_a_preset(engines: Engines, api: httpx.AsyncClient) -> None:
    presets = (await ok(await api.get(f"{PATH}/presets")))["items"]
    assert [preset["preset"] for preset in presets] == ["telegram_bot", "sms"]
    made = await ok(
        await api.post(f"{PATH}/presets", json={"preset": "telegram_bot", "key": "bot", "settings": {"token": TOKEN}}),
        201,
    )
    assert made["channel"]["definition"] == presets[0]["definition"]
    assert (made["channel"]["secrets"], made["channel"]["missing"], made["channel"]["settings"]) == (["token"], [], {})
    assert f"{PATH}/bot/inbound/" in made["inbound_url"]
    found = await ok(await api.get(f"{PATH}/{made['channel']['id']}"))
    assert found == made["channel"]
    assert TOKEN not in json.dumps(made)
    sms = await ok(await api.post(f"{PATH}/presets", json={"preset": "sms"}), 201)
    assert sms["channel"]["key"] == "sms"
    assert sms["channel"]["missing"] == ["api_url", "api_key"]


@pytest.mark.parametrize(
    ("change", "status", "pointer"),
    [
        ({"key": "email"}, 422, "/key"),
        ({"key": "Bad Key"}, 422, "/key"),
        ({"settings": {"nothing": "x"}}, 422, "/settings/nothing"),
        ({"settings": {"api_url": "ftp://x"}}, 422, "/settings/api_url"),
        ({"settings": {"api_url": "https://x.example/?a"}}, 422, "/settings/api_url"),
        (
            {"definition": definition(request={"allow_http": False}), "settings": {"api_url": "http://x.example"}},
            422,
            "/settings/api_url",
        ),
        ({"definition": definition(request={"url": "nowhere"})}, 422, "/definition/request/url"),
    ],
)
async def test_what_cannot_be_stored(api: httpx.AsyncClient, change: dict[str, Any], status: int, pointer: str) -> None:
    body = {"key": "wrong", "name": "Wrong", "definition": definition(), **change}
    reply = await api.post(PATH, json=body)
    assert reply.status_code == status, reply.text
    assert pointer in [error["pointer"] for error in reply.json()["errors"]]
    assert (await ok(await api.get(PATH, params={"q": "Wrong"})))["items"] == []


async def test_a_key_is_for_ever_and_a_name_for_one(api: httpx.AsyncClient) -> None:
    made, _ = await channel(api, "once")
    body = {"key": "once", "name": "Other", "definition": definition()}
    assert (await api.post(PATH, json=body)).status_code == 409
    assert (await api.post(PATH, json={**body, "key": "twice", "name": "CHANNEL ONCE"})).status_code == 409
    assert (await api.patch(f"{PATH}/{made['id']}", json={"key": "else"})).status_code == 422
    renamed = await ok(
        await api.patch(f"{PATH}/{made['id']}", json={"name": "Once upon", "revision": made["revision"]})
    )
    assert (renamed["name"], renamed["key"], renamed["revision"]) == ("Once upon", "once", made["revision"] + 1)
    stale = await api.patch(f"{PATH}/{made['id']}", json={"name": "Again", "revision": made["revision"]})
    assert stale.status_code == 409


async def test_secrets_are_written_and_never_read(engines: Engines, api: httpx.AsyncClient, server: WebServer) -> None:
    bot = BotApi(server)
    bot.says["7"] = (400, {"ok": False, "description": f"Bad token {TOKEN} at /bot{TOKEN}/sendMessage"})
    key = {"Idempotency-Key": "make-secretive"}
    body = {"key": "secretive", "name": "Secretive", "definition": definition()}
    body["settings"] = {"token": TOKEN, "api_url": bot.url}
    first = await api.post(PATH, json=body, headers=key)
    made = first.json()["channel"]
    again = await api.post(PATH, json=body, headers=key)
    assert again.json()["inbound_url"] is None
    assert again.json()["channel"] == made
    replies = [again.text, first.text.replace(first.json()["inbound_url"], "")]
    token = first.json()["inbound_url"].rpartition("/")[2]
    content = {"text": "Hi"}
    replies.append((await api.post(f"{PATH}/{made['id']}/preview", json={"content": content})).text)
    replies.append((await api.post(f"{PATH}/{made['id']}/try", json={"contact": "7", "content": content})).text)
    replies.append((await api.post(f"{PATH}/{made['id']}/try", json={"contact": "8", "content": content})).text)
    replies.append((await api.patch(f"{PATH}/{made['id']}", json={"settings": {"token": TOKEN}})).text)
    replies.append((await api.get(f"{PATH}/{made['id']}")).text)
    replies.append((await api.get(PATH)).text)
    replies.append((await api.get("/api/v1/audit", params={"limit": 100})).text)
    assert bot.sent == {"8": 1}
    assert len(bot.got) == 2
    kept = await everything(engines)
    for text in [*replies, kept]:
        assert TOKEN not in text
        assert token not in text
    assert "•••" in replies[3]
    assert "channel.created" in kept
    assert "settings_changed" in kept


async def test_requests_to_another_server_need_the_secrets_again(api: httpx.AsyncClient) -> None:
    made, _ = await channel(api, "moved", settings={"token": TOKEN})
    path = f"{PATH}/{made['id']}"
    thief = await api.patch(path, json={"settings": {"api_url": "https://thief.example"}})
    assert thief.status_code == 422
    assert thief.json()["errors"][0]["pointer"] == "/settings/token"
    elsewhere = definition(request={"url": "https://thief.example/bot${settings.token}"})
    assert (await api.patch(path, json={"definition": elsewhere})).status_code == 422
    auth = {
        "kind": "oauth2",
        "token_url": "https://thief.example/t",
        "client_id": "x",
        "client_secret": "${settings.token}",
    }
    assert (await api.patch(path, json={"definition": definition(auth=auth)})).status_code == 422
    shown = definition()
    shown["settings"][0]["type"] = "text"
    opened = await ok(await api.patch(path, json={"definition": shown}))
    assert opened["settings"] == {}
    assert opened["missing"] == ["token"]
    both = {"settings": {"api_url": "https://own.example", "token": "777:new"}, "definition": definition()}
    assert (await ok(await api.patch(path, json=both)))["secrets"] == ["token"]


async def test_what_was_required_stays_required(engines: Engines, api: httpx.AsyncClient) -> None:
    made, _ = await channel(api, "strict")
    path = f"{PATH}/{made['id']}"
    loose = definition()
    loose["content"][0]["required"] = False
    reply = await api.patch(path, json={"definition": loose})
    assert reply.status_code == 422
    assert reply.json()["errors"][0]["pointer"] == "/definition/content/0/required"

    template_id = await template(api, "strict", {"text": "Hi", "button_text": "Go", "button_url": "https://x.example"})
    gone = definition()
    gone["content"] = [{**gone["content"][0], "key": "words"}, *gone["content"][1:]]
    gone["request"]["json"]["text"] = "${content.words}"
    assert "cannot be taken away" in (await api.patch(path, json={"definition": gone})).text

    wants = definition()
    wants["content"][4]["required"] = True
    reply = await api.patch(path, json={"definition": wants})
    assert reply.json()["errors"][0]["pointer"] == "/definition/content/4/required"
    assert "For strict" in reply.text
    wants = definition()
    wants["content"][2]["required"] = True  # what every template has
    wants["content"][4]["type"] = "text"
    reply = await api.patch(path, json={"definition": wants})
    assert reply.json()["errors"][0]["pointer"] == "/definition/content/4/type"
    wants["content"][4]["type"] = "boolean"
    assert (await ok(await api.patch(path, json={"definition": wants})))["definition"]["content"][2]["required"]

    fewer = definition(content=[f for f in wants["content"] if f["key"] != "button_url"])
    fewer["request"]["json"].pop("reply_markup")
    assert "filled in by For strict" in (await api.patch(path, json={"definition": fewer})).text
    await ok(await api.patch(f"/api/v1/templates/{template_id}", json={"fields": {"text": "Hi", "button_text": "Go"}}))
    assert "filled in by For strict" in (await api.patch(path, json={"definition": fewer})).text  # published still
    await ok(await api.post(f"/api/v1/templates/{template_id}/publish"))
    await ok(await api.patch(path, json={"definition": fewer}))


async def test_a_preview_shows_the_request_and_sends_nothing(api: httpx.AsyncClient) -> None:
    body = {"definition": definition("sms"), "settings": {"api_url": "https://sms.example/v1", "sender": "Shop"}}
    body |= {"contact": "+491701234567", "content": {"text": 'Say "hi"'}}
    body["answer"] = {"status": 429, "headers": {"Retry-After": "7"}, "body": '{"error":{"message":"Slow down"}}'}
    found = await ok(await api.post(f"{PATH}/preview", json=body))
    assert found["error"] is None
    request = found["request"]
    assert (request["method"], request["url"]) == ("POST", "https://sms.example/v1/messages")
    assert {h["name"]: h["value"] for h in request["headers"]}["authorization"] == "•••••"
    sent = json.loads(request["body"])
    assert (sent["to"], sent["from"], sent["text"]) == ("+491701234567", "Shop", 'Say "hi"')
    verdict = found["verdict"]
    assert (verdict["outcome"], verdict["retry_after"], verdict["reason"], verdict["rule"]) == (
        "later",
        7,
        "Slow down",
        0,
    )

    assert "no Phone number" in (await ok(await api.post(f"{PATH}/preview", json={**body, "contact": "12"})))["error"]
    assert (
        "is empty" in (await ok(await api.post(f"{PATH}/preview", json={**body, "content": {"sender": "x"}})))["error"]
    )
    nothing = await api.post(f"{PATH}/preview", json={**body, "content": {"nothing": "x"}})
    assert nothing.json()["errors"][0]["pointer"] == "/content/nothing"
    example = await ok(await api.post(f"{PATH}/preview", json={"definition": definition(), "settings": {}}))
    assert example["request"]["url"] == "https://api.telegram.org/bot•••••/sendMessage"


async def test_one_message_is_sent_to_try(api: httpx.AsyncClient, server: WebServer) -> None:
    provider = SmsProvider(server)
    made, _ = await channel(api, "trysms", "sms", {"api_url": provider.url, "api_key": API_KEY})
    body = {"contact": "+491701234567", "content": {"text": "Hi"}}
    tried = await ok(await api.post(f"{PATH}/{made['id']}/try", json=body))
    assert (tried["verdict"]["outcome"], tried["verdict"]["message_id"], tried["answer"]["status"]) == (
        "sent",
        "m-1",
        202,
    )
    assert provider.got[0].headers["authorization"] == f"Bearer {API_KEY}"
    assert provider.taken[0]["reference"].startswith("try-")
    assert provider.taken[0]["callback_url"].startswith("http")
    provider.says = [(401, {"error": {"message": f"bad key {API_KEY}"}}, {})]
    tried = await ok(await api.post(f"{PATH}/{made['id']}/try", json=body))
    assert tried["verdict"]["outcome"] == "stop"
    assert API_KEY not in json.dumps(tried)
    provider.server.pages[provider.path] = _drop
    tried = await ok(await api.post(f"{PATH}/{made['id']}/try", json=body))
    assert (tried["answer"], tried["verdict"]["outcome"]) == (None, "unknown")


async def _drop(asked: Any, out: Any) -> None:
    out.transport.abort()


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "http://169.254.169.254", "http://10.0.0.1", "http://[::1]:9"])
async def test_addresses_inside_are_not_reached(api: httpx.AsyncClient, url: str, server: WebServer) -> None:
    key = "inside" + str(abs(hash(url)) % 10_000)
    made, _ = await channel(api, key, settings={"token": TOKEN, "api_url": url})
    tried = await ok(await api.post(f"{PATH}/{made['id']}/try", json={"contact": "1", "content": {"text": "x"}}))
    assert tried["answer"] is None
    assert "address" in tried["error"]
    assert server.asked == []


async def test_redirects_are_not_followed(api: httpx.AsyncClient, server: WebServer) -> None:
    server.page(f"/bot{TOKEN}/sendMessage", b"", status=307, location=server.url("/else", host="127.0.0.1"))
    made, _ = await channel(api, "sentaway", settings={"token": TOKEN, "api_url": server.url("", host="127.0.0.2")})
    tried = await ok(await api.post(f"{PATH}/{made['id']}/try", json={"contact": "1", "content": {"text": "x"}}))
    assert (tried["answer"]["status"], tried["verdict"]["outcome"]) == (307, "failed")
    assert len(server.asked) == 1


async def test_oauth_tokens_are_got_and_kept(api: httpx.AsyncClient, server: WebServer) -> None:
    provider = SmsProvider(server)
    server.page("/token", json.dumps({"access_token": "tok-1", "expires_in": 3600}).encode(), kind="application/json")
    auth = {"kind": "oauth2", "token_url": server.url("/token", host="127.0.0.2"), "client_id": "me"}
    auth |= {"client_secret": "${settings.api_key}", "scope": "send"}
    settings = {"api_url": provider.url, "api_key": API_KEY}
    made, _ = await channel(api, "oauth", "sms", settings, auth=auth)
    body = {"contact": "+491701234567", "content": {"text": "Hi"}}
    tried = await ok(await api.post(f"{PATH}/{made['id']}/try", json=body))
    assert tried["verdict"]["outcome"] == "sent"
    assert provider.got[0].headers["authorization"] == "Bearer tok-1"
    assert server.asked[0].body == b"grant_type=client_credentials&scope=send"
    server.page("/token", b"{}", status=401, kind="application/json")
    tried = await ok(await api.post(f"{PATH}/{made['id']}/try", json=body))
    assert "client id" in tried["error"]
    assert len(provider.got) == 1


async def test_archive_restore_and_who_uses_it(engines: Engines, api: httpx.AsyncClient) -> None:
    made, _ = await channel(api, "shelf", settings={"token": TOKEN})
    path = f"{PATH}/{made['id']}"
    database, resource = await subscribed(engines, "shelf", 2)
    template_id = await template(api, "shelf", {"text": "Hi"})
    mailing_id = await mailing(api, "shelf", database, resource, template_id, send_at="2027-01-01T00:00:00Z")
    uses = (await ok(await api.get(f"{path}/used-by")))["items"]
    assert [(use["kind"], use["holds"]) for use in uses] == [
        ("mailing", False),
        ("template", False),
        ("resource", False),
    ]
    await ok(await api.post(f"/api/v1/mailings/{mailing_id}/start", json={}))
    assert (await api.delete(path)).status_code == 409
    await ok(await api.post(f"/api/v1/mailings/{mailing_id}/unschedule"))
    assert (await api.delete(path)).status_code == 204
    assert made["id"] in [c["id"] for c in (await ok(await api.get(PATH, params={"archived": True})))["items"]]
    assert (await api.post("/api/v1/templates", json={"name": "x", "channel": "shelf"})).status_code == 422
    assert (await api.post(f"{path}/try", json={"contact": "1", "content": {"text": "x"}})).status_code == 409
    reply = await api.post(f"/api/v1/mailings/{mailing_id}/start", json={})
    assert "/channel" in [error["pointer"] for error in reply.json()["errors"]]
    assert (await ok(await api.post(f"{path}/restore")))["archived_at"] is None


async def test_rights(engines: Engines) -> None:
    async with api_client(engines, roles=("marketer",)) as client:
        assert (await client.get(PATH)).status_code == 200
        assert (await client.post(PATH, json={"key": "no", "name": "x", "definition": definition()})).status_code == 403
