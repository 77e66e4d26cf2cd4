"""Whatever JSON is sent as a condition is a problem document or a condition that every reading takes."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from fidelia.conditions import (
    Facts,
    MissingFact,
    Stored,
    ValueSource,
    check,
    compile,
    decode,
    encode,
    evaluate,
    sentence,
    walk,
)
from fidelia.conditions.check_figures import MEASURES
from fidelia.conditions.operators import OPERATORS
from fidelia.kernel.errors import Problem

from .shop import SHOP, gold

WORDS = msgspec.structs.replace(
    SHOP, sources=(ValueSource(list=1, title="One", type="string", sql="SELECT value FROM v_1"),)
)
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
_names = [f.name for s in SHOP.subjects for f in s.fields] + [f"now.{n}" for n in ("date", "time", "weekday")]
_names += ["event.total", "event.at", "event.x", "event.a.b", 'profile.extra["x"]', "profile.", "", "item.x", "event."]
_texts = [
    "Oslo",
    "",
    "P30D",
    "-P1M",
    "P400Y",
    "PT9999999S",
    "2026-02-29",
    "2026-11-21",
    "2299-12-31T23:59:59Z",
    "12.50",
]
_texts += ["1900-01-01", "10.0.0.1", "::/0", "(", "18:30", "\x00", "😀", "9" * 30, "subscribed"]
_scalar = st.one_of(
    st.sampled_from(_texts),
    st.text(max_size=5),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.none(),
    st.integers(-(2**63), 2**63),
)
_other = st.one_of(
    st.builds(lambda f: {"field": f}, st.sampled_from(_names)),
    st.builds(
        lambda f, as_: {"field": f, "as": as_}, st.sampled_from(_names), st.sampled_from(["date", "ip", "x", ""])
    ),
    st.sampled_from([{"list": 1}, {"list": 2}, {"table": "t", "column": "c"}, {"table": "t"}, {"field": None}]),
)
_value = st.one_of(
    _other, _scalar, st.lists(_scalar, max_size=3), st.dictionaries(st.text(max_size=3), _scalar, max_size=2)
)
_number = st.one_of(st.integers(1, 3), _scalar)
_op = st.one_of(st.sampled_from(sorted(OPERATORS)), st.text(max_size=4))


def _optional(**parts: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=parts)


def _since(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {"event": st.sampled_from(["message.opened", "custom.quiz", "nope"])},
        optional={"which": st.sampled_from(["last", "first"]), "where": inner},
    )


def _figure(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    figure = _optional(
        event=st.sampled_from(["order.created", "nope"]),
        link=st.sampled_from(["orders", "orders.lines"]),
        fn=st.sampled_from([*MEASURES, "count"]),
        of=st.sampled_from(["total", "at", "created_at", "x"]),
        where=inner,
        take=_optional(latest=_number, among=inner),
    )
    return figure.map(lambda f: {"figure": f})


def _rows(kind: str, key: str, names: list[str], inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    within = st.one_of(
        _optional(last=_scalar, to=_scalar, by=st.sampled_from(["day", "created_at", "total"])).flatmap(
            lambda w: _scalar.map(lambda v: {**w, "from": v} if len(w) < 2 else w)
        ),
        _optional(calendar=st.sampled_from(["day", "week", "quarter", "era"]), offset=_scalar),
        st.fixed_dictionaries({"since": _since(inner)}),
    )
    take = _optional(latest=_number, first=_number, nth=_number, among=inner, by=st.sampled_from(["day", "total"]))
    measure = st.fixed_dictionaries(
        {
            "fn": st.sampled_from([*MEASURES, "mode"]),
            "of": st.sampled_from(["total", "at", "price", "x", "created_at", "note"]),
        },
        optional={"op": _op, "value": st.one_of(_value, _figure(inner))},
    )
    count = _optional(op=_op, value=st.one_of(_value, _figure(inner)), distinct=st.sampled_from(["total", "note", "x"]))
    parts = _optional(within=within, take=take, where=inner, count=count, measure=measure)
    return st.tuples(st.sampled_from(names), parts).map(lambda p: {"kind": kind, key: p[0], **p[1]})


def _grow(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(
        st.builds(lambda k, of: {"kind": k, "of": of}, st.sampled_from(["all", "any"]), st.lists(inner, max_size=3)),
        inner.map(lambda n: {"kind": "not", "of": n}),
        _rows("occurred", "event", ["order.created", "custom.quiz", "nope"], inner),
        _rows("related", "link", ["orders", "orders.lines", "lines", "nope"], inner),
    )


_leaf = st.one_of(
    st.builds(
        lambda f, o, v: {"kind": "compare", "field": f, "op": o, "value": v}, st.sampled_from(_names), _op, _value
    ),
    st.builds(lambda f, o: {"kind": "compare", "field": f, "op": o}, st.sampled_from(_names), _op),
    st.just({"kind": "always"}),
    _value.map(lambda v: {"kind": "member", "of": {"segment": v}}),
    st.fixed_dictionaries(
        {
            "kind": st.just("member"),
            "of": st.sampled_from([{"segment": 3}, {"segment": 5}, {"global_control": True}, {"campaign": 7}]),
        },
        optional={
            "state": st.sampled_from(["now", "ever", "left", "then"]),
            "count": _optional(op=_op, value=_value),
            "within": _optional(last=_scalar),
        },
    ),
    _value,
)


@settings(max_examples=1500, deadline=None, derandomize=True, database=None)
@given(st.recursive(_leaf, _grow, max_leaves=8))
def test_any_json_is_refused_with_pointers_or_works(node: Any) -> None:
    condition: Any = None
    result, refused = None, None
    try:
        condition = decode(json.dumps(node, ensure_ascii=False))
        result = check(condition, WORDS, segments=gold)
    except Problem as problem:
        refused = problem
    if result is None:
        assert refused is not None
        assert refused.status in (400, 422)
        paths = [""] if condition is None else [path for path, _ in walk(condition)]
        assert all(error.message and error.pointer.startswith(tuple(paths)) for error in refused.errors)
        return
    assert decode(encode(condition)) == condition
    assert sentence(result).text
    compile(result, NOW, "Europe/Oslo", segments={3: Stored(3), 5: check(decode({"kind": "always"}), SHOP)})
    facts = Facts(
        fields={"city": "Oslo", "age": 3},
        links={"orders": [], "orders.lines": []},
        events=[],
        segments={3: True, 5: False},
    )
    try:
        evaluate(result, facts, NOW, "Europe/Oslo")
    except MissingFact:
        return
