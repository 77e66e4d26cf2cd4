"""Choices of rows, windows, distinct values, figures and membership: what is refused, with its pointer."""

from __future__ import annotations

from typing import Any

import pytest

from fidelia.conditions.memberships import BASES, RESERVED, MembershipKind, control_number

from .shop import both, checked, cmp, happened, member, no, rows
from .test_check import errors

LATEST = {"latest": 5}
SPENT = {"fn": "sum", "of": "total", "op": "gt"}


def than(**figure: Any) -> dict[str, Any]:
    return {"figure": figure}


def entry(**more: Any) -> dict[str, Any]:
    return {**member(3), **more}


@pytest.mark.parametrize(
    ("node", "pointer", "words"),
    [
        (rows("orders", take={}), "/take", "latest, first, nth"),
        (rows("orders", take={"latest": 1, "nth": 2}), "/take", "one of these"),
        (rows("orders", take={"nth": 0}), "/take/nth", "from 1 to 10,000"),
        (rows("orders", take={"first": 10_001}), "/take/first", "from 1 to 10,000"),
        (rows("orders", take={"latest": 1, "among": cmp("order.nope", "eq", 1)}), "/take/among/field", "no field"),
        (rows("orders", take={"latest": 1, "by": "total"}), "/take/by", "no day or moment"),
        (rows("orders.lines", take=LATEST), "/take", "needs by"),
        (happened("order.created", take={"latest": 1, "by": "at"}), "/take/by", "leave by out"),
        (rows("orders", within={}), "/within", "needs last"),
        (rows("orders", within={"last": "P1D", "calendar": "day"}), "/within", "either"),
        (rows("orders", within={"from": "2026-01-01", "since": {"event": "order.created"}}), "/within", "either"),
        (rows("orders", within={"last": "P1D", "offset": 1}), "/within/offset", "calendar only"),
        (rows("orders", within={"calendar": "day", "offset": 1001}), "/within/offset", "1,000"),
        (rows("orders", within={"since": {"event": "order.made"}}), "/within/since/event", "no event order.made"),
        (rows("orders", within={"since": {"event": "order.created"}, "by": "day"}), "/within/since", "needs a moment"),
        (
            rows("orders", within={"since": {"event": "order.created", "where": cmp("event.x", "eq", 1)}}),
            "/within/since/where/field",
            "no field",
        ),
        (rows("orders", count={"distinct": "not"}), "/count/distinct", "did you mean note?"),
        (happened("custom.quiz", count={"distinct": "colour"}), "/count/distinct", "not declared"),
        (rows("orders", measure={**SPENT, "fn": "median", "value": 1}), "/measure/fn", "gap_avg"),
        (rows("orders", measure={**SPENT, "fn": "gap_avg", "value": 1}), "/measure/of", "no gap_avg"),
        (rows("orders.lines", measure={**SPENT, "of": "price", "fn": "last", "value": 1}), "/measure/fn", "needs by"),
        (
            rows("orders", measure={"fn": "last", "of": "note", "op": "gt", "value": "x"}),
            "/measure/op",
            "gt does not fit",
        ),
        (
            rows("orders", measure={**SPENT, "op": "between", "value": than(link="orders", fn="sum", of="total")}),
            "/measure/op",
            "compared by",
        ),
        (rows("orders", measure={**SPENT, "value": than()}), "/measure/value/figure", "either an event or a link"),
        (
            rows("orders", measure={**SPENT, "value": than(link="order")}),
            "/measure/value/figure/link",
            "did you mean orders?",
        ),
        (
            rows("orders", measure={**SPENT, "value": than(link="orders", fn="sum")}),
            "/measure/value/figure/of",
            "needs of",
        ),
        (
            rows("orders", measure={**SPENT, "value": than(link="orders", of="total")}),
            "/measure/value/figure/of",
            "leave of out",
        ),
        (
            rows("orders", measure={**SPENT, "value": than(link="orders", fn="top", of="total")}),
            "/measure/value/figure/fn",
            "count, sum",
        ),
        (
            rows("orders", measure={**SPENT, "value": than(link="orders", fn="max", of="created_at")}),
            "/measure/value/figure",
            "cannot be compared with a moment",
        ),
        (
            rows(
                "orders",
                measure={"fn": "last", "of": "note", "op": "eq", "value": than(link="orders", fn="last", of="note")},
            ),
            "/measure/value/figure",
            "cannot be compared with a figure",
        ),
        (
            rows("orders", count={"value": than(link="orders", where=cmp("order.totl", "gt", 1))}),
            "/count/value/figure/where/field",
            "did you mean order.total?",
        ),
        (
            rows("orders", where=rows("lines", count={"value": than(event="order.created")})),
            "/where/count/value/figure",
            "reached from where",
        ),
        (
            rows("orders", where=rows("lines", within={"since": {"event": "order.created"}})),
            "/where/within/by",
            "needs by",
        ),
        ({"kind": "member", "of": {"segment": 3, "campaign": 7}}, "/of", "exactly one"),
        ({"kind": "member", "of": {"segment": 3, "group": "test"}}, "/of/group", "no groups"),
        ({"kind": "member", "of": {"campaign": 8}}, "/of/campaign", "no campaign 8"),
        ({"kind": "member", "of": {"campaign": 7}, "count": {"value": 2}}, "/count", "not recorded"),
        ({"kind": "member", "of": {"global_control": False}}, "/of/global_control", "use not"),
        ({"kind": "member", "of": {"global_control": True, "group": "any"}}, "/of/group", "it has none"),
        ({"kind": "member", "of": {"global_control": True}, "state": "ever"}, "/state", "only the present"),
        ({"kind": "member", "of": {"program": 1}}, "/of/program", "not available yet"),
        ({"kind": "member", "of": {"segment": 5}, "state": "ever"}, "/state", "keeps no list"),
        ({"kind": "member", "of": {"segment": 5}, "within": {"last": "P1D"}}, "/within", "keeps no list"),
        (entry(count={"op": "any"}), "/count/op", "counted by"),
        (entry(within={"last": "P1D", "by": "at"}), "/within/by", "leave by out"),
    ],
)
def test_each_error_has_its_pointer(node: dict[str, Any], pointer: str, words: str) -> None:
    found = errors(node)
    assert list(found) == [pointer]
    assert words in found[pointer]
    assert next(iter(errors(both(no(node))))) == f"/of/0/of{pointer}"


def test_references_of_what_rows_are_chosen_by() -> None:
    node = both(
        rows(
            "orders",
            within={"since": {"event": "message.opened", "where": member(3)}},
            take={"latest": 1, "among": cmp("order.total", "gt", 1)},
            count={"value": than(event="custom.quiz")},
        ),
        {"kind": "member", "of": {"global_control": True}},
        {"kind": "member", "of": {"campaign": 7, "group": "control"}, "state": "ever"},
        entry(state="left"),
        entry(count={"value": 2}),
    )
    found = checked(node).references
    assert found.events == {"message.opened", "custom.quiz", "segment.entered"}
    assert found.segments == {3}
    assert found.groups == {control_number(1), BASES["campaign"] + 28 + 2}
    assert found.ever == {3, BASES["campaign"] + 28 + 2}
    assert min(found.groups) >= RESERVED


def test_history_is_refused_where_only_live_facts_are_at_hand() -> None:
    assert checked(entry(state="ever"), live_only=True).live
    found = errors(both(entry(within={"last": "P1D"}), {"kind": "member", "of": {"segment": 3}}), live_only=True)
    assert list(found) == ["/of/0/within"]
    assert not checked(entry(count={"value": 2})).live


def test_numbers_of_bitmaps_keep_to_their_range() -> None:
    kind = MembershipKind(key="campaign", label="Campaign", base=BASES["campaign"], step=4)
    assert kind.number(7, None) == BASES["campaign"] + 28
    with pytest.raises(ValueError, match="too large"):
        kind.number(1 << 25, None)
    with pytest.raises(ValueError, match="no id"):
        control_number(0)
