"""Pure rules of promo codes: patterns, what makes two codes the same, expiry, what a code is worth to somebody."""

from __future__ import annotations

import re
import secrets
from calendar import monthrange
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from .model import CodeExpiry, PromoPool, Reason

#: Letters and digits that nobody takes for another one: of 0 O, 1 I L, 2 Z, 5 S, 8 B, U V only one is there, or none.
LETTERS = "ACDEFGHJKMNPQRTVWXY"
DIGITS = "23456789"
BOTH = LETTERS + DIGITS
#: ``#`` is a digit, ``@`` a letter, ``*`` either; a backslash before one of them means itself.
PLACES = {"#": DIGITS, "@": LETTERS, "*": BOTH}
MOST_CHARACTERS = 64
#: A pattern must have this many codes for each that is made: guessing one takes so many tries, and making ends soon.
SPARE = 1000
CODE = re.compile(r"[!-~]{1,64}", re.ASCII)
SHORT_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)
FIELD_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)
_PERIOD = re.compile(r"P(?:(?P<n>\d{1,4})(?P<unit>[DWMY])|T(?P<hours>\d{1,5})H)", re.ASCII)


def key_of(code: str) -> str:
    """Return what two ways of typing a code have in common: capitals do not count, nor do spaces around it."""
    return code.strip().upper()


def places(pattern: str) -> list[str]:
    """Return what may stand at each place of a pattern; raise ``ValueError`` with a sentence for a bad one."""
    found: list[str] = []
    literal = False
    for letter in pattern:
        if literal:
            found.append(letter)
            literal = False
        elif letter == "\\":
            literal = True
        else:
            found.append(PLACES.get(letter, letter))
    if literal:
        raise ValueError("A backslash stands before the sign it keeps")
    if not found:
        raise ValueError("Write a pattern, such as SPRING-####-@@@@")
    if len(found) > MOST_CHARACTERS:
        raise ValueError(f"A code has {MOST_CHARACTERS} characters at most")
    if any(len(choice) == 1 and not "!" <= choice <= "~" for choice in found):
        raise ValueError("A code has Latin letters, digits and signs, no spaces")
    if all(len(choice) == 1 for choice in found):
        raise ValueError("The pattern needs places that differ: # for a digit, @ for a letter, * for either")
    return found


def space(pattern: str) -> int:
    """Return how many codes a pattern has."""
    number = 1
    for choice in places(pattern):
        number *= len(choice)
    return number


def room(pattern: str) -> int:
    """Return how many codes may be made of a pattern, so that nobody guesses one."""
    return space(pattern) // SPARE


def draw(pattern: str, count: int, random: Callable[[int], bytes] = secrets.token_bytes) -> list[str]:
    """Return so many codes by cryptographic chance, each as likely as any other; some may be the same."""
    columns = [choice * count if len(choice) == 1 else _letters(choice, count, random) for choice in places(pattern)]
    return ["".join(letters) for letters in zip(*columns, strict=True)]


def _letters(alphabet: str, count: int, random: Callable[[int], bytes]) -> str:
    """Return random letters. Bytes beyond the last whole multiple are thrown away: all letters are equally likely."""
    size = len(alphabet)
    whole = 256 - 256 % size
    table = bytes(ord(alphabet[byte % size]) for byte in range(256))
    surplus = bytes(range(whole, 256))
    found = bytearray()
    while len(found) < count:
        found += random((count - len(found)) * 5 // 4 + 16).translate(table, surplus)
    return found[:count].decode("ascii")


def check_code(code: str) -> str | None:
    """Return what is wrong with a code from outside, or ``None``."""
    if not code:
        return "There is no code in this line"
    if not CODE.fullmatch(code):
        return f"A code has 1 to {MOST_CHARACTERS} Latin letters, digits and signs, no spaces"
    return None


def check_expiry(expiry: CodeExpiry) -> tuple[str, str] | None:
    """Return the member at fault and a sentence, or ``None``."""
    if expiry.kind == "fixed":
        if expiry.at is None:
            return "at", "Say when the codes expire"
        if expiry.at.tzinfo is None:
            return "at", "A time needs its zone, like 2026-12-31T23:00:00Z"
    if expiry.kind == "after":
        match = _PERIOD.fullmatch(expiry.period or "")
        if match is None or int(match["n"] or match["hours"]) == 0:
            return "period", "A period is written like P30D (days), P2W (weeks), P3M (months), P1Y or PT12H (hours)"
    return None


def expires(expiry: CodeExpiry, attached_at: datetime) -> datetime | None:
    """Return when a code attached at a moment expires by its pool's settings; ``None`` for never."""
    if expiry.kind == "fixed":
        return expiry.at
    match = _PERIOD.fullmatch(expiry.period or "") if expiry.kind == "after" else None
    if match is None:
        return None
    if match["hours"]:
        return attached_at + timedelta(hours=int(match["hours"]))
    number, unit = int(match["n"]), match["unit"]
    if unit in "DW":
        return attached_at + timedelta(days=number * (7 if unit == "W" else 1))
    months = attached_at.month - 1 + number * (12 if unit == "Y" else 1)
    year, month = attached_at.year + months // 12, months % 12 + 1
    return attached_at.replace(year=year, month=month, day=min(attached_at.day, monthrange(year, month)[1]))


def closed(pool: PromoPool, now: datetime) -> Reason | None:
    """Return why nobody gets codes of a pool now: they are made, attached and sent within its dates."""
    if pool.archived_at is not None:
        return "archived"
    if pool.valid_from is not None and now < pool.valid_from:
        return "not_yet"
    if pool.valid_until is not None and now >= pool.valid_until:
        return "over"
    return None


CLOSED = {
    "archived": "The pool is archived",
    "not_yet": "The pool gives no codes yet",
    "over": "The pool gives no codes any more",
}


def refusal(
    pool: PromoPool,
    *,
    now: datetime,
    profile_id: int | None,
    owner: int | None,
    attached: bool,
    held: bool,
    expires_at: datetime | None,
    uses: int,
    uses_by_person: int,
) -> Reason | None:
    """Return why somebody cannot use a code now, or ``None``.

    ``owner`` is whose a personal code is and ``attached`` whether it is anybody's; ``held`` whether the person has this
    universal code. ``expires_at`` is that of the code, or of the holder where it is held.
    """
    personal = pool.kind == "personal"
    mine = attached if personal else held
    over = expires_at is not None and expires_at <= now
    stale = not mine and pool.expiry.kind == "fixed" and pool.expiry.at is not None and pool.expiry.at <= now
    limit = pool.max_uses_per_person
    checks: tuple[tuple[bool, Reason | None], ...] = (
        (pool.archived_at is not None, "archived"),
        (over, "expired"),
        (profile_id is None and (personal or limit is not None), "needs_person"),
        (personal and attached and owner != profile_id, "taken"),
        (not mine, closed(pool, now)),
        (stale, "expired"),
        (pool.max_uses is not None and uses >= pool.max_uses, "used_up"),
        (limit is not None and uses_by_person >= limit, "person_limit"),
    )
    return next((reason for refused, reason in checks if refused and reason is not None), None)


def check_extra(fields: list[Any], extra: dict[str, str]) -> str | None:
    """Return what is wrong with a code's further values, or ``None``."""
    unknown = sorted(set(extra) - {field.key for field in fields})
    if unknown:
        return f"The pool has no field {unknown[0]}"
    if any(len(value) > 500 or "\x00" in value for value in extra.values()):
        return "A value has 500 characters at most"
    return None
