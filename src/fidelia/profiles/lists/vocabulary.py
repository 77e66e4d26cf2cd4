"""What lists and tables offer to conditions, and the answers for one subject, from PostgreSQL by index."""

from __future__ import annotations

import math
from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from ipaddress import IPv6Address
from typing import Any
from zoneinfo import ZoneInfo

from fidelia.conditions import Lookup, SourceKey, ValueSource, Vocabulary
from fidelia.kernel.errors import Problem
from fidelia.platform.postgres import Tx

from .kinds import DECIMAL_PLACES, folded
from .sheet import Sheet, SheetColumn
from .store import config, lookup


async def vocabulary(tx: Tx, database_id: int) -> Vocabulary:
    """Return all lists, and every column of the database's tables, as sources of values."""
    sources = [
        ValueSource(
            list=found.id,
            title=found.name,
            type=SheetColumn(0, "value", found.type).kind.field,
            rows=found.size,
            **_reading(f"v_{found.id}", SheetColumn(0, "value", found.type), always=True),
        )
        for found in await config.every_list(tx)
    ]
    for table in await config.tables_of(tx, database_id):
        for column in table.columns:
            held = SheetColumn(column.id, column.name, column.type)
            sources.append(
                ValueSource(
                    table=table.name,
                    column=column.name,
                    title=f"{table.label or table.name}: {column.label or column.name}",
                    type=held.kind.field,
                    rows=table.size,
                    **_reading(f"d_{table.id}", held, always=column.key),
                )
            )
    return Vocabulary(sources=tuple(sources))


async def version(tx: Tx, database_id: int) -> str:
    """Return what changes whenever a list, a table or a column comes, goes or is renamed."""
    return await config.fingerprint(tx, database_id)


def _reading(table: str, column: SheetColumn, *, always: bool) -> dict[str, Any]:
    where = "" if always else f" WHERE {column.value} IS NOT NULL"
    lower = column.match if column.kind.is_text else ""
    return {
        "sql": f"SELECT {column.value} FROM {table} FINAL{where}",  # noqa: S608 (names made of numbers)
        "folded": f"SELECT {lower} FROM {table} FINAL{where}" if lower else "",  # noqa: S608
        "tables": (table,),
        "places": DECIMAL_PLACES,
    }


async def answers(tx: Tx, database_id: int, source: SourceKey, questions: Collection[Lookup]) -> dict[Lookup, bool]:
    """Tell which of these values a source holds, compared as the questions say; a source that is gone holds none."""
    found = await _find(tx, database_id, source)
    if found is None:
        return dict.fromkeys(questions, False)
    sheet, column = found
    raw = await tx.raw()
    return {q: await lookup.holds(raw, sheet, column, *_test(column, q)) for q in questions}


async def _find(tx: Tx, database_id: int, source: SourceKey) -> tuple[Sheet, SheetColumn] | None:
    try:
        if source[0] == "list":
            sheet = await config.sheet(tx, "list", int(source[1]))
            return sheet, sheet.key
        table = next((t for t in await config.tables_of(tx, database_id) if t.name == source[1]), None)
        if table is None:
            return None
        sheet = await config.sheet(tx, "table", table.id)
    except Problem:
        return None
    column = sheet.column(str(source[2]))
    return None if column is None else (sheet, column)


def _test(column: SheetColumn, question: Lookup) -> tuple[str, list[Any]]:  # noqa: PLR0911 one per kind
    """Return a condition on the column, answered by its index, with its parameters."""
    name, value = column.value, question.value
    match question.common.type:
        case "string" if question.case:
            # The index is on the lower case; the value itself is compared in the few rows that it finds.
            return f"{column.match} = %s and {name} = %s", [_match(column, value), value]
        case "string":
            return f"{column.match} = %s", [value]
        case "float":
            return _near(column, value)
        case "integer" | "decimal":
            return _exactly(column, Decimal(value))
        case "date" if column.type == "datetime":
            return _day(name, value, question.zone)
        case "ip":
            assert isinstance(value, IPv6Address)
            return f"{name} = %s", [str(value.ipv4_mapped or value)]
    return f"{name} = %s", [value]


def _match(column: SheetColumn, value: str) -> str:
    return folded(value) if column.kind.folds else value


def _exactly(column: SheetColumn, value: Decimal) -> tuple[str, list[Any]]:
    if column.type != "integer":
        return f"{column.value} = %s", [value]
    if value != value.to_integral_value() or not -(2**63) <= value < 2**63:
        return "false", []
    return f"{column.value} = %s", [int(value)]


def _near(column: SheetColumn, value: float) -> tuple[str, list[Any]]:
    """A number compared as the nearest double: an exact number lies between its neighbours."""
    low, high = Decimal(math.nextafter(value, -math.inf)), Decimal(math.nextafter(value, math.inf))
    if column.type == "integer":
        bounds: list[Any] = [max(math.floor(low), -(2**63)), min(math.ceil(high), 2**63 - 1)]
        return f"{column.value} between %s and %s and {column.value}::float8 = %s", [*bounds, value]
    # As the other reading does it: the whole units of the last decimal place, divided.
    units = f"trunc({column.value} * 1e{DECIMAL_PLACES})::float8 / 1e{DECIMAL_PLACES}::float8"
    step = Decimal(1).scaleb(-DECIMAL_PLACES)
    return f"{column.value} between %s and %s and {units} = %s", [low - step, high + step, value]


def _day(name: str, value: date, zone: str) -> tuple[str, list[Any]]:
    start = datetime.combine(value, time(), ZoneInfo(zone)).astimezone(UTC)
    end = datetime.combine(value + timedelta(days=1), time(), ZoneInfo(zone)).astimezone(UTC)
    return f"{name} >= %s and {name} < %s", [start, end]
