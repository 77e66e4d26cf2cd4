"""The local control group: set before the start, switched on later, changed, taken away, made again."""

from __future__ import annotations

from fidelia.campaigns.store import campaigns as store

from ..people.conftest import STRATA
from .conftest import Desk, said


async def test_a_draft_takes_any_group(desk: Desk) -> None:
    made = await desk.make()
    path = f"/campaigns/{made['id']}/control"
    put = await desk.call("PUT", path, {"percent": 5, "cap": 30, "strata": STRATA, "version": made["version"]})
    assert (put["control"]["percent"], put["control"]["cap"], len(put["control"]["strata"])) == (5.0, 30, 2)
    assert put["version"] == made["version"] + 1
    problem = await desk.call("PUT", path, {"percent": 6, "version": made["version"]}, 409)
    assert "test has changed this campaign" in problem["detail"]
    same = await desk.call("PUT", path, {"percent": 5, "cap": 30, "strata": STRATA})
    assert same["version"] == put["version"]
    again = await desk.call("PUT", path, {"percent": 20, "strata": STRATA[:1]})
    assert (again["control"]["percent"], again["control"]["cap"], len(again["control"]["strata"])) == (20.0, None, 1)
    assert await desk.call("DELETE", path) == {"moved": 0}
    assert await desk.call("DELETE", path) == {"moved": 0}
    assert (await desk.get(f"/campaigns/{made['id']}"))["control"] is None
    actions = await desk.actions(made["id"])
    assert actions == ["campaign.control_removed", "campaign.control_set", "campaign.control_set", "campaign.created"]
    for body, pointer in (
        ({"percent": 0}, "/percent"),
        ({"percent": 5, "cap": -1}, "/cap"),
        ({"percent": 5, "strata": [{"field": "nothing"}]}, "/strata/0/field"),
    ):
        assert pointer in said(await desk.call("PUT", path, body, 422))


async def test_switched_on_later_it_keeps_back_newcomers_only(desk: Desk) -> None:
    made = await desk.started()
    assert (made["audience"], made["control_size"], made["control"]) == (400, 0, None)
    path = f"/campaigns/{made['id']}/control"
    put = await desk.call("PUT", path, {"percent": 20, "strata": STRATA[:1]})
    assert put["control"]["since"] is not None
    assert put["control_size"] == 0
    again = await desk.call("PUT", path, {"percent": 20, "strata": STRATA})
    assert len(again["control"]["strata"]) == 2, "nobody is kept back yet, so it may be divided otherwise"
    await desk.shop.join(range(401, 501))
    grown = await desk.refresh(made["id"])
    assert (grown["audience"], grown["control_size"]) == (500, 20)
    people = await desk.people(made["id"])
    assert people.control.min() > 400
    problem = await desk.call("PUT", path, {"percent": 20, "strata": []}, 409)
    assert "Remove the control group and make it again" in said(problem)["/strata"]
    plan = await desk.get(f"/campaigns/{made['id']}/strata")
    assert (plan["people"], plan["control"], plan["target"]) == (100, 20, 20), "those who came since"
    assert sum(part["people"] for part in plan["parts"]) == 100


async def test_another_share_counts_from_now_on(desk: Desk) -> None:
    made = await desk.started(control={"percent": 10})
    path = f"/campaigns/{made['id']}/control"
    before = await desk.people(made["id"])
    await desk.call("PUT", path, {"percent": 50})
    async with desk.engines.tx() as tx:
        row = await store.get(tx, made["id"])
    assert (row.epoch, row.first_epoch) == (2, 1)
    await desk.shop.join(range(401, 501))
    grown = await desk.refresh(made["id"])
    assert grown["control_size"] == 40 + 50
    after = await desk.people(made["id"])
    assert after.control & before.assigned == before.control


async def test_taken_away_everybody_gets_everything(desk: Desk) -> None:
    made = await desk.started(control={"percent": 10})
    path = f"/campaigns/{made['id']}/control"
    first = (await desk.people(made["id"])).control
    mailing = await desk.mailing()
    assert (await desk.attach(made["id"], mailing))["receives"] == 360
    assert await desk.call("DELETE", path) == {"moved": 40}
    now = await desk.get(f"/campaigns/{made['id']}")
    assert (now["control"], now["control_size"], now["test"], now["audience"]) == (None, 0, 400, 400)
    items = (await desk.get(f"/campaigns/{made['id']}/activities"))["items"]
    assert items[0]["receives"] == 400
    assert "campaign.control_removed" in await desk.actions(made["id"])
    made_again = await desk.call("PUT", path, {"percent": 10, "strata": STRATA})
    assert made_again["control_size"] == 0
    await desk.shop.join(range(401, 601))
    grown = await desk.refresh(made["id"])
    assert grown["control_size"] == 20
    second = (await desk.people(made["id"])).control
    assert not second & first


async def test_conditions_see_who_was_moved(desk: Desk) -> None:
    made = await desk.started(control={"percent": 10})

    async def count(group: str) -> int:
        condition = {
            "kind": "member",
            "of": {"campaign": made["id"], "group": group},
            "subject": "profile",
            "state": "now",
        }
        body = {"database_id": desk.database, "condition": condition}
        return int((await desk.call("POST", "/segments/calculate", body))["count"])

    assert [await count(group) for group in ("any", "test", "control")] == [400, 360, 40]
    await desk.call("DELETE", f"/campaigns/{made['id']}/control")
    assert [await count(group) for group in ("any", "test", "control")] == [400, 400, 0]
    await desk.call("POST", f"/campaigns/{made['id']}/complete")
    assert [await count(group) for group in ("any", "test", "control")] == [0, 0, 0], "everybody has left"
