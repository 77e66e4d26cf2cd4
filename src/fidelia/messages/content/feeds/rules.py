"""Addresses of feeds with values in them, and what answers are taken. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import msgspec

from fidelia.platform.fetch import FetchProblem, read_url

KEY = re.compile(r"[a-z][a-z0-9_]{0,59}", re.ASCII)
#: Bytes of an answer: for everybody, and for one recipient.
MAX_BYTES = 1_000_000
MAX_BYTES_PERSONAL = 100_000
MAX_SECONDS = 30
MAX_SECONDS_PERSONAL = 5
MAX_VALUES = 50_000
MAX_DEPTH = 40
MAX_CACHE = 7 * 24 * 60
_VALUE = re.compile(r"\{\{\s*profile\.([A-Za-z_]\w*)\s*\}\}", re.ASCII)
_ORIGIN = re.compile(r"\s*[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")
_WHOLE = 2**63


class CannotShow(Exception):
    """A feed has nothing to show; the text is the reason, for a person."""


def fields_of(url: str) -> list[str]:
    """Return the fields of profiles whose values stand in an address."""
    return list(dict.fromkeys(_VALUE.findall(url)))


def check_url(url: str) -> str | None:
    """Return what is wrong with an address, or ``None``."""
    origin = _ORIGIN.match(url)
    if origin is None:
        return "An address starts with https:// or http://"
    if "{" in origin[0] or "}" in origin[0]:
        return "Values may stand in the path and in the query of an address, not in the host"
    plain = _VALUE.sub("x", url.strip())
    if "{" in plain or "}" in plain:
        return "Only values of profiles may stand in an address, like {{ profile.city }}"
    try:
        read_url(plain)
    except FetchProblem as exc:
        return exc.detail
    return None


def address_of(url: str, values: Mapping[str, Any]) -> str:
    """Return the address with a recipient's values in it, percent-encoded.

    Raises:
        CannotShow: a value is missing, or no text.
    """

    def filled(match: re.Match[str]) -> str:
        value = values.get(match[1])
        if value is None or value == "" or isinstance(value, list | dict):
            raise CannotShow(f"profile.{match[1]} is missing")
        text = str(value).lower() if isinstance(value, bool) else str(value)
        if text in (".", ".."):  # a path would lead elsewhere
            raise CannotShow(f"profile.{match[1]} cannot stand in an address")
        return quote(text, safe="")

    made = _VALUE.sub(filled, url.strip())
    try:
        read_url(made)
    except FetchProblem as exc:
        raise CannotShow(exc.detail) from exc
    return made


def digest(address: str) -> bytes:
    """Return what a copy is kept under: addresses may hold personal data."""
    return hashlib.sha256(address.encode()).digest()


def compact(body: bytes) -> bytes:
    """Return an answer as it is kept; raise :class:`CannotShow` for what is no JSON that a message could show."""
    try:
        value = msgspec.json.decode(body.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        raise CannotShow(f"The answer is no JSON: {exc}") from exc
    except RecursionError:
        raise CannotShow("The answer is nested far too deeply") from None
    count = 0

    def plain(found: Any, depth: int) -> Any:
        nonlocal count
        count += 1
        if depth > MAX_DEPTH:
            raise CannotShow(f"The answer is nested more than {MAX_DEPTH} deep")
        if count > MAX_VALUES:
            raise CannotShow(f"The answer has more than {MAX_VALUES:,} values")
        if isinstance(found, dict):
            return {key: plain(inner, depth + 1) for key, inner in found.items()}
        if isinstance(found, list):
            return [plain(inner, depth + 1) for inner in found]
        if isinstance(found, int) and not -_WHOLE <= found < _WHOLE:
            return str(found)  # a number that no template counts with
        return found

    return msgspec.json.encode(plain(value, 0))
