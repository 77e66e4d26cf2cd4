"""Reports as files: named tables below one another as CSV, or a sheet for each in a workbook."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import xlsxwriter

from .sheets import cell

Row = Sequence[str | int | float | None]
#: The name of a table, and its rows.
Table = tuple[str, Sequence[Row]]


def as_csv(tables: Sequence[Table]) -> bytes:
    """Return the tables one below another, an empty line between them; cells like formulas are made harmless."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    for n, (_, rows) in enumerate(tables):
        if n:
            writer.writerow([])
        writer.writerows([[cell(value) for value in row] for row in rows])
    return text.getvalue().encode()


def as_xlsx(tables: Sequence[Table]) -> bytes:
    """Return a workbook with a sheet for each table; texts are written as texts, never as formulas.

    The first row of each is its head, except of the first table, which tells what the report is about.
    """
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as book:
        bold = book.add_format({"bold": True})
        for n, (name, rows) in enumerate(tables):
            sheet = book.add_worksheet(name)
            sheet.set_column(0, 0, 32)
            for y, row in enumerate(rows):
                for x, value in enumerate(row):
                    form = bold if y == 0 and n else None
                    if isinstance(value, int | float):
                        sheet.write_number(y, x, value, form)
                    elif value is not None:
                        sheet.write_string(y, x, value, form)
    return target.getvalue()
