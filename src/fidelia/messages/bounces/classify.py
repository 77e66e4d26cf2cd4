"""What a status means: whether the address is dead (hard) or the mail only did not get through now (soft), and why.

Codes follow RFC 3463. Only what says that the *address* cannot take mail is hard: being refused as unwanted, by a rule
or for its size says something about the mail or about us.
"""

from __future__ import annotations

import re
from typing import NamedTuple

#: Why a mail came back, in the words of reports.
WORDS = {
    "address": "The address does not exist",
    "domain": "The domain takes no mail",
    "closed": "The mailbox is closed",
    "full": "The mailbox is full",
    "size": "The mail is too large",
    "refused": "Refused as unwanted, or by a rule",
    "server": "The mail server had trouble, or could not be reached",
    "other": "No clear reason",
}
_HARD = ("address", "domain", "closed")
#: What a code alone does not settle: the words of the server may say better.
_UNCLEAR = ("other", "server", "address", "domain")
STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.]*\d)")
_REPLY = re.compile(r"(?<![\d.])([45])\d\d(?![\d.])")

_CODES = {
    **dict.fromkeys(((1, 0), (1, 1), (1, 3), (1, 6)), "address"),
    **dict.fromkeys(((1, 2), (1, 10), (4, 4), (4, 310)), "domain"),
    (2, 1): "closed",
    (2, 2): "full",
    **dict.fromkeys(((2, 3), (3, 4)), "size"),
}
_SUBJECTS = {3: "server", 4: "server", 7: "refused"}
_PATTERNS = (
    (
        "refused",
        r"\bspam|blacklist|block ?list|blocked|reputation|\bdmarc\b|\bspf\b|\bdkim\b|policy|rate limit|too many"
        r"|unsolicited|banned|content rejected",
    ),
    ("full", r"over ?quota|quota exceeded|exceeded.{0,30}quota|(mailbox|inbox|storage).{0,20}\bfull\b|out of storage"),
    ("size", r"too (large|big)|exceeds.{0,30}(size|limit)"),
    (
        "closed",
        r"(account|mailbox|user|address).{0,30}(disabled|inactive|deactivated|suspended|closed"
        r"|no longer (in use|active))",
    ),
    (
        "domain",
        r"domain.{0,40}(not found|does not exist|doesn't exist|not exist)|host.{0,30}not found|nxdomain|no mx\b|null mx"
        r"|name or service not known",
    ),
    (
        "address",
        r"user unknown|unknown (user|recipient|address|mailbox)|no such (user|mailbox|recipient|address|person|account)"
        r"|(user|recipient|mailbox|address|account)\b.{0,60}(does not exist|doesn't exist|not found|not exist|unknown"
        r"|unavailable|invalid)|doesn't have an? .{0,40}account|no mailbox (here )?by that name|invalid recipient"
        r"|unrouteable address|not a valid (user|mailbox|recipient)",
    ),
    (
        "server",
        r"timed? ?out|connection (refused|lost|reset)|could not connect|temporar|try again|greylist|unreachable",
    ),
)
_WORDINGS = tuple((kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in _PATTERNS)


class Verdict(NamedTuple):
    """``hard``: nobody can be reached there. ``why`` is a key of :data:`WORDS`; ``code`` may be empty."""

    hard: bool
    why: str
    code: str

    @property
    def words(self) -> str:
        """Return the reason for a person."""
        return WORDS[self.why]


def verdict(status: str, text: str = "") -> Verdict:
    """Judge by an enhanced status (``5.1.1``) and what the server said; either may be empty."""
    text = text[:2000]
    code = _status(status)
    if code is None or (code[1], code[2]) == (0, 0):  # says nothing: the server's own words may hold a better one
        code = _status(text) or code
    why = _by_code(code)
    if why in _UNCLEAR:
        said = next((kind for kind, pattern in _WORDINGS if pattern.search(text)), None)
        clear = code is not None and (code[1], code[2]) == (1, 1)
        if said is not None and not clear:
            why = said
    final = code[0] == 5 if code is not None else _permanent(text, why)
    return Verdict(final and why in _HARD, why, ".".join(map(str, code)) if code else "")


def _status(text: str) -> tuple[int, int, int] | None:
    for found in STATUS.finditer(text):
        first, second, third = (int(part) for part in found.groups())
        if first != 2:
            return first, second, third
    return None


def _by_code(code: tuple[int, int, int] | None) -> str:
    if code is None:
        return "other"
    return _CODES.get(code[1:]) or _SUBJECTS.get(code[1], "other")


def _permanent(text: str, why: str) -> bool:
    """Without an enhanced status: by the reply code, else by the words, which are clear or do not count."""
    found = _REPLY.search(text)
    return found.group(1) == "5" if found else why in _HARD
