"""Pure decisions of placements: who somebody is, and which of several placements they see."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from fidelia.kernel.errors import FieldError
from fidelia.kernel.ids import MAX_PROFILE_ID

from .model import MAX_PRIORITY, MAX_REFRESH, MAX_SHOWS, MIN_REFRESH, Live, Placement, Seen, Visitor

KEY = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
#: A signature may hold so long at most.
MOST_AHEAD = timedelta(days=31)
#: Who came by a link is known by it so long after the message.
LINK_HOLDS = timedelta(days=30)
#: The right to see it ends when nothing has been seen for so long.
HOLD = timedelta(minutes=10)
#: What a page tells of content that it got longer ago counts no more.
TOLD_WITHIN = timedelta(days=1)
_MOST = 1_000
_RANDOM_BITS = 20


def sign(secret: str, who: str, expires: int) -> str:
    """Return what a site's back end makes of a visitor: ``who`` is ``user:<external id>`` or ``profile:<id>``."""
    said = f"{expires}.{who}"
    return f"{_mac(secret, said)}.{said}"


def read_visitor(text: str, secrets: Sequence[str], now: datetime) -> Visitor | None:
    """Return whom a signature names; ``None`` when it is forged, has expired, or is to hold for too long."""
    parts = text.split(".", 2)
    if len(text) > _MOST or len(parts) != 3:
        return None
    mac, expires, who = parts
    said = f"{expires}.{who}"
    known = mac.isascii() and any(hmac.compare_digest(_mac(secret, said), mac.lower()) for secret in secrets)
    return _named(who) if known and _holds(expires, now) else None


def _holds(expires: str, now: datetime) -> bool:
    if not re.fullmatch(r"[0-9]{1,12}", expires):
        return False
    return now.timestamp() < int(expires) <= (now + MOST_AHEAD).timestamp()


def _named(who: str) -> Visitor | None:
    kind, _, name = who.partition(":")
    if kind == "user" and name.strip() and "\x00" not in name:
        return Visitor(external_id=name.strip())
    if kind == "profile" and re.fullmatch(r"[0-9]{1,10}", name) and 0 < int(name) <= MAX_PROFILE_ID:
        return Visitor(profile_id=int(name))
    return None


def _mac(secret: str, said: str) -> str:
    return hmac.new(secret.encode(), said.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def order(live: Sequence[Live], settings: Mapping[int, Placement], seen: Mapping[int, Seen]) -> list[Live]:
    """Return those that somebody may see, the one to show first: by priority, then the one seen least, then the older.

    ``settings`` and what was ``seen`` are by run.
    """
    may = [one for one in live if may_see(settings[one.run_id], seen.get(one.run_id, Seen()))]
    return sorted(may, key=lambda one: (-one.priority, seen.get(one.run_id, Seen()).shows, one.run_id))


def may_see(settings: Placement, seen: Seen) -> bool:
    """Tell whether somebody may see a placement once more."""
    if seen.closed and settings.closable:
        return False
    if seen.clicked and settings.until_clicked:
        return False
    return settings.max_shows is None or seen.shows < settings.max_shows


def new_nonce(now: datetime, random: int) -> int:
    """Return the number of a serving: from it one reads when that was."""
    return int(now.timestamp()) << _RANDOM_BITS | random & (1 << _RANDOM_BITS) - 1


def served_at(nonce: int, now: datetime) -> datetime | None:
    """Return when content was served; ``None`` for a moment to come or too long ago."""
    age = timedelta(seconds=now.timestamp() - (nonce >> _RANDOM_BITS))
    return now - age if timedelta(seconds=-2) < age < TOLD_WITHIN else None


def faults(settings: Placement) -> list[FieldError]:
    """Return what is wrong with the numbers of a placement, each at its field."""
    errors = []
    if settings.refresh_minutes and not MIN_REFRESH <= settings.refresh_minutes <= MAX_REFRESH:
        message = f"Give minutes between {MIN_REFRESH} and {MAX_REFRESH:,}, or 0 for once at the start"
        errors.append(FieldError("/placement/refresh_minutes", message))
    if not 0 <= settings.priority <= MAX_PRIORITY:
        errors.append(FieldError("/placement/priority", f"A priority is between 0 and {MAX_PRIORITY}"))
    if settings.max_shows is not None and not 1 <= settings.max_shows <= MAX_SHOWS:
        errors.append(
            FieldError("/placement/max_shows", f"Show it between 1 and {MAX_SHOWS:,} times, or without limit")
        )
    if settings.ends_at is not None and settings.ends_at.tzinfo is None:
        errors.append(FieldError("/placement/ends_at", "A time needs its zone, like 2026-11-24T09:00:00Z"))
    return errors
