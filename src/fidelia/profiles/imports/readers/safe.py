"""Writing CSV that no spreadsheet program takes for formulas."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def escape_cell(value: str) -> str:
    """Put an apostrophe before a text that a spreadsheet program would run as a formula."""
    return "'" + value if value.startswith(_FORMULA) else value


def csv_line(cells: Sequence[object]) -> str:
    """Return one escaped and quoted line of CSV, with its line end."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow([escape_cell("" if c is None else str(c)) for c in cells])
    return out.getvalue()
