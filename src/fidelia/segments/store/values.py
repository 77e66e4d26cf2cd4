"""Queries on what a field holds: its commonest values, how many rows have one, which properties were ever seen.

Expressions and table names are developers' own (see ``conditions.vocabulary``); what a person typed is a parameter.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from fidelia.platform.clickhouse import ClickHouse

from .clickhouse import literal

#: Looking values up must never hold the builder up.
SECONDS = 5.0
_SAMPLED = 50_000


class Source(msgspec.Struct, frozen=True):
    """Rows that are looked at: a table, ``final`` or not, and what is always added."""

    table: str
    where: str = ""
    final: bool = False

    @property
    def sql(self) -> str:
        """The part after ``from``."""
        return f"{self.table}{' final' if self.final else ''}{f' where {self.where}' if self.where else ''}"


def only(column: str, value: str) -> str:
    """Return the condition that a column has one text."""
    return f"{column} = {literal(value)}"


async def top(
    ch: ClickHouse, source: Source, column: str, *, listed: bool, starts: str, limit: int
) -> list[tuple[Any, int]]:
    """Return the commonest values with their numbers of rows; ``listed`` columns hold several values each.

    ``starts`` narrows to values that contain it, those that begin with it first, whatever the case.
    """
    value = f"arrayJoin({column})" if listed else column
    # Spellings that differ in case only are one value, as they are to a condition; the commonest stands for them.
    return [
        (found, int(count))
        for found, count in await ch.query(
            "select argMax(v, n) as shown, sum(n) as rows from ("
            f" select v, count() as n from (select {value} as v from {source.sql})"
            " where isNotNull(v) and toString(v) != ''"
            " and ({q:String} = '' or positionCaseInsensitiveUTF8(toString(v), {q:String}) > 0) group by v)"
            " group by lowerUTF8(toString(v))"
            " order by positionCaseInsensitiveUTF8(toString(shown), {q:String}) = 1 desc, rows desc, toString(shown)"
            " limit {limit:UInt32}",
            {"q": starts, "limit": limit},
            timeout=SECONDS,
        )
    ]


async def filled(ch: ClickHouse, source: Source, columns: Sequence[tuple[str, bool]]) -> tuple[int, list[int]]:
    """Return how many rows there are, and how many have a value in each column (``True``: it is an array)."""
    counts = "".join(f", countIf({_present(column, listed)})" for column, listed in columns)
    ((total, *found),) = await ch.query(f"select count(){counts} from {source.sql}", timeout=SECONDS)
    return int(total), [int(count) for count in found]


async def bounds(ch: ClickHouse, source: Source, column: str) -> tuple[Any, Any]:
    """Return the least and the greatest value of a column; ``None`` without any."""
    value = f"toNullable({column})"
    ((least, greatest),) = await ch.query(f"select min({value}), max({value}) from {source.sql}", timeout=SECONDS)
    return least, greatest


async def samples(ch: ClickHouse, source: Source, columns: Sequence[tuple[str, bool]]) -> list[list[str]]:
    """Return three common values of each column as texts, out of a part of the rows."""
    if not columns:
        return []
    shown = ", ".join(f"{column} as c{n}" for n, (column, _) in enumerate(columns))
    asked = ", ".join(
        f"topKArray(3)(c{n})" if listed else f"topKIf(3)(toString(c{n}), isNotNull(c{n}) and toString(c{n}) != '')"
        for n, (_, listed) in enumerate(columns)
    )
    (found,) = await ch.query(
        f"select {asked} from (select {shown} from {source.sql} limit {_SAMPLED})", timeout=SECONDS
    )
    return [[str(value) for value in values if value is not None] for values in found]


async def events(
    ch: ClickHouse, table: str, type_: str, key: str, at: str
) -> list[tuple[str, int, int, datetime | None]]:
    """Return for each type of event: how many, of how many people, and when the latest happened."""
    return [
        (str(name), int(rows), int(people), latest)
        for name, rows, people, latest in await ch.query(
            f"select {type_}, count(), groupBitmap(toUInt32({key})), max({at}) from {table} group by {type_}",
            timeout=SECONDS,
        )
    ]


async def properties(ch: ClickHouse, source: Source, column: str) -> dict[tuple[str, ...], list[str]]:
    """Return the paths of keys that a JSON column was ever seen with, and the ClickHouse types of their values.

    A dot inside of a key comes back escaped where the column is cast in the question; stored columns have none.
    """
    asked = f"select distinctJSONPathsAndTypes({column}) from {source.sql} settings json_type_escape_dots_in_keys = 1"
    found = dict(await ch.scalar(asked, timeout=SECONDS) or {})
    paths = {tuple(key.replace("%2E", ".") for key in str(path).split(".")): types for path, types in found.items()}
    return {keys: [str(type_) for type_ in types] for keys, types in paths.items()}


def _present(column: str, listed: bool) -> str:
    return f"notEmpty({column})" if listed else f"isNotNull({column}) and toString({column}) != ''"
