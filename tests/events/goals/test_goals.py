"""Goals are defined, changed and archived, and count once for each id whoever says that they were reached."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fidelia.events import sites
from fidelia.events.goals import rules

from ...conftest import NOW
from ..conftest import World

__all__ = ["World"]


async def goal(world: World, key: str = "signup", status: int = 201, **more: Any) -> Any:
    body = {"database_id": world.database, "key": key, "name": f"Goal {key}", **more}
    reply = await world.api.post("/goals", json=body)
    assert reply.status_code == status, reply.text
    return reply.json()


async def reached(world: World, status: int = 202, **body: Any) -> Any:
    reply = await world.api.post("/goals/register", json={"database": world.database, **body})
    assert reply.status_code == status, reply.text
    return reply.json()


def pointers(reply: Any) -> list[str]:
    return [error["pointer"] for error in reply["errors"]]


async def test_a_goal_is_defined_and_changed(world: World) -> None:
    made = await goal(
        world,
        default_value="12.5",
        currency="EUR",
        conditions=[{"when": "address", "contains": "/thanks"}, {"when": "seconds", "seconds": 30}],
    )
    assert made["default_value"] == "12.50"
    assert made["conditions"][1] == {
        "when": "seconds",
        "seconds": 30,
        "contains": "",
    }
    found = (await world.api.get("/goals", params={"database": world.database})).json()
    assert [item["id"] for item in found["items"]] == [made["id"]]
    assert found["total"] == 1
    changed = await world.api.patch(f"/goals/{made['id']}", json={"name": "Sign up", "default_value": None})
    assert changed.json()["name"] == "Sign up"
    assert changed.json()["default_value"] is None
    assert (await world.api.post(f"/goals/{made['id']}/archive")).json()["archived_at"]
    assert (await world.api.patch(f"/goals/{made['id']}", json={"name": "x"})).status_code == 409
    assert (await world.api.get("/goals", params={"database": world.database})).json()["total"] == 0
    assert pointers(await goal(world, status=409)) == ["/key"]
    assert (await world.api.post(f"/goals/{made['id']}/restore")).json()["archived_at"] is None
    audit = (await world.api.get("/audit", params={"kind": "goal"})).json()["items"]
    assert {item["action"] for item in audit} >= {"goal.created", "goal.updated", "goal.archived", "goal.restored"}


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"key": "Has Space"}, "/key"),
        ({"name": " "}, "/name"),
        ({"name": "x" * 129}, "/name"),
        ({"currency": "euro"}, "/currency"),
        ({"default_value": "much"}, "/default_value"),
        ({"default_value": "99999999999"}, "/default_value"),
        ({"conditions": [{"when": "scroll", "percent": 101}]}, "/conditions/0/percent"),
        ({"conditions": [{"when": "address", "contains": "a\x00b"}]}, "/conditions"),
    ],
)
async def test_what_cannot_be_is_refused(world: World, more: dict[str, Any], pointer: str) -> None:
    assert pointers(await goal(world, status=422, **more)) == [pointer]


async def test_it_counts_once_for_each_id_and_goal(world: World) -> None:
    await world.people(2)
    await goal(world, "a", default_value="5", currency="EUR")
    await goal(world, "b")
    first = await reached(world, goal="a", match={"external_id": "u1"}, id="order 1", properties={"size": "L"})
    assert first == {"accepted": 1, "duplicates": 0, "message": False}
    assert (await reached(world, goal="a", profile=1, id="order 1"))["duplicates"] == 1
    both = await reached(
        world, goals=[{"goal": "a", "value": -2.25}, {"goal": "b", "value": "0.1"}], profile=2, id="order 1"
    )
    assert both == {"accepted": 1, "duplicates": 1, "message": False}
    rows = await world.rows("id, profile, toString(props.goal), toString(props.value), toString(props.currency)")
    assert rows == [("order 1:a", 1, "a", "5", "EUR"), ("order 1:b", 2, "b", "0.1", "")]


async def test_the_same_id_at_the_same_moment_counts_once(world: World) -> None:
    await world.people(1)
    await goal(world)
    done = await asyncio.gather(*(reached(world, goal="signup", profile=1, id="x") for _ in range(12)))
    assert sum(one["accepted"] for one in done) == 1
    assert sum(one["duplicates"] for one in done) == 11
    assert len(await world.rows()) == 1


async def test_what_is_wrong_is_said_with_its_place(world: World) -> None:
    await world.people(1)
    await goal(world)
    gone = await goal(world, "gone")
    await world.api.post(f"/goals/{gone['id']}/archive")
    await goal(world, "off", active=False)
    for key in ("nothing", "gone", "off"):
        assert pointers(await reached(world, 422, goal=key, profile=1)) == ["/goal"]
    assert pointers(await reached(world, 422, goals=[{"goal": "signup"}, {"goal": "no"}], profile=1)) == [
        "/goals/1/goal"
    ]
    assert pointers(await reached(world, 422, goal="signup", profile=1, value="lots")) == ["/value"]
    assert pointers(await reached(world, 422, goal="signup", profile=99)) == ["/profile"]
    assert pointers(await reached(world, 422, goal="signup", match={"external_id": "nobody"})) == ["/match"]
    assert pointers(await reached(world, 422, goal="signup")) == ["/profile"]
    assert pointers(await reached(world, 422, goal="signup", message="m" * 20)) == ["/profile"]
    assert pointers(await reached(world, 422, goal="signup", profile=1, properties={"x": "y" * 40_000})) == [
        "/properties"
    ]
    late = (NOW + timedelta(days=3)).isoformat()
    assert pointers(await reached(world, 422, goal="signup", profile=1, at=late)) == ["/at"]
    assert pointers(await reached(world, 422, profile=1)) == ["/goal"]
    assert await world.rows() == []


async def test_callers_cannot_claim_what_only_we_know(world: World) -> None:
    await world.people(1)
    await goal(world)
    given = {"mailing": 7, "message": "mine", "goal": "other", "currency": "USD", "note": "kept"}
    await reached(world, goal="signup", profile=1, id="1", properties=given)
    assert await world.rows("mailing, toString(props.goal), toString(props.currency), toString(props.note)") == [
        (0, "signup", "", "kept")
    ]


async def test_figures_of_the_last_days(world: World) -> None:
    await world.people(3)
    made = await goal(world, "buy", default_value="10", currency="EUR")
    never = await goal(world, "never")
    for profile, days in ((1, 1), (1, 3), (2, 20), (3, 40)):
        await reached(world, goal="buy", profile=profile, at=(NOW - timedelta(days=days)).isoformat())
    found = (await world.api.get("/goals/figures", params={"database": world.database})).json()["items"]
    by_goal = {item["goal_id"]: item for item in found}
    assert by_goal[never["id"]]["last_at"] is None
    assert by_goal[made["id"]]["counts"] == [
        {"days": 7, "count": 2, "people": 1, "value": 20.0},
        {"days": 30, "count": 3, "people": 2, "value": 30.0},
    ]


@given(st.decimals(-rules.MAX_VALUE, rules.MAX_VALUE, places=4))
def test_values_survive_as_numbers(value: Decimal) -> None:
    assert rules.read_value(rules.number(value)) == value


@given(st.one_of(st.text(max_size=30), st.floats(), st.integers(), st.booleans(), st.none()))
def test_odd_values_are_numbers_or_refused(value: Any) -> None:
    try:
        found = rules.read_value(value)
    except rules.WrongValue:
        return
    assert found is None or abs(found) <= rules.MAX_VALUE


def test_sites_are_compared_by_their_host() -> None:
    own = [
        sites.read_domain(text) for text in ("Shop.Example.org", "*.example.net", "https://münchen.de/", "localhost:81")
    ]
    assert own == ["shop.example.org", "*.example.net", "xn--mnchen-3ya.de", "localhost:81"]
    for netloc in ("shop.example.org", "SHOP.example.org:443", "a.example.net", "a.b.example.net", "localhost:81"):
        assert sites.is_own(netloc, own), netloc
    for netloc in (
        "example.org",
        "evil.org",
        "shop.example.org.evil.org",
        "shop.example.org@evil.org",
        "localhost",
        "example.net",
        "xshop.example.org",
        "a.example.net:8080",
        "",
    ):
        assert not sites.is_own(netloc, own), netloc
    for text in ("", "*.org", "a b", "http://", "shop.example.org/path", "-a.org", "x" * 300):
        with pytest.raises(ValueError, match=r"site|domain"):
            sites.read_domain(text)
