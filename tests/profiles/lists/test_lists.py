"""Value lists through the API: values of every type, changes, search, deletion."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from fidelia.platform.engines import Engines

from ...conftest import api_client
from .conftest import Lists


@pytest.mark.parametrize(
    ("type_", "given", "stored"),
    [
        ("text", ["Oslo", "oslo ", "Bergen", "ØRSTA"], ["Bergen", "Oslo", "ØRSTA"]),
        ("email", ["A@B.co", "a@b.co", "c@d.no"], ["a@b.co", "c@d.no"]),
        ("phone", ["+47 400 00 000", "+4740000000"], ["+4740000000"]),
        ("integer", [3, "12", "1 200", 12.0], [3, 12, 1200]),
        ("decimal", [1, "12.50", "12.5", 0.1], ["0.1", "1", "12.5"]),
        ("date", ["2026-03-31", "1999-12-01"], ["1999-12-01", "2026-03-31"]),
        ("datetime", ["2026-03-31T18:00:00+02:00"], ["2026-03-31T16:00:00.000Z"]),
        ("ip", ["::ffff:192.0.2.7", "192.0.2.7", "2001:DB8::1"], ["192.0.2.7", "2001:db8::1"]),
        ("boolean", ["yes"], [True]),
    ],
)
async def test_values_of_every_type_are_kept_once_in_both_engines(
    lists: Lists, type_: str, given: list[Any], stored: list[Any]
) -> None:
    made = await lists.post("/value-lists", {"name": f"of {type_}", "type": type_, "values": given}, 201)
    list_id = made["list"]["id"]
    assert made["values"] == {"added": len(stored), "already": len(given) - len(stored), "rejected": []}
    assert made["list"]["size"] == len(stored)
    assert await lists.values(list_id) == stored
    assert len(await lists.in_clickhouse(list_id)) == len(stored)


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("text", "x" * 501),
        ("text", "nul\x00"),
        ("text", " "),
        ("email", "nobody"),
        ("phone", "12"),
        ("integer", "12.5"),
        ("integer", 2**63),
        ("decimal", "twelve"),
        ("decimal", "1e400"),
        ("decimal", "0.12345678901"),
        ("date", "2026-02-30"),
        ("datetime", "yesterday"),
        ("ip", "300.1.1.1"),
        ("boolean", "perhaps"),
    ],
)
async def test_a_value_of_another_type_is_named_and_left_out(lists: Lists, type_: str, value: Any) -> None:
    list_id = await lists.new(type=type_)
    found = await lists.post(f"/value-lists/{list_id}/values", {"values": [value]})
    assert (found["added"], found["already"]) == (0, 0)
    assert found["rejected"][0]["index"] == 0
    assert found["rejected"][0]["reason"]


async def test_case_counts_only_when_asked(lists: Lists) -> None:
    list_id = await lists.new("Oslo", "oslo", case_sensitive=True)
    assert sorted(await lists.values(list_id)) == ["Oslo", "oslo"]
    await lists.post(f"/value-lists/{list_id}/values/remove", {"values": ["OSLO", "oslo"]})
    assert await lists.values(list_id) == ["Oslo"]
    refused = await lists.post("/value-lists", {"name": "n", "type": "integer", "case_sensitive": True}, 422)
    assert refused["errors"][0]["pointer"] == "/case_sensitive"


async def test_values_come_and_go_and_a_question_sees_it_at_once(lists: Lists) -> None:
    list_id = await lists.new("a", "b")
    assert await lists.in_clickhouse(list_id) == ["a", "b"]
    added = await lists.post(f"/value-lists/{list_id}/values", {"values": ["B", "c", "c"]})
    assert added == {"added": 1, "already": 2, "rejected": []}
    assert await lists.in_clickhouse(list_id) == ["a", "b", "c"]
    gone = await lists.post(f"/value-lists/{list_id}/values/remove", {"values": ["A", "zz"]})
    assert gone == {"removed": 1, "unknown": 1}
    assert await lists.in_clickhouse(list_id) == ["b", "c"]
    await lists.post(f"/value-lists/{list_id}/values", {"values": ["a"]})
    assert await lists.in_clickhouse(list_id) == ["a", "b", "c"]
    await lists.post(f"/value-lists/{list_id}/values/replace", {"values": ["x", "b"]})
    assert await lists.in_clickhouse(list_id) == ["b", "x"]
    await lists.post(f"/value-lists/{list_id}/values/replace", {"values": []})
    assert await lists.in_clickhouse(list_id) == []
    assert (await lists.get(f"/value-lists/{list_id}"))["size"] == 0


async def test_search_pages_and_export(lists: Lists) -> None:
    list_id = await lists.new(*(f"Value {n:03}" for n in range(25)), "100%", "=cmd()", "under_score")
    first = await lists.get(f"/value-lists/{list_id}/values", limit=10)
    assert first["total"] == 28
    seen = list(first["items"])
    cursor = first["next_cursor"]
    while cursor:
        page = await lists.get(f"/value-lists/{list_id}/values", limit=10, cursor=cursor)
        seen += page["items"]
        cursor = page["next_cursor"]
    assert len(set(seen)) == 28
    assert seen == sorted(seen, key=str.lower)
    assert await lists.values(list_id, sort="-value") == seen[::-1]
    assert await lists.values(list_id, q="value 01") == [f"Value 01{n}" for n in range(10)]
    assert await lists.values(list_id, q="%") == ["100%"]
    assert await lists.values(list_id, q="r_s") == ["under_score"]
    text = (await lists.api.get(f"/value-lists/{list_id}/export")).content.decode("utf-8-sig")
    lines = text.split("\r\n")
    assert lines[0] == "value"
    assert "'=cmd()" in lines
    assert len(lines) == 30


async def test_lists_are_found_sorted_renamed_and_deleted(lists: Lists) -> None:
    number = await lists.new("a", name="Churned 2019")
    await lists.new(name="another")
    found = await lists.get("/value-lists", q="churned")
    assert [item["name"] for item in found["items"]] == ["Churned 2019"]
    for sort in ("name", "-size", "changed_at", "-created_at"):
        page = await lists.get("/value-lists", sort=sort, limit=1)
        seen = page["items"]
        while page["next_cursor"]:
            page = await lists.get("/value-lists", sort=sort, limit=1, cursor=page["next_cursor"])
            seen += page["items"]
        assert len({item["id"] for item in seen}) == page["total"]
    await lists.post("/value-lists", {"name": "CHURNED 2019"}, 409)
    changed = await lists.call("PATCH", f"/value-lists/{number}", json={"name": "Gone", "description": "who left"})
    assert (changed["name"], changed["description"]) == ("Gone", "who left")
    await lists.call("PATCH", f"/value-lists/{number}", 422, json={"name": " "})
    await lists.call("DELETE", f"/value-lists/{number}", 204)
    await lists.get(f"/value-lists/{number}", 404)
    await lists.engines.catch_up()
    rows = await lists.engines.clickhouse.query(f"select name from system.tables where name like 'v\\\\_{number}%'")
    assert rows == []


@pytest.mark.parametrize("name", ["Robert'); drop table value_list;--", '"; select 1', "`v_1`", "ÆØÅ 漢字 🎈"])
async def test_names_are_only_names(lists: Lists, name: str) -> None:
    number = await lists.new("'; drop table value_list;--", "a\\'b", "tab\tin", "two\nlines", name=name)
    assert (await lists.get(f"/value-lists/{number}"))["name"] == name
    assert sorted(await lists.in_clickhouse(number)) == sorted(await lists.values(number))
    assert len(await lists.values(number)) == 4


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"values": []}, 422),
        ({"values": ["x"] * 10_001}, 422),
        ({"values": [None]}, 422),
        ({"values": [{}]}, 422),
        ({"values": "x"}, 422),
        ({"value": ["x"]}, 422),
    ],
)
async def test_wrong_bodies_are_refused(lists: Lists, body: Any, status: int) -> None:
    list_id = await lists.new()
    await lists.post(f"/value-lists/{list_id}/values", body, status)


async def test_ten_thousand_values_in_a_call(lists: Lists) -> None:
    list_id = await lists.new(type="integer")
    found = await lists.post(f"/value-lists/{list_id}/values", {"values": list(range(10_000))})
    assert found["added"] == 10_000
    assert len(await lists.in_clickhouse(list_id)) == 10_000


async def test_every_change_is_in_the_audit_log(lists: Lists) -> None:
    list_id = await lists.new("a")
    await lists.post(f"/value-lists/{list_id}/values", {"values": ["b"]})
    await lists.post(f"/value-lists/{list_id}/values/remove", {"values": ["b"]})
    await lists.post(f"/value-lists/{list_id}/values/replace", {"values": ["c"]})
    await lists.call("PATCH", f"/value-lists/{list_id}", json={"description": "d"})
    await lists.call("DELETE", f"/value-lists/{list_id}", 204)
    log = await lists.get("/audit", kind="value_list", object_id=str(list_id))
    assert [entry["action"].removeprefix("value_list.") for entry in log["items"]] == [
        "deleted", "updated", "values_replaced", "values_removed", "values_added", "created",
    ]  # fmt: skip


async def test_rights(engines: Engines, lists: Lists) -> None:
    list_id = await lists.new("a")
    async with api_client(engines, roles=("viewer",)) as viewer:
        base = "/api/v1/value-lists"
        assert (await viewer.get(f"{base}/{list_id}/values")).status_code == 200
        for reply in (
            await viewer.post(base, json={"name": "mine"}),
            await viewer.post(f"{base}/{list_id}/values", json={"values": ["x"]}),
            await viewer.post(f"{base}/{list_id}/values/replace", json={"values": ["x"]}),
            await viewer.post(f"{base}/{list_id}/loads", files={"file": ("a.csv", b"x")}),
            await viewer.delete(f"{base}/{list_id}"),
        ):
            assert reply.status_code == 403
    async with api_client(engines, roles=("marketer",)) as marketer:
        assert (await marketer.post(f"{base}/{list_id}/values", json={"values": ["x"]})).status_code == 200


async def test_a_list_may_be_lost_in_clickhouse(engines: Engines, lists: Lists, api: httpx.AsyncClient) -> None:
    from fidelia.profiles.lists import projection

    list_id = await lists.new("a", "b")
    assert await lists.in_clickhouse(list_id) == ["a", "b"]
    await projection.rebuild(engines)
    assert await lists.in_clickhouse(list_id) == ["a", "b"]
