"""How stored values are written for PostgreSQL: the text of a type, escaped for COPY."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

import msgspec

NULL = "\\N"
_SPECIAL = re.compile(r"[\\\t\n\r]")
_ESCAPES = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
_UNESCAPES = {"\\\\": "\\", "\\t": "\t", "\\n": "\n", "\\r": "\r"}


def escape(text: str) -> str:
    """Escape a text for a cell of COPY."""
    return _SPECIAL.sub(lambda m: _ESCAPES[m[0]], text) if _SPECIAL.search(text) else text


def unescape(cell: str) -> str | None:
    """Undo :func:`escape`; the cell of NULL gives ``None``."""
    if cell == NULL:
        return None
    return re.sub(r"\\[\\tnr]", lambda m: _UNESCAPES[m[0]], cell) if "\\" in cell else cell


def array_text(items: list[str]) -> str:
    """Return the text of a ``text[]``."""
    return "{" + ",".join('"' + item.replace("\\", "\\\\").replace('"', '\\"') + '"' for item in items) + "}"


def pg_text(type_: str, value: Any) -> str:
    """Return the input text of a stored value of a field type."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "t" if value else "f"
    if type_ in ("object", "objects"):
        return msgspec.json.encode(value).decode()
    if isinstance(value, list):
        return array_text(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    return repr(value)


def copy_cell(type_: str, value: Any) -> str:
    """Return the COPY text of a stored value; ``None`` is NULL."""
    return NULL if value is None else escape(pg_text(type_, value))
