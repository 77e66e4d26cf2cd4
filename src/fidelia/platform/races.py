"""Writing beside others: what their doing may break off is done again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import psycopg
import sqlalchemy as sa

R = TypeVar("R")
#: Others who write the same rows got in the way; a second try does not meet the same again.
RACES = (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure)
ATTEMPTS = 6
PAUSE_SECONDS = 0.05


async def patiently(write: Callable[[], Awaitable[R]]) -> R:
    """Return what ``write`` gives, a whole transaction; when others got in its way, try it six times in all.

    Between two tries it waits, each time twice as long. Raises what the last try raised, and anything else at once.
    """
    for attempt in range(ATTEMPTS - 1):
        try:
            return await write()
        except RACES:
            pass
        except sa.exc.DBAPIError as exc:
            if not isinstance(exc.orig, RACES):
                raise
        await asyncio.sleep(PAUSE_SECONDS * 2**attempt)
    return await write()
