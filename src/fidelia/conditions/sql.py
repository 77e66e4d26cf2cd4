"""The SQL reading: a checked condition → one ClickHouse query for the bitmap of all subjects for which it holds.

Shape of the query: one scan of the subject's table, whose ``WHERE`` is the condition itself, never NULL. Rules over
its own fields are inline; a rule over events, rows or segments is a bitmap made first, in ``WITH``, and looked up by
id. So ``not`` is the exact complement among the subjects, and each rule scans its rows once, within its own window.
Inside ``where`` rules on other rows become ``key IN (SELECT …)``. A node without a meaning here raises.
"""

# ruff: noqa: S608 the text is made of expressions that developers declared; what users chose is bound (see bind.py)
from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from .against import FieldValue, SourceValue
from .against_compile import AgainstCompiler
from .bind import Binder, Typed
from .evaluate import holds_now
from .memberships import RESERVED
from .moments import Moment, moment
from .operands import resolve
from .plan import NOW, Belonging, Checked, Group, Membership, Negation, Plan, Rows, Test, Truth
from .rows_query import Level, RowsCompiler, group, where
from .rows_sql import NOWHERE, floor_of, present
from .types import TYPES
from .vocabulary import Link, Vocabulary

#: The start of a placeholder; developers' expressions have no braces.
_PLACE = re.compile(r"\{(?=c\d+:)")
_encoder = msgspec.json.Encoder(decimal_format="string", order="deterministic")


class Scan(msgspec.Struct, frozen=True):
    """A query that does nothing but scan one ``source``: its ``id`` expression and its whole ``condition``."""

    id: str
    source: str
    condition: str


class Query(msgspec.Struct, frozen=True):
    """A query of one column and one row, ``groupBitmapState`` of ids, with the values to bind.

    ``scan`` is given when it can be asked together with others (see :func:`together`).
    """

    text: str
    params: dict[str, Any]
    scan: Scan | None = None

    @property
    def key(self) -> str:
        """A short text that is equal for equal queries: a key for caches of their answers."""
        content = _encoder.encode((self.text, self.params))
        return hashlib.blake2b(content, digest_size=16).hexdigest()


class Stored(msgspec.Struct, frozen=True):
    """A segment whose members lie in the table of bitmaps under this id."""

    segment: int


class Given(msgspec.Struct, frozen=True):
    """A segment whose members are at hand: base64 of a ``groupBitmap`` state."""

    bitmap: str


Segments = Mapping[int, Checked | Stored | Given]


class UnresolvedSegment(LookupError):
    """A segment is referred to, but the caller did not say how to resolve it."""


def compile(
    checked: Checked, now: datetime, tz: str, *, scope: str | None = None, segments: Segments | None = None
) -> Query:
    """Return the query for the bitmap of all subjects for which the condition holds.

    ``scope`` narrows it to a bitmap (base64 of a ``groupBitmap`` state). ``segments`` says for each segment referred
    to whether it is stored or worked out on the spot. Raises :class:`UnresolvedSegment` for one that is not given.
    """
    return Compiler(checked, moment(now, tz), segments or {}).query(checked.root, scope)


class Unsupported(TypeError):
    """A node has no meaning in SQL."""


def together(queries: Sequence[Query]) -> Query:
    """Return one query for several scans of one source: a row of as many states as there are queries, in their order.

    Raises ``ValueError`` when they are not scans of one source.
    """
    states: list[str] = []
    params: dict[str, Any] = {}
    for n, query in enumerate(queries):
        scan = query.scan
        if scan is None or queries[0].scan is None or scan.source != queries[0].scan.source:
            raise ValueError("Only scans of one source can be asked together")
        states.append(f"groupBitmapStateIf({scan.id}, {_PLACE.sub(rf'{{q{n}_', scan.condition)})")
        params |= {f"q{n}_{name}": value for name, value in query.params.items()}
    source = queries[0].scan.source if queries[0].scan is not None else ""
    return Query(f"SELECT {', '.join(states)} FROM {source}", params)


class Compiler(RowsCompiler, AgainstCompiler):
    """Turns plans into expressions; bitmaps it needs are collected in ``with_``."""

    def __init__(self, checked: Checked, at: Moment, segments: Segments) -> None:
        self.vocabulary: Vocabulary = checked.vocabulary
        self.home = checked.vocabulary.subject[checked.subject]
        self.at = at
        self.segments = segments
        self.binder = Binder()
        self.with_: dict[str, str] = {}
        self.open: list[int] = []

    def query(self, plan: Plan, scope: str | None = None, *, missing: Test | None = None) -> Query:
        """Return the query for a plan on the level of the subject itself."""
        level = Level(self.home, None)
        id_ = f"toUInt32({self.home.id})"
        condition = self.expression(plan, (level,)) if missing is None else f"NOT ({self.found(missing, level)})"
        filters = [f for f in (level.fixed, condition) if f and f != "1"]
        if scope is not None:
            filters.insert(0, f"bitmapContains({self.bitmap(self.given(scope))}, {id_})")
        source = f"{level.source}{level.joins.text}"
        found = self.finished(f"SELECT groupBitmapState({id_}) FROM {source}{where(filters)}")
        if self.with_ or " IN (SELECT" in found.text:
            return found
        real = " AND ".join(map(group, filters)) or "1"
        return msgspec.structs.replace(found, scan=Scan(id_, source, real))

    def finished(self, text: str) -> Query:
        """Put what was collected before the text."""
        with_ = ",\n".join(f"{sql} AS {name}" for sql, name in self.with_.items())
        return Query(f"WITH\n{with_}\n{text}" if with_ else text, self.binder.params)

    def given(self, state: str) -> str:
        """Return the expression of a bitmap that is handed over (base64 of its state)."""
        return f"cast(base64Decode({self.binder.bind(state, 'String')}), 'AggregateFunction(groupBitmap, UInt32)')"

    def bitmap(self, sql: str) -> str:
        """Name a scalar that is worked out once; equal ones share a name."""
        return self.with_.setdefault(sql, f"b{len(self.with_)}")

    def expression(  # noqa: PLR0911 one per kind
        self, plan: Plan, levels: Sequence[Level], up: int = 0
    ) -> str:
        """Return a boolean, never NULL, over the innermost level; ``up`` levels of the plan's own were left already."""
        rise = floor_of(plan)
        if rise != NOWHERE and rise > up:
            outer = (*levels[: up - rise - 1], levels[up - rise - 1].fresh())
            return _lifted(self.expression(plan, outer, rise), (*outer, *levels[up - rise :]), rise - up)
        match plan:
            case Group(every=every, of=of):
                gathered = _gathered(plan, up) if len(levels) > 1 else of
                parts = sorted((self.expression(part, levels, up) for part in gathered), key=_cost)
                return (" AND " if every else " OR ").join(group(part) for part in dict.fromkeys(parts))
            case Negation(of=inner):
                return f"NOT {group(self.expression(inner, levels, up))}"
            case Truth():
                return "1"
            case Test(literal=FieldValue() | SourceValue()):
                return self.against(plan, levels, up)
            case Test(depth=depth) if depth == NOW:
                return "1" if holds_now(plan, self.at) else "0"
            case Test():
                return self.test(plan, levels[-1])
            case Rows():
                return self.rows(plan, levels)
            case Membership():
                return self.member(plan, levels[-1])
            case Belonging():
                return self.expression(plan.of, levels, up)

    def test(self, test: Test, level: Level) -> str:
        """Compare a field of the innermost level, or of the one row that a link leads to from there."""
        if test.link is not None:
            if test.operator.key == "is_missing":
                return f"NOT ({self.found(test, level)})"
            return self.single(test.link, level, self.compared(test))
        return self.compared(test)

    def compared(self, test: Test) -> str:
        """Compare a column of the table the field lies in."""
        if test.operator.key == "is_missing":
            return f"NOT ({present(test.field)})"
        if test.operator.key == "is_present":
            return present(test.field)
        type_ = TYPES[test.field.type]
        operand = resolve(test.operator, test.field.type, test.field.places, test.literal, test.case, self.at)
        column = type_.column(test.field.sql)
        if type_.folded is not None and not test.case and test.operator.shape != "pattern":
            column = type_.folded(column)
        bind = Typed(self.binder, test.field.type, test.field.places)
        sql = test.operator.clickhouse(column, operand, bind)
        there = present(test.field)
        return sql if there == "1" else f"{there} AND {group(sql)}"

    def found(self, test: Test, level: Level) -> str:
        """The expression of "the field of a test has a value"."""
        there = present(test.field)
        return there if test.link is None else self.single(test.link, level, there)

    def single(self, link: Link, level: Level, inner: str) -> str:
        """Ask a row that a ``single`` link leads to."""
        target = self.vocabulary.subject[link.to]
        far = Level(target, None)
        local = link.local or (level.subject.id if level.subject is not None else "")
        return f"{local} IN (SELECT {link.key} FROM {far.source}{where([far.fixed, inner])})"

    def owners(self, plan: Rows) -> tuple[Query, bool] | None:
        """Return the query for the ids rows belong to, be they there or not, and whether they are the others.

        It spares the scan of the subject's table; ``None`` where the rows do not hold its id.
        """
        home = Level(self.home, None)
        if self.reached(plan, home).local != self.home.id:
            return None
        _, state, _, complement = self.keys(plan, (home,))
        return self.finished(state), complement

    def member(self, plan: Membership, level: Level) -> str:
        """Being a member, on the level of the subject itself."""
        segment = plan.segment
        how = self.segments.get(segment)
        if how is None and segment >= RESERVED:
            how = Stored(segment)
        if how is None:
            raise UnresolvedSegment(f"Segment {segment} is referred to, but nobody said what it is")
        if plan.id is not None:
            number = self.binder.bind(segment, "UInt32")
            source = f"{self.vocabulary.segments} WHERE segment = {number} ORDER BY version DESC LIMIT 1"
            return f"bitmapContains({self.bitmap(f'(SELECT bm FROM {source})')}, toUInt32(ifNull({plan.id.sql}, 0)))"
        if isinstance(how, Stored):
            number, column = self.binder.bind(how.segment, "UInt32"), "ever" if plan.ever else "bm"
            source = f"{self.vocabulary.segments} WHERE segment = {number} ORDER BY version DESC LIMIT 1"
            members = self.bitmap(f"(SELECT {column} FROM {source})")
            return f"bitmapContains({members}, toUInt32({self.home.id}))"
        if plan.ever:
            raise UnresolvedSegment(f"Segment {segment} stores nobody: who was ever in it is not known")
        if isinstance(how, Given):
            return f"bitmapContains({self.bitmap(self.given(how.bitmap))}, toUInt32({self.home.id}))"
        if segment in self.open:
            raise UnresolvedSegment(f"Segment {segment} leads back to itself")
        self.open.append(segment)
        try:
            return self.expression(how.root, (level,))
        finally:
            self.open.pop()


def _gathered(group: Group, up: int) -> list[Plan]:
    """Put members that speak of the same level further out together: one sub-query for all of them."""
    together: dict[int, list[Plan]] = {}
    for part in group.of:
        together.setdefault(max(floor_of(part) - up, 0) % NOWHERE, []).append(part)
    near = together.pop(0, [])
    if not near and len(together) == 1:
        return list(group.of)
    return [*near, *(p[0] if len(p) == 1 else Group(group.path, group.every, tuple(p)) for p in together.values())]


def _lifted(inner: str, levels: Sequence[Level], rise: int) -> str:
    """Turn an expression over a level further out into one over the innermost."""
    for step in range(rise, 0, -1):
        level, around = levels[-step], levels[-step - 1]
        if around.subject is None or level.local != around.subject.id:
            raise Unsupported("Rows that are shared by several others cannot be asked about one of these")
        source = f"{around.source}{around.joins.text}{where([around.fixed, inner])}"
        inner = f"{level.key} IN (SELECT {level.local} FROM {source})"
    return inner


def _cost(sql: str) -> int:
    """Sort what is cheap first: columns, then bitmaps, then sub-queries."""
    return 2 if " IN (SELECT" in sql else int("bitmapContains" in sql)
