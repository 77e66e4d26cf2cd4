"""Draws values and comparisons.

Values come by operator shape and field type: a new operator row is drawn at once, a new shape or type without a
way here fails loudly.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar

from hypothesis import strategies as st

from fidelia.conditions import Field
from fidelia.conditions.against import pair, values_of
from fidelia.conditions.json_text import JSON_TYPES
from fidelia.conditions.operators import OPERATORS, Operator
from fidelia.conditions.pairs import common

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
from .universe import sources

SOURCES = sources(0)

Node = dict[str, Any]
#: Draws a whole number, both ends included: everything else is made of such.
Draw = Callable[[int, int], int]
T = TypeVar("T")


def seeded(*seed: object) -> Draw:
    """Draw the same each time for a seed."""
    return random.Random(" ".join(map(str, seed))).randint


@st.composite
def hypothetical(drawn: Any, make: Callable[[Draw], T]) -> T:
    """Draw what a function makes: others each time, and a failure is made as small as possible."""
    return make(lambda low, high: drawn(_numbers(low, high)))


@cache
def _numbers(low: int, high: int) -> st.SearchStrategy[int]:
    return st.integers(low, high)


def flip(draw: Draw) -> bool:
    return draw(0, 1) == 1


def pick(draw: Draw, pool: Iterable[Any]) -> Any:
    choices = pool if isinstance(pool, (list, tuple)) else list(pool)
    return choices[draw(0, len(choices) - 1)]


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


def patterns(draw: Draw) -> str:
    """Draw a regular expression, characters of several bytes before quantifiers included."""
    return "".join(pick(draw, ATOMS) + pick(draw, ["", "", "*", "?", "+", "{0,2}"]) for _ in range(draw(0, 5)))


def value_of(draw: Draw, operator: Operator, type_: str) -> Any:
    """Draw a value an operator takes on a field of a type."""
    durations = WHOLE_DAYS if type_ == "date" else DURATIONS
    match operator.shape:
        case "one":
            return pick(draw, ONE[type_])
        case "list":
            return [pick(draw, ONE[type_]) for _ in range(draw(1, 4))]
        case "range":
            pool = ONE[type_] if type_ != "datetime" else pick(draw, [TIMES, DAYS])
            number = type_ in ("integer", "float", "decimal")
            return sorted((pick(draw, pool), pick(draw, pool)), key=(lambda v: Decimal(str(v))) if number else None)
        case "when" if flip(draw):
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


_ALWAYS_IN_SIGHT = (
    ("profile", ROW_TYPES),
    ("loyalty.1", ROW_TYPES),
    ("now", {"weekday": "enum", "time": "time", "date": "date"}),
)


def other_value(draw: Draw, field: str, operator: Operator, type_: str) -> Any:
    """Draw another field or a source that an operator takes, sometimes; or nothing."""
    kinds = values_of(operator)
    kind = pick(draw, ["literal"] * 3 + ["field", "source"])
    if kind == "literal" or kind not in kinds:
        return None
    mine = Field(name=field, type=type_, label="")
    if kind == "source":
        fitting = [s for s in SOURCES if common(type_, 4, s.type, 4) is not None]
        lists = [s for s in fitting if s.list is not None]  # few among the columns of tables
        source = pick(draw, lists if lists and flip(draw) else fitting) if fitting else None
        if source is None:
            return None
        return {"list": source.list} if source.list is not None else {"table": source.table, "column": source.column}
    first = field.partition("[")[0].partition(".")[0]
    prefix = first if first in ("event", "item") else field.partition("[")[0].rpartition(".")[0]
    known = {"event": EVENT_TYPES, "now": {}, "item": {}}.get(prefix, ROW_TYPES)
    names = {f"{p}.{n}": t for p, types in ((prefix, known), *_ALWAYS_IN_SIGHT) for n, t in types.items()}
    fitting_names = [n for n, t in names.items() if pair(operator, mine, Field(name=n, type=t, label="")) is not None]
    if not fitting_names or draw(0, 5) == 0:
        fits = type_ != "time" and (operator.shape != "list" or type_ in ("string", "enum", "tags"))
        return {"field": 'profile.extra["city"]'} if fits else None
    return {"field": pick(draw, fitting_names)}


def compare(draw: Draw, field: str, operator: Operator, type_: str) -> Node:
    """Draw a comparison of one field by one operator."""
    node: Node = {"kind": "compare", "field": field, "op": operator.key}
    if operator.shape != "none":
        node["value"] = other_value(draw, field, operator, type_) or value_of(draw, operator, type_)
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
    keys = [pick(draw, [*names, *ODD_KEYS])] if flip(draw) else ["deep", pick(draw, ["inside", "a.b"])]
    return "".join(f"[{json.dumps(key, ensure_ascii=flip(draw))}]" for key in keys)


def asked_as(draw: Draw, field: str, operator: Operator, as_: str) -> Node:
    """A property nobody declared, compared as a type that the node names."""
    return {**compare(draw, field, operator, as_), "as": as_}


def undeclared(draw: Draw, field: str) -> Node:
    """A property nobody declared: of an open event, or inside an object."""
    if draw(0, 2) == 0:
        as_ = pick(draw, JSON_TYPES)
        return asked_as(draw, field, pick(draw, operators(as_)), as_)
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
