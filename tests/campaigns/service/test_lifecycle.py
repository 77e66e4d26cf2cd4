"""A campaign is started, takes people in, is completed and copied."""

from __future__ import annotations

import asyncio

from fidelia import profiles, segments
from fidelia.campaigns.people.job import RUNS
from fidelia.campaigns.store import campaigns as store

from ...conftest import api_client
from ..people.conftest import STRATA, SYSTEM
from .conftest import Desk, said


async def test_started_it_splits_its_segment_and_takes_newcomers_in(desk: Desk) -> None:
    made = await desk.started(control={"percent": 10, "strata": STRATA})
    assert (made["state"], made["audience"], made["test"], made["control_size"]) == ("active", 400, 360, 40)
    assert made["control"]["size"] == 40
    assert made["control"]["since"] == made["started_at"] is not None
    assert (made["last_run"]["joined"], made["last_run"]["kept_back"], made["last_run"]["source"]) == (400, 40, "api")
    problem = await desk.call("POST", f"/campaigns/{made['id']}/activate", status=409)
    assert "only a draft can be started" in problem["detail"]
    before = await desk.people(made["id"])
    await desk.shop.join(range(401, 501))
    grown = await desk.refresh(made["id"])
    assert (grown["audience"], grown["control_size"]) == (500, 50)
    after = await desk.people(made["id"])
    assert before.control == after.control & before.assigned, "nobody changes sides"
    history = await desk.get(f"/campaigns/{made['id']}/history")
    assert [run["joined"] for run in history["items"]] == [100, 400]
    assert "campaign.activated" in await desk.actions(made["id"])


async def test_a_start_that_failed_can_be_tried_again_or_put_away(desk: Desk) -> None:
    made = await desk.make()
    path = f"/campaigns/{made['id']}"
    waiting = await desk.call("POST", f"{path}/activate")
    assert "being started" in (await desk.call("POST", f"{path}/activate", status=409))["detail"]
    assert "being started" in (await desk.call("DELETE", path, status=409))["detail"]
    assert "being started" in (await desk.call("PUT", f"{path}/control", {"percent": 5}, 409))["detail"]
    async with desk.engines.tx() as tx:
        await RUNS.end(tx, waiting["open_run"]["id"], "failed", "The disk is full")
    failed = await desk.get(path)
    assert (failed["state"], failed["open_run"], failed["last_run"]["error"]) == ("building", None, "The disk is full")
    await desk.call("PUT", f"{path}/control", {"percent": 5})
    assert (await desk.start(made["id"]))["state"] == "active"
    other = await desk.make()
    waiting = await desk.call("POST", f"/campaigns/{other['id']}/activate")
    async with desk.engines.tx() as tx:
        await RUNS.end(tx, waiting["open_run"]["id"], "failed", "The disk is full")
    await desk.call("DELETE", f"/campaigns/{other['id']}", status=204)
    assert (await desk.call("POST", f"/campaigns/{other['id']}/restore"))["state"] == "draft"


async def test_what_stands_in_the_way_of_a_start_is_told(desk: Desk) -> None:
    made = await desk.make(control={"percent": 10, "strata": [{"field": "vip"}]})
    async with desk.engines.tx() as tx:
        await store.update(tx, made["id"], {"archived_at": tx.now})  # so that nothing keeps the field
        await profiles.delete_field(tx, SYSTEM, desk.database, "vip", "vip")
        await store.update(tx, made["id"], {"archived_at": None})
    problem = await desk.call("POST", f"/campaigns/{made['id']}/activate", status=422)
    assert "no field 'vip'" in said(problem)["/control/strata/0/field"]
    assert (await desk.get(f"/campaigns/{made['id']}"))["state"] == "draft"
    bare = await desk.make()
    async with desk.engines.tx() as tx:
        for item in (made, bare):
            await store.update(tx, item["id"], {"archived_at": tx.now})
        await store.update(tx, desk.shop.campaign, {"archived_at": tx.now})
        await segments.archive_segment(tx, SYSTEM, desk.segment)
        await store.update(tx, bare["id"], {"archived_at": None})
    problem = await desk.call("POST", f"/campaigns/{bare['id']}/activate", status=422)
    assert "is archived" in said(problem)["/segment_id"]


async def test_completed_everybody_leaves_and_nothing_is_added(desk: Desk) -> None:
    made = await desk.started(control={"percent": 10})
    path = f"/campaigns/{made['id']}"
    draft, working = await desk.mailing("Draft"), await desk.mailing("Working", type="trigger")
    for mailing in (draft, working):
        await desk.attach(made["id"], mailing)
    await desk.put_mailing(working, state="active")
    unstarted = await desk.make()
    refused = await desk.call("POST", f"/campaigns/{unstarted['id']}/complete", status=409)
    assert "only an active one" in refused["detail"]
    done = await desk.call("POST", f"{path}/complete")
    assert (done["state"], done["completed_at"] is not None, done["audience"]) == ("completed", True, 400)
    assert (await desk.get(f"/mailings/{working}"))["state"] == "stopped"
    assert (await desk.get(f"/mailings/{draft}"))["state"] == "draft"
    assert await desk.events(made["id"], "campaign.left") == (await desk.people(made["id"])).audience
    for method, to, body in (
        ("POST", "/complete", {}),
        ("POST", "/activate", {}),
        ("POST", "/refresh", {}),
        ("PUT", "/control", {"percent": 5}),
        ("DELETE", "/control", None),
        ("POST", "/activities", {"id": await desk.mailing()}),
        ("PATCH", f"/activities/mailing/{draft}", {"exempt": True}),
        ("DELETE", f"/activities/mailing/{draft}", None),
    ):
        problem = await desk.call(method, f"{path}{to}", body, 409)
        assert "over" in problem["detail"], (to, problem)
    await desk.shop.join([450])
    await desk.shop.tick()
    assert 450 not in (await desk.people(made["id"])).audience
    priced = await desk.call("PATCH", path, {"cost": "99.90", "currency": "EUR"})
    assert priced["cost"] == "99.90", "what it has cost is known at the end"
    await desk.call("DELETE", path, status=204)
    async with desk.engines.tx() as tx:
        for other in (desk.shop.campaign, unstarted["id"]):
            await store.update(tx, other, {"archived_at": tx.now})
        assert await segments.used_by(tx, await segments.get_segment(tx, desk.segment)) == []


async def test_two_who_complete_it_at_once(desk: Desk) -> None:
    made = await desk.started()
    replies = await asyncio.gather(
        *(desk.api.post(f"/api/v1/campaigns/{made['id']}/complete", json={}) for _ in range(4))
    )
    assert sorted(reply.status_code for reply in replies) == [200, 409, 409, 409]
    await desk.engines.catch_up()
    rows = await desk.engines.clickhouse.query(
        f"select count() from e_{desk.database} where type = 'campaign.left' and campaign = {{c:UInt32}}",
        {"c": made["id"]},
    )
    assert int(rows[0][0]) == 400, "each left once"


async def test_a_copy_is_a_draft_with_drafts_of_its_mailings(desk: Desk) -> None:
    made = await desk.started(
        control={"percent": 7.5, "cap": 50, "strata": STRATA}, tags=["a"], cost="10", currency="EUR", window_days=3
    )
    sent, gone = await desk.mailing("Sent", segment_id=desk.segment), await desk.mailing("Gone")
    await desk.attach(made["id"], sent, widens=["clicked"], exempt=True)
    await desk.attach(made["id"], gone)
    await desk.put_mailing(sent, state="done")
    await desk.call("DELETE", f"/mailings/{gone}", status=204)
    copy = await desk.call("POST", f"/campaigns/{made['id']}/clone", {"name": "Next winter"}, 201)
    assert (copy["state"], copy["name"], copy["audience"], copy["started_at"]) == ("draft", "Next winter", 0, None)
    assert copy["control"] == {"percent": 7.5, "cap": 50, "strata": made["control"]["strata"], "size": 0, "since": None}
    assert (copy["tags"], copy["window_days"], copy["cost"], copy["currency"]) == (["a"], 3, None, "EUR")
    items = (await desk.get(f"/campaigns/{copy['id']}/activities"))["items"]
    assert [(item["name"], item["state"], item["widens"], item["exempt"]) for item in items] == [
        ("Sent", "draft", ["clicked"], True)
    ]
    assert items[0]["id"] != sent
    assert (await desk.get(f"/mailings/{items[0]['id']}"))["segment_id"] == desk.segment
    other = await desk.other_segment(range(1, 11), name="Few")
    bare = await desk.call("POST", f"/campaigns/{made['id']}/clone", {"segment_id": other, "activities": False}, 201)
    assert (bare["name"], bare["segment_id"], bare["activities"]) == ("Winter (copy)", other, 0)
    assert (await desk.start(bare["id"]))["audience"] == 10
    await desk.call("POST", f"/campaigns/{made['id']}/clone", {"segment_id": 2**30}, 422)


async def test_who_may_not_stop_mailings_completes_nothing(desk: Desk) -> None:
    made = await desk.started()
    working = await desk.mailing(type="trigger")
    await desk.attach(made["id"], working)
    await desk.put_mailing(working, state="active")
    async with api_client(desk.engines, roles=("integrator",)) as client:
        await Desk(client, desk.engines, desk.shop).call("POST", f"/campaigns/{made['id']}/complete", status=403)
    assert (await desk.get(f"/mailings/{working}"))["state"] == "active"
