"""Contacts: e-mail addresses in lower case, phone numbers in E.164."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Any

import email_validator
import phonenumbers

from .values import text

MAX_PHONES = 20
_SIMPLE_EMAIL = re.compile(
    r"[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*@((?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63})", re.ASCII
)


def email(value: Any) -> str | None:
    """Read an e-mail address by ``email-validator``'s rules and store it in lower case."""
    # The usual address of a domain judged before needs no second judgement; tests compare with the library's verdict.
    simple = _SIMPLE_EMAIL.fullmatch(value.lower()) if isinstance(value, str) else None
    if simple and len(simple[0]) <= 254 and simple.start(1) <= 65 and _judged_domain(simple[1]) == simple[1]:
        return simple[0]
    found = text(value, 320)
    return None if found is None else _judged_email(found.lower())


def _judged_email(value: str) -> str:
    try:
        verdict = email_validator.validate_email(value, check_deliverability=False)
    except email_validator.EmailNotValidError as exc:
        raise ValueError(f"This is not an e-mail address: {exc}") from None
    return unicodedata.normalize("NFC", verdict.normalized.lower())


@lru_cache(maxsize=50_000)
def _judged_domain(domain: str) -> str | None:
    try:
        return _judged_email("a@" + domain)[2:]
    except ValueError:
        return None


@lru_cache(maxsize=50_000)
def phone(value: str, region: str | None = None) -> str:
    """Read one phone number as E.164; without ``+`` it needs the ``region`` whose number it is."""
    try:
        number = phonenumbers.parse(value, region)
    except phonenumbers.NumberParseException:
        hint = "" if value.strip().startswith("+") or region else "; write it with + and the country code"
        raise ValueError(f"This is not a phone number{hint}") from None
    reason = phonenumbers.is_possible_number_with_reason(number)
    if reason == phonenumbers.ValidationResult.TOO_SHORT:
        raise ValueError("This phone number is too short")
    if reason == phonenumbers.ValidationResult.TOO_LONG:
        raise ValueError("This phone number is too long")
    if reason != phonenumbers.ValidationResult.IS_POSSIBLE:
        raise ValueError("This is not a phone number of its country")
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def phones(value: Any, region: str | None = None) -> list[str] | None:
    """Read a list of phone numbers (or one text) as E.164, each once."""
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, list | tuple) or any(not isinstance(v, str) for v in value):
        raise ValueError("This must be a list of phone numbers")
    found = list(dict.fromkeys(phone(v.strip(), region) for v in value if v.strip()))
    if len(found) > MAX_PHONES:
        raise ValueError(f"A profile has {MAX_PHONES} phone numbers at most")
    return found or None


def domain(value: str) -> str:
    """Read the domain of addresses such as ``example.com``, by the same rules as the part after an ``@``."""
    found = text(value, 255)
    judged = _judged_domain(found.lower()) if found is not None else None
    if judged is None:
        raise ValueError("This is neither an address, nor a phone number with +, nor a domain")
    return judged
