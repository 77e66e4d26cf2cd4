"""The documented example of a cap that distorts (100 people, 15 %, a cap of 12, six strata), through a campaign."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from fidelia import profiles, segments
from fidelia.platform.engines import Engines
from fidelia.platform.jobs.runner import run_job
from fidelia.profiles import Field

from .people.conftest import SYSTEM

#: People by sex and region: shares of 6, 7, 7, 28, 26 and 26 %.
PEOPLE = {
    ("f", "north"): 6,
    ("f", "south"): 7,
    ("f", "west"): 7,
    ("m", "north"): 28,
    ("m", "south"): 26,
    ("m", "west"): 26,
}
STRATA = [{"field": "sex"}, {"field": "area"}]
FEWER = [{"field": "area"}]
EXPECTED = [0.72, 0.84, 0.84, 3.36, 3.12, 3.12]


@pytest.fixture(scope="module")
async def place(engines: Engines) -> dict[str, int]:
    """A database with a hundred people, all of them on a static segment."""
    fields = (
        Field(name="sex", type="enum", options=("f", "m")),
        Field(name="area", type="enum", options=("north", "south", "west")),
    )
    async with engines.tx() as tx:
        database = await profiles.create_database(tx, SYSTEM, name="documented", fields=fields)
        made = segments.Definition(database_id=database.id, name="everybody", type="static")
        segment = await segments.create_segment(tx, SYSTEM, made)
        for (sex, region), count in PEOPLE.items():
            for _ in range(count):
                await profiles.create_profile(tx, SYSTEM, database.id, {"sex": sex, "area": region})
        await segments.add_members(tx, SYSTEM, segment.id, range(1, 101))
    return {"database_id": database.id, "segment_id": segment.id}


async def thought(api: httpx.AsyncClient, place: dict[str, int], **control: Any) -> Any:
    reply = await api.post("/api/v1/campaigns/power", json={**place, "percent": 15, "strata": STRATA, **control})
    assert reply.is_success, reply.text
    return reply.json()


async def started(engines: Engines, api: httpx.AsyncClient, place: dict[str, int], **control: Any) -> Any:
    """Make a campaign and start it; return it as it is then, with its strata."""
    body = {"name": f"Cap {control}", **place, "control": {"percent": 15, "strata": STRATA, **control}}
    reply = await api.post("/api/v1/campaigns", json=body)
    assert reply.is_success, reply.text
    path = f"/api/v1/campaigns/{reply.json()['id']}"
    reply = await api.post(f"{path}/activate")
    assert reply.is_success, reply.text
    await run_job(engines, reply.json()["open_run"]["job_id"])
    return {**(await api.get(path)).json(), "plan": (await api.get(f"{path}/strata")).json()}


async def test_the_warning_and_its_remedies_before_the_start(api: httpx.AsyncClient, place: dict[str, int]) -> None:
    found = await thought(api, place, cap=12)
    assert (found["people"], found["target"], found["control"]) == (100, 12, 12)
    assert [part["people"] for part in found["parts"]] == [6, 7, 7, 28, 26, 26]
    assert [round(part["expected"], 2) for part in found["parts"]] == EXPECTED
    whole, *strata = found["warnings"]
    assert whole["kind"] == "cap"
    assert "The cap of 12 keeps the group from mirroring" in whole["message"]
    assert "at least 17 people" in whole["message"]
    assert "use fewer strata" in whole["message"]
    assert [(warning["kind"], warning["stratum"]) for warning in strata] == [
        ("too_small", "f · north"), ("too_small", "f · south"), ("too_small", "f · west")
    ]  # fmt: skip
    assert strata[0]["message"].startswith("f · north has 6 people and should give 0.72 of them")
    # What helps: a larger cap and share, or fewer strata; without a cap nothing is distorted.
    assert (await thought(api, place, percent=35, cap=35))["warnings"] == []
    assert (await thought(api, place, cap=12, strata=FEWER))["warnings"] == []
    free = await thought(api, place)
    assert (free["target"], free["control"], free["warnings"]) == (15, 15, [])


async def test_the_warning_does_not_stop_the_campaign(
    engines: Engines, api: httpx.AsyncClient, place: dict[str, int]
) -> None:
    found = await started(engines, api, place, cap=12)
    assert (found["state"], found["audience"], found["control_size"]) == ("active", 100, 12)
    assert [warning["kind"] for warning in found["last_run"]["warnings"]] == ["cap", *["too_small"] * 3]
    parts = found["plan"]["parts"]
    assert [part["control"] for part in parts] == [1, 1, 1, 3, 3, 3]
    assert all(abs(part["control"] - expected) < 1 for part, expected in zip(parts, EXPECTED, strict=True))


async def test_a_larger_cap_and_share_are_the_remedy(
    engines: Engines, api: httpx.AsyncClient, place: dict[str, int]
) -> None:
    found = await started(engines, api, place, percent=35, cap=35)
    assert (found["control_size"], found["last_run"]["warnings"]) == (35, [])
    for part in found["plan"]["parts"]:
        assert part["control"] >= 1
        assert abs(part["control"] - part["people"] * 0.35) < 1, part["label"]
