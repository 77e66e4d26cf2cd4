"""The SQL of the upsert engine: matching, comparing, changing and adding many profiles with few statements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import psycopg
from pyroaring import BitMap

from ..fields import Database
from ..matching import Matching
from ..store.match import match_all
from .encode import NULL, unescape
from .model import CONSENT, Batch

Raw = psycopg.AsyncConnection[Any]

#: Up to this many rows travel as parameters; more are copied into a temporary table.
FEW = 500
ANALYZE_FROM = 1_000
STAGE = "ingest_stage"
_BLOCK = 8_192


async def owners(raw: Raw, database: Database, batch: Batch) -> dict[str, dict[Any, int]]:
    """Return per unique field who has each value that the batch brings."""
    found: dict[str, dict[Any, int]] = {}
    for name, values in batch.uniques.items():
        people = await match_all(raw, database, database.by_name[name], values)
        found[name] = {value: ids[0] for value, ids in people.items()}
    return found


async def current(raw: Raw, database: Database, names: Iterable[str], ids: Sequence[int]) -> dict[str, dict[int, Any]]:
    """Return the present values of unique fields of these profiles."""
    fields = [database.by_name[name] for name in names]
    if not fields or not ids:
        return {field.name: {} for field in fields}
    cursor = await raw.execute(
        f"select id, {', '.join(f.column for f in fields)} from {database.table} where id = any(%s::bigint[])",
        (list(ids),),
    )
    rows = await cursor.fetchall()
    return {field.name: {row[0]: row[n] for row in rows} for n, field in enumerate(fields, 1)}


class Changes:
    """Rows that change profiles which exist, compared and written by one statement each.

    ``ids`` are the profiles, each once, in parallel with ``places`` (the rows of the batch).
    """

    def __init__(
        self, database: Database, batch: Batch, how: Matching, places: Sequence[int], ids: Sequence[int]
    ) -> None:
        self._database = database
        self._batch = batch
        self._fields = [database.by_name[name] for name in batch.columns]
        self._joined = {field.name for field in how.fields if field.kind.many}
        self._places = places
        self._ids = ids
        self._source = STAGE
        self._params: dict[str, Any] = {}

    async def stage(self, raw: Raw) -> None:
        """Bring the rows to the server."""
        if len(self._places) <= FEW:
            self._as_parameters()
        else:
            await self._copy(raw)

    def _as_parameters(self) -> None:
        cells = [self._batch.tails[p].split("\t") if self._fields else [] for p in self._places]
        statuses, clears = self._batch.statuses, self._batch.clears
        self._params = {
            "ids": list(self._ids),
            "statuses": [statuses[p] if statuses else None for p in self._places],
            "clears": [_array(clears[p]) if clears and clears[p] else None for p in self._places],
        }
        names, picked = ["id", "status", "clear"], ["id", "status", "clear::int2[]"]
        arrays = ["%(ids)s::bigint[]", "%(statuses)s::text[]", "%(clears)s::text[]"]
        for n, field in enumerate(self._fields):
            self._params[f"c{n}"] = [unescape(row[n]) for row in cells]
            names.append(f"c{n}")
            arrays.append(f"%(c{n})s::text[]")
            picked.append(f"c{n}::{field.pg} as c{n}")
        self._source = f"(select {', '.join(picked)} from unnest({', '.join(arrays)}) as t({', '.join(names)}))"

    async def _copy(self, raw: Raw) -> None:
        columns = "".join(f", c{n} {field.pg}" for n, field in enumerate(self._fields))
        await raw.execute(f"drop table if exists pg_temp.{STAGE}")
        await raw.execute(
            f"create temporary table {STAGE} (id bigint, status text, clear int2[]{columns}) on commit drop"
        )
        tails, statuses, clears = self._batch.tails, self._batch.statuses, self._batch.clears
        middle = (
            [
                f"{(statuses[p] if statuses else None) or NULL}\t{_array(clears[p]) if clears and clears[p] else NULL}"
                for p in self._places
            ]
            if statuses or clears
            else [f"{NULL}\t{NULL}"] * len(self._places)
        )
        end = "\t" if self._fields else ""
        lines = [f"{i}\t{m}{end}{tails[p]}" for i, m, p in zip(self._ids, middle, self._places, strict=True)]
        await copy_lines(raw, f"copy {STAGE} from stdin", lines)
        if len(lines) >= ANALYZE_FROM:
            await raw.execute(f"analyze {STAGE}")

    async def kept_consents(self, raw: Raw) -> BitMap:
        """Return the profiles whose status would become more permissive."""
        if self._batch.statuses is None:
            return BitMap()
        cursor = await raw.execute(
            f"select p.id from {self._database.table} p join {self._source} s on s.id = p.id"
            f" where {_level('s.status')} > {_level('p.status')}",
            self._params,
        )
        return BitMap(row[0] for row in await cursor.fetchall())

    def _expressions(self, *, raise_consent: bool) -> list[tuple[str, str, str]]:
        """Return column, new value and "would it change" of each field."""
        clearable = {n for positions in self._batch.clears or () for n in positions}
        found = []
        for n, field in enumerate(self._fields):
            old, new = f"p.{field.column}", f"s.c{n}"
            if field.name in self._joined:
                joined = f"({old} || array(select x from unnest({new}) x where x <> all({old})))[1:20]"
                found.append(
                    (
                        field.column,
                        f"coalesce({joined}, {new}, {old})",
                        f"({new} <@ {old}) is not true and {new} is not null",
                    )
                )
                continue
            value, differs = f"coalesce({new}, {old})", f"{new} is not null and {new} is distinct from {old}"
            if n in clearable:
                cleared = f"s.clear is not null and {n} = any(s.clear)"
                value = f"case when {cleared} then null else {value} end"
                differs = f"case when {cleared} then {old} is not null else {differs} end"
            found.append((field.column, value, differs))
        if self._batch.statuses is not None:
            allowed = "true" if raise_consent else f"{_level('s.status')} <= {_level('p.status')}"
            changes = f"s.status is not null and s.status <> p.status and {allowed}"
            found.append(("status", f"case when {changes} then s.status else p.status end", changes))
        return found

    async def would_change(self, raw: Raw, *, raise_consent: bool) -> BitMap:
        """Return the profiles that differ from their rows; writes nothing."""
        differs = " or ".join(f"({d})" for _, _, d in self._expressions(raise_consent=raise_consent))
        if not differs:
            return BitMap()
        cursor = await raw.execute(
            f"select p.id from {self._database.table} p join {self._source} s on s.id = p.id where {differs}",
            self._params,
            binary=True,
        )
        return BitMap(row[0] for row in await cursor.fetchall())

    async def write(self, raw: Raw, now: datetime, *, raise_consent: bool, in_order: bool) -> BitMap:
        """Change the profiles that differ from their rows and return their ids; the others are not touched.

        With ``in_order`` all are locked by ascending id before they are changed: two callers who bring the same people
        in two orders then wait for each other instead of ending in a deadlock. It costs a second touch of each row.
        """
        expressions = self._expressions(raise_consent=raise_consent)
        if not expressions:
            return BitMap()
        sets = ", ".join(f"{column} = {value}" for column, value, _ in expressions)
        differs = " or ".join(f"({d})" for _, _, d in expressions)
        locked, and_locked = "", ""
        if in_order and len(self._places) > 1:
            these = "any(%(ids)s::bigint[])" if self._params else f"any(array(select id from {self._source}))"
            locked = (
                f"with locked as materialized (select id from {self._database.table}"
                f" where id = {these} order by id for no key update) "
            )
            and_locked = " join locked using (id)"
        cursor = await raw.execute(
            f"{locked}update {self._database.table} p set version = p.version + 1, updated_at = %(now)s, {sets}"
            f" from {self._source} s{and_locked} where p.id = s.id and ({differs}) returning p.id",
            {**self._params, "now": now},
            binary=True,
        )
        return BitMap(row[0] for row in await cursor.fetchall())


async def add(
    raw: Raw, database: Database, batch: Batch, places: Sequence[int], ids: Sequence[int], now: datetime
) -> None:
    """Store new profiles under these ids. Raises the driver's unique violation."""
    fields = [database.by_name[name] for name in batch.columns]
    columns = ", ".join(["id", "created_at", "updated_at", "status", *(f.column for f in fields)])
    stamp = now.isoformat()
    tails, statuses = batch.tails, batch.statuses
    end = "\t" if fields else ""
    if statuses is None:
        middle = f"\t{stamp}\t{stamp}\tsubscribed{end}"
        lines = [f"{i}{middle}{tails[p]}" for i, p in zip(ids, places, strict=True)]
    else:
        lines = [
            f"{i}\t{stamp}\t{stamp}\t{statuses[p] or 'subscribed'}{end}{tails[p]}"
            for i, p in zip(ids, places, strict=True)
        ]
    await copy_lines(raw, f"copy {database.table} ({columns}) from stdin", lines)


async def copy_lines(raw: Raw, statement: str, lines: Sequence[str]) -> None:
    """Send the lines of a COPY."""
    async with raw.cursor() as cursor, cursor.copy(statement) as copy:
        for start in range(0, len(lines), _BLOCK):
            await copy.write(("\n".join(lines[start : start + _BLOCK]) + "\n").encode())


def _level(expression: str) -> str:
    levels: Mapping[str, int] = CONSENT
    whens = " ".join(f"when '{status}' then {level}" for status, level in levels.items())
    return f"(case {expression} {whens} end)"


def _array(numbers: Sequence[int]) -> str:
    return "{" + ",".join(str(n) for n in numbers) + "}"
