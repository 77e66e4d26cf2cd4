from __future__ import annotations

from typing import Any

import msgspec
import pytest

from fidelia.conditions import describe, sentence
from fidelia.conditions.operators import OPERATORS

from .shop import SHOP, both, checked, cmp, either, happened, member, no, rows


@pytest.mark.parametrize(
    ("node", "text"),
    [
        ({"kind": "always"}, "All people in shop"),
        (cmp("profile.city", "in", ["Oslo", "Bergen", "Moss"]), "People in shop whose city is Oslo, Bergen or Moss"),
        (no(cmp("profile.city", "eq", "Oslo")), "People in shop whose city is not Oslo, or is empty"),
        (cmp("profile.city", "ne", "Oslo"), "People in shop whose city has another value than Oslo"),
        (cmp("profile.spent", "gte", "1000.50"), "People in shop whose spent is at least 1,000.5 €"),
        (cmp("profile.last_ip", "eq", "192.0.2.7"), "People in shop whose last IP is 192.0.2.7"),
        (
            rows("orders", where=cmp("order.total", "gt", 5), within={"from": "2026-01-01", "to": "2026-02-01"}),
            "People in shop with at least one order from 1 Jan 2026 before 1 Feb 2026 where total is more than 5 €",
        ),
        (cmp("profile.vip", "eq", True), "People in shop whose VIP is yes"),
        (cmp("profile.status", "eq", "subscribed"), "People in shop whose status is Subscribed"),
        (cmp("profile.birth_date", "before", "-P60D"), "People in shop whose birthday is more than 60 days ago"),
        (cmp("profile.birth_date", "after", "-P1M"), "People in shop whose birthday is less than 1 month ago"),
        (
            cmp("profile.birth_date", "after", "P1Y6M"),
            "People in shop whose birthday is more than 1 year and 6 months ahead",
        ),
        (
            cmp("profile.birth_date", "between", ["2026-01-01", "2026-03-31"]),
            "People in shop whose birthday is between 1 Jan 2026 and 31 Mar 2026",
        ),
        (
            rows("orders", take={"latest": 5}, within={"last": "P90D"}, where=cmp("order.total", "gt", 5)),
            "People in shop with at least one of the latest 5 orders in the last 90 days where total is more than 5 €",
        ),
        (
            rows("orders", take={"nth": 22, "among": cmp("order.total", "gt", 5)}),
            "People in shop with a 22nd order (among those where total is more than 5 €)",
        ),
        (no(rows("orders", take={"first": 3})), "People in shop with none of the first 3 orders"),
        (
            no(rows("orders", take={"latest": 1}, where=cmp("order.note", "eq", "x"))),
            "People in shop with no latest order where note is x",
        ),
        (
            rows("orders", take={"first": 11}, count={"op": "ne", "value": 2}),
            "People in shop with a number other than 2 of the first 11 orders",
        ),
        (
            rows(
                "orders", within={"since": {"event": "message.opened", "where": cmp("event.at", "after", "2026-01-01")}}
            ),
            "People in shop with at least one order since the last opened message (where time is after 1 Jan 2026)",
        ),
        (rows("orders", within={"calendar": "day", "offset": 1}), "People in shop with at least one order tomorrow"),
        (rows("orders", within={"calendar": "year"}), "People in shop with at least one order this year"),
        (
            rows("orders", within={"calendar": "week", "offset": -3}, count={"value": 2, "distinct": "note"}),
            "People in shop with at least 2 different values of note in orders in the week 3 weeks ago",
        ),
        (
            rows(
                "orders",
                within={"calendar": "quarter"},
                measure={
                    "fn": "sum",
                    "of": "total",
                    "op": "gt",
                    "value": {"figure": {"link": "orders", "fn": "sum", "of": "total", "take": {"first": 2}}},
                },
            ),
            "People in shop with at least one order this quarter and the sum of total is more than the sum of total in "
            "the first 2 orders",
        ),
        (
            rows("orders", count={"op": "lt", "value": {"figure": {"event": "order.created"}}}),
            "People in shop with a number of orders less than the number of orders",
        ),
        (
            rows("orders", measure={"fn": "gap_avg", "of": "created_at", "op": "lt", "value": 30}),
            "People in shop with at least one order and the average time from one created to the next is less than 30 "
            "days",
        ),
        (
            rows("orders", measure={"fn": "first", "of": "created_at", "op": "before", "value": "-P60D"}),
            "People in shop with at least one order and the first created is more than 60 days ago",
        ),
        ({**member(3), "state": "ever"}, "People in shop ever in the segment Gold"),
        (no({**member(3), "state": "ever"}), "People in shop never in the segment Gold"),
        ({**member(3), "state": "left"}, "People in shop no longer in the segment Gold"),
        (
            {**member(3), "count": {"value": 2}, "within": {"last": "P30D"}},
            "People in shop in the segment Gold, who entered it at least 2 times in the last 30 days",
        ),
        (
            {**member(3), "state": "ever", "count": {"value": 2}},
            "People in shop who entered the segment Gold at least 2 times",
        ),
        (
            {**member(3), "state": "left", "within": {"last": "P30D"}},
            "People in shop no longer in the segment Gold, who left it at least one time in the last 30 days",
        ),
        (no({"kind": "member", "of": {"global_control": True}}), "People in shop not in the global control group"),
        (
            {"kind": "member", "of": {"campaign": 7, "group": "control"}},
            "People in shop in the control group of the campaign Spring",
        ),
        (member(3), "People in shop in the segment Gold"),
        (no(member(3)), "People in shop not in the segment Gold"),
        (no(happened("message.opened")), "People in shop with no opened message"),
        (happened("message.opened", count={"op": "lte", "value": 0}), "People in shop with no opened message"),
        (
            rows("orders", count={"value": 6}, within={"last": "P365D"}),
            "People in shop with at least 6 orders in the last 365 days",
        ),
        (
            happened(
                "order.created",
                where=cmp("event.total", "gt", 5),
                measure={"fn": "sum", "of": "total", "op": "gte", "value": 100},
            ),
            "People in shop with at least one order where total is more than 5 € "
            "and the sum of total is at least 100 €",
        ),
        (
            rows("orders", measure={"fn": "max", "of": "created_at", "op": "before", "value": "-P60D"}),
            "People in shop with at least one order and the latest created is more than 60 days ago",
        ),
    ],
)
def test_sentences(node: dict[str, Any], text: str) -> None:
    assert sentence(checked(node), "shop").text == text


def test_include_and_exclude_with_spans() -> None:
    node = both(
        rows("orders", count={"value": 6}),
        either(cmp("profile.city", "eq", "Oslo"), member(3)),
        no(either(cmp("profile.age", "lt", 18), cmp("profile.tags", "any_of", ["staff", "test"]))),
    )
    said = sentence(checked(node), "shop")
    assert said.text == (
        "People in shop with at least 6 orders, and (whose city is Oslo or in the segment Gold); "
        "without those whose age is less than 18 or whose tags has staff or test"
    )
    spans = {span.path: said.text[span.start : span.end] for span in said.spans}
    assert spans["/of/0"] == "with at least 6 orders"
    assert spans["/of/1/of/1"] == "in the segment Gold"
    assert spans["/of/2/of/of/0"] == "whose age is less than 18"
    assert next(span.path for span in said.spans) == ""


@pytest.mark.parametrize("key", sorted(OPERATORS))
def test_every_operator_speaks(key: str) -> None:
    operator = OPERATORS[key]
    assert "{field}" in operator.sentence
    assert ("{value}" in operator.sentence) is (operator.shape != "none")
    assert operator.label


def test_the_vocabulary_as_the_editor_gets_it() -> None:
    info = describe(SHOP)
    plain = msgspec.json.decode(msgspec.json.encode(info))
    fields = {f["name"]: f for f in plain["fields"]}
    assert fields["profile.age"]["operators"][:2] == ["eq", "ne"]
    assert fields["profile.status"]["options"][0] == {"value": "subscribed", "label": "Subscribed"}
    assert fields["now.weekday"]["type"] == "enum"
    events = {e["name"]: e for e in plain["events"]}
    assert events["custom.quiz"]["open"]
    assert [p["name"] for p in events["order.created"]["properties"]] == ["event.total", "event.at", "event.id"]
    links = {(link["of"], link["name"]): link for link in plain["links"]}
    assert ("line", "product") not in links
    assert [f["name"] for f in links["profile", "orders.lines"]["fields"]][-2:] == ["product.brand", "product.category"]
    assert links["profile", "orders"]["time"] == "order.created_at"
    assert {o["key"] for o in plain["operators"]} == set(OPERATORS)
    assert "any" not in {t["key"] for t in plain["types"]}
    assert plain["measures"][0]["operators"]["integer"][0] == "eq"
    assert plain["categories"] == ["Profile", "Orders and products"]
    assert not any("sql" in str(field) and field.get("sql") for field in plain["fields"])
