"""A loyalty program for the pages: points, levels, a partner, members, promotions, orders; and a draft."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.up import wait_until

if TYPE_CHECKING:
    from .objects import Objects

#: The demo's program: ten weeks of points and orders, for the reports.
DEMO = "Corner club"
LEVELS = [
    {"name": "Basic", "threshold": "0"},
    {"name": "Silver", "threshold": "500", "benefits": ["Free delivery"]},
    {"name": "Gold", "threshold": "1500", "benefits": ["Free delivery", "Early access to sales"]},
    {"name": "Platinum", "threshold": "4000", "benefits": ["Free delivery", "A gift on the birthday"]},
]
EARNED = {1: "620", 2: "1740", 3: "90", 5: "4100", 7: "455"}


def programs(objects: Objects) -> dict[str, object]:
    """Make what is missing; return the ids that the addresses of the pages need."""
    at = {"database_id": objects.database, "description": "For everybody who shops with us"}
    draft, _ = objects.named("/loyalty/programs", "Coffee club", at | {"audience": "manual"})
    club, new = objects.named("/loyalty/programs", "Club", at)
    known = {item["name"]: item for item in objects.items(f"/loyalty/programs?database={objects.database}")}
    of_demo = known.get(DEMO, known["Club"])
    if new:
        if of_demo["state"] == "active":  # one at a time; its reports stay
            objects.send(f"/loyalty/programs/{of_demo['id']}/deactivate")
        _set_up(objects, f"/loyalty/programs/{club}")
    group = objects.items(f"/loyalty/programs/{club}/level-groups")[0]["id"]
    return {"program": club, "program_draft": draft, "program_of_demo": of_demo["id"], "level_group": group}


def _set_up(objects: Objects, path: str) -> None:
    expiry = {"kind": "end_of", "unit": "month", "period": "P12M"}
    stars = {
        "name": "Stars",
        "ratio": "0.05",
        "ratio_currency": "USD",
        "initial": "10",
        "delay": "P14D",
        "expiry": expiry,
    }
    objects.send(f"{path}/points", stars)
    miles = objects.send(f"{path}/points", {"name": "Miles", "kind": "qualification", "places": 0})["id"]
    group = {"name": "Status", "point_type_id": miles, "levels": LEVELS, "entry": "basic", "downgrade": "one_step"}
    group |= {"review": {"kind": "dates", "dates": ["01-01"]}, "reset": {"when": "at_review"}, "grace_days": 30}
    objects.send(f"{path}/level-groups", group)
    objects.send(f"{path}/partners", {"name": "Mugs & Co", "multiplier": "2", "share": "50", "currency": "USD"})
    job = objects.send(f"{path}/activate")["job"]["id"]
    wait_until(lambda: objects.api.get(f"/jobs/{job}").json()["state"] == "done", 120)
    for profile, amount in EARNED.items():
        objects.send(
            f"{path}/members/{profile}/accrue", {"points": "miles", "amount": amount, "reference": f"m{profile}"}
        )


def promotions(objects: Objects, program: object, pool: object) -> dict[str, object]:
    """Promotions of which one is arbitrated away, an order segment, and orders that were worked out by them."""
    path = f"/loyalty/programs/{program}"
    at = {"database_id": objects.database}
    large, _ = objects.named(
        f"/loyalty/order-segments?database={objects.database}",
        "Large orders",
        at | {"condition": {"kind": "compare", "field": "order.total", "op": "gte", "value": "50"}},
    )
    known = _promotions(objects, path, pool)
    orders = objects.items(f"/market/orders?database={objects.database}&limit=50&channel=web")
    if not orders:
        _orders(objects, pool)
        orders = objects.items(f"/market/orders?database={objects.database}&limit=50&channel=web")
    worked_out = {item["external_id"]: item["id"] for item in orders}
    basket = {"lines": [{"sku": "roast-9", "quantity": 3}], "currency": "USD"}
    gold = {"levels": {"status": "gold"}, "points": {"stars": "25"}, "orders": 4}
    case, _ = objects.named(f"{path}/test-cases", "Gold, three bags", {"order": basket | {"participant": gold}})
    return {
        "test_case": case,
        "promotion": known["Gold members"],
        "promotion_draft": known["Week of the mugs"],
        "promotion_event": known["A review is thanked for"],
        "order_segment": large,
        "order_worked_out": worked_out["web-2"],
        "order_refunded": worked_out["web-1"],
        "transaction": objects.first(f"{path}/transactions?limit=1"),
    }


def _promotions(objects: Objects, path: str, pool: object) -> dict[str, Any]:
    group, _ = objects.named(f"{path}/promotion-groups", "Order discounts", {"per": "order"})
    key = objects.api.get(path).json()["external_id"]
    gold = {"kind": "compare", "field": f"loyalty.{key}.levels.status", "op": "in", "value": ["gold", "platinum"]}
    roasts = {"kind": "compare", "field": "product.name", "op": "contains", "value": "House roast"}
    budget = [{"what": "money", "most": "5000"}]
    per_dollar = {"kind": "points_per_money", "amount": "1", "per": "1.00"}
    fifth, tenth = {"kind": "percent_off", "percent": "20"}, {"kind": "percent_off", "percent": "10", "cap": "25.00"}
    written: list[tuple[str, dict[str, Any]]] = [
        ("discount", {"name": "House roasts", "products": roasts, "reward": fifth | {"scope": "lines"}}),
        ("discount", {"name": "Gold members", "condition": gold, "group_id": group, "limits": budget, "reward": tenth}),
        ("discount", {"name": "Spring vouchers", "code_pool_id": pool, "group_id": group}),
        ("points", {"name": "A star for a dollar", "reward": per_dollar | {"points": "stars"}}),
        ("points", {"name": "Miles for all", "reward": per_dollar | {"points": "miles"}}),
        ("discount", {"name": "Week of the mugs", "reward": {"kind": "nth_free", "every": 3}}),
        ("trigger", _thanks(objects)),
    ]
    usual = {"currency": "USD", "reward": {"kind": "amount_off", "amount": "5.00"}}
    known = {item["definition"]["name"]: item["id"] for item in objects.items(f"{path}/promotions")}
    for kind, definition in written:
        if definition["name"] in known:
            continue
        made = objects.send(f"{path}/promotions", {"kind": kind, "definition": usual | definition})["id"]
        known[definition["name"]] = made
        if definition["name"] != "Week of the mugs":
            objects.send(f"/loyalty/promotions/{made}/publish", {})
    return known


def _thanks(objects: Objects) -> dict[str, Any]:
    """Return a promotion that an event starts."""
    known = objects.items(f"/event-types?database={objects.database}&limit=1000")
    if not any(item["name"] == "custom.reviewed" for item in known):
        type_ = {"database_id": objects.database, "name": "custom.reviewed", "label": "Review written"}
        objects.send("/event-types", type_)
    most = [{"what": "uses", "most": "1", "per": "member", "period": "month"}]
    reward = {"kind": "points_fixed", "points": "stars", "amount": "25"}
    return {"name": "A review is thanked for", "event": "custom.reviewed", "reward": reward, "limits": most}


def _orders(objects: Objects, pool: object) -> None:
    """Three orders of members; of one a part came back."""
    baskets = [(1, (("roast-1", 2), ("roast-4", 1))), (2, (("roast-2", 4), ("MUG-1", 1))), (5, (("MUG-4", 2),))]
    for n, (profile, items) in enumerate(baskets, 1):
        lines = [{"sku": sku, "quantity": quantity, "id": f"l{m}"} for m, (sku, quantity) in enumerate(items)]
        body: dict[str, Any] = {"database": objects.database, "profile": profile, "currency": "USD", "channel": "web"}
        body |= {"lines": lines, "delivery": "4.90"}
        if profile == 2:  # a better promotion of the same group comes first: the code is not needed
            attached = objects.send(f"/promo-codes/pools/{pool}/attach", {"profile_id": profile})
            body["promo_codes"] = [attached["code"]]
        final = objects.send("/market/orders/preorder", body)["final"]
        order = objects.send(
            "/market/orders/commit", body | {"external_id": f"web-{n}", "final": final, "status": "paid"}
        )["order"]
        if n == 1:
            back = {"lines": [{"line": 1, "quantity": 1}], "reason": "one bag was torn", "reference": "return-1"}
            objects.send(f"/market/orders/{order}/refunds", back)
