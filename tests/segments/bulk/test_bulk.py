"""Bulk updates through the API: preview, job, figures, refused people, audit, rights, what waits and what is erased."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from fidelia import profiles
from fidelia.kernel.clock import FixedClock
from fidelia.platform.engines import Engines
from fidelia.platform.jobs.runner import run_job
from fidelia.segments.bulk import service, work
from tests.conftest import NOW, api_client

from ..conftest import ALWAYS, Shop, compare, name

VIP = compare("profile.vip", "eq", True)
TEN_OLDER = [{"op": "increment", "field": "age", "by": 10}]


class Bulk:
    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.path = f"/databases/{shop.database}/bulk-updates"

    async def preview(self, audience: dict[str, Any], operations: Any, status: int = 200, **more: Any) -> Any:
        body = {"audience": audience, "operations": operations, **more}
        return await self.shop.post(f"{self.path}/preview", body, status)

    async def start(self, audience: dict[str, Any], operations: Any, status: int = 202, **more: Any) -> Any:
        return await self.shop.post(self.path, {"audience": audience, "operations": operations, **more}, status)

    async def do(self, audience: dict[str, Any], operations: Any, **more: Any) -> Any:
        """Start it, let both jobs run, return the bulk update as it stands then."""
        started = await self.start(audience, operations, **more)
        for job in (await self.shop.get("/jobs?kind=segments.bulk_people&state=queued"))["items"]:
            await run_job(self.shop.engines, job["id"])
        ended = await self.shop.run(started)
        assert ended["state"] == "done", ended["error"]
        assert ended["link"] == f"{self.path}/{started['bulk_update']['id']}"
        return await self.shop.get(f"/bulk-updates/{started['bulk_update']['id']}")

    async def ages(self) -> dict[int, Any]:
        async with self.shop.engines.tx() as tx:
            return {row["id"]: row["age"] for row in await profiles.read_many(tx, self.shop.database, range(1, 13))}


@pytest.fixture
def bulk(shop: Shop) -> Bulk:
    return Bulk(shop)


async def test_every_kind_of_audience(bulk: Bulk) -> None:
    shop = bulk.shop
    static = await shop.make("static")
    await shop.post(f"/segments/{static['id']}/members/add", {"profile_ids": [2, 5]})
    updatable = await shop.updatable(VIP)
    dynamic = await shop.make("dynamic", condition=VIP, limit=3)
    found = (await shop.get(f"/databases/{shop.database}/profiles?q=city:Bergen&columns=city"))["items"]
    wanted: list[tuple[dict[str, Any], set[int]]] = [
        ({"segment": static["id"]}, {2, 5}),
        ({"segment": updatable["id"]}, {2, 4, 6, 8, 10, 12}),
        ({"segment": dynamic["id"]}, set(await shop.members(dynamic["id"]))),
        ({"condition": VIP}, {2, 4, 6, 8, 10, 12}),
        ({"condition": VIP, "limit": 2}, await shop.who(VIP, segment_limit=2)),
        ({"condition": ALWAYS, "range": {"from": 0, "to": 40}}, await shop.who(ALWAYS, range={"from": 0, "to": 40})),
        ({"profile_ids": [3, 3, 9]}, {3, 9}),
        ({"q": "city:Bergen"}, {row["id"] for row in found}),
        ({"everybody": True}, set(range(1, 13))),
        ({"everybody": True, "limit": 5}, await shop.who(ALWAYS, segment_limit=5)),
        ({"segment": updatable["id"], "limit": 2}, await shop.who(VIP, segment_limit=2)),
    ]
    for audience, people in wanted:
        before = await bulk.ages()
        told = await bulk.preview(audience, TEN_OLDER)
        assert (told["people"], told["examined"], told["changed"]) == (len(people),) * 3, audience
        assert await bulk.ages() == before, "a preview changes nothing"
        done = await bulk.do(audience, TEN_OLDER)
        after = await bulk.ages()
        assert {i for i in after if after[i] != before[i]} == people, audience
        assert all(after[i] == (before[i] or 0) + 10 for i in people)
        assert (done["state"], done["people"], done["done"], done["changed"]) == ("done", *(len(people),) * 3)
        assert done["audience"] == {**done["audience"], **audience}
        assert (
            done["steps"]
            == told["steps"]
            == [{"title": "Add 10 to age", "changed": len(people), "kept": 0, "refused": 0}]
        )


async def test_the_preview_shows_ten_people_and_why_some_are_refused(bulk: Bulk) -> None:
    shop = bulk.shop
    await shop.patch(f"/databases/{shop.database}/profiles/1", {"set": {"age": 2**63 - 3}})
    operations = [*TEN_OLDER, {"op": "set", "field": "city", "value": "Moss"}]
    told = await bulk.preview({"everybody": True}, operations)
    assert (told["people"], told["changed"], told["refused"], told["events"]) == (12, 11, 1, 11)
    assert told["reasons"] == [{"operation": 0, "field": "age", "reason": "This number is too large", "people": 1}]
    assert len(told["sample"]) == 10
    first, second = told["sample"][:2]
    assert (first["name"], first["refused"], first["changes"]) == ("Name1", "This number is too large", [])
    assert {c["what"]: c["after"] for c in second["changes"]}["city"] == "Moss"
    assert second["changes"][0]["after"] == second["changes"][0]["before"] + 10
    done = await bulk.do({"everybody": True}, operations)
    assert (done["changed"], done["refused"], done["events"]) == (11, 1, 11)
    assert done["reasons"] == told["reasons"]
    file = await shop.api.get(f"/api/v1/bulk-updates/{done['id']}/refused.csv")
    rows = list(csv.reader(io.StringIO(file.content.decode("utf-8-sig"))))
    assert rows == [
        ["profile_id", "field", "value", "reason"],
        ["1", "age", str(2**63 - 3), "This number is too large"],
    ]
    person = await shop.get(f"/databases/{shop.database}/profiles/1")
    assert person["city"] != "Moss", "whoever is refused stays as they are"
    await shop.patch(f"/databases/{shop.database}/profiles/1", {"set": {"age": 20}})


async def test_the_list_the_audit_and_the_history(bulk: Bulk) -> None:
    shop = bulk.shop
    made = await shop.make("static", name=name("Choir"))
    await shop.post(f"/segments/{made['id']}/members/add", {"profile_ids": [4]})
    done = await bulk.do({"segment": made["id"]}, TEN_OLDER)
    loud = done["id"]
    silent = (await bulk.do({"segment": made["id"]}, TEN_OLDER, skip_triggers=True))["id"]
    listed = await shop.get(f"{bulk.path}?q=choir")
    assert [item["id"] for item in listed["items"]] == [silent, loud]
    assert [item["events"] for item in listed["items"]] == [0, 1]
    assert listed["items"][0]["title"] == f"Segment {made['name']}"
    page = await shop.get(f"{bulk.path}?limit=1")
    assert (await shop.get(f"{bulk.path}?limit=1&cursor={page['next_cursor']}"))["items"][0]["id"] == loud
    entries = (await shop.get("/audit?kind=bulk_update"))["items"]
    assert (entries[0]["action"], entries[0]["object_id"]) == ("bulk_update.started", str(silent))
    await shop.engines.catch_up()
    events = await shop.engines.clickhouse.query(
        f"select props.bulk_update::UInt32, props.fields::Array(String) from e_{shop.database}"
        f" where type = 'profile.updated' and profile = 4 and props.bulk_update::Nullable(UInt32) in ({loud}, {silent})"
    )
    assert [(int(b), list(f)) for b, f in events] == [(loud, ["age"])]


async def test_consent_is_lowered_with_a_word_and_raised_with_a_source(bulk: Bulk) -> None:
    shop = bulk.shop
    resource = (await shop.post("/resources", {"name": name("News"), "channels": ["email"]}, 201))["id"]
    on = {"op": "subscribe", "resource_id": resource, "channel": "email"}
    problem = await bulk.preview({"profile_ids": [1, 2]}, [on], 422)
    assert problem["errors"][0]["pointer"] == "/operations/0/opt_in/source"
    await bulk.do({"profile_ids": [1, 2]}, [{**on, "opt_in": {"source": "fair"}}])
    off = {"op": "unsubscribe", "resource_id": resource}
    told = await bulk.preview({"profile_ids": [1, 2, 3]}, [off])
    assert (told["lowers"], told["changed"], told["unchanged"]) == (True, 2, 1)
    await bulk.do({"profile_ids": [1]}, [off])
    told = await bulk.preview({"profile_ids": [1, 2, 3]}, [{**on, "opt_in": {"source": "fair"}}])
    assert told["steps"][0] == {"title": told["steps"][0]["title"], "changed": 1, "kept": 1, "refused": 0}
    assert not told["lowers"]
    status = [{"op": "status", "status": "suspended"}]
    assert (await bulk.preview({"profile_ids": [1]}, status))["lowers"]


async def test_what_cannot_be_asked_for(bulk: Bulk) -> None:
    shop = bulk.shop
    other = await shop.post("/databases", {"name": name("far")}, 201)
    far = await shop.make("static", database_id=other["id"])
    for audience, pointer in (
        ({}, "/audience"),
        ({"segment": 1, "everybody": True}, "/audience/everybody"),
        ({"segment": 99999}, "/audience/segment"),
        ({"segment": far["id"]}, "/audience/segment"),
        ({"profile_ids": [0]}, "/audience/profile_ids"),
        ({"profile_ids": []}, "/audience/profile_ids"),
        ({"condition": compare("profile.shoe", "eq", 1)}, "/audience/condition/field"),
        ({"everybody": True, "range": {"from": 50, "to": 10}}, "/audience/range/to"),
        ({"q": "age:old"}, "/audience/q"),
        ({"shoe": 1}, "/audience/shoe"),
    ):
        for send in (bulk.preview, bulk.start):
            problem = await send(audience, TEN_OLDER, 422)
            assert problem["errors"][0]["pointer"] == pointer, (audience, problem)
    for operations, pointer in (
        ([], "/operations"),
        ([{"op": "explode"}], "/operations/0/op"),
        ([{"op": "set", "field": "age", "value": "x"}], "/operations/0/value"),
        ([{"op": "set", "field": "age"}], "/operations/0/value"),
        (TEN_OLDER * 21, "/operations"),
    ):
        problem = await bulk.start({"everybody": True}, operations, 422)
        assert problem["errors"][0]["pointer"] == pointer, problem
    await shop.make("static")
    await shop.post("/databases/99999/bulk-updates", {"audience": {"everybody": True}, "operations": TEN_OLDER}, 404)
    await shop.get("/bulk-updates/99999", 404)
    await shop.get("/bulk-updates/99999/refused.csv", 404)


async def test_who_may(bulk: Bulk, engines: Engines) -> None:
    body = {"audience": {"profile_ids": [1]}, "operations": TEN_OLDER}
    async with api_client(engines, roles=("viewer",)) as viewer:
        for path in (bulk.path, f"{bulk.path}/preview"):
            assert (await viewer.post(f"/api/v1{path}", json=body)).status_code == 403
        assert (await viewer.get(f"/api/v1{bulk.path}")).status_code == 200


async def test_cancelled_before_and_in_the_middle(bulk: Bulk, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = bulk.shop
    started = await bulk.start({"profile_ids": [1, 2]}, TEN_OLDER)
    await shop.post(f"/jobs/{started['job']['id']}/cancel")
    shown = await shop.get(f"/bulk-updates/{started['bulk_update']['id']}")
    assert (shown["state"], shown["error"]) == ("cancelled", "Stopped before anybody was changed")
    monkeypatch.setattr(work, "CHUNK", 4)
    before = await bulk.ages()
    started = await bulk.start({"everybody": True}, TEN_OLDER)
    for job in (await shop.get("/jobs?kind=segments.bulk_people&state=queued"))["items"]:
        await run_job(shop.engines, job["id"])
    real = work._write

    async def stopping(ctx: Any, *args: Any) -> int:
        done = await real(ctx, *args)
        ctx.cancel_requested = True
        return done

    monkeypatch.setattr(work, "_write", stopping)
    assert (await shop.run(started))["state"] == "cancelled"
    shown = await shop.get(f"/bulk-updates/{started['bulk_update']['id']}")
    assert (shown["state"], shown["done"], shown["changed"]) == ("cancelled", 4, 4)
    assert shown["error"] == "Stopped after 4 of 12 people; what is done stays done"
    after = await bulk.ages()
    assert [i for i in after if after[i] != before[i]] == [1, 2, 3, 4]


async def test_the_audience_is_frozen_at_the_start(bulk: Bulk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever enters later is not changed; whoever is erased meanwhile is counted, and forgotten."""
    shop = bulk.shop
    monkeypatch.setattr(work, "CHUNK", 2)
    made = await shop.make("static")
    extra = (await shop.post(f"/databases/{shop.database}/profiles", {"age": 2**63 - 1, "city": "Gone"}, 201))["id"]
    await shop.post(f"/segments/{made['id']}/members/add", {"profile_ids": [2, 3, extra]})
    started = await bulk.start({"segment": made["id"]}, TEN_OLDER)
    await shop.post(f"/segments/{made['id']}/members/add", {"profile_ids": [7]})
    before = await bulk.ages()
    assert (await shop.run(started))["state"] == "done"
    after = await bulk.ages()
    assert [i for i in after if after[i] != before[i]] == [2, 3]
    bulk_id = started["bulk_update"]["id"]
    csv_path = f"/api/v1/bulk-updates/{bulk_id}/refused.csv"
    assert str(extra) in (await shop.api.get(csv_path)).text
    waiting = await bulk.start({"profile_ids": [2, extra]}, TEN_OLDER)
    assert (await shop.api.delete(f"/api/v1/databases/{shop.database}/profiles/{extra}")).status_code == 204
    assert str(extra) not in (await shop.api.get(csv_path)).text
    assert (await shop.run(waiting))["state"] == "done"
    shown = await shop.get(f"/bulk-updates/{waiting['bulk_update']['id']}")
    assert (shown["changed"], shown["refused"], shown["error"]) == (1, 0, None)


async def test_a_field_that_is_deleted_meanwhile_ends_it_with_the_reason(bulk: Bulk) -> None:
    shop = bulk.shop
    await shop.post(f"/databases/{shop.database}/fields", {"name": "brief", "type": "string"}, 201)
    started = await bulk.start({"profile_ids": [1]}, [{"op": "set", "field": "brief", "value": "x"}])
    assert (await shop.api.delete(f"/api/v1/databases/{shop.database}/fields/brief?confirm=brief")).status_code == 204
    assert (await shop.run(started))["state"] == "failed"
    shown = await shop.get(f"/bulk-updates/{started['bulk_update']['id']}")
    assert shown["state"] == "failed"
    assert "There is no field 'brief'" in shown["error"]


async def test_one_whose_process_died_for_good_ends_and_keeps_nobody(bulk: Bulk) -> None:
    started = await bulk.start({"profile_ids": [1, 2]}, TEN_OLDER)
    found = started["bulk_update"]["id"]
    async with bulk.shop.engines.tx() as tx:
        lost = {"id": started["job"]["id"]}
        await tx.execute(sa.text("update job set state = 'failed', error = 'Its process stopped' where id = :id"), lost)
    shown = (await bulk.shop.get(bulk.path))["items"][0]
    assert (shown["id"], shown["state"], shown["error"]) == (found, "failed", "Its process stopped")
    await service.forget_old(bulk.shop.engines)
    async with bulk.shop.engines.tx() as tx:
        query = sa.text("select state, error, people, finished_at from bulk_update where id = :id")
        row = await tx.one(query, {"id": found})
    assert (row.state, row.error, row.people, row.finished_at) == ("failed", "Its process stopped", None, NOW)


async def test_refused_people_are_forgotten_after_a_month(bulk: Bulk, clock: FixedClock) -> None:
    shop = bulk.shop
    await shop.patch(f"/databases/{shop.database}/profiles/9", {"set": {"age": 2**63 - 3}})
    done = await bulk.do({"profile_ids": [9]}, TEN_OLDER)
    path = f"/api/v1/bulk-updates/{done['id']}/refused.csv"
    assert "too large" in (await shop.api.get(path)).text
    clock.advance(timedelta(days=31))
    await service.forget_old(shop.engines)
    assert "too large" not in (await shop.api.get(path)).text
    assert (await shop.get(f"/bulk-updates/{done['id']}"))["refused"] == 1
    await shop.patch(f"/databases/{shop.database}/profiles/9", {"set": {"age": 60}})
