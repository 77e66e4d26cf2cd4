"""What every channel knows of a recipient: the hash of a contact, values as templates see them, marked links."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import msgspec

from ..model import Utm


def with_utm(url: str, utm: Utm) -> str:
    """Add the marks that are not in a web link already."""
    marks = {f"utm_{key}": value for key, value in msgspec.structs.asdict(utm).items() if value}
    if not marks or not url.lower().startswith(("http://", "https://")):
        return url
    parts = urlsplit(url)
    present = {key for key, _ in parse_qsl(parts.query, keep_blank_values=True)}
    added = urlencode({key: value for key, value in marks.items() if key not in present})
    if not added:
        return url
    return urlunsplit(parts._replace(query=f"{parts.query}&{added}" if parts.query else added))


def contact_hash(contact: str) -> bytes:
    """Return what makes an address unique within a run: 16 bytes of the SHA-256 of its lower case."""
    return hashlib.sha256(contact.strip().lower().encode("utf-8", "surrogatepass")).digest()[:16]


def plain_values(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a profile's values as templates see them: no key for a missing one, dates as text."""
    return {
        name: value if isinstance(value, str | int | float | bool | list | dict) else _plain(value)
        for name, value in row.items()
        if value is not None and value not in ("", []) and name != "version"
    }


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
