"""Programs through the API: what is refused and where, what a change does, one active a database even in a race."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import httpx
import psycopg
import pytest
import sqlalchemy as sa

from fidelia import profiles
from fidelia.access import Actor
from fidelia.loyalty import programs
from fidelia.loyalty.programs.tables import loyalty_program
from fidelia.platform.engines import Engines
from fidelia.worker import tasks as _tasks

assert _tasks.MODULES  # declares the jobs
_numbers = itertools.count(1)


class Desk:
    def __init__(self, api: httpx.AsyncClient, database: int) -> None:
        self.api = api
        self.database = database

    async def call(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        more = {} if method in ("GET", "DELETE") else {"json": {} if body is None else body}
        reply = await self.api.request(method, f"/api/v1/loyalty/programs{path}", **more)
        assert reply.status_code == status, f"{reply.status_code} {reply.text}"
        return reply.json() if reply.content else None

    async def make(self, status: int = 201, **more: Any) -> Any:
        return await self.call("POST", "", {"name": "Club", "database_id": self.database, **more}, status)

    async def with_points(self, **more: Any) -> int:
        program = (await self.make(**more))["id"]
        await self.call("POST", f"/{program}/points", {"name": "Stars"}, 201)
        return int(program)

    async def pointers(self, method: str, path: str, body: Any) -> list[str]:
        return [error["pointer"] for error in (await self.call(method, path, body, 422))["errors"]]


@pytest.fixture
async def desk(api: httpx.AsyncClient, engines: Engines) -> Desk:
    async with engines.tx() as tx:
        made = await profiles.create_database(tx, Actor.system(), name=f"shop {next(_numbers)}", timezone="Europe/Oslo")
    return Desk(api, made.id)


async def test_one_active_a_database_is_a_constraint(desk: Desk, engines: Engines) -> None:
    """Invariant 10: the database itself refuses a second one, whoever asks."""
    one, two = await desk.with_points(), await desk.with_points()
    ends = await asyncio.gather(*(desk.api.post(f"/api/v1/loyalty/programs/{id_}/activate") for id_ in (one, two)))
    assert sorted(end.status_code for end in ends) == [200, 409]
    refused = next(end.json() for end in ends if end.status_code == 409)
    assert "Another program of this database is active (Club)" in refused["detail"]
    of_database = sa.update(loyalty_program).where(loyalty_program.c.database_id == desk.database)
    async with engines.tx() as tx:
        with pytest.raises(sa.exc.IntegrityError) as raised:
            await tx.execute(of_database.values(state="active"))
        await (await tx.raw()).rollback()
    assert isinstance(raised.value.orig, psycopg.errors.UniqueViolation)
    active = one if ends[0].status_code == 200 else two
    async with engines.tx() as tx:
        found = await programs.active_program(tx, desk.database)
    assert found is not None
    assert found.id == active


async def test_from_draft_to_archive(desk: Desk) -> None:
    program = await desk.make()
    path = f"/{program['id']}"
    assert (program["state"], program["audience"], program["timezone"]) == ("draft", "everybody", "Europe/Oslo")
    refused = await desk.call("POST", f"{path}/activate", status=409)
    assert "has no points yet" in refused["detail"]
    await desk.call("POST", f"{path}/points", {"name": "Stars"}, 201)
    made = await desk.call("POST", f"{path}/activate")
    assert (made["program"]["state"], made["job"]["kind"]) == ("active", "loyalty.enrol")
    await desk.call("DELETE", path, status=409)
    assert (await desk.call("POST", f"{path}/deactivate"))["state"] == "inactive"
    await desk.call("POST", f"{path}/deactivate", status=409)
    await desk.call("DELETE", path, status=204)
    await desk.call("PATCH", path, {"name": "Other"}, 409)
    assert [item["id"] for item in (await desk.call("GET", f"?archived=true&database={desk.database}"))["items"]] == [
        program["id"]
    ]
    assert (await desk.call("POST", f"{path}/restore"))["state"] == "inactive"


async def test_what_is_refused_says_where(desk: Desk) -> None:
    assert await desk.pointers("POST", "", {"name": " ", "database_id": desk.database}) == ["/name"]
    assert await desk.pointers("POST", "", {"name": "x", "database_id": 9999}) == ["/database_id"]
    body = {"name": "x", "database_id": desk.database}
    assert await desk.pointers("POST", "", {**body, "audience": "segment"}) == ["/segment_id"]
    assert await desk.pointers("POST", "", {**body, "external_id": "No Good"}) == ["/external_id"]
    await desk.make(external_id=f"club_x{desk.database}")
    assert await desk.pointers("POST", "", {**body, "external_id": f"club_x{desk.database}"}) == ["/external_id"]
    path = f"/{(await desk.make())['id']}"
    bad = {
        "name": "",
        "places": 5,
        "ratio": "1",
        "initial": "-1",
        "delay": "P2M",
        "expiry": {"kind": "after", "period": "P30D"},
        "max_balance": "0",
    }
    assert await desk.pointers("POST", f"{path}/points", bad) == [
        "/name",
        "/places",
        "/ratio_currency",
        "/initial",
        "/max_balance",
        "/expiry/period",
    ]
    for expiry, pointer in (
        ({"kind": "after"}, "/expiry/period"),
        ({"kind": "end_of"}, "/expiry/unit"),
        ({"kind": "fixed", "on": "13-01"}, "/expiry/on"),
        ({"kind": "fixed", "on": "2001-01-01"}, "/expiry/on"),
        ({"kind": "never", "on": "12-31"}, "/expiry/on"),
        ({"kind": "end_of", "unit": "year", "period": "PT5H"}, "/expiry/period"),
    ):
        assert await desk.pointers("POST", f"{path}/points", {"name": "x", "expiry": expiry}) == [pointer]
    stars = (await desk.call("POST", f"{path}/points", {"name": "Stars", "places": 2}, 201))["id"]
    miles = (await desk.call("POST", f"{path}/points", {"name": "Miles", "kind": "qualification"}, 201))["id"]
    assert await desk.pointers("PATCH", f"{path}/points/{stars}", {"places": 1}) == ["/places"]
    level = {"name": "Silver", "threshold": "10"}
    group = {"name": "Status", "point_type_id": miles, "levels": [level]}
    for change, pointer in (
        ({"point_type_id": stars}, "/point_type_id"),
        ({"levels": []}, "/levels"),
        ({"levels": [level, {"name": "Gold", "threshold": "10"}]}, "/levels/1/threshold"),
        ({"mode": "period"}, "/review/kind"),
        ({"upgrade": "at_review"}, "/upgrade"),
        ({"review": {"kind": "every", "start": "join"}}, "/review/months"),
        ({"review": {"kind": "dates", "dates": ["02-30"]}}, "/review/dates/0"),
        ({"reset": {"when": "date"}}, "/reset/date"),
        ({"reset": {"when": "at_review"}}, "/reset/when"),
        ({"entry": "gold"}, "/entry"),
        ({"grace_days": -1}, "/grace_days"),
    ):
        assert await desk.pointers("POST", f"{path}/level-groups", {**group, **change}) == [pointer], change
    await desk.call("POST", f"{path}/level-groups", group, 201)
    refused = await desk.call("DELETE", f"{path}/points/{miles}", status=409)
    assert "decide the levels of Status" in refused["detail"]


async def test_points_and_their_example(desk: Desk) -> None:
    path = f"/{(await desk.make())['id']}/points"
    made = await desk.call("POST", path, {"name": "Bonus points", "ratio": "0.01", "ratio_currency": "EUR"}, 201)
    assert (made["key"], made["ratio"], made["initial"]) == ("bonus_points", "0.01", "0")
    again = await desk.call("POST", path, {"name": "Bonus points"}, 201)
    assert again["key"] == "bonus_points_2"
    changed = await desk.call("PATCH", f"{path}/{made['id']}", {"expiry": {"kind": "end_of", "unit": "month"}})
    assert changed["expiry"] == {"kind": "end_of", "period": None, "unit": "month", "on": None}
    wanted = {
        "at": "2026-11-16T09:00:00Z",
        "delay": "P14D",
        "expiry": {"kind": "end_of", "unit": "month", "period": "P12M"},
    }
    assert await desk.call("POST", f"{path}/lifetime", wanted) == {
        "at": "2026-11-16T09:00:00Z",
        "active_from": "2026-11-30T09:00:00Z",
        "lapses_at": "2027-11-30T23:00:00Z",
        "timezone": "Europe/Oslo",
    }
    await desk.call("DELETE", f"{path}/{made['id']}", status=204)
    assert len((await desk.call("GET", path))["items"]) == 1
    await desk.call("POST", f"{path}/{made['id']}/restore")
    assert len((await desk.call("GET", path))["items"]) == 2


async def test_partners(desk: Desk) -> None:
    path = f"/{(await desk.make())['id']}/partners"
    brand = {"kind": "compare", "field": "product.brand", "op": "in", "value": ["Mugs"]}
    made = await desk.call("POST", path, {"name": "Mugs", "products": brand, "multiplier": "2", "share": "50"}, 201)
    assert (made["external_id"], made["multiplier"], made["share"], made["products"]) == ("mugs", "2", "50", brand)
    assert await desk.pointers("POST", path, {"name": "x", "share": "101"}) == ["/share"]
    wrong = {"kind": "compare", "field": "product.nothing_such", "op": "eq", "value": "x"}
    (pointer,) = await desk.pointers("PATCH", f"{path}/{made['id']}", {"products": wrong})
    assert pointer.startswith("/products")
    days = {"starts_on": "2026-12-31", "ends_on": "2026-12-01"}
    assert await desk.pointers("PATCH", f"{path}/{made['id']}", days) == ["/ends_on"]
    await desk.call("DELETE", f"{path}/{made['id']}", status=204)
    assert (await desk.call("GET", path))["items"] == []


async def test_a_copy_has_points_levels_and_partners(desk: Desk) -> None:
    program = await desk.with_points()
    path = f"/{program}"
    miles = (await desk.call("POST", f"{path}/points", {"name": "Miles", "kind": "qualification"}, 201))["id"]
    levels = [{"name": "Basic", "threshold": "0"}, {"name": "Gold", "threshold": "10", "benefits": ["Early access"]}]
    group = {"name": "Status", "point_type_id": miles, "levels": levels, "entry": "basic"}
    await desk.call("POST", f"{path}/level-groups", group, 201)
    await desk.call("POST", f"{path}/partners", {"name": "Mugs"}, 201)
    copy = await desk.call("POST", f"{path}/clone", {}, 201)
    assert (copy["name"], copy["state"], copy["external_id"] != "club") == ("Club (copy)", "draft", True)
    (there,) = (await desk.call("GET", f"/{copy['id']}/level-groups"))["items"]
    assert (there["entry"], [level["key"] for level in there["levels"]]) == ("basic", ["basic", "gold"])
    own = {item["key"]: item["id"] for item in (await desk.call("GET", f"/{copy['id']}/points"))["items"]}
    assert there["point_type_id"] == own["miles"] != miles


async def test_somebody_elses_change_is_noticed(desk: Desk) -> None:
    program = await desk.make()
    path = f"/{program['id']}"
    await desk.call("PATCH", path, {"name": "Second", "version": program["version"]})
    refused = await desk.call("PATCH", path, {"name": "Third", "version": program["version"]}, 409)
    assert "Somebody has changed" in refused["detail"]


async def test_a_database_with_programs_says_so(desk: Desk, engines: Engines) -> None:
    await desk.make()
    async with engines.tx() as tx:
        users = await programs.database_used_by(tx, desk.database, None)
    assert users == ["loyalty program Club"]
