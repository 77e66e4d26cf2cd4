"""Pure decisions of ingest: what an event may be, of what type a property is, and the clock of the Segment protocol."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from hashlib import blake2b
from typing import Any

from .catalogue import BUILTIN, PropertyType

MAX_EVENTS = 10_000
MAX_ID = 255
MAX_NAME = 128
MAX_LEARNED_PROPERTIES = 200
MAX_LEARNED_TYPES = 1_000
SEEN_DAYS = 7
FUTURE = timedelta(hours=24)
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)

CUSTOM = re.compile(r"custom\.\w[\w-]*(\.[\w-]+)*")
#: Names of properties that conditions can speak of; others are stored but not offered.
PROPERTY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}", re.ASCII)
_WORD = re.compile(r"\W+")
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d(:\d\d(\.\d{1,9})?)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


class Refused(ValueError):
    """An event that is not taken; the text says why."""


def check_type(name: str) -> str:
    """Return the name of a type that may be sent from outside; raise :class:`Refused`."""
    known = BUILTIN.get(name)
    if known is not None:
        if known.open:
            return name
        raise Refused(
            f"{name} is written by Fidelia itself; send a type of your own, such as custom.{name.rpartition('.')[2]}"
        )
    if not name.startswith("custom."):
        raise Refused(f"There is no type {name[:80]!r}; types of your own are named custom.<name>")
    if len(name) > MAX_NAME or not CUSTOM.fullmatch(name):
        raise Refused(f"A type is custom.<name> with letters, digits, _ - and dots, {MAX_NAME} characters at most")
    return name


def is_own_type(name: str) -> bool:
    """Tell whether a type is one of one's own, known yet or not."""
    return len(name) <= MAX_NAME and CUSTOM.fullmatch(name) is not None


def check_moment(at: datetime, now: datetime) -> datetime:
    """Return the moment of an event; raise :class:`Refused` without a zone, before 1970, or over a day ahead."""
    if at.tzinfo is None:
        raise Refused("at needs a time zone, such as 2026-11-01T10:00:00Z")
    if at > now + FUTURE:
        raise Refused("at lies more than 24 hours in the future")
    if at < EARLIEST:
        raise Refused("at lies before 1970")
    return at


def check_id(id_: str) -> str:
    """Return the caller's id of an event; raise :class:`Refused`."""
    if not 1 <= len(id_) <= MAX_ID:
        raise Refused(f"id has 1 to {MAX_ID} characters")
    return id_


def seen_hash(id_: str) -> bytes:
    """Return the 128 bits by which an id is remembered."""
    return blake2b(id_.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def type_of(value: Any) -> PropertyType | None:
    """Return the type a JSON value shows, ``None`` for those that say nothing (null, objects, mixed lists)."""
    match value:
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float() | Decimal():
            return "float"
        case str():
            return _text_type(value)
        case list() if value and all(isinstance(item, str) for item in value):
            return "tags"
    return None


def _text_type(value: str) -> PropertyType:
    if len(value) == 10 and _DATE.fullmatch(value) and _is_date(value):
        return "date"
    return "datetime" if 16 < len(value) < 40 and _MOMENT.fullmatch(value) else "string"


def joined_type(before: str | None, now: str) -> str:
    """Return the type that fits both what was seen before and what is seen now."""
    if before is None or before == now:
        return now
    pair = {before, now}
    if pair == {"integer", "float"}:
        return "float"
    if pair <= {"string", "date", "datetime"}:
        return "string"
    return before  # the first impression stays; values of another type count as missing there


def check_properties(properties: Mapping[str, Any], declared: Mapping[str, str]) -> None:
    """Check the properties that a type declares; others are free. Raise :class:`Refused` naming the property."""
    for name, wanted in declared.items():
        value = properties.get(name)
        if value is not None and not fits(value, wanted):
            raise Refused(f"properties.{name} must be {_WORDS.get(wanted, wanted)}")


_WORDS = {
    "string": "a text",
    "integer": "a whole number",
    "float": "a number",
    "decimal": 'a number or a decimal text, like "12.50"',
    "boolean": "true or false",
    "date": "a date like 2026-11-01",
    "datetime": "a moment with a time zone, like 2026-11-01T10:00:00Z",
    "tags": "a list of texts",
}


def fits(value: Any, wanted: str) -> bool:
    """Tell whether a JSON value is of a declared type."""
    check = _FITS.get(wanted)
    return check is not None and check(value)


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63


def _is_float(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_decimal(value: Any) -> bool:
    return not isinstance(value, bool) and isinstance(value, int | float | str) and _is_number(value)


def _is_day(value: Any) -> bool:
    return isinstance(value, str) and bool(_DATE.fullmatch(value)) and _is_date(value)


def _is_moment(value: Any) -> bool:
    return isinstance(value, str) and bool(_MOMENT.fullmatch(value)) and parse_moment(value) is not None


def _is_tags(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


_FITS: Mapping[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "integer": _is_integer,
    "float": _is_float,
    "decimal": _is_decimal,
    "boolean": lambda value: isinstance(value, bool),
    "date": _is_day,
    "datetime": _is_moment,
    "tags": _is_tags,
}


def _is_number(value: int | float | str) -> bool:
    try:
        return Decimal(value).is_finite()
    except InvalidOperation:
        return False


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


# -- the Segment protocol ------------------------------------------------------------------------------------------


def type_from_name(event: str) -> str | None:
    """Return the type of a tracked event: ``Order Completed`` → ``custom.order_completed``; ``None`` without a name."""
    name = _WORD.sub("_", unicodedata.normalize("NFKC", event).lower()).strip("_")
    return f"custom.{name}"[:MAX_NAME].rstrip("_") if name else None


def parse_moment(value: Any) -> datetime | None:
    """Read a moment as the libraries send it (ISO 8601, a zone of UTC when there is none); ``None`` when it is none."""
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return None
    try:
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError:
        return None


def corrected(timestamp: datetime | None, sent_at: datetime | None, received: datetime) -> datetime:
    """Return when something happened by our clock: ``received − (sentAt − timestamp)``.

    The sender's clock may be wrong; what it tells for sure is how long ago it was. Never later than it was received.
    """
    if timestamp is None:
        return received
    at = timestamp if sent_at is None else received - (sent_at - timestamp)
    return received if at > received or at < EARLIEST else at


_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_ALIASES = {
    "birthday": "birth_date",
    "phone": "phones",
    "phone_number": "phones",
    "given_name": "first_name",
    "family_name": "last_name",
    "locale": "language",
    "zip": "postal_code",
    "zip_code": "postal_code",
    "state": "region",
}


def field_name(trait: str) -> str:
    """Return the field that a trait means: ``firstName`` → ``first_name``, ``birthday`` → ``birth_date``."""
    name = _WORD.sub("_", _CAMEL.sub("_", trait.strip())).strip("_").lower()
    return _ALIASES.get(name, name)


def flat_traits(traits: Mapping[str, Any]) -> dict[str, Any]:
    """Return traits by field name; ``address`` is opened, ``name`` is split when the parts are not given."""
    flat: dict[str, Any] = {}
    for key, value in traits.items():
        if key == "address" and isinstance(value, Mapping):
            for part in ("city", "country", "postalCode", "state"):
                if part in value:
                    flat.setdefault(field_name(part), value[part])
        elif isinstance(key, str) and key:
            flat[field_name(key)] = value
    name = flat.get("name")
    if isinstance(name, str) and "first_name" not in flat and "last_name" not in flat:
        first, _, last = name.strip().partition(" ")
        if first:
            flat["first_name"] = first
        if last.strip():
            flat["last_name"] = last.strip()
    return flat
