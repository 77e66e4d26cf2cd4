"""The market for the pages: a feed with a report of what it refused, an import, lists of products, what is set up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.up import wait_until

if TYPE_CHECKING:
    from .objects import Objects

IN_SHOP = "<currencyId>USD</currencyId><categoryId>2</categoryId><vendor>Corner roasters</vendor>"
#: Ten good offers with a parameter that no field knows, one without a price, one whose price is none.
OFFERS = [
    f'<offer id="roast-{n}" available="true"><name>House roast {n}</name><price>{6 + n}.90</price>{IN_SHOP}'
    f'<param name="Roast">{"dark" if n % 2 else "light"}</param></offer>'
    for n in range(10)
]
OFFERS += [
    f'<offer id="roast-10"><name>House roast 10</name>{IN_SHOP}</offer>',
    f'<offer id="roast-11"><name>House roast 11</name><price>cheap</price>{IN_SHOP}</offer>',
]
FEED = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<yml_catalog date="2026-11-16 12:00"><shop><name>Corner shop</name>\n'
    '<currencies><currency id="USD" rate="1"/></currencies>\n<categories><category id="1">Food</category>'
    '<category id="2" parentId="1">House roasts</category></categories>\n<offers>\n'
    + "\n".join(OFFERS)
    + "\n</offers></shop></yml_catalog>\n"
)
PRODUCTS = (
    "Id;Name;Price;Currency\nMUG-1;Mug, white;7.50;USD\nMUG-2;Mug, blue;7.50;USD\nMUG-3;Mug, large;about nine;USD\n"
    "MUG-4;Mug with a lid;12.00;USD\n"
)
COFFEE = {"kind": "compare", "field": "product.name", "op": "contains", "value": "coffee"}


def market(objects: Objects) -> dict[str, object]:
    """Make what is missing; return the ids that the addresses of the pages need."""
    _set_up(objects)
    return _feed(objects) | _import(objects) | _lists(objects)


def _set_up(objects: Objects) -> None:
    at = {"database": objects.database}
    online, new = objects.named("/market/channels", "Web shop", at | {"external_id": "web", "kind": "online"})
    shops, _ = objects.named("/market/channels", "Shops", at | {"external_id": "retail", "kind": "retail"})
    if new:
        objects.send(f"/market/channels/{online}/touchpoints", {"external_id": "app", "name": "App"})
        objects.send(f"/market/channels/{shops}/touchpoints", {"external_id": "main-street", "name": "Main street"})
    objects.named("/market/regions", "Downtown", {"external_id": "downtown"})


def _feed(objects: Objects) -> dict[str, object]:
    found = {item["name"]: item["id"] for item in objects.items("/market/feeds")}
    if "House roasts" not in found:
        sent = objects.send("/market/feeds/files", files={"file": ("roasts.yml", FEED)})
        body: dict[str, Any] = {"name": "House roasts", "source": {"kind": "file", "name": sent["name"]}}
        body |= {"file": sent["file"], "stop_after": 50}
        feed = objects.send("/market/feeds", body)["id"]
        objects.send(f"/market/feeds/{feed}/run", {})
        wait_until(lambda: objects.items(f"/market/feeds/{feed}/runs")[0]["finished_at"], 120)
        found["House roasts"] = feed
    feed = found["House roasts"]
    return {"market_feed": feed, "market_feed_run": objects.first(f"/market/feeds/{feed}/runs?limit=1")}


def _import(objects: Objects) -> dict[str, object]:
    found = objects.first("/market/imports?limit=1")
    if not found:
        found = objects.send("/market/imports", files={"file": ("mugs.csv", PRODUCTS)}, data={"kind": "products"})["id"]
        columns = {"Id": "external_id", "Name": "name", "Price": "price", "Currency": "currency"}
        objects.send(f"/market/imports/{found}/run", {"mapping": columns})
        wait_until(lambda: objects.api.get(f"/market/imports/{found}").json()["state"] == "done", 120)
    return {"market_import": found}


def _lists(objects: Objects) -> dict[str, object]:
    path = "/market/product-segments"
    schedule = {"at": "03:00", "weekdays": ["monday"], "timezone": "Europe/Oslo"}
    body = {"entity": "product", "type": "updatable", "condition": COFFEE, "schedule": schedule}
    coffee, _ = objects.named(path, "Coffee of all kinds", body)
    mugs, new = objects.named(path, "On the counter", {"entity": "product", "type": "static"})
    if new:
        known = [f"roast-{n}" for n in range(4)]
        objects.send(f"{path}/{mugs}/members/add", {"external_ids": known})
    return {"product_segment": coffee, "product_segment_static": mugs}
