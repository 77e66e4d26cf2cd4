"""The log of a campaign: what was done with it, by whom, with what was before and after, for all who may see it."""

from __future__ import annotations

from typing import Any

from ...conftest import api_client
from .conftest import Desk


async def entries(desk: Desk, campaign: int, query: str = "?limit=100") -> list[dict[str, Any]]:
    """Return what was done with a campaign, the oldest first."""
    return list(reversed((await desk.get(f"/campaigns/{campaign}/log{query}"))["items"]))


async def test_everything_that_is_done_with_a_campaign_stands_in_its_log(desk: Desk) -> None:
    made = await desk.make(control={"percent": 10})
    path = f"/campaigns/{made['id']}"
    await desk.call("PATCH", path, {"name": "Frost", "tags": ["cold"], "cost": "12.50", "currency": "EUR"})
    await desk.call("PATCH", path, {"name": "Frost"})  # changes nothing
    await desk.call("PUT", f"{path}/control", {"percent": 5, "cap": 30})
    mailing = await desk.mailing("Sale")
    await desk.attach(made["id"], mailing, widens=["clicked"])
    await desk.call("PATCH", f"{path}/activities/mailing/{mailing}", {"widens": ["clicked", "opened"]})
    await desk.start(made["id"])
    await desk.call("DELETE", f"{path}/activities/mailing/{mailing}", status=204)
    await desk.call("DELETE", f"{path}/control")
    await desk.call("POST", f"{path}/complete")
    await desk.call("DELETE", path, status=204)
    await desk.call("POST", f"{path}/restore")
    found = await entries(desk, made["id"])
    assert [(one["action"], one["actor"], one["actor_kind"]) for one in found] == [
        ("campaign.created", "test", "token"),
        ("campaign.updated", "test", "token"),
        ("campaign.control_set", "test", "token"),
        ("campaign.activity_attached", "test", "token"),
        ("campaign.activity_changed", "test", "token"),
        ("campaign.activated", "test", "token"),
        ("campaign.begun", "Fidelia", "system"),
        ("campaign.activity_detached", "test", "token"),
        ("campaign.control_removed", "test", "token"),
        ("campaign.completed", "test", "token"),
        ("campaign.archived", "test", "token"),
        ("campaign.restored", "test", "token"),
    ]
    said = {one["action"].removeprefix("campaign."): (one["before"], one["after"]) for one in found}
    before, after = said["updated"]
    assert before == {"name": "Winter", "tags": [], "cost": None, "currency": None}
    assert after == {"name": "Frost", "tags": ["cold"], "cost": "12.50", "currency": "EUR"}
    assert said["control_set"] == ({"percent": 10, "cap": None}, {"percent": 5, "cap": 30})
    assert said["activity_attached"][1] == {
        "mailing": mailing,
        "mailing_name": "Sale",
        "widens": ["clicked"],
        "exempt": False,
    }
    assert said["activity_changed"] == (
        {"widens": ["clicked"]},
        {"mailing": mailing, "mailing_name": "Sale", "widens": ["opened", "clicked"]},
    ), "it says of which activity"
    assert said["begun"] == ({"state": "building"}, {"state": "active", "people": 400})
    assert said["activity_detached"][0]["mailing_name"] == "Sale"
    assert said["control_removed"][0]["moved"] == 20
    assert said["completed"][1] == {"state": "completed", "people": 400, "stopped": []}


async def test_it_is_paged_and_holds_nothing_of_others(desk: Desk) -> None:
    made, other = await desk.make(), await desk.make(name="Other")
    for name in ("A", "B", "C"):
        await desk.call("PATCH", f"/campaigns/{made['id']}", {"name": name})
    page = await desk.get(f"/campaigns/{made['id']}/log?limit=3")
    rest = await desk.get(f"/campaigns/{made['id']}/log?limit=3&cursor={page['next_cursor']}")
    assert [one["after"].get("name") for one in page["items"]] == ["C", "B", "A"]
    assert [one["action"] for one in rest["items"]] == ["campaign.created"]
    assert rest["next_cursor"] is None
    assert [one["action"] for one in await entries(desk, other["id"])] == ["campaign.created"]
    await desk.get("/campaigns/0/log", 404)
    await desk.get(f"/campaigns/{made['id']}/log?cursor=x", 422)


async def test_who_sees_campaigns_sees_their_logs_without_the_audit_log(desk: Desk) -> None:
    made = await desk.make()
    async with api_client(desk.engines, roles=("viewer",)) as client:
        viewer = Desk(client, desk.engines, desk.shop)
        (entry,) = await entries(viewer, made["id"])
        assert "address" not in entry
        await viewer.get("/audit", 403)
