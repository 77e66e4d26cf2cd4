"""What happened to single rows, packed with the chunk that read them, and written as CSV for people."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence

import msgspec
from pyroaring import BitMap

from ..ingest import Outcome, RowError
from .model import ImportReason, RowProblem
from .readers import csv_line

#: Kinds of reasons that are counted one by one; the rest is counted together.
MAX_REASONS = 100
OTHER = "Other reasons"
HEADER = ("row", "column", "value", "reason")
_decoder = msgspec.msgpack.Decoder(list[RowProblem])


def problems(errors: Iterable[RowError], columns: dict[str, str]) -> list[RowProblem]:
    """Name the columns of the file instead of the fields; in the order of the rows."""
    found = [RowProblem(e.row, columns.get(e.field, ""), e.value, e.message) for e in errors]
    return sorted(found, key=lambda p: (p.row, p.column))


def duplicates(outcome: Outcome, before: BitMap) -> list[RowProblem]:
    """Name the rows that were about somebody for a second time, in this chunk or since an earlier one."""
    found = [
        RowProblem(row, "", "", f"Row {winner} is about the same person, and its values won")
        for row, winner in outcome.superseded
    ]
    touched = outcome.touched
    accepted = len(outcome.statuses) - outcome.statuses.count("rejected")
    if touched.intersect(before) or len(touched) < accepted:
        seen = set(before & touched)
        for row, profile in zip(outcome.rows, outcome.profiles, strict=True):
            if profile in seen:
                found.append(RowProblem(row, "", "", "An earlier row was about the same person; this row won"))
            if profile:
                seen.add(profile)
    return sorted(found, key=lambda p: p.row)


def pack(rows: Sequence[RowProblem]) -> bytes | None:
    """Return rows as a compressed block, ``None`` for none."""
    return zlib.compress(msgspec.msgpack.encode(rows), 3) if rows else None


def unpack(block: bytes) -> list[RowProblem]:
    """Undo :func:`pack`."""
    return _decoder.decode(zlib.decompress(block))


def add_reasons(known: Sequence[ImportReason], rows: Iterable[RowProblem]) -> list[ImportReason]:
    """Count rows by column and reason, the most frequent first."""
    counts: Counter[tuple[str, str]] = Counter({(r.column, r.reason): r.rows for r in known})
    for problem in rows:
        kind = (problem.column, problem.reason)
        counts[kind if kind in counts or len(counts) < MAX_REASONS else ("", OTHER)] += 1
    return [ImportReason(column, reason, n) for (column, reason), n in counts.most_common()]


async def as_csv(blocks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield a CSV of packed rows, with a mark that tells spreadsheet programs it is UTF-8."""
    yield b"\xef\xbb\xbf" + csv_line(HEADER).encode()
    async for block in blocks:
        yield "".join(csv_line((p.row, p.column, p.value, p.reason)) for p in unpack(block)).encode()
