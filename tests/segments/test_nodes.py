"""Figures per rule, answers kept in memory, samples, segments in segments."""

from __future__ import annotations

import random
from typing import Any

import pytest
from pyroaring import BitMap

from fidelia.platform.engines import Engines
from fidelia.segments import SegmentRange, Unsaved, condition_people, rules, segment_people
from fidelia.segments.service import cache
from fidelia.segments.store.clickhouse import draw

from .conftest import ALWAYS, Shop, compare, every, inverse, member, some

EVERYBODY = set(range(1, 13))
OSLO = compare("profile.city", "eq", "oslo")
QUIZ = {"kind": "occurred", "event": "custom.quiz", "count": {"op": "gte", "value": 2}, "within": {"last": "P30D"}}
ORDERS = {"kind": "related", "link": "orders", "count": {"op": "gte", "value": 2}}
LEAVES = [OSLO, QUIZ, ORDERS, compare("profile.age", "gt", 40), compare("profile.vip", "eq", True), ALWAYS]


async def test_the_figures_of_nodes_add_up(shop: Shop) -> None:
    rnd = random.Random(7)

    def tree(depth: int) -> dict[str, Any]:
        if depth == 0 or rnd.random() < 0.3:
            leaf = rnd.choice(LEAVES)
            return inverse(leaf) if rnd.random() < 0.2 else leaf
        of = [tree(depth - 1) for _ in range(rnd.randint(1, 3))]
        return every(*of) if rnd.random() < 0.5 else some(*of)

    for _ in range(25):
        condition = every(tree(3), tree(2))
        reply = await shop.calculate(condition, nodes=True)
        plain = await shop.calculate(condition)
        nodes = {node["path"]: node for node in reply["nodes"]}
        assert reply["count"] == plain["count"] == nodes[""]["alone"] == nodes[""]["left"]
        assert reply["preview"] == plain["preview"]
        assert reply["total"] == 12
        first, second = nodes["/of/0"], nodes["/of/1"]
        assert second["left"] == reply["count"] <= first["left"] == first["alone"]
        assert (first["without"], second["without"]) == (second["alone"], first["alone"])
        for path, node in nodes.items():
            inner = condition
            for step in path.split("/of")[1:]:
                inner = inner["of"][int(step[1:])] if step else inner["of"]
            assert node["alone"] == (await shop.calculate(inner))["count"], path


async def test_missing_values_are_counted(shop: Shop) -> None:
    (_, age, _) = (await shop.calculate(every(compare("profile.age", "gt", 40), OSLO), nodes=True))["nodes"]
    assert age["missing"] == 2  # 5 and 10 have no age


async def test_only_what_changed_is_asked_again(shop: Shop, engines: Engines) -> None:
    kept = cache.answers(engines)
    await shop.calculate(every(OSLO, QUIZ, ORDERS), nodes=True)
    before = kept.misses
    await shop.calculate(every(OSLO, QUIZ, ORDERS), nodes=True)
    assert kept.misses == before
    await shop.calculate(every(OSLO, QUIZ, ORDERS, compare("profile.score", "gt", 17)), nodes=True)
    assert kept.misses == before + 2  # the new rule, and who has no score
    event = {"id": "late", "type": "custom.quiz", "at": "2026-11-16T11:59:00Z", "profile": 12}
    await shop.post("/events", {"database": shop.database, "events": [event, {**event, "id": "later"}]}, 202)
    asked = kept.misses
    reply = await shop.calculate(every(OSLO, QUIZ, ORDERS), nodes=True)
    assert kept.misses == asked + 1, "only rules that read events are asked again"
    assert reply["nodes"][2]["alone"] == 7  # 1 2 3 5 6 7 and now 12


def test_kept_answers_are_bounded() -> None:
    kept = cache.Answers(most=20_000)
    for n in range(100):
        kept.put((str(n), ()), BitMap(range(n, n + 200, 2)))
    assert kept._bytes <= 20_000
    assert kept.get(("99", ())) is not None
    assert kept.get(("0", ())) is None
    kept.put(("large", ()), BitMap(range(0, 100_000, 2)))
    assert kept.get(("large", ())) is None


async def test_every_write_is_seen_by_the_next_question(shop: Shop, engines: Engines) -> None:
    for n in range(40):
        await shop.api.patch(f"/api/v1/databases/{shop.database}/profiles/11", json={"set": {"score": n}})
        found = await shop.calculate(compare("profile.score", "eq", n), nodes=n % 2 == 0)
        assert found["count"] == 1
        await shop.post(
            "/events",
            {
                "database": shop.database,
                "events": [{"id": f"f{n}", "type": "custom.fresh", "at": "2026-11-16T12:00:00Z", "profile": 12}],
            },
            202,
        )
        count = {"op": "eq", "value": n + 1}
        assert await shop.who({"kind": "occurred", "event": "custom.fresh", "count": count}) == {12}


# -- samples --------------------------------------------------------------------------------------------------------


async def test_clickhouse_draws_what_the_definition_says(engines: Engines) -> None:
    rnd = random.Random(3)
    found = BitMap(rnd.sample(range(1, 2**32), 5000))
    key = rules.sampling_key(77)
    order = sorted(found, key=lambda id_: rules.position(key, id_))
    assert len({rules.position(key, id_) for id_ in found}) == len(found)
    for limit in (1, 100, 4999, 5000, 6000):
        assert await draw(engines.clickhouse, 77, found, None, limit) == BitMap(order[:limit])
    parts = [SegmentRange(0, 0.01), SegmentRange(0.01, 33.33), SegmentRange(33.33, 50), SegmentRange(50, 100)]
    drawn = [await draw(engines.clickhouse, 77, found, part, None) for part in parts]
    assert sum(map(len, drawn)) == len(found)
    assert BitMap.union(*drawn) == found
    for part, few in zip(parts, drawn, strict=True):
        first, last = rules.edges(part)
        assert few == BitMap(id_ for id_ in found if first <= rules.position(key, id_) <= last)
        assert abs(len(few) / 50 - (part.to - part.from_)) < 2.5
    both = await draw(engines.clickhouse, 77, found, SegmentRange(50, 100), 10)
    assert both == BitMap([id_ for id_ in order if id_ in drawn[3]][:10])
    assert drawn[3] != await draw(engines.clickhouse, 78, found, SegmentRange(50, 100), None)


async def test_range_and_limit_of_a_segment(shop: Shop, engines: Engines) -> None:
    key = rules.sampling_key(shop.database)
    order = sorted(EVERYBODY, key=lambda id_: rules.position(key, id_))
    assert await shop.who(ALWAYS, segment_limit=4) == set(order[:4])
    reply = await shop.calculate(OSLO, segment_limit=2, range={"from": 0, "to": 100})
    assert (reply["count"], reply["matched"]) == (2, 6)
    halves = [await shop.who(ALWAYS, range={"from": a, "to": b}) for a, b in ((0, 50), (50, 100))]
    assert halves[0] | halves[1] == EVERYBODY
    assert not halves[0] & halves[1]
    made = await shop.make("dynamic", condition=OSLO, limit=2, range={"from": 10, "to": 100})
    first = set(await segment_people(engines, made["id"]))
    assert len(first) == 2
    assert first == set(await segment_people(engines, made["id"]))
    within = {n for n in EVERYBODY if rules.edges(SegmentRange(10, 100))[0] <= rules.position(key, n)}
    oslo = await shop.who(OSLO)
    assert first == set([n for n in order if n in within & oslo][:2])
    updatable = await shop.updatable(OSLO, limit=2, range={"from": 10, "to": 100})
    assert set(await shop.members(updatable["id"])) == first
    # drawn on the spot where another one uses it, at any depth
    outer = await shop.make("dynamic", condition=inverse(member(made["id"])))
    assert await shop.who(every(member(outer["id"]), OSLO)) == oslo - first
    assert await shop.who(every(inverse(member(made["id"])), OSLO), nodes=True) == oslo - first


# -- segments in segments -------------------------------------------------------------------------------------------


async def test_segments_in_segments_at_any_depth(shop: Shop, engines: Engines) -> None:
    static = await shop.make("static")
    await shop.post(f"/segments/{static['id']}/members/add", {"profile_ids": [1, 2, 3, 5]})
    wanted: set[int] = {1, 2, 3, 5}
    last = static["id"]
    for depth in range(12):
        kind = ("dynamic", "updatable")[depth % 3 == 2]
        condition = inverse(some(member(last), compare("profile.vip", "eq", depth % 2 == 0)))
        made = await (shop.updatable(condition) if kind == "updatable" else shop.make(kind, condition=condition))
        vip = {n for n in EVERYBODY if (n % 2 == 0) == (depth % 2 == 0)}
        wanted = EVERYBODY - (wanted | vip)
        last = made["id"]
        assert set(await segment_people(engines, last)) == wanted
        assert await shop.who(member(last), nodes=True) == wanted
    found = await condition_people(engines, Unsaved(shop.database, _decoded(every(member(last), ALWAYS))))
    assert set(found) == wanted


async def test_stored_and_worked_out_agree(shop: Shop, engines: Engines) -> None:
    for condition in (OSLO, QUIZ, ORDERS, every(OSLO, inverse(QUIZ)), some(ORDERS, compare("profile.age", "lte", 30))):
        dynamic = await shop.make("dynamic", condition=condition)
        updatable = await shop.updatable(condition)
        assert set(await segment_people(engines, dynamic["id"])) == set(await segment_people(engines, updatable["id"]))
        assert await shop.members(dynamic["id"]) == await shop.members(updatable["id"])
        both = every(member(dynamic["id"]), inverse(member(updatable["id"])))
        assert await shop.who(both) == set()
        told = await shop.post(f"/segments/{dynamic['id']}/calculate", {"nodes": True})
        assert told["count"] == told["nodes"][0]["alone"] == updatable["size"]
        assert (await shop.get(f"/segments/{dynamic['id']}"))["size"] == updatable["size"]


@pytest.mark.parametrize("part", [(0, 100), (0, 0.01), (99.99, 100), (12.34, 56.78)])
def test_edges_touch(part: tuple[float, float]) -> None:
    first, last = rules.edges(SegmentRange(*part))
    assert 0 <= first <= last < 2**64
    assert part[0] == 0 or rules.edges(SegmentRange(0, part[0]))[1] + 1 == first


def _decoded(condition: dict[str, Any]) -> Any:
    from fidelia.conditions import decode

    return decode(condition)
