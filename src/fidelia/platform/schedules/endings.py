"""What the end of a run means for an object that fetches again and again: failures are counted, and end it."""

from __future__ import annotations

from typing import Any, Protocol

import msgspec
import sqlalchemy as sa

from .. import notices
from ..postgres import Tx
from .model import EndState

#: Failures in a row after which people are told; the object's own number switches it off.
TELL_AFTER = 3


class Repeated(Protocol):
    """An object that fetches by a schedule; its table has columns of these names, and those of :class:`Fetched`."""

    @property
    def id(self) -> int: ...  # noqa: D102
    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def active(self) -> bool: ...  # noqa: D102
    @property
    def schedule(self) -> object | None: ...  # noqa: D102
    @property
    def failures(self) -> int: ...  # noqa: D102
    @property
    def stop_after(self) -> int: ...  # noqa: D102
    @property
    def version(self) -> int: ...  # noqa: D102
    @property
    def link(self) -> str: ...  # noqa: D102


class Fetched(Protocol):
    """A run: what it found at the source, and of which version of its object it is."""

    @property
    def version(self) -> int: ...  # noqa: D102
    @property
    def etag(self) -> str | None: ...  # noqa: D102
    @property
    def last_modified(self) -> str | None: ...  # noqa: D102
    @property
    def content_hash(self) -> str | None: ...  # noqa: D102


class Stopped(msgspec.Struct, frozen=True):
    """Why an object was switched off; for the audit log."""

    failures: int
    error: str


async def note_ending(
    tx: Tx, table: sa.Table, row: Repeated, run: Fetched, state: EndState, error: str | None, *, what: str
) -> Stopped | None:
    """Write to an object how its run ended; return why, when that has switched it off.

    A run that is cancelled says nothing of its source. One that fails is counted: after some in a row people are told
    of ``what`` failed, after the object's own number it is switched off. Both only of what runs by a schedule: who
    starts it by hand sees how it ends. Any other end forgets the failures, and what was loaded is known from then on,
    unless the object was changed meanwhile.
    """
    if state == "cancelled":
        return None
    if state == "failed":
        return await _failed(tx, table, row, error or "It failed", what)
    changes: dict[str, object] = {"failures": 0}
    if state == "done" and run.version == row.version:
        changes |= {"etag": run.etag, "last_modified": run.last_modified, "content_hash": run.content_hash}
    await _update(tx, table, row.id, changes)
    return None


async def _failed(tx: Tx, table: sa.Table, row: Repeated, error: str, what: str) -> Stopped | None:
    failures = row.failures + 1
    said = error if error.endswith((".", "!", "?")) else f"{error}."
    off = row.active and row.schedule is not None and failures >= row.stop_after
    changes: dict[str, object] = {"failures": failures}
    if off:
        changes |= {"active": False, "next_run_at": None, "stopped": f"It failed {failures} times in a row: {said}"}
    await _update(tx, table, row.id, changes)
    if row.schedule is not None and (off or failures == TELL_AFTER):
        again = "It is switched off until you switch it on again." if off else "It goes on trying."
        await notices.tell(
            tx,
            kind=f"{table.name}.{row.id}",
            level="critical" if off else "warning",
            title=f"{what} {row.name} failed {failures} times in a row",
            body=f"{said} {again}",
            link=row.link,
        )
    return Stopped(failures, error) if off else None


async def _update(tx: Tx, table: sa.Table, object_id: int, changes: dict[str, Any]) -> None:
    await tx.execute(sa.update(table).where(table.c.id == object_id).values(changes))
