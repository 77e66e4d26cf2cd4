"""Data tables through the API: columns, rows, files, keys, limits."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from fidelia.platform.engines import Engines

from .conftest import Lists, adds_up

STORES = {"code": "text", "city": "text", "opened": "date", "size": "decimal", "open": "boolean", "staff": "integer"}


async def in_clickhouse(lists: Lists, table_id: int, columns: str = "*") -> list[tuple[Any, ...]]:
    await lists.engines.catch_up()
    return await lists.engines.clickhouse.query(f"select {columns} from d_{table_id} final order by id")


async def names(lists: Lists, table_id: int) -> dict[str, str]:
    columns = (await lists.get(f"/data-tables/{table_id}"))["columns"]
    return {c["name"]: f"c{c['id']}" for c in columns}


async def test_rows_are_added_and_changed_by_their_key(lists: Lists) -> None:
    table_id = await lists.table(STORES, "code")
    rows = [
        {"code": "A1", "city": "Oslo", "opened": "2020-01-31", "size": "120.5", "open": True, "staff": 4},
        {"code": "B2", "city": "Bergen"},
        {"code": "b2", "staff": 7},
        {"code": "C3", "opened": "soon"},
        {"city": "nowhere"},
        {"code": "D4", "colour": "red"},
    ]
    found = await lists.post(f"/data-tables/{table_id}/rows/upsert", {"items": rows})
    assert {k: v for k, v in found.items() if k != "rejected"} == {
        "created": 2, "updated": 0, "unchanged": 0, "duplicates": 1,
    }  # fmt: skip
    assert [(r["index"], r["reason"]) for r in found["rejected"]] == [
        (3, 'opened: This must be a date, like "2026-03-31"'),
        (4, "code: The key is empty"),
        (5, "There is no column colour"),
    ]
    assert await lists.rows(table_id) == [
        {"code": "A1", "city": "Oslo", "opened": "2020-01-31", "size": "120.5", "open": True, "staff": 4},
        {"code": "b2", "city": "Bergen", "opened": None, "size": None, "open": None, "staff": 7},
    ]
    again = [{"code": "a1", "city": "Oslo"}, {"code": "b2", "city": None}]
    found = await lists.post(f"/data-tables/{table_id}/rows/upsert", {"items": again})
    assert (found["created"], found["updated"], found["unchanged"]) == (0, 1, 1)
    c = await names(lists, table_id)
    shown = await in_clickhouse(lists, table_id, f"{c['city']}, {c['size']}, {c['staff']}")
    assert [(city, str(size) if size is not None else None, staff) for city, size, staff in shown] == [
        ("Oslo", "120.5000000000", 4), (None, None, 7),
    ]  # fmt: skip
    gone = await lists.post(f"/data-tables/{table_id}/rows/delete", {"keys": ["A1", "zz"]})
    assert gone == {"deleted": 1, "unknown": 1}
    assert len(await in_clickhouse(lists, table_id, "id")) == 1
    assert (await lists.get(f"/data-tables/{table_id}"))["size"] == 1


async def test_a_cell_is_changed_by_hand(lists: Lists) -> None:
    table_id = await lists.table(STORES, "code")
    await lists.post(f"/data-tables/{table_id}/rows/upsert", {"items": [{"code": "a"}, {"code": "b"}]})
    first, second = (await lists.get(f"/data-tables/{table_id}/rows"))["items"]
    path = f"/data-tables/{table_id}/rows/{first['id']}"
    changed = await lists.call("PATCH", path, json={"values": {"city": "Oslo", "size": "0.5"}})
    assert (changed["values"]["city"], changed["values"]["size"]) == ("Oslo", "0.5")
    assert await lists.get(path) == changed
    wrong = await lists.call("PATCH", path, 422, json={"values": {"staff": "many", "code": None, "colour": 1}})
    assert {e["pointer"] for e in wrong["errors"]} == {"/values/staff", "/values/code", "/values/colour"}
    taken = await lists.call("PATCH", path, 409, json={"values": {"code": "B"}})
    assert taken["errors"][0]["pointer"] == "/values/code"
    await lists.call("PATCH", path, json={"values": {"code": "A new"}})
    c = await names(lists, table_id)
    assert await in_clickhouse(lists, table_id, f"{c['code']}, {c['city']}") == [("A new", "Oslo"), ("b", None)]
    await lists.call("PATCH", f"/data-tables/{table_id}/rows/{second['id'] + 99}", 404, json={"values": {"city": "x"}})
    log = await lists.get("/audit", kind="data_table", object_id=str(table_id))
    assert log["items"][0]["action"] == "data_table.row_changed"


async def test_columns_come_later(lists: Lists) -> None:
    table_id = await lists.table({"code": "text"}, "code")
    await lists.post(f"/data-tables/{table_id}/rows/upsert", {"items": [{"code": "a"}]})
    assert len(await in_clickhouse(lists, table_id, "id")) == 1
    found = await lists.post(
        f"/data-tables/{table_id}/columns",
        {"columns": [{"name": "region", "label": "Region"}, {"name": "rank", "type": "integer"}]},
        201,
    )
    assert [c["name"] for c in found["columns"]] == ["code", "region", "rank"]
    await lists.post(f"/data-tables/{table_id}/rows/upsert", {"items": [{"code": "a", "region": "North", "rank": 2}]})
    c = await names(lists, table_id)
    assert await in_clickhouse(lists, table_id, f"{c['region']}, {c['rank']}") == [("North", 2)]
    await lists.post(f"/data-tables/{table_id}/columns", {"columns": [{"name": "region"}]}, 422)
    region = next(x for x in found["columns"] if x["name"] == "region")
    changed = await lists.call(
        "PATCH", f"/data-tables/{table_id}/columns/{region['id']}", json={"name": "area", "label": "Area"}
    )
    assert [x["name"] for x in changed["columns"]] == ["code", "area", "rank"]
    assert (await lists.rows(table_id))[0]["area"] == "North"


async def test_a_column_goes_with_its_values(lists: Lists) -> None:
    table_id = await lists.table({"code": "text", "region": "text", "rank": "integer"}, "code")
    await lists.post(f"/data-tables/{table_id}/rows/upsert", {"items": [{"code": "a", "region": "North", "rank": 2}]})
    found = await lists.get(f"/data-tables/{table_id}")
    ids = {c["name"]: c["id"] for c in found["columns"]}
    c = await names(lists, table_id)
    assert await in_clickhouse(lists, table_id, f"{c['region']}, {c['rank']}") == [("North", 2)]
    path = f"/data-tables/{table_id}/columns"
    problem = await lists.call("DELETE", f"{path}/{ids['code']}", 409)
    assert "key" in problem["detail"]
    await lists.call("DELETE", f"{path}/{2**31 - 1}", 404)
    after = await lists.call("DELETE", f"{path}/{ids['region']}")
    assert [x["name"] for x in after["columns"]] == ["code", "rank"]
    assert await lists.rows(table_id) == [{"code": "a", "rank": 2}]
    columns = "select name from system.columns where database = currentDatabase() and table = {t:String}"
    await lists.engines.catch_up()
    there = {str(n) for (n,) in await lists.engines.clickhouse.query(columns, {"t": f"d_{table_id}"})}
    assert c["region"] not in there
    assert c["rank"] in there
    # the rest goes on, and the same name may come again: another column, empty in every row
    await lists.post(path, {"columns": [{"name": "region"}]}, 201)
    await lists.post(f"/data-tables/{table_id}/rows/upsert", {"items": [{"code": "b", "region": "South"}]})
    rows = {r["code"]: r for r in await lists.rows(table_id)}
    assert rows["a"].get("region") is None
    assert rows["b"]["region"] == "South"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"name": "Stores"}, "/name"),
        ({"name": "x'); drop table data_table;--"}, "/name"),
        ({"columns": [{"name": "a b"}], "key": "a b"}, "/columns/0/name"),
        ({"columns": [{"name": "id"}], "key": "id"}, "/columns/0/name"),
        ({"columns": [{"name": "a"}, {"name": "a"}], "key": "a"}, "/columns/1/name"),
        ({"key": "b"}, "/key"),
        ({"columns": [{"name": "a", "type": "boolean"}], "key": "a"}, "/key"),
        ({"columns": [{"name": "a", "type": "varchar"}], "key": "a"}, "/columns/0/type"),
    ],
)
async def test_wrong_tables_are_refused(lists: Lists, body: dict[str, Any], pointer: str) -> None:
    whole = {"name": "good", "columns": [{"name": "a"}], "key": "a"} | body
    refused = await lists.post(f"/databases/{lists.database.id}/data-tables", whole, 422)
    assert pointer in [e["pointer"] for e in refused["errors"]]


async def test_a_name_is_taken_once_a_database(lists: Lists) -> None:
    await lists.table({"a": "text"}, "a", name="stores")
    body = {"name": "stores", "columns": [{"name": "a"}], "key": "a"}
    refused = await lists.post(f"/databases/{lists.database.id}/data-tables", body, 409)
    assert refused["errors"][0]["pointer"] == "/name"
    await lists.get("/databases/999999/data-tables", 404)


async def test_a_file_proposes_the_columns_of_a_table(lists: Lists) -> None:
    content = "Store No;City;Opened;Area m2;Mail\nA1;Oslo;31.01.2020;12,5;a@b.co\nB2;Bergen;01.02.2021;7;c@d.no\n"
    seen = await lists.upload(f"/databases/{lists.database.id}/data-tables/look", content.encode(), 200)
    assert [(c["name"], c["type"]) for c in seen["columns"]] == [
        ("Store No", "text"), ("City", "text"), ("Opened", "date"), ("Area m2", "decimal"), ("Mail", "email"),
    ]  # fmt: skip
    assert seen["columns"][2]["reading"]["date_format"] == "%d.%m.%Y"
    assert seen["total"] == 2


async def test_files_are_merged_by_the_key(lists: Lists) -> None:
    table_id = await lists.table(STORES, "code")
    path = f"/data-tables/{table_id}"
    content = (
        b"Code;City;Opened;Staff;Other\nA1;Oslo;31.01.2020;4;x\nB2;Bergen;;;\nb2;Stavanger;;;\nC3;;never;;\n;x;;;\n"
    )
    load = await lists.load(path, content)
    adds_up(load)
    assert load["mapping"] == {"Code": "code", "City": "city", "Opened": "opened", "Staff": "staff"}
    assert (load["counts"]["added"], load["counts"]["duplicates"], load["counts"]["rejected"]) == (2, 1, 2)
    assert [row[:2] + row[3:] for row in await lists.rejected(load["id"])] == [
        ["5", "Opened", "This is not a date of the form %d.%m.%Y"],
        ["6", "Code", "The key is empty"],
    ]
    rows = {r["code"]: r for r in await lists.rows(table_id)}
    assert rows["A1"]["opened"] == "2020-01-31"
    assert rows["b2"]["city"] == "Stavanger"
    more = await lists.load(path, b"code,staff\na1,4\nB2,9\nD4,1\n")
    adds_up(more)
    counts = more["counts"]
    assert (counts["added"], counts["updated"], counts["unchanged"]) == (1, 1, 1)
    rows = {r["code"]: r for r in await lists.rows(table_id)}
    assert (rows["A1"]["city"], rows["b2"]["staff"], rows["b2"]["city"]) == ("Oslo", 9, "Stavanger")
    assert len(await in_clickhouse(lists, table_id, "id")) == 3
    replaced = await lists.load(path, b"code,city\nZ9,Moss\n", mode="replace")
    adds_up(replaced)
    c = await names(lists, table_id)
    assert await in_clickhouse(lists, table_id, f"{c['code']}, {c['city']}") == [("Z9", "Moss")]
    assert [r["code"] for r in await lists.rows(table_id)] == ["Z9"]


async def test_a_mapping_must_fit(lists: Lists) -> None:
    table_id = await lists.table(STORES, "code")
    path = f"/data-tables/{table_id}/loads"
    for mapping, pointer in (
        ({"x": "code"}, "/mapping/x"),
        ({"code": "nothing"}, "/mapping/code"),
        ({"city": "city"}, "/mapping"),
        ({"code": "code", "city": "code"}, "/mapping/city"),
    ):
        refused = await lists.upload(path, b"code,city\na,b\n", 422, mapping=mapping)
        assert pointer in [e["pointer"] for e in refused["errors"]]


async def test_search_sort_and_pages(lists: Lists) -> None:
    table_id = await lists.table({"code": "text", "rank": "integer"}, "code")
    items = [{"code": f"Code {n:02}", "rank": (n * 7) % 10 if n % 5 else None} for n in range(20)]
    await lists.post(f"/data-tables/{table_id}/rows/upsert", {"items": items})
    for sort in ("code", "-code", "rank", "-rank", "id", "-id"):
        rows: list[Any] = []
        cursor = None
        while True:
            page = await lists.get(
                f"/data-tables/{table_id}/rows", limit=3, sort=sort, **({"cursor": cursor} if cursor else {})
            )
            rows += page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert len({r["id"] for r in rows}) == 20
        if "rank" in sort:
            ranks = [r["values"]["rank"] for r in rows]
            assert ranks[-4:] == [None] * 4
            assert ranks[:-4] == sorted(ranks[:-4], reverse=sort.startswith("-"))
    assert len(await lists.rows(table_id, q="CODE 1")) == 10
    await lists.get(f"/data-tables/{table_id}/rows", 422, sort="secret")
    await lists.get(f"/data-tables/{table_id}/rows", 422, cursor="bm9uc2Vuc2U")
    text = (await lists.api.get(f"/data-tables/{table_id}/export")).content.decode("utf-8-sig")
    assert text.startswith("code,rank\r\n")
    assert text.count("\r\n") == 21


async def test_calls_at_once_on_the_same_rows_do_not_cross(lists: Lists) -> None:
    table_id = await lists.table({"code": "text", "n": "integer"}, "code")
    keys = [f"k{n}" for n in range(50)]
    await asyncio.gather(
        *(
            lists.post(
                f"/data-tables/{table_id}/rows/upsert",
                {"items": [{"code": k, "n": call} for k in (keys if call % 2 else reversed(keys))]},
            )
            for call in range(8)
        )
    )
    rows = await lists.rows(table_id)
    assert len(rows) == 50
    assert len({r["n"] for r in rows}) == 1
    assert (await lists.get(f"/data-tables/{table_id}"))["size"] == 50


async def test_tables_go_with_their_database(lists: Lists, engines: Engines) -> None:
    table_id = await lists.table({"a": "text"}, "a")
    await lists.post(f"/data-tables/{table_id}/rows/upsert", {"items": [{"a": "1"}]})
    await engines.catch_up()
    await lists.call("DELETE", f"/databases/{lists.database.id}", 204, params={"confirm": lists.database.name})
    await lists.get(f"/data-tables/{table_id}", 404)
    await engines.catch_up()
    found = await engines.clickhouse.query(f"select name from system.tables where name = 'd_{table_id}'")
    assert found == []
    async with engines.tx() as tx:
        row = await (await (await tx.raw()).execute(f"select to_regclass('data_{table_id}_1')")).fetchone()
    assert row == (None,)


async def test_deleting_a_table(lists: Lists) -> None:
    table_id = await lists.table({"a": "text"}, "a")
    await lists.call("DELETE", f"/data-tables/{table_id}", 204)
    await lists.get(f"/data-tables/{table_id}", 404)
    await lists.get(f"/data-tables/{table_id}/rows", 404)
