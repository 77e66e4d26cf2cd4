"""Compiling a comparison with another field or with values that lie elsewhere."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING

from .against import FieldValue, SourceValue
from .against_sql import Step, fields_sql, kept, looked_up_sql, source_sql, there, zone_sql
from .bind import Binder
from .casing import lower
from .evaluate import of_now
from .moments import Moment
from .pairs import Common, common_sql
from .plan import NOW, Test
from .rows_sql import present
from .types import TYPES
from .vocabulary import Link, Vocabulary

if TYPE_CHECKING:
    from .rows_query import Level


class Unsupported(TypeError):
    """A node has no meaning in SQL."""


class AgainstCompiler(ABC):
    """What a compiler knows of values that are no literals."""

    vocabulary: Vocabulary
    at: Moment
    binder: Binder

    @abstractmethod
    def single(self, link: Link, level: Level, inner: str) -> str:
        """Ask a row that a ``single`` link leads to."""

    def against(self, test: Test, levels: Sequence[Level], up: int) -> str:
        """Return a boolean, never NULL, over the innermost level; ``up`` levels of the test's own were left already."""
        other = test.literal
        if not isinstance(other, FieldValue | SourceValue):
            raise TypeError("A literal is compared elsewhere")
        zone = zone_sql(self.at.zone.key)
        # both in the one row that a link leads to: there they are compared
        alone = isinstance(other, SourceValue) or (other.depth, other.link) == (test.depth, test.link)
        link = test.link if alone and test.depth == up else None
        is_there, left = self.operand(test, other.common, zone, levels, up, link, case=test.case)
        parts = [is_there]
        if isinstance(other, SourceValue):
            values = source_sql(other.source, other.common, test.case, zone)
            parts.append(looked_up_sql(test.operator, left, test.field.type, values))
        else:
            also, given = self.operand(other, other.common, zone, levels, up, link, case=test.case)
            parts += [also, fields_sql(test.operator, left, given, other.field.type, other.common)]
        sql = " AND ".join(f"({part})" for part in dict.fromkeys(parts) if part != "1")
        return sql if link is None else self.single(link, levels[-1], sql)

    def operand(
        self,
        what: Test | FieldValue,
        to: Common,
        zone: str,
        levels: Sequence[Level],
        up: int,
        link: Link | None,
        *,
        case: bool,
    ) -> tuple[str, str]:
        """Return the expressions of "has a value" and of the value; within ``link`` its row is at hand."""
        field = what.field
        if what.depth == NOW:
            value = of_now(str(what.key), self.at)
            text = to.type == "string" and not case
            return "1", self.binder.bind(lower(value) if text else value, TYPES[to.type].bound)
        sql = common_sql(field.type, field.sql, to, case, zone)
        if what.depth == up and (what.link is None or what.link == link):
            return present(field), sql
        steps = self.steps(what.depth - up, what.link, levels)
        column = levels[-1].joins.column(steps, kept(field.type, sql, to))
        return there(field.type, column), column

    def steps(self, depth: int, link: Link | None, levels: Sequence[Level]) -> list[Step]:
        """Return the way from the innermost row to one further out, and over a link from there."""
        steps = []
        for index in range(1, depth + 1):
            level, around = levels[-index], levels[-index - 1]
            if around.subject is None or level.local != around.subject.id:
                raise Unsupported("Rows that are shared by several others cannot be compared with one of these")
            steps.append(Step(level.key, level.local, around.source, around.fixed))
        if link is not None:
            anchor, target = levels[-1 - depth].subject, self.vocabulary.subject[link.to]
            on = link.local or (anchor.id if anchor is not None else "")
            source = f"{target.table}{' FINAL' if target.final else ''}"
            steps.append(Step(on, link.key, source, target.where))
        return steps
