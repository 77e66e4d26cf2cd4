"""Queries of placements at work: what is live, their audiences, and when they end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import psycopg
import sqlalchemy as sa
from pyroaring import BitMap

from fidelia.platform.postgres import Tx

from ....store import runs
from ....tables import mailing, mailing_run, placement_run
from ..model import Live
from .slots import Secret

Raw = psycopg.AsyncConnection[Any]
_c = placement_run.c
#: An audience lies behind every id of its run, so that nobody counts as not yet begun.
_EVERYBODY = 2**33


class AtWork(NamedTuple):
    """How a placement's run stands."""

    slot_id: int
    slot_name: str
    live: bool
    ends_at: datetime | None
    version: int
    refresh_minutes: int
    next_refresh_at: datetime | None


class InSlot(NamedTuple):
    """A slot as a page asks for it, and what is live in it."""

    slot_id: int
    key: str
    domains: list[str]
    fallback: str
    by_link: bool
    live: list[Live]


async def create(tx: Tx, run_id: int, database_id: int, mailing_id: int, values: dict[str, Any]) -> None:
    """Keep where a run is shown; it is live once its audience is known."""
    stmt = sa.insert(placement_run).values(run_id=run_id, database_id=database_id, mailing_id=mailing_id, **values)
    await tx.execute(stmt)


async def go_live(tx: Tx, run_id: int) -> None:
    """Have a run whose audience is known served from now on."""
    await tx.execute(sa.update(placement_run).where(_c.run_id == run_id, _c.version > 0).values(live=True))


async def withdraw(tx: Tx, mailing_id: int) -> None:
    """Have nothing of a mailing served from the moment on at which this transaction commits."""
    await tx.execute(sa.update(placement_run).where(_c.mailing_id == mailing_id, _c.live).values(live=False))


async def at_work(raw: Raw, run_id: int) -> AtWork | None:
    """Return how a run stands, if it is one of a placement."""
    cursor = await raw.execute(
        "select r.slot_id, s.name, r.live, r.ends_at, r.version, r.refresh_minutes, r.next_refresh_at"
        " from placement_run r join placement_slot s on s.id = r.slot_id where r.run_id = %s",
        (run_id,),
    )
    row = await cursor.fetchone()
    return AtWork(*row) if row is not None else None


async def in_slots(
    raw: Raw, database_id: int, keys: Sequence[str], key_id: int, now: datetime
) -> tuple[list[InSlot], Secret | None]:
    """Return the slots of these keys, each with what is live in it, and the secrets of the site, encrypted."""
    cursor = await raw.execute(
        """
        select k.secret, k.former, k.former_until, k.created_at, s.id, s.key, s.domains, s.fallback, s.by_link,
            r.run_id, r.priority, r.version, r.ends_at
        from placement_slot s left join placement_run r
          on r.slot_id = s.id and r.live and (r.ends_at is null or r.ends_at > %s)
        left join site_secret k on k.key_id = %s
        where s.database_id = %s and s.key = any(%s) order by s.id
        """,
        (now, key_id, database_id, list(keys)),
    )
    found: dict[int, InSlot] = {}
    secret: Secret | None = None
    for *known, slot, key, domains, fallback, by_link, run_id, priority, version, ends_at in await cursor.fetchall():
        secret = Secret(*known) if known[0] is not None else None
        one = found.setdefault(slot, InSlot(slot, key, domains, fallback, by_link, []))
        if run_id is not None:
            one.live.append(Live(run_id, priority, version, ends_at))
    return list(found.values()), secret


async def due(tx: Tx) -> list[int]:
    """Take the runs whose audience is due to be worked out afresh: each is given to one caller."""
    rows = await tx.all(
        sa.select(_c.run_id, _c.refresh_minutes)
        .where(_c.live, _c.next_refresh_at <= tx.now)
        .order_by(_c.next_refresh_at)
        .limit(10)
        .with_for_update(skip_locked=True)
    )
    for row in rows:
        later = tx.now + timedelta(minutes=row.refresh_minutes)
        await tx.execute(sa.update(placement_run).where(_c.run_id == row.run_id).values(next_refresh_at=later))
    return [row.run_id for row in rows]


async def keep_audience(tx: Tx, run_id: int, receives: BitMap, excluded: dict[str, BitMap]) -> int:
    """Store who may see a run from now on, and who not and why; return the number of its audience.

    Who has seen it before belongs to the audience for good, so that the parts still sum to the whole.
    """
    seen = await _has_row(await tx.raw(), run_id)
    whole = receives | seen
    out = {reason: people - whole for reason, people in excluded.items()}
    selected = len(whole) + sum(map(len, out.values()))
    await runs.keep_audience(tx, run_id, selected, receives, out)
    await tx.execute(
        sa.update(mailing_run).where(mailing_run.c.id == run_id).values(audience=len(whole), prepared_to=_EVERYBODY)
    )
    row = await tx.one(sa.select(_c.refresh_minutes).where(_c.run_id == run_id))
    later = tx.now + timedelta(minutes=row.refresh_minutes) if row.refresh_minutes else None
    await tx.execute(
        sa.update(placement_run).where(_c.run_id == run_id).values(version=_c.version + 1, next_refresh_at=later)
    )
    return len(whole)


async def audience(raw: Raw, run_id: int) -> BitMap:
    """Return who may see a run."""
    row = await (await raw.execute("select profiles from mailing_run where id = %s", (run_id,))).fetchone()
    return BitMap.deserialize(bytes(row[0])) if row is not None and row[0] is not None else BitMap()


async def _has_row(raw: Raw, run_id: int) -> BitMap:
    cursor = await raw.execute("select profile_id from delivery where run_id = %s", (run_id,), binary=True)
    return BitMap([row[0] for row in await cursor.fetchall()])


async def ended(tx: Tx) -> list[int]:
    """Return the mailings whose end has come while they were at work."""
    rows = await tx.all(
        sa.select(mailing.c.id)
        .join(placement_run, _c.mailing_id == mailing.c.id)
        .where(mailing.c.state.in_(("active", "paused")), _c.ends_at <= tx.now)
        .distinct()
    )
    return [row.id for row in rows]
