"""Pure decisions of hooks: signatures, filters, pauses."""

from __future__ import annotations

import base64
import contextlib
import email.utils
import hashlib
import hmac
import operator
import re
import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from fidelia.kernel.errors import FieldError

from .model import HookFilters, PropertyRule

#: After so many seconds the first, second, … failed try is repeated; the last pause holds for all further ones.
PAUSES = (5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400)
#: A receiver that fails so long is not tried any more until somebody says so.
GIVE_UP = timedelta(hours=24)
#: What waits is kept so long, and so many events of one hook; the log as long.
KEEP = timedelta(days=7)
KEEP_EVENTS = 500_000
#: Deliveries of a hook whose bodies are kept.
KEEP_BODIES = 1_000
MAX_NAME = 100
MAX_CUSTOM_DATA = 8_192
MAX_HEADERS = 15
PREFIX = "whsec_"
#: Headers that the request itself needs.
_OURS = re.compile(r"webhook-.*|content-type|user-agent|accept", re.IGNORECASE)
_NAMED: Mapping[str, str] = {
    "resources": "resource",
    "mailings": "mailing",
    "templates": "template",
    "segments": "segment",
}


def new_secret() -> str:
    """Return a secret as the Standard Webhooks scheme writes it: 32 random bytes in base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def sign(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """Return the signature ``v1,…`` of a request, by the Standard Webhooks scheme (HMAC-SHA256)."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def pause(attempts: int) -> timedelta:
    """Return how long to wait after so many failed tries in a row (1 or more)."""
    return timedelta(seconds=PAUSES[min(attempts, len(PAUSES)) - 1])


def retry_after(text: str | None, now: datetime) -> float | None:
    """Return the seconds that a receiver asks to wait, at most a day; ``None`` when it does not say, or nonsense."""
    if text is None:
        return None
    text = text.strip()
    if text.isascii() and text.isdigit():
        seconds = float(text[:10])
    else:
        try:
            at = email.utils.parsedate_to_datetime(text)
        except (ValueError, TypeError):
            return None
        seconds = ((at if at.tzinfo else at.replace(tzinfo=UTC)) - now).total_seconds()
    return min(max(seconds, 0.0), 86_400.0)


def matches(filters: HookFilters, properties: Mapping[str, Any]) -> bool:
    """Tell whether an event passes the filters: each that filters must be met."""
    for name, key in _NAMED.items():
        wanted: Collection[int] = getattr(filters, name)
        if wanted and properties.get(key) not in wanted:
            return False
    return all(holds(rule, properties.get(rule.name)) for rule in filters.properties)


_COMPARED: Mapping[str, Callable[[Any, Any], Any]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
    "contains": lambda value, wanted: isinstance(value, str) and wanted in value,
}


def holds(rule: PropertyRule, value: Any) -> bool:
    """Tell whether a property is as a rule says. A comparison with nothing, or with another type, is false."""
    if rule.op in ("is_missing", "is_present"):
        return (value is None) == (rule.op == "is_missing")
    if isinstance(value, list):
        return rule.op in ("eq", "contains") and any(holds(PropertyRule(rule.name, "eq", rule.value), v) for v in value)
    pair = _comparable(value, rule.value)
    return pair is not None and bool(_COMPARED[rule.op](*pair))


def _comparable(value: Any, wanted: Any) -> tuple[Any, Any] | None:
    """Return both sides as they compare, ``None`` when they cannot be."""
    if isinstance(value, str) and isinstance(wanted, str):
        return value.lower(), wanted.lower()
    if isinstance(value, bool) or isinstance(wanted, bool):
        return (value, wanted) if isinstance(value, bool) and isinstance(wanted, bool) else None
    if isinstance(wanted, int | float) and isinstance(value, str):  # amounts travel as decimal texts
        with contextlib.suppress(ValueError):
            return float(value), wanted
        return None
    numbers = isinstance(value, int | float) and isinstance(wanted, int | float)
    return (value, wanted) if numbers else None


def header_errors(names: Sequence[str]) -> list[FieldError]:
    """Return what is wrong with the names of headers of one's own."""
    if len(names) > MAX_HEADERS:
        return [FieldError("/headers", f"At most {MAX_HEADERS} headers can be sent along")]
    lower = [name.lower() for name in names]
    errors = [
        FieldError(f"/headers/{name}", f"The header {name} is set by Fidelia itself")
        for name in names
        if _OURS.fullmatch(name)
    ]
    twice = sorted({name for name in lower if lower.count(name) > 1})
    return errors + [FieldError("/headers", f"The header {name} stands here twice") for name in twice]
