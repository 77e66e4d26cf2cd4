from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from pyroaring import BitMap

from fidelia.conditions import (
    Checked,
    Query,
    Stored,
    UnresolvedSegment,
    check,
    compile,
    compile_nodes,
    decode,
    evaluate,
    node_counts,
    together,
)
from fidelia.platform.bitmaps import bitmap_parameter, decode_bitmap

from .shop import both, checked, cmp, either, happened, member, no, rows
from .universe import Universe

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
N = 90


@pytest.fixture(scope="module")
def world(ch_client: Any) -> Universe:
    universe = Universe(N)
    universe.load(ch_client)
    return universe


def ask(client: Any, query: Query) -> BitMap:
    return decode_bitmap(client.raw_query(query.text, parameters=query.params, fmt="RowBinary"))


def on(world: Universe, node: dict[str, Any]) -> Checked:
    return check(decode(node), world.vocabulary, segments=world.segment)


def test_no_literal_is_pasted_into_the_text() -> None:
    evil = "Oslo') OR 1=1 --{c9:String}"
    node = both(
        cmp("profile.city", "in", [evil, "x"]),
        cmp("profile.tags", "any_of", [evil]),
        cmp("profile.city", "matches", "evil.*"),
        happened("custom.quiz", where=cmp("event.colour", "eq", evil), count={"value": 77}),
        happened(
            "order.created",
            within={"from": "2026-01-01"},
            measure={"fn": "sum", "of": "total", "op": "gt", "value": "12.5"},
        ),
    )
    query = compile(checked(node), NOW, "UTC")
    for word in ("evil", "OR 1=1", "77", "12.5", "2026"):
        assert word not in query.text
    assert evil.lower() in query.params.values()


def test_one_scan_of_the_subject_and_equal_rules_once() -> None:
    opened = happened("message.opened", within={"last": "P30D"})
    query = compile(
        checked(either(both(cmp("profile.city", "eq", "a"), opened), both(opened, cmp("profile.age", "gt", 3)))),
        NOW,
        "UTC",
    )
    assert query.text.count("FROM p_1") == 1
    assert query.text.count("FROM e_1") == 1
    assert "FINAL WHERE" not in query.text.split("FROM e_1")[1][:10]  # being there once is enough: no merge


def test_counting_merges_repeats_of_events() -> None:
    assert "FROM e_1 FINAL" in compile(checked(happened("message.opened", count={"value": 2})), NOW, "UTC").text
    assert (
        "FROM e_1 FINAL"
        not in compile(checked(happened("message.opened", count={"op": "gt", "value": 0})), NOW, "UTC").text
    )


def test_a_segment_that_is_not_given_is_refused() -> None:
    with pytest.raises(UnresolvedSegment, match="3"):
        compile(checked(no(member(3))), NOW, "UTC")


def test_a_segment_that_leads_back_to_itself_is_refused() -> None:
    looped = checked(no(member(3)))
    with pytest.raises(UnresolvedSegment, match="itself"):
        compile(looped, NOW, "UTC", segments={3: looped})


def test_a_stored_segment_without_members_on_record_is_an_error_not_an_empty_set(
    ch_client: Any, world: Universe
) -> None:
    query = compile(on(world, no(member(1))), NOW, "UTC", segments={1: Stored(404)})
    with pytest.raises(Exception, match="empty result"):
        ask(ch_client, query)


def test_scope_narrows_the_answer(ch_client: Any, world: Universe) -> None:
    ids = BitMap([*list(world.facts)[:10], 999999])
    query = compile(on(world, {"kind": "always"}), NOW, "UTC", scope=bitmap_parameter(ids))
    assert ask(ch_client, query) == BitMap(list(world.facts)[:10])
    assert ask(ch_client, compile(on(world, {"kind": "always"}), NOW, "UTC")) == BitMap(world.facts)


def test_large_trees_and_lists_run(ch_client: Any, world: Universe) -> None:
    rule = cmp("profile.integer", "gt", 5)
    wide = either(*(cmp("profile.integer", "eq", i) for i in range(997)), rule)
    deep = rule
    for _ in range(62):
        deep = no(deep)
    meant = {id_ for id_, facts in world.facts.items() if (facts.fields["integer"] or 0) > 5}
    assert set(ask(ch_client, compile(on(world, deep), NOW, "UTC"))) == meant
    assert set(ask(ch_client, compile(on(world, wide), NOW, "UTC"))) >= meant
    listed = cmp("profile.string", "in", [f"{'value' * 20} {i}" for i in range(9_999)] + ["Oslo"])
    meant = {id_ for id_, facts in world.facts.items() if (facts.fields["string"] or "").lower() == "oslo"}
    assert set(ask(ch_client, compile(on(world, listed), NOW, "UTC"))) == meant


def test_forty_rules_over_events_run(ch_client: Any, world: Universe) -> None:
    node = either(*(happened("message.opened", within={"last": f"P{i}D"}, count={"value": 2}) for i in range(1, 41)))
    query = compile(on(world, node), NOW, "UTC")
    meant = {id_ for id_, facts in world.facts.items() if evaluate(on(world, node), facts, NOW, "UTC")}
    assert set(ask(ch_client, query)) == meant


@pytest.mark.parametrize("op", ["is_missing", "is_present"])
def test_presence_of_objects(op: str) -> None:
    assert "extra NOT IN" in compile(checked(cmp("profile.extra", op)), NOW, "UTC").text


def test_products_are_a_subject_too(ch_client: Any, world: Universe) -> None:
    node = decode(cmp("product.tree", "under", "food"))
    query = compile(check(node, world.vocabulary, subject="product"), NOW, "UTC")
    meant = {i for i, row in world.products.items() if "food" in (step.lower() for step in row["tree"])}
    assert set(ask(ch_client, query)) == meant


def test_equal_questions_have_one_key() -> None:
    one = compile(checked(cmp("profile.age", "gt", 3)), NOW, "UTC")
    same = compile(checked(cmp("profile.age", "gt", 3)), NOW, "Europe/Oslo")
    other = compile(checked(cmp("profile.age", "gt", 4)), NOW, "UTC")
    assert one.key == same.key != other.key


NODES = both(
    cmp("profile.integer", "lt", 50),
    either(cmp("profile.string", "contains", "o"), happened("message.opened"), cmp("profile.boolean", "eq", True)),
    rows("orders", count={"op": "lte", "value": 2}),
    no(either(cmp("profile.enum", "eq", "red"), member(1))),
    no(cmp("profile.date", "is_missing")),
)


def test_counts_per_node(ch_client: Any, world: Universe) -> None:
    condition = on(world, NODES)
    queries = compile_nodes(condition, NOW, "UTC", segments=world.segments)
    bitmaps = {key: ask(ch_client, query) for key, query in queries.queries.items()}
    counts = {c.path: c for c in node_counts(queries, bitmaps)}

    def meant(*nodes: dict[str, Any]) -> int:
        ask_all = on(world, both(*nodes))
        return sum(evaluate(ask_all, facts, NOW, "UTC") for facts in world.facts.values())

    first, second, third, fourth, fifth = NODES["of"]
    assert next(iter(counts)) == ""
    assert (
        counts[""].alone
        == counts[""].left
        == meant(NODES)
        == len(ask(ch_client, compile(condition, NOW, "UTC", segments=world.segments)))
    )
    assert counts[""].without == len(world.facts)
    assert [counts[f"/of/{i}"].alone for i in range(5)] == [meant(n) for n in NODES["of"]]
    assert [counts[f"/of/{i}"].left for i in range(5)] == [meant(*NODES["of"][: i + 1]) for i in range(5)]
    assert counts["/of/4"].left == counts[""].alone
    assert [counts[f"/of/1/of/{i}"].left for i in range(3)] == [meant(either(*second["of"][: i + 1])) for i in range(3)]
    taken = fourth["of"]["of"]
    before = (first, second, third)
    assert counts["/of/3/of/of/0"].left == meant(*before, taken[0])
    assert counts["/of/3/of/of/1"].left == meant(*before, either(*taken)) == counts["/of/3/of"].left
    assert counts["/of/0"].without == meant(second, third, fourth, fifth)
    assert counts["/of/3"].without == counts["/of/3/of"].without == meant(first, second, third, fifth)
    assert counts["/of/1/of/0"].without == meant(first, either(*second["of"][1:]), third, fourth, fifth)
    assert counts["/of/3/of/of/1"].without == meant(first, second, third, no(taken[0]), fifth)
    empty = sum(facts.fields["integer"] is None for facts in world.facts.values())
    assert counts["/of/0"].missing == empty
    assert counts["/of/1/of/1"].missing is None
    assert counts["/of/4/of"].missing is None


def test_counts_of_a_single_rule_and_of_everybody(ch_client: Any, world: Universe) -> None:
    for node in (cmp("profile.integer", "gt", 1), {"kind": "always"}, no(no(cmp("profile.name", "eq", "x")))):
        queries = compile_nodes(on(world, node), NOW, "UTC")
        counts = node_counts(queries, {key: ask(ch_client, query) for key, query in queries.queries.items()})
        assert counts[0].without == len(world.facts)
        assert counts[0].left == counts[0].alone


def test_scans_of_one_source_are_asked_together(ch_client: Any, world: Universe) -> None:
    rules = [cmp("profile.integer", "gt", 1), no(cmp("profile.string", "in", ["Oslo", "a'b"])), {"kind": "always"}]
    queries = [compile(on(world, rule), NOW, "UTC") for rule in rules]
    one = together(queries)
    row = ch_client.raw_query(one.text, parameters=one.params, fmt="RowBinary")
    alone = [ch_client.raw_query(query.text, parameters=query.params, fmt="RowBinary") for query in queries]
    assert row == b"".join(alone)
    with pytest.raises(ValueError, match="one source"):
        together([*queries, compile(on(world, happened("message.opened")), NOW, "UTC")])


def test_a_count_that_any_row_fulfils_is_not_asked_beside_a_measure() -> None:
    spent = {"fn": "sum", "of": "total", "op": "gt", "value": 5}
    text = compile(checked(rows("orders", measure=spent)), NOW, "UTC").text
    assert "count()" not in text
    assert text.count("FROM o_1") == 1
    assert "count()" in compile(checked(rows("orders", measure=spent, count={"value": 2})), NOW, "UTC").text


def test_a_choice_scans_once_in_the_order_of_the_table() -> None:
    latest = happened("message.opened", take={"latest": 5}, where=cmp("event.id", "eq", "x"))
    text = compile(checked(latest), NOW, "UTC").text
    assert text.count("FROM e_1 FINAL") == text.count("FROM e_1") == 1
    assert "ORDER BY profile DESC, at DESC, id DESC LIMIT 5 BY profile" in text
    nth = compile(checked(happened("message.opened", take={"nth": 3})), NOW, "UTC").text
    assert "ORDER BY profile, at, id LIMIT 1 OFFSET 2 BY profile" in nth
