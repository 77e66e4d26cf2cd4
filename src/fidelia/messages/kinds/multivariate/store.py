"""Queries of splits: figures of variants, tests that run, and what is held back for their winners."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
import psycopg
import sqlalchemy as sa
from pyroaring import BitMap

from fidelia.platform.postgres import Tx

from ...store.ledger import HELD
from ...tables import mailing_run, template, template_version
from .model import Decision, VariantFigures

Raw = psycopg.AsyncConnection[Any]


async def figures(raw: Raw, run_id: int, variants: int) -> list[VariantFigures]:
    """Return what became of everybody who got one of the variants; reactions of machines are not counted."""
    counted: dict[int, dict[str, int]] = {n: {} for n in range(1, variants + 1)}
    cursor = await raw.execute(
        "select variant, state::text, count(*) from delivery where run_id = %s and variant > 0 group by 1, 2", (run_id,)
    )
    for variant, state, many in await cursor.fetchall():
        counted[variant][state] = int(many)
    cursor = await raw.execute(
        """
        select d.variant, r.kind, count(distinct (d.profile_id, d.occasion)) from (
            select run_id, profile_id, occasion, kind from reaction where run_id = %(run)s and not bot
            union all
            select run_id, profile_id, occasion, 'opened' from reaction
            where run_id = %(run)s and not bot and kind = 'clicked'
        ) r join delivery d using (run_id, profile_id, occasion) where d.variant > 0 group by 1, 2
        """,
        {"run": run_id},
    )
    for variant, kind, people in await cursor.fetchall():
        counted[variant][kind] = int(people)
    return [_figures(variant, found) for variant, found in counted.items()]


_STATES = ("queued", "leased", "handed", "sent", "failed", "blocked", "unknown")


def _figures(variant: int, found: dict[str, int]) -> VariantFigures:
    counts = ("sent", "failed", "blocked", "unknown", "bounced", "opened", "clicked", "unsubscribed", "complained")
    people = sum(found.get(state, 0) for state in _STATES)
    waiting = sum(found.get(state, 0) for state in _STATES[:3])
    made = {name: found.get(name, 0) for name in counts} | {"variant": variant, "people": people, "waiting": waiting}
    return msgspec.convert(made, VariantFigures)


async def held(raw: Raw, run_id: int) -> list[int]:
    """Return who of a run waits for its winner, in the order of ids."""
    cursor = await raw.execute(
        f"select profile_id from delivery where run_id = %s and next_at = {HELD} order by 1", (run_id,)
    )
    return [row[0] for row in await cursor.fetchall()]


async def is_held(raw: Raw, run_id: int) -> bool:
    """Tell whether anybody of a run waits for its winner."""
    cursor = await raw.execute(
        f"select exists (select from delivery where run_id = %s and next_at = {HELD})", (run_id,)
    )
    row = await cursor.fetchone()
    return bool(row and row[0])


async def test_is_open(raw: Raw, run_id: int) -> bool:
    """Tell whether anybody of a test was not written to yet; those who are tried again later are not waited for."""
    cursor = await raw.execute(
        f"""
        select exists (select from sender_session where run_id = %(run)s) or exists (
            select from delivery where run_id = %(run)s and next_at < {HELD} and attempts = 0)
        """,
        {"run": run_id},
    )
    row = await cursor.fetchone()
    return bool(row and row[0])


async def release(raw: Raw, run_id: int, winner: int, now: datetime) -> int:
    """Give the winner to everybody who was held back, due now; return how many."""
    done = await raw.execute(
        f"update delivery set variant = %s, next_at = %s, at = %s where run_id = %s and next_at = {HELD}",
        (winner, now, now, run_id),
    )
    return done.rowcount


async def release_at(
    raw: Raw, run_id: int, winner: int, now: datetime, people: Sequence[int], due: Sequence[datetime]
) -> int:
    """Give the winner to people who were held back, each due at a moment of their own; return how many."""
    done = await raw.execute(
        "update delivery d set variant = %s, next_at = v.due, at = %s"
        " from unnest(%s::bigint[], %s::timestamptz[]) v (profile_id, due)"
        f" where d.run_id = %s and d.profile_id = v.profile_id and d.next_at = {HELD}",
        (winner, now, list(people), list(due), run_id),
    )
    return done.rowcount


async def block_held(raw: Raw, run_id: int, reason: str, now: datetime) -> BitMap:
    """Block everybody who was held back; return whom."""
    cursor = await raw.execute(
        "update delivery set state = 'blocked', reason = %s, at = %s, next_at = null"
        f" where run_id = %s and next_at = {HELD} returning profile_id",
        (reason, now, run_id),
    )
    return BitMap(row[0] for row in await cursor.fetchall())


# -- decisions ------------------------------------------------------------------------------------------------------


async def keep(tx: Tx, run_id: int, decision: Decision) -> None:
    """Store where the test of a run stands."""
    at = decision.decides_at if decision.state in ("sending", "waiting") else None
    await tx.execute(
        sa.update(mailing_run)
        .where(mailing_run.c.id == run_id)
        .values(decision=msgspec.to_builtins(decision), decide_at=at)
    )


async def decision_of(tx: Tx, run_id: int, *, lock: bool = False) -> tuple[str, Decision | None]:
    """Return a run's phase, and where its test stands if it has one; ``lock`` keeps others from deciding."""
    query = sa.select(mailing_run.c.phase, mailing_run.c.decision).where(mailing_run.c.id == run_id)
    row = await tx.one(query.with_for_update() if lock else query)
    return row.phase, msgspec.convert(row.decision, Decision) if row.decision is not None else None


async def undecided(tx: Tx) -> list[int]:
    """Return the runs at work whose test is on its way or waited for."""
    state = mailing_run.c.decision["state"].astext
    rows = await tx.all(
        sa.select(mailing_run.c.id)
        .where(mailing_run.c.phase == "sending", mailing_run.c.decision.isnot(None), state.in_(("sending", "waiting")))
        .order_by(mailing_run.c.id)
    )
    return [row.id for row in rows]


async def versions(tx: Tx, version_ids: Sequence[int]) -> dict[int, tuple[str, str]]:
    """Return (template's name, subject) of published versions."""
    rows = await tx.all(
        sa.select(template_version.c.id, template.c.name, template_version.c.subject)
        .join(template, template.c.id == template_version.c.template_id)
        .where(template_version.c.id.in_(list(version_ids)))
    )
    return {row.id: (row.name, row.subject) for row in rows}
