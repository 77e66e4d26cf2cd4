"""Runs of feeds: what they write, what they refuse, how they go on after their process died."""

from __future__ import annotations

from typing import Any

import pytest

from fidelia.market.feeds import loading, store
from fidelia.market.feeds import work as work_module
from fidelia.platform import jobs
from fidelia.platform.jobs import JobContext
from tests.conftest import api_client

from . import files
from .conftest import Market


def counts(run: dict[str, Any]) -> tuple[int, ...]:
    return tuple(run[k] for k in ("offers", "created", "updated", "unchanged", "skipped", "rejected"))


async def test_a_file_becomes_products_in_categories(market: Market) -> None:
    offers = [files.yml_offer(f"a{n}", *files.plain(n), attributes=' available="true"') for n in (1, 2, 3)]
    broken = files.yml_offer("a4", files.tag("price", "twelve"))
    feed = await market.feed(files.yml([*offers, broken]), name="Shop")
    assert (feed["source"], feed["format"], feed["last_run"]) == ({"kind": "file", "name": "feed.xml"}, None, None)
    run = await market.run(feed["id"])
    assert (run["state"], run["error"], run["format"]) == ("done", None, "yml")
    assert counts(run) == (4, 3, 0, 0, 0, 1)
    assert (run["products"], run["skus"], run["category_count"]) == (3, 0, 2)
    assert run["reasons"] == [{"field": "price", "reason": "This is no price, like 12.50 or 12.50 EUR", "offers": 1}]
    product = await market.product("a1")
    assert (product["name"], product["price"], product["currency"]) == ("Thing 1", "2.50", "EUR")
    assert (product["brand"], product["available"], product["category"]["name"]) == ("Brand 1", True, "Coffee")
    assert product["category"]["path"] == ["1", "2"]
    assert product["image_url"] == "https://shop.example/1.jpg"
    rejected = await market.get(f"/feed-runs/{run['id']}/rejected")
    assert [(r["line"], r["offer"], r["field"], r["value"]) for r in rejected["items"]] == [
        (13, "a4", "price", "twelve")
    ]
    report = (await market.api.get(f"/api/v1/market/feed-runs/{run['id']}/rejected.csv")).text.splitlines()
    assert report[0].endswith("line,offer,field,value,reason")
    assert report[1].startswith("13,a4,price,twelve,")
    again = await market.run(feed["id"])
    assert counts(again) == (4, 0, 0, 3, 0, 1)
    listed = (await market.get("/feeds?q=shop"))["items"]
    assert [(f["name"], f["last_run"]["id"]) for f in listed] == [("Shop", again["id"])]
    assert [r["id"] for r in (await market.get(f"/feeds/{feed['id']}/runs"))["items"]] == [again["id"], run["id"]]
    async with market.engines.tx() as tx:
        assert await store.items(tx, run["id"], "products", 0, 10) == []  # nothing is left beside


async def test_offers_of_a_group_are_skus_of_one_product(market: Market) -> None:
    def offer(n: int, size: str) -> str:
        inside = (*files.plain(n, name="Shirt"), f'<param name="Size">{size}</param>')
        return files.yml_offer(f"s{n}", *inside, attributes=' group_id="shirt"')

    run = await market.load(files.yml([offer(1, "S"), files.yml_offer("hat", *files.plain(5)), offer(2, "M")]))
    assert (counts(run), run["products"], run["skus"]) == ((3, 3, 0, 0, 0, 0), 2, 2)
    assert (await market.product("shirt"))["name"] == "Shirt 1"
    skus = await market.skus("shirt")
    assert [(s["external_id"], s["name"], s["properties"]) for s in skus] == [
        ("s1", "Shirt 1", {"size": "S"}),
        ("s2", "Shirt 2", {"size": "M"}),
    ]
    only = await market.load(files.yml([offer(1, "XS"), files.yml_offer("lone", *files.plain(7))]), entity="skus")
    assert counts(only) == (2, 0, 1, 0, 0, 1)
    assert only["products"] == 0
    assert (await market.skus("shirt"))[0]["properties"] == {"size": "XS"}


async def test_google_offers_make_their_categories(market: Market) -> None:
    run = await market.load(files.rss([files.item("g1", sale_price="9 EUR"), files.item("g2", product_type=None)]))
    assert (counts(run), run["format"], run["category_count"]) == ((2, 2, 0, 0, 0, 0), "google_xml", 2)
    product = await market.product("g1")
    assert (product["price"], product["old_price"]) == ("9.00", "12.50")
    assert (product["category"]["name"], product["category"]["path"]) == ("Coffee", ["Food", "Food > Coffee"])
    over = await market.load(files.rss([files.item("g1")]))
    assert counts(over) == (1, 0, 1, 0, 0, 0)
    product = await market.product("g1")
    assert (product["price"], product["old_price"]) == ("12.50", None)  # the sale is over


async def test_modes_take_new_ones_or_known_ones(market: Market) -> None:
    await market.load(files.yml([files.yml_offer("m1", *files.plain(1, price=1))]))
    both = files.yml([files.yml_offer("m1", *files.plain(1, price=2)), files.yml_offer("m2", *files.plain(2))])
    assert counts(await market.load(both, mode="update")) == (2, 0, 1, 0, 1, 0)
    assert await market.product("m2") is None
    again = both.replace("<price>2<", "<price>3<")
    assert counts(await market.load(again, mode="add")) == (2, 1, 0, 0, 1, 0)
    assert (await market.product("m1"))["price"] == "2.00"


async def test_the_tree_is_added_to_overwritten_or_left_alone(market: Market) -> None:
    offers = [files.yml_offer("t1", *files.plain(1))]
    renamed = files.yml(offers).replace(">Coffee<", ">Kaffe<").replace(' parentId="1"', "")
    await market.load(files.yml(offers))
    assert (await market.load(renamed))["category_count"] == 0
    assert (await market.product("t1"))["category"]["name"] == "Coffee"
    run = await market.load(renamed.replace('id="1"', 'id="77"'), categories="ignore")
    assert (run["category_count"], counts(run)[-1]) == (0, 0)
    assert (await market.load(renamed, categories="overwrite"))["category_count"] == 2
    category = (await market.product("t1"))["category"]
    assert (category["name"], category["path"]) == ("Kaffe", ["2"])
    circle = files.yml(offers).replace('<category id="1">', '<category id="1" parentId="2">')
    run = await market.load(circle, categories="overwrite")
    assert run["state"] == "done"
    assert (await market.get(f"/feed-runs/{run['id']}/rejected"))["total"] == 2


async def test_unknown_parameters_are_kept_made_fields_of_left_out_or_refused(market: Market) -> None:
    def feed(n: int) -> str:
        more = '<param name="Roast">dark</param><param name="Weight" unit="kg">2</param>'
        return files.yml([files.yml_offer(f"u{n}", *files.plain(n), more)])

    run = await market.load(feed(1))
    assert [(u["key"], u["name"], u["type"], u["examples"]) for u in run["unknown"]] == [
        ("roast", "Roast", "string", ["dark"]),
        ("weight_kg", "Weight (kg)", "int", ["2"]),
    ]
    assert (await market.product("u1"))["properties"] == {"roast": "dark", "weight_kg": "2"}
    await market.load(feed(2), unknown="ignore")
    assert (await market.product("u2"))["properties"] == {}
    refused = await market.load(feed(3), unknown="refuse")
    assert (refused["state"], await market.product("u3")) == ("failed", None)
    assert "Roast, Weight (kg)" in refused["error"]
    field = {"entity": "product", "key": "weight_kg", "type": "int", "label": "Weight"}
    await market.send("POST", "/fields", field, 201)
    run = await market.load(feed(4), unknown="create")
    assert (await market.product("u4"))["properties"] == {"roast": "dark", "weight_kg": 2}
    fields = (await market.get("/fields"))["items"]
    assert {(f["entity"], f["key"]) for f in fields} >= {("product", "roast"), ("sku", "roast")}
    wrong = await market.load(feed(5).replace(">2<", ">heavy<"))
    assert counts(wrong)[-1] == 1
    assert wrong["reasons"][0]["reason"] == "weight_kg must be a whole number"


async def test_a_broken_file_changes_nothing(market: Market) -> None:
    good = [files.yml_offer(f"b{n}", *files.plain(n)) for n in range(3_000)]
    run = await market.load(files.yml([*good, "<offer id='x'><name>a</nam></offer>\n"]))
    assert run["state"] == "failed"
    assert "Line 3,010" in run["error"]
    assert (await market.get("/products?q=b1"))["total"] == 0
    bomb = '<!DOCTYPE yml_catalog [<!ENTITY a "lol"><!ENTITY b "&a;&a;">]>'
    text = files.yml(good[:1]).replace('<!DOCTYPE yml_catalog SYSTEM "shops.dtd">', bomb)
    refused = await market.upload(text, 422)
    assert "declares entities" in refused["detail"]
    assert (await market.load(files.yml([])))["error"] == "The file has no offers"


class Killed(BaseException):
    """The process is gone."""


@pytest.mark.parametrize("at", ["put_items", "category_ids", "products 1", "products 2", "skus 1"])
async def test_a_run_goes_on_where_its_process_died(market: Market, monkeypatch: pytest.MonkeyPatch, at: str) -> None:
    offers = [files.yml_offer(f"k{at}{n}", *files.plain(n)) for n in range(5)]
    offers += [files.yml_offer(f"ks{at}{n}", *files.plain(n), attributes=f' group_id="kg{at}"') for n in range(3)]
    feed = await market.feed(files.yml([*offers, files.yml_offer("", "")]))
    started = await market.send("POST", f"/feeds/{feed['id']}/run", {}, 202)
    monkeypatch.setattr(loading, "AT_ONCE", 2)
    seen: dict[str, int] = {}

    def dying(name: str, real: Any) -> Any:
        async def call(*args: Any, **more: Any) -> Any:
            done = await real(*args, **more)
            what = f"{args[2]} " if name == "_write" else name
            seen[what] = seen.get(what, 0) + 1
            if at in (name, f"{what}{seen[what]}"):
                raise Killed
            return done

        return call

    async def go() -> None:
        async with market.engines.tx() as tx:
            job = await jobs.get(tx, started["job_id"])
        ctx = JobContext(market.engines, job.id, actor="api", database_id=None, attempt=1)
        await work_module.run_feed(ctx, started["id"])

    with monkeypatch.context() as patch:
        for module, name in (
            (store, "put_items"),
            (work_module.products_store, "category_ids"),
            (loading, "_write"),
        ):
            patch.setattr(module, name, dying(name, getattr(module, name)))
        with pytest.raises(Killed):
            await go()
    await go()
    run = await market.get(f"/feed-runs/{started['id']}")
    assert (run["state"], counts(run)) == ("done", (9, 8, 0, 0, 0, 1))
    assert (run["products"], run["skus"]) == (6, 3)
    assert len((await market.get(f"/feed-runs/{run['id']}/rejected"))["items"]) == 1
    await go()  # begun once more: nothing is left to do
    assert counts(await market.get(f"/feed-runs/{started['id']}")) == (9, 8, 0, 0, 0, 1)


async def test_a_run_is_cancelled_and_a_feed_deleted(market: Market) -> None:
    feed = await market.feed(files.yml([files.yml_offer("c1", *files.plain(1))]))
    await market.send("POST", f"/feeds/{feed['id']}/run", {}, 202)
    await market.send("POST", f"/feeds/{feed['id']}/run", {}, 409)
    await market.send("DELETE", f"/feeds/{feed['id']}", status=409)
    cancelled = await market.send("POST", f"/feeds/{feed['id']}/cancel")
    assert cancelled["state"] == "cancelled"
    await market.send("POST", f"/feeds/{feed['id']}/cancel", status=409)
    copy = await market.send("POST", f"/feeds/{feed['id']}/copy", {"name": "Its copy"}, 201)
    assert (copy["active"], copy["source"]) == (False, feed["source"])
    await market.send("DELETE", f"/feeds/{feed['id']}", status=204)
    assert counts(await market.run(copy["id"])) == (1, 1, 0, 0, 0, 0)  # its file is its own


async def test_who_may_only_look_loads_nothing(market: Market) -> None:
    feed = await market.feed(files.yml([files.yml_offer("r1")]))
    async with api_client(market.engines, roles=("analyst",)) as client:
        assert (await client.get(f"/api/v1/market/feeds/{feed['id']}")).status_code == 200
        assert (await client.post(f"/api/v1/market/feeds/{feed['id']}/run", json={})).status_code == 403
        assert (await client.post("/api/v1/market/feeds/files", files={"file": b"<rss/>"})).status_code == 403
