"""Both readings of the condition language give the same verdict, profile by profile.

Conditions are generated from the operator table; data is generated too and loaded into chDB once per universe. Here
the conditions are the same each time; the long version has Hypothesis draw others, and make a failing one small.
"""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from fidelia.conditions import check, compile, decode, evaluate, explain
from fidelia.conditions.json_text import JSON_TYPES
from fidelia.conditions.operators import OPERATORS, flags, pattern
from fidelia.conditions.types import TYPES
from fidelia.kernel.errors import Problem
from fidelia.platform.bitmaps import decode_bitmap

from .drawing import (
    EVENT_TYPES,
    ROW_TYPES,
    Draw,
    Node,
    asked_as,
    compare,
    flip,
    hypothetical,
    path,
    patterns,
    pick,
    seeded,
)
from .generator import condition
from .pools import NOWS, PATTERNS, TEXTS, ZONES
from .universe import Universe

UNIVERSES = (1, 2, 3, 4)
EACH = 500
#: A hundred rows need no more: making threads or machine code costs more than reading. (Handed over beside the query, a
#: setting costs chDB four more statements.)
ONE_THREAD = "SETTINGS max_threads = 1, compile_expressions = 0, compile_aggregate_expressions = 0"
Question = tuple[Node, Any, str]
_asked: set[str] = set()
_seen: Counter[str] = Counter()


@pytest.fixture(scope="module")
def universes(ch_client: Any) -> dict[int, Universe]:
    loaded = {n: Universe(n) for n in UNIVERSES}
    for universe in loaded.values():
        universe.load(ch_client)
    return loaded


def _note(node: Any) -> None:
    """Count what was drawn of values, at any depth."""
    if isinstance(node, list):
        for item in node:
            _note(item)
    if not isinstance(node, dict):
        return
    if node.get("kind") == "compare":
        value = node.get("value")
        _seen[f"value.{next(iter(value))}" if isinstance(value, dict) else "value.literal"] += 1
        _seen[f"as.{node.get('as')}"] += 1
        _seen["path" if "[" in node["field"] else "name"] += 1
    for inner in node.values():
        _note(inner)


def agree(client: Any, universe: Universe, node: Node, now: Any, zone: str) -> int:
    """Require the same verdicts; return how many profiles the condition selects."""
    _note(node)
    checked = check(decode(node), universe.vocabulary, segments=universe.segment)
    query = compile(checked, now, zone, segments=universe.segments)
    text = f"{query.text} {ONE_THREAD}"
    selected = set(decode_bitmap(client.raw_query(text, parameters=query.params, fmt="RowBinary")))
    dynamic = {3: universe.dynamic}
    meant = {id_ for id_, facts in universe.facts.items() if evaluate(checked, facts, now, zone, dynamic)}
    if selected != meant:
        id_ = min(selected ^ meant)
        verdicts = explain(checked, universe.facts[id_], now, zone, dynamic) if id_ in universe.facts else ()
        raise AssertionError(
            f"profile {id_}: evaluate says {id_ in meant}, sql says {id_ in selected}\n{node}\n{now} {zone}\n"
            f"{query.text}\n{query.params}\n{verdicts}\n{universe.facts.get(id_)}"
        )
    return len(meant)


@pytest.mark.parametrize("n", UNIVERSES)
def test_generated_conditions_agree(ch_client: Any, universes: dict[int, Universe], n: int) -> None:
    draw = seeded("agreement", n)
    sizes: Counter[str] = Counter()
    for _ in range(EACH):
        sizes[_agree_on(ch_client, universes[n], question(draw))] += 1
    assert sizes["some"] > EACH // 4, f"most conditions select nobody or everybody: {sizes}"


@pytest.mark.prove
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("n", UNIVERSES)
def test_many_conditions_agree(ch_client: Any, universes: dict[int, Universe], n: int) -> None:
    """Others each time, and more of them."""

    @settings(
        max_examples=2_500,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink),
    )
    @given(hypothetical(question))
    def run(asked: Question) -> None:
        _agree_on(ch_client, universes[n], asked)

    run()


def question(draw: Draw) -> Question:
    """Draw a condition, when and where it is asked."""
    return condition(draw), pick(draw, NOWS), pick(draw, ZONES)


def _agree_on(client: Any, universe: Universe, asked: Question) -> str:
    found = agree(client, universe, *asked)
    _asked.add(json.dumps(asked, default=str))
    return "none" if not found else "all" if found == len(universe.facts) else "some"


PAIRS = [(key, type_) for key, op in OPERATORS.items() for type_ in sorted(op.types)]
_LOOSE = {"any": 'profile.extra["city"]', "object": "profile.extra", "objects": "profile.children"}


@pytest.mark.parametrize(("key", "type_"), [pair for pair in PAIRS if pair[1] != "time"])
def test_every_operator_agrees_on_every_type(
    ch_client: Any, universes: dict[int, Universe], key: str, type_: str
) -> None:
    """Each row of the operator table, on each type it takes: on columns that may be missing or not, and on JSON."""
    columns = [f"profile.{name}" for name, t in ROW_TYPES.items() if t == type_]
    properties = [f"event.{name}" for name, t in EVENT_TYPES.items() if t == type_]
    if type_ in _LOOSE:
        columns, properties = [_LOOSE[type_]], ["event.free"] if type_ == "any" else []

    draw = seeded(key, type_)
    for _ in range(6):
        field = pick(draw, columns + properties)
        node = compare(draw, field, OPERATORS[key], type_)
        if flip(draw):
            node = {"kind": "not", "of": node}
        if field in properties:
            node = {"kind": "occurred", "event": "custom.quiz", "where": node}
        _agree_on(ch_client, universes[pick(draw, UNIVERSES)], (node, pick(draw, NOWS), pick(draw, ZONES)))


@pytest.mark.parametrize(("key", "type_"), [pair for pair in PAIRS if pair[1] in JSON_TYPES])
def test_every_operator_agrees_inside_objects(
    ch_client: Any, universes: dict[int, Universe], key: str, type_: str
) -> None:
    """Properties nobody declared, by any key, as the type that is asked for: of an object, of items, of open events."""

    draw = seeded("inside", key, type_)
    for _ in range(4):
        place = pick(draw, ["profile.extra", "item", "event"])
        field = "event.free" if place == "event" else place + path(draw, "city", "n")
        node = asked_as(draw, field, OPERATORS[key], type_)
        if place == "item":
            node = {"kind": "related", "link": "profile.children", "where": node}
        elif place == "event":
            node = {"kind": "occurred", "event": "custom.quiz", "where": node}
        agree(ch_client, universes[pick(draw, UNIVERSES)], node, pick(draw, NOWS), pick(draw, ZONES))


@pytest.mark.parametrize("case", [False, True])
@pytest.mark.parametrize("key", ["eq", "contains", "starts_with", "ends_with", "matches"])
def test_every_awkward_text_agrees(ch_client: Any, universes: dict[int, Universe], key: str, case: bool) -> None:
    """Greek sigmas, dotted İ, sharp s, quotes, line ends, letters newer than the interpreter: each as a value."""
    for text in PATTERNS if key == "matches" else [t for t in TEXTS if t]:
        node = {"kind": "compare", "field": "profile.string", "op": key, "value": text, "case": case}
        agree(ch_client, universes[1], node, NOWS[0], "UTC")


def test_generated_patterns_agree(ch_client: Any) -> None:
    """ClickHouse's own shortcuts around RE2 (a literal part that must be there) give the verdicts of RE2."""

    draw = seeded("patterns")
    for _ in range(200):
        text, case = patterns(draw), flip(draw)
        try:
            compiled = pattern(text, case)
        except ValueError:
            continue
        sql = "SELECT arrayMap(x -> match(x, {p:String}), {texts:Array(String)})"
        params = {"p": flags(text, case), "texts": TEXTS}
        (found,) = ch_client.query(f"{sql} {ONE_THREAD}", parameters=params).result_rows[0]
        assert [bool(f) for f in found] == [compiled.search(t) is not None for t in TEXTS], text


@pytest.mark.parametrize("type_", ["date", "datetime"])
def test_dates_in_json_are_read_strictly(ch_client: Any, universes: dict[int, Universe], type_: str) -> None:
    """No 31 February that becomes 3 March, no hour 25: what is no date is missing."""
    for op, value in (("is_present", None), ("gte", "2026-03-01"), ("eq", "2026-03-03"), ("eq", "2026-03-02")):
        compared = {"kind": "compare", "field": f"event.j_{type_}", "op": op}
        compared |= {"value": value} if value else {}
        for event in ("message.opened", "custom.quiz"):
            for n in UNIVERSES:
                node = {"kind": "occurred", "event": event, "where": compared}
                agree(ch_client, universes[n], node, NOWS[0], "UTC")


_FIGURES = [(fn, name) for fn in ("sum", "avg") for name in ("integer", "float", "decimal")]
_FIGURES += [(fn, name) for fn in ("min", "max") for name in ("integer", "float", "decimal", "date", "datetime")]


@pytest.mark.parametrize(("fn", "name"), _FIGURES)
def test_figures_are_exact(ch_client: Any, universes: dict[int, Universe], fn: str, name: str) -> None:
    """Ask for the very figure each profile has, and for just more: sums and averages are exact in both readings."""
    universe = universes[2]
    anything = {"fn": fn, "of": name, "op": "lte", "value": _top(fn, name)}
    rule = {"kind": "related", "link": "orders.lines", "measure": anything}
    checked = check(decode(rule), universe.vocabulary)
    figures = {explain(checked, facts, NOWS[0], "UTC")[0].seen[fn] for facts in universe.facts.values()} - {None}
    assert len(figures) >= 5
    found, left = 0, 6
    for figure in sorted(figures):
        text = f"{figure:%Y-%m-%dT%H:%M:%S}.{figure.microsecond // 1000:03d}Z" if name == "datetime" else _plain(figure)
        node = {**rule, "measure": {**anything, "op": "eq", "value": text}}
        try:
            check(decode(node), universe.vocabulary)
        except Problem:
            continue  # larger than any literal may be
        found += agree(ch_client, universe, node, NOWS[0], "UTC")
        agree(ch_client, universe, {**rule, "measure": {**anything, "op": "gt", "value": text}}, NOWS[0], "UTC")
        left -= 1
        if not left:
            break
    assert found >= 3


def _top(fn: str, name: str) -> Any:
    if name in ("date", "datetime"):
        return "2299-12-31"
    return 2**62 if name == "integer" and fn in ("min", "max") else 10**13


def _plain(figure: Any) -> Any:
    if isinstance(figure, date):
        return figure.isoformat()
    return format(Decimal(repr(figure)) if isinstance(figure, float) else Decimal(figure), "f")


def test_enough_conditions_were_generated() -> None:
    if len(_asked) < 1_000:
        pytest.skip("only some of the generated conditions were asked for")
    assert len(_asked) >= 2_500  # no two of them the same
    assert {f"value.{kind}" for kind in ("literal", "field", "list", "table")} <= _seen.keys(), _seen
    assert {f"as.{type_}" for type_ in JSON_TYPES} | {"path"} <= _seen.keys(), _seen


def test_every_type_has_an_operator() -> None:
    assert {t for op in OPERATORS.values() for t in op.types} == set(TYPES)
