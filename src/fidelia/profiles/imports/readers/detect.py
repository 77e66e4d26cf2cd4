"""Finds out by content what an uploaded file is: kind, encoding, delimiter, quote, header."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from pathlib import Path

import msgspec

from .archive import inner_workbook, open_bytes, sniff
from .encoding import detect_encoding
from .model import FileFormat, FileProblem, Limits

_SAMPLE_BYTES = 262_144
_SAMPLE_ROWS = 200
_DELIMITERS = (",", ";", "\t", "|")
_VALUE_LIKE = re.compile(
    r"""[-+]?[\d\s.,]+%?$ | \S+@\S+\.\S+$ | \+?[\d\s()./-]{6,}$ | \d{1,4}[-./]\d{1,2}[-./]\d{1,4} | (true|false)$""",
    re.X | re.I,
)


def detect(path: Path, limits: Limits | None = None) -> FileFormat:
    """Return how to read a file; raise :class:`FileProblem` for one that is none of the known kinds.

    Only the content counts: an uploaded file's name may say anything.
    """
    limits = limits or Limits()
    compression, workbook = sniff(path)
    if not workbook and compression != "none":
        workbook = inner_workbook(path, compression, limits)
    if workbook:
        return FileFormat(kind="xlsx", compression=compression)
    with open_bytes(path, compression, limits) as stream:
        encoding = detect_encoding(stream)
    with open_bytes(path, compression, limits) as stream:
        text = _decode(stream.read(_SAMPLE_BYTES), encoding)
    known = FileFormat(kind="csv", compression=compression, encoding=encoding)
    if not text.strip():
        raise FileProblem("The file holds no rows")
    if text.lstrip()[:1] == "{":
        return msgspec.structs.replace(known, kind="jsonl")
    if text.lstrip()[:1] == "<":
        raise FileProblem("This looks like XML or HTML; upload CSV, TSV, XLSX or JSON lines")
    if sum(c < " " and c not in "\t\r\n\f\x00\x1f" for c in text[:10_000]) > 20:
        raise FileProblem("This is not a text file; upload CSV, TSV, XLSX or JSON lines")
    return _table(text, known)


def _decode(data: bytes, encoding: str) -> str:
    text = data.decode(encoding, errors="replace")
    if len(data) == _SAMPLE_BYTES and "\n" in text:
        text = text[: text.rindex("\n") + 1]  # the last line may be cut
    return text


def _table(text: str, known: FileFormat) -> FileFormat:
    skip = 0
    delimiter: str | None = None
    first, _, rest = text.partition("\n")
    if match := re.fullmatch(r'"?sep=(.)"?\r?', first.strip("\ufeff")):  # what Excel writes for itself
        skip, delimiter, text = 1, match[1], rest
    quote = "'" if _single_quoted(text) else '"'
    delimiter = delimiter or _delimiter(text, quote)
    rows = _parse(text, delimiter, quote)
    return msgspec.structs.replace(
        known,
        kind="tsv" if delimiter == "\t" else "csv",
        delimiter=delimiter,
        quote=quote,
        skip=skip,
        header=looks_like_header(rows),
    )


def _parse(text: str, delimiter: str, quote: str) -> list[list[str]]:
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, quotechar=quote):
            if row:
                rows.append(row)
            if len(rows) == _SAMPLE_ROWS:
                break
    except csv.Error:
        return rows  # the reader proper names the row
    return rows


def _single_quoted(text: str) -> bool:
    pattern = re.compile(r"(?:^|[,;\t|])'[^'\n]*'(?=[,;\t|\r\n])", re.M)
    return len(pattern.findall(text)) >= 4 and '"' not in text


def _delimiter(text: str, quote: str) -> str:
    """Choose what cuts the rows into the same number of cells most often; more cells break a tie."""
    best, best_score = ",", 0.0
    for delimiter in _DELIMITERS:
        widths = Counter(len(row) for row in _parse(text, delimiter, quote))
        if not widths:
            continue
        width, times = widths.most_common(1)[0]
        if width < 2:
            continue
        score = times / widths.total() + min(width, 50) / 1000
        if score > best_score:
            best, best_score = delimiter, score
    return best


def looks_like_header(rows: list[list[str]]) -> bool:
    """Tell whether the first row names the columns: mostly filled and distinct, and none looks like a value."""
    if not rows:
        return False
    names = [cell.strip() for cell in rows[0]]
    filled = [name for name in names if name]
    if not filled or len(set(filled)) * 2 < len(filled) or len(filled) * 2 < len(names):
        return False
    return not any(_VALUE_LIKE.match(name) or len(name) > 100 for name in filled)
