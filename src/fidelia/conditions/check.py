"""Checking a condition against a vocabulary: every name, type and value, all errors in one go.

What comes out is the typed tree both readings work on, and the list of what it refers to.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, cast

import msgspec

from fidelia.kernel.errors import FieldError, invalid

from . import nodes
from .cycles import SegmentLookup, way_back
from .moments import parse_date, parse_duration, parse_moment
from .names import Frame, event_fields, find, find_link, nearest, visible
from .nodes import MAX_DEPTH, MAX_NODES, Condition
from .operands import BadValue, literal
from .operators import OPERATORS, Operator
from .plan import (
    Checked,
    CountTest,
    Group,
    MeasureTest,
    Membership,
    Negation,
    Plan,
    References,
    Rows,
    Test,
    Truth,
    Window,
)
from .types import TYPES
from .vocabulary import EventType, Field, Link, Subject, Vocabulary

COUNTED = frozenset({"eq", "ne", "gt", "gte", "lt", "lte", "between"})
SUMMED = frozenset({"integer", "float", "decimal"})
RANKED = SUMMED | {"date", "datetime"}
AVERAGE_PLACES = 8
FLOAT_PLACES = 6


def check(
    condition: Condition,
    vocabulary: Vocabulary,
    *,
    subject: str = "profile",
    live_only: bool = False,
    segments: SegmentLookup | None = None,
    own: int | None = None,
    pointer: str = "",
) -> Checked:
    """Type a condition. Raises a ``Problem`` 422 with a JSON pointer (below ``pointer``) for each error.

    ``subject`` is what is selected; ``live_only`` refuses history; ``segments`` looks up segments that are referred to
    (without it none may be); ``own`` is the id of the segment being saved, which the condition must not lead back to.
    """
    checker = _Checker(vocabulary, live_only, segments, own)
    home = vocabulary.subject.get(subject)
    if home is None or not home.table:
        raise ValueError(f"The vocabulary has no subject {subject}")
    root = checker.start(condition, home)
    if checker.errors or root is None:
        raise invalid(*(FieldError(pointer + e.pointer, e.message) for e in checker.errors))
    return Checked(
        condition=condition,
        subject=subject,
        root=root,
        vocabulary=vocabulary,
        references=References(
            frozenset(checker.fields),
            frozenset(checker.events),
            frozenset(checker.links),
            frozenset(checker.names),
        ),
        live=checker.live,
        segment_names=checker.names,
    )


class _Checker:
    def __init__(
        self, vocabulary: Vocabulary, live_only: bool, segments: SegmentLookup | None, own: int | None
    ) -> None:
        self.vocabulary = vocabulary
        self.live_only = live_only
        self.segments = segments
        self.own = own
        self.errors: list[FieldError] = []
        self.fields: set[str] = set()
        self.events: set[str] = set()
        self.links: set[str] = set()
        self.names: dict[int, str] = {}
        self.live = True

    def start(self, condition: Condition, home: Subject) -> Plan | None:
        """Check the size of the tree first: what follows recurses."""
        for number, (path, _) in enumerate(nodes.walk(condition), 1):
            if path.count("/of") + path.count("/where") >= MAX_DEPTH:
                self.bad(path, f"A condition may nest {MAX_DEPTH} levels at most")
                return None
            if number > MAX_NODES:
                self.bad(path, f"A condition may have {MAX_NODES:,} nodes at most")
                return None
        return self.node(condition, "", (Frame(subject=home),))

    def bad(self, pointer: str, message: str) -> None:
        self.errors.append(FieldError(pointer, message))

    def history(self, pointer: str, live: bool, what: str) -> None:
        if not live:
            self.live = False
            if self.live_only:
                self.bad(pointer, f"{what} is history, which is not at hand here: only live facts can be tested")

    def node(self, node: Condition, path: str, frames: Sequence[Frame]) -> Plan | None:  # noqa: PLR0911 one per kind
        match node:
            case nodes.AllOf(of=of) | nodes.AnyOf(of=of):
                if not of:
                    self.bad(f"{path}/of", "A group needs at least one rule")
                    return None
                parts = [self.node(child, f"{path}/of/{i}", frames) for i, child in enumerate(of)]
                if any(part is None for part in parts):
                    return None
                return Group(path, isinstance(node, nodes.AllOf), cast("tuple[Plan, ...]", tuple(parts)))
            case nodes.Not(of=inner):
                part = self.node(inner, f"{path}/of", frames)
                return None if part is None else Negation(path, part)
            case nodes.Always():
                return Truth(path)
            case nodes.Compare():
                return self.compare(node, path, frames)
            case nodes.Occurred():
                return self.occurred(node, path, frames)
            case nodes.Related():
                return self.related(node, path, frames)
            case nodes.Member():
                return self.member(node, path, frames)

    def compare(self, node: nodes.Compare, path: str, frames: Sequence[Frame]) -> Plan | None:
        found = find(self.vocabulary, frames, node.field, node.op, node.value)
        if found is None:
            hint = nearest(node.field, visible(self.vocabulary, frames))
            self.bad(f"{path}/field", f"There is no field {node.field} here{hint}")
            if node.op not in OPERATORS:
                self.operator(node.op, f"{path}/op", None)
            return None
        field = found.field
        self.fields.add(field.name)
        if found.link is not None:
            self.links.add(found.link.name)
        live = field.live and (found.link is None or found.link.live)
        if not field.name.startswith("event."):  # of an event it was said at the event
            self.history(f"{path}/field", live, f"The field {field.name}")
        operator = self.operator(node.op, f"{path}/op", field)
        if operator is None:
            return None
        value = self.value(operator, field.type, node.value, f"{path}/value", field)
        if value is _BAD:
            return None
        return Test(path, field, found.key, found.depth, found.link, operator, value, node.case)

    def operator(self, key: str, pointer: str, field: Field | None, type_: str = "") -> Operator | None:
        operator = OPERATORS.get(key)
        if operator is None:
            self.bad(pointer, f"There is no operator {key}{nearest(key, list(OPERATORS))}")
            return None
        type_ = type_ or (field.type if field else "")
        if type_ and type_ not in operator.types:
            fitting = ", ".join(o.key for o in OPERATORS.values() if type_ in o.types)
            what = f"{field.name} is a {TYPES[type_].label}" if field else f"This is a {TYPES[type_].label}"
            self.bad(pointer, f"{what}; {key} does not fit, one of these does: {fitting}")
            return None
        return operator

    def value(self, operator: Operator, type_: str, raw: Any, pointer: str, field: Field | None = None) -> Any:
        if operator.shape == "none":
            if raw is not msgspec.UNSET:
                self.bad(pointer, f"{operator.key} takes no value")
                return _BAD
            return None
        if raw is msgspec.UNSET or raw is None:
            self.bad(pointer, f"{operator.key} needs a value")
            return _BAD
        try:
            value = literal(operator, type_, raw)
        except BadValue as exc:
            self.bad(pointer + exc.step, str(exc))
            return _BAD
        if field is not None and field.type == "enum":
            return self.choices(field, value, pointer)
        return value

    def choices(self, field: Field, value: Any, pointer: str) -> Any:
        """Put the option's own spelling in the place of what was sent."""
        known = {option.value.lower(): option.value for option in field.options}
        many = isinstance(value, tuple)
        values = value if many else (value,)
        for index, item in enumerate(values if known else ()):
            if item.lower() not in known:
                at = f"{pointer}/{index}" if many else pointer
                options = ", ".join(option.value for option in field.options[:20])
                self.bad(at, f"{field.name} has no choice {item}; it has: {options}")
                return _BAD
        spelt = tuple(known.get(item.lower(), item) for item in values)
        return spelt if many else spelt[0]

    def occurred(self, node: nodes.Occurred, path: str, frames: Sequence[Frame]) -> Plan | None:
        event = self.vocabulary.event.get(node.event)
        table = self.vocabulary.event_table
        if event is None or table is None:
            hint = nearest(node.event, list(self.vocabulary.event))
            self.bad(f"{path}/event", f"There is no event {node.event}{hint}")
            return None
        depth = len(frames) - 1
        if frames[0].subject is None or frames[0].subject.name != "profile":
            self.bad(f"{path}/event", "Only profiles have events")
            return None
        self.events.add(event.name)
        self.history(f"{path}/event", event.live, f"The event {event.name}")
        time = event_fields(table)["event.at"]
        if node.within is not None and node.within.by is not None:
            self.bad(f"{path}/within/by", "Events are looked at by the time they occurred; leave by out")
        window = self.window(node.within, time, "at", f"{path}/within")
        return self.rows(node, path, frames, depth, event=event, window=window)

    def related(self, node: nodes.Related, path: str, frames: Sequence[Frame]) -> Plan | None:
        found = find_link(self.vocabulary, frames, node.link)
        if found is None:
            known = [link.name for f in frames if f.subject for link in self.vocabulary.links_of(f.subject.name)]
            self.bad(f"{path}/link", f"There is no link {node.link} here{nearest(node.link, known)}")
            return None
        link, depth = found
        self.links.add(link.name)
        self.history(f"{path}/link", link.live, f"The link {link.name}")
        subject = self.vocabulary.subject[link.to]
        window = None
        if node.within is not None:
            name = node.within.by or subject.key(subject.time)
            time = subject.by_name.get(f"{subject.name}.{name}") or subject.by_name.get(name)
            if time is None or time.type not in ("date", "datetime"):
                what = (
                    f"{name} is no day or moment of {link.name}" if name else f"{link.name} needs by: a day or moment"
                )
                self.bad(f"{path}/within/by", what)
                return None
            window = self.window(node.within, time, subject.key(time.name), f"{path}/within")
        return self.rows(node, path, frames, depth, link=link, subject=subject, window=window)

    def rows(
        self,
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
        before = len(self.errors)
        inner = Frame(subject=subject, event=event)
        inside = (*frames[: len(frames) - depth], inner)  # rows between the anchor and these are out of sight
        where = None if node.where is None else self.node(node.where, f"{path}/where", inside)
        count = self.count(node.count or nodes.Count(), f"{path}/count")
        measure = None if node.measure is None else self.measure(node.measure, f"{path}/measure", inner)
        if len(self.errors) > before or count is None or (node.within is not None and window is None):
            return None
        return Rows(path, depth, event, link, subject, window, where, count, measure)

    def window(  # noqa: PLR0911 each way out names another place
        self, within: nodes.Within | None, field: Field, key: str, path: str
    ) -> Window | None:
        if within is None:
            return None
        if within.last is not None and (within.from_ is not None or within.to is not None):
            self.bad(path, "Give either last, or from and to")
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
            self.bad(path + step, str(exc))
            return None
        if start is None and end is None:
            self.bad(path, "A window needs last, from or to")
            return None
        if type(start) is type(end) and cast(date, start) >= cast(date, end):
            self.bad(f"{path}/to", "to must be later than from")
            return None
        return Window(field, key, None, start, end)

    def count(self, node: nodes.Count, path: str) -> CountTest | None:
        if node.op not in COUNTED:
            self.bad(f"{path}/op", f"Rows are counted by one of these: {', '.join(sorted(COUNTED))}")
            return None
        operator = OPERATORS[node.op]
        value = self.value(operator, "integer", node.value, f"{path}/value")
        if value is _BAD:
            return None
        if any(v < 0 for v in (value if isinstance(value, tuple) else (value,))):
            self.bad(f"{path}/value", "A number of rows cannot be negative")
            return None
        return CountTest(operator, value)

    def measure(  # noqa: PLR0911 each way out names another place
        self, node: nodes.Measure, path: str, frame: Frame
    ) -> MeasureTest | None:
        if node.fn not in ("sum", "avg", "min", "max"):
            self.bad(f"{path}/fn", "A measure is one of these: sum, avg, min, max")
            return None
        rows = cast(Subject, frame.subject)
        prefix = "event." if frame.event is not None else f"{rows.prefix or rows.name}."
        name = node.of if node.of.startswith(prefix) else prefix + node.of
        found = find(self.vocabulary, (frame,), name, "gte", 0)
        if found is None or found.link is not None or name.startswith("now."):
            known = [n.removeprefix(prefix) for n in visible(self.vocabulary, (frame,)) if n.startswith(prefix)]
            self.bad(f"{path}/of", f"The rows have no {node.of}{nearest(node.of, known)}")
            return None
        field = found.field
        fitting = SUMMED if node.fn in ("sum", "avg") else RANKED
        if field.type not in fitting:
            self.bad(f"{path}/of", f"{field.name} is a {TYPES[field.type].label}: it has no {node.fn}")
            return None
        self.fields.add(field.name)
        type_, places = field.type, field.places
        if node.fn in ("sum", "avg"):
            type_, places = "decimal", {"integer": 0, "float": FLOAT_PLACES}.get(type_, places)
            places = AVERAGE_PLACES if node.fn == "avg" else places
        operator = self.operator(node.op, f"{path}/op", None, type_)
        if operator is None:
            return None
        if operator.shape == "none" or operator.key == "anniversary_in":
            self.bad(f"{path}/op", f"A measure cannot be compared by {operator.key}")
            return None
        value = self.value(operator, type_, node.value, f"{path}/value")
        if value is _BAD:
            return None
        return MeasureTest(node.fn, field, found.key, type_, places, operator, value)

    def member(self, node: nodes.Member, path: str, frames: Sequence[Frame]) -> Plan | None:
        before = len(self.errors)
        given = [name for name, value in msgspec.structs.asdict(node.of).items() if value is not None]
        if given != ["segment"]:
            what = given[0].replace("_", " ") if given else "nothing"
            self.bad(f"{path}/of", f"Only belonging to a segment can be tested so far, not to {what}")
        if node.state != "now":
            self.bad(f"{path}/state", "Only belonging now can be tested so far")
        if node.subject != "profile" or cast(Subject, frames[0].subject).name != "profile":
            self.bad(f"{path}/subject", "Only segments of profiles can be tested so far")
        for name in ("count", "within"):
            if getattr(node, name) is not None:
                self.bad(f"{path}/{name}", "Entries into a segment cannot be tested so far")
        if len(self.errors) > before or node.of.segment is None:
            return None
        self.segment(node.of.segment, f"{path}/of/segment")
        return None if len(self.errors) > before else Membership(path, len(frames) - 1, node.of.segment)

    def segment(self, id_: int, pointer: str) -> None:
        """Look a segment up and follow it, and those it refers to, for a way back."""
        ref = self.segments(id_) if self.segments else None
        if ref is None:
            self.bad(pointer, f"There is no segment {id_} here")
            return
        if ref.subject != "profile":
            self.bad(pointer, f"{ref.name} is no segment of profiles")
            return
        self.names[id_] = ref.name
        if self.segments and (trail := way_back(id_, self.own, self.segments)):
            names = " → ".join(trail)
            self.bad(pointer, f"A segment cannot lead back to itself: {names}")
        return


_BAD: Any = object()


def _edge(text: str, field: Field) -> Any:
    if field.type == "date":
        return parse_date(text)
    return parse_date(text) if len(text) == 10 else parse_moment(text)
