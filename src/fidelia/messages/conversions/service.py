"""Use cases of conversions: how they are attributed, and what a run has led to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, cast

import msgspec

from fidelia import events, profiles
from fidelia.access import Actor, audit
from fidelia.kernel.errors import invalid_field
from fidelia.kernel.money import amount_text
from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx

from ..service.report import run_of
from ..store import ledger
from ..store import mailings as mailings_store
from ..store import report as report_store
from . import store
from .model import (
    Attribution,
    By,
    ByConversions,
    ConversionFigures,
    GoalConversions,
    MailingConversions,
    Revenue,
    Way,
)

BY: tuple[By, ...] = ("token", "click", "open", "delivery")
_NOTHING = ConversionFigures(people=0, count=0, revenue=[], value=None)


async def attribution(tx: Tx) -> Attribution:
    """Return how the installation attributes."""
    return await store.attribution(await tx.raw())


async def set_attribution(tx: Tx, actor: Actor, window_days: int, ways: Sequence[Way]) -> Attribution:
    """Change how is attributed from now on; raise 422."""
    if len(set(ways)) < len(ways):
        raise invalid_field("/ways", "Name each way once")
    before = await attribution(tx)
    after = Attribution(window_days, list(ways))
    await store.set_attribution(await tx.raw(), after, tx.now)
    await audit(
        tx,
        actor,
        "attribution.updated",
        kind="settings",
        object_id=None,
        name="Attribution",
        before=before,
        after=after,
    )
    return after


async def conversions(
    tx: Tx, mailing_id: int, run_id: int | None = None, ways: Sequence[str] | None = None, days: int | None = None
) -> MailingConversions:
    """Return what a run has led to, the newest by default; raise 404, 422.

    ``ways``: only what found its message so; ``days``: only what came within so many days after the touch.
    """
    for way in ways or ():
        if way not in BY:
            raise invalid_field("/by", f"by is some of: {', '.join(BY)}")
    mailing = await mailings_store.get(tx, mailing_id)
    run = await run_of(tx, mailing_id, run_id)
    raw = await tx.raw()
    total, goals, by = _NOTHING, [], []
    rate = None
    if run is not None:
        names = {key: goal.name for key, goal in (await events.goals_of(tx, mailing.database_id, living=False)).items()}
        total = _gathered(await store.figures(raw, run.id, (), ways, days), 0).get((), _NOTHING)
        found = _gathered(await store.figures(raw, run.id, ("kind", "goal"), ways, days), 2)
        goals = [
            GoalConversions(kind=kind, goal=key, name=names.get(key, key) if key else "Orders", figures=figures)
            for (kind, key), figures in sorted(found.items(), key=lambda item: (-item[1].count, item[0]))
        ]
        ways_found = _gathered(await store.figures(raw, run.id, ("by",), ways, days), 1)
        by = [ByConversions(name, ways_found[name,]) for name in BY if (name,) in ways_found]
        sent = (await ledger.states(raw, run.id)).get("sent", 0)
        bounced = (await report_store.reactions(raw, run.id)).get(("bounced", False), (0, 0))[1]
        rate = total.people / (sent - bounced) if sent > bounced else None
    return MailingConversions(
        run_id=None if run is None else run.id,
        as_of=tx.now,
        attribution=await attribution(tx),
        by_way=cast("list[By]", list(ways or BY)),
        within_days=days,
        total=total,
        rate=rate,
        goals=goals,
        by=by,
    )


def _gathered(rows: Sequence[tuple[Any, ...]], width: int) -> Mapping[tuple[Any, ...], ConversionFigures]:
    """Return figures by group from rows (group…, whole, currency, people, count, amount)."""
    found: dict[tuple[Any, ...], ConversionFigures] = {}
    money: dict[tuple[Any, ...], list[Revenue]] = {}
    plain: dict[tuple[Any, ...], Decimal | None] = {}
    for row in rows:
        group, (whole, currency, people, count, amount) = row[:width], row[width:]
        if whole:
            found[group] = ConversionFigures(people=int(people), count=int(count), revenue=[], value=None)
        elif currency is not None:
            money.setdefault(group, []).append(Revenue(currency, amount_text(amount or Decimal(0), currency)))
        else:
            plain[group] = amount
    return {
        group: msgspec.structs.replace(
            figures,
            revenue=sorted(money.get(group, []), key=lambda one: one.currency),
            value=None if (worth := plain.get(group)) is None else amount_text(worth),
        )
        for group, figures in found.items()
        if figures.count
    }


async def forget_people(tx: Tx, database_id: int, gone: Any) -> dict[str, int]:
    """Delete the conversions of erased people (a port of profiles)."""
    return {"conversions": await store.forget(await tx.raw(), database_id, list(gone))}


async def merge_people(tx: Tx, move: profiles.Move) -> Mapping[str, int]:
    """Give the conversions of merged people to whom they have become (a port of profiles)."""
    raw = await tx.raw()
    database, into = move.destination.database_id, move.destination.profile_id
    return {"conversions": sum([await store.merge(raw, database, source, into) for source in move.inside])}


async def personal_data(engines: Engines, database_id: int, profile_id: int) -> dict[str, Any]:
    """Return what messages have led somebody to (a port of profiles)."""
    async with engines.tx() as tx:
        return {"conversions": await store.personal(await tx.raw(), database_id, profile_id)}
