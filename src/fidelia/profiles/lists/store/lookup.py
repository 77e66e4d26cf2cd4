"""Whether a column holds a value, by its index."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg

from ..sheet import Sheet, SheetColumn


async def holds(
    raw: psycopg.AsyncConnection[Any], sheet: Sheet, column: SheetColumn, test: str, params: Sequence[Any]
) -> bool:
    """Tell whether a row passes a test of a column (SQL of ours, values as parameters)."""
    where = f"{column.value} is not null and {test}"
    found = await (await raw.execute(f"select exists (select from {sheet.pg} where {where})", list(params))).fetchone()
    return bool(found and found[0])
