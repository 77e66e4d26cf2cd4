from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from fidelia.conditions import Event, Facts, MissingFact, Row, evaluate, explain

from .shop import both, checked, cmp, either, happened, member, no, rows

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
OSLO = "Europe/Oslo"


def holds(node: dict[str, Any], facts: Facts | None = None, now: datetime = NOW, tz: str = OSLO, **fields: Any) -> bool:
    return evaluate(checked(node), facts or Facts(fields=fields), now, tz)


@pytest.mark.parametrize("op", ["eq", "ne"])
@pytest.mark.parametrize("wrong", [None, 5, True, ["Oslo"], {"a": 1}])
def test_a_missing_value_or_one_of_another_type_compares_false(op: str, wrong: Any) -> None:
    assert not holds(cmp("profile.city", op, "Oslo"), city=wrong)
    assert holds(no(cmp("profile.city", op, "Oslo")), city=wrong)
    assert holds(cmp("profile.city", "is_missing"), city=wrong)
    assert not holds(cmp("profile.city", "is_present"), city=wrong)


def test_an_empty_text_is_a_value_and_no_tags_are_none() -> None:
    assert holds(cmp("profile.city", "is_present"), city="")
    assert holds(cmp("profile.city", "ne", "Oslo"), city="")
    assert holds(cmp("profile.tags", "is_missing"), tags=[])
    assert not holds(cmp("profile.tags", "none_of", ["a"]), tags=[])


def test_numbers_compare_as_exact_decimals() -> None:
    assert holds(cmp("profile.spent", "eq", "0.3"), spent=Decimal("0.1") + Decimal("0.2"))
    assert not holds(cmp("profile.spent", "eq", 0.30001), spent=Decimal("0.3"))
    assert not holds(cmp("profile.spent", "eq", "0.00005"), spent=Decimal("0.0001"))
    assert holds(cmp("profile.spent", "gt", "0.00005"), spent=Decimal("0.0001"))
    assert not holds(cmp("profile.spent", "gt", "0.00005"), spent=Decimal("0.0000"))
    assert holds(cmp("profile.age", "eq", 2**53 + 1), age=2**53 + 1)
    assert not holds(cmp("profile.age", "eq", 2**53 + 1), age=2**53)
    assert holds(cmp("profile.score", "eq", 0.1), score=0.1)
    assert holds(cmp("profile.score", "eq", "0.30000000000000004"), score=0.1 + 0.2)


@pytest.mark.parametrize(
    ("stored", "asked", "same"),
    [("OSLO", "oslo", True), ("ΑΣ", "ας", True), ("İ", "i̇", True), ("STRASSE", "straße", False), ("K", "k", True)],
)
def test_text_compares_by_unicode_lower_case(stored: str, asked: str, same: bool) -> None:
    assert holds(cmp("profile.city", "eq", asked), city=stored) is same
    assert not holds(cmp("profile.city", "eq", asked, case=True), city=stored)


def test_a_day_on_a_moment_is_that_whole_day_in_the_zone() -> None:
    first, last = datetime(2026, 11, 19, 23, 0, tzinfo=UTC), datetime(2026, 11, 20, 22, 59, 59, 999999, tzinfo=UTC)
    for at, inside in ((first, True), (last, True), (first - timedelta(milliseconds=1), False)):
        assert holds(cmp("profile.created_at", "eq", "2026-11-20"), created_at=at) is inside
        assert holds(cmp("profile.created_at", "ne", "2026-11-20"), created_at=at) is not inside
    assert holds(cmp("profile.created_at", "before", "2026-11-20"), created_at=first - timedelta(milliseconds=1))
    assert not holds(cmp("profile.created_at", "after", "2026-11-20"), created_at=last)
    assert holds(cmp("profile.created_at", "lte", "2026-11-20"), created_at=last)


def test_relative_days_include_today() -> None:
    node = cmp("profile.birth_date", "in_last", "P7D")
    days = {day: holds(node, birth_date=date(2026, 11, day)) for day in (13, 14, 21, 22)}
    assert days == {13: False, 14: True, 21: True, 22: False}
    node = cmp("profile.birth_date", "in_next", "P1D")
    assert [holds(node, birth_date=date(2026, 11, day)) for day in (20, 21, 22, 23)] == [False, True, True, False]


def test_before_and_after_take_a_distance_from_today() -> None:
    long_ago = cmp("profile.birth_date", "before", "-P60D")
    assert holds(long_ago, birth_date=date(2026, 9, 21))
    assert not holds(long_ago, birth_date=date(2026, 9, 22))
    adult = cmp("profile.birth_date", "before", "-P18Y")
    assert holds(adult, birth_date=date(2008, 11, 20))
    assert not holds(adult, birth_date=date(2008, 11, 21))
    assert holds(cmp("profile.birth_date", "after", "P2D"), birth_date=date(2026, 11, 24))
    assert holds(cmp("profile.created_at", "after", "-PT2H"), created_at=NOW - timedelta(hours=1))


def test_anniversaries() -> None:
    soon = cmp("profile.birth_date", "anniversary_in", "P3D")
    assert [holds(soon, birth_date=date(1980, 11, d)) for d in (20, 21, 24, 25)] == [False, True, True, False]
    today = cmp("profile.birth_date", "anniversary_in", "P0D")
    for now, born_29th in (
        (datetime(2027, 2, 28, 12, tzinfo=UTC), True),
        (datetime(2028, 2, 28, 12, tzinfo=UTC), False),
    ):
        assert holds(today, now=now, birth_date=date(2000, 2, 29)) is born_29th


def test_windows_last_is_closed_and_from_to_half_open() -> None:
    def at(moment: datetime, within: dict[str, Any]) -> bool:
        return holds(happened("order.created", within=within), Facts(events=[Event(type="order.created", at=moment)]))

    tick = timedelta(milliseconds=1)
    start = NOW - timedelta(hours=24)
    assert at(start, {"last": "PT24H"})
    assert at(NOW, {"last": "PT24H"})
    assert not at(start - tick, {"last": "PT24H"})
    assert not at(NOW + tick, {"last": "PT24H"})
    window = {"from": "2026-11-01", "to": "2026-11-03T00:00:00Z"}
    assert at(datetime(2026, 10, 31, 23, 0, tzinfo=UTC), window)
    assert not at(datetime(2026, 10, 31, 23, 0, tzinfo=UTC) - tick, window)
    assert not at(datetime(2026, 11, 3, tzinfo=UTC), window)
    assert at(datetime(2026, 11, 3, tzinfo=UTC) - tick, window)


def test_counting_counts_none_and_measures_need_a_value() -> None:
    nobody = Facts(links={"orders": []})
    assert holds(rows("orders", count={"op": "lte", "value": 2}), nobody)
    assert holds(rows("orders", count={"op": "eq", "value": 0}), nobody)
    assert not holds(rows("orders"), nobody)
    low = {"fn": "sum", "of": "total", "op": "lte", "value": 5}
    assert not holds(rows("orders", count={"op": "gte", "value": 0}, measure=low), nobody)
    empty = Facts(links={"orders": [Row(fields={"total": None})]})
    assert not holds(rows("orders", measure=low), empty)


def orders(*totals: str) -> Facts:
    return Facts(links={"orders": [Row(fields={"total": Decimal(t), "created_at": NOW}) for t in totals]})


def test_averages_have_eight_places_cut() -> None:
    third = {"fn": "avg", "of": "total", "op": "eq", "value": "0.33333333"}
    assert holds(rows("orders", measure=third), orders("1", "0", "0"))
    assert holds(rows("orders", measure={**third, "value": "-0.33333333"}), orders("-1", "0", "0"))


def test_what_was_not_loaded_is_refused_not_guessed() -> None:
    for node in (rows("orders"), no(rows("orders")), happened("order.created"), member(3), no(member(3))):
        with pytest.raises(MissingFact):
            holds(node)


def test_segments_are_looked_up_or_worked_out() -> None:
    facts = Facts(fields={"city": "Oslo"}, segments={3: False})
    assert not holds(member(3), facts)
    inline = {3: checked(cmp("profile.city", "eq", "oslo"))}
    assert evaluate(checked(member(3)), facts, NOW, OSLO, inline)
    with pytest.raises(MissingFact, match="itself"):
        evaluate(checked(member(3)), facts, NOW, OSLO, {3: checked(no(member(3)))})


def test_explain_gives_every_node_with_what_it_saw() -> None:
    node = both(
        cmp("profile.city", "eq", "Oslo"), either(cmp("profile.age", "gt", 40), no(rows("orders", count={"value": 2})))
    )
    facts = Facts(fields={"city": "Bergen", "age": 41}, links=orders("1").links)
    verdicts = explain(checked(node), facts, NOW, OSLO)
    assert [(v.path, v.holds, v.seen) for v in verdicts] == [
        ("", False, None),
        ("/of/0", False, "Bergen"),
        ("/of/1", True, None),
        ("/of/1/of/0", True, 41),
        ("/of/1/of/1", True, None),
        ("/of/1/of/1/of", False, {"count": 1}),
    ]


def test_facts_of_the_moment() -> None:
    saturday = datetime(2026, 11, 21, 22, 30, tzinfo=UTC)
    assert holds(cmp("now.weekday", "eq", "Saturday"), now=saturday, tz=OSLO)
    assert holds(cmp("now.weekday", "eq", "sunday"), now=saturday, tz="Asia/Kathmandu")
    assert holds(cmp("now.time", "between", ["22:00", "23:30"]), now=saturday, tz=OSLO)
    assert holds(cmp("now.date", "eq", "2026-11-21"), now=saturday, tz=OSLO)


def test_properties_inside_objects() -> None:
    node = cmp('profile.extra["address"]["city"]', "eq", "oslo")
    assert holds(node, extra={"address": {"city": "Oslo"}})
    assert not holds(node, extra={"address": "Oslo"})
    quiz = Event(type="custom.quiz", at=NOW, properties={"points": 5, "where": {"from": "mail"}})
    assert holds(happened("custom.quiz", where=cmp("event.where.from", "eq", "mail")), Facts(events=[quiz]))
