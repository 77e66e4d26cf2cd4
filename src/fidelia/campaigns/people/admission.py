"""The one way into a campaign: people are assigned to a side, once, under the lock of the campaign's row.

Whoever calls this twice, in whatever order, or is killed in between, gets the same groups: the split only decides about
people it has not seen, by a keyed hash, and all of it is one transaction.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from pyroaring import BitMap

from fidelia import profiles, segments
from fidelia.kernel.errors import conflict
from fidelia.platform.postgres import Tx

from ..model import Source
from ..projection import changed
from ..store import campaigns as store
from ..store import people as lists
from ..store.campaigns import CampaignRow
from ..store.people import People, Strata
from ..store.strata import by_stratum

OPEN = ("building", "active")


class Assigned(msgspec.Struct, frozen=True, kw_only=True):
    """What an admission did: who was given a side, who of them is kept back, who came in, who left."""

    joined: BitMap
    kept_back: BitMap
    entered: BitMap
    gone: BitMap
    people: People
    warnings: list[segments.ControlWarning]


class Draw(msgspec.Struct, frozen=True):
    """How newcomers are drawn; a campaign without a control group keeps back nobody."""

    share: int
    cap: int | None
    salt: str
    epoch: int


async def admit(tx: Tx, campaign_id: int, people: BitMap, *, source: Source, activity: int = 0) -> BitMap:
    """Let people into a campaign that is open; return who came in by it.

    Each is assigned unless they were before, and then is back on their old side. Who was merged comes in as who they
    are now, and who was erased does not. Whom the global control group keeps out stays out. Somebody on the segment's
    list came by that.
    """
    if people <= (await lists.people(tx, campaign_id)).audience:
        return BitMap()
    row = await store.find(tx, campaign_id, lock=True)
    if row is None or row.state not in OPEN or row.archived_at is not None:
        return BitMap()
    before = await lists.people(tx, campaign_id)
    if not await _is_current(tx, row, before):
        before = (await _sync(tx, row, before)).people
    new = await profiles.living_ids(tx, row.database_id, people - before.audience) - before.audience
    if not new:
        return BitMap()
    withheld = (new - before.assigned) & await _kept_out(tx, row, new)
    wanted = new - withheld
    whole = msgspec.structs.replace(
        before, guests=before.guests | new, withheld=before.withheld | withheld, audience=before.audience | wanted
    )
    done = await _assign(tx, row, before, whole, source, activity)
    return done.entered


async def sync(tx: Tx, campaign_id: int, *, anew: bool = False) -> Assigned | None:
    """Bring a campaign up to its segment's list: newcomers are assigned, who left it is let go.

    ``None`` when nothing had changed (unless it is to be looked at ``anew``), or the campaign is not open.
    """
    if not anew:
        row = await store.find(tx, campaign_id)
        if row is None or await _is_current(tx, row, await lists.people(tx, campaign_id)):
            return None
    row = await store.find(tx, campaign_id, lock=True)
    if row is None or row.state not in OPEN or row.archived_at is not None:
        return None
    before = await lists.people(tx, campaign_id)
    if not anew and await _is_current(tx, row, before):
        return None
    return await _sync(tx, row, before)


async def _is_current(tx: Tx, row: CampaignRow, seen: People) -> bool:
    if seen.segment_version is None:
        return False
    return (await segments.list_versions(tx, [row.segment_id])).get(row.segment_id, 0) == seen.segment_version


async def _sync(tx: Tx, row: CampaignRow, before: People) -> Assigned:
    version = (await segments.list_versions(tx, [row.segment_id])).get(row.segment_id, 0)
    listed = await segments.members(tx, row.segment_id)
    everybody = await profiles.all_ids(tx, row.database_id)
    wanted = (listed | before.guests) & everybody
    withheld = (wanted - before.assigned) & await _kept_out(tx, row, wanted)
    whole = msgspec.structs.replace(before, audience=wanted - withheld, withheld=withheld, segment_version=version)
    return await _assign(tx, row, before, whole, "segment", 0)


async def _assign(tx: Tx, row: CampaignRow, before: People, after: People, source: Source, activity: int) -> Assigned:
    """Give a side to everybody of the new audience who has none, and store and tell what came of it."""
    fresh = after.audience - before.assigned
    warnings: list[segments.ControlWarning] = []
    added = BitMap()
    if fresh:
        made = await divisions_of(tx, row)
        found = await by_stratum(tx, row.database_id, made, fresh)
        known = await lists.strata(tx, row.id)
        draw = Draw(row.share or 0, row.cap, row.salt, row.epoch)
        # A second for a million people: the process answers others meanwhile.
        epoch, split, strata = await asyncio.to_thread(
            segments.assign, draw, known, before.control, found, lambda key: segments.label_of(key, made)
        )
        added = split.added
        warnings = segments.split_words(split, made, row.cap)
        await lists.set_strata(tx, row.id, _differing(known, strata))
        if epoch != row.epoch:
            await store.update(tx, row.id, {"epoch": epoch})
        after = msgspec.structs.replace(after, assigned=before.assigned | fresh, control=before.control | added)
    entered, gone = after.audience - before.audience, before.audience - after.audience
    await lists.save(tx, row.id, after)
    if entered:
        database = await profiles.get_database(tx, row.database_id)
        day = tx.now.astimezone(ZoneInfo(database.timezone)).date()
        await lists.add_entry(tx, row.id, day, source, activity, entered)
    await _tell(tx, row, after, entered, gone, source, activity)
    return Assigned(joined=fresh, kept_back=added, entered=entered, gone=gone, people=after, warnings=warnings)


async def _tell(
    tx: Tx, row: CampaignRow, after: People, entered: BitMap, gone: BitMap, source: Source, activity: int
) -> None:
    if not entered and not gone:
        return
    told: dict[str, Any] = {"campaign": row.id, "source": source, **({"mailing": activity} if activity else {})}
    for group, some in (("test", entered - after.control), ("control", entered & after.control)):
        if some:
            await tx.emit_bulk(row.database_id, "campaign.entered", some, tx.now, {**told, "group": group})
    if gone:
        await tx.emit_bulk(row.database_id, "campaign.left", gone, tx.now, {"campaign": row.id})
    changed(tx, row.database_id, row.id)


async def divisions_of(tx: Tx, row: CampaignRow) -> list[segments.Division]:
    """Return how a campaign divides its people; none without a control group. Raises 409 when a field is gone."""
    if row.share is None:
        return []
    made, errors = segments.divisions(await profiles.get_database(tx, row.database_id), row.strata)
    if errors:
        raise conflict(f"The strata do not fit the database any more: {errors[0].message}", *errors)
    return made


async def _kept_out(tx: Tx, row: CampaignRow, people: BitMap) -> BitMap:
    return await segments.kept_back(tx, row.database_id, "campaign", row.id, people)


def _differing(before: Strata, after: Mapping[tuple[int, str], tuple[str, BitMap]]) -> Strata:
    return {key: found for key, found in after.items() if key not in before or before[key][1] != found[1]}
