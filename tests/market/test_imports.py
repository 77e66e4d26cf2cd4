"""Products, SKUs and orders from files: columns found, mapped, run, reported, gone on with."""

from __future__ import annotations

import io
from typing import Any

import httpx
import pytest
import xlsxwriter

from fidelia.platform.engines import Engines
from fidelia.platform.jobs.runner import run_job
from fidelia.worker import tasks as _tasks

assert _tasks.MODULES  # declares the jobs
M = "/api/v1/market/imports"


class Files:
    """The application, as somebody with files uses it."""

    def __init__(self, api: httpx.AsyncClient, engines: Engines) -> None:
        self.api = api
        self.engines = engines

    async def upload(self, name: str, data: str | bytes, status: int = 201, **parts: str) -> dict[str, Any]:
        content = data.encode() if isinstance(data, str) else data
        reply = await self.api.post(M, files={"file": (name, content)}, data=parts)
        assert reply.status_code == status, reply.text
        return dict(reply.json())

    async def run(self, made: dict[str, Any], **more: Any) -> dict[str, Any]:
        mapping = {column["name"]: column["field"] for column in made["columns"]} | more.pop("mapping", {})
        reply = await self.api.post(f"{M}/{made['id']}/run", json={"mapping": mapping, **more})
        assert reply.status_code == 202, reply.text
        await run_job(self.engines, reply.json()["job"]["id"])
        return dict((await self.api.get(f"{M}/{made['id']}")).json())


@pytest.fixture
def files(api: httpx.AsyncClient, engines: Engines) -> Files:
    return Files(api, engines)


def figures(done: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(done[name] for name in ("state", "created", "updated", "unchanged", "rejected"))


async def test_products_from_a_table(files: Files, shop: int) -> None:
    await files.api.post(
        "/api/v1/market/fields", json={"entity": "product", "key": "weight_kg", "type": "float", "label": "Weight"}
    )
    text = (
        "Id;Title;Price;Old price;Currency;Tags;Available;weight_kg;Colour\n"
        "f-1;Kettle;1 234,50;;NOK;kitchen, steel;yes;1,5;red\n"
        "f-2;Cup;12.00;15.00;NOK;;no;;blue\n"
        "f-3;Broken;minus;;NOK;;no;;blue\n"
        "f-4;Odd;1.00;;NOK;;perhaps;;blue\n"
    )
    made = await files.upload("goods.csv", text, kind="products")
    assert [(c["name"], c["field"]) for c in made["columns"]] == [
        ("Id", "external_id"),
        ("Title", "name"),
        ("Price", "price"),
        ("Old price", "old_price"),
        ("Currency", "currency"),
        ("Tags", "tags"),
        ("Available", "available"),
        ("weight_kg", "properties.weight_kg"),
        ("Colour", None),
    ]
    assert made["columns"][1]["examples"] == ["Kettle", "Cup", "Broken"]
    done = await files.run(made)
    assert figures(done) == ("done", 2, 0, 0, 2)
    found = (await files.api.get("/api/v1/market/products", params={"q": "f-1"})).json()["items"][0]
    assert (found["price"], found["tags"], found["available"]) == ("1234.50", ["kitchen", "steel"], True)
    assert found["properties"] == {"weight_kg": 1.5}
    refused = (await files.api.get(f"{M}/{made['id']}/rejected")).json()["items"]
    assert [(r["line"], r["error"].split(" ")[0]) for r in refused] == [(4, "/price"), (5, "This")]
    table = (await files.api.get(f"{M}/{made['id']}/rejected.csv")).text
    assert "f-3,Broken,minus" in table
    assert (await files.api.post(f"{M}/{made['id']}/run", json={"mapping": {"Id": "external_id"}})).status_code == 409
    again = await files.run(await files.upload("goods.csv", text, kind="products"), mode="add")
    assert figures(again) == ("done", 0, 0, 0, 4)


async def test_lines_of_an_order_stand_together_in_a_workbook(files: Files, shop: int) -> None:
    book = io.BytesIO()
    with xlsxwriter.Workbook(book) as workbook:
        sheet = workbook.add_worksheet()
        rows = [
            ["Order number", "Date", "Email", "SKU", "Qty", "Price", "Status", "Currency"],
            ["w-1", "2026-11-01 09:00", "c1@example.com", "x-1", 2, 10.5, "paid", "NOK"],
            ["w-1", "2026-11-01 09:00", "c1@example.com", "x-2", 1, 5, "paid", "NOK"],
            ["w-2", "2026-11-02 09:00", "nobody@example.com", "x-1", 1, 10.5, "paid", "NOK"],
            ["w-3", "yesterday", "c2@example.com", "x-1", 1, 10.5, "paid", "NOK"],
            ["w-4", "2026-11-03 09:00", "c2@example.com", "x-1", 1, 10.5, "paid", "NOK"],
        ]
        for n, row in enumerate(rows):
            sheet.write_row(n, 0, row)
    made = await files.upload("orders.xlsx", book.getvalue(), kind="orders", database=str(shop))
    assert {c["name"]: c["field"] for c in made["columns"]} == {
        "Order number": "external_id",
        "Date": "placed_at",
        "Email": "customer",
        "SKU": "line.sku",
        "Qty": "line.quantity",
        "Price": "line.price",
        "Status": "status",
        "Currency": "currency",
    }
    done = await files.run(made, skip_triggers=True)
    assert figures(done) == ("done", 2, 0, 0, 2)
    found = (await files.api.get("/api/v1/market/orders", params={"database": shop, "q": "w-"})).json()["items"]
    assert [(o["external_id"], o["total"], o["line_count"]) for o in found] == [
        ("w-4", "10.50", 1),
        ("w-1", "26.00", 2),
    ]
    assert found[1]["placed_at"] == "2026-11-01T08:00:00Z"  # the database's zone
    await files.engines.catch_up()
    events = await files.engines.clickhouse.query(f"select count() from e_{shop} where props.order::String = 'w-1'")
    assert events == [(0,)]
    refused = (await files.api.get(f"{M}/{made['id']}/rejected")).json()["items"]
    assert [r["line"] for r in refused] == [4, 5]


async def test_an_order_in_two_places_keeps_its_first_lines(files: Files, shop: int) -> None:
    text = "order,date,email,product,total\n" + "".join(
        f"{order},2026-11-01,c1@example.com,x,1.00\n" for order in ("t-1", "t-1", "t-2", "t-1")
    )
    done = await files.run(await files.upload("t.csv", text, kind="orders", database=str(shop)))
    assert figures(done) == ("done", 2, 0, 0, 1)
    found = (await files.api.get("/api/v1/market/orders", params={"database": shop, "q": "t-"})).json()["items"]
    assert {o["external_id"]: o["line_count"] for o in found} == {"t-1": 2, "t-2": 1}
    assert "together" in (await files.api.get(f"{M}/{done['id']}/rejected")).json()["items"][0]["error"]


async def test_an_import_goes_on_where_it_was_killed(files: Files, shop: int, monkeypatch: pytest.MonkeyPatch) -> None:
    from fidelia.market.imports import store, work

    monkeypatch.setattr(work, "AT_ONCE", 10)
    rows = "".join(f"k-{n // 3},2026-11-01T10:00:00Z,c1@example.com,x,1.00\n" for n in range(60))
    made = await files.upload("k.csv", "order,date,email,product,total\n" + rows, kind="orders", database=str(shop))
    write, times = store.add, 0

    async def failing(*args: Any) -> None:
        nonlocal times
        times += 1
        if times == 3:
            raise RuntimeError("the machine went away")
        await write(*args)

    monkeypatch.setattr(store, "add", failing)
    mapping = {column["name"]: column["field"] for column in made["columns"]}
    reply = await files.api.post(f"{M}/{made['id']}/run", json={"mapping": mapping})
    await run_job(files.engines, reply.json()["job"]["id"])
    monkeypatch.setattr(store, "add", write)
    half = (await files.api.get(f"{M}/{made['id']}")).json()
    assert half["state"] == "failed"
    assert 0 < half["created"] < 20
    done = await files.run(made)
    assert figures(done) == ("done", 20, 0, 0, 0)
    found = (await files.api.get("/api/v1/market/orders", params={"database": shop, "q": "k-"})).json()
    assert found["total"] == 20
    assert {o["line_count"] for o in found["items"]} == {3}


async def test_what_cannot_be_imported_is_refused_before(files: Files, shop: int) -> None:
    await files.upload("x.csv", "id\n1\n", 422, kind="people")
    await files.upload("x.csv", "id\n1\n", 422, kind="orders")
    await files.upload("x.csv", "id\n1\n", 422, kind="products", database=str(shop))
    await files.upload("x.csv", "", 422, kind="products")
    made = await files.upload("x.csv", "name,colour\nA,red\n", kind="products")
    for mapping in (
        {"name": "name"},
        {"nope": "name"},
        {"name": "nope"},
        {"name": "external_id", "colour": "external_id"},
    ):
        reply = await files.api.post(f"{M}/{made['id']}/run", json={"mapping": mapping})
        assert reply.status_code == 422, mapping
    names = {f["name"] for f in (await files.api.get(f"{M}/fields", params={"kind": "orders"})).json()["items"]}
    assert {"external_id", "customer", "line.sku", "line.total"} <= names
