"""Making, changing, trying and deleting hooks; the log, replays, rights."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from fidelia.access import create_token, read_audit
from fidelia.events.hooks import personal_data
from fidelia.events.hooks.service import replay
from fidelia.kernel.paging import PageRequest
from fidelia.platform.jobs import runner
from fidelia.platform.outbox import EventOut
from tests.conftest import NOW
from tests.events.conftest import SYSTEM
from tests.web_server import open_to

from .conftest import Hooks, Receiver


async def test_made_read_changed_deleted(hooks: Hooks) -> None:
    receiver = hooks.receiver()
    hook = await hooks.hook(receiver, name="Warehouse", headers={"X-Key": "abc", "X-Team": "one"}, types=["custom.a"])
    shown = await hooks.read(hook)
    assert (shown["header_names"], shown["active"], shown["batch_size"]) == (["X-Key", "X-Team"], True, 100)
    assert "abc" not in json.dumps(shown)
    assert hooks.secrets[hook] not in json.dumps(shown)
    async with hooks.engines.tx() as tx:
        stored = json.dumps([list(map(str, row)) for row in await tx.all(sa.text("select * from hook"))])
    assert "abc" not in stored
    assert hooks.secrets[hook] not in stored
    changed = await hooks.call(
        "PATCH", f"/hooks/{hook}", json={"name": "Store", "headers": {"X-Key": None, "X-New": "n"}, "types": []}
    )
    assert (changed["name"], changed["header_names"], changed["types"]) == ("Store", ["X-Key", "X-New"], [])
    await hooks.tell("e1", type_="custom.other")
    await hooks.round()
    sent = receiver.got[0].headers
    assert (sent["x-key"], sent["x-new"], sent.get("x-team")) == ("abc", "n", None)
    listed = await hooks.call("GET", "/hooks", params={"q": "stor", "active": True, "database": hooks.database})
    assert [item["id"] for item in listed["items"]] == [hook]
    assert (await hooks.call("GET", "/hooks", params={"active": False}))["items"] == []
    await hooks.call("DELETE", f"/hooks/{hook}", 204)
    await hooks.call("GET", f"/hooks/{hook}", 404)
    await hooks.tell("e2")
    await hooks.round()
    assert receiver.ids() == ["e1"]
    async with hooks.engines.tx() as tx:
        entries = await read_audit(tx, PageRequest(), kind="hook", object_id=str(hook))
    assert [entry.action for entry in entries.items] == ["hook.deleted", "hook.updated", "hook.created"]
    assert "abc" not in json.dumps([[entry.before, entry.after] for entry in entries.items])


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"url": "ftp://127.0.0.2/x"}, "/url"),
        ({"url": "http://127.0.0.2/x", "allow_http": False}, "/url"),
        ({"url": "https://127.0.0.1/x"}, "/url"),
        ({"url": "https://169.254.169.254/latest"}, "/url"),
        ({"url": "https://user:word@127.0.0.2/"}, "/url"),
        ({"name": " "}, "/name"),
        ({"types": ["custom.a", "nothing"]}, "/types/1"),
        ({"headers": {"webhook-id": "x"}}, "/headers/webhook-id"),
        ({"headers": {"X-A": "a\nb"}}, "/headers"),
        ({"headers": {"X-A": None}}, "/headers/X-A"),
        ({"headers": {"Host": "x"}}, "/headers"),
        ({"custom_data": {"x": "y" * 9000}}, "/custom_data"),
        ({"batch_size": 501}, "/batch_size"),
        ({"max_delay": -1}, "/max_delay"),
        ({"filters": {"properties": [{"name": "a", "op": "like", "value": 1}]}}, "/filters/properties/0/op"),
    ],
)
async def test_what_cannot_be_is_refused_at_its_place(hooks: Hooks, body: dict[str, Any], pointer: str) -> None:
    whole = {"name": "x", "url": hooks.receiver().url, "allow_http": True, **body}
    refused = await hooks.call("POST", "/hooks", 422, json=whole)
    assert refused["errors"][0]["pointer"] == pointer
    assert (await hooks.call("GET", "/hooks"))["total"] == 0


async def test_stored_headers_go_to_their_own_server_only(hooks: Hooks) -> None:
    receiver = hooks.receiver()
    hook = await hooks.hook(receiver, headers={"X-Key": "abc"})
    stranger = receiver.url.replace("127.0.0.2", "127.0.0.3")
    hooks.engines.settings = open_to("127.0.0.2/31", hooks.engines.settings)
    for body in ({"url": stranger}, {"url": stranger, "headers": {"X-Key": None}}):
        refused = await hooks.call("PATCH", f"/hooks/{hook}", 422, json=body)
        assert refused["errors"][0]["pointer"] == "/headers/X-Key"
    same = {"url": receiver.url + "/else", "headers": {"X-Key": None}}
    assert (await hooks.call("PATCH", f"/hooks/{hook}", json=same))["header_names"] == ["X-Key"]
    moved = {"url": stranger, "headers": {"X-Key": "new"}}
    assert (await hooks.call("PATCH", f"/hooks/{hook}", json=moved))["url"] == stranger
    await hooks.tell("e1")
    await hooks.round()
    assert receiver.got[0].headers["x-key"] == "new"


async def test_names_are_unique_and_databases_exist(hooks: Hooks) -> None:
    receiver = hooks.receiver()
    await hooks.hook(receiver, name="One")
    body = {"name": "one", "url": receiver.url, "allow_http": True}
    await hooks.call("POST", "/hooks", 409, json=body)
    await hooks.call("POST", "/hooks", 404, json={**body, "name": "two", "database_id": 99})
    await hooks.hook(receiver, name="Two", database_id=hooks.database)
    refused = await hooks.call("DELETE", f"/databases/{hooks.database}", 409, params={"confirm": "shop"})
    assert "hook Two" in refused["detail"]


async def test_a_test_event_is_sent_at_once_and_shown(hooks: Hooks) -> None:
    receiver = hooks.receiver()
    hook = await hooks.hook(receiver, types=["message.clicked"], custom_data={"a": 1})
    await hooks.call("POST", f"/hooks/{hook}/pause")
    done = await hooks.call("POST", f"/hooks/{hook}/test")
    assert (done["state"], done["kind"], done["status"]) == ("delivered", "test", 200)
    (body,) = receiver.taken
    assert (body["kind"], body["custom_data"], body["events"][0]["type"]) == ("test", {"a": 1}, "message.clicked")
    assert set(body["events"][0]["properties"]) >= {"mailing", "link"}
    detail = await hooks.call("GET", f"/hooks/{hook}/deliveries/{done['id']}")
    assert json.loads(detail["body"]) == body
    assert detail["url"] == receiver.url
    receiver.says = [(500, {})]
    failed = await hooks.call("POST", f"/hooks/{hook}/test")
    assert (failed["state"], failed["status"], failed["response"]) == ("failed", 500, "no")
    assert (await hooks.read(hook))["attempts"] == 0
    await hooks.call("POST", f"/hooks/{hook}/resume")
    assert await hooks.round() == 0, "a test that failed is not tried again"
    sample = await hooks.call("GET", "/hooks/sample", params={"type": "order.created"})
    assert sample["events"][0]["properties"]["total"] == "10.00"


async def test_one_delivery_is_sent_again(hooks: Hooks) -> None:
    receiver = hooks.receiver()
    hook = await hooks.hook(receiver)
    await hooks.tell("e1", "e2")
    await hooks.round()
    (entry,) = await hooks.log(hook)
    made = await hooks.call("POST", f"/hooks/{hook}/deliveries/{entry['id']}/replay", 201)
    assert (made["kind"], made["state"]) == ("replay", "waiting")
    await hooks.round()
    one, two = receiver.taken
    assert one["events"] == two["events"]
    assert (one["kind"], two["kind"]) == ("live", "replay")
    assert one["id"] != two["id"]
    assert len(await hooks.log(hook, kind="replay", state="delivered")) == 1
    await hooks.call("GET", f"/hooks/{hook}/deliveries/999", 404)


async def test_a_delivery_that_cannot_be_taken_is_given_up(hooks: Hooks) -> None:
    receiver = hooks.receiver()
    hook = await hooks.hook(receiver, batch_size=1)
    receiver.says = [(400, {})]
    await hooks.tell("bad", "good")
    await hooks.round()
    entry = next(item for item in await hooks.log(hook) if item["attempts"])
    await hooks.call("POST", f"/hooks/{hook}/deliveries/{entry['id']}/skip", 204)
    await hooks.call("POST", f"/hooks/{hook}/deliveries/{entry['id']}/skip", 409)
    await hooks.round()
    assert receiver.ids() == ["good"]
    assert (await hooks.read(hook))["dropped_events"] == 1


async def replayed(hooks: Hooks, hook: int, body: dict[str, Any]) -> Any:
    job = (await hooks.call("POST", f"/hooks/{hook}/replay", 202, json=body))["job"]["id"]
    running = asyncio.create_task(runner.run_job(hooks.engines, job))
    while not running.done():
        await hooks.round()
        await asyncio.sleep(0.02)
    await running
    return await hooks.call("GET", f"/jobs/{job}")


async def story(hooks: Hooks) -> Receiver:
    """Ten days of events of three people, two types."""
    people = await hooks.people(3)
    async with hooks.engines.tx() as tx:
        for n in range(60):
            at = NOW - timedelta(days=10) + timedelta(hours=4 * n)
            type_ = "custom.a" if n % 3 else "custom.b"
            tx.emit(EventOut(hooks.database, people[n % 3], type_, at, {"n": n, "mailing": n % 2}, f"h{n}"))
    await hooks.drain()
    return hooks.receiver()


async def test_a_replayed_period_equals_the_history(hooks: Hooks) -> None:
    receiver = await story(hooks)
    hook = await hooks.hook(receiver, types=["custom.a"], batch_size=7, filters={"mailings": [1]})
    since, until = NOW - timedelta(days=8), NOW - timedelta(days=2)
    done = await replayed(hooks, hook, {"from": since.isoformat(), "to": until.isoformat()})
    assert (done["state"], done["error"]) == ("done", None)
    rows = await hooks.engines.clickhouse.query(
        f"select id from e_{hooks.database} final where type = 'custom.a' and mailing = 1"
        " and at >= '2026-11-08 12:00:00' and at < '2026-11-14 12:00:00' order by at"
    )
    assert receiver.ids() == [row[0] for row in rows]
    assert done["result"] == {"events": len(rows)}
    assert {body["kind"] for body in receiver.taken} == {"replay"}
    assert [len(body["events"]) for body in receiver.taken][:-1] == [7] * (len(rows) // 7)
    assert receiver.events()[0]["profile"]["email"].endswith("@example.com")


async def test_a_replay_goes_on_where_it_was_killed_and_can_be_cancelled(
    hooks: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay, "_PAGE", 5)
    receiver = await story(hooks)
    hook = await hooks.hook(receiver, batch_size=5, types=["custom.a", "custom.b"])
    body = {"from": (NOW - timedelta(days=30)).isoformat(), "to": NOW.isoformat()}
    job = (await hooks.call("POST", f"/hooks/{hook}/replay", 202, json=body))["job"]["id"]
    running = asyncio.create_task(runner.run_job(hooks.engines, job))
    while not receiver.taken:
        await hooks.round()
        await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    async with hooks.engines.tx() as tx:
        await tx.execute(sa.text("update job set state = 'queued', queue_id = null"))
    again = asyncio.create_task(runner.run_job(hooks.engines, job))
    while not again.done():
        await hooks.round()
        await asyncio.sleep(0.02)
    assert receiver.ids() == [f"h{n}" for n in range(60)]
    receiver.taken.clear()
    receiver.says = [(500, {})] * 100
    job = (await hooks.call("POST", f"/hooks/{hook}/replay", 202, json=body))["job"]["id"]
    running = asyncio.create_task(runner.run_job(hooks.engines, job))
    while not (await hooks.read(hook))["attempts"]:
        await hooks.round()
        await asyncio.sleep(0.02)
    await hooks.call("POST", f"/jobs/{job}/cancel")
    await running
    assert (await hooks.call("GET", f"/jobs/{job}"))["state"] == "cancelled"
    assert (await hooks.read(hook))["waiting"] == 0


async def test_replays_are_refused_where_they_make_no_sense(hooks: Hooks) -> None:
    hook = await hooks.hook(hooks.receiver(), types=["custom.a"])
    path, at = f"/hooks/{hook}/replay", NOW.isoformat()
    later = (NOW + timedelta(days=1)).isoformat()
    refused = await hooks.call("POST", path, 422, json={"from": later, "to": at})
    assert refused["errors"][0]["pointer"] == "/to"
    refused = await hooks.call("POST", path, 422, json={"from": at, "to": later, "types": ["custom.b"]})
    assert refused["errors"][0]["pointer"] == "/types"
    await hooks.call("POST", f"/hooks/{hook}/pause")
    await hooks.call("POST", path, 409, json={"from": at, "to": later})


async def test_what_happens_now_goes_before_what_is_sent_again(hooks: Hooks) -> None:
    receiver = hooks.receiver()
    hook = await hooks.hook(receiver)
    await hooks.tell("e1")
    await hooks.round()
    (entry,) = await hooks.log(hook)
    await hooks.call("POST", f"/hooks/{hook}/deliveries/{entry['id']}/replay", 201)
    await hooks.tell("e2")
    await hooks.round()
    assert [(body["kind"], body["events"][0]["id"]) for body in receiver.taken] == [
        ("live", "e1"), ("live", "e2"), ("replay", "e1"),
    ]  # fmt: skip


async def test_personal_data_say_what_was_sent_where(hooks: Hooks) -> None:
    (one,) = await hooks.people(1)
    receiver = hooks.receiver()
    await hooks.hook(receiver, types=["custom.a"])
    await hooks.tell("e1", profile=one)
    await hooks.round()
    found = await personal_data(hooks.engines, hooks.database, one)
    assert [(h["url"], [e["id"] for e in h["events"]]) for h in found["hooks"]] == [(receiver.url, ["e1"])]


async def test_rights(hooks: Hooks) -> None:
    hook = await hooks.hook(hooks.receiver())
    for role, may in (("viewer", False), ("marketer", False), ("integrator", True)):
        async with hooks.engines.tx() as tx:
            token = await create_token(tx, SYSTEM, name=role, roles=[role])
        headers = {"Authorization": f"Bearer {token.secret}"}
        transport = hooks.api._transport
        async with httpx.AsyncClient(transport=transport, base_url="http://test/api/v1", headers=headers) as api:
            assert (await api.get("/hooks")).status_code == 200
            assert (await api.post(f"/hooks/{hook}/test")).status_code == (200 if may else 403)
            assert (await api.patch(f"/hooks/{hook}", json={"max_delay": 1})).status_code == (200 if may else 403)


async def test_a_deleted_type_fires_nothing(hooks: Hooks) -> None:
    (one,) = await hooks.people(1)
    receiver = hooks.receiver()
    await hooks.hook(receiver, types=["custom.a", "custom.b"])
    made = await hooks.call("POST", "/event-types", 201, json={"database_id": hooks.database, "name": "custom.a"})
    await hooks.tell("early", profile=one)
    await hooks.tell("other", profile=one, type_="custom.b")
    refused = await hooks.call("DELETE", f"/event-types/{made['id']}", 409)
    assert refused["used_by"] == [f"hook to {receiver.path}"]
    await hooks.call("DELETE", f"/event-types/{made['id']}", 204, params={"confirm": True})
    await hooks.round()
    assert receiver.ids() == ["other"]
