"""Cursor paging: opaque cursors over a sort key."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Any, Generic, TypeVar

import msgspec

from .errors import invalid_field

MAX_LIMIT = 1000
DEFAULT_LIMIT = 50


T = TypeVar("T")


class Page(msgspec.Struct, Generic[T], frozen=True):
    """A page of a list: ``next_cursor`` is null on the last one, ``total`` is null when it is not known."""

    items: list[T]
    next_cursor: str | None = None
    total: int | None = None


class PageRequest(msgspec.Struct, frozen=True):
    """What a caller of a list asks for. ``cursor`` is the decoded position or ``None`` for the start."""

    limit: int = DEFAULT_LIMIT
    cursor: list[Any] | None = None
    q: str | None = None
    sort: str | None = None

    @property
    def descending(self) -> bool:
        """Tell whether ``sort`` starts with ``-``."""
        return bool(self.sort) and self.sort is not None and self.sort.startswith("-")

    def sort_key(self, allowed: Sequence[str], default: str) -> str:
        """Return the name to sort by, without its sign; raise 422 for one that is not in ``allowed``."""
        name = (self.sort or default).lstrip("-")
        if name not in allowed:
            raise invalid_field("/sort", f"Sort by one of: {', '.join(allowed)}")
        return name


def page_request(limit: int | None, cursor: str | None, q: str | None, sort: str | None) -> PageRequest:
    """Check the query parameters of a list; raise 422 naming the parameter at fault."""
    if limit is None:
        limit = DEFAULT_LIMIT
    if not 1 <= limit <= MAX_LIMIT:
        raise invalid_field("/limit", f"limit must be between 1 and {MAX_LIMIT}")
    if q is not None and (len(q) > 500 or "\x00" in q):
        raise invalid_field("/q", "The search text may have 500 characters at most, and no NUL character")
    return PageRequest(limit, decode_cursor(cursor) if cursor else None, (q or "").strip() or None, sort)


def encode_cursor(position: Sequence[Any]) -> str:
    """Turn the sort values of the last row into an opaque text."""
    return base64.urlsafe_b64encode(msgspec.json.encode(list(position))).decode().rstrip("=")


def decode_cursor(text: str) -> list[Any]:
    """Undo :func:`encode_cursor`; raise 422 when the text is not one of ours."""
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        value = msgspec.json.decode(raw)
    except (ValueError, binascii.Error, msgspec.DecodeError) as exc:
        raise invalid_field("/cursor", "This cursor is not one that a list has returned") from exc
    if not isinstance(value, list):
        raise invalid_field("/cursor", "This cursor is not one that a list has returned")
    return value


def cursor_id(request: PageRequest) -> int | None:
    """Return the id that a page goes on from, of a list ordered by id; ``None`` at its start. Raises 422."""
    if request.cursor is None:
        return None
    if len(request.cursor) != 1 or type(request.cursor[0]) is not int or not 0 <= request.cursor[0] < 2**62:
        raise invalid_field("/cursor", "This cursor is not one that this list has returned")
    return request.cursor[0]
