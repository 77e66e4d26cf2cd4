"""Choices of rows, windows, distinct values, figures and membership: what they mean, edge by edge."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from fidelia.conditions import Event, Facts, MissingFact, Row, evaluate, explain
from fidelia.conditions.memberships import control_number

from .shop import checked, cmp, happened, member, rows

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
OSLO = "Europe/Oslo"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def order(id_: int, moment: str | None, total: str | None = "10", **more: Any) -> Row:
    fields = {"created_at": None if moment is None else at(moment), "total": None if total is None else Decimal(total)}
    return Row(id=id_, fields={**fields, **more}, links={"lines": []})


def holds(
    node: dict[str, Any],
    orders: list[Row] | None = None,
    events: list[Event] | None = None,
    now: datetime = NOW,
    tz: str = OSLO,
    **more: Any,
) -> bool:
    facts = Facts(links={"orders": orders or []}, events=events or [], **more)
    return evaluate(checked(node), facts, now, tz)


def taken(orders: list[Row], **node: Any) -> list[int]:
    """Which orders a rule looks at, in the order of time."""
    return [o.id for o in orders if holds(rows("orders", **node, where=cmp("order.note", "eq", str(o.id))), orders)]


ORDERS = [
    order(3, "2026-11-01T10:00:00", note="3"),
    order(1, "2026-11-03T10:00:00", note="1"),
    order(2, "2026-11-03T10:00:00", note="2"),  # at the same moment as 1
    order(4, None, note="4"),  # at no time
    order(5, "2026-11-02T10:00:00", note="5", total=None),
]


@pytest.mark.parametrize(
    ("take", "ids"),
    [
        ({"latest": 1}, [2]),  # of two at one moment the greater id is the later
        ({"latest": 2}, [1, 2]),
        ({"first": 1}, [3]),
        ({"first": 3}, [3, 1, 5]),
        ({"nth": 1}, [3]),
        ({"nth": 3}, [1]),
        ({"nth": 4}, [2]),
        ({"nth": 5}, []),  # one of the five has no time
        ({"latest": 10_000}, [3, 1, 2, 5]),
        ({"first": 1, "among": cmp("order.total", "is_missing")}, [5]),
        ({"latest": 2, "among": cmp("order.total", "is_present")}, [1, 2]),
    ],
)
def test_rows_are_taken_by_time_then_id(take: dict[str, Any], ids: list[int]) -> None:
    assert taken(ORDERS, take=take) == ids
    assert taken(ORDERS[::-1], take=take) == [o.id for o in ORDERS[::-1] if o.id in ids]


def test_rows_are_taken_within_the_window_and_before_where() -> None:
    window = {"to": "2026-11-03"}
    assert taken(ORDERS, within=window, take={"latest": 1}) == [5]
    latest = rows("orders", take={"latest": 1}, where=cmp("order.note", "eq", "1"))
    assert not holds(latest, ORDERS)  # the latest is 2, and where takes nothing back
    assert holds({**latest, "count": {"op": "eq", "value": 0}}, ORDERS)
    assert holds({**latest, "count": {"op": "eq", "value": 0}}, [])


def test_another_day_may_order_rows() -> None:
    orders = [order(1, "2026-11-02T10:00:00", day=date(2026, 1, 1), note="1"),
              order(2, "2026-11-01T10:00:00", day=date(2026, 2, 1), note="2")]  # fmt: skip
    assert taken(orders, take={"latest": 1}) == [1]
    assert taken(orders, take={"latest": 1, "by": "day"}) == [2]
    assert taken(orders, take={"latest": 1}, within={"to": "2026-12-01", "by": "day"}) == [2]


@pytest.mark.parametrize(
    ("calendar", "offset", "first", "end"),
    [
        ("day", 0, "2026-03-28T23:00:00", "2026-03-29T22:00:00"),  # Oslo loses an hour on that day
        ("day", -1, "2026-03-27T23:00:00", "2026-03-28T23:00:00"),
        ("week", 0, "2026-03-22T23:00:00", "2026-03-29T22:00:00"),  # a Sunday belongs to the week before
        ("month", 0, "2026-02-28T23:00:00", "2026-03-31T22:00:00"),
        ("quarter", 0, "2025-12-31T23:00:00", "2026-03-31T22:00:00"),
        ("quarter", 1, "2026-03-31T22:00:00", "2026-06-30T22:00:00"),
        ("year", -1, "2024-12-31T23:00:00", "2025-12-31T23:00:00"),
    ],
)
def test_calendar_windows_begin_and_end_with_local_days(calendar: str, offset: int, first: str, end: str) -> None:
    node = rows("orders", within={"calendar": calendar, "offset": offset})
    now = at("2026-03-29T12:00:00")
    tick = timedelta(milliseconds=1)
    for moment, inside in ((at(first), True), (at(first) - tick, False), (at(end) - tick, True), (at(end), False)):
        assert holds(node, [Row(id=1, fields={"created_at": moment})], now=now) is inside, moment


def test_february_in_calendar_windows() -> None:
    node = rows("orders", within={"calendar": "month", "offset": -1, "by": "day"})
    for now, last in ((at("2028-03-31T12:00:00"), date(2028, 2, 29)), (at("2026-03-31T12:00:00"), date(2026, 2, 28))):
        assert holds(node, [order(1, None, day=last)], now=now)
        assert not holds(node, [order(1, None, day=last + timedelta(days=1))], now=now)
    far = rows("orders", within={"calendar": "year", "offset": -1000})
    assert not holds(far, ORDERS)


def opened(moment: str, **properties: Any) -> Event:
    return Event(type="message.opened", at=at(moment), id=moment, properties=properties)


def test_since_is_after_the_moment_and_up_to_now() -> None:
    events = [opened("2026-11-01T00:00:00"), opened("2026-11-03T10:00:00")]
    last, first = ({"since": {"event": "message.opened", "which": which}} for which in ("last", "first"))
    assert taken(ORDERS, within=last) == []  # without any event there is no window
    for window, orders, inside in (
        (last, [order(1, "2026-11-03T10:00:00")], False),
        (last, [order(1, "2026-11-03T10:00:00.001")], True),
        (first, [order(1, "2026-11-03T10:00:00")], True),
        (last, [order(1, "2026-11-21T12:00:00")], True),
        (last, [order(1, "2026-11-21T12:00:01")], False),
        (last, [order(1, None)], False),
    ):
        assert holds(rows("orders", within=window), orders, events) is inside, (window, orders)
    narrowed = {"since": {"event": "message.opened", "where": cmp("event.at", "lt", "2026-11-03")}}
    assert holds(rows("orders", within=narrowed), [order(1, "2026-11-03T10:00:00")], events)
    nobody = {"since": {"event": "custom.quiz"}}
    assert holds(rows("orders", within=nobody, count={"op": "lte", "value": 0}), ORDERS, events)


def test_since_needs_the_history() -> None:
    node = rows("orders", within={"since": {"event": "message.opened"}})
    with pytest.raises(MissingFact, match="history"):
        evaluate(checked(node), Facts(links={"orders": []}), NOW, OSLO)


def test_distinct_values_ignore_case_and_rows_without() -> None:
    orders = [order(n, None, note=note) for n, note in enumerate(["A", "a", "ΑΣ", "ας", None, ""])]
    for op, value, yes in (("eq", 3, True), ("gte", 4, False)):
        assert holds(rows("orders", count={"op": op, "value": value, "distinct": "note"}), orders) is yes
    none = {"op": "eq", "value": 0, "distinct": "note"}
    assert holds(rows("orders", count=none), [order(1, None)])
    assert holds(rows("orders", count=none), [])
    different = {"fn": "count_distinct", "of": "note", "op": "lte", "value": 9}
    assert holds(rows("orders", measure=different), orders)
    assert not holds(rows("orders", measure=different), [order(1, None)])  # a measure of nothing is false


def measure(fn: str, of: str, op: str, value: Any) -> dict[str, Any]:
    return rows("orders", measure={"fn": fn, "of": of, "op": op, "value": value})


def test_first_and_last_are_of_the_rows_that_have_the_value_and_a_time() -> None:
    assert holds(measure("last", "note", "eq", "2"), ORDERS)
    assert holds(measure("first", "note", "in", ["3", "x"]), ORDERS)
    assert holds(measure("last", "total", "eq", "7"), [*ORDERS, order(9, "2026-11-04T00:00:00", "7"), order(8, None)])
    latest_without = [*ORDERS, order(9, "2026-11-04T00:00:00", None)]
    assert holds(measure("last", "total", "eq", 10), latest_without)
    assert not holds(measure("last", "note", "ne", "x"), [order(4, None, note="4")])
    assert holds(measure("last", "note", "matches", "^(?i)AB$"), [order(1, "2026-11-04T00:00:00", note="aB")])


def test_gaps_are_days_of_24_hours_cut_after_eight_places() -> None:
    three = [order(n, moment) for n, moment in enumerate(("2026-03-28T00:00:00", "2026-03-29T00:00:00", "2026-04-01"))]
    assert holds(measure("gap_avg", "created_at", "eq", 2), three)
    assert not holds(measure("gap_avg", "created_at", "lte", 10_000), three[:1])
    same = [order(1, "2026-11-01T00:00:00"), order(2, "2026-11-01T00:00:00")]
    assert holds(measure("gap_avg", "created_at", "eq", 0), same)
    uneven = [order(1, "2026-11-01T00:00:00"), *same, order(3, "2026-11-01T00:00:01")]
    (verdict,) = explain(checked(measure("gap_avg", "created_at", "gt", 0)), Facts(links={"orders": uneven}), NOW, OSLO)
    assert verdict.seen == {"count": 4, "gap_avg": Decimal("0.00000385")}  # 1/86400/3 = 0.000003858…
    days = [order(n, None, day=day) for n, day in enumerate((date(2024, 2, 28), date(2024, 3, 1)))]
    assert holds(measure("gap_avg", "day", "eq", 2), days)


def than(op: str, **figure: Any) -> dict[str, Any]:
    return {"op": op, "value": {"figure": figure}}


def test_figures_are_compared_with_figures() -> None:
    before = {"link": "orders", "within": {"to": "2026-11-03"}, "fn": "sum", "of": "total"}
    after = {"within": {"from": "2026-11-03"}}
    more = rows("orders", **after, measure={"fn": "sum", "of": "total", **than("gt", **before)})
    assert holds(more, ORDERS)  # 20 against 10
    assert holds(more, ORDERS[1:3])  # nothing before counts as nought
    assert not holds(more, ORDERS[:1])  # nothing after has no sum
    assert not holds({**more, "measure": {**more["measure"], "op": "lte"}}, ORDERS[:1])
    average = {**before, "fn": "avg"}
    assert not holds(rows("orders", measure={"fn": "avg", "of": "total", **than("gte", **average)}), ORDERS[1:3])
    fewer = rows("orders", **after, count=than("lt", link="orders", within={"to": "2026-11-03"}))
    assert not holds(fewer, ORDERS)
    assert holds(fewer, ORDERS[:1])  # none against one
    assert not holds(fewer, [])
    latest = {"fn": "max", "of": "created_at", **than("gt", event="message.opened", fn="max", of="at")}
    assert holds(rows("orders", measure=latest), ORDERS, [opened("2026-11-03T09:59:59")])
    assert not holds(rows("orders", measure=latest), ORDERS, [opened("2026-11-03T10:00:00")])
    assert not holds(rows("orders", measure=latest), ORDERS)  # who never opened anything has no such moment
    for node in (more, fewer):
        assert "than" in explain(checked(node), Facts(links={"orders": ORDERS}, events=[]), NOW, OSLO)[0].seen


def entry(kind: str, moment: str, segment: int = 3) -> Event:
    return Event(type=f"segment.{kind}", at=at(moment), id=moment, properties={"segment": segment})


@pytest.mark.parametrize(("now", "ever"), [(True, True), (False, True), (False, False)])
def test_membership_now_ever_and_left(now: bool, ever: bool) -> None:
    own = member(3)
    known: dict[str, Any] = {"segments": {3: now}, "ever": {3: ever}}
    assert holds(own, **known) is now
    assert holds({**own, "state": "ever"}, **known) is (now or ever)
    assert holds({**own, "state": "left"}, **known) is (ever and not now)


def test_entries_and_exits_are_counted_in_the_window() -> None:
    own = member(3)
    events = [
        entry("entered", "2026-10-01T00:00:00"),
        entry("left", "2026-10-02T00:00:00"),
        entry("entered", "2026-11-01T00:00:00"),
        entry("entered", "2026-11-02T00:00:00", segment=4),
    ]
    twice, month = {"count": {"op": "eq", "value": 2}}, {"within": {"last": "P30D"}}
    for node, inside in (
        ({**own, **twice}, True),
        ({**own, **month, "count": {"op": "eq", "value": 1}}, True),
        ({**own, **month, **twice}, False),
        ({**own, "state": "ever", **twice}, True),
        ({**own, "state": "left", **month}, False),
        ({**own, "count": {"op": "eq", "value": 0}}, False),
    ):
        assert holds(node, events=events, segments={3: True}, ever={3: True}) is inside, node
    gone: dict[str, Any] = {"events": events, "segments": {3: False}, "ever": {3: True}}
    assert holds({**own, "state": "left", "count": {"op": "eq", "value": 1}}, **gone)
    assert not holds({**own, "state": "left", **month}, **gone)
    assert holds({**own, "state": "ever", **twice}, **gone)
    assert not holds({**own, **twice}, **gone)


def test_what_was_not_loaded_is_told() -> None:
    with pytest.raises(MissingFact, match="ever"):
        holds({**member(3), "state": "ever"}, segments={3: False})
    with pytest.raises(MissingFact):
        holds({"kind": "member", "of": {"global_control": True}})
    assert holds({"kind": "member", "of": {"global_control": True}}, segments={control_number(1): True})


def test_verdicts_speak_of_a_membership_once() -> None:
    node = {**member(3), "state": "left", "count": {"value": 1}}
    facts = Facts(segments={3: False}, ever={3: True}, events=[entry("left", "2026-10-02T00:00:00")])
    (verdict,) = explain(checked(node), facts, NOW, OSLO)
    assert (verdict.path, verdict.holds, verdict.seen) == ("", True, {"count": 1})


def test_events_are_taken_by_time_then_id() -> None:
    events = [
        Event(type="order.created", at=at("2026-11-01T00:00:00"), id=id_, properties={"total": total})
        for id_, total in (("b", 1), ("a", 2), ("B", 3))
    ]
    for take, total in (({"latest": 1}, 1), ({"first": 1}, 3), ({"nth": 2}, 2)):
        node = happened("order.created", take=take, where=cmp("event.total", "eq", total))
        assert holds(node, events=events), take
