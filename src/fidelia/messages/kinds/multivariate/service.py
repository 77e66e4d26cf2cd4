"""The test of a run: begun, waited for, decided once, and its winner given to the rest."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from hashlib import blake2b

import msgspec
import structlog
from pyroaring import BitMap

from fidelia.kernel.errors import conflict, invalid_field
from fidelia.platform import jobs
from fidelia.platform.clickhouse import ClickHouseError
from fidelia.platform.drain import DrainBehind
from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx

from ...model import Plan, Run
from ...service.launching import call_senders, link_of
from ...store import runs
from ...timing.moments import Moments
from . import history, rules, store
from .model import Decision, SplitTest, TestState, VariantFigures

log = structlog.get_logger(__name__)

OPEN = ("sending", "waiting", "person")
#: A job that could not decide is repeated after this time.
AGAIN = timedelta(minutes=1)


def seed_of(run_id: int) -> str:
    """Return what the order of a run's people is made of."""
    return f"split:{run_id}"


def groups_of(run: Run, people: BitMap) -> rules.Groups | None:
    """Return who of a run's audience gets which variant, or ``None`` where there is one template."""
    variants = len(run.plan.variants)
    if not variants:
        return None
    test = run.plan.test
    many = rules.tested(test, len(people), variants) if test is not None else None
    return rules.Groups(seed_of(run.id), people, variants, many)


async def places(
    groups: rules.Groups | None, ids: Sequence[int], give: Callable[[Sequence[int]], Awaitable[list[datetime]]]
) -> tuple[list[int] | None, Sequence[datetime | None]]:
    """Return the variants of people and when each is due, as ``give`` says; who has no variant waits for the winner."""
    if groups is None:
        return None, await give(ids)
    variants = groups.of(ids)
    moments = iter(await give([profile for profile, variant in zip(ids, variants, strict=True) if variant]))
    return variants, [next(moments) if variant else None for variant in variants]


async def waits(tx: Tx, run_id: int) -> bool:
    """Tell whether somebody of a run waits for its winner."""
    return await store.is_held(await tx.raw(), run_id)


def variant_of(plan: Plan, run_id: int, profile_id: int) -> int:
    """Return the variant of somebody who joins a run by themselves; the same each time, 0 with one template."""
    return rules.one_of(seed_of(run_id), profile_id, len(plan.variants)) if plan.variants else 0


# -- from the first mail to the decision ----------------------------------------------------------------------------


async def open_test(tx: Tx, run: Run, groups: rules.Groups | None) -> None:
    """The audience of a run is complete: note that its test begins. Nothing for runs without one."""
    test = run.plan.test
    if test is None or groups is None:
        return
    state: TestState = "sending" if groups.rest else "no_rest"
    await store.keep(tx, run.id, Decision(state=state, decides_at=test.until, held=groups.rest))


async def tick(engines: Engines) -> None:
    """Move the tests on whose moment has come; several processes may do so at once."""
    async with engines.tx() as tx:
        waiting = await store.undecided(tx)
    for run_id in waiting:
        async with engines.tx() as tx:
            await _move_on(tx, run_id)


async def _move_on(tx: Tx, run_id: int) -> None:
    phase, decision = await store.decision_of(tx, run_id, lock=True)
    if phase != "sending" or decision is None or decision.state not in ("sending", "waiting"):
        return
    run = await runs.get(tx, run_id)
    test = run.plan.test
    assert test is not None
    if decision.state == "sending":
        if await store.test_is_open(await tx.raw(), run_id):
            return
        if test.metric == "manual":
            decision = msgspec.structs.replace(decision, state="person", why="It is chosen by hand")
        else:
            at = decision.decides_at or tx.now + timedelta(seconds=test.wait or 0)
            decision = msgspec.structs.replace(decision, state="waiting", decides_at=at)
        await store.keep(tx, run_id, decision)
    if decision.state == "waiting" and decision.decides_at is not None and decision.decides_at <= tx.now:
        await _ask(tx, run)


async def _ask(tx: Tx, run: Run) -> None:
    """Have the core decide, which knows goals and revenue; once at a time."""
    last = await jobs.last_of(tx, "mailings.decide", link_of(run.mailing_id))
    if last is not None and (last.state in ("queued", "running") or tx.now - last.created_at < AGAIN):
        return
    await jobs.create(
        tx,
        kind="mailings.decide",
        title=f"Choose the winner of {run.plan.name}",
        actor="Fidelia",
        args={"run_id": run.id},
        database_id=run.database_id,
        link=link_of(run.mailing_id),
    )


async def measured(engines: Engines, run: Run, at: datetime) -> list[VariantFigures]:
    """Return the figures of a run's variants as of now; raise when the history cannot tell goals or revenue."""
    return await history.completed(engines, run, run.plan.test, await _counted(engines, run), at)


async def seen(engines: Engines, run: Run, at: datetime) -> list[VariantFigures]:
    """Return the figures of a run's variants for a person: without goals and revenue while the history is behind."""
    figures = await _counted(engines, run)
    try:
        return await history.completed(engines, run, run.plan.test, figures, at)
    except (DrainBehind, ClickHouseError) as exc:
        log.warning("goals of variants are not known yet", run=run.id, reason=str(exc))
        return figures


async def _counted(engines: Engines, run: Run) -> list[VariantFigures]:
    async with engines.db.hot() as raw:
        return await store.figures(raw, run.id, len(run.plan.variants))


async def decide(engines: Engines, run_id: int) -> Decision | None:
    """Decide the test of a run whose wait is over; killed at any moment, it is decided once. ``None``: it was not due.

    The decision and what it does to the ledger are one transaction.
    """
    async with engines.tx() as tx:
        run = await runs.get(tx, run_id)
        now = tx.now
    test = run.plan.test
    if test is None:
        return None
    figures = await measured(engines, run, now)
    async with engines.tx() as tx:
        phase, decision = await store.decision_of(tx, run_id, lock=True)
        due = decision is not None and decision.decides_at is not None and decision.decides_at <= tx.now
        if phase != "sending" or decision is None or decision.state != "waiting" or not due:
            return None
        outcome = rules.decide(test, figures, extended=decision.extended, dice=_dice(run_id))
        return await _carry_out(tx, run, test, decision, outcome, figures)


def _dice(run_id: int) -> rules.Dice:
    """Return draws of lots that come out the same however often the same test is decided."""
    number = int.from_bytes(blake2b(f"lot:{run_id}".encode(), digest_size=8).digest(), "big")
    return lambda below: number % below


async def _carry_out(
    tx: Tx, run: Run, test: SplitTest, before: Decision, outcome: rules.Outcome, figures: list[VariantFigures]
) -> Decision:
    leaders = outcome.standing.leaders
    after = msgspec.structs.replace(
        before,
        leader=leaders[0] if len(leaders) == 1 and outcome.standing.reacted else None,
        confidence=outcome.standing.confidence,
        why=outcome.why,
        by="",
        figures=figures,
    )
    if outcome.kind == "extend":
        at = tx.now + timedelta(seconds=test.wait or 0)
        after = msgspec.structs.replace(after, extended=True, decides_at=at, figures=[])
    elif outcome.kind == "person":
        after = msgspec.structs.replace(after, state="person", figures=[])
    else:
        return await _end(tx, run, after, outcome.winner)
    await store.keep(tx, run.id, after)
    return after


async def _end(tx: Tx, run: Run, decision: Decision, winner: int | None) -> Decision:
    """Write a decision, and give the winner to the rest, or nobody anything."""
    raw = await tx.raw()
    if winner is not None:
        held = await _release(tx, run, winner)
    else:
        reason = f"No variant won: {decision.why}"
        blocked = await store.block_held(raw, run.id, reason, tx.now)
        held = len(blocked)
        if blocked:
            properties = {**run.plan.facts(), "reason": reason}
            await tx.emit_bulk(run.database_id, "message.blocked", blocked, tx.now, properties)
    done = msgspec.structs.replace(
        decision, state="decided" if winner is not None else "nobody", winner=winner, decided_at=tx.now, held=held
    )
    await store.keep(tx, run.id, done)
    phase, _ = await store.decision_of(tx, run.id)
    if phase == "sending":
        await call_senders(tx, run.mailing_id, run.id, run.plan.name, run.database_id, decision.by or "Fidelia")
    return done


async def _release(tx: Tx, run: Run, winner: int) -> int:
    """Give the winner to who was held back, each when the mailing's timing lets them have it."""
    raw = await tx.raw()
    timing = run.plan.timing
    if not timing.local_time and timing.quiet is None and timing.cycles is None:
        return await store.release(raw, run.id, winner, tx.now)
    people = await store.held(raw, run.id)
    moments = await Moments.of(tx, run, len(people), begins=tx.now)
    return await store.release_at(raw, run.id, winner, tx.now, people, await moments.give(tx, people))


# -- by hand --------------------------------------------------------------------------------------------------------


async def choose(tx: Tx, mailing_id: int, variant: int, by: str) -> Decision:
    """Let a person end a test: the rest gets their choice. Raise 409 when there is nothing to choose, 422."""
    run = await runs.newest(tx, mailing_id)
    if run is None or run.plan.test is None:
        raise conflict("This mailing has no test under way")
    if not 1 <= variant <= len(run.plan.variants):
        raise invalid_field("/variant", f"variant must be between 1 and {len(run.plan.variants)}")
    figures = await seen(tx.engines, run, tx.now)
    phase, decision = await store.decision_of(tx, run.id, lock=True)
    if phase == "audience":
        raise conflict("Who gets this mailing is still being worked out; wait a moment")
    if phase not in ("sending", "paused") or decision is None:
        raise conflict("This mailing has ended; there is nobody left to send a winner to")
    if decision.state not in OPEN:
        said = "the rest gets nothing" if decision.state == "nobody" else "everybody was in the test"
        if decision.winner is not None:
            said = f"{rules.letter(decision.winner)} has won"
        raise conflict(f"It is decided already: {said}")
    found = rules.standing(run.plan.test.metric, figures)
    leader = found.leaders[0] if len(found.leaders) == 1 and found.reacted else None
    chosen = msgspec.structs.replace(
        decision, leader=leader, confidence=found.confidence, why=f"{by} chose it", by=by, figures=figures
    )
    return await _end(tx, run, chosen, variant)
