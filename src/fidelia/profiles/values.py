"""Values of fields: how a JSON value becomes what is stored (``cells`` reads files, ``contacts`` addresses).

Every reader returns the stored value, or ``None`` for "no value" (an empty text, an empty list), and raises
``ValueError`` with a sentence for a person. Addresses are stored in lower case, phone numbers in E.164, moments in UTC
with whole milliseconds, IP addresses in their canonical text: both engines then hold exactly the same.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from typing import Any
from zoneinfo import available_timezones

import msgspec
import re2

MAX_TEXT = 10_000
MAX_NAME = 200
MAX_KEY = 255
MAX_ITEMS = 1000
MAX_ITEM = 255
MAX_OBJECT_BYTES = 32 * 1024
MAX_DEPTH = 16
MAX_NUMBER = 2**63
FIRST = datetime(1900, 1, 1, tzinfo=UTC)
LAST = datetime(2299, 12, 31, 23, 59, 59, 999000, tzinfo=UTC)
INTEGER_LIMIT = 2**63
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?([Zz]|[+-]\d\d:?\d\d)", re.ASCII)
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,3}", re.ASCII)


# -- texts ------------------------------------------------------------------------------------------------------------


def text(value: Any, limit: int = MAX_TEXT) -> str | None:
    """Read a text without NUL and without halves of surrogate pairs; surrounding blanks are dropped."""
    if not isinstance(value, str):
        raise ValueError("This must be a text")
    found: str = value.strip()
    if not found:
        return None
    if len(found) > limit:
        raise ValueError(f"This text has {len(found):,} characters; at most {limit:,} fit")
    check_characters(found)
    return found


def check_characters(value: str) -> None:
    """Refuse what cannot be stored: the NUL character and halves of surrogate pairs."""
    if "\x00" in value:
        raise ValueError("A text may not hold the NUL character")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise ValueError("This text is not valid Unicode") from None


def name_text(value: Any) -> str | None:
    """Read a name, a place or another short text."""
    return text(value, MAX_NAME)


def external_id(value: Any) -> str | None:
    """Read the caller's own id of a person."""
    return text(value, MAX_KEY)


def language(value: Any) -> str | None:
    """Read a language tag such as ``en`` or ``pt-BR``."""
    found = text(value, 35)
    if found is not None and not _LANGUAGE.fullmatch(found):
        raise ValueError('A language is written like "en" or "pt-BR"')
    if found is None:
        return None
    first, *rest = found.replace("_", "-").split("-")
    return "-".join([first.lower(), *(part.upper() if len(part) == 2 else part for part in rest)])


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def timezone(value: Any) -> str | None:
    """Read the name of an IANA time zone such as ``Europe/Oslo``."""
    found = text(value, 64)
    if found is not None and found not in _zones():
        raise ValueError('A time zone is written like "Europe/Oslo" or "UTC"')
    return found


def country(value: Any) -> str | None:
    """Read a country: two letters (stored in capitals) or a name."""
    found = name_text(value)
    return found.upper() if found is not None and len(found) == 2 and found.isascii() else found


# -- typed values of JSON ---------------------------------------------------------------------------------------------


def integer(value: Any) -> int:
    """Read a whole number of 64 bits."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("This must be a whole number")
    if not -INTEGER_LIMIT <= value < INTEGER_LIMIT:
        raise ValueError("This number is too large")
    return value


def float_(value: Any) -> float:
    """Read a finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("This must be a number")
    try:
        number = float(value)
    except OverflowError:
        raise ValueError("This number is too large") from None
    if not math.isfinite(number):
        raise ValueError("This must be a finite number")
    return number + 0.0  # without a negative zero, which the engines sort apart


def boolean(value: Any) -> bool:
    """Read true or false."""
    if not isinstance(value, bool):
        raise ValueError("This must be true or false")
    return value


def date_(value: Any) -> date | None:
    """Read a day such as ``2026-03-31``, from 1900 to 2299; the time of a moment is dropped."""
    if not isinstance(value, str):
        raise ValueError('This must be a date, like "2026-03-31"')
    value = value.strip()
    if not value:
        return None
    iso = value[:10] if MOMENT.fullmatch(value) else value
    if not _DATE.fullmatch(iso):
        raise ValueError('This must be a date, like "2026-03-31"')
    try:
        found = date.fromisoformat(iso)
    except ValueError:
        raise ValueError("There is no such day") from None
    return day(found)


def day(found: date) -> date:
    """Refuse a day outside of 1900 to 2299."""
    if not FIRST.year <= found.year <= LAST.year:
        raise ValueError("A date must lie between 1900 and 2299")
    return found


def datetime_(value: Any) -> datetime | None:
    """Read a moment such as ``2026-03-31T18:00:00Z``, from 1900 to 2299, cut to milliseconds."""
    if not isinstance(value, str):
        raise ValueError('This must be a moment, like "2026-03-31T18:00:00Z"')
    value = value.strip()
    if not value:
        return None
    if not MOMENT.fullmatch(value):
        raise ValueError('This must be a moment with its time zone, like "2026-03-31T18:00:00Z"')
    head, dot, tail = value.partition(".")
    if dot:  # Python reads six digits of a second at most
        digits = re.match(r"\d+", tail)
        assert digits is not None
        value = f"{head}.{digits[0][:6].ljust(6, '0')}{tail[digits.end() :]}"
    try:
        found = datetime.fromisoformat(value.upper())
    except ValueError:
        raise ValueError("There is no such moment") from None
    return moment(found)


def moment(found: datetime) -> datetime:
    """Bring an aware moment to UTC and whole milliseconds; refuse one outside of 1900 to 2299."""
    try:
        found = found.astimezone(UTC)
    except (OverflowError, ValueError):
        raise ValueError("A moment must lie between 1900 and 2299") from None
    found = found.replace(microsecond=found.microsecond // 1000 * 1000)
    if not FIRST <= found <= LAST:
        raise ValueError("A moment must lie between 1900 and 2299")
    return found


def ip(value: Any) -> str | None:
    """Read an IPv4 or IPv6 address; IPv4 written inside IPv6 becomes IPv4."""
    found = text(value, 64)
    if found is None:
        return None
    try:
        address = ip_address(found)
    except ValueError:
        raise ValueError('This must be an IP address, like "192.0.2.7"') from None
    if isinstance(address, IPv6Address):
        if address.scope_id is not None:
            raise ValueError("An IP address may not name an interface")
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
    return str(address)


def tags(value: Any) -> list[str] | None:
    """Read a list of texts, each once, in their order."""
    if not isinstance(value, list | tuple):
        raise ValueError("This must be a list of texts")
    if len(value) > MAX_ITEMS:
        raise ValueError(f"A list may have {MAX_ITEMS:,} items at most")
    found = [text(v, MAX_ITEM) for v in value]
    return list(dict.fromkeys(v for v in found if v is not None)) or None


def object_(value: Any) -> dict[str, Any] | None:
    """Read a JSON object of 32 KB and 16 levels at most."""
    if not isinstance(value, dict):
        raise ValueError("This must be an object")
    _check_json(value)
    return value or None


def objects(value: Any) -> list[dict[str, Any]] | None:
    """Read a list of JSON objects, 32 KB together at most."""
    if not isinstance(value, list) or any(not isinstance(v, dict) for v in value):
        raise ValueError("This must be a list of objects")
    if len(value) > MAX_ITEMS:
        raise ValueError(f"A list may have {MAX_ITEMS:,} items at most")
    _check_json(value)
    return value or None


def _check_json(value: Any) -> None:
    _walk(value, 0)
    if len(msgspec.json.encode(value)) > MAX_OBJECT_BYTES:
        raise ValueError(f"This is larger than {MAX_OBJECT_BYTES // 1024} KB")


def _walk(value: Any, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise ValueError(f"An object may have {MAX_DEPTH} levels at most")
    if isinstance(value, str):
        check_characters(value)
    elif isinstance(value, int | float) and not -MAX_NUMBER <= value < MAX_NUMBER:
        raise ValueError("A number in an object must lie between -2^63 and 2^63; write a longer one as a text")
    elif isinstance(value, dict):
        for key, item in value.items():
            check_characters(key)
            _walk(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            _walk(item, depth + 1)


# -- patterns ---------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=2000)
def pattern(source: str) -> Any:
    """Compile a validator (RE2, so that no pattern can run away); raise ``ValueError`` saying what is wrong."""
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 1 << 20
    try:
        return re2.compile(source, options)
    except re2.error as exc:
        reason = exc.args[0].decode() if exc.args and isinstance(exc.args[0], bytes) else exc
        raise ValueError(f"This is not a regular expression that RE2 understands: {reason}") from None
