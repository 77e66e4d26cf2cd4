"""Single rows that an import has something to say about, in pages."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Literal

import msgspec

from fidelia.kernel.paging import Page, PageRequest, encode_cursor
from fidelia.platform.postgres import Tx

from ..store.databases import cursor_values
from . import report, store
from .model import RowProblem

Kind = Literal["rejected", "duplicates", "notes"]


class Fault(msgspec.Struct, frozen=True):
    """What is said about a cell; ``column`` is empty when it is about the row as a whole."""

    column: str
    value: str
    reason: str


class ReportedRow(msgspec.Struct, frozen=True):
    """A row of the file, as a spreadsheet counts, with everything that is said about it."""

    row: int
    faults: list[Fault]


async def reported_rows(tx: Tx, import_id: int, kind: Kind, request: PageRequest) -> Page[ReportedRow]:
    """Return a page of the rows of a kind, in the order of the file; ``total`` is the import's figure.

    It is null once the rows are forgotten, 30 days after the end. Raises 404, 422.
    """
    request.sort_key(("row",), "row")
    row = await store.find(tx, import_id)
    chunk, skip = cursor_values(request.cursor, int, int) if request.cursor is not None else (0, 0)
    found: list[ReportedRow] = []
    cursor = None
    while (block := await store.next_block(tx, import_id, kind, chunk - 1)) is not None:
        number, packed = block
        rows = _grouped(report.unpack(packed))
        start = max(skip, 0) if number == chunk else 0
        part = rows[start : start + request.limit - len(found)]
        found += part
        chunk, skip = number, start + len(part)
        if len(found) == request.limit and (skip < len(rows) or await _more(tx, import_id, kind, number)):
            cursor = encode_cursor([chunk, skip])
            break
        if len(found) == request.limit:
            break
        chunk, skip = number + 1, 0
    totals = {"rejected": row.rejected, "duplicates": row.duplicates}
    known = bool(found) or request.cursor is not None
    return Page(found, cursor, totals.get(kind) if known or not totals.get(kind) else None)


async def _more(tx: Tx, import_id: int, kind: str, number: int) -> bool:
    return await store.next_block(tx, import_id, kind, number) is not None


def _grouped(problems: Iterable[RowProblem]) -> list[ReportedRow]:
    return [
        ReportedRow(row, [Fault(p.column, p.value, p.reason) for p in some])
        for row, some in groupby(problems, key=lambda p: p.row)
    ]
