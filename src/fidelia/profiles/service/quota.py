"""The quota: how many profiles an installation may hold. ``limits.profiles`` of the settings, 0 for no limit.

Whoever makes profiles asks first, under a lock of the whole installation that lasts until the transaction ends, so
that no two of them take the same room. Reaching nine tenths, and the quota itself, puts up one notice each time.
"""

from __future__ import annotations

from fidelia.kernel.errors import Problem
from fidelia.platform import notices
from fidelia.platform.postgres import Tx

from ..store import quota as store

KIND = "profiles.quota"
_LINK = "/databases"


def limit_of(tx: Tx) -> int:
    """Return how many profiles there may be, 0 for any number."""
    return tx.engines.settings.limits.profiles


async def room(tx: Tx) -> int | None:
    """Return how many more profiles fit, ``None`` for any number; nobody else takes them meanwhile."""
    limit = limit_of(tx)
    if not limit:
        return None
    return max(0, limit - await store.locked_count(await tx.raw()))


async def require(tx: Tx, new: int) -> None:
    """Refuse with 409 when so many new profiles do not fit; a notice says so once."""
    left = await room(tx) if new else None
    if left is not None and new > left:
        async with tx.engines.tx() as apart:  # the caller's transaction is given up, the notice shall stay
            await _tell(apart, 2)
        raise refusal(limit_of(tx), left, new)


def refusal(limit: int, left: int, new: int) -> Problem:
    """Return the problem of profiles that do not fit."""
    return Problem(
        409,
        "Quota reached",
        f"This installation may hold {limit:,} profiles: {left:,} more fit, and these are {new:,} new ones. "
        "Erase some, or raise limits.profiles in the settings",
        extra={"quota": {"limit": limit, "left": left, "new": new}},
    )


def sentence(limit: int) -> str:
    """Return why a row is not taken."""
    return f"The quota of {limit:,} profiles is reached"


async def note(tx: Tx, *, refused: bool = False) -> None:
    """Compare with the quota after profiles were made or removed; put up a notice when a line was crossed."""
    limit = limit_of(tx)
    if not limit:
        return
    count = await store.locked_count(await tx.raw())
    await _tell(tx, 2 if refused or count >= limit else 1 if count * 10 >= limit * 9 else 0)


async def _tell(tx: Tx, level: int) -> None:
    raw = await tx.raw()
    before = await store.swap_level(raw, level)
    if level <= before:
        return
    limit, count = limit_of(tx), await store.count(raw)
    if level == 2:
        await notices.tell(
            tx,
            kind=KIND,
            level="critical",
            title=f"The quota of {limit:,} profiles is reached",
            body="New profiles are refused: imports reject their rows, the API answers 409. Changes still work. "
            "Erase profiles, or raise limits.profiles in the settings.",
            link=_LINK,
        )
    else:
        await notices.tell(
            tx,
            kind=KIND,
            level="warning",
            title=f"{count:,} of {limit:,} profiles are used",
            body="Above the quota new profiles are refused.",
            link=_LINK,
        )
