"""Values that are no literals: other fields, lists and tables; properties with a type that was asked for."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from fidelia.conditions import (
    Answered,
    Checked,
    Facts,
    Listed,
    Lookup,
    MissingFact,
    Row,
    ValueSource,
    check,
    compile,
    decode,
    describe,
    encode,
    evaluate,
    explain,
    lookup_query,
    sentence,
    sources_in,
    wanted,
)
from fidelia.kernel.errors import Problem
from fidelia.platform.bitmaps import decode_bitmap

from .shop import SHOP, both, cmp, happened, no, rows
from .universe import Universe

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
N = 91
SOURCES = (
    ValueSource(list=31, title="Old friends", type="string", sql="SELECT value FROM v_31", rows=3),
    ValueSource(table="stores", column="city", title="Stores: city", type="string", sql="SELECT c1 FROM d_1"),
    ValueSource(table="stores", column="size", title="Stores: size", type="integer", sql="SELECT c2 FROM d_1"),
    ValueSource(table="stores", column="opened", title="Stores: opened", type="date", sql="SELECT c3 FROM d_1"),
    ValueSource(table="late", column="x", title="Late", type="string", sql="SELECT x FROM d_2", live=False),
)
WORDS = msgspec.structs.replace(SHOP, sources=SOURCES)
FRIENDS = {"list": 31}
EXTRA = 'profile.extra["a"]'


def on(node: dict[str, Any], **more: Any) -> Checked:
    return check(decode(node), WORDS, **more)


def holds(node: dict[str, Any], tz: str = "UTC", links: dict[str, Any] | None = None, **fields: Any) -> bool:
    known = {source.key: Listed(source, ["Oslo", "7", None]) for source in SOURCES}
    known["table", "stores", "size"] = Listed(SOURCES[2], [7, 40])
    return evaluate(on(node), Facts(fields=fields, links=links or {}, events=[], sources=known), NOW, tz)


def errors(node: dict[str, Any], **more: Any) -> dict[str, str]:
    with pytest.raises(Problem) as refused:
        on(node, **more)
    assert refused.value.status == 422
    return {e.pointer: e.message for e in refused.value.errors}


@pytest.mark.parametrize(
    ("node", "pointer", "words"),
    [
        (cmp("profile.city", "eq", {"field": "profile.cty"}), "/value/field", "did you mean profile.city?"),
        (cmp("profile.city", "eq", {"field": "order.note"}), "/value/field", "no field order.note here"),
        (cmp("profile.city", "eq", {"field": "profile.age"}), "/value/field", "text) and profile.age (whole number)"),
        (cmp("profile.age", "gt", {"field": "profile.birth_date"}), "/value/field", "cannot be compared"),
        (cmp("profile.city", "in", {"field": "profile.age"}), "/value/field", "cannot be compared"),
        (cmp("profile.tags", "any_of", {"field": "profile.age"}), "/value/field", "cannot be compared"),
        (cmp("profile.city", "eq", {"field": "profile.tags"}), "/value/field", "cannot be compared"),
        (cmp("profile.city", "matches", {"field": "profile.city"}), "/value", "needs a plain value"),
        (cmp("profile.age", "between", {"field": "profile.age"}), "/value", "needs a plain value"),
        (cmp("profile.created_at", "in_last", {"field": "profile.city"}), "/value", "needs a plain value"),
        (cmp("profile.city", "is_missing", {"field": "profile.city"}), "/value", "takes no value"),
        (cmp("profile.city", "eq", {"field": "profile.city", "as": "string", "x": 1}), "/value/x", "nothing else"),
        (cmp("profile.city", "eq", {"field": 5}), "/value/field", "nothing else"),
        (cmp("profile.city", "eq", {}), "/value", "nothing else"),
        (cmp("profile.city", "in", {"list": 32}), "/value/list", "no list 32 here"),
        (cmp("profile.city", "in", {"list": "31"}), "/value/list", "nothing else"),
        (cmp("profile.city", "in", {"list": 31, "column": "x"}), "/value/column", "nothing else"),
        (cmp("profile.city", "eq", FRIENDS), "/op", "one of these does: in, not_in"),
        (cmp("profile.tags", "all_of", FRIENDS), "/op", "any_of, none_of"),
        (cmp("profile.age", "in", FRIENDS), "/value", "values of the kind text"),
        (cmp("profile.city", "in", {"table": "store", "column": "city"}), "/value/table", "did you mean stores?"),
        (cmp("profile.city", "in", {"table": "stores", "column": "citty"}), "/value/column", "did you mean city?"),
        (cmp("profile.city", "in", {"table": "stores"}), "/value", "nothing else"),
        (cmp("profile.city", "eq", "x", **{"as": "date"}), "/as", "leave as out"),
        (cmp(EXTRA, "eq", "x", **{"as": "text"}), "/as", "one of these: string, float"),
        (cmp(EXTRA, "eq", "x", **{"as": "date"}), "/value", "date"),
        (cmp(EXTRA, "gt", "x", **{"as": "string"}), "/op", "gt does not fit"),
        (cmp(EXTRA, "eq", {"field": EXTRA, "as": "money"}), "/value/as", "one of these"),
        (cmp("profile.city", "eq", {"field": EXTRA, "as": "float"}), "/value/field", "cannot be compared"),
        (rows("orders", count={"value": FRIENDS}), "/count/value", "plain value"),
        (cmp("profile.age", "in", list(range(100_001))), "/value", "upload a longer one"),
    ],
)
def test_each_error_has_its_pointer(node: dict[str, Any], pointer: str, words: str) -> None:
    found = errors(node)
    assert pointer in found, found
    assert words in found[pointer]


def test_history_is_refused_on_either_side_where_only_live_facts_are_at_hand() -> None:
    on(cmp("profile.city", "in", FRIENDS), live_only=True)
    assert "/value" in errors(cmp("profile.city", "in", {"table": "late", "column": "x"}), live_only=True)
    assert not on(cmp("profile.city", "in", {"table": "late", "column": "x"})).live


def test_what_is_referred_to_is_told() -> None:
    node = both(
        cmp("profile.city", "in", FRIENDS),
        cmp("profile.city", "not_in", {"table": "stores", "column": "city"}),
        rows("orders", where=cmp("order.note", "in", FRIENDS)),
        cmp("profile.spent", "gt", {"field": "profile.age"}),
    )
    checked = on(node)
    assert checked.references.sources == {("list", 31), ("table", "stores", "city")}
    assert {"profile.spent", "profile.age"} <= checked.references.fields
    assert sources_in(decode(node)) == [("list", 31), ("table", "stores", "city")]
    assert encode(decode(node)) == node


@pytest.mark.parametrize(
    ("node", "fields", "expected"),
    [
        (cmp("profile.city", "eq", {"field": "profile.status"}), {"city": "ÆØ", "status": "æø"}, True),
        (cmp("profile.city", "eq", {"field": "profile.status"}, case=True), {"city": "ÆØ", "status": "æø"}, False),
        (cmp("profile.city", "ne", {"field": "profile.status"}), {"city": "x"}, False),  # nothing to compare with
        (no(cmp("profile.city", "eq", {"field": "profile.status"})), {"city": "x"}, True),
        (cmp("profile.city", "contains", {"field": "profile.status"}), {"city": "Oslo Vest", "status": "oslo"}, True),
        (cmp("profile.city", "in", {"field": "profile.tags"}), {"city": "b", "tags": ["A", "B"]}, True),
        (cmp("profile.city", "not_in", {"field": "profile.tags"}), {"city": "c", "tags": []}, False),
        (cmp("profile.age", "in", {"field": "profile.spent"}), {"age": 3, "spent": Decimal("3.0000")}, True),
        (cmp("profile.age", "in", {"field": EXTRA}), {"age": 3, "extra": {"a": 3.0}}, True),
        (cmp("profile.tags", "all_of", {"field": "profile.city"}), {"city": "b", "tags": ["A", "B"]}, True),
        (cmp("profile.spent", "eq", {"field": "profile.age"}), {"spent": Decimal("3.0000"), "age": 3}, True),
        (cmp("profile.age", "lt", {"field": "profile.spent"}), {"age": 2**62, "spent": Decimal("0.1")}, False),
        (cmp("profile.score", "eq", {"field": "profile.spent"}), {"score": 0.3, "spent": Decimal("0.3000")}, True),
        (cmp("profile.birth_date", "eq", {"field": "now.date"}), {"birth_date": date(2026, 11, 21)}, True),
        (cmp("now.date", "after", {"field": "profile.birth_date"}), {"birth_date": date(2026, 11, 20)}, True),
        (cmp(EXTRA, "gt", {"field": "profile.age"}), {"extra": {"a": 5}, "age": 4}, True),
        (cmp(EXTRA, "gt", {"field": "profile.age"}), {"extra": {"a": "5"}, "age": 4}, False),
        (cmp("profile.age", "gt", {"field": EXTRA}), {"extra": {"a": 3}, "age": 4}, True),
        (cmp(EXTRA, "before", {"field": "now.date"}), {"extra": {"a": "2026-01-02"}}, True),
        (cmp(EXTRA, "gt", "2026-01-01"), {"extra": {"a": "2026-01-02"}}, True),
        (cmp(EXTRA, "lt", "12.50"), {"extra": {"a": 12.25}}, True),
        (cmp(EXTRA, "eq", "2026-01-02", **{"as": "date"}), {"extra": {"a": "2026-01-02"}}, True),
        (cmp(EXTRA, "eq", 3, **{"as": "integer"}), {"extra": {"a": 3}}, True),
        (cmp(EXTRA, "eq", "2026-01-02T00:00:00Z", **{"as": "datetime"}), {"extra": {"a": "2026-01-02T00:00Z"}}, True),
        (cmp("profile.city", "in", FRIENDS), {"city": "OSLO"}, True),
        (cmp("profile.city", "in", FRIENDS, case=True), {"city": "OSLO"}, False),
        (cmp("profile.city", "not_in", FRIENDS), {"city": "Bergen"}, True),
        (cmp("profile.city", "not_in", FRIENDS), {}, False),
        (no(cmp("profile.city", "in", FRIENDS)), {}, True),
        (cmp("profile.tags", "any_of", FRIENDS), {"tags": ["x", "oslo"]}, True),
        (cmp("profile.tags", "none_of", FRIENDS), {"tags": ["x"]}, True),
        (cmp("profile.tags", "none_of", FRIENDS), {"tags": []}, False),
        (cmp("profile.age", "in", {"table": "stores", "column": "size"}), {"age": 40}, True),
        (cmp("profile.spent", "in", {"table": "stores", "column": "size"}), {"spent": Decimal("7.0000")}, True),
        (cmp("profile.spent", "in", {"table": "stores", "column": "size"}), {"spent": Decimal("7.0001")}, False),
        (cmp(EXTRA, "in", {"table": "stores", "column": "size"}), {"extra": {"a": 7}}, True),
        (cmp(EXTRA, "in", FRIENDS), {"extra": {"a": 7}}, False),
    ],
)
def test_what_it_means(node: dict[str, Any], fields: dict[str, Any], expected: bool) -> None:
    assert holds(node, **fields) is expected


def test_a_moment_and_a_day_meet_as_days_of_the_time_zone() -> None:
    node = cmp("profile.created_at", "eq", {"field": "profile.birth_date"})
    late = {"created_at": datetime(2026, 11, 20, 23, 30, tzinfo=UTC), "birth_date": date(2026, 11, 21)}
    assert holds(node, tz="Europe/Oslo", **late)
    assert not holds(node, tz="UTC", **late)


def test_a_row_is_compared_with_the_person_around_it_and_with_the_one_row_beside_it() -> None:
    order = [Row(fields={"total": Decimal(total)}) for total in ("5.00", "15.00")]
    more = rows("orders", where=cmp("order.total", "gt", {"field": "profile.spent"}))
    assert holds(more, links={"orders": order}, spent=Decimal(10))
    assert not holds(more, links={"orders": order}, spent=Decimal(20))
    line = [Row(fields={}, links={"product": [Row(fields={"brand": "Acme"})]})]
    liked = rows("orders.lines", where=cmp("product.brand", "in", {"field": "profile.tags"}))
    assert holds(liked, links={"orders.lines": line}, tags=["acme"])
    assert not holds(liked, links={"orders.lines": line}, tags=["other"])


@pytest.mark.parametrize(
    ("node", "text"),
    [
        (cmp("profile.city", "in", FRIENDS), "People whose city is one of “Old friends”"),
        (cmp("profile.tags", "none_of", FRIENDS), "People whose tags is filled and has none of “Old friends”"),
        (cmp("profile.spent", "gt", {"field": "profile.age"}), "People whose spent is more than the age"),
        (cmp("profile.birth_date", "eq", {"field": "now.date"}), "People whose birthday is today"),
        (cmp("profile.city", "in", {"field": "profile.tags"}), "People whose city is one of the tags"),
    ],
)
def test_the_sentence_names_the_other(node: dict[str, Any], text: str) -> None:
    assert sentence(on(node)).text == text


def test_the_editor_is_told_what_may_stand_where() -> None:
    told = describe(WORDS)
    values = {operator.key: operator.values for operator in told.operators}
    assert values["eq"] == ("literal", "field")
    assert values["in"] == values["any_of"] == ("literal", "field", "source")
    assert values["all_of"] == ("literal", "field")
    assert values["matches"] == values["between"] == values["in_last"] == ("literal",)
    assert values["is_missing"] == ()
    fits = {type_.key: type_.fits for type_ in told.types}
    assert fits["decimal"] == ("integer", "float", "decimal")
    assert fits["date"] == ("date", "datetime")
    assert fits["object"] == ()
    assert [(s.list, s.table, s.column, s.type, s.rows) for s in told.sources][:2] == [
        (31, "", "", "string", 3),
        (None, "stores", "city", "string", None),
    ]
    assert "date" in told.property_types


def test_no_value_of_a_source_is_written_into_the_query() -> None:
    query = compile(on(both(cmp("profile.city", "in", FRIENDS), cmp("profile.tags", "any_of", FRIENDS))), NOW, "UTC")
    assert query.text.count("SELECT value FROM v_31") == 2
    assert query.params == {}


def test_odd_keys_reach_sql_in_hexadecimal() -> None:
    evil = "a') OR 1=1 --`\"{c0:String}"
    path = f"profile.extra[{json.dumps(evil)}]"
    query = compile(on(cmp(path, "eq", "x")), NOW, "UTC")
    assert "OR 1=1" not in query.text
    assert evil.encode().hex() in query.text
    facts = Facts(fields={"extra": {evil: "X"}})
    assert evaluate(on(cmp(path, "eq", "x")), facts, NOW, "UTC")


def test_a_source_that_was_not_asked_is_no_answer() -> None:
    with pytest.raises(MissingFact, match="Old friends"):
        evaluate(on(cmp("profile.city", "in", FRIENDS)), Facts(fields={"city": "Oslo"}), NOW, "UTC")
    assert not evaluate(on(cmp("profile.city", "in", FRIENDS)), Facts(fields={}), NOW, "UTC")


@pytest.fixture(scope="module")
def world(ch_client: Any) -> Universe:
    universe = Universe(N)
    universe.load(ch_client)
    return universe


def _flat(columns: Iterable[Iterable[int]]) -> list[bool]:
    return [bool(answer) for column in columns for answer in column]


def test_sources_are_asked_only_for_the_values_of_the_person(ch_client: Any, world: Universe) -> None:
    """What the loader of facts does: ask what is wanted, in rounds, then evaluate as if all were known."""
    lists = [{"list": 1}, {"table": "values", "column": "name"}]
    asked = [cmp("profile.string", "in", lists[0]), cmp("profile.tags", "any_of", lists[1], case=True)]
    asked += [cmp("profile.decimal", "in", {"table": "values", "column": "integer"})]
    asked += [cmp("profile.float", "not_in", {"table": "values", "column": "decimal"})]
    asked += [cmp("profile.date", "in", {"table": "values", "column": "datetime"})]
    asked += [cmp("profile.ip", "in", {"table": "values", "column": "ip"})]
    asked += [rows("orders", where=both(cmp("order.name", "not_in", lists[0]), cmp("order.enum", "in", lists[1])))]
    checked = check(decode({"kind": "any", "of": asked}), world.vocabulary)
    for facts in world.facts.values():
        known = msgspec.structs.replace(facts, sources={})
        answers: dict[Any, dict[Lookup, bool]] = {}
        rounds = 0
        while questions := wanted(checked, known, NOW, "Europe/Oslo"):
            for key, some in questions.items():
                query, order = lookup_query(world.vocabulary.source[key], some)
                (row,) = ch_client.query(query.text, parameters=query.params).result_rows
                answers.setdefault(key, {}).update(zip(order, _flat(row), strict=True))
            sources = {key: Answered(found) for key, found in answers.items()}
            known = msgspec.structs.replace(known, sources=sources)
            rounds += 1
        assert rounds <= 2
        assert explain(checked, known, NOW, "Europe/Oslo") == explain(checked, facts, NOW, "Europe/Oslo")


def test_a_hundred_thousand_values_and_a_thousand_nodes_are_checked_in_time(ch_client: Any, world: Universe) -> None:
    long = cmp("profile.string", "in", [f"value {i}" for i in range(99_999)] + ["Oslo"])
    text = json.dumps(long)
    checked = check(decode(text), world.vocabulary)
    query = compile(checked, NOW, "UTC")
    found = decode_bitmap(ch_client.raw_query(query.text, parameters=query.params, fmt="RowBinary"))
    meant = {id_ for id_, facts in world.facts.items() if (facts.fields["string"] or "").lower() == "oslo"}
    assert set(found) == meant
    assert {id_ for id_, facts in world.facts.items() if evaluate(checked, facts, NOW, "UTC")} == meant
    parts = [cmp("profile.spent", "gt", {"field": "profile.age"}), cmp("profile.city", "in", FRIENDS)]
    parts += [happened("order.created", where=cmp("event.total", "gt", 5)), cmp(EXTRA, "eq", "x")]
    wide = json.dumps({"kind": "any", "of": [parts[i % 4] for i in range(799)]})
    best = min(_seconds(wide) for _ in range(5))
    assert best < 0.2, f"{best:.3f} s"


def test_a_long_list_is_read_once_for_all_rows() -> None:
    many = [Row(fields={"note": f"note {i}"}) for i in range(2000)]
    node = rows("orders", where=cmp("order.note", "in", [f"NOTE {i}" for i in range(50_000)]), count={"value": 2000})
    checked = on(node)
    started = time.process_time()
    assert evaluate(checked, Facts(fields={}, links={"orders": many}), NOW, "UTC")
    assert time.process_time() - started < 5


def test_a_thousand_wrong_rules_are_refused_in_time() -> None:
    wide = {"kind": "any", "of": [cmp(f"profile.ctiy_{i}", "eq", "x") for i in range(900)]}
    started = time.process_time()
    assert len(errors(wide)) == 100
    assert time.process_time() - started < 1


def _seconds(text: str) -> float:
    started = time.process_time()
    on(json.loads(text))
    return time.process_time() - started
