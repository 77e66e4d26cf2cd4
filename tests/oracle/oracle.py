"""Who fulfils a condition: written from the contract's page on conditions alone, over plain Python values.

It shares no code with Fidelia. Rows are dictionaries; a person has ``profile`` and one list of rows per link or event.
It is slow and simple on purpose.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_DOWN, Decimal
from ipaddress import ip_address, ip_network
from typing import Any
from zoneinfo import ZoneInfo

Node = Mapping[str, Any]
Row = dict[str, Any]
DURATION = re.compile(r"(-?)P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
EIGHT = Decimal("0.00000001")


@dataclass
class Person:
    """One subject: its fields, its rows by link (``orders``, ``orders.lines``, ``cars`` …), its events by type."""

    id: int
    profile: Row
    links: dict[str, list[Row]] = field(default_factory=dict)
    events: dict[str, list[Row]] = field(default_factory=dict)


@dataclass
class Frame:
    """A row in sight, under its own name (``order``, ``event`` …)."""

    name: str
    row: Row
    links: Mapping[str, list[Row]] = field(default_factory=dict)


class Oracle:
    """Answers conditions about people at a moment, for a database in a time zone.

    ``segments``: for each segment its members now, and everybody who ever was in it. ``dynamic``: conditions of
    dynamic segments. ``lists``: uploaded lists. ``times``: which property of a link's row tells its time.
    """

    def __init__(self, people: Iterable[Person], now: datetime, zone: str) -> None:
        self.people = list(people)
        self.now = now
        self.zone = ZoneInfo(zone)
        self.today = now.astimezone(self.zone).date()
        self.members: dict[int, set[int]] = {}
        self.ever: dict[int, set[int]] = {}
        self.dynamic: dict[int, Node] = {}
        self.lists: dict[int, set[Any]] = {}
        self.names = {"orders": "order", "orders.lines": "line", "lines": "line", "subscriptions": "subscription"}

    def ask(self, condition: Node) -> set[int]:
        """Return the ids of everybody who fulfils a condition."""
        return {
            person.id
            for person in self.people
            if self.holds(condition, person, [Frame("profile", person.profile, person.links)])
        }

    # -- nodes -----------------------------------------------------------------------------------------------------

    def holds(self, node: Node, person: Person, frames: list[Frame]) -> bool:
        match node["kind"]:
            case "always":
                return True
            case "all":
                return all(self.holds(part, person, frames) for part in node["of"])
            case "any":
                return any(self.holds(part, person, frames) for part in node["of"])
            case "not":
                return not self.holds(node["of"], person, frames)
            case "compare":
                return self.compare(node, frames)
            case "occurred" | "related":
                return self.rows_hold(node, person, frames)
            case "member":
                return self.member(node, person)
        raise NotImplementedError(node["kind"])

    def member(self, node: Node, person: Person) -> bool:
        id_ = node["of"]["segment"]
        if id_ in self.dynamic:
            return self.holds(self.dynamic[id_], person, [Frame("profile", person.profile, person.links)])
        inside, ever = person.id in self.members[id_], person.id in self.ever[id_]
        return {"now": inside, "ever": ever, "left": ever and not inside}[node.get("state", "now")]

    # -- rows ------------------------------------------------------------------------------------------------------

    def rows_hold(self, node: Node, person: Person, frames: list[Frame]) -> bool:
        rows = self.rows(node, person, frames)
        count = node.get("count")
        measure = node.get("measure")
        if count is None and measure is not None:
            count = {"op": "gte", "value": 1}
        count = count or {"op": "gte", "value": 1}
        number = len(rows)
        if "distinct" in count:
            number = len({fold(v) for row in rows if (v := self.own(row, count["distinct"], frames)) is not None})
        if not number_holds(Decimal(number), count["op"], self.number(count["value"], person, frames)):
            return False
        if measure is None:
            return True
        found = self.figure(measure["fn"], measure["of"], rows, frames)
        if found is None:
            return False
        wanted = measure["value"]
        if isinstance(wanted, Mapping):
            other = self.side(wanted["figure"], person, frames)
            return other is not None and ordered(found, measure["op"], other)
        return self.test(found, measure["op"], wanted, False)

    def number(self, value: Any, person: Person, frames: list[Frame]) -> Any:
        return self.side(value["figure"], person, frames) if isinstance(value, Mapping) else value

    def side(self, figure: Node, person: Person, frames: list[Frame]) -> Any:
        """The right-hand figure; the count, sum and number of different values of no rows are 0."""
        kind = "occurred" if "event" in figure else "related"
        rows = self.rows({"kind": kind, **figure}, person, frames)
        fn = figure.get("fn", "count")
        if fn == "count":
            return Decimal(len(rows))
        found = self.figure(fn, figure["of"], rows, frames)
        return Decimal() if found is None and fn in ("sum", "count_distinct") else found

    def rows(self, node: Node, person: Person, frames: list[Frame]) -> list[tuple[Frame, list[Frame]]]:
        """The rows that remain after window, choice and condition."""
        if node["kind"] == "occurred":
            name, found = "event", person.events.get(node["event"], [])
        else:
            link = node["link"]
            if link.startswith("profile."):
                name, found = "item", person.profile.get(link.removeprefix("profile."), [])
            else:
                name, found = self.names[link], frames[-1].links.get(link, [])
        rows = [Frame(name, row, row.get("__links__", {})) for row in found]
        if "within" in node:
            first, last, open_start, open_end = self.window(node["within"], person)
            rows = [r for r in rows if inside(r.row.get("__time__"), first, last, open_start, open_end)]
        take = node.get("take")
        if take is not None:
            among = take.get("among")
            rows = [r for r in rows if among is None or self.holds(among, person, [*frames, r])]
            rows.sort(key=lambda r: (r.row["__time__"], str(r.row["__id__"])))
            if "latest" in take:
                rows = rows[-take["latest"] :]
            elif "first" in take:
                rows = rows[: take["first"]]
            else:
                rows = rows[take["nth"] - 1 : take["nth"]]
        where = node.get("where")
        return [(r, [*frames, r]) for r in rows if where is None or self.holds(where, person, [*frames, r])]

    def own(self, row: tuple[Frame, list[Frame]], name: str, frames: list[Frame]) -> Any:
        """A property of the row itself, with or without the row's name before it."""
        frame, all_ = row
        return self.read(name if "." in name else f"{frame.name}.{name}", all_)

    def figure(self, fn: str, of: str, rows: list[Any], frames: list[Frame]) -> Any:
        rows = sorted(
            rows,
            key=lambda r: (r[0].row.get("__time__", datetime.min.replace(tzinfo=UTC)), str(r[0].row.get("__id__"))),
        )
        values = [v for row in rows if (v := self.own(row, of, frames)) is not None]
        if fn == "count_distinct":
            return Decimal(len({fold(v) for v in values})) if values else None
        if not values:
            return None
        if fn in ("min", "max"):
            return min(values) if fn == "min" else max(values)
        if fn in ("first", "last"):
            return values[0] if fn == "first" else values[-1]
        if fn == "gap_avg":
            if len(values) < 2:
                return None
            seconds = Decimal(str((max(values) - min(values)) / timedelta(milliseconds=1))) / 1000
            return (seconds / 86400 / (len(values) - 1)).quantize(EIGHT, ROUND_DOWN)
        total = sum((number_of(v) for v in values), Decimal())
        return total if fn == "sum" else (total / len(values)).quantize(EIGHT, ROUND_DOWN)

    # -- time ------------------------------------------------------------------------------------------------------

    def window(self, within: Node, person: Person) -> tuple[Any, Any, bool, bool]:
        """Return both edges, and whether each is left out; ``None`` is open, an impossible window is empty."""
        if "last" in within:
            return self.shifted(within["last"], -1), self.now, False, False
        if "calendar" in within:
            first, after = self.period(within["calendar"], within.get("offset", 0))
            return self.start(first), self.start(after), False, True
        if "since" in within:
            since = within["since"]
            found = [
                row["__time__"]
                for row in person.events.get(since["event"], [])
                if "where" not in since
                or self.holds(
                    since["where"], person, [Frame("profile", person.profile, person.links), Frame("event", row)]
                )
            ]
            if not found:
                return self.now, self.now, True, True
            return (max(found) if since["which"] == "last" else min(found)), self.now, True, False
        first, last = within.get("from"), within.get("to")
        return (None if first is None else self.edge(first)), (None if last is None else self.edge(last)), False, True

    def edge(self, text: str) -> datetime:
        return self.start(date.fromisoformat(text)) if len(text) == 10 else datetime.fromisoformat(text)

    def start(self, day: date) -> datetime:
        """The first moment of a day in the database's time zone."""
        return datetime.combine(day, time(), self.zone).astimezone(UTC)

    def period(self, unit: str, offset: int) -> tuple[date, date]:
        day = self.today
        if unit == "day":
            return day + timedelta(days=offset), day + timedelta(days=offset + 1)
        if unit == "week":
            monday = day - timedelta(days=day.weekday()) + timedelta(weeks=offset)
            return monday, monday + timedelta(weeks=1)
        months = {"month": 1, "quarter": 3, "year": 12}[unit]
        n = (day.year * 12 + day.month - 1) // months + offset
        return month(n * months), month((n + 1) * months)

    def shifted(self, duration: str, sign: int) -> datetime:
        """Now, moved by a duration: its days by the calendar of the time zone, its hours by the clock."""
        days, months, clock = apart(duration)
        local = self.now.astimezone(self.zone)
        moved = shift_day(local.date(), sign * months, sign * days)
        return datetime.combine(moved, local.timetz()).astimezone(UTC) + sign * clock

    def day(self, duration: str, sign: int) -> date:
        days, months, _ = apart(duration)
        return shift_day(self.today, sign * months, sign * days)

    # -- comparisons -----------------------------------------------------------------------------------------------

    def read(self, name: str, frames: list[Frame]) -> Any:
        """The value of a field in sight; ``None`` when there is none."""
        if name.startswith("now."):
            local = self.now.astimezone(self.zone)
            return {"weekday": local.strftime("%A").lower(), "date": local.date()}[name.removeprefix("now.")]
        head, _, path = name.partition(".")
        if head == "product":
            line = next((f for f in reversed(frames) if f.name == "line"), None)
            row: Any = None if line is None else line.row.get("__product__")
        else:
            row = next((f.row for f in reversed(frames) if f.name == head), None)
        key, bracket, rest = path.partition("[")
        value = None if row is None else row.get(key)
        for step in re.findall(r'"(?:[^"\\]|\\.)*"', rest) if bracket else []:
            value = value.get(json.loads(step)) if isinstance(value, Mapping) else None
        return None if value is None or value == "" or value == [] else value

    def compare(self, node: Node, frames: list[Frame]) -> bool:
        value, op = self.read(node["field"], frames), node["op"]
        if op in ("is_missing", "is_present"):
            return (value is None) == (op == "is_missing")
        if value is None:
            return False
        operand, case = node["value"], node.get("case", False)
        if isinstance(operand, Mapping):
            if "field" in operand:
                other = self.read(operand["field"], frames)
                return other is not None and ordered(fold(value), op, fold(other))
            given = {fold(v) for v in self.lists[operand["list"]]}
            return (fold(value) in given) == (op == "in")
        return self.test(value, op, operand, case)

    def test(self, value: Any, op: str, operand: Any, case: bool) -> bool:
        """A value that is there, against a literal."""
        if op in ("ne", "not_in", "not_contains", "none_of"):
            return not self.test(
                value, {"ne": "eq", "not_in": "in", "not_contains": "contains", "none_of": "any_of"}[op], operand, case
            )
        if op == "in":
            return any(self.test(value, "eq", one, case) for one in operand)
        if op in ("any_of", "all_of"):
            has, want = {fold(v, case) for v in value}, {fold(v, case) for v in operand}
            return bool(has & want) if op == "any_of" else want <= has
        if op == "in_subnet":
            address, net = ip_address(value), ip_network(operand)
            return address.version == net.version and address in net
        if op == "under":
            return fold(operand) in value
        if op == "matches":
            return re.search(operand, value, 0 if case else re.IGNORECASE) is not None
        if isinstance(value, date):  # a datetime is one too
            return self.timed(value, op, operand)
        if isinstance(value, bool):
            return value == operand
        if isinstance(value, int | float | Decimal):
            edges = [number_of(v) for v in operand] if op == "between" else number_of(operand)
            return ordered(number_of(value), op, edges)
        left, right = fold(value, case), fold(operand, case) if isinstance(operand, str) else operand
        match op:
            case "contains":
                return right in left
            case "starts_with":
                return bool(left.startswith(right))
            case "ends_with":
                return bool(left.endswith(right))
        return ordered(left, op, right)

    def timed(self, value: Any, op: str, operand: Any) -> bool:
        """A day or a moment; a day stands for all of its moments."""
        moment = isinstance(value, datetime)
        if op == "anniversary_in":
            own = value.astimezone(self.zone).date() if moment else value
            length = self.day(operand, 1) - self.today
            return any(same_day(own, self.today + timedelta(days=n)) for n in range(length.days + 1))
        if op in ("in_last", "in_next"):
            _, _, clock = apart(operand)
            sign = -1 if op == "in_last" else 1
            if moment and clock:
                edge = self.shifted(operand, sign)
                return min(edge, self.now) <= value <= max(edge, self.now)
            first, last = sorted((self.today, self.day(operand, sign)))
        elif op == "between":
            return self.timed(value, "gte", operand[0]) and self.timed(value, "lte", operand[1])
        elif operand.lstrip("-").startswith("P"):
            first = last = self.day(operand.lstrip("-"), -1 if operand.startswith("-") else 1)
        elif len(operand) > 10:
            return ordered(value, {"before": "lt", "after": "gt"}.get(op, op), datetime.fromisoformat(operand))
        else:
            first = last = date.fromisoformat(operand)
        start: Any = self.start(first) if moment else first
        after: Any = self.start(last + timedelta(days=1)) if moment else last + timedelta(days=1)
        return {
            "eq": start <= value < after,
            "in_last": start <= value < after,
            "in_next": start <= value < after,
            "gt": value >= after,
            "after": value >= after,
            "gte": value >= start,
            "lt": value < start,
            "before": value < start,
            "lte": value < after,
        }[op]


def fold(value: Any, case: bool = False) -> Any:
    """Text without its case; numbers as exact decimals."""
    if isinstance(value, str):
        return value if case else value.lower()
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return value
    return number_of(value)


def number_of(value: Any) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(str(value))


def number_holds(value: Decimal, op: str, operand: Any) -> bool:
    if operand is None:
        return False
    if op in ("in", "not_in"):
        return (value in [number_of(v) for v in operand]) == (op == "in")
    return ordered(value, op, [number_of(v) for v in operand] if op == "between" else number_of(operand))


def ordered(left: Any, op: str, right: Any) -> bool:
    match op:
        case "eq":
            return bool(left == right)
        case "ne":
            return bool(left != right)
        case "gt":
            return bool(left > right)
        case "gte":
            return bool(left >= right)
        case "lt":
            return bool(left < right)
        case "lte":
            return bool(left <= right)
        case "between":
            return bool(right[0] <= left <= right[1])
    raise NotImplementedError(op)


def inside(value: Any, first: Any, last: Any, open_start: bool, open_end: bool) -> bool:
    if value is None:
        return False
    after = first is None or (value > first if open_start else value >= first)
    return after and (last is None or (value < last if open_end else value <= last))


def apart(duration: str) -> tuple[int, int, timedelta]:
    """Return days, months and clock time of an ISO 8601 duration."""
    found = DURATION.fullmatch(duration)
    assert found is not None, duration
    years, months, weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups()[1:])
    return 7 * weeks + days, 12 * years + months, timedelta(hours=hours, minutes=minutes, seconds=seconds)


def shift_day(day: date, months: int, days: int) -> date:
    n = day.year * 12 + day.month - 1 + months
    length = (month(n + 1) - month(n)).days
    return month(n).replace(day=min(day.day, length)) + timedelta(days=days)


def month(n: int) -> date:
    """The first day of a month, counted from the year 0."""
    return date(n // 12, n % 12 + 1, 1)


def same_day(own: date, day: date) -> bool:
    leap = (month(day.year * 12 + 2) - month(day.year * 12 + 1)).days == 29
    if (own.month, own.day) == (2, 29) and not leap:
        return (day.month, day.day) == (2, 28)
    return (own.month, own.day) == (day.month, day.day)
