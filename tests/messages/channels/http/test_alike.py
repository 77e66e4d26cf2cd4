"""What holds for mails holds for messages of every channel: templates, kinds, policies, control groups, goals."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from pyroaring import BitMap

from fidelia import events
from fidelia.access import Actor
from fidelia.messages import ports
from fidelia.messages.conversions import catching
from fidelia.messages.model import Plan
from fidelia.messages.service import running
from fidelia.messages.service.outlet import signer
from fidelia.messages.store import runs
from fidelia.platform.engines import Engines
from fidelia.worker import tasks
from tests.web_server import open_to, web_server

from .world import TOKEN, BotApi, channel, mailing, ok, report, run_jobs, started, subscribed, template

assert tasks.MODULES
PATH = "/api/v1/templates"


@pytest.fixture
async def bot(engines: Engines) -> AsyncIterator[BotApi]:
    before, engines.settings = engines.settings, open_to(settings=engines.settings)
    async with web_server() as server:
        yield BotApi(server)
    engines.settings = before


async def test_policies_control_groups_goals_and_conversions(
    engines: Engines, api: httpx.AsyncClient, bot: BotApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    await channel(api, "alike", settings={"token": TOKEN, "api_url": bot.url})
    database, resource = await subscribed(engines, "alike", 40)
    template_id = await template(api, "alike", {"text": "Hi"})
    limits = [{"per": "profile", "most": 1, "days": 1}]
    policy = await ok(await api.post("/api/v1/policies", json={"name": "Once a day", "limits": limits}), 201)
    async with engines.tx() as tx:
        await events.create_goal(tx, Actor.system(), database, {"key": "buy", "name": "Buy", "default_value": "10"})
    await catching.round_of(engines)

    kept = BitMap([3, 4])

    async def keep(tx: object, of: int, plan: Plan, chosen: BitMap) -> dict[str, BitMap]:
        return {"control_group": chosen & kept} if of == database else {}

    gates = engines.ports[ports.RECIPIENT_GATES]
    monkeypatch.setitem(engines.ports, ports.RECIPIENT_GATES, [*gates, keep])
    first = await mailing(api, "alike", database, resource, template_id, policy_id=policy["id"])
    found = await started(engines, api, first)
    (kept_out,) = found["left_out_reasons"]
    assert kept_out["reason"] == "control_group"
    assert (kept_out["count"], found["sent"], sum(bot.sent.values())) == (2, 38, 38)
    assert not {"3", "4"} & set(bot.sent)

    second = await mailing(api, "alike", database, resource, template_id, policy_id=policy["id"])
    again = await started(engines, api, second)
    assert (again["sent"], again["blocked"]) == (0, found["sent"])
    assert "Once a day" in again["blocks"][0]["reason"]
    assert set(bot.sent.values()) == {1}

    async with engines.tx() as tx:
        run = await runs.newest(tx, first)
    assert run is not None
    person = int(next(iter(bot.sent)))
    token = (await signer(engines)).token("g", run.id, person)
    goal = {"database": database, "goal": "buy", "message": token, "id": "1"}
    assert (await ok(await api.post("/api/v1/goals/register", json=goal), 202))["message"] is True
    await engines.drain.catch_up()
    await catching.round_of(engines)
    async with engines.db.hot() as raw:
        cursor = await raw.execute("select run_id, profile_id, goal from conversion where run_id = %s", (run.id,))
        assert await cursor.fetchall() == [(run.id, person, "buy")]


async def test_a_triggered_mailing_and_one_with_variants(engines: Engines, api: httpx.AsyncClient, bot: BotApi) -> None:
    await channel(api, "kinds", settings={"token": TOKEN, "api_url": bot.url})
    database, resource = await subscribed(engines, "kinds", 6)
    one = await template(api, "kinds", {"text": "One {{ event.code }}"})
    more = {"type": "trigger", "triggers": [{"kind": "call"}]}
    triggered = await mailing(api, "kinds", database, resource, one, **more)
    assert (await ok(await api.post(f"/api/v1/mailings/{triggered}/start", json={})))["state"] == "active"
    call = {"profile": 2, "id": "c1", "properties": {"code": "X7"}}
    for queued in (1, 0):
        told = await ok(await api.post(f"/api/v1/mailings/{triggered}/trigger", json=call), 202)
        assert told["queued"] == queued
    await running.tick(engines)
    await run_jobs(engines)
    assert [(body["chat_id"], body["text"]) for body in bot.got] == [("2", "One X7")]
    await ok(await api.post(f"/api/v1/mailings/{triggered}/stop"))

    bot.got.clear()
    a, b = [await template(api, "kinds", {"text": text}, name=text) for text in ("A", "B")]
    variants = {"variants": [{"template_id": a}, {"template_id": b}]}
    split = await mailing(api, "kinds", database, resource, a, split=variants)
    found = await started(engines, api, split)
    assert found["sent"] == 6
    assert sorted(body["text"] for body in bot.got) == ["A", "A", "A", "B", "B", "B"]


async def test_templates_of_fields(engines: Engines, api: httpx.AsyncClient, bot: BotApi) -> None:
    made, _ = await channel(api, "fields", settings={"token": TOKEN, "api_url": bot.url})
    database, _ = await subscribed(engines, "fields", 3)
    body = {"name": "T", "channel": "fields", "database_id": database, "fields": {"text": "Hi {{ profile.frst_name }}"}}
    draft = await ok(await api.post(PATH, json={**body, "fields": {**body["fields"], "button_url": "nowhere"}}), 201)
    problems = {problem["part"]: problem["message"] for problem in draft["problems"]}
    assert "did you mean first_name" in problems["fields.text"]
    assert "no address" in problems["fields.button_url"]
    reply = await api.post(f"{PATH}/{draft['id']}/publish")
    assert {error["pointer"] for error in reply.json()["errors"]} == {"/fields/text", "/fields/button_url"}
    reply = await api.patch(f"{PATH}/{draft['id']}", json={"fields": {"nothing": "x"}})
    assert reply.json()["errors"][0]["pointer"] == "/fields/nothing"
    empty = await ok(await api.patch(f"{PATH}/{draft['id']}", json={"fields": {"text": " "}}))
    assert [(p["part"], p["code"]) for p in empty["problems"]] == [("fields.text", "required")]
    assert (await api.post(PATH, json={"name": "M", "fields": {"text": "x"}})).status_code == 422
    assert (await api.post(PATH, json={"name": "M", "channel": "nowhere"})).status_code == 422

    fields = {"text": "Hi {{ profile.first_name }} <i>&", "parse_mode": "HTML", "button_text": "Go"}
    fields["button_url"] = "https://shop.example.org/{{ profile.id }}"
    await ok(await api.patch(f"{PATH}/{draft['id']}", json={"fields": fields}))
    seen = await ok(await api.post(f"{PATH}/{draft['id']}/preview", json={"profile_id": 1}))
    assert seen["fields"] == {**fields, "text": "Hi Name 1 <i>&", "button_url": "https://shop.example.org/1"}
    assert (seen["error"], seen["html"], [link["url"] for link in seen["links"]]) == (None, "", [fields["button_url"]])
    seen = await ok(await api.post(f"{PATH}/{draft['id']}/preview", json={"profile_id": 3}))
    assert seen["error"] == "profile.first_name is missing"
    unsaved = {"channel": "fields", "database_id": database, "fields": {"text": "x" * 5_000}, "profile_id": 1}
    assert "5,000 characters" in (await ok(await api.post(f"{PATH}/preview", json=unsaved)))["problems"][0]["message"]

    unsaved["fields"] = {"text": "See https://a.example/x?y=1, or not", "button_url": "https://b.example/"}
    seen = await ok(await api.post(f"{PATH}/preview", json=unsaved))
    assert seen["fields"] == unsaved["fields"]
    assert [link["url"] for link in seen["links"]] == ["https://a.example/x?y=1", "https://b.example/"]
    unsaved["fields"] = {"text": "{{ links.web_version }} {{ links.unsubscribe }}"}
    seen = await ok(await api.post(f"{PATH}/preview", json=unsaved))
    assert [problem["code"] for problem in seen["problems"]] == ["unknown_link"]
    assert "/unsubscribe" in seen["fields"]["text"]

    sent = await ok(await api.post(f"{PATH}/{draft['id']}/test-send", json={"to": ["77", "no chat"], "profile_id": 1}))
    assert [(item["address"], item["sent"]) for item in sent["items"]] == [("77", True), ("no chat", False)]
    assert "no Chat id" in sent["items"][1]["reason"]
    assert bot.got[0]["reply_markup"] == {"inline_keyboard": [[{"text": "Go", "url": "https://shop.example.org/1"}]]}

    published = await ok(await api.post(f"{PATH}/{draft['id']}/publish"))
    assert published["channel"] == "fields"
    versions = (await ok(await api.get(f"{PATH}/{draft['id']}/versions")))["items"]
    assert versions[0]["fields"] == fields
    copy = await ok(await api.post(f"{PATH}/{draft['id']}/clone", json={}), 201)
    assert (copy["channel"], copy["fields"]) == ("fields", fields)
    found = (await ok(await api.get(PATH, params={"channel": "fields"})))["items"]
    assert {item["id"] for item in found} == {draft["id"], copy["id"]}
    assert made["key"] == "fields"
    assert (await report(api, await mailing(api, "fields", database, None, draft["id"])))["audience"] == 0
