"""Conditions by hand: the everyday ones of a marketing desk, and one for every corner of the language."""

from __future__ import annotations

from typing import Any

from .build import Both

Node = dict[str, Any]


def compare(name: str, op: str, *value: Any, **more: Any) -> Node:
    return {"kind": "compare", "field": name, "op": op, **({"value": value[0]} if value else {}), **more}


def person(name: str, op: str, *value: Any, **more: Any) -> Node:
    return compare(f"profile.{name}", op, *value, **more)


def every(*of: Node) -> Node:
    return {"kind": "all", "of": list(of)}


def either(*of: Node) -> Node:
    return {"kind": "any", "of": list(of)}


def no(of: Node) -> Node:
    return {"kind": "not", "of": of}


def occurred(event: str, **more: Any) -> Node:
    return {"kind": "occurred", "event": event, **more}


def related(link: str, **more: Any) -> Node:
    return {"kind": "related", "link": link, **more}


def count(op: str, value: Any, **more: Any) -> Node:
    return {"op": op, "value": value, **more}


def measure(fn: str, of: str, op: str, value: Any) -> Node:
    return {"fn": fn, "of": of, "op": op, "value": value}


def everyday(both: Both) -> dict[str, Node]:
    """The questions people ask every day."""
    soft = compare("product.category", "under", "GROCERY/SOFT DRINKS")
    quarter = {"link": "orders", "within": {"calendar": "quarter", "offset": -1}, "fn": "sum", "of": "total"}
    return {
        "bought a category at least 3 times in 90 days for over 20 in total": related(
            "orders.lines",
            within={"last": "P90D"},
            where=soft,
            count=count("gte", 3),
            measure=measure("sum", "total", "gt", 20),
        ),
        "opened none of the last 5 mailings": every(
            related("messages"),
            no(related("messages", take={"latest": 5}, where=compare("message.opened_at", "is_present"))),
        ),
        "birthday in the next 7 days": person("birth_date", "anniversary_in", "P7D"),
        "two or more active e-mail subscriptions": related(
            "subscriptions",
            where=every(
                compare("subscription.channel", "eq", "email"), compare("subscription.status", "eq", "subscribed")
            ),
            count=count("gte", 2),
        ),
        "first order ever": related("orders", count=count("eq", 1)),
        "average days between orders under 30": related("orders", measure=measure("gap_avg", "created_at", "lt", 30)),
        "last order delivered": related("orders", take={"latest": 1}, where=compare("order.status", "eq", "delivered")),
        "cart updated and no order since": every(
            occurred("custom.cart"),
            no(related("orders", within={"since": {"event": "custom.cart", "which": "last"}})),
        ),
        "in a list but not in another group": every(member(both.club), no(member(both.good))),
        "spent more this quarter than the one before": related(
            "orders", within={"calendar": "quarter"}, measure=measure("sum", "total", "gt", {"figure": quarter})
        ),
        "bought bread and never soft drinks": every(
            related("orders.lines", where=compare("product.category", "under", "GROCERY/BAKED BREAD/BUNS/ROLLS")),
            no(related("orders.lines", where=soft)),
        ),
        "has an address in a subnet": person("address", "in_subnet", "10.1.0.0/16"),
        "an object field by path": compare('profile.home["owner"]["since"]', "gte", 2005),
        "any element of an array of objects": related(
            "profile.cars", where=every(compare("item.make", "eq", "Saab"), compare("item.year", "gt", 2005))
        ),
        "clicked /sale in mailing 7": occurred(
            "message.clicked",
            where=every(compare("event.mailing", "eq", 7), compare("event.link", "contains", "/sale")),
        ),
        "top 10 % by RFM": person("rfm_rank", "gt", 90),
    }


def member(segment: int, **more: Any) -> Node:
    return {"kind": "member", "of": {"segment": segment}, **more}


def corners(both: Both) -> list[Node]:
    """One for every corner."""
    return [
        {"kind": "always"},
        no({"kind": "always"}),
        person("city", "eq", "ÅLESUND"),
        person("city", "eq", "oslo", case=True),
        person("city", "ne", "Oslo"),
        no(person("city", "eq", "Oslo")),
        person("city", "is_missing"),
        person("rfm_rank", "gt", 75),
        person("rfm_rank", "lte", 50),
        person("rfm", "starts_with", "5"),
        no(person("rfm", "is_missing")),
        every(person("rfm_recency", "lte", 2), person("rfm_monetary", "gte", 4)),
        person("rfm_frequency", "in", [1, 3]),
        person("city", "not_in", ["oslo", "bergen"]),
        person("city", "contains", "TEB"),
        person("city", "starts_with", "ål"),
        person("email", "ends_with", "@EXAMPLE.org"),
        person("email", "matches", r"household-\d{2,3}@"),
        person("income", "in", ["50-74K", "35-49k"]),
        person("age", "eq", "65+"),
        person("points", "between", [200, 900]),
        person("points", "gt", {"field": "profile.goal"}),
        person("points", "lte", {"field": "profile.goal"}),
        person("ratio", "eq", 2.5),
        person("ratio", "lt", "1.375"),
        person("ratio", "in", [0.125, 0.25, 3]),
        person("vip", "eq", True),
        no(person("vip", "eq", True)),
        person("joined", "before", "2026-02-01"),
        person("joined", "after", "-P320D"),
        person("joined", "between", ["2025-11-20", "2026-01-10"]),
        person("seen", "in_last", "P7D"),
        person("seen", "in_last", "PT36H"),
        person("seen", "before", "-P10D"),
        person("seen", "eq", "2026-11-14"),
        person("birth_date", "anniversary_in", "P14D"),
        person("birth_date", "anniversary_in", "P4M"),
        person("birth_date", "lt", "1970-01-01"),
        person("address", "in_subnet", "2001:db8::/64"),
        person("address", "is_present"),
        person("likes", "any_of", ["grocery", "Drug GM"]),
        person("likes", "all_of", ["grocery", "produce"]),
        person("likes", "none_of", ["grocery"]),
        no(person("likes", "any_of", ["grocery"])),
        compare('profile.home["kind"]', "eq", "flat"),
        compare('profile.home["rooms"]', "between", [2, 4]),
        no(compare('profile.home["rooms"]', "gt", 2)),
        related("profile.cars", count=count("gte", 2)),
        related("profile.cars", count=count("lte", 0)),
        related("orders", count=count("between", [10, 40])),
        related("orders", count=count("lte", 12), within={"last": "P180D"}),
        related("orders", within={"last": "P6M"}, measure=measure("avg", "total", "gte", "25.5")),
        related("orders", within={"from": "2026-03-01", "to": "2026-03-08"}),
        related("orders", within={"calendar": "week", "offset": -1}),
        related("orders", within={"calendar": "month", "offset": -2}, count=count("gte", 5)),
        related("orders", within={"calendar": "year"}, measure=measure("max", "total", "gt", 150)),
        related("orders", measure=measure("min", "total", "lt", "1.00")),
        related("orders", measure=measure("max", "created_at", "before", "-P14D")),
        related("orders", measure=measure("first", "status", "eq", "cancelled")),
        related("orders", measure=measure("last", "total", "gte", 50)),
        related("orders", measure=measure("count_distinct", "status", "gte", 4)),
        related("orders", count=count("gte", 2, distinct="channel"), within={"last": "P30D"}),
        related("orders", take={"first": 3}, measure=measure("sum", "total", "gt", 60)),
        related("orders", take={"nth": 2}, where=compare("order.channel", "eq", "web")),
        related(
            "orders",
            take={"latest": 2, "among": compare("order.status", "eq", "paid")},
            measure=measure("sum", "total", "lt", 30),
        ),
        related("orders", where=compare("order.items", "gte", 30), count=count("gte", 3)),
        related(
            "orders", where={**related("lines"), "where": compare("line.quantity", "gte", 10)}, count=count("gte", 2)
        ),
        related("orders.lines", where=compare("line.quantity", "eq", 0)),
        related(
            "orders.lines", where=compare("product.brand", "eq", "private"), measure=measure("sum", "total", "gte", 300)
        ),
        related("orders.lines", where=compare("line.discount", "gt", {"field": "line.total"}), count=count("gte", 20)),
        related("orders.lines", count=count("gte", 400, distinct="product")),
        related("orders.lines", within={"last": "P90D"}, where=no(compare("product.category", "is_present"))),
        occurred("custom.campaign", count=count("gte", 5)),
        occurred("custom.campaign", where=compare("event.kind", "eq", "type a")),
        occurred("custom.campaign", within={"last": "P120D"}, count=count("lte", 1)),
        occurred("custom.campaign", measure=measure("count_distinct", "campaign", "gte", 4)),
        occurred("custom.campaign", take={"latest": 1}, where=compare("event.campaign", "gt", 20)),
        occurred("custom.coupon"),
        occurred("custom.coupon", within={"since": {"event": "custom.campaign", "which": "first"}}),
        occurred("custom.cart", measure=measure("sum", "value", "gte", 100)),
        occurred("custom.cart", measure=measure("avg", "value", "lt", 4)),
        occurred("custom.cart", measure=measure("first", "items", "gt", 10)),
        occurred("page.viewed", within={"last": "P30D"}, where=compare("event.url", "contains", "/SALE")),
        occurred("custom.cart", count=count("gt", {"figure": {"event": "page.viewed"}})),
        related("messages", where=compare("message.clicked_at", "is_present"), count=count("gte", 2)),
        related("messages", within={"last": "P35D"}, count=count("eq", 2)),
        related("messages", take={"nth": 1}, where=compare("message.mailing", "eq", 2)),
        member(both.club),
        member(both.club, state="ever"),
        member(both.club, state="left"),
        no(member(both.good)),
        either(member(both.club, state="left"), every(member(both.good), person("vip", "eq", True))),
    ]
