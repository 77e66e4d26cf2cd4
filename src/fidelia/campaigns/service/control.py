"""The local control group: switched on, changed, taken away. Who has a side keeps it until the group is taken away."""

from __future__ import annotations

import secrets
from typing import Any

import msgspec
from msgspec import UnsetType
from pyroaring import BitMap

from fidelia import profiles
from fidelia.access import Actor
from fidelia.kernel.errors import FieldError, conflict, invalid
from fidelia.platform.postgres import Tx

from ..model import Campaign
from ..people.job import RUNS
from ..projection import changed
from ..store import campaigns as store
from ..store import people as lists
from ..store.campaigns import CampaignRow
from .checks import Control, control_faults, refuse_older, refuse_over
from .manage import drawn, note, picture, read


async def put(tx: Tx, actor: Actor, campaign_id: int, wanted: Control, version: int | UnsetType) -> Campaign:
    """Keep people back, or others than before: in a campaign that is active, of those who come from now on.

    Raises 404; 409 for strata once somebody is kept back, while the campaign is being started, and for an older
    version; 422.
    """
    before = await _open(tx, campaign_id)
    await refuse_older(tx, before, version)
    faults = control_faults(await profiles.get_database(tx, before.database_id), wanted)
    if faults:
        raise invalid(*faults)
    values = drawn(wanted)
    people = await lists.people(tx, campaign_id)
    if wanted.strata != before.strata and before.share is not None and people.control:
        said = (
            "The strata are fixed once somebody is kept back: another division would compare people who were drawn by "
            "different rules. Remove the control group and make it again"
        )
        raise conflict(said, FieldError("/strata", said))
    if all(getattr(before, name) == value for name, value in _told(wanted, values).items()):
        return await read(tx, campaign_id)
    if people.assigned:
        values["epoch"] = before.epoch + 1
    if before.share is None or wanted.strata != before.strata:
        values["first_epoch"] = values.get("epoch", before.epoch)
    if before.share is None:
        values["salt"] = secrets.token_hex(16)  # a group that is made again draws other people
        values["controlled_since"] = tx.now if before.state == "active" else None
    await store.update(tx, campaign_id, values, definition=True)
    row = await store.get(tx, campaign_id)
    await note(tx, actor, "control_set", row, before=_picture(before), after=_picture(row))
    return await read(tx, campaign_id)


async def remove(tx: Tx, actor: Actor, campaign_id: int) -> int:
    """Take the control group away: everybody in it moves to the test group. Return how many; raise 404, 409.

    From then on nothing can be compared; a group that is made again keeps back newcomers only.
    """
    before = await _open(tx, campaign_id)
    if before.share is None:
        return 0
    people = await lists.people(tx, campaign_id)
    moved = people.audience.intersection_cardinality(people.control)
    values: dict[str, Any] = {**drawn(None), "controlled_since": None}
    if people.assigned:
        values |= {"epoch": before.epoch + 1, "first_epoch": before.epoch + 1}
        await lists.save(tx, campaign_id, msgspec.structs.replace(people, control=BitMap()))
        changed(tx, before.database_id, campaign_id)
    await store.update(tx, campaign_id, values, definition=True)
    row = await store.get(tx, campaign_id)
    await note(tx, actor, "control_removed", row, before=_picture(before) | {"moved": moved}, after=_picture(row))
    return moved


async def _open(tx: Tx, campaign_id: int) -> CampaignRow:
    """Return a campaign, locked, whose control group can change now; raise 404, 409."""
    row = await store.get(tx, campaign_id, lock=True)
    refuse_over(row)
    if row.state == "building":
        await RUNS.settle(tx, [campaign_id])
        if await RUNS.open_of(tx, campaign_id) is not None:
            raise conflict(f"The campaign {row.name} is being started: wait until it is")
    return row


def _told(wanted: Control, values: dict[str, Any]) -> dict[str, Any]:
    return {"share": values["share"], "cap": wanted.cap, "strata": wanted.strata}


def _picture(row: CampaignRow) -> dict[str, Any]:
    kept = ("percent", "cap", "strata")
    return {name: value for name, value in picture(row).items() if name in kept}
