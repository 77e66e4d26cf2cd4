"""Single values of offers: prices, yes and no, days, addresses. Pure."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from .model import Refused

_PRICE = re.compile(r"^([A-Za-z]{3})?\s*(-?[0-9][0-9\s., \u00a0\u202f']*)\s*([A-Za-z]{3})?$")
_WEB = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
_TRUE = frozenset({"true", "yes", "1", "in stock", "in_stock", "available", "да"})
_FALSE = frozenset({"false", "no", "0", "out of stock", "out_of_stock", "preorder", "backorder", "discontinued", "нет"})
_LARGEST = Decimal(10) ** 14


def price(field: str, text: str) -> tuple[str, str | None]:
    """Read ``1 234,50``, ``12.50 EUR`` or ``EUR 12.50``: the amount as a decimal text, and the currency if it says."""
    found = _PRICE.match(text.strip())
    if found is None:
        raise Refused(field, text, "This is no price, like 12.50 or 12.50 EUR")
    currency = (found[1] or found[3] or "").upper() or None
    return amount(field, text, found[2]), currency


def amount(field: str, text: str, digits: str | None = None) -> str:
    """Read a number that is not below zero, with four places at most, as a decimal text."""
    plain = re.sub(r"[\s\u00a0\u202f']", "", text if digits is None else digits)
    if "," in plain and "." in plain:  # the last of the two stands before the fraction
        plain = (
            plain.replace(".", "").replace(",", ".") if plain.rfind(",") > plain.rfind(".") else plain.replace(",", "")
        )
    elif plain.count(",") == 1:
        plain = plain.replace(",", ".")
    try:
        value = Decimal(plain)
    except InvalidOperation:
        raise Refused(field, text, "This is no number, like 12.50") from None
    if not value.is_finite() or value < 0 or value >= _LARGEST:
        raise Refused(field, text, "A number here is not below zero, and has 14 digits before the point at most")
    if value != value.quantize(Decimal("0.0001")):
        raise Refused(field, text, "A number has four decimal places at most")
    return format(value, "f")


def yes(field: str, text: str) -> bool:
    """Read yes or no, in stock or not."""
    word = text.strip().lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise Refused(field, text, "This must be true or false")


def day(field: str, text: str) -> str:
    """Read a day, or the day of a moment, as ISO 8601 text."""
    try:
        return date.fromisoformat(text.strip()[:10]).isoformat()
    except ValueError:
        raise Refused(field, text, "This is no day, like 2026-11-30") from None


def web(field: str, text: str) -> str:
    """Read an address of the web."""
    if len(text) > 2_000 or not _WEB.fullmatch(text):
        raise Refused(field, text, "An address starts with http:// or https:// and has 2,000 characters at most")
    return text


def within(period: str, now: datetime) -> bool:
    """Tell whether a moment lies in a period of ISO 8601 (``begin/end``); one that cannot be read never begins."""
    begin, _, end = period.partition("/")
    try:
        edges = [datetime.fromisoformat(edge.strip()) for edge in (begin, end)]
    except ValueError:
        return False
    first, last = (edge if edge.tzinfo else edge.replace(tzinfo=now.tzinfo) for edge in edges)
    return first <= now < last
