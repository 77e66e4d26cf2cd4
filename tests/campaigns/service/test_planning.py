"""What a control group would be and could show, before anything is started, and how it stands after."""

from __future__ import annotations

from math import isclose
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fidelia.campaigns.service.planning import needed
from fidelia.platform.jobs.runner import run_job
from fidelia.segments import measure

from ..people.conftest import STRATA, new_shop
from .conftest import Desk, said


@given(st.integers(2, 5_000_000), st.floats(0.001, 0.5), st.floats(0.0005, 0.2))
def test_the_fewest_that_show_a_change(people: int, rate: float, lift: float) -> None:
    found = needed(people, rate, lift)
    best = measure.detectable_share(rate, people // 2, people - people // 2)
    assert best is not None
    if found is None:
        assert best > lift * (1 - 1e-9)
        return
    assert 1 <= found <= people // 2
    enough = measure.detectable_share(rate, found, people - found)
    assert enough is not None
    assert enough <= lift * (1 + 1e-6)
    if found > 1:
        less = measure.detectable_share(rate, found - 1, people - found + 1)
        assert less is not None
        assert less > lift * (1 - 1e-6)


async def power(desk: Desk, status: int = 200, **more: Any) -> Any:
    body = {"database_id": desk.database, "segment_id": desk.segment, "percent": 10, **more}
    return await desk.call("POST", "/campaigns/power", body, status)


async def test_before_anything_is_made(desk: Desk) -> None:
    plan = await power(desk, strata=STRATA)
    assert (plan["people"], plan["withheld"], plan["control"], plan["target"]) == (400, 0, 40, 40)
    assert sum(part["people"] for part in plan["parts"]) == 400
    assert sum(part["control"] for part in plan["parts"]) == 40
    assert all(abs(part["control"] - part["people"] / 10) < 1 for part in plan["parts"])
    assert plan["parts"][0]["label"] == "no City · no Age"
    assert (plan["rate"], isclose(plan["lift"], 0.005)) == (0.05, True)
    expected = measure.detectable_share(0.05, 40, 360)
    assert expected is not None
    assert isclose(plan["detectable"], expected)
    assert plan["needed"] is None, "400 people never show half a point"
    coarse = await power(desk, rate=0.2, lift=0.2)
    assert coarse["needed"] == needed(400, 0.2, 0.2)
    assert 0 < coarse["needed"] < 200
    assert (await desk.get("/campaigns"))["total"] is not None


async def test_the_cap_that_distorts_is_warned_of(desk: Desk) -> None:
    """The example of the reference: 100 people in six strata, 15 % of them, and a cap of 12."""
    shop = await new_shop(desk.engines, 100, 100)
    async with desk.engines.tx() as tx:
        raw = await tx.raw()
        await raw.execute(
            f"update profile_{shop.database} set city = case when id <= 6 then 'A' when id <= 13 then 'B' when id <= 20"
            " then 'C' when id <= 48 then 'D' when id <= 74 then 'E' else 'F' end"
        )
    strata = [{"field": "city", "lists": [{"values": [letter]} for letter in "ABCDEF"]}]
    small = Desk(desk.api, desk.engines, shop)
    plan = await power(small, percent=15, cap=12, strata=strata)
    assert (plan["control"], plan["target"]) == (12, 12)
    expected = {part["label"]: round(part["expected"], 2) for part in plan["parts"]}
    assert expected == {"A": 0.72, "B": 0.84, "C": 0.84, "D": 3.36, "E": 3.12, "F": 3.12}
    assert {w["stratum"] for w in plan["warnings"] if w["kind"] == "too_small"} == {"A", "B", "C"}
    assert any(w["kind"] == "cap" for w in plan["warnings"])
    assert (await power(small, percent=35, cap=35, strata=strata))["warnings"] == []


async def test_the_global_group_is_taken_out_first(desk: Desk) -> None:
    await desk.call("POST", f"/databases/{desk.database}/control-group", {"percent": 10}, 201)
    group = await desk.get(f"/databases/{desk.database}/control-group")
    await run_job(desk.engines, group["open_run"]["job_id"])
    plan = await power(desk)
    assert plan["people"] + plan["withheld"] == 400
    assert 20 < plan["withheld"] < 60
    made = await desk.make(control={"percent": 10})
    assert (await desk.get(f"/campaigns/{made['id']}/strata"))["withheld"] == plan["withheld"]
    started = await desk.start(made["id"])
    assert (started["audience"], started["withheld"]) == (plan["people"], plan["withheld"])
    assert (await desk.get(f"/campaigns/{made['id']}/strata"))["withheld"] == plan["withheld"]


async def test_a_campaign_before_and_after_its_start(desk: Desk) -> None:
    made = await desk.make(control={"percent": 10, "strata": STRATA})
    path = f"/campaigns/{made['id']}/strata"
    before = await desk.get(path)
    await desk.start(made["id"])
    after = await desk.get(path)
    assert {**after, "warnings": []} == {**before, "warnings": []}
    assert (await desk.get(f"{path}?rate=0.1&lift=0.05"))["lift"] == 0.05
    await desk.shop.leave(range(1, 101))
    await desk.refresh(made["id"])
    assert (await desk.get(path))["people"] == 300, "who is in now"
    plain = await desk.make()
    plan = await desk.get(f"/campaigns/{plain['id']}/strata")
    assert (plan["people"], plan["control"], plan["parts"], plan["detectable"]) == (300, 0, [], None)


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"rate": 0}, "/rate"),
        ({"rate": 1}, "/rate"),
        ({"lift": 0}, "/lift"),
        ({"percent": 0}, "/percent"),
        ({"cap": 0}, "/cap"),
        ({"segment_id": 2**30}, "/segment_id"),
        ({"strata": [{"field": "city"}]}, "/strata/0"),
    ],
)
async def test_what_cannot_be_planned(desk: Desk, more: dict[str, Any], pointer: str) -> None:
    assert pointer in said(await power(desk, 422, **more))
