"""What campaigns keep about people who are erased or merged (ports of profiles)."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from pyroaring import BitMap

from fidelia import profiles
from fidelia.platform.postgres import Tx

from ..projection import changed
from ..store import people as lists


async def forget_people(tx: Tx, database_id: int, gone: BitMap) -> None:
    """Take erased people out of every campaign: its lists, strata and entries."""
    for campaign_id in await lists.campaigns_with_people(tx, database_id):
        await _replace(tx, database_id, campaign_id, gone, {})


async def merge_people(tx: Tx, move: profiles.Move) -> Mapping[str, int]:
    """Let the destination take the place of the sources in the campaigns they are in.

    Whoever has a side already keeps it; otherwise the first source's side and stratum become the destination's.
    """
    sources: dict[int, list[int]] = {}
    for source in move.sources:
        sources.setdefault(source.database_id, []).append(source.profile_id)
    changes = 0
    for database_id, ids in sources.items():
        here = database_id == move.destination.database_id
        instead = dict.fromkeys(ids, move.destination.profile_id) if here else {}
        for campaign_id in await lists.campaigns_with_people(tx, database_id):
            changes += await _replace(tx, database_id, campaign_id, BitMap(ids), instead)
    return {"campaigns": changes}


async def _replace(tx: Tx, database_id: int, campaign_id: int, gone: BitMap, instead: Mapping[int, int]) -> int:
    """Take people out of a campaign; ``instead`` names who takes their place. Return 1 when anything changed."""
    before = await lists.people(tx, campaign_id)
    if not gone & (before.assigned | before.guests | before.withheld):
        return 0
    heir = next(iter(instead.values()), None)
    first = next((profile for profile in instead if profile in before.assigned), None)
    moves = heir is not None and first is not None and heir not in before.assigned
    place = BitMap([first] if moves and first is not None else [])  # what the heir takes over

    def without(found: BitMap, joins: bool) -> BitMap:
        return (found - gone) | BitMap([heir] if joins and heir is not None else [])

    assigned = without(before.assigned, moves)
    has_side = heir is not None and heir in assigned
    after = msgspec.structs.replace(
        before,
        assigned=assigned,
        control=without(before.control, bool(place & before.control)),
        audience=without(before.audience, has_side and bool(before.audience & gone)),
        guests=without(before.guests, bool(before.guests & gone)),
        withheld=without(before.withheld, not has_side and bool(before.withheld & gone)),
    )
    await lists.save(tx, campaign_id, after)
    await lists.set_strata(
        tx,
        campaign_id,
        {
            key: (label, without(people, bool(place & people)))
            for key, (label, people) in (await lists.strata(tx, campaign_id)).items()
            if people & gone
        },
    )
    await lists.forget_entries(tx, campaign_id, gone, {first: heir} if moves and first and heir else {})
    changed(tx, database_id, campaign_id)
    return 1
