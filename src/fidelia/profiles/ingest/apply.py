"""Writes a batch: everything or nothing, in few statements, and safe beside others who write the same people."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import psycopg
import sqlalchemy as sa
from pyroaring import BitMap

from fidelia.access import Actor
from fidelia.kernel.errors import conflict
from fidelia.kernel.ids import MAX_PROFILE_ID
from fidelia.platform.outbox import EventOut
from fidelia.platform.postgres import Tx

from ..fields import Database, Field
from ..store import databases as databases_store
from ..store.match import matching_field
from . import consent, store
from .model import Batch, Options, Outcome, RowError
from .rules import Decisions, Known, decide

_ATTEMPTS = 5
KEPT_STATUS = "The status stays as it is: consent is not raised unless asked"
_SINGLE_EVENTS = 100
#: Somebody else wrote the same people at the same moment: look again and decide anew.
_RACES = (
    psycopg.errors.UniqueViolation,
    psycopg.errors.DeadlockDetected,
    psycopg.errors.SerializationFailure,
)


async def apply(tx: Tx, actor: Actor, database: Database, batch: Batch, options: Options) -> Outcome:
    """Write a batch in the caller's transaction and return what became of each row.

    ``database`` is what ``open_for_write`` returned in this transaction. Two callers who bring the same new person at
    the same moment make one profile: new ids are given under a lock, after a second look.

    Raises 409 when others keep getting in the way, or all ids of the database are given away.
    """
    for attempt in range(_ATTEMPTS):
        try:
            async with tx.savepoint():
                outcome = await _write(tx, database, batch, options)
            break
        except _RACES as exc:
            if attempt + 1 == _ATTEMPTS:
                raise conflict("Others keep changing the same profiles at this moment; send it again") from exc
        except sa.exc.DBAPIError as exc:
            if not isinstance(exc.orig, _RACES) or attempt + 1 == _ATTEMPTS:
                raise
        await asyncio.sleep(0.02 * 2**attempt)
    outcome.rejected = [*batch.rejected, *outcome.rejected]
    outcome.superseded = batch.superseded
    await _announce(tx, actor, database, batch, options, outcome)
    await consent.subscribe_rows(tx, actor, database, batch, options, outcome)
    return outcome


async def examine(tx: Tx, database: Database, batch: Batch, options: Options) -> Outcome:
    """Say what :func:`apply` would do, and write nothing. New profiles get no id: ``created`` stays empty."""
    raw = await tx.raw()
    key = matching_field(database, options.matching)
    matched = await store.matches(raw, database, key, batch.keys)
    decisions = await _decide(raw, database, batch, options, key, matched)
    outcome = Outcome(rejected=[*batch.rejected, *decisions.errors], superseded=batch.superseded)
    changed: list[BitMap] = []
    for round_ in range(decisions.last_round + 1):
        places = [p for p, t in enumerate(decisions.targets) if t > 0 and decisions.rounds[p] == round_]
        changed.append(BitMap())
        if places:
            changes = store.Changes(database, batch, key, places, [decisions.targets[p] for p in places])
            await changes.stage(raw)
            changed[-1] |= await changes.would_change(raw, raise_consent=options.raise_consent)
    _fill(batch, decisions, {}, changed, outcome)
    for row in batch.changing:
        status, profile = outcome.results.get(row, ("rejected", 0))
        if status == "unchanged":
            outcome.results[row] = ("updated", profile)
            outcome.unchanged.discard(profile)
            outcome.updated.add(profile)
    return outcome


async def _decide(
    raw: store.Raw,
    database: Database,
    batch: Batch,
    options: Options,
    key: Field | None,
    matched: dict[object, list[int]],
) -> Decisions:
    known = Known(matched)
    if batch.uniques:
        people = sorted({i for ids in matched.values() for i in ids})
        known = Known(
            matched,
            await store.owners(raw, database, batch),
            await store.current(raw, database, batch.uniques, people),
        )
    return decide(batch, options.mode, key.name if key else "profile_id", known)


async def _write(tx: Tx, database: Database, batch: Batch, options: Options) -> Outcome:
    outcome = Outcome()
    if not batch.rows:
        return outcome
    raw = await tx.raw()
    key = matching_field(database, options.matching)
    matched = await store.matches(raw, database, key, batch.keys)
    last = 0
    if options.mode != "update" and key is not None and (missing := [k for k in batch.keys if k not in matched]):
        # Only one transaction at a time gives ids, so a second look under the lock sees every new profile.
        last = await databases_store.lock_ids(tx, database.id)
        matched |= await store.matches(raw, database, key, missing)
    decisions = await _decide(raw, database, batch, options, key, matched)
    new = dict.fromkeys(t for t in decisions.targets if t < 0)
    if last + len(new) > MAX_PROFILE_ID:
        raise conflict("This database has given away every profile id it can")
    ids = {target: last + n for n, target in enumerate(new, 1)}
    changed: list[BitMap] = []
    kept = BitMap()
    made: set[int] = set()
    for round_ in range(decisions.last_round + 1):
        places = [p for p, t in enumerate(decisions.targets) if t and decisions.rounds[p] == round_]
        fresh = [p for p in places if decisions.targets[p] < 0 and decisions.targets[p] not in made]
        changing = places if not fresh else sorted(set(places) - set(fresh))
        changed.append(BitMap())
        if changing:
            targets = [ids.get(decisions.targets[p], decisions.targets[p]) for p in changing]
            changes = store.Changes(database, batch, key, changing, targets)
            await changes.stage(raw)
            if not options.raise_consent:
                kept |= await changes.kept_consents(raw)
            changed[-1] |= await changes.write(raw, tx.now, raise_consent=options.raise_consent)
        if fresh:
            made.update(decisions.targets[p] for p in fresh)
            await store.add(raw, database, batch, fresh, [ids[decisions.targets[p]] for p in fresh], tx.now)
    if ids:
        await databases_store.advance_ids(tx, database.id, len(ids))
    outcome.rejected = decisions.errors
    _fill(batch, decisions, ids, changed, outcome)
    if kept:
        outcome.notes.extend(_kept_notes(batch, decisions, kept))
    return outcome


def _fill(batch: Batch, decisions: Decisions, ids: dict[int, int], changed: Sequence[BitMap], outcome: Outcome) -> None:
    """Say per row what became of it; a row about a profile that an earlier row made is a change of it."""
    made: set[int] = set()
    results = outcome.results
    created, updated, unchanged = BitMap(), BitMap(), []
    for row, target, round_ in zip(batch.rows, decisions.targets, decisions.rounds, strict=True):
        if target == 0:
            results[row] = ("rejected", 0)
        elif target < 0 and target not in made:
            made.add(target)
            results[row] = ("created", ids.get(target, 0))
        elif (profile := ids.get(target, max(target, 0))) in changed[round_]:
            results[row] = ("updated", profile)
        else:
            results[row] = ("unchanged", profile)
            unchanged.append(profile)
    for some in changed:
        updated |= some
    created.update(ids.values())
    outcome.created = created
    outcome.updated = updated - created
    outcome.unchanged = BitMap(i for i in unchanged if i) - updated - created


def _kept_notes(batch: Batch, decisions: Decisions, kept: BitMap) -> Sequence[RowError]:
    assert batch.statuses is not None
    return [
        RowError(row, "status", KEPT_STATUS, status or "", is_kept_consent=True)
        for row, target, status in zip(batch.rows, decisions.targets, batch.statuses, strict=True)
        if target > 0 and status is not None and target in kept
    ]


async def _announce(tx: Tx, actor: Actor, database: Database, batch: Batch, options: Options, outcome: Outcome) -> None:
    """Have ClickHouse see the rows, and put what happened into their history: one row for many people."""
    touched = outcome.created | outcome.updated
    if not touched:
        return
    tx.mark_dirty("profiles", database.id, touched)
    fields = sorted([*batch.columns, *(["status"] if batch.statuses else [])])
    common: dict[str, object] = {"source": options.source if options.import_id else actor.kind}
    if options.import_id:
        common["import"] = options.import_id
    for type_, people, more in (
        ("profile.created", outcome.created, {}),
        ("profile.updated", outcome.updated, {"fields": fields}),
    ):
        if len(people) > _SINGLE_EVENTS:
            await tx.emit_bulk(database.id, type_, people, tx.now, {**common, **more})
        else:
            tx.emit_many(EventOut(database.id, i, type_, tx.now, {**common, **more}) for i in people)
