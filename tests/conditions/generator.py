"""Strategies that draw any condition the universe's vocabulary allows.

Values come by operator shape and field type: a new operator row is drawn at once, a new shape or type without a
strategy here fails loudly.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from fidelia.conditions.operators import OPERATORS, Operator

from .pools import (
    BRANCHES,
    COLOURS,
    DATES,
    DECIMALS,
    DURATIONS,
    FLOATS,
    INTEGERS,
    IPS,
    MOMENTS,
    NETWORKS,
    ODD_KEYS,
    PATTERNS,
    TAGS,
    TEXTS,
)

Node = dict[str, Any]
Draw = Callable[[st.SearchStrategy[Any]], Any]
ROW_TYPES = {
    **{
        t: t
        for t in ("string", "integer", "float", "decimal", "boolean", "date", "datetime", "enum", "tags", "ip", "tree")
    },
    "name": "string",
    "number": "integer",
}
EVENT_TYPES = {
    "mailing": "integer",
    "total": "decimal",
    "at": "datetime",
    "id": "string",
    "deep.inside": "float",
    **{f"j_{t}": t for t in ("string", "integer", "float", "boolean", "date", "datetime", "tags", "ip")},
}
DAYS = [d.isoformat() for d in DATES]
TIMES = [f"{m:%Y-%m-%dT%H:%M:%S}.{m.microsecond // 1000:03d}Z" for m in MOMENTS]
WHOLE_DAYS = [d for d in DURATIONS if "T" not in d]
_SHORT = [f for f in FLOATS if 1e-7 <= abs(f) <= 1e17]
ONE: dict[str, list[Any]] = {
    "string": [t for t in TEXTS if t],
    "integer": INTEGERS,
    # JSON numbers where they have few digits, texts otherwise
    "float": [f if len(repr(f).strip("-0").replace(".", "")) <= 15 else format(Decimal(repr(f)), "f") for f in _SHORT]
    + [0, 2],
    "decimal": [*map(str, DECIMALS), "0.00005", 3, 9.99, "-0.00015"],
    "boolean": [True, False],
    "date": DAYS,
    "datetime": TIMES + DAYS,
    "enum": [*COLOURS, "RED", "green"],
    "tags": TAGS,
    "ip": IPS,
    "tree": sorted({step for branch in BRANCHES for step in branch} | {"FOOD"}),
    "time": ["00:00", "00:59", "12:00", "18:30", "23:59"],
}
# what an undeclared property is compared as: the literal and the operator decide
OPEN: dict[str, list[Any]] = {
    "string": [t for t in TEXTS if t],
    "float": [1, 0.1, 5, 2.5, -7],
    "boolean": [True, False],
    "tags": TAGS,
}
OPEN_OPERATORS = {
    "string": ("eq", "ne", "in", "not_in", "contains", "not_contains", "starts_with", "ends_with", "matches"),
    "float": ("eq", "ne", "in", "not_in", "gt", "gte", "lt", "lte", "between"),
    "boolean": ("eq", "ne"),
    "tags": ("any_of", "all_of", "none_of"),
    "datetime": ("in_last", "in_next", "before", "after"),
    "ip": ("in_subnet",),
    "any": ("is_missing", "is_present"),
}


ATOMS = [
    "a",
    "o",
    "Os",
    "ß",
    "Σ",
    "İ",
    "k",
    ".",
    r"\d",
    r"\w",
    r"\b",
    "^",
    "$",
    "[a-c]",
    "[^o]",
    "[[:upper:]]",
    r"\pL",
    "é",
    "😀",
]
ATOMS += ["(?i)", "(?-i)", "(?m)", "(?i:B)", r"\n", r"\x41", r"\Q.\E", "(?:ab)", "(b)", "|", "(?P<n>r)", r"\$"]


@st.composite
def patterns(draw: Draw) -> str:
    """Draw a regular expression, characters of several bytes before quantifiers included."""
    parts = draw(
        st.lists(st.tuples(st.sampled_from(ATOMS), st.sampled_from(["", "", "*", "?", "+", "{0,2}"])), max_size=5)
    )
    return "".join(atom + times for atom, times in parts)


def pick(draw: Draw, pool: Any) -> Any:
    return draw(st.sampled_from(list(pool)))


def value_of(draw: Draw, operator: Operator, type_: str) -> Any:
    """Draw a value an operator takes on a field of a type."""
    durations = WHOLE_DAYS if type_ == "date" else DURATIONS
    match operator.shape:
        case "one":
            return pick(draw, ONE[type_])
        case "list":
            return [pick(draw, ONE[type_]) for _ in range(draw(st.integers(1, 4)))]
        case "range":
            pool = ONE[type_] if type_ != "datetime" else pick(draw, [TIMES, DAYS])
            number = type_ in ("integer", "float", "decimal")
            return sorted((pick(draw, pool), pick(draw, pool)), key=(lambda v: Decimal(str(v))) if number else None)
        case "when" if draw(st.booleans()):
            return pick(draw, ["", "-"]) + pick(draw, durations)
        case "when":
            return pick(draw, ONE[type_])
        case "duration":
            return pick(draw, durations)
        case "pattern":
            return pick(draw, PATTERNS)
        case "network":
            return pick(draw, NETWORKS)
    raise AssertionError(f"The generator draws no value of the shape {operator.shape} for {operator.key}")


def compare(draw: Draw, field: str, operator: Operator, type_: str) -> Node:
    """Draw a comparison of one field by one operator."""
    node: Node = {"kind": "compare", "field": field, "op": operator.key}
    if operator.shape != "none":
        node["value"] = value_of(draw, operator, type_)
        if pick(draw, [False, False, True]):
            node["case"] = True
    return node


def operators(type_: str) -> list[Operator]:
    """The operators of a type."""
    return [o for o in OPERATORS.values() if type_ in o.types]


def some_field(draw: Draw, prefix: str, types: dict[str, str]) -> Node:
    name = pick(draw, types)
    return compare(draw, f"{prefix}.{name}", pick(draw, operators(types[name])), types[name])


def path(draw: Draw, *names: str) -> str:
    """A path into an object, odd keys included."""
    keys = [pick(draw, [*names, *ODD_KEYS])] if draw(st.booleans()) else ["deep", pick(draw, ["inside", "a.b"])]
    return "".join(f"[{json.dumps(key, ensure_ascii=draw(st.booleans()))}]" for key in keys)


def undeclared(draw: Draw, field: str) -> Node:
    """A property nobody declared: of an open event, or inside an object."""
    type_ = pick(draw, OPEN_OPERATORS)
    operator = OPERATORS[pick(draw, OPEN_OPERATORS[type_])]
    node: Node = {"kind": "compare", "field": field, "op": operator.key}
    if type_ == "datetime":
        return {**node, "value": pick(draw, TIMES if operator.shape == "when" else DURATIONS)}
    if operator.shape == "none":
        return node
    if operator.shape in ("pattern", "network"):
        return {**node, "value": value_of(draw, operator, type_)}
    many = operator.shape in ("list", "range")
    drawn = [pick(draw, OPEN[type_]) for _ in range(2)]
    return {**node, "value": (sorted(drawn) if operator.shape == "range" else drawn) if many else drawn[0]}


def of_profile(draw: Draw) -> Node:
    match draw(st.integers(0, 9)):
        case 0:
            return {"kind": "member", "of": {"segment": pick(draw, [1, 2, 3])}}
        case 1:
            return undeclared(draw, "profile.extra" + path(draw, "city"))
        case 2:
            return some_field(draw, "loyalty.1", ROW_TYPES)
        case 3:
            return {"kind": "always"} if draw(st.booleans()) else of_moment(draw)
    return some_field(draw, "profile", ROW_TYPES)


def of_moment(draw: Draw) -> Node:
    name, type_ = pick(draw, [("now.weekday", "enum"), ("now.time", "time"), ("now.date", "date")])
    node = compare(draw, name, pick(draw, operators(type_)), type_)
    if type_ == "enum" and "value" in node:
        node["value"] = ["monday", "Sunday"] if isinstance(node["value"], list) else "Saturday"
    return node


def of_event(draw: Draw, event: str) -> Node:
    match draw(st.integers(0, 5)):
        case 0:
            return of_profile(draw)
        case 1 if event == "custom.quiz":
            return undeclared(draw, "event.free")
    return some_field(draw, "event", EVENT_TYPES)


def of_line(draw: Draw) -> Node:
    match draw(st.integers(0, 6)):
        case 0:
            return of_profile(draw)
        case 1 | 2:
            return some_field(draw, "product", ROW_TYPES)
        case 3:
            return occurred(draw)
    return some_field(draw, "line", ROW_TYPES)


def of_order_line(draw: Draw) -> Node:
    return some_field(draw, "order", ROW_TYPES) if draw(st.integers(0, 3)) == 0 else of_line(draw)


def of_order(draw: Draw) -> Node:
    match draw(st.integers(0, 7)):
        case 0:
            return of_profile(draw)
        case 1:
            return occurred(draw)
        case 2 | 3:
            return related(draw, "lines", of_order_line)
        case 4:
            return related(draw, "orders.lines", of_line)
    return some_field(draw, "order", ROW_TYPES)


def tree(draw: Draw, leaf: Callable[[Draw], Node], depth: int) -> Node:
    """Draw groups and complements over leaves."""
    shape = draw(st.integers(0, 5)) if depth else 5
    if shape <= 1:
        parts = [tree(draw, leaf, depth - 1) for _ in range(draw(st.integers(1, 3)))]
        return {"kind": "all" if shape else "any", "of": parts}
    return {"kind": "not", "of": tree(draw, leaf, depth - 1)} if shape == 2 else leaf(draw)


def window(draw: Draw, *, days: bool) -> Node | None:
    shape = draw(st.integers(0, 6))
    by = {"by": "date"} if days and draw(st.booleans()) else {}
    if shape == 0:
        return {"last": pick(draw, WHOLE_DAYS if by else DURATIONS), **by}
    pool = DAYS if by else pick(draw, [TIMES, DAYS])
    if shape in (1, 2):
        return {"from" if shape == 1 else "to": pick(draw, pool), **by}
    if shape == 3:
        first, last = sorted((pick(draw, pool), pick(draw, pool)))
        return {"from": first, "to": last, **by} if first < last else {"from": first, **by}
    return None


def counted(draw: Draw) -> Node | None:
    op = pick(draw, [None, None, "eq", "ne", "gt", "gte", "lt", "lte", "between"])
    if op is None:
        return None
    low, high = sorted((draw(st.integers(0, 4)), draw(st.integers(0, 4))))
    return {"op": op, "value": [low, high] if op == "between" else low}


def measured(draw: Draw, types: dict[str, str]) -> Node | None:
    if draw(st.integers(0, 2)):
        return None
    fn = pick(draw, ["sum", "avg", "min", "max"])
    allowed = ("integer", "float", "decimal") + (("date", "datetime") if fn in ("min", "max") else ())
    name = pick(draw, [n for n, t in types.items() if t in allowed])
    type_ = types[name] if fn in ("min", "max") else "decimal"
    fitting = [o for o in operators(type_) if o.shape != "none" and o.key != "anniversary_in"]
    operator = pick(draw, fitting)
    return {"fn": fn, "of": name, "op": operator.key, "value": value_of(draw, operator, type_)}


def of_item(draw: Draw) -> Node:
    if draw(st.integers(0, 4)) == 0:
        return of_profile(draw)
    return undeclared(draw, pick(draw, ["item.n", "item.deep.inside", "item" + path(draw, "age"), 'item.deep["a.b"]']))


def children(draw: Draw) -> Node:
    node = rule(draw, {"kind": "related", "link": "profile.children"}, of_item, {"n": "float", "age": "float"})
    return {key: value for key, value in node.items() if key != "within"}  # items have no time of their own


def rule(draw: Draw, node: Node, leaf: Callable[[Draw], Node], types: dict[str, str], *, days: bool = False) -> Node:
    parts = {
        "within": window(draw, days=days),
        "where": tree(draw, leaf, 2) if draw(st.booleans()) else None,
        "count": counted(draw),
        "measure": measured(draw, types),
    }
    return {**node, **{key: value for key, value in parts.items() if value is not None}}


def occurred(draw: Draw) -> Node:
    event = pick(draw, ["message.opened", "custom.quiz"])
    node = {"kind": "occurred", "event": event}
    return rule(draw, node, lambda d: of_event(d, event), EVENT_TYPES, days=False)


def related(draw: Draw, link: str, leaf: Callable[[Draw], Node]) -> Node:
    return rule(draw, {"kind": "related", "link": link}, leaf, ROW_TYPES, days=True)


def any_rule(draw: Draw) -> Node:
    match draw(st.integers(0, 9)):
        case 0 | 1 | 2:
            return occurred(draw)
        case 3 | 4:
            return related(draw, "orders", of_order)
        case 5:
            return related(draw, "orders.lines", of_line)
        case 6:
            return children(draw)
    return of_profile(draw)


@st.composite
def conditions(draw: Draw) -> Node:
    """Draw any condition on profiles."""
    return tree(draw, any_rule, 3)
