"""Promotions on lists of products, through the API: who is on them now counts, and a list in use is not thrown away."""

from __future__ import annotations

from tests.loyalty.orders.till import Till

ROOT = "/market/product-segments"
TEN = {"kind": "percent_off", "percent": "10"}


async def a_list(till: Till, *products: str) -> int:
    """Make a list of products by hand."""
    body = {"entity": "product", "name": f"Warm things {till.program}", "type": "static"}
    made = await till.call("POST", ROOT, body, 201)
    await till.call("POST", f"{ROOT}/{made['id']}/members/add", {"external_ids": list(products)})
    return int(made["id"])


async def test_only_lines_of_products_on_the_list_get_the_discount(till: Till) -> None:
    warm = await a_list(till, "coffee")
    on_it = {"kind": "member", "of": {"segment": warm}, "subject": "line.product"}
    offer = await till.promotion(TEN, products=on_it)
    told = await till.preorder(("coffee", 2), ("sock", 1))
    assert [line["final"] for line in told["lines"]] == ["22.50", "4.00"]
    await till.call("POST", f"{ROOT}/{warm}/members/add", {"external_ids": ["sock"]})
    told = await till.preorder(("coffee", 2), ("sock", 1))  # the list counts as it is at every calculation
    assert [line["final"] for line in told["lines"]] == ["22.50", "3.60"]
    await till.call("POST", f"{ROOT}/{warm}/members/clear")
    told = await till.preorder(("coffee", 2), ("sock", 1))
    assert (told["discount"], told["trace"][0]["reason"]) == ("0.00", "products")
    assert told["trace"][0]["promotion"] == offer


async def test_an_order_can_be_asked_for_products_on_a_list(till: Till) -> None:
    warm = await a_list(till, "mug")
    on_it = {"kind": "member", "of": {"segment": warm}, "subject": "line.product"}
    some = {"kind": "related", "link": "lines", "where": on_it, "count": {"op": "gte", "value": 1}}
    await till.promotion(TEN, condition=some)
    await till.promotion({"kind": "percent_off", "percent": "50"}, condition={"kind": "not", "of": some})
    assert (await till.preorder(("coffee", 2), ("mug", 1)))["discount"] == "4.00"
    assert (await till.preorder(("coffee", 2)))["discount"] == "12.50"


async def test_a_list_that_a_promotion_names_cannot_be_thrown_away(till: Till) -> None:
    warm = await a_list(till, "coffee")
    on_it = {"kind": "member", "of": {"segment": warm}, "subject": "line.product"}
    offer = await till.promotion(TEN, products=on_it)
    name = (await till.call("GET", f"/loyalty/promotions/{offer}"))["definition"]["name"]
    assert (await till.call("GET", f"{ROOT}/{warm}"))["used_by"] == [f"promotion {name}"]
    refused = await till.call("DELETE", f"{ROOT}/{warm}", status=409)
    assert refused["used_by"] == [f"promotion {name}"]
    await till.call("DELETE", f"/loyalty/promotions/{offer}")
    await till.call("DELETE", f"{ROOT}/{warm}", status=204)
