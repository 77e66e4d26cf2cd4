"""What is the same for whatever fetches by a schedule, when somebody makes or changes it."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from datetime import datetime
from typing import Any, Protocol, TypeVar

import msgspec
import sqlalchemy as sa
from msgspec import UnsetType

from fidelia.kernel.errors import conflict, name_taken

from ..postgres import Tx
from .rules import DaySchedule, next_run

T = TypeVar("T")


class Fetching(Protocol):
    """What somebody has decided: whether it runs by itself, and when."""

    @property
    def active(self) -> bool:
        """Whether it is switched on."""
        ...

    @property
    def schedule(self) -> DaySchedule | None:
        """When it is due."""
        ...


def due(made: Fetching, now: datetime, zone: str) -> datetime | None:
    """Return when it runs next by itself: never while it is switched off or has no schedule."""
    return None if not made.active or made.schedule is None else next_run(made.schedule, now, zone)


def settled(
    tx: Tx, before: Fetching, made: Fetching, version: int, zone: str, *, brings_other: bool
) -> Mapping[str, object]:
    """Return the columns that a change of ``version`` sets by itself.

    Switched on again, it has failed never; ``brings_other``: the same file would bring other things, so what is known
    of the last one is forgotten.
    """
    values: dict[str, object] = {"version": version + 1, "updated_at": tx.now}
    if made.active and not before.active:
        values |= {"failures": 0, "stopped": None}
    if (made.schedule, made.active) != (before.schedule, before.active):
        values["next_run_at"] = due(made, tx.now, zone)
    if brings_other:
        values |= {"etag": None, "last_modified": None, "content_hash": None}
    return values


def same_version(what: str, read: int | UnsetType, present: int) -> None:
    """Raise 409 when somebody has changed ``what`` (such as ``"feed"``) since it was read."""
    if not isinstance(read, UnsetType) and read != present:
        raise conflict(f"Somebody else has changed this {what}; load it again", version=present)


async def named(tx: Tx, what: str, name: str, writing: Awaitable[T]) -> T:
    """Write something with a name that nobody else may have; raise 409 when another has it."""
    try:
        async with tx.savepoint():
            return await writing
    except sa.exc.IntegrityError as exc:
        raise name_taken(what, name.strip()[:100]) from exc


def picture(made: msgspec.Struct, *, secret_set: bool) -> dict[str, Any]:
    """Return what somebody decided as the audit log keeps it: without the secret."""
    return {**msgspec.to_builtins(made), "signs_in": secret_set}
