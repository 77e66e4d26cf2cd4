"""Google Merchant's table: a line of names, then a line an offer, with tabs or commas between."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import IO

from .model import MAX_TEXT, Element, FeedProblem, Record

_BOM = b"\xef\xbb\xbf"


def records(stream: IO[bytes], size: int) -> Iterator[list[Record]]:
    """Yield records, some at a time; raise :class:`FeedProblem` for what is no such table."""
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
    csv.field_size_limit(MAX_TEXT)
    line = 1
    try:
        first = text.readline(MAX_TEXT)
        delimiter = "\t" if "\t" in first else ";" if first.count(";") > first.count(",") else ","
        names = [_name(cell) for cell in next(csv.reader([first], delimiter=delimiter), [])]
        if "id" not in names:
            raise FeedProblem("The first line must name the columns, and one of them id", 1)
        rows = csv.reader(text, delimiter=delimiter)
        found: list[Record] = []
        line = 2
        for cells in rows:
            if any(cells):
                pairs = zip(names, cells, strict=False)
                found.append(
                    Record(line, {}, [Element(name, {}, cell.strip()) for name, cell in pairs if cell and name])
                )
            line = rows.line_num + 2
            if len(found) >= size:
                yield found
                found = []
    except csv.Error as exc:
        raise FeedProblem(f"The table is broken: {exc}", line) from exc
    except UnicodeDecodeError as exc:
        raise FeedProblem("The table is not UTF-8 text") from exc
    finally:
        if not text.closed:
            text.detach()  # whoever opened the file closes it
    yield found


def _name(cell: str) -> str:
    return cell.strip().lower().removeprefix("g:").replace(" ", "_")
