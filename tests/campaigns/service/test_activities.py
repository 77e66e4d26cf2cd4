"""What is done in a campaign: attached or made there, refused with the reason, changed, taken out."""

from __future__ import annotations

import pytest
from pyroaring import BitMap

from fidelia import campaigns, conditions, messages
from fidelia.campaigns.store import activities

from ...messages.world import run_of
from ..people.conftest import new_shop
from .conftest import Desk, said


async def test_attached_and_shown_with_who_would_get_it(desk: Desk) -> None:
    made = await desk.started(control={"percent": 10})
    path = f"/campaigns/{made['id']}/activities"
    people = await desk.people(made["id"])
    few = await desk.other_segment([*range(1, 51), 590], name="Few")
    moving = await desk.other_segment(name="Moving", type="dynamic", condition=conditions.decode({"kind": "always"}))
    all_, some, exempt = (
        await desk.mailing("All"),
        await desk.mailing("Some", segment_id=few),
        await desk.mailing("Due"),
    )
    unknown, reaching = await desk.mailing("Unknown", segment_id=moving), await desk.mailing("Reaching")
    one = await desk.attach(made["id"], all_)
    assert one["kind"] == "mailing"
    assert (one["receives"], one["brought"], one["removable"], one["widens"]) == (360, 0, None, [])
    assert (await desk.get(f"/mailings/{all_}"))["campaign_id"] == made["id"]
    two = await desk.attach(made["id"], some)
    assert (two["segment_name"], two["receives"]) == ("Few", len(BitMap(range(1, 51)) - people.control))
    assert (await desk.attach(made["id"], exempt, exempt=True))["receives"] == 400
    assert (await desk.attach(made["id"], unknown))["receives"] is None
    wide = await desk.attach(made["id"], reaching, widens=["order", "clicked", "clicked"])
    assert wide["widens"] == ["clicked", "order"]
    assert wide["receives"] == 360 + 200, "who clicks joins, so it goes to those who are not in yet"
    items = (await desk.get(path))["items"]
    assert [item["id"] for item in items] == sorted([all_, some, exempt, unknown, reaching])
    assert (await desk.get(f"/campaigns/{made['id']}"))["activities"] == 5
    async with desk.engines.tx() as tx:
        await campaigns.admit(tx, made["id"], BitMap(range(500, 506)), source="clicked", activity=reaching)
    brought = {item["id"]: item["brought"] for item in (await desk.get(path))["items"]}
    assert brought[reaching] == 6
    assert sum(brought.values()) == 6


async def test_made_inside_of_it(desk: Desk) -> None:
    made = await desk.make()
    path = f"/campaigns/{made['id']}/activities"
    new = {"name": "Welcome", "type": "trigger", "channel": "email"}
    item = await desk.call("POST", path, {"new": new, "widens": ["audience"]}, 201)
    assert (item["name"], item["type"], item["state"], item["receives"]) == ("Welcome", "trigger", "draft", None)
    mailing = await desk.get(f"/mailings/{item['id']}")
    assert (mailing["campaign_id"], mailing["database_id"], mailing["segment_id"]) == (made["id"], desk.database, None)
    problem = await desk.call("POST", path, {"new": {"name": "", "type": "broadcast"}}, 422)
    assert "/new/name" in said(problem)
    await desk.call("POST", path, {"new": new, "id": 3}, 422)
    await desk.call("POST", path, {}, 422)
    await desk.call("POST", path, {"id": 3, "widens": ["luck"]}, 422)
    await desk.call("POST", path, {"kind": "scenario", "id": 3}, 422)
    problem = await desk.call("POST", path, {"id": 2**30}, 422)
    assert said(problem) == {"/id": "There is no such mailing"}


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"state": "scheduled"}, "take that back first"),
        ({"state": "active"}, "active already"),
        ({"state": "paused"}, "paused"),
        ({"state": "sending"}, "being sent"),
        ({"state": "done"}, "has run already"),
        ({"state": "stopped"}, "has run already"),
        ({"state": "failed"}, "has failed"),
    ],
)
async def test_what_has_begun_is_refused_in_words(desk: Desk, values: dict[str, str], words: str) -> None:
    made = await desk.make()
    mailing = await desk.mailing("Begun")
    await desk.put_mailing(mailing, **values)
    problem = await desk.attach(made["id"], mailing, 409)
    assert words in said(problem)["/id"]
    assert "Begun cannot be attached" in problem["detail"]
    listed = await desk.get(f"/campaigns/{made['id']}/activities/candidates")
    assert {item["id"]: item["reason"] for item in listed["items"]}[mailing] == said(problem)["/id"]


async def test_what_belongs_elsewhere_is_refused_in_words(desk: Desk) -> None:
    made, other = await desk.make(name="Here"), await desk.make(name="There")
    free, taken, away = await desk.mailing("Free xyz"), await desk.mailing("Taken xyz"), await desk.mailing("Away xyz")
    await desk.attach(other["id"], taken)
    await desk.call("DELETE", f"/mailings/{away}", status=204)
    foreign = Desk(desk.api, desk.engines, await new_shop(desk.engines, 3, 1))
    abroad = await foreign.mailing("Abroad xyz")
    path = f"/campaigns/{made['id']}/activities/candidates"

    async def reasons(query: str = "") -> dict[int, str | None]:
        return {item["id"]: item["reason"] for item in (await desk.get(f"{path}{query}"))["items"]}

    assert await reasons() == {free: None, taken: "It belongs to the campaign There"}
    found = await reasons("?q=xyz")
    assert found.keys() == {free, taken, abroad}
    assert found[abroad] is not None
    assert "another database, campaigns" in found[abroad]
    for mailing, words in ((taken, "There"), (away, "restore it first"), (abroad, "another database")):
        assert words in said(await desk.attach(made["id"], mailing, 409))["/id"]
    await desk.attach(made["id"], free)
    assert (await reasons())[free] == "It is in this campaign already"
    assert "already" in said(await desk.attach(made["id"], free, 409))["/id"]
    page = await desk.get(f"{path}?limit=1")
    assert (len(page["items"]), page["total"]) == (1, 2)
    rest = await desk.get(f"{path}?limit=1&cursor={page['next_cursor']}")
    assert {page["items"][0]["id"], rest["items"][0]["id"]} == {free, taken}


async def test_changed_and_taken_out(desk: Desk) -> None:
    made = await desk.started()
    mailing = await desk.mailing("Sale")
    await desk.attach(made["id"], mailing)
    path = f"/campaigns/{made['id']}/activities/mailing/{mailing}"
    changed = await desk.call("PATCH", path, {"widens": ["opened"], "exempt": True})
    assert (changed["widens"], changed["exempt"]) == (["opened"], True)
    await desk.call("PATCH", path, {"exempt": True})
    assert (await desk.actions(made["id"])).count("campaign.activity_changed") == 1, (
        "nothing was changed the second time"
    )
    await desk.put_mailing(mailing, state="active")
    problem = await desk.call("DELETE", path, status=409)
    assert "It is at work" in problem["detail"]
    items = (await desk.get(f"/campaigns/{made['id']}/activities"))["items"]
    assert "It is at work" in items[0]["removable"]
    await desk.put_mailing(mailing, state="draft")
    await desk.call("DELETE", path, status=204)
    assert (await desk.get(f"/mailings/{mailing}"))["campaign_id"] is None
    await desk.call("DELETE", path, status=404)
    await desk.call("PATCH", path, {"exempt": False}, 404)
    await desk.call("PATCH", f"/campaigns/{made['id']}/activities/scenario/{mailing}", {"exempt": False}, 404)
    assert (await desk.actions(made["id"]))[0] == "campaign.activity_detached"
    assert (await desk.attach(made["id"], mailing))["id"] == mailing, "it may come back"


async def test_what_has_run_stays(desk: Desk) -> None:
    made = await desk.started()
    mailing = (await run_of(desk.engines, desk.database)).mailing_id
    await desk.put_mailing(mailing, campaign_id=made["id"], state="done")
    async with desk.engines.tx() as tx:
        await activities.add(tx, made["id"], "mailing", mailing, [], exempt=False)
    items = (await desk.get(f"/campaigns/{made['id']}/activities"))["items"]
    assert "part of the report" in items[0]["removable"]
    problem = await desk.call("DELETE", f"/campaigns/{made['id']}/activities/mailing/{mailing}", status=409)
    assert "part of the report" in problem["detail"]


async def test_mailings_of_a_draft_campaign_wait_for_it(desk: Desk) -> None:
    made = await desk.make(name="Winter")
    mailing = await desk.mailing()
    await desk.attach(made["id"], mailing)

    async def why() -> str | None:
        async with desk.engines.tx() as tx:
            return await campaigns.hold(tx, await messages.get_mailing(tx, mailing))

    assert await why() == "Start the campaign Winter first"
    problem = await desk.call("POST", f"/mailings/{mailing}/start", status=422)
    assert said(problem)["/campaign_id"] == "Start the campaign Winter first"
    await desk.start(made["id"])
    assert await why() is None
