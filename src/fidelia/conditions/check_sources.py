"""Checking which rows a rule looks at: their event or link, the window, the choice, the condition on each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, cast

import msgspec

from . import nodes
from .moments import parse_date, parse_duration, parse_moment
from .names import Frame, event_fields, find_link, nearest
from .operators import OPERATORS
from .plan import Choice, CountTest, Key, Order, Rows, Since, Window
from .vocabulary import EventType, Field, Link, Subject

if TYPE_CHECKING:
    from .check import Checker

MAX_TAKE = 10_000
MAX_OFFSET = 1_000
CHOICES = ("latest", "first", "nth")
#: Functions for which the order of rows matters.
ORDERED = ("first", "last")


class Source(msgspec.Struct, frozen=True):
    """Rows of an event type or over a link, and how many rows outwards they are reached from."""

    depth: int
    event: EventType | None = None
    link: Link | None = None
    subject: Subject | None = None

    @property
    def frame(self) -> Frame:
        """The row as names see it."""
        return Frame(subject=self.subject, event=self.event, link=self.link)

    @property
    def local(self) -> str:
        """The column that leads to the rows; empty for the id of what they belong to."""
        return self.link.local if self.link is not None else ""


def event_source(checker: Checker, name: str, path: str, frames: Sequence[Frame]) -> Source | None:
    """Find an event type; events are always those of the subject itself."""
    event = checker.vocabulary.event.get(name)
    if event is None or checker.vocabulary.event_table is None:
        hint = nearest(name, list(checker.vocabulary.event))
        checker.bad(f"{path}/event", f"There is no event {name}{hint}")
        return None
    if frames[0].subject is None or frames[0].subject.name != "profile":
        checker.bad(f"{path}/event", "Only profiles have events")
        return None
    checker.events.add(event.name)
    checker.history(f"{path}/event", event.live, f"The event {event.name}")
    return Source(len(frames) - 1, event=event)


def link_source(checker: Checker, name: str, path: str, frames: Sequence[Frame]) -> Source | None:
    """Find a link, from the innermost row outwards."""
    found = find_link(checker.vocabulary, frames, name)
    if found is None:
        known = [link.name for f in frames if f.subject for link in checker.vocabulary.links_of(f.subject.name)]
        checker.bad(f"{path}/link", f"There is no link {name} here{nearest(name, known)}")
        return None
    link, depth = found
    checker.links.add(link.name)
    checker.history(f"{path}/link", link.live, f"The link {link.name}")
    return Source(depth, link=link, subject=checker.vocabulary.subject[link.to])


def chosen(
    checker: Checker,
    node: nodes.Occurred | nodes.Related | nodes.Figure,
    source: Source,
    path: str,
    frames: Sequence[Frame],
) -> Rows | None:
    """Check which rows are looked at; the count is left as it is without one."""
    before = len(checker.errors)
    inside = (*frames[: len(frames) - source.depth], source.frame)  # rows between the anchor and these are out of sight
    window = None if node.within is None else _window(checker, node.within, source, f"{path}/within", frames)
    take = None if node.take is None else _take(checker, node.take, f"{path}/take", inside)
    order = _order(checker, node, source, path)
    where = None if node.where is None else checker.node(node.where, f"{path}/where", inside)
    if len(checker.errors) > before:
        return None
    count = CountTest(OPERATORS["gte"], 1)
    return Rows(path, source.depth, source.event, source.link, source.subject, window, where, count, None, take, order)


def _time(checker: Checker, by: str | None, source: Source, pointer: str) -> tuple[Field, Key] | None:
    """Find the moment or day of a row that is looked at, and its key in facts."""
    table = checker.vocabulary.event_table
    if source.event is not None and table is not None:
        if by is not None:
            checker.bad(pointer, "Events are looked at by the time they occurred; leave by out")
            return None
        return event_fields(table)["event.at"], "at"
    subject, link = cast(Subject, source.subject), cast(Link, source.link)
    name = by or subject.key(subject.time)
    field = subject.by_name.get(f"{subject.name}.{name}") or subject.by_name.get(name)
    if field is None or field.type not in ("date", "datetime"):
        what = f"{name} is no day or moment of {link.name}" if name else f"{link.name} needs by: a day or moment"
        checker.bad(pointer, what)
        return None
    return field, subject.key(field.name)


def _order(
    checker: Checker, node: nodes.Occurred | nodes.Related | nodes.Figure, source: Source, path: str
) -> Order | None:
    """Find what orders rows, where their order matters: ``by`` of the choice, of the window, or the rows' own time."""
    if node.take is not None and node.take.by is not None:
        found = _time(checker, node.take.by, source, f"{path}/take/by")
        return None if found is None else Order(*found)
    if node.take is not None:
        step = "/take"
    elif isinstance(node, nodes.Figure):
        step = "/fn" if node.fn in ORDERED else ""
    else:
        step = "/measure/fn" if node.measure is not None and node.measure.fn in ORDERED else ""
    if not step:
        return None
    by = node.within.by if node.within is not None else None
    found = _time(checker, by, source, f"{path}/within/by" if by is not None else path + step)
    return None if found is None else Order(*found)


def _take(checker: Checker, node: nodes.Take, path: str, inside: Sequence[Frame]) -> Choice | None:
    given = [(name, value) for name in CHOICES if (value := getattr(node, name)) is not None]
    if len(given) != 1:
        checker.bad(path, f"Give one of these: {', '.join(CHOICES)}")
        return None
    which, number = given[0]
    if not 1 <= number <= MAX_TAKE:
        checker.bad(f"{path}/{which}", f"This must be a number from 1 to {MAX_TAKE:,}")
    among = None if node.among is None else checker.node(node.among, f"{path}/among", inside)
    return Choice(which, number, among)


def _window(  # noqa: PLR0911 each way out names another place
    checker: Checker, within: nodes.Within, source: Source, path: str, frames: Sequence[Frame]
) -> Window | None:
    given = [name for name in ("last", "calendar", "since") if getattr(within, name) is not None]
    ends = within.from_ is not None or within.to is not None
    if len(given) + ends != 1:
        what = "Give either last, or from and to, or calendar, or since" if given else "A window needs last, from or to"
        checker.bad(path, what)
        return None
    if within.offset and within.calendar is None:
        checker.bad(f"{path}/offset", "offset goes with calendar only")
        return None
    found = _time(checker, within.by, source, f"{path}/by")
    if found is None:
        return None
    field, key = found
    if within.since is not None:
        since = _since(checker, within.since, source, field, f"{path}/since", frames)
        return None if since is None else Window(field, key, since=since)
    if within.calendar is not None:
        if abs(within.offset) > MAX_OFFSET:
            checker.bad(f"{path}/offset", f"This must be a number from -{MAX_OFFSET:,} to {MAX_OFFSET:,}")
            return None
        return Window(field, key, calendar=within.calendar, offset=within.offset)
    step = "/last"
    try:
        if within.last is not None:
            last = parse_duration(within.last)
            if field.type == "date" and not last.whole_days:
                raise ValueError("A day is compared with days, weeks, months or years, not with hours")
            return Window(field, key, last)
        step = "/from"
        start = None if within.from_ is None else _edge(within.from_, field)
        step = "/to"
        end = None if within.to is None else _edge(within.to, field)
    except ValueError as exc:
        checker.bad(path + step, str(exc))
        return None
    if type(start) is type(end) and cast(date, start) >= cast(date, end):
        checker.bad(f"{path}/to", "to must be later than from")
        return None
    return Window(field, key, None, start, end)


def _since(
    checker: Checker, node: nodes.Since, source: Source, field: Field, path: str, frames: Sequence[Frame]
) -> Since | None:
    mark = event_source(checker, node.event, path, frames)
    if mark is None or mark.event is None:
        return None
    if source.depth != mark.depth or source.local or (source.link is not None and source.link.of != "profile"):
        checker.bad(path, "since needs rows that are reached from the person; these belong to another row")
        return None
    if field.type != "datetime":
        checker.bad(path, f"{field.name} is a day; since needs a moment")
        return None
    inside = (*frames[: len(frames) - mark.depth], mark.frame)
    before = len(checker.errors)
    where = None if node.where is None else checker.node(node.where, f"{path}/where", inside)
    return None if len(checker.errors) > before else Since(mark.event, node.which == "last", where)


def _edge(text: str, field: Field) -> Any:
    if field.type == "date":
        return parse_date(text)
    return parse_date(text) if len(text) == 10 else parse_moment(text)
