"""Who gets a mailing: the segment, less everybody who may not be written to, each counted under one reason."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import msgspec
from pyroaring import BitMap

from fidelia import profiles, segments
from fidelia.kernel.errors import Problem, invalid_field
from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx

from ..model import Plan, Run
from ..policies.marks import Full
from ..ports import admit, gates
from ..sending.values import contact_hash
from ..store import runs

CHUNK = 20_000
NOBODY = Full(BitMap(), frozenset())
#: Why somebody is left out, in the order in which it is looked at, with words for people.
REASONS = {
    "control_group": "in the global control group",
    "campaign_over": "the campaign has not begun, or is over",
    "not_in_campaign": "not in the campaign",
    "campaign_control": "in the campaign's control group",
    "not_found": "not in the database any more",
    "status": "do not want mails, or cannot be reached",
    "not_subscribed": "not subscribed",
    "paused": "have paused these mails",
    "no_address": "no e-mail address",
    "suppressed": "on a stop list",
    "duplicate": "same address as somebody else",
    "not_started": "the mailing ended before their turn",
}


#: The same where messages of another channel than e-mail are left out.
_ELSEWHERE = {"status": "do not want messages, or cannot be reached", "no_address": "no contact in this channel"}


def reason_words(reason: str, channel: str) -> str:
    """Return why somebody is left out of messages of a channel, in words for people."""
    found = REASONS.get(reason, reason)
    return found if channel == "email" else _ELSEWHERE.get(reason, found)


class Audience(msgspec.Struct, frozen=True):
    """Who was selected, who gets it, and who does not by reason; the parts sum to the whole.

    ``held_back`` are those who get it whom a frequency policy would hold back if they were sent to now.
    """

    selected: int
    receives: BitMap
    excluded: dict[str, BitMap]
    held_back: BitMap


async def selected(engines: Engines, database_id: int, segment_id: int | None, tag: str | None = None) -> BitMap:
    """Return the people a mailing is aimed at; needs ClickHouse for a segment by rules.

    Raises 422 when the segment is gone or of another database.
    """
    if segment_id is None:
        async with engines.tx() as tx:
            return await profiles.all_ids(tx, database_id)
    async with engines.tx() as tx:
        await segment_at(tx, database_id, segment_id)
    return await segments.segment_people(engines, segment_id, tag=tag)


async def segment_at(tx: Tx, database_id: int, segment_id: int) -> segments.SegmentDetail:
    """Return the segment a body names; raise 422 at its field when it cannot be used."""
    try:
        found = await segments.detail(tx, segment_id)
    except Problem as exc:
        if exc.status != 404:
            raise
        raise invalid_field("/segment_id", "There is no such segment") from exc
    if found.database_id != database_id:
        raise invalid_field("/segment_id", f"{found.name} belongs to another database")
    if found.archived_at is not None:
        raise invalid_field("/segment_id", f"{found.name} is archived")
    return found


async def take_in(engines: Engines, run: Run, people: BitMap) -> None:
    """Let the run's campaign take in whom it is aimed at, in a transaction of its own; none without a campaign.

    An estimate never does: it changes nothing. Nor does a run that was stopped meanwhile.
    """
    if run.plan.campaign_id is None:
        return
    async with engines.tx() as tx:
        if (await runs.get(tx, run.id)).phase in ("audience", "sending"):
            await admit(tx, run.database_id, run.plan, people)


async def work_out(
    engines: Engines,
    database_id: int,
    plan: Plan,
    people: BitMap,
    on_progress: Callable[[int], None] = lambda done: None,
    full: Full = NOBODY,
) -> Audience:
    """Sort the selected people into those who get the mailing and those who do not, and why."""
    receives, excluded, held_back = BitMap(), {reason: BitMap() for reason in REASONS}, BitMap()
    addresses: set[bytes] = set()
    for gate in gates(engines):
        async with engines.tx() as tx:
            for reason, kept_out in (await gate(tx, database_id, plan, people)).items():
                excluded[reason] = kept_out & people
                people = people - kept_out
    total = len(people) + sum(len(kept_out) for kept_out in excluded.values())
    done = 0
    for chunk in chunks(people):
        async with engines.tx() as tx:
            who = await profiles.sendable(
                tx, database_id, chunk, plan.resource_id, plan.channel, plan.suppression_lists
            )
        for reason, kept_out in who.excluded.items():
            excluded.setdefault(reason, BitMap()).update(kept_out)
        for profile, contact in who.rows:
            address = contact_hash(contact)
            if address in addresses:
                excluded["duplicate"].add(profile)
            else:
                addresses.add(address)
                receives.add(profile)
                if address in full.addresses:
                    held_back.add(profile)
        done += len(chunk)
        on_progress(done)
    held_back |= receives & full.profiles
    return Audience(total, receives, {reason: found for reason, found in excluded.items() if found}, held_back)


def chunks(people: BitMap) -> list[BitMap]:
    """Cut a set into parts of some thousands, in the order of ids."""
    return [people[start : start + CHUNK] for start in range(0, len(people), CHUNK)]


async def contacts(
    engines: Engines, database_id: int, plan: Plan, people: BitMap, after: int
) -> AsyncIterator[tuple[BitMap, list[int], list[bytes]]]:
    """Yield (chunk, profiles, address hashes) of those who come after an id; who may not be written to is left out."""
    rest = BitMap(people)
    if after:
        rest.remove_range(0, after + 1)
    for chunk in chunks(rest):
        async with engines.tx() as tx:
            who = await profiles.sendable(
                tx, database_id, chunk, plan.resource_id, plan.channel, plan.suppression_lists
            )
        yield chunk, [profile for profile, _ in who.rows], [contact_hash(contact) for _, contact in who.rows]
