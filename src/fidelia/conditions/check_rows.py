"""Checking rules over rows: ``occurred`` and ``related`` with their windows, counts and figures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, cast

from . import nodes
from .moments import parse_date, parse_duration, parse_moment
from .names import Frame, event_fields, find, find_link, nearest, visible
from .operators import OPERATORS
from .plan import CountTest, MeasureTest, Plan, Rows, Window
from .types import TYPES
from .vocabulary import EventType, Field, Link, Subject

if TYPE_CHECKING:
    from .check import Checker

COUNTED = frozenset({"eq", "ne", "gt", "gte", "lt", "lte", "between"})
SUMMED = frozenset({"integer", "float", "decimal"})
RANKED = SUMMED | {"date", "datetime"}
AVERAGE_PLACES = 8
FLOAT_PLACES = 6
#: What stands for a value that was refused.
BAD: Any = object()


def occurred(checker: Checker, node: nodes.Occurred, path: str, frames: Sequence[Frame]) -> Plan | None:
    """Check a rule on what happened."""
    event = checker.vocabulary.event.get(node.event)
    table = checker.vocabulary.event_table
    if event is None or table is None:
        hint = nearest(node.event, list(checker.vocabulary.event))
        checker.bad(f"{path}/event", f"There is no event {node.event}{hint}")
        return None
    depth = len(frames) - 1
    if frames[0].subject is None or frames[0].subject.name != "profile":
        checker.bad(f"{path}/event", "Only profiles have events")
        return None
    checker.events.add(event.name)
    checker.history(f"{path}/event", event.live, f"The event {event.name}")
    time = event_fields(table)["event.at"]
    if node.within is not None and node.within.by is not None:
        checker.bad(f"{path}/within/by", "Events are looked at by the time they occurred; leave by out")
    window = _window(checker, node.within, time, "at", f"{path}/within")
    return _rows(checker, node, path, frames, depth, event=event, window=window)


def related(checker: Checker, node: nodes.Related, path: str, frames: Sequence[Frame]) -> Plan | None:
    """Check a rule on what is."""
    found = find_link(checker.vocabulary, frames, node.link)
    if found is None:
        known = [link.name for f in frames if f.subject for link in checker.vocabulary.links_of(f.subject.name)]
        checker.bad(f"{path}/link", f"There is no link {node.link} here{nearest(node.link, known)}")
        return None
    link, depth = found
    checker.links.add(link.name)
    checker.history(f"{path}/link", link.live, f"The link {link.name}")
    subject = checker.vocabulary.subject[link.to]
    window = None
    if node.within is not None:
        name = node.within.by or subject.key(subject.time)
        time = subject.by_name.get(f"{subject.name}.{name}") or subject.by_name.get(name)
        if time is None or time.type not in ("date", "datetime"):
            what = f"{name} is no day or moment of {link.name}" if name else f"{link.name} needs by: a day or moment"
            checker.bad(f"{path}/within/by", what)
            return None
        window = _window(checker, node.within, time, subject.key(time.name), f"{path}/within")
    return _rows(checker, node, path, frames, depth, link=link, subject=subject, window=window)


def _rows(
    checker: Checker,
    node: nodes.Occurred | nodes.Related,
    path: str,
    frames: Sequence[Frame],
    depth: int,
    *,
    event: EventType | None = None,
    link: Link | None = None,
    subject: Subject | None = None,
    window: Window | None = None,
) -> Plan | None:
    before = len(checker.errors)
    inner = Frame(subject=subject, event=event)
    inside = (*frames[: len(frames) - depth], inner)  # rows between the anchor and these are out of sight
    where = None if node.where is None else checker.node(node.where, f"{path}/where", inside)
    count = _count(checker, node.count or nodes.Count(), f"{path}/count")
    measure = None if node.measure is None else _measure(checker, node.measure, f"{path}/measure", inner)
    if len(checker.errors) > before or count is None or (node.within is not None and window is None):
        return None
    return Rows(path, depth, event, link, subject, window, where, count, measure)


def _window(  # noqa: PLR0911 each way out names another place
    checker: Checker, within: nodes.Within | None, field: Field, key: str, path: str
) -> Window | None:
    if within is None:
        return None
    if within.last is not None and (within.from_ is not None or within.to is not None):
        checker.bad(path, "Give either last, or from and to")
        return None
    try:
        if within.last is not None:
            step = "/last"
            last = parse_duration(within.last)
            if field.type == "date" and not last.whole_days:
                raise ValueError("A day is compared with days, weeks, months or years, not with hours")
            return Window(field, key, last, None, None)
        step = "/from"
        start = None if within.from_ is None else _edge(within.from_, field)
        step = "/to"
        end = None if within.to is None else _edge(within.to, field)
    except ValueError as exc:
        checker.bad(path + step, str(exc))
        return None
    if start is None and end is None:
        checker.bad(path, "A window needs last, from or to")
        return None
    if type(start) is type(end) and cast(date, start) >= cast(date, end):
        checker.bad(f"{path}/to", "to must be later than from")
        return None
    return Window(field, key, None, start, end)


def _count(checker: Checker, node: nodes.Count, path: str) -> CountTest | None:
    if node.op not in COUNTED:
        checker.bad(f"{path}/op", f"Rows are counted by one of these: {', '.join(sorted(COUNTED))}")
        return None
    operator = OPERATORS[node.op]
    value = checker.value(operator, "integer", node.value, f"{path}/value")
    if value is BAD:
        return None
    if any(v < 0 for v in (value if isinstance(value, tuple) else (value,))):
        checker.bad(f"{path}/value", "A number of rows cannot be negative")
        return None
    return CountTest(operator, value)


def _measure(  # noqa: PLR0911 each way out names another place
    checker: Checker, node: nodes.Measure, path: str, frame: Frame
) -> MeasureTest | None:
    if node.fn not in ("sum", "avg", "min", "max"):
        checker.bad(f"{path}/fn", "A measure is one of these: sum, avg, min, max")
        return None
    rows = cast(Subject, frame.subject)
    prefix = "event." if frame.event is not None else f"{rows.prefix or rows.name}."
    name = node.of if node.of.startswith(prefix) else prefix + node.of
    found = find(checker.vocabulary, (frame,), name, "gte", 0)
    if found is None or found.link is not None or name.startswith("now."):
        known = [n.removeprefix(prefix) for n in visible(checker.vocabulary, (frame,)) if n.startswith(prefix)]
        checker.bad(f"{path}/of", f"The rows have no {node.of}{nearest(node.of, known)}")
        return None
    field = found.field
    fitting = SUMMED if node.fn in ("sum", "avg") else RANKED
    if field.type not in fitting:
        checker.bad(f"{path}/of", f"{field.name} is a {TYPES[field.type].label}: it has no {node.fn}")
        return None
    checker.fields.add(field.name)
    type_, places = field.type, field.places
    if node.fn in ("sum", "avg"):
        type_, places = "decimal", {"integer": 0, "float": FLOAT_PLACES}.get(type_, places)
        places = AVERAGE_PLACES if node.fn == "avg" else places
    operator = checker.operator(node.op, f"{path}/op", None, type_)
    if operator is None:
        return None
    if operator.shape == "none" or operator.key == "anniversary_in":
        checker.bad(f"{path}/op", f"A measure cannot be compared by {operator.key}")
        return None
    value = checker.value(operator, type_, node.value, f"{path}/value")
    if value is BAD:
        return None
    return MeasureTest(node.fn, field, found.key, type_, places, operator, value)


def _edge(text: str, field: Field) -> Any:
    if field.type == "date":
        return parse_date(text)
    return parse_date(text) if len(text) == 10 else parse_moment(text)
