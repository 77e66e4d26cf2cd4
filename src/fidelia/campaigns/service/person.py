"""Which campaigns somebody is in: what a person's card shows."""

from __future__ import annotations

from typing import Any

import msgspec

from fidelia import profiles
from fidelia.access import Actor
from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx

from ..model import Side, State
from ..store import facing as store


class PersonCampaign(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign that somebody was assigned in; ``present``: they are in it now, ``guest``: an activity brought them.

    ``side`` is null for who may not read campaigns: it says whether somebody is kept back.
    """

    id: int
    name: str
    state: State
    present: bool
    guest: bool
    side: Side | None


class PersonCampaigns(msgspec.Struct, frozen=True):
    """Campaigns of one person, those at work first, then the newest; archived ones are left out."""

    items: list[PersonCampaign]


async def campaigns_of(tx: Tx, actor: Actor, database_id: int, profile_id: int) -> PersonCampaigns:
    """Return the campaigns somebody is or was in, and on which side to who may read campaigns. Raise 404."""
    await profiles.get_profile(tx, database_id, profile_id)
    shown = actor.may("campaigns:read")
    return PersonCampaigns(
        [
            PersonCampaign(
                id=found.id,
                name=found.name,
                state=found.state,
                present=found.present,
                guest=found.guest,
                side=("control" if found.control else "test") if shown else None,
            )
            for found in await store.of_person(tx, database_id, profile_id)
        ]
    )


async def personal_data(engines: Engines, database_id: int, profile_id: int) -> list[dict[str, Any]]:
    """Return the campaigns somebody is or was in, archived ones too, with their side (a port of profiles)."""
    async with engines.tx() as tx:
        found = await store.of_person(tx, database_id, profile_id, archived=True)
    return [
        {
            "campaign": one.name,
            "state": one.state,
            "group": "control" if one.control else "test",
            "in_it_now": one.present,
            "brought_by_an_activity": one.guest,
        }
        for one in found
    ]
