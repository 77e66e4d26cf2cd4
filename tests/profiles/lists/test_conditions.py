"""Lists and tables in conditions: counted at once, the same answer from both engines, not deleted while used."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from ipaddress import IPv6Address
from typing import Any

import pytest

from fidelia import conditions
from fidelia.conditions import Lookup
from fidelia.platform.engines import Engines
from fidelia.profiles import LISTS_USED_BY, SourceRef, source_answers
from fidelia.profiles.lists.vocabulary import vocabulary

from .conftest import Lists


def among(value: Any, field: str = "profile.email", op: str = "in", **more: Any) -> dict[str, Any]:
    return {"kind": "compare", "field": field, "op": op, "value": value, **more}


async def count(lists: Lists, condition: dict[str, Any]) -> int:
    body = {"database_id": lists.database.id, "condition": condition}
    reply = await lists.api.post("/segments/calculate", json=body)
    assert reply.status_code == 200, reply.text
    return int(reply.json()["count"])


async def people(lists: Lists, *rows: dict[str, Any]) -> None:
    body = {"matching": "external_id", "mode": "upsert", "items": list(rows)}
    found = await lists.post(f"/databases/{lists.database.id}/profiles/upsert", body)
    assert found["rejected"] == 0, found


async def test_a_value_added_by_the_api_counts_at_once(lists: Lists) -> None:
    await people(lists, *({"external_id": str(n), "email": f"p{n}@b.co"} for n in range(20)))
    list_id = await lists.new("P3@B.co", type="email")
    here = {"list": list_id}
    assert await count(lists, among(here)) == 1
    for n in range(4, 15):
        await lists.post(f"/value-lists/{list_id}/values", {"values": [f"p{n}@b.co"]})
        assert await count(lists, among(here)) == n - 2
    await lists.post(f"/value-lists/{list_id}/values/remove", {"values": ["p3@b.co"]})
    assert await count(lists, among(here)) == 11
    assert await count(lists, {"kind": "not", "of": among(here)}) == 9
    await lists.post(f"/value-lists/{list_id}/values/replace", {"values": ["p0@b.co", "p1@b.co"]})
    assert await count(lists, among(here)) == 2
    await lists.load(f"/value-lists/{list_id}", b"mail\np7@b.co\n", mode="replace")
    assert await count(lists, among(here)) == 1


async def test_a_list_is_known_to_rules_as_soon_as_it_is_made(lists: Lists) -> None:
    await people(lists, {"external_id": "1", "city": "Oslo"})
    for _ in range(3):
        list_id = await lists.new("oslo")
        assert await count(lists, among({"list": list_id}, "profile.city")) == 1
        table_id = await lists.table({"city": "text"}, "city")
        name = (await lists.get(f"/data-tables/{table_id}"))["name"]
        assert await count(lists, among({"table": name, "column": "city"}, "profile.city")) == 0


async def test_case_counts_when_the_rule_says_so(lists: Lists) -> None:
    await people(lists, {"external_id": "1", "city": "Oslo"}, {"external_id": "2", "city": "ØRSTA"})
    list_id = await lists.new("oslo", "ørsta")
    assert await count(lists, among({"list": list_id}, "profile.city")) == 2
    assert await count(lists, among({"list": list_id}, "profile.city", case=True)) == 0


async def test_columns_of_a_table_are_sources(lists: Lists) -> None:
    await people(
        lists,
        {"external_id": "1", "city": "Oslo", "age": 41, "since": "2020-01-31"},
        {"external_id": "2", "city": "Moss", "age": 7},
    )
    table_id = await lists.table(
        {"code": "text", "city": "text", "ages": "integer", "opened": "date"}, "code", name="stores"
    )
    items = [{"code": "A", "city": "OSLO", "ages": 41, "opened": "2020-01-31"}, {"code": "B"}]
    await lists.post(f"/data-tables/{table_id}/rows/upsert", {"items": items})
    for column, field in (("city", "profile.city"), ("ages", "profile.age"), ("opened", "profile.since")):
        assert await count(lists, among({"table": "stores", "column": column}, field)) == 1, column
    rows = (await lists.get(f"/data-tables/{table_id}/rows"))["items"]
    await lists.call("PATCH", f"/data-tables/{table_id}/rows/{rows[1]['id']}", json={"values": {"city": "Moss"}})
    assert await count(lists, among({"table": "stores", "column": "city"}, "profile.city")) == 2
    refused = await lists.post(
        "/segments/calculate",
        {
            "database_id": lists.database.id,
            "condition": among({"table": "stores", "column": "nothing"}, "profile.city"),
        },
        422,
    )
    assert refused["errors"][0]["pointer"].startswith("/condition/value")


async def test_the_served_vocabulary_knows_name_type_and_size(lists: Lists) -> None:
    list_id = await lists.new("1", "2", type="integer", name="Numbers of the fair")
    table_id = await lists.table({"code": "text"}, "code", label="Stores")
    async with lists.engines.tx() as tx:
        words = await vocabulary(tx, lists.database.id)
    found = {source.key: source for source in words.sources}
    source = found["list", list_id]
    assert (source.title, source.type, source.rows) == ("Numbers of the fair", "integer", 2)
    assert any(source.title == "Stores: code" and source.tables == (f"d_{table_id}",) for source in words.sources)


QUESTIONS: tuple[tuple[str, list[Any], list[tuple[str, int, Any, bool]]], ...] = (
    ("text", ["Oslo", "ØRSTA", "tab\there"], [
        ("string", 0, "oslo", False), ("string", 0, "Oslo", True), ("string", 0, "oslo", True),
        ("string", 0, "ørsta", False), ("string", 0, "tab\there", False), ("string", 0, "'; drop table x", False),
    ]),
    ("email", ["A@b.co"], [
        ("string", 0, "a@b.co", True), ("string", 0, "A@b.co", True), ("string", 0, "a@b.co", False),
    ]),
    ("integer", [3, 2**53 + 1], [
        ("integer", 0, 3, False), ("integer", 0, 4, False), ("decimal", 4, Decimal("3.0000"), False),
        ("decimal", 4, Decimal("3.5"), False), ("float", 0, 3.0, False), ("float", 0, 2.0**53, False),
        ("float", 0, 3.0000000001, False),
    ]),
    ("decimal", ["0.1", "12.50"], [
        ("decimal", 10, Decimal("0.1"), False), ("decimal", 10, Decimal("0.11"), False), ("float", 0, 0.1, False),
        ("float", 0, 12.5, False), ("float", 0, 0.1000001, False),
    ]),
    ("date", ["2026-03-31"], [("date", 0, date(2026, 3, 31), False), ("date", 0, date(2026, 4, 1), False)]),
    ("datetime", ["2026-03-31T22:30:00Z"], [
        ("datetime", 0, datetime(2026, 3, 31, 22, 30, tzinfo=UTC), False),
        ("datetime", 0, datetime(2026, 3, 31, 22, 31, tzinfo=UTC), False),
        ("date", 0, date(2026, 3, 31), False), ("date", 0, date(2026, 4, 1), False),
    ]),
    ("ip", ["192.0.2.7", "2001:db8::1"], [
        ("ip", 0, IPv6Address("::ffff:192.0.2.7"), False), ("ip", 0, IPv6Address("2001:db8::1"), False),
        ("ip", 0, IPv6Address("2001:db8::2"), False),
    ]),
)  # fmt: skip


@pytest.mark.parametrize(("type_", "values", "asked"), QUESTIONS, ids=[q[0] for q in QUESTIONS])
async def test_both_engines_answer_alike_whether_a_value_is_there(
    lists: Lists, type_: str, values: list[Any], asked: list[tuple[str, int, Any, bool]]
) -> None:
    from fidelia.conditions.pairs import Common

    list_id = await lists.new(*values, type=type_)
    questions = [
        Lookup(value=value, common=Common(kind, places), case=case, zone="Europe/Oslo")
        for kind, places, value, case in asked
    ]
    await lists.engines.catch_up()
    async with lists.engines.tx() as tx:
        source = (await vocabulary(tx, lists.database.id)).source["list", list_id]
        by_index = await source_answers(tx, lists.database.id, source.key, questions)
        nothing = await source_answers(tx, lists.database.id, ("table", "gone", "x"), questions)
    query, order = conditions.lookup_query(source, questions)
    (row,) = await lists.engines.clickhouse.query(query.text, query.params)
    told = dict(zip(order, (bool(answer) for column in row for answer in column), strict=True))
    assert {str(q): by_index[q] for q in questions} == {str(q): told[q] for q in questions}
    assert True in by_index.values()
    assert set(nothing.values()) == {False}


async def test_what_a_segment_refers_to_stays(lists: Lists, engines: Engines) -> None:
    list_id = await lists.new("a@b.co", type="email", name="Fair")
    table_id = await lists.table({"code": "text", "city": "text"}, "code", name="shops", label="Shops")
    table = await lists.get(f"/data-tables/{table_id}")
    body = {
        "database_id": lists.database.id,
        "name": "From the fair",
        "type": "dynamic",
        "condition": {
            "kind": "all",
            "of": [among({"list": list_id}), among({"table": "shops", "column": "city"}, "profile.city")],
        },
    }
    segment = await lists.post("/segments", body, 201)
    assert (await lists.get(f"/value-lists/{list_id}"))["used_by"] == ["segment From the fair"]
    assert (await lists.get(f"/data-tables/{table_id}"))["used_by"] == ["segment From the fair"]
    refused = await lists.call("DELETE", f"/value-lists/{list_id}", 409)
    assert "used by segment From the fair" in refused["detail"]
    assert refused["used_by"] == ["segment From the fair"]
    await lists.call("DELETE", f"/data-tables/{table_id}", 409)
    await lists.call("PATCH", f"/data-tables/{table_id}", 409, json={"name": "outlets"})
    await lists.call("PATCH", f"/data-tables/{table_id}", json={"label": "Our shops"})
    code, city = table["columns"]
    await lists.call("PATCH", f"/data-tables/{table_id}/columns/{city['id']}", 409, json={"name": "town"})
    refused = await lists.call("DELETE", f"/data-tables/{table_id}/columns/{city['id']}", 409)
    assert refused["used_by"] == ["segment From the fair"]
    await lists.call("PATCH", f"/data-tables/{table_id}/columns/{code['id']}", json={"name": "number"})
    await lists.call("DELETE", f"/segments/{segment['id']}", 204)
    assert (await lists.get(f"/value-lists/{list_id}"))["used_by"] == ["segment From the fair (archived)"]
    other = await lists.new("x")
    await lists.call("DELETE", f"/value-lists/{other}", 204)
    async with engines.tx() as tx:
        for ask in engines.port(LISTS_USED_BY):
            assert await ask(tx, SourceRef(database_id=999, table="shops")) == []
