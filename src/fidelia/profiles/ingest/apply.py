"""Writes a batch: everything or nothing, in few statements, and safe beside others who write the same people."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import msgspec
import psycopg
import sqlalchemy as sa
from pyroaring import BitMap

from fidelia.access import Actor
from fidelia.kernel.errors import conflict
from fidelia.kernel.ids import MAX_PROFILE_ID
from fidelia.platform.outbox import EventOut
from fidelia.platform.postgres import Tx

from ..fields import Database
from ..matching import Matching, read_matching
from ..service import quota
from ..store import databases as databases_store
from ..store.match import Found, find
from . import consent, store
from .encode import NULL
from .model import Batch, Options, Outcome, RowError, Status
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
        # Imports take turns among themselves, so they do without the order until they meet somebody else.
        in_order = attempt > 0 or options.import_id is None
        try:
            async with tx.savepoint():
                outcome = await _write(tx, database, batch, options, in_order=in_order)
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
    how = _how(database, options)
    found = await find(raw, database, how, batch.keys)
    batch = _without_found(batch, how, found)
    decisions = await _decide(raw, database, batch, options, how, found.people)
    outcome = Outcome(rejected=[*batch.rejected, *decisions.errors], superseded=batch.superseded)
    changed: list[BitMap] = []
    for round_ in range(decisions.last_round + 1):
        places = [p for p, t in enumerate(decisions.targets) if t > 0 and decisions.rounds[p] == round_]
        changed.append(BitMap())
        if places:
            changes = store.Changes(database, batch, how, places, [decisions.targets[p] for p in places])
            await changes.stage(raw)
            changed[-1] |= await changes.would_change(raw, raise_consent=options.raise_consent)
    _fill(batch, decisions, {}, changed, outcome)
    changing = set(batch.changing)
    for place, row in enumerate(batch.rows if changing else ()):
        if row in changing and outcome.statuses[place] == "unchanged":
            outcome.count_as_updated(place)
    return outcome


async def _decide(
    raw: store.Raw,
    database: Database,
    batch: Batch,
    options: Options,
    how: Matching,
    matched: dict[object, list[int]],
) -> Decisions:
    known = Known(matched)
    people = sorted({i for ids in matched.values() for i in ids}) if batch.uniques or how.combines else []
    if how.combines and how.field is not None:
        tags = await store.current(raw, database, [how.field.name], people)
        known.tags = {person: found or () for person, found in tags[how.field.name].items()}
    if batch.uniques:
        known.owners = await store.owners(raw, database, batch)
        known.current = await store.current(raw, database, batch.uniques, people)
    return decide(batch, options.mode, how, known)


async def _write(tx: Tx, database: Database, batch: Batch, options: Options, *, in_order: bool) -> Outcome:
    outcome = Outcome()
    if not batch.rows:
        return outcome
    raw = await tx.raw()
    how = _how(database, options)
    last = await databases_store.lock_ids(tx, database.id) if options.expects_new else 0
    found = await find(raw, database, how, batch.keys)
    may_add = options.mode != "update" and how.may_add
    if not options.expects_new and may_add and (missing := _missing(batch, how, found)):
        # Only one transaction at a time gives ids, so a second look under the lock sees every new profile.
        last = await databases_store.lock_ids(tx, database.id)
        again = await find(raw, database, how, missing)
        found = Found(found.people | again.people, found.elsewhere | again.elsewhere)
    batch = _without_found(batch, how, found)
    decisions = await _decide(raw, database, batch, options, how, found.people)
    refused = await _keep_to_quota(tx, batch, options, decisions)
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
            changes = store.Changes(database, batch, how, changing, targets)
            await changes.stage(raw)
            if not options.raise_consent:
                kept |= await changes.kept_consents(raw)
            changed[-1] |= await changes.write(raw, tx.now, raise_consent=options.raise_consent, in_order=in_order)
        if fresh:
            made.update(decisions.targets[p] for p in fresh)
            await store.add(raw, database, batch, fresh, [ids[decisions.targets[p]] for p in fresh], tx.now)
    if ids:
        await databases_store.advance_ids(tx, database.id, len(ids))
    if ids or refused:
        await quota.note(tx, refused=refused)
    outcome.rejected = decisions.errors
    _fill(batch, decisions, ids, changed, outcome)
    if kept:
        outcome.notes.extend(_kept_notes(batch, decisions, kept))
    return outcome


async def _keep_to_quota(tx: Tx, batch: Batch, options: Options, decisions: Decisions) -> bool:
    """Refuse what does not fit: an API call as a whole with 409, of an import the rows of further new people."""
    new = dict.fromkeys(t for t in decisions.targets if t < 0)
    if not new:
        return False
    if options.import_id is None:
        await quota.require(tx, len(new))
        return False
    left = await quota.room(tx)
    if left is None or len(new) <= left:
        return False
    over = set(list(new)[left:])
    said = quota.sentence(quota.limit_of(tx))
    for place, target in enumerate(decisions.targets):
        if target in over:
            decisions.targets[place] = 0
            decisions.errors.append(RowError(batch.rows[place], "", said))
    return True


def _how(database: Database, options: Options) -> Matching:
    return read_matching(database, options.matching, field=options.field, resource_id=options.resource_id)


def _missing(batch: Batch, how: Matching, found: Found) -> list[object]:
    """Return the keys that nobody has."""
    return [key for key in batch.keys if all(part not in found.people for part in how.parts(key))]


def _without_found(batch: Batch, how: Matching, found: Found) -> Batch:
    """Leave alone the key field of people who were found by a subscription or by what they had before a merge.

    Their own address or number is another one, and being found by this one is no wish to replace it.
    """
    fields = [field for field in how.fields if not field.kind.many and field.name in batch.columns]
    if not found.elsewhere or not fields:
        return batch
    tails, uniques = list(batch.tails), {name: list(values) for name, values in batch.uniques.items()}
    for field in fields:
        column = batch.columns.index(field.name)
        for place, key in enumerate(batch.keys):
            if how.parts(key)[0] in found.elsewhere:
                cells = tails[place].split("\t")
                cells[column] = NULL
                tails[place] = "\t".join(cells)
                if field.name in uniques:
                    uniques[field.name][place] = None
    return msgspec.structs.replace(batch, tails=tails, uniques=uniques)


def _fill(batch: Batch, decisions: Decisions, ids: dict[int, int], changed: Sequence[BitMap], outcome: Outcome) -> None:
    """Say per row what became of it; a row about a profile that an earlier row made is a change of it."""
    targets = decisions.targets
    outcome.rows = batch.rows
    if decisions.last_round == 0 and 0 not in targets:
        some = changed[0]
        outcome.profiles = [t if t > 0 else ids.get(t, 0) for t in targets]
        outcome.statuses = ["created" if t < 0 else "updated" if t in some else "unchanged" for t in targets]
    else:
        _fill_rounds(decisions, ids, changed, outcome)
    outcome.created = BitMap(ids.values())
    for some in changed:
        outcome.updated |= some
    outcome.updated -= outcome.created
    if len(outcome.created) + len(outcome.updated) < len(targets):
        everybody = BitMap(p for p, s in zip(outcome.profiles, outcome.statuses, strict=True) if s == "unchanged" and p)
        outcome.unchanged = everybody - outcome.updated - outcome.created


def _fill_rounds(decisions: Decisions, ids: dict[int, int], changed: Sequence[BitMap], outcome: Outcome) -> None:
    made: set[int] = set()
    for target, round_ in zip(decisions.targets, decisions.rounds, strict=True):
        profile = ids.get(target, max(target, 0))
        status: Status
        if target == 0:
            status = "rejected"
        elif target < 0 and target not in made:
            made.add(target)
            status = "created"
        else:
            status = "updated" if profile in changed[round_] else "unchanged"
        outcome.profiles.append(profile)
        outcome.statuses.append(status)


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
