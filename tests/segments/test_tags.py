"""Tags of segments: spelled once, kept by forms, changed for many, found again."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from fidelia.kernel.errors import Problem
from fidelia.platform.engines import Engines
from fidelia.platform.tags import tag_errors
from fidelia.segments import Definition, create_segment

from .conftest import SYSTEM, Shop, compare, name

OSLO = compare("profile.city", "eq", "Oslo")


async def counts(shop: Shop) -> dict[str, int]:
    found = await shop.get(f"/segments/tags?database={shop.database}")
    return {item["name"]: item["count"] for item in found["items"]}


async def listed(shop: Shop, **params: str) -> list[int]:
    reply = await shop.api.get("/api/v1/segments", params={"database": str(shop.database), "limit": "1000", **params})
    assert reply.status_code == 200, reply.text
    return [item["id"] for item in reply.json()["items"]]


async def test_tags_stand_with_a_segment_in_the_spelling_used_first(shop: Shop) -> None:
    one = await shop.make("static", tags=["Winter  sale", "vip", "VIP "])
    assert one["tags"] == ["vip", "Winter sale"]
    two = await shop.make("dynamic", condition=OSLO, tags=["WINTER SALE", "new"])
    assert two["tags"] == ["new", "Winter sale"]
    assert (await counts(shop)) == {"new": 1, "vip": 1, "Winter sale": 2}
    assert sorted(await listed(shop, tag="winter sale")) == [one["id"], two["id"]]
    assert await listed(shop, tag="nobody has it") == []
    assert sorted(await listed(shop, tag="NEW,vip")) == [one["id"], two["id"]]
    assert await listed(shop, tag="new,x") == [two["id"]]
    rows = await shop.api.get("/api/v1/segments", params={"tag": "NEW"})
    assert [row["tags"] for row in rows.json()["items"]] == [["new", "Winter sale"]]


async def test_a_form_replaces_them_and_the_log_tells(shop: Shop) -> None:
    made = await shop.make("static", tags=["a1", "b1"])
    kept = await shop.patch(f"/segments/{made['id']}", {"description": "without a word on tags"})
    assert kept["tags"] == ["a1", "b1"]
    same = await shop.patch(f"/segments/{made['id']}", {"tags": ["b1", " a1 "]})
    assert same["version"] == kept["version"]
    changed = await shop.patch(f"/segments/{made['id']}", {"tags": ["b1", "c1"], "version": kept["version"]})
    assert (changed["tags"], changed["version"]) == (["b1", "c1"], kept["version"] + 1)
    audit = await shop.get("/audit?limit=1")
    assert audit["items"][0]["action"] == "segment.updated"
    assert (audit["items"][0]["before"]["tags"], audit["items"][0]["after"]["tags"]) == (["a1", "b1"], ["b1", "c1"])
    # nothing else carries it, so it may be spelled anew
    assert (await shop.patch(f"/segments/{made['id']}", {"tags": ["B1"]}))["tags"] == ["B1"]
    assert (await shop.patch(f"/segments/{made['id']}", {"tags": ["A1"]}))["tags"] == ["A1"]


async def test_many_segments_are_tagged_at_once_or_none(shop: Shop) -> None:
    ids = [(await shop.make("static", tags=["old"]))["id"] for _ in range(3)]
    full = (await shop.make("static", tags=[f"t{n}" for n in range(20)]))["id"]
    body = {"ids": [*ids, ids[0]], "add": ["fresh"], "remove": ["OLD", "never there"]}
    assert await shop.post("/segments/tags", body) == {"changed": 3}
    assert await shop.post("/segments/tags", body) == {"changed": 0}
    assert [(await shop.get(f"/segments/{i}"))["tags"] for i in ids] == [["fresh"]] * 3
    problem = await shop.post("/segments/tags", {"ids": [ids[0], full], "add": ["more"]}, 409)
    assert "21 tags" in problem["detail"]
    assert (await shop.get(f"/segments/{ids[0]}"))["tags"] == ["fresh"]
    reply = await shop.api.delete(f"/api/v1/segments/{ids[2]}")
    assert reply.status_code == 204
    assert (await counts(shop))["fresh"] == 2  # archived ones do not count
    problem = await shop.post("/segments/tags", {"ids": ids, "add": ["more"]}, 409)
    assert "archived" in problem["detail"]
    assert "more" not in await counts(shop)


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({"ids": [], "add": ["x"]}, ["/ids"]),
        ({"ids": [1]}, ["/add"]),
        ({"ids": [1], "add": ["x"], "remove": ["y", "X"]}, ["/remove/1"]),
        ({"ids": [1], "add": [" ", "x" * 61]}, ["/add/0", "/add/1"]),
        ({"ids": [2**31 - 1], "add": ["x"]}, ["/ids/0"]),
        ({"ids": [0], "add": ["x"]}, ["/ids/0"]),
    ],
)
async def test_what_cannot_be_is_refused_where_it_stands(shop: Shop, body: Any, pointers: list[str]) -> None:
    problem = await shop.post("/segments/tags", body, 422)
    assert [e["pointer"] for e in problem["errors"]] == pointers


async def test_a_segment_has_twenty_short_ones_at_most(shop: Shop) -> None:
    problem = await shop.make("static", 422, tags=[f"n{n}" for n in range(21)])
    assert problem["errors"] == [{"pointer": "/tags", "message": "At most 20 tags"}]
    problem = await shop.make("static", 422, tags=["ok", "", "a\x00b", "a,b"])
    assert [e["pointer"] for e in problem["errors"]] == ["/tags/1", "/tags/2", "/tags/3"]
    assert not tag_errors(["x" * 60, *("twice",) * 30])
    reply = await shop.api.get("/api/v1/segments", params={"tag": "a\x00"})
    assert reply.status_code == 422


async def test_a_copy_made_into_a_list_keeps_them(shop: Shop) -> None:
    source = await shop.make("static", tags=["carried"])
    made = await shop.post("/segments/static", {"name": name(), "segment": source["id"]}, 201)
    assert (await shop.get(f"/segments/{made['segment']['id']}"))["tags"] == ["carried"]


async def test_some_at_the_same_time_make_one_tag(shop: Shop, engines: Engines) -> None:
    async def make(spelling: str) -> int:
        async with engines.tx() as tx:
            made = Definition(database_id=shop.database, name=name(), type="static", tags=(spelling, "shared b"))
            return (await create_segment(tx, SYSTEM, made)).id

    made = await asyncio.gather(*(make(s) for s in ("Rush", "RUSH", "rush", "rUsH")))
    found = {tuple((await shop.get(f"/segments/{id_}"))["tags"]) for id_ in made}
    assert len(found) == 1
    counted = await counts(shop)
    assert [counted[tag] for tag in found.pop()] == [4, 4]


async def test_a_tag_that_is_wrong_makes_no_segment(shop: Shop, engines: Engines) -> None:
    wrong = Definition(database_id=shop.database, name="never", type="static", tags=("",))
    async with engines.tx() as tx:
        with pytest.raises(Problem):
            await create_segment(tx, SYSTEM, wrong)
    assert await listed(shop, q="never") == []
