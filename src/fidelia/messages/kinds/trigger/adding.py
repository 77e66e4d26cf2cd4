"""From causes to messages: rows of the ledger, what caused each, and an end to going round in circles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from pyroaring import BitMap

from fidelia import profiles, segments
from fidelia.platform.postgres import Tx

from ...content import segments as content_segments
from ...model import MessageKey, Run
from ...ports import admit
from ...sending.values import contact_hash
from ...store import ledger
from ..multivariate.service import variant_of
from . import store
from .model import Cause
from .rules import ENOUGH, MOST_A_DAY, own_hash

_DAY = timedelta(hours=24)


async def within(tx: Tx, segment_id: int | None, causes: Sequence[Cause]) -> list[Cause]:
    """Return the causes of people who are in a segment at this moment; of everybody without one."""
    if segment_id is None or not causes:
        return list(causes)
    people = await segments.people_among(tx.engines, segment_id, BitMap(cause.profile_id for cause in causes))
    return [cause for cause in causes if cause.profile_id in people]


async def add(tx: Tx, run: Run, causes: Sequence[Cause]) -> set[MessageKey]:
    """Queue the messages of causes of people who exist; return those that are new.

    Who cannot be written to is queued too: whether somebody may be written to is settled when it is sent, and the
    reason stays with the message. A cause that is told again adds nothing. A campaign takes in whom it wants before.
    """
    if not causes:
        return set()
    raw, plan = await tx.raw(), run.plan
    once = {MessageKey(cause.profile_id, cause.occasion): cause for cause in reversed(causes)}
    keys = list(once)
    people = BitMap(key.profile_id for key in keys)
    await admit(tx, run.database_id, plan, people)
    who = await profiles.sendable(tx, run.database_id, people, plan.resource_id, plan.channel, plan.suppression_lists)
    hashes = {profile: contact_hash(contact) for profile, contact in who.rows}
    added = await ledger.add(
        raw,
        run.id,
        [key.profile_id for key in keys],
        [hashes.get(key.profile_id) or own_hash(key.profile_id) for key in keys],
        tx.now,
        occasions=[key.occasion for key in keys],
        variants=[variant_of(plan, run.id, key.profile_id) for key in keys],
        due=[max(once[key].due, tx.now) for key in keys],
    )
    if not added:
        return set()
    before = await store.lately(raw, run.id, list(people), tx.now - _DAY)
    await store.keep(raw, run.id, [once[key] for key in added], tx.now)
    await content_segments.join(tx, run.id, versions_of(run), BitMap(key.profile_id for key in added))
    if too_many := _beyond(added, before):
        await store.block(raw, run.id, too_many, ENOUGH, tx.now)
    await store.count(raw, run.id, len(added), tx.now)
    return set(added)


def versions_of(run: Run) -> list[int]:
    """Return the versions of templates that a run is made with."""
    return [run.version_id, *(variant.version_id for variant in run.plan.variants)]


def _beyond(added: Sequence[MessageKey], before: dict[int, int]) -> list[MessageKey]:
    """Return the messages that exceed what a person gets of one mailing in a day."""
    had = Counter(before)
    beyond = []
    for key in added:
        had[key.profile_id] += 1
        if had[key.profile_id] > MOST_A_DAY:
            beyond.append(key)
    return beyond
