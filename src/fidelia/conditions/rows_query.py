"""The SQL of rules over rows: the rows that are looked at, and what groups of them must have.

One scan per rule: its window, what it chooses among, the choice, ``where``, then a group per owner. A figure that
another one is compared with is a second scan; both give a row per owner, and these are grouped again.
"""

# ruff: noqa: S608 the text is made of expressions that developers declared; what users chose is bound (see bind.py)
from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import msgspec

from .against_sql import Joins
from .bind import Binder
from .figures_sql import (
    compared_sql,
    counted_sql,
    holds_for_none,
    in_units_sql,
    measure_sql,
    number_sql,
    there,
    tie,
)
from .moments import Moment
from .plan import CountTest, MeasureTest, Other, Plan, Rows, Since
from .rows_sql import present, window_sql
from .vocabulary import EventTable, Subject, Vocabulary


class Level(msgspec.Struct, frozen=True):
    """A table in sight while compiling: how its rows lead to those of the level around it (``key`` = ``local``)."""

    subject: Subject | None
    events: EventTable | None
    key: str = ""
    local: str = ""
    joins: Joins = msgspec.field(default_factory=Joins)

    def fresh(self, prefix: str = "far") -> Level:
        """Return the same level without the columns it is joined with; ``prefix`` names those to come."""
        return msgspec.structs.replace(self, joins=Joins(prefix))

    @property
    def source(self) -> str:
        """The ``FROM`` part."""
        if self.subject is not None:
            return f"{self.subject.table}{' FINAL' if self.subject.final else ''}"
        if self.events is None:
            raise TypeError("A level is a subject or the events")
        return self.events.table

    @property
    def fixed(self) -> str:
        """The condition every query on it has."""
        return self.subject.where if self.subject is not None else ""


class RowsCompiler(ABC):
    """What a compiler knows of rows; the rest of conditions is left to it."""

    vocabulary: Vocabulary
    home: Subject
    at: Moment
    binder: Binder

    @abstractmethod
    def expression(self, plan: Plan, levels: Sequence[Level], up: int = 0) -> str:
        """Return a boolean, never NULL, over the innermost level."""

    @abstractmethod
    def bitmap(self, sql: str) -> str:
        """Name a scalar that is worked out once."""

    def rows(self, plan: Rows, levels: Sequence[Level]) -> str:
        """Ask for rows that belong to the innermost level."""
        keys, state, local, complement = self.keys(plan, levels)
        if len(levels) > 1 or local != self.home.id:
            found = f"{local} IN ({keys})"
        else:
            found = f"bitmapContains({self.bitmap(f'({state})')}, toUInt32({local}))"
        return f"NOT ({found})" if complement else found

    def keys(self, plan: Rows, levels: Sequence[Level]) -> tuple[str, str, str, bool]:
        """Return the query for keys of rows, the one for their bitmap, the key they meet, if they are the others."""
        level = self.reached(plan, levels[-1])
        if plan.plain:
            source = self.source(plan, levels, once=True)
            state = f"SELECT groupBitmapState(toUInt32({level.key})) {source}"
            return f"SELECT {level.key} {source}", state, level.local, False
        complement = holds_for_none(plan, self.at)  # those without any row are in no group: find the others
        if plan.count.other is not None or (plan.measure is not None and plan.measure.other is not None):
            groups, having = self.both(plan, levels)
        else:
            groups, having = f"SELECT {level.key} AS k {self.source(plan, levels)}", self.having(plan)
        keys = f"{groups} GROUP BY k HAVING {f'NOT ({having})' if complement else having}"
        return keys, f"SELECT groupBitmapState(toUInt32(k)) FROM ({keys})", level.local, complement

    def having(self, plan: Rows) -> str:
        """Return what a group of rows must have."""
        parts = [] if plan.count.plain else [counted_sql(plan.count, number_sql(plan.count), self.at, self.binder)]
        if plan.measure is not None:
            parts.append(measure_sql(plan.measure, plan, self.at, self.binder))
        return " AND ".join(map(group, parts)) if len(parts) > 1 else parts[0]

    def both(self, plan: Rows, levels: Sequence[Level]) -> tuple[str, str]:
        """Return the query over the rule's own figures and those they are compared with, and what they must have.

        ``f_s`` tells the sides: 0 the rule's own, 1 beside the count, 2 beside the measure. ``f_n`` is the number of
        rows, ``f_p`` whether there is a figure, ``f_v`` the figure as a whole number.
        """
        count, measure = plan.count, plan.measure
        mine = ("1", "toInt256(0)")
        if measure is not None and measure.other is not None:
            mine = there(measure.figure, plan), in_units_sql(measure.figure, plan, measure.other.places)
        elif measure is not None:
            mine = f"ifNull({measure_sql(measure, plan, self.at, self.binder)}, 0)", "toInt256(0)"
        sides = [self.side(0, plan, levels, number_sql(count), *mine)]
        for number, other in ((1, count.other), (2, measure.other if measure is not None else None)):
            if other is not None:
                theirs = there(other.figure, other.rows), in_units_sql(other.figure, other.rows, other.places)
                sides.append(self.side(number, other.rows, levels, "toInt64(0)", *theirs))
        parts = [] if count.plain and measure is not None else [self.beside_count(count)]
        if measure is not None:
            parts.append(_beside_measure(measure))
        return f"SELECT k FROM ({' UNION ALL '.join(sides)})", " AND ".join(map(group, parts))

    def side(self, number: int, plan: Rows, levels: Sequence[Level], rows: str, found: str, value: str) -> str:
        """Return the query for the figures of one side."""
        level = self.reached(plan, levels[-1])
        columns = f"{number} AS f_s, {rows} AS f_n, toUInt8({found}) AS f_p, {value} AS f_v"
        return f"SELECT {level.key} AS k, {columns} {self.source(plan, levels)} GROUP BY k"

    def beside_count(self, count: CountTest) -> str:
        """Compare a number of rows with the literal, or with the figure beside it."""
        number = "sumIf(f_n, f_s = 0)"
        if count.other is None:
            return counted_sql(count, number, self.at, self.binder)
        mine = f"toInt256({number}) * toInt256({10**count.other.places})"
        return _beside(1, count.other, count.operator.key, mine)

    def source(self, plan: Rows, levels: Sequence[Level], *, once: bool = False) -> str:
        """Return ``FROM`` and ``WHERE`` of the rows that are looked at.

        With ``once`` being there is enough: repeats of events that the table has not collapsed need no merge.
        """
        level = self.reached(plan, levels[-1])
        inside = (*levels, level)
        merge = level.events is not None and level.events.final and not (once and plan.take is None)
        merged = " FINAL" if merge else ""
        source, filters = f"{level.source}{merged}", [level.fixed]
        if plan.event is not None and level.events is not None:
            filters.append(f"{level.events.type} = {self.binder.bind(plan.event.name, 'String')}")
        if plan.window is not None:
            filters += window_sql(plan.window, self.at, self.binder)
            if plan.window.since is not None:
                source = (
                    f"{source} INNER JOIN ({self.since(plan.window.since, levels)}) AS since ON {level.key} = since_k"
                )
                filters.append(f"{plan.window.field.sql} > since_at")
        if plan.take is not None and plan.order is not None:
            take, time = plan.take, plan.order.field
            filters.append(present(time))
            choosing = level.fresh("near")
            if take.among is not None:
                filters.append(self.expression(take.among, (*levels, choosing)))
            down = " DESC" if take.which == "latest" else ""
            order = ", ".join(f"{e}{down}" for e in (level.key, time.sql, tie(plan)))
            few = f"1 OFFSET {take.number - 1}" if take.which == "nth" else str(take.number)
            source = f"{source}{choosing.joins.text}{where(filters)}"
            source = f"(SELECT * FROM {source} ORDER BY {order} LIMIT {few} BY {level.key}) AS taken"
            filters = []
        if plan.where is not None:
            filters.append(self.expression(plan.where, inside))
        return f"FROM {source}{level.joins.text}{where(filters)}"

    def since(self, since: Since, levels: Sequence[Level]) -> str:
        """Return the query for the moment of each subject's last or first event of a type."""
        table = self.vocabulary.event_table
        if table is None or levels[-1].subject is None:
            raise TypeError("A window since an event needs events")
        level = Level(None, table, table.key, levels[-1].subject.id)
        filters = [f"{table.type} = {self.binder.bind(since.event.name, 'String')}"]
        if since.where is not None:
            filters.append(self.expression(since.where, (*levels, level)))
        moment = f"{'max' if since.last else 'min'}({table.at})"
        return (
            f"SELECT {table.key} AS since_k, {moment} AS since_at FROM {table.table}{level.joins.text}{where(filters)} "
            "GROUP BY since_k"
        )

    def reached(self, plan: Rows, anchor: Level) -> Level:
        """Return the level of the rows, with the keys that lead to the anchor's."""
        if anchor.subject is None:
            raise TypeError("Rows are reached from a subject")
        if plan.event is not None and self.vocabulary.event_table is not None:
            table = self.vocabulary.event_table
            return Level(None, table, table.key, anchor.subject.id)
        if plan.link is None or plan.subject is None:
            raise TypeError("Rows are reached by an event or a link")
        return Level(plan.subject, None, plan.link.key, plan.link.local or anchor.subject.id)


def _beside_measure(measure: MeasureTest) -> str:
    mine = "f_s = 0 AND f_p"
    if measure.other is None:
        return f"countIf({mine}) > 0"
    return f"countIf({mine}) > 0 AND {_beside(2, measure.other, measure.operator.key, f'anyIf(f_v, {mine})')}"


def _beside(side: int, other: Other, operator: str, mine: str) -> str:
    theirs = f"f_s = {side} AND f_p"
    compared = compared_sql(operator, mine, f"anyIf(f_v, {theirs})")
    return compared if other.figure.zero else f"countIf({theirs}) > 0 AND {compared}"


def where(filters: Sequence[str]) -> str:
    """Return the ``WHERE`` of conditions that must all hold."""
    real = [group(part) for part in filters if part and part != "1"]
    return f" WHERE {' AND '.join(real)}" if real else ""


def group(sql: str) -> str:
    """Put brackets round an expression."""
    return sql if sql in ("0", "1") else f"({sql})"
