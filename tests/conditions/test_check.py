from __future__ import annotations

from typing import Any

import pytest

from fidelia.conditions import SegmentRef, check, decode
from fidelia.kernel.errors import Problem

from .shop import SHOP, both, checked, cmp, either, happened, member, no, rows

CITY = cmp("profile.city", "eq", "Oslo")


def errors(node: dict[str, Any], **more: Any) -> dict[str, str]:
    with pytest.raises(Problem) as refused:
        checked(node, **more)
    assert refused.value.status == 422
    return {e.pointer: e.message for e in refused.value.errors}


@pytest.mark.parametrize(
    ("node", "pointer", "words"),
    [
        (cmp("profile.cty", "eq", "x"), "/field", "did you mean profile.city?"),
        (cmp("event.total", "gt", 1), "/field", "no field event.total here"),
        (cmp("profile.city", "equals", "x"), "/op", "no operator equals"),
        (cmp("profile.age", "contains", "x"), "/op", "whole number"),
        (cmp("profile.age", "eq"), "/value", "needs a value"),
        (cmp("profile.age", "eq", None), "/value", "needs a value"),
        (cmp("profile.age", "eq", "x"), "/value", "number"),
        (cmp("profile.age", "eq", True), "/value", "number"),
        (cmp("profile.age", "eq", 2.5), "/value", "whole"),
        (cmp("profile.age", "eq", 2**63), "/value", "too large"),
        (cmp("profile.age", "in", [1, "x", 3]), "/value/1", "number"),
        (cmp("profile.age", "in", 1), "/value", "list"),
        (cmp("profile.age", "in", []), "/value", "1 to 100,000"),
        (cmp("profile.age", "between", [1]), "/value", "two values"),
        (cmp("profile.age", "between", [3, 1]), "/value", "greater"),
        (cmp("profile.score", "eq", 0.1 + 0.2), "/value", "more than 15 digits"),
        (cmp("profile.spent", "eq", "1e5"), "/value", "decimal text"),
        (cmp("profile.spent", "eq", "0." + "1" * 19), "/value", "decimal text"),
        (cmp("profile.spent", "eq", 10**14), "/value", "too large"),
        (cmp("profile.city", "eq", ""), "/value", "is_missing"),
        (cmp("profile.city", "eq", "a\x00b"), "/value", "NUL"),
        (cmp("profile.city", "eq", "x" * 1001), "/value", "1000"),
        (cmp("profile.city", "eq", 5), "/value", "text"),
        (cmp("profile.city", "matches", "("), "/value", "pattern cannot be read"),
        (cmp("profile.city", "matches", r"(?=x)"), "/value", "pattern cannot be read"),
        (cmp("profile.city", "is_missing", 1), "/value", "takes no value"),
        (cmp("profile.city", "eq", {"field": "profile.age"}), "/value/field", "cannot be compared by eq"),
        (cmp("profile.city", "in", {"list": 3}), "/value/list", "no list 3"),
        (cmp("profile.vip", "eq", 1), "/value", "true or false"),
        (cmp("profile.birth_date", "eq", "2026-02-30"), "/value", "no day"),
        (cmp("profile.birth_date", "before", "2026-02-01T00:00:00Z"), "/value", "date"),
        (cmp("profile.birth_date", "in_last", "PT5H"), "/value", "not with hours"),
        (cmp("profile.birth_date", "in_last", "-P5D"), "/value", "negative"),
        (cmp("profile.created_at", "gt", "yesterday"), "/value", "moment"),
        (cmp("profile.created_at", "in_next", 5), "/value", "duration"),
        (cmp("profile.status", "eq", "gone"), "/value", "subscribed, unsubscribed"),
        (cmp("profile.status", "in", ["subscribed", "gone"]), "/value/1", "no choice gone"),
        (cmp("profile.tags", "any_of", "x"), "/value", "list"),
        (cmp("profile.last_ip", "eq", "300.1.1.1"), "/value", "IP address"),
        (cmp("profile.last_ip", "in_subnet", "10.0.0.1/8"), "/value", "network"),
        (cmp("profile.extra", "eq", 1), "/op", "is_missing"),
        (cmp('profile.extra["a]', "eq", 1), "/field", "no field"),
        (cmp("profile.extra[a]", "eq", 1), "/field", "no field"),
        (cmp("profile.extra" + '["a"]' * 65, "eq", 1), "/field", "no field"),
        (cmp('profile.extra["a\\u0000"]', "eq", 1), "/field", "no field"),
        (cmp('profile.city["a"]', "eq", 1), "/field", "no field"),
        (cmp("now.time", "eq", "7:00"), "/value", "time of day"),
        (both(), "/of", "at least one rule"),
        (either(), "/of", "at least one rule"),
        (happened("order.creatd"), "/event", "did you mean order.created?"),
        (happened("order.created", within={}), "/within", "last, from or to"),
        (happened("order.created", within={"last": "P1D", "to": "2026-01-01"}), "/within", "either"),
        (happened("order.created", within={"last": "soon"}), "/within/last", "duration"),
        (happened("order.created", within={"from": "soon"}), "/within/from", "moment"),
        (happened("order.created", within={"from": "2026-01-02", "to": "2026-01-02"}), "/within/to", "later"),
        (happened("order.created", within={"last": "P1D", "by": "at"}), "/within/by", "leave by out"),
        (happened("order.created", count={"op": "contains"}), "/count/op", "counted by"),
        (happened("order.created", count={"value": -1}), "/count/value", "negative"),
        (happened("order.created", count={"value": 1.5}), "/count/value", "whole"),
        (happened("order.created", where=cmp("event.colour", "eq", "x")), "/where/field", "event.colour"),
        (
            happened("order.created", measure={"fn": "median", "of": "total", "op": "gte", "value": 1}),
            "/measure/fn",
            "sum",
        ),
        (
            happened("order.created", measure={"fn": "sum", "of": "totl", "op": "gte", "value": 1}),
            "/measure/of",
            "total?",
        ),
        (
            happened("order.created", measure={"fn": "sum", "of": "at", "op": "gte", "value": 1}),
            "/measure/of",
            "no sum",
        ),
        (
            happened("order.created", measure={"fn": "sum", "of": "total", "op": "starts_with", "value": 1}),
            "/measure/op",
            "gte",
        ),
        (happened("order.created", measure={"fn": "sum", "of": "total", "op": "is_missing"}), "/measure/op", "cannot"),
        (
            happened("order.created", measure={"fn": "sum", "of": "total", "op": "gte"}),
            "/measure/value",
            "needs a value",
        ),
        (
            happened("order.created", measure={"fn": "max", "of": "at", "op": "gte", "value": 3}),
            "/measure/value",
            "moment",
        ),
        (rows("order"), "/link", "did you mean orders?"),
        (rows("lines"), "/link", "no link lines here"),
        (rows("product"), "/link", "no link product here"),
        (rows("orders", within={"last": "P1D", "by": "total"}), "/within/by", "no day or moment"),
        (rows("orders.lines", within={"last": "P1D"}), "/within/by", "needs by"),
        (rows("orders", within={"last": "PT1H", "by": "day"}), "/within/last", "not with hours"),
        (rows("orders", measure={"fn": "avg", "of": "note", "op": "gte", "value": 1}), "/measure/of", "text"),
        (member(4), "/of/segment", "no segment 4"),
        ({"kind": "member", "of": {}}, "/of", "exactly one"),
        ({"kind": "member", "of": {"scenario": 1}}, "/of/scenario", "not available yet"),
        ({"kind": "member", "of": {"segment": 3}, "subject": "line.product"}, "/subject", "people"),
    ],
)
def test_each_error_has_its_pointer(node: dict[str, Any], pointer: str, words: str) -> None:
    found = errors(node)
    assert list(found) == [pointer]
    assert words in found[pointer]


def test_all_errors_come_at_once_below_the_given_pointer() -> None:
    node = both(cmp("profile.x", "eq", 1), CITY, no(either(cmp("profile.age", "gt", "x"), happened("y", where=CITY))))
    assert list(errors(node, pointer="/condition")) == [
        "/condition/of/0/field",
        "/condition/of/2/of/of/0/value",
        "/condition/of/2/of/of/1/event",
    ]


def test_rows_around_are_in_sight_but_not_rows_between() -> None:
    checked(rows("orders", where=rows("lines", where=both(cmp("order.total", "gt", 1), CITY))))
    between = rows("orders", where=rows("orders.lines", where=cmp("order.total", "gt", 1)))
    assert list(errors(between)) == ["/where/where/field"]


def test_an_open_event_takes_undeclared_properties_by_their_literal() -> None:
    checked(happened("custom.quiz", where=both(cmp("event.colour", "eq", "red"), cmp("event.level", "gt", 1.5))))
    found = errors(happened("custom.quiz", where=cmp("event.colour", "contains", 3)))
    assert "contains does not fit" in found["/where/op"]
    assert list(errors(happened("custom.quiz", where=cmp("event.a`b", "eq", 3)))) == ["/where/field"]


def test_references_are_collected() -> None:
    node = both(
        CITY,
        happened("order.created", where=cmp("event.total", "gt", 5)),
        rows(
            "orders.lines",
            where=cmp("product.brand", "eq", "x"),
            measure={"fn": "sum", "of": "price", "op": "gt", "value": 1},
        ),
        no(member(3)),
    )
    result = checked(node)
    assert result.references.fields == {"profile.city", "event.total", "product.brand", "line.price"}
    assert result.references.events == {"order.created"}
    assert result.references.links == {"orders.lines", "product"}
    assert result.references.segments == {3}
    assert result.segment_names == {3: "Gold"}
    assert not result.live


def test_live_conditions_take_no_history() -> None:
    assert checked(both(CITY, member(3), cmp("now.weekday", "eq", "Monday")), live_only=True).live
    found = errors(both(CITY, happened("order.created"), rows("orders")), live_only=True)
    assert list(found) == ["/of/1/event", "/of/2/link"]
    assert "history" in found["/of/1/event"]


def test_options_are_spelt_as_declared() -> None:
    assert checked(cmp("profile.status", "eq", "SUBSCRIBED")).root.literal == "subscribed"  # type: ignore[union-attr]


def deep(levels: int) -> dict[str, Any]:
    node = CITY
    for _ in range(levels - 1):
        node = no(node)
    return node


def test_depth_and_size_have_limits() -> None:
    checked(deep(64))
    assert "64 levels" in next(iter(errors(deep(65)).values()))
    checked(either(*[CITY] * 999))
    assert "1,000 nodes" in next(iter(errors(either(*[CITY] * 1000)).values()))


def test_a_segment_cannot_lead_back_to_itself() -> None:
    conditions = {1: member(2), 2: both(CITY, member(5)), 5: happened("order.created", where=member(1)), 7: member(7)}

    def lookup(id_: int) -> SegmentRef | None:
        if id_ not in conditions:
            return SegmentRef(id_, "static") if id_ == 9 else None
        return SegmentRef(id_, f"S{id_}", decode(conditions[id_]))

    def save(id_: int | None, node: dict[str, Any]) -> list[str]:
        try:
            check(decode(node), SHOP, segments=lookup, own=id_)
        except Problem as problem:
            return [e.message for e in problem.errors]
        return []

    assert save(1, member(2)) == ["A segment cannot lead back to itself: S2 → S5 → S1"]
    assert save(8, member(8))[0].startswith("There is no segment 8")
    assert save(7, member(7)) == ["A segment cannot lead back to itself: S7"]
    assert save(None, member(7)) == ["A segment cannot lead back to itself: S7 → S7"]
    assert save(10, both(member(9), CITY)) == []
    wide = {i: either(*(member(j) for j in range(i + 1, min(i + 6, 60)))) if i < 59 else CITY for i in range(20, 60)}
    conditions.update(wide)
    assert save(10, member(20)) == []  # many ways to the same place are no circle, and are walked once


def test_without_a_lookup_no_segment_may_be_named() -> None:
    with pytest.raises(Problem):
        check(decode(member(3)), SHOP)


def test_a_subject_nobody_declared_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="basket"):
        check(decode(CITY), SHOP, subject="basket")


def test_conditions_on_products_see_products_only() -> None:
    check(decode(cmp("product.category", "under", "Food")), SHOP, subject="product")
    with pytest.raises(Problem):
        check(decode(CITY), SHOP, subject="product")
    with pytest.raises(Problem, match="Only profiles have events"):
        check(decode(happened("order.created")), SHOP, subject="product")
