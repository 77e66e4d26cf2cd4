"""Calls of the API that set a trigger mailing off, each id once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Literal

import msgspec

from fidelia import events, profiles
from fidelia.kernel.errors import conflict
from fidelia.kernel.ids import random_id
from fidelia.platform.postgres import Tx

from ...model import Mailing, MessageKey, Run
from ...store import mailings as mailings_store
from ...store import runs
from . import store
from .adding import add, within
from .model import CallTrigger, Cause
from .rules import occasion_of

MAX_CALLS = 1_000
MAX_BYTES = 32 * 1024
CallStatus = Literal["queued", "repeated", "left_out", "rejected"]


class Call(msgspec.Struct, frozen=True):
    """One call: whose message it is (``profile``, or ``match`` of one field), and what the message may show."""

    profile: int | None
    match: Mapping[str, Any] | None
    id: str | None
    properties: dict[str, Any]


class CallOutcome(msgspec.Struct, frozen=True):
    """What became of a call. ``queued``: the message is on its way, or waits as long as the mailing says; ``repeated``:
    the id was used before; ``left_out``: the person is not in the mailing's segment; ``rejected``: see ``reason``."""

    index: int
    status: CallStatus
    profile_id: int | None
    reason: str | None


async def call(tx: Tx, mailing_id: int, calls: Sequence[Call]) -> list[CallOutcome]:
    """Set a mailing off for people. Raise 404; 409 when it is not active or is not set off by calls; 503."""
    mailing = await mailings_store.get(tx, mailing_id, share=True)
    trigger = _trigger(mailing)
    raw = await tx.raw()
    active = await store.active(raw, mailing_id)
    if active is None or not await store.hold(raw, active.run_id, wait=True):
        raise conflict("This mailing has just been stopped")
    run = await runs.get(tx, active.run_id)
    people, outcomes = await _people(tx, mailing.database_id, calls)
    names = {n: f"call {calls[n].id or random_id(20)}" for n in people}
    occasions = {n: occasion_of(name) for n, name in names.items()}
    known = await store.told(raw, run.id, list(occasions.values()))
    due = tx.now + timedelta(minutes=trigger.wait)
    causes: dict[int, Cause] = {}
    for n, profile in people.items():
        if occasions[n] in known:
            outcomes[n] = CallOutcome(n, "repeated", profile, None)
            continue
        known.add(occasions[n])
        causes[n] = Cause(profile, occasions[n], "call", tx.now, calls[n].properties, due)
    outcomes |= await _queue(tx, run, mailing.segment_id, causes)
    return [outcomes[n] for n in range(len(calls))]


def _trigger(mailing: Mailing) -> CallTrigger:
    if mailing.type != "trigger":
        raise conflict("Only triggered mailings can be called")
    trigger = next((t for t in mailing.triggers if isinstance(t, CallTrigger)), None)
    if trigger is None:
        raise conflict("This mailing is not set off by API calls: none of its triggers is one")
    if mailing.state != "active":
        raise conflict(f"This mailing is {mailing.state}; only an active one can be called")
    return trigger


async def _queue(tx: Tx, run: Run, segment_id: int | None, causes: Mapping[int, Cause]) -> dict[int, CallOutcome]:
    inside = {cause.occasion for cause in await within(tx, segment_id, list(causes.values()))}
    added = await add(tx, run, [cause for cause in causes.values() if cause.occasion in inside])
    outcomes = {}
    for n, cause in causes.items():
        status: CallStatus = "queued"
        if cause.occasion not in inside:
            status = "left_out"
        elif MessageKey(cause.profile_id, cause.occasion) not in added:
            status = "repeated"
        outcomes[n] = CallOutcome(n, status, cause.profile_id, None)
    return outcomes


async def _people(tx: Tx, database_id: int, calls: Sequence[Call]) -> tuple[dict[int, int], dict[int, CallOutcome]]:
    """Return the profile of each call that has one, and why the others have none."""
    database = await profiles.get_database(tx, database_id)
    rejected: dict[int, str] = {}
    people: dict[int, int] = {}
    by_field: dict[str, dict[int, Any]] = defaultdict(dict)
    named = [call.profile for call in calls if call.profile is not None and 0 < call.profile < 2**32]
    now = await profiles.living(tx, database_id, named)
    for n, one in enumerate(calls):
        if len(msgspec.json.encode(one.properties)) > MAX_BYTES:
            rejected[n] = f"properties may have {MAX_BYTES:,} bytes at most"
        elif one.id is not None and not 1 <= len(one.id) <= 200:
            rejected[n] = "An id has 1 to 200 characters"
        elif (one.profile is None) == (one.match is None) or (one.match is not None and len(one.match) != 1):
            rejected[n] = 'Say whose message it is: "profile" with an id, or "match" with one field and its value'
        elif one.profile is not None:
            people[n] = now.get(one.profile, 0)
        else:
            name, value = next(iter((one.match or {}).items()))
            try:
                by_field[name][n] = events.match_key(database, name, value)
            except ValueError as exc:
                rejected[n] = f"match.{name}: {exc}"
    for name, keys in by_field.items():
        found = await profiles.match_ids(tx, database_id, name, list(keys.values()))
        people |= {n: found.get(key, 0) for n, key in keys.items()}
    rejected |= {n: "There is no such person in this database" for n, profile in people.items() if not profile}
    outcomes = {n: CallOutcome(n, "rejected", None, reason) for n, reason in rejected.items()}
    return {n: profile for n, profile in people.items() if profile}, outcomes
