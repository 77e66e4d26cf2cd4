"""Checking what is asked of rows: how many there are, figures over them, and figures they are compared with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from . import nodes
from .check_sources import Source, chosen, event_source, link_source
from .names import Frame, find, nearest, visible
from .operators import OPERATORS, Operator
from .plan import CountTest, Figure, MeasureTest, Other, Rows
from .types import TYPES
from .vocabulary import Field, Subject

if TYPE_CHECKING:
    from .check import Checker

COUNTED = frozenset({"eq", "ne", "gt", "gte", "lt", "lte", "between"})
#: Operators between two figures.
COMPARED = frozenset({"eq", "ne", "gt", "gte", "lt", "lte"})
SUMMED = frozenset({"integer", "float", "decimal"})
TIMES = frozenset({"date", "datetime"})
RANKED = SUMMED | TIMES
#: Types whose values can be told apart, and compared one by one.
PLAIN = RANKED | {"string", "boolean", "enum", "ip"}
MEASURES: dict[str, frozenset[str]] = {
    "sum": SUMMED,
    "avg": SUMMED,
    "min": RANKED,
    "max": RANKED,
    "first": PLAIN,
    "last": PLAIN,
    "count_distinct": PLAIN,
    "gap_avg": TIMES,
}
AVERAGE_PLACES = 8
FLOAT_PLACES = 6
#: What stands for a value that was refused.
BAD: Any = object()


def result_type(fn: str, type_: str) -> str:
    """Return the type of a figure over a field of a type."""
    return {"sum": "decimal", "avg": "decimal", "gap_avg": "decimal", "count_distinct": "integer"}.get(fn, type_)


def result(fn: str, field: Field) -> tuple[str, int]:
    """Return the type of a figure over a field, and its decimal places."""
    places = {"avg": AVERAGE_PLACES, "gap_avg": AVERAGE_PLACES, "count_distinct": 0}.get(fn, field.places)
    if fn == "sum" and field.type != "decimal":
        places = 0 if field.type == "integer" else FLOAT_PLACES
    return result_type(fn, field.type), places


def fitting(type_: str) -> list[Operator]:
    """Return the operators that compare a figure of a type with a value."""
    return [o for o in OPERATORS.values() if type_ in o.types and o.shape != "none" and o.key != "anniversary_in"]


def count(checker: Checker, node: nodes.Count, path: str, source: Source, frames: Sequence[Frame]) -> CountTest | None:
    """Check how many rows, or distinct values, there must be."""
    if node.op not in COUNTED:
        checker.bad(f"{path}/op", f"Rows are counted by one of these: {', '.join(sorted(COUNTED))}")
        return None
    operator = OPERATORS[node.op]
    distinct = None
    if node.distinct is not None:
        distinct = _figure(checker, "count_distinct", node.distinct, f"{path}/distinct", source.frame)
        if distinct is None:
            return None
    if nodes.figure(node.value) is not None:
        other = _other(checker, node.value, Figure("count"), operator, path, source, frames)
        return None if other is None else CountTest(operator, None, distinct, other)
    value = checker.value(operator, "integer", node.value, f"{path}/value")
    if value is BAD:
        return None
    if any(v < 0 for v in (value if isinstance(value, tuple) else (value,))):
        checker.bad(f"{path}/value", "A number of rows cannot be negative")
        return None
    return CountTest(operator, value, distinct)


def measure(
    checker: Checker, node: nodes.Measure, path: str, source: Source, frames: Sequence[Frame]
) -> MeasureTest | None:
    """Check a figure and what it is compared with."""
    if node.fn not in MEASURES:
        checker.bad(f"{path}/fn", f"A measure is one of these: {', '.join(MEASURES)}")
        return None
    figure = _figure(checker, node.fn, node.of, f"{path}/of", source.frame, node.op, node.value)
    if figure is None:
        return None
    operator = checker.operator(node.op, f"{path}/op", None, figure.type)
    if operator is None:
        return None
    if operator not in fitting(figure.type):
        checker.bad(f"{path}/op", f"A measure cannot be compared by {operator.key}")
        return None
    if nodes.figure(node.value) is not None:
        other = _other(checker, node.value, figure, operator, path, source, frames)
        return None if other is None else MeasureTest(figure, operator, None, other)
    choices = figure.property if figure.type == "enum" else None
    value = checker.value(operator, figure.type, node.value, f"{path}/value", choices)
    return None if value is BAD else MeasureTest(figure, operator, value)


def _figure(
    checker: Checker, fn: str, of: str, pointer: str, frame: Frame, op: str = "gte", raw: Any = 0
) -> Figure | None:
    rows = cast(Subject, frame.subject)
    prefix = "event." if frame.event is not None else f"{rows.prefix or rows.name}."
    name = of if of.startswith(prefix) else prefix + of
    # an undeclared property is a number, or of the type of the value that its first or last one is compared with
    like = (op, raw) if fn in ("first", "last") and nodes.figure(raw) is None else ("gte", 0)
    found = find(checker.vocabulary, (frame,), name, *like)
    if found is None or found.link is not None or name.startswith("now."):
        known = [n.removeprefix(prefix) for n in visible(checker.vocabulary, (frame,)) if n.startswith(prefix)]
        checker.bad(pointer, f"The rows have no {of}{nearest(of, known)}")
        return None
    field = found.field
    if fn == "count_distinct" and name not in visible(checker.vocabulary, (frame,)):
        checker.bad(pointer, f"{name} is not declared, and of no known type: its values cannot be told apart")
        return None
    if field.type not in MEASURES[fn]:
        checker.bad(pointer, f"{field.name} is a {TYPES[field.type].label}: it has no {fn}")
        return None
    checker.fields.add(field.name)
    type_, places = result(fn, field)
    return Figure(fn, field, found.key, type_, places)


def _other(
    checker: Checker,
    raw: Any,
    mine: Figure,
    operator: Operator,
    path: str,
    source: Source,
    frames: Sequence[Frame],
) -> Other | None:
    """Check a figure that stands as a value: of the same subject, and of a type like the one compared."""
    pointer = f"{path}/value/figure"
    node = cast(nodes.Figure, nodes.figure(raw, f"{path}/value"))
    if operator.key not in COMPARED:
        checker.bad(f"{path}/op", f"A figure is compared by one of these: {', '.join(sorted(COMPARED))}")
        return None
    before = len(checker.errors)
    rows, theirs = _rows(checker, node, pointer, frames)
    if rows is None or theirs is None or len(checker.errors) > before:
        return None
    if rows.depth != source.depth or (rows.link.local if rows.link is not None else "") != source.local:
        checker.bad(pointer, "A figure must be of rows that are reached from where the rule's own are")
        return None
    both = {mine.type, theirs.type}
    if len(both) > 1 and not both <= SUMMED:
        checker.bad(pointer, f"A {TYPES[mine.type].label} cannot be compared with a {TYPES[theirs.type].label}")
        return None
    if not both <= RANKED:
        checker.bad(pointer, f"A {TYPES[mine.type].label} cannot be compared with a figure")
        return None
    return Other(rows, theirs, max(_places(mine), _places(theirs)))


def _places(figure: Figure) -> int:
    """Return the decimal places at which a figure is compared with another one."""
    places = {"float": FLOAT_PLACES, "decimal": figure.places}
    return places.get(figure.type, 0)


def _rows(
    checker: Checker, node: nodes.Figure, path: str, frames: Sequence[Frame]
) -> tuple[Rows | None, Figure | None]:
    if (node.event is None) == (node.link is None):
        checker.bad(path, "A figure is of either an event or a link")
        return None, None
    if node.event is not None:
        source = event_source(checker, node.event, path, frames)
    else:
        source = link_source(checker, cast(str, node.link), path, frames)
    if source is None:
        return None, None
    rows = chosen(checker, node, source, path, frames)
    if node.fn == "count":
        if node.of is not None:
            checker.bad(f"{path}/of", "Rows are counted; leave of out")
        return rows, Figure("count")
    if node.fn not in MEASURES:
        checker.bad(f"{path}/fn", f"A figure is one of these: count, {', '.join(MEASURES)}")
        return None, None
    if node.of is None:
        checker.bad(f"{path}/of", f"{node.fn} needs of: a property of the rows")
        return None, None
    return rows, _figure(checker, node.fn, node.of, f"{path}/of", source.frame)
