"""Own events: from the items of a request to lines of the inbox."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
import psycopg
from pyroaring import BitMap

from fidelia import profiles
from fidelia.access import Actor
from fidelia.kernel.errors import not_found
from fidelia.kernel.ids import MAX_PROFILE_ID, random_id
from fidelia.platform import outbox
from fidelia.platform.http import Body
from fidelia.platform.postgres import Tx

from .. import rules
from ..store import seen
from ..store import types as type_store
from . import people
from .learning import Lesson
from .model import EventsResult, Incoming, Reject, Submission


class EventIn(Body, frozen=True):
    """An event of your own.

    ``id`` is yours: a repeat within seven days is taken once; without it every event counts. ``profile`` is the id of
    the person, or ``match`` names a field and its value; with ``create`` somebody who is not found is made.
    ``properties`` are free (up to 32 KB), typed where the event type declares them. ``at`` is now when left out.
    """

    type: str
    id: str | None = None
    at: datetime | None = None
    profile: int | None = None
    match: dict[str, Any] | None = None
    create: bool = False
    properties: dict[str, Any] = {}


_item = msgspec.json.Decoder(EventIn)
_encode = msgspec.json.Encoder(decimal_format="string").encode


def read_items(
    items: Sequence[msgspec.Raw], *, database: int, actor: Actor, create: bool, now: datetime, event_bytes: int
) -> Submission:
    """Check what can be checked without the engines; every item is taken or rejected for itself."""
    events: list[Incoming] = []
    rejected: list[Reject] = []
    for index, raw in enumerate(items):
        try:
            events.append(_read(index, raw, create=create, now=now, event_bytes=event_bytes))
        except rules.Refused as exc:
            rejected.append(Reject(index, str(exc)))
        except msgspec.ValidationError as exc:
            rejected.append(Reject(index, _sentence(exc)))
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as exc:
            rejected.append(Reject(index, f"This is not an event: {exc}"))
    return Submission(database, actor, events, rejected, now)


def _read(index: int, raw: msgspec.Raw, *, create: bool, now: datetime, event_bytes: int) -> Incoming:
    given = _item.decode(raw)
    if len(memoryview(raw)) > event_bytes and len(_encode(given.properties)) > event_bytes:
        raise rules.Refused(f"properties may have {event_bytes:,} bytes at most")
    match: tuple[str, Any] | None = None
    if given.profile is None:
        if given.match is None or len(given.match) != 1:
            raise rules.Refused('Say whose event it is: "profile" with an id, or "match" with one field and its value')
        match = next(iter(given.match.items()))
    elif given.match is not None:
        raise rules.Refused("Give either profile or match, not both")
    elif not 0 < given.profile <= MAX_PROFILE_ID:
        raise rules.Refused(f"There is no profile {given.profile}")
    return Incoming(
        index=index,
        type=rules.check_type(given.type),
        at=now if given.at is None else rules.check_moment(given.at, now),
        properties=given.properties,
        id=random_id(20) if given.id is None else rules.check_id(given.id),
        hash=None if given.id is None else rules.seen_hash(given.id),
        profile=given.profile or 0,
        match=match,
        create=create or given.create,
    )


def _sentence(exc: msgspec.ValidationError) -> str:
    reason, _, path = str(exc).partition(" - at `$.")
    return f"{path.rstrip('`')}: {reason}" if path else reason


async def write_own(tx: Tx, submissions: Sequence[Submission]) -> list[EventsResult | Exception]:
    """Write the events of several requests in one transaction."""
    try:
        return await _write(tx, submissions)
    except psycopg.errors.UndefinedTable:
        people.forget_databases(tx.engines)  # a database was deleted a moment ago: the next try knows
        raise


async def _write(tx: Tx, submissions: Sequence[Submission]) -> list[EventsResult | Exception]:
    raw = await tx.raw()
    matching = {s.database for s in submissions if any(event.match is not None for event in s.events)}
    databases = await people.databases_lately(tx, {s.database for s in submissions} - matching)
    databases |= await people.databases(tx, matching)
    refusals: list[dict[int, str]] = [{} for _ in submissions]
    live = [n for n, s in enumerate(submissions) if s.database in databases]
    for number, database in databases.items():
        mine = [(n, event) for n in live if submissions[n].database == number for event in submissions[n].events]
        await _resolve(tx, database, mine, refusals)
    types = await type_store.load(raw, {(submissions[n].database, e.type) for n in live for e in submissions[n].events})
    declared = {key: {k: p["type"] for k, p in row.properties.items()} for key, row in types.items() if row.properties}
    deleted = {key for key, row in types.items() if row.archived_at is not None}
    if declared or deleted:
        _check_declared(submissions, live, declared, deleted, refusals)
    duplicates = await _remember(raw, tx, submissions, live, refusals)
    await _create_missing(tx, submissions, live, refusals, duplicates)
    lesson = Lesson(types)
    lines: dict[int, list[bytes]] = defaultdict(list)
    results: list[EventsResult | Exception] = []
    for n, submission in enumerate(submissions):
        if submission.database not in databases:
            results.append(not_found("Database", submission.database))
            continue
        accepted = 0
        for event in submission.events:
            if event.index in refusals[n] or event.index in duplicates[n]:
                continue
            accepted += 1
            lesson.look(submission.database, event.type, event.properties)
            at = outbox.clickhouse_time(event.at)
            lines[submission.database].append(
                outbox.encode_line(event.type, event.profile, at, event.id, event.properties)
            )
        rejected = [*submission.rejected, *(Reject(i, reason) for i, reason in refusals[n].items())]
        results.append(EventsResult(accepted, len(duplicates[n]), sorted(rejected, key=lambda r: r.index)))
    await outbox.write(raw, lines, {})
    await lesson.write(raw, tx.now)
    return results


async def _resolve(
    tx: Tx,
    database: profiles.Database,
    events: list[tuple[int, Incoming]],
    refusals: list[dict[int, str]],
) -> None:
    """Find whose the events are; refuse those of people who do not exist and shall not be made."""
    asked = BitMap(e.profile for _, e in events if e.profile)
    there = await profiles.exists(tx, database.id, asked)
    became = await profiles.resolve(tx, database.id, asked - there) if len(there) < len(asked) else {}
    by_field: dict[str, list[tuple[int, Incoming, Any]]] = defaultdict(list)
    for n, event in events:
        if event.match is None:
            event.profile = became.get(event.profile, event.profile)
            if event.profile not in there and event.profile not in became.values():
                refusals[n][event.index] = f"There is no profile {event.profile} in this database"
            continue
        name, value = event.match
        try:
            key = people.match_key(database, name, value)
        except ValueError as exc:
            refusals[n][event.index] = f"match.{name}: {exc}"
            continue
        by_field[name].append((n, event, key))
    for name, wanted in by_field.items():
        found = await profiles.match_ids(tx, database.id, name, [key for _, _, key in wanted])
        for n, event, key in wanted:
            event.profile = found.get(key, 0)
            event.match = (name, key)
            if not event.profile and not event.create:
                refusals[n][event.index] = f"Nobody has this {name}; send create: true to make a profile"


def _check_declared(
    submissions: Sequence[Submission],
    live: list[int],
    declared: dict[tuple[int, str], dict[str, str]],
    deleted: set[tuple[int, str]],
    refusals: list[dict[int, str]],
) -> None:
    for n in live:
        for event in submissions[n].events:
            if (submissions[n].database, event.type) in deleted:
                refusals[n].setdefault(event.index, f"The event type {event.type} was deleted; restore it first")
                continue
            wanted = declared.get((submissions[n].database, event.type))
            if wanted:
                try:
                    rules.check_properties(event.properties, wanted)
                except rules.Refused as exc:
                    refusals[n].setdefault(event.index, str(exc))


async def _remember(
    raw: psycopg.AsyncConnection[Any],
    tx: Tx,
    submissions: Sequence[Submission],
    live: list[int],
    refusals: list[dict[int, str]],
) -> list[set[int]]:
    """Remember the ids; return for each submission the indexes of its duplicates."""
    duplicates: list[set[int]] = [set() for _ in submissions]
    first: dict[seen.Key, tuple[int, int]] = {}
    for n in live:
        database, refused, twice = submissions[n].database, refusals[n], duplicates[n]
        for event in submissions[n].events:
            if event.hash is not None and event.index not in refused:
                mine = (n, event.index)
                if first.setdefault((database, event.hash), mine) is not mine:
                    twice.add(event.index)
    for key in await seen.remember(raw, list(first), tx.now.date()):
        n, index = first[key]
        duplicates[n].add(index)
    return duplicates


async def _create_missing(
    tx: Tx,
    submissions: Sequence[Submission],
    live: list[int],
    refusals: list[dict[int, str]],
    duplicates: list[set[int]],
) -> None:
    """Make the profiles that new events ask for; refuse the events where that is not possible."""
    wanted: dict[tuple[int, str], list[tuple[int, Incoming]]] = defaultdict(list)
    for n in live:
        for event in submissions[n].events:
            gone = event.index in refusals[n] or event.index in duplicates[n]
            if not gone and not event.profile and event.match is not None:
                wanted[submissions[n].database, event.match[0]].append((n, event))
    taken_back: list[seen.Key] = []
    for (number, name), events in sorted(wanted.items()):
        keys = list(dict.fromkeys(event.match[1] for _, event in events if event.match))
        made = await people.create_by_key(tx, submissions[events[0][0]].actor, number, name, keys)
        for n, event in events:
            assert event.match is not None
            got = made[event.match[1]]
            if isinstance(got, int):
                event.profile = got
            else:
                refusals[n][event.index] = got
                if event.hash is not None:
                    taken_back.append((number, event.hash))
    await seen.forget(await tx.raw(), taken_back)
