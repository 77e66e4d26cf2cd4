"""Answers that are files."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator

from litestar.response import Stream


def csv_file(
    name: str,
    parts: AsyncIterable[str | bytes] | AsyncIterator[str | bytes] | Iterable[str | bytes] | Iterator[str | bytes],
) -> Stream:
    """Return a CSV in UTF-8 that browsers save under a plain ASCII ``name``; the route says ``text/csv`` as well."""
    return Stream(
        parts,
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
