"""From PostgreSQL to ClickHouse: ``v_{list}`` and ``d_{table}``.

Each holds one generation of rows, which its comment names. Replaced rows come as a table ``v_{list}_{generation}`` that
is filled beforehand; turning to it exchanges two names, so that nobody ever reads a half. Single changes are written
by id with the row's version; whoever is gone is a row with ``is_deleted``. Repeating any step changes nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from pyroaring import BitMap

from fidelia.kernel.errors import Problem
from fidelia.platform.clickhouse import TABLE_SETTINGS, ClickHouse
from fidelia.platform.drain import Projection
from fidelia.platform.engines import Engines

from .sheet import STREAM, Sheet, SheetKind
from .store import config, content

GONE = 2**64 - 1
#: Rows that are handed over at once: about 20 MB.
SLICE = 200_000
PREFIXES: dict[SheetKind, str] = {"list": "v", "table": "d"}


def _columns(sheet: Sheet) -> dict[str, str]:
    """Return names and types; only the key is there in every row."""
    found = {}
    for column in sheet.columns:
        for name in column.stored:
            type_ = column.kind.ch
            found[name] = type_ if column.id == sheet.key.id else f"Nullable({type_})"
    return found


def _state(sheet: Sheet) -> str:
    return f"{sheet.generation}.{sheet.schema_version}"


class Sheets:
    """Makes the tables and keeps them at the present generation and columns."""

    def __init__(self) -> None:
        self._made: dict[str, str] = {}

    async def ensure(self, engines: Engines, sheet: Sheet) -> None:
        """Bring the table of a sheet to its present generation and columns."""
        if self._made.get(sheet.ch) == _state(sheet):
            return
        ch = engines.clickhouse
        tables = await _tables(ch, sheet.ch)
        present = tables.get(sheet.ch)
        if present is None or present.split(".")[0] != str(sheet.generation):
            await self._turn(engines, sheet, present, tables)
        elif present != _state(sheet):
            changes = [f"add column if not exists {name} {type_}" for name, type_ in _columns(sheet).items()]
            changes += [f"drop column if exists {name}" for name in await _deleted(ch, sheet)]
            await ch.command(f"alter table {sheet.ch} {', '.join(changes)}")
            await ch.command(f"alter table {sheet.ch} modify comment '{_state(sheet)}'")
        self._made[sheet.ch] = _state(sheet)

    async def _turn(self, engines: Engines, sheet: Sheet, present: str | None, tables: dict[str, str]) -> None:
        ch = engines.clickhouse
        staged = staged_name(sheet)
        if tables.get(staged) != _state(sheet):  # nobody filled it beforehand: a short list, or ClickHouse was lost
            for name in (f"{staged}_part", staged):
                await ch.command(f"drop table if exists {name} sync")
            await _make(ch, sheet, f"{staged}_part")
            await _fill(engines, sheet, f"{staged}_part")
            await ch.command(f"rename table {staged}_part to {staged}")
        if present is None:
            await ch.command(f"rename table {staged} to {sheet.ch}")
        else:
            await ch.command(f"exchange tables {staged} and {sheet.ch}")
        for name in tables.keys() | {staged}:
            # One with a higher number may be in the making for a load that runs right now.
            if name != sheet.ch and _generation(name) <= sheet.generation:
                await ch.command(f"drop table if exists {name} sync")

    def forget(self, name: str) -> None:
        """Look again before the next use."""
        self._made.pop(name, None)

    async def drop(self, ch: ClickHouse, name: str) -> None:
        """Remove the table of a list or data table, and what was made for it."""
        self.forget(name)
        for table in await _tables(ch, name):
            await ch.command(f"drop table if exists {table} sync")


def staged_name(sheet: Sheet) -> str:
    """Return the name under which a generation waits to be turned to."""
    return f"{sheet.ch}_{sheet.generation}"


def _generation(name: str) -> int:
    return int(name.split("_")[2])


async def _tables(ch: ClickHouse, name: str) -> dict[str, str]:
    """Return the table of a sheet and its generations, with their comments."""
    rows = await ch.query(
        "select name, comment from system.tables where database = currentDatabase()"
        " and match(name, concat('^', {name:String}, '(_[0-9]+(_part)?)?$'))",
        {"name": name},
    )
    return {str(found): str(comment) for found, comment in rows}


async def _deleted(ch: ClickHouse, sheet: Sheet) -> list[str]:
    """Return the columns of the table in ClickHouse that the sheet no longer has."""
    rows = await ch.query(
        "select name from system.columns where database = currentDatabase() and table = {table:String}"
        " and match(name, '^[ck][0-9]+$')",
        {"table": sheet.ch},
    )
    return sorted({str(name) for (name,) in rows} - set(sheet.stored))


async def _make(ch: ClickHouse, sheet: Sheet, name: str) -> None:
    columns = ", ".join(f"{column} {type_}" for column, type_ in _columns(sheet).items())
    # The one partition bears the generation's number: kept answers are told old by partitions and their blocks.
    await ch.command(
        f"create table {name} (id UInt32, version UInt64, is_deleted UInt8, {columns},"
        f" generation UInt32 default {sheet.generation})"
        " engine = ReplacingMergeTree(version, is_deleted) partition by generation order by id"
        f" settings {TABLE_SETTINGS}"
        f" comment '{_state(sheet)}'"
    )


async def _fill(engines: Engines, sheet: Sheet, name: str, check: Callable[[], Awaitable[None]] | None = None) -> None:
    """Write all rows of a generation."""
    async with engines.tx() as tx:
        last = await content.last_id(await tx.raw(), sheet)
    for first in range(1, last + 1, SLICE):
        if check is not None:
            await check()
        await _insert(engines, sheet, name, f"id between {first} and {first + SLICE - 1}")


async def _insert(engines: Engines, sheet: Sheet, name: str, where: str) -> None:
    async with engines.tx() as tx:
        payload = b"".join([part async for part in content.lines(await tx.raw(), sheet, where)])
    if payload:
        names = ["id", "version", *sheet.stored]
        await engines.clickhouse.insert_bytes(name, names, payload, "JSONCompactEachRow")


async def prefill(engines: Engines, sheet: Sheet, last_id: int, check: Callable[[], Awaitable[None]]) -> None:
    """Fill the table of a generation to come; it gets the name that is looked for only when it is complete."""
    ch = engines.clickhouse
    part = f"{staged_name(sheet)}_part"
    await _make(ch, sheet, part)
    await _fill(engines, sheet, part, check)
    await ch.command(f"rename table {part} to {staged_name(sheet)}")


class Definitions:
    """Streams ``lists`` and ``data_tables``: ids are of lists or tables, which came, changed, were replaced or went."""

    def __init__(self, sheets: Sheets, kind: SheetKind) -> None:
        self._sheets, self._kind = sheets, kind

    async def project(self, engines: Engines, database_id: int, ids: BitMap) -> None:
        """Make, fill, alter or drop the tables."""
        for number in ids:
            sheet = await _find(engines, self._kind, number)
            if sheet is None:
                await self._sheets.drop(engines.clickhouse, f"{PREFIXES[self._kind]}_{number}")
            else:
                self._sheets.forget(sheet.ch)
                await self._sheets.ensure(engines, sheet)


class Rows:
    """Streams ``list_rows`` and ``table_rows``: ids are of rows, the number beside them of the sheet."""

    def __init__(self, sheets: Sheets, kind: SheetKind) -> None:
        self._sheets, self._kind = sheets, kind

    async def project(self, engines: Engines, database_id: int, ids: BitMap) -> None:
        """Insert the present rows; ids without a row become tombstones."""
        sheet = await _find(engines, self._kind, database_id)
        if sheet is None:
            return
        await self._sheets.ensure(engines, sheet)
        async with engines.tx() as tx:
            there = await content.existing(await tx.raw(), sheet, ids)
        await _insert(engines, sheet, sheet.ch, content.among(there))
        gone = ids - there
        if gone:
            lines = "".join(f"{i}\t{GONE}\t1\n" for i in gone)
            await engines.clickhouse.insert_bytes(
                sheet.ch, ["id", "version", "is_deleted"], lines.encode(), "TabSeparated"
            )


async def _find(engines: Engines, kind: SheetKind, number: int) -> Sheet | None:
    async with engines.tx() as tx:
        try:
            return await config.sheet(tx, kind, number)
        except Problem:
            return None


def projections() -> dict[str, Projection]:
    """Return the projections of lists and tables by stream."""
    sheets = Sheets()
    return {
        "lists": Definitions(sheets, "list"),
        "data_tables": Definitions(sheets, "table"),
        STREAM["list"]: Rows(sheets, "list"),
        STREAM["table"]: Rows(sheets, "table"),
    }


async def rebuild(engines: Engines) -> int:
    """Drop the tables and have them filled again from PostgreSQL; return how many there are. The drain does it."""
    ch = engines.clickhouse
    kinds: tuple[SheetKind, ...] = ("list", "table")
    count = 0
    for kind in kinds:
        async with engines.tx() as tx:
            sheets = await config.every_sheet(tx, kind)
            for sheet in sheets:
                tx.mark_dirty("lists" if kind == "list" else "data_tables", 0, [sheet.id])
        for sheet in sheets:
            for name in await _tables(ch, sheet.ch):
                await ch.command(f"drop table if exists {name} sync")
        count += len(sheets)
    return count
