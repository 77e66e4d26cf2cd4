"""Campaigns are made, changed, listed, put away; what cannot be is told at its place and in words."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from fidelia import conditions, events, segments

from ...conftest import api_client
from ..people.conftest import STRATA, SYSTEM
from .conftest import Desk, said


async def test_made_as_a_draft_and_read(desk: Desk) -> None:
    made = await desk.make(
        description="For the cold",
        tags=["Season", " season ", "VIP"],
        control={"percent": 12.5, "cap": 40},
        cost="1250",
        currency="EUR",
        window_days=14,
    )
    assert made == await desk.get(f"/campaigns/{made['id']}")
    assert made["state"] == "draft"
    assert made["segment_name"].startswith("listed")
    assert made["tags"] == ["Season", "VIP"]
    assert made["control"] == {"percent": 12.5, "cap": 40, "strata": [], "size": 0, "since": None}
    assert (made["cost"], made["currency"], made["window_days"]) == ("1250.00", "EUR", 14)
    figures = ("audience", "test", "control_size", "guests", "withheld", "activities")
    assert [made[name] for name in figures] == [0] * 6
    assert (made["open_run"], made["last_run"], made["started_at"]) == (None, None, None)
    assert await desk.actions(made["id"]) == ["campaign.created"]
    await desk.get(f"/campaigns/{made['id'] + 1000}", 404)


@pytest.mark.parametrize(
    ("more", "pointer", "words"),
    [
        ({"name": " "}, "/name", "Enter a name"),
        ({"name": "x" * 201}, "/name", "200"),
        ({"name": "two\nlines"}, "/name", "control characters"),
        ({"name": "nul\x00"}, "/name", "control characters"),
        ({"description": "nul\x00"}, "/description", "2000"),
        ({"tags": ["a,b"]}, "/tags/0", "commas"),
        ({"window_days": 91}, "/window_days", "90"),
        ({"window_days": -1}, "/window_days", "90"),
        ({"cost": "12.50"}, "/currency", "which currency"),
        ({"cost": "-1", "currency": "EUR"}, "/cost", "negative"),
        ({"cost": "1e999", "currency": "EUR"}, "/cost", "range"),
        ({"cost": "NaN", "currency": "EUR"}, "/cost", "range"),
        ({"cost": "1.23456", "currency": "EUR"}, "/cost", "4 decimal"),
        ({"cost": "much", "currency": "EUR"}, "/cost", "decimal text"),
        ({"currency": "eur"}, "/currency", "three capital letters"),
        ({"goal": "nothing"}, "/goal", "no goal"),
        ({"control": {"percent": 0}}, "/control/percent", "more than 0"),
        ({"control": {"percent": 100}}, "/control/percent", "less than 100"),
        ({"control": {"percent": 5.00001}}, "/control/percent", "four decimal"),
        ({"control": {"percent": 5, "cap": 0}}, "/control/cap", "between 1"),
        ({"control": {"percent": 5, "strata": [{"field": "shoe"}]}}, "/control/strata/0/field", "no field"),
        ({"segment_id": 2**31}, "/segment_id", "no such segment"),
        ({"database_id": 2**31}, "/database_id", "no such database"),
        ({"salt": "mine"}, "/salt", "unknown field"),
    ],
)
async def test_what_cannot_be_is_told_at_its_place(desk: Desk, more: dict[str, Any], pointer: str, words: str) -> None:
    problem = await desk.make(422, **more)
    assert words in said(problem)[pointer], problem


async def test_only_a_static_segment_of_the_database_will_do(desk: Desk) -> None:
    condition = conditions.decode({"kind": "always"})
    moving = await desk.other_segment(name="Moving", type="dynamic", condition=condition)
    problem = said(await desk.make(422, segment_id=moving))
    assert "Make a static segment and fill it from this one" in problem["/segment_id"]
    away = await desk.other_segment(name="Away")
    async with desk.engines.tx() as tx:
        await segments.archive_segment(tx, SYSTEM, away)
    assert "restore it first" in said(await desk.make(422, segment_id=away))["/segment_id"]
    async with desk.engines.tx() as tx:
        other = await tx.scalar(sa.text("select min(id) from profile_database where id <> :id"), {"id": desk.database})
    if other is not None:
        assert "another database" in said(await desk.make(422, database_id=other))["/segment_id"]


async def test_a_goal_of_the_database_counts_as_success(desk: Desk) -> None:
    async with desk.engines.tx() as tx:
        await events.create_goal(tx, SYSTEM, desk.database, {"key": "signed_up", "name": "Signed up"})
    made = await desk.make(goal="signed_up")
    assert made["goal"] == "signed_up"
    again = await desk.call("PATCH", f"/campaigns/{made['id']}", {"goal": None})
    assert again["goal"] is None


async def test_two_who_change_it_are_told_of_each_other(desk: Desk) -> None:
    made = await desk.make()
    path = f"/campaigns/{made['id']}"
    first = await desk.call("PATCH", path, {"name": "Cold", "tags": ["b", "a"], "version": made["version"]})
    assert (first["name"], first["tags"], first["version"]) == ("Cold", ["a", "b"], made["version"] + 1)
    problem = await desk.call("PATCH", path, {"name": "Warm", "version": made["version"]}, 409)
    assert problem["version"] == first["version"]
    assert "test has changed this campaign" in problem["detail"]
    assert "/version" in said(problem)
    same = await desk.call("PATCH", path, {"name": "Cold", "version": first["version"]})
    assert same["version"] == first["version"], "nothing was changed"
    assert await desk.actions(made["id"]) == ["campaign.updated", "campaign.created"]
    problem = await desk.call("PATCH", path, {"cost": "5", "segment_id": 3}, 422)
    assert "/segment_id" in said(problem)
    problem = await desk.call("PATCH", path, {"cost": "5"}, 422)
    assert "/currency" in said(problem)
    priced = await desk.call("PATCH", path, {"cost": "5", "currency": "JPY"})
    assert priced["cost"] == "5"


async def test_archived_and_brought_back(desk: Desk) -> None:
    made = await desk.make()
    path = f"/campaigns/{made['id']}"
    await desk.call("DELETE", path, status=204)
    await desk.call("DELETE", path, status=204)
    assert (await desk.get(path))["archived_at"] is not None
    assert "restore it first" in (await desk.call("PATCH", path, {"name": "x"}, 409))["detail"]
    assert "restore it first" in (await desk.call("POST", f"{path}/activate", status=409))["detail"]
    assert (await desk.call("POST", f"{path}/restore"))["archived_at"] is None
    active = await desk.start(made["id"])
    assert active["state"] == "active"
    assert "complete it" in (await desk.call("DELETE", path, status=409))["detail"]


async def test_lists_are_filtered_sorted_and_paged(desk: Desk) -> None:
    ids = [(await desk.make(name=name, tags=tags))["id"] for name, tags in (("B", ["x"]), ("a", ["x", "y"]), ("C", []))]
    await desk.start(ids[2])
    of = f"/campaigns?database={desk.database}"

    async def names(query: str) -> list[str]:
        own = await desk.get(f"{of}&{query}")
        return [item["name"] for item in own["items"] if item["id"] in ids]

    assert await names("sort=name") == ["a", "B", "C"]
    assert await names("sort=-audience") == ["C", "a", "B"]
    assert await names("tag=y") == ["a"]
    assert await names("state=active") == ["C"]
    assert await names("state=active,draft&sort=-name") == ["C", "B", "a"]
    assert await names(f"q=%23{ids[1]}") == ["a"]
    assert await names(f"segment={desk.segment + 1000}") == []
    assert await names("archived=true") == []
    first = await desk.get(f"{of}&sort=name&limit=2&tag=x")
    assert (len(first["items"]), first["total"], first["next_cursor"]) == (2, 2, None)
    first = await desk.get(f"{of}&sort=name&limit=1&tag=x")
    second = await desk.get(f"{of}&sort=name&limit=1&tag=x&cursor={first['next_cursor']}")
    assert [page["items"][0]["name"] for page in (first, second)] == ["a", "B"]
    tags = await desk.get(f"/campaigns/tags?database={desk.database}")
    assert tags["items"] == [{"name": "x", "count": 2}, {"name": "y", "count": 1}]
    for query in ("state=gone", "sort=cost", "cursor=abc", "tag=,"):
        await desk.get(f"{of}&{query}", 422)


async def test_a_list_asks_as_often_for_many_as_for_one(desk: Desk) -> None:
    asked: list[str] = []

    def note(_c: Any, _u: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    engine = desk.engines.db.engine.sync_engine
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        await desk.make()
        asked.clear()
        await desk.get(f"/campaigns?database={desk.database}")
        one = len(asked)
        for _ in range(5):
            await desk.make()
        asked.clear()
        await desk.get(f"/campaigns?database={desk.database}")
        assert len(asked) == one
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)


async def test_what_a_campaign_needs_is_not_taken_away(desk: Desk) -> None:
    made = await desk.make(name="Frost", control={"percent": 10, "strata": STRATA})
    problem = await desk.call("DELETE", f"/segments/{desk.segment}", status=409)
    assert "campaign Frost" in problem["used_by"]
    problem = await desk.call("DELETE", f"/databases/{desk.database}/fields/age?confirm=age", status=409)
    assert "campaign Frost" in problem["detail"]
    await desk.call("DELETE", f"/campaigns/{made['id']}", status=204)
    async with desk.engines.tx() as tx:
        segment = await segments.get_segment(tx, desk.segment)
        assert "campaign Frost" not in await segments.used_by(tx, segment)


async def test_who_may_not_is_told_so(desk: Desk) -> None:
    made = await desk.make()
    async with api_client(desk.engines, roles=("viewer",)) as client:
        viewer = Desk(client, desk.engines, desk.shop)
        await viewer.get(f"/campaigns/{made['id']}")
        await viewer.make(403)
        path = f"/campaigns/{made['id']}"
        await viewer.call("PATCH", path, {"name": "x"}, 403)
        await viewer.call("DELETE", path, status=403)
        await viewer.call("POST", f"{path}/activate", status=403)
        await viewer.call("PUT", f"{path}/control", {"percent": 5}, 403)
        await viewer.call("POST", f"{path}/activities", {"id": 1}, 403)


async def test_asked_twice_with_a_key_it_is_made_once(desk: Desk) -> None:
    body = {"name": "Once", "database_id": desk.database, "segment_id": desk.segment}
    key = {"Idempotency-Key": f"once-{desk.database}"}
    first = await desk.call("POST", "/campaigns", body, 201, **key)
    assert await desk.call("POST", "/campaigns", body, 201, **key) == first
