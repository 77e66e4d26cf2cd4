"""SQL of comparing with what is no literal: columns of other rows are joined, sources are ``IN (SELECT …)``."""

# ruff: noqa: S608 the text is made of expressions that developers declared
from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from .against import NEGATIVE
from .operators import Operator, Span
from .pairs import LISTS, Common, common_sql
from .sources import ValueSource

_ZONE = re.compile(r"[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*", re.ASCII)


class Step(msgspec.Struct, frozen=True):
    """From a row to the one row that has ``key`` equal to ``on``, an expression over the row before."""

    on: str
    key: str
    source: str
    where: str


class Joins(msgspec.Struct):
    """The columns of other rows that a table is read together with, each at most one row away from its own."""

    prefix: str = "far"
    parts: dict[str, str] = {}

    def column(self, steps: Sequence[Step], sql: str) -> str:
        """Return the name of the column that holds an expression over the row at the end of some steps."""
        name = f"{self.prefix}{len(self.parts)}"
        return self.parts.setdefault(_far(steps, sql), name)

    @property
    def text(self) -> str:
        """What stands behind the table in ``FROM``."""
        return "".join(f" LEFT ANY JOIN {_named(part, name)}" for part, name in self.parts.items())


#: Stands for the name of the joined column until it has one.
_NAME = "\x00"


def _named(part: str, name: str) -> str:
    return part.replace(_NAME, name)


def _far(steps: Sequence[Step], sql: str, number: int = 0) -> str:
    first, *rest = steps
    where = f" WHERE {first.where}" if first.where else ""
    key = f"{_NAME}k{number}"
    inner = f" LEFT ANY JOIN {_far(rest, sql, number + 1)}" if rest else ""
    value = _NAME if rest else f"{sql} AS {_NAME}"
    rows = f"(SELECT {first.key} AS {key}, {value} FROM {first.source}{inner}{where})"
    return f"{rows} AS {_NAME}j{number} ON {first.on} = {key}"


def there(type_: str, sql: str) -> str:
    """Return the expression of "has a value" for what :func:`~fidelia.conditions.pairs.common_sql` made."""
    return f"notEmpty({sql})" if type_ in LISTS else f"isNotNull({sql})"


def kept(type_: str, sql: str, to: Common) -> str:
    """Give an expression a type that can be missing, so that a join that finds no row gives no value."""
    return f"CAST({sql} AS {'Array(String)' if type_ in LISTS else to.nullable})"


def fields_sql(operator: Operator, left: str, right: str, right_type: str, to: Common) -> str:
    """Compare two expressions of one common type; both are there."""
    if operator.shape == "list":
        if right_type not in LISTS and operator.key in ("in", "not_in"):
            return f"{left} {'!=' if operator.key in NEGATIVE else '='} {right}"
        many = right if right_type in LISTS else f"[assumeNotNull({right})]"
        match operator.key:
            case "in" | "not_in":
                found = f"has({many}, {left})"
            case "all_of":
                found = f"hasAll({left}, {many})"
            case _:
                found = f"hasAny({left}, {many})"
        return f"NOT {found}" if operator.key in NEGATIVE else found
    spanned = to.type not in ("string", "boolean", "ip")
    return operator.clickhouse(left, Span(right, right) if spanned else right, _as_it_is)


def _as_it_is(value: Any, type_: str | None = None) -> str:
    return str(value)


def source_sql(source: ValueSource, to: Common, case: bool, zone: str) -> str:
    """Return the query for the values of a source as they are compared; ``zone`` is an expression."""
    if to.type == "string" and not case and source.folded:
        return source.folded
    each = common_sql(source.type, "v", to, case, zone)
    return source.sql if each == "v" else f"SELECT * APPLY(v -> {each}) FROM ({source.sql})"


def looked_up_sql(operator: Operator, left: str, left_type: str, values: str) -> str:
    """Look an expression, or each of its items, up in a query for values."""
    found = f"arrayExists(v -> v IN ({values}), {left})" if left_type in LISTS else f"{left} IN ({values})"
    return f"NOT ({found})" if operator.key in NEGATIVE else found


def zone_sql(zone: str) -> str:
    """Return the name of a time zone as a literal: inside ``APPLY`` no parameter is replaced."""
    if not _ZONE.fullmatch(zone):
        raise ValueError(f"{zone!r} is no time zone")
    return f"'{zone}'"
