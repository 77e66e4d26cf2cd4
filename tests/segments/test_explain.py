"""Why somebody is in or not: agrees with membership for everybody; and what happens to slow or unwanted questions."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from fidelia.platform.drain import Drain, DrainBehind
from fidelia.platform.engines import Engines
from fidelia.segments.http import calculate
from fidelia.segments.service import answer

from .conftest import ALWAYS, Shop, compare, every, inverse, member, some

QUIZ = {
    "kind": "occurred",
    "event": "custom.quiz",
    "within": {"last": "P30D"},
    "where": some(compare("event.word", "eq", "YES"), compare("event.points", "gt", 5)),
    "count": {"op": "between", "value": [1, 2]},
}
SPENT = {
    "kind": "related",
    "link": "orders.lines",
    "where": every(compare("product.external_id", "eq", "beans"), compare("line.order_status", "ne", "cancelled")),
    "measure": {"fn": "sum", "of": "line.total", "op": "gte", "value": "70.50"},
}
NESTED = {
    "kind": "related",
    "link": "orders",
    "where": {"kind": "related", "link": "lines", "where": compare("product.external_id", "in", ["mug", "cup"])},
    "count": {"op": "lte", "value": 1},
}
ORDERED = {"kind": "occurred", "event": "order.created", "where": compare("event.total", "gt", 20)}
CONDITIONS: list[dict[str, Any]] = [
    ALWAYS,
    QUIZ,
    SPENT,
    NESTED,
    ORDERED,
    every(compare("profile.city", "eq", "oslo"), inverse(QUIZ)),
    some(compare("profile.likes", "any_of", ["RUM"]), compare("profile.age", "between", [20, 45])),
    compare('profile.car["year"]', "gte", 1998),
    compare("profile.car", "is_missing"),
    every(compare("profile.level", "ne", "silver"), compare("profile.created_at", "in_last", "P1D")),
    {"kind": "related", "link": "subscriptions", "where": compare("subscription.status", "eq", "subscribed")},
    every(compare("now.weekday", "eq", "monday"), some(SPENT, NESTED, inverse(ORDERED))),
    {"kind": "related", "link": "orders", "where": compare("order.total", "gt", {"field": "profile.age"})},
    {"kind": "related", "link": "orders.lines", "where": compare("line.price", "lte", {"field": "product.price"})},
    compare("profile.first_name", "ne", {"field": "profile.city"}),
    compare('profile.car["year"]', "gt", {"field": 'profile.car["make"]', "as": "float"}),
    {**compare('profile.car["year"]', "eq", 1996), "as": "integer"},
]


@pytest.mark.parametrize("condition", CONDITIONS, ids=lambda c: str(c.get("kind")))
async def test_the_verdict_is_the_membership(shop: Shop, condition: dict[str, Any]) -> None:
    inside = await shop.who(condition)
    for n in range(1, 13):
        told = await shop.post(
            "/segments/explain", {"database_id": shop.database, "condition": condition, "profile_id": n}
        )
        assert told["holds"] == told["member"] == (n in inside), (n, told)
        assert told["rules"][0]["path"] == ""
        assert told["rules"][0]["holds"] == told["holds"]


async def test_nested_segments_and_samples(shop: Shop) -> None:
    static = await shop.make("static")
    await shop.post(f"/segments/{static['id']}/members/add", {"profile_ids": [2, 4, 9]})
    few = await shop.make("dynamic", condition=inverse(member(static["id"])), limit=4, range={"from": 20, "to": 90})
    updatable = await shop.updatable(some(member(few["id"]), compare("profile.vip", "eq", True)))
    outer = await shop.make("dynamic", condition=every(member(updatable["id"]), inverse(member(few["id"])), QUIZ))
    for made in (static, few, updatable, outer):
        inside = set(await shop.members(made["id"]))
        for n in range(1, 13):
            told = await shop.post("/segments/explain", {"segment": made["id"], "profile_id": n})
            assert told["member"] == (n in inside), (made["type"], n, told)
            assert (told["holds"] is None) == (made["type"] == "static")


async def test_a_list_and_its_rules_may_differ(shop: Shop) -> None:
    made = await shop.updatable(compare("profile.vip", "eq", True))
    await shop.patch(f"/segments/{made['id']}", {"condition": inverse(compare("profile.vip", "eq", True))})
    told = await shop.post("/segments/explain", {"segment": made["id"], "profile_id": 2})
    assert (told["member"], told["holds"]) == (True, False)


async def test_what_a_rule_saw(shop: Shop) -> None:
    condition = every(compare("profile.age", "gt", 40), QUIZ, SPENT)
    told = await shop.post("/segments/explain", {"database_id": shop.database, "condition": condition, "profile_id": 4})
    seen = {rule["path"]: rule for rule in told["rules"]}
    assert (seen["/of/0"]["holds"], seen["/of/0"]["seen"]) == (False, 35)
    assert seen["/of/2"]["seen"] == {"count": 2, "sum": "82.0000"} or seen["/of/2"]["seen"]["count"] == 2
    assert told["failed"] == sum(not seen[f"/of/{n}"]["holds"] for n in range(3))


async def test_wrong_questions(shop: Shop) -> None:
    body = {"database_id": shop.database, "condition": ALWAYS}
    await shop.post("/segments/explain", {**body, "profile_id": 999}, 404)
    for nobody in (0, -1, 2**32, 2**70):
        await shop.post("/segments/explain", {**body, "profile_id": nobody}, 404)
    await shop.post("/segments/explain", {"segment": 99999, "profile_id": 1}, 404)
    await shop.post("/segments/explain", {"profile_id": 1}, 422)
    await shop.post("/segments/explain", {**body, "segment": 1, "profile_id": 1}, 422)
    await shop.post("/segments/explain", {**body, "condition": compare("profile.x", "eq", 1), "profile_id": 1}, 422)


async def test_overlap(shop: Shop) -> None:
    a, b, c = [await shop.make("static") for _ in range(3)]
    sets = {a["id"]: {1, 2, 3, 4}, b["id"]: {3, 4, 5}, c["id"]: {4, 9}}
    for id_, ids in sets.items():
        await shop.post(f"/segments/{id_}/members/add", {"profile_ids": sorted(ids)})
    told = await shop.post("/segments/overlap", {"segments": list(sets)})
    assert (told["sizes"], told["union"]) == ([4, 3, 2], 6)
    assert {tuple(part["segments"]): part["count"] for part in told["parts"]} == {
        (a["id"],): 2,
        (b["id"],): 1,
        (c["id"],): 1,
        (a["id"], b["id"]): 1,
        (a["id"], b["id"], c["id"]): 1,
    }
    other = await shop.make("static", database_id=(await shop.post("/databases", {"name": "overlap"}, 201))["id"])
    for wrong in ([a["id"]], [a["id"]] * 2, [a["id"], other["id"]], list(range(1, 7))):
        await shop.post("/segments/overlap", {"segments": wrong}, 422)
    await shop.post("/segments/overlap", {"segments": [a["id"], 99999]}, 404)


async def test_what_other_rules_would_change(shop: Shop) -> None:
    made = await shop.updatable(compare("profile.vip", "eq", True), schedule={"at": "03:00"})
    user = await shop.make("dynamic", condition=member(made["id"]))
    body = {"condition": compare("profile.age", "gte", 40), "columns": ["age"], "rows": 2}
    told = await shop.post(f"/segments/{made['id']}/diff", body)
    new = await shop.who(body["condition"])
    old = {2, 4, 6, 8, 10, 12}
    assert (told["size"], told["entered"], told["left"]) == (len(new), len(new - old), len(old - new))
    assert told["stays"] == len(new & old)
    assert [row["profile_id"] for row in told["preview_left"]] == sorted(old - new)[:2]
    assert told["used_by"] == [f"segment {user['name']}"]
    assert told["next_run_at"] == made["next_run_at"]
    assert set(await shop.members(made["id"])) == old, "nothing is changed"
    await shop.post(f"/segments/{made['id']}/diff", {"condition": member(made["id"])}, 422)


async def test_a_body_may_be_left_out(shop: Shop) -> None:
    made = await shop.updatable(ALWAYS)
    path = f"/api/v1/segments/{made['id']}"
    reply = await shop.api.post(f"{path}/calculate")
    assert reply.status_code == 200, reply.text
    assert reply.json()["count"] == 12
    job = await shop.api.post(f"{path}/recalculate")
    assert job.status_code == 202
    await shop.run(job.json())


# -- slow and unwanted questions ------------------------------------------------------------------------------------


async def endless(engines: Engines, question: Any, now: Any, *, tag: str | None = None) -> Any:
    return await engines.clickhouse.bitmap(
        "select groupBitmapState(toUInt32(sipHash64(number))) from numbers(1000000000000)", tag=tag
    )


async def running(engines: Engines) -> int:
    sql = "select count() from system.processes where query like '%numbers(1000000000%' and query not like '%proc%'"
    return int(await engines.clickhouse.scalar(sql))


async def test_a_slow_question_becomes_a_job(shop: Shop, engines: Engines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calculate, "ANSWER_SECONDS", 0.5)
    monkeypatch.setattr(answer, "answer_all", endless)
    body = {"columns": ["email"], "limit": 3, "segment_limit": 5, "range": {"from": 0, "to": 99.5}}
    reply = await shop.calculate(compare("profile.vip", "eq", True), 202, **body)
    assert await running(engines) == 0, "the question itself is stopped"
    monkeypatch.undo()
    ended = await shop.run(reply)
    assert ended["state"] == "done", ended
    direct = await shop.calculate(compare("profile.vip", "eq", True), **body)
    assert {**ended["result"], "took_ms": 0} == {**direct, "took_ms": 0}


async def test_too_much_to_move_becomes_a_job(shop: Shop, engines: Engines, monkeypatch: pytest.MonkeyPatch) -> None:
    async def behind(self: Drain, limit: int = 0) -> None:
        raise DrainBehind(300_000)

    made = await shop.make("dynamic", condition=compare("profile.vip", "eq", True))
    monkeypatch.setattr(Drain, "catch_up", behind)
    reply = await shop.post(f"/segments/{made['id']}/calculate", {"columns": []}, 202)
    assert (await shop.get(f"/segments/{made['id']}/members", 503))["status"] == 503
    ended = await shop.run(reply)
    assert (ended["state"], ended["result"]["count"]) == ("done", 6)


async def test_a_question_nobody_waits_for_is_killed(
    shop: Shop, engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answer, "answer_all", endless)
    body = {"database_id": shop.database, "condition": compare("profile.vip", "eq", True)}
    gone = asyncio.Event()
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    import msgspec

    content = msgspec.json.encode(body)
    first = True

    async def receive() -> Any:
        nonlocal first
        if first:
            first = False
            return {"type": "http.request", "body": content, "more_body": False}
        await gone.wait()
        return {"type": "http.disconnect"}

    transport: Any = shop.api._transport
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "path": "/api/v1/segments/calculate",
        "raw_path": b"/api/v1/segments/calculate",
        "root_path": "",
        "scheme": "http",
        "query_string": b"",
        "headers": [
            (b"authorization", shop.api.headers["authorization"].encode()),
            (b"content-type", b"application/json"),
            (b"content-length", str(len(content)).encode()),
        ],
        "client": ("127.0.0.1", 1),
        "server": ("test", 80),
    }
    request = asyncio.create_task(transport.app(scope, receive, send))
    for _ in range(200):
        if await running(engines):
            break
        await asyncio.sleep(0.05)
    assert await running(engines) == 1
    gone.set()
    await asyncio.wait_for(request, 60)
    assert await running(engines) == 0
    assert sent[0]["status"] == 499


async def test_lists_and_tables_decide_alike(shop: Shop) -> None:
    """Bulk and explanation agree, case or not, for people, their tags and rows, and after the list changes."""
    made = (await shop.post("/value-lists", {"name": f"Places {shop.database}", "values": ["OSLO", "rum"]}, 201))[
        "list"
    ]
    listed = {"list": made["id"]}
    table = {"name": "stores", "columns": [{"name": "town", "type": "text"}], "key": "town"}
    made_table = await shop.post(f"/databases/{shop.database}/data-tables", table, 201)
    column = {"table": "stores", "column": "town"}
    await shop.post(f"/data-tables/{made_table['id']}/rows/upsert", {"items": [{"town": "Bergen"}]})
    rules: list[dict[str, Any]] = [
        compare("profile.city", "in", listed),
        {**compare("profile.city", "in", listed), "case": True},
        compare("profile.city", "not_in", column),
        compare("profile.likes", "any_of", listed),
        inverse(compare("profile.likes", "none_of", listed)),
        {"kind": "related", "link": "orders.lines", "where": compare("product.external_id", "not_in", listed)},
    ]
    sizes = []
    for rule in [*rules, every(*rules[:1], some(*rules[2:]))]:
        inside = await shop.who(rule)
        sizes.append(len(inside))
        for n in range(1, 13):
            body = {"database_id": shop.database, "condition": rule, "profile_id": n}
            told = await shop.post("/segments/explain", body)
            assert told["holds"] == (n in inside), (n, rule, told)
    assert sizes[0] > 0
    assert sizes[1] == 0
    assert 0 < sizes[2] < 12
    await shop.post(f"/value-lists/{made['id']}/values", {"values": ["Bergen"]})
    assert len(await shop.who(rules[0])) > sizes[0]
