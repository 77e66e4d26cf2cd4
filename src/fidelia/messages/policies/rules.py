"""Pure decisions of frequency policies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from fidelia.kernel.errors import FieldError

from .model import Candidate, Limit, LimitKey

WORDS: dict[LimitKey, str] = {
    "profile": "person",
    "profile_resource": "person from this resource",
    "profile_channel": "person on this channel",
    "contact": "address",
}


def decide(limits: Sequence[Limit], candidates: Sequence[Candidate]) -> list[Limit | None]:
    """Return for each candidate the limit that holds it back, or ``None`` when it may be sent.

    Candidates are looked at in their order, each counting those before it that may be sent: two messages to one person
    in one chunk do not both slip through.
    """
    taken: list[Counter[int | bytes]] = [Counter() for _ in limits]
    verdicts: list[Limit | None] = []
    for candidate in candidates:
        keys = [_key(limit, candidate) for limit in limits]
        reached = next(
            (
                limit
                for limit, key, before, now in zip(limits, keys, candidate.counts, taken, strict=True)
                if before + now[key] >= limit.most
            ),
            None,
        )
        verdicts.append(reached)
        if reached is None:
            for key, now in zip(keys, taken, strict=True):
                now[key] += 1
    return verdicts


def _key(limit: Limit, candidate: Candidate) -> int | bytes:
    return candidate.contact_hash if limit.per == "contact" else candidate.profile_id


def text(limit: Limit) -> str:
    """Return a limit in words."""
    messages = "1 message" if limit.most == 1 else f"{limit.most} messages"
    days = "a day" if limit.days == 1 else f"{limit.days} days"
    return f"at most {messages} in {days} per {WORDS[limit.per]}"


def faults(limits: Sequence[Limit]) -> list[FieldError]:
    """Return what is wrong with the limits of a policy: each key counts once."""
    seen: set[str] = set()
    errors = []
    for n, limit in enumerate(limits):
        if limit.per in seen:
            errors.append(FieldError(f"/limits/{n}/per", f"There is a limit per {WORDS[limit.per]} already"))
        seen.add(limit.per)
    return errors
