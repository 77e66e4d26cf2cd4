"""A prepared condition gives what `evaluate` gives, whatever the condition, the facts and the moment."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from fidelia.conditions import Asking, Facts, MissingFact, check, decode, evaluate, needs, prepare, values_at

from .drawing import Node, pick, seeded
from .generator import condition, related, tree
from .generator import of_line as line_leaf
from .pools import NOWS, ZONES
from .universe import Universe

EACH = 1_000
UNIVERSES = {n: Universe(n, 20) for n in (1, 2)}


@pytest.mark.parametrize("n", sorted(UNIVERSES))
def test_generated_conditions_give_what_evaluate_gives(n: int) -> None:
    universe = UNIVERSES[n]
    dynamic = {3: universe.dynamic}
    seen: Counter[str] = Counter()

    draw = seeded("prepared", n)
    for _ in range(EACH):
        node, now, zone = condition(draw), pick(draw, NOWS), pick(draw, ZONES)
        checked = check(decode(node), universe.vocabulary, segments=universe.segment)
        prepared, asking = prepare(checked, dynamic), Asking(now, zone)
        asked = needs(checked)
        for facts in universe.facts.values():
            meant = evaluate(checked, facts, now, zone, dynamic)
            assert prepared.holds(facts, asking) is meant, node
            seen[str(meant)] += 1
            if meant:  # what it needs is there
                for need in asked:
                    seen["need"] += 1
                    assert need.values.intersection(values_at(facts, need.place)), node
    assert min(seen["True"], seen["False"]) > EACH
    assert seen["need"]


def test_rows_and_their_products_give_what_evaluate_gives() -> None:
    universe, draw = UNIVERSES[1], seeded("rows")
    for _ in range(EACH):
        node, now = tree(draw, lambda d: related(d, "orders.lines", line_leaf), 1), pick(draw, NOWS)
        checked = check(decode(node), universe.vocabulary, segments=universe.segment)
        prepared, asking = prepare(checked, {3: universe.dynamic}), Asking(now, "Europe/Berlin")
        for facts in universe.facts.values():
            meant = evaluate(checked, facts, now, "Europe/Berlin", {3: universe.dynamic})
            assert prepared.holds(facts, asking) is meant, node


def _checked(node: Node) -> Any:
    return check(decode(node), UNIVERSES[1].vocabulary, segments=UNIVERSES[1].segment)


def _is(field: str, op: str, value: Any = None, **more: Any) -> Node:
    return {"kind": "compare", "field": field, "op": op, **({} if value is None else {"value": value}), **more}


@pytest.mark.parametrize(
    ("node", "still", "links"),
    [
        (_is("profile.string", "eq", "a"), True, {""}),
        (_is("loyalty.1.string", "eq", "a"), True, {"loyalty"}),
        (_is("now.weekday", "eq", "monday"), False, set()),
        (_is("profile.date", "in_last", "P3D"), False, {""}),
        (_is("profile.date", "before", "2026-01-01"), True, {""}),
        (_is("profile.datetime", "before", "2026-01-01"), False, {""}),  # a day of which time zone?
        ({"kind": "member", "of": {"segment": 1}}, False, set()),
        ({"kind": "member", "of": {"segment": 3}}, False, set()),
        ({"kind": "related", "link": "orders"}, False, set()),
        (_is("profile.string", "in", {"list": 1}), False, set()),
        ({"kind": "always"}, True, set()),
    ],
)
def test_what_may_be_remembered_is_known(node: Node, still: bool, links: set[str]) -> None:
    prepared = prepare(_checked(node))
    assert (prepared.still, prepared.links) == (still, links)


def test_what_a_condition_needs() -> None:
    node = {
        "kind": "all",
        "of": [
            _is("profile.string", "eq", "BERLIN"),
            _is("profile.tags", "any_of", ["a", "B"]),
            _is("profile.integer", "in", [1, 2]),
            {"kind": "all", "of": [_is("profile.boolean", "eq", True)]},
            _is("profile.integer", "gt", 5),
            {"kind": "any", "of": [_is("profile.name", "eq", "x"), {"kind": "always"}]},
            {"kind": "not", "of": _is("profile.name", "eq", "x")},
        ],
    }
    found = {need.key: set(need.values) for need in needs(_checked(node))}
    assert found == {"string": {"berlin"}, "tags": {"a", "b"}, "integer": {1, 2}, "boolean": {True}}


def test_facts_that_were_not_loaded_are_missed() -> None:
    asking = Asking(NOWS[0], "UTC")
    for node in ({"kind": "member", "of": {"segment": 1}}, {"kind": "related", "link": "orders"}):
        with pytest.raises(MissingFact):
            prepare(_checked(node)).holds(Facts(), asking)
