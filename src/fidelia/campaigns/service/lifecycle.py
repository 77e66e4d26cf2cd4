"""Where a campaign stands: started, brought up to date, completed, copied."""

from __future__ import annotations

import msgspec

from fidelia import events, messages
from fidelia.access import Actor
from fidelia.kernel.errors import conflict, invalid
from fidelia.platform.jobs import JobRef
from fidelia.platform.postgres import Tx

from ..model import Campaign
from ..people import job, listening
from ..people.job import RUNS
from ..projection import changed
from ..store import activities as activities_store
from ..store import campaigns as store
from ..store import people as lists
from ..store.campaigns import CampaignRow
from .activities import attach_row, mailings_of
from .checks import AT_WORK, MAX_NAME, Control, control_faults, database_of, refuse_archived, segment_of
from .manage import insert, note, picture, read, settings_of

#: How runs and events call who caused them.
SOURCES = {"user": "hand", "cli": "hand", "token": "api", "system": "system"}
_TOLD = {"draft": "a draft", "building": "being started", "active": "active", "completed": "over"}


async def activate(tx: Tx, actor: Actor, campaign_id: int) -> Campaign:
    """Start a draft: a job (``open_run``) splits the people of its segment, and then the campaign is active.

    One whose start has failed may be started again. Raises 404, 409, 422 with what stands in the way.
    """
    row = await store.get(tx, campaign_id, lock=True)
    refuse_archived(row)
    await RUNS.settle(tx, [campaign_id])
    waits = row.state == "building" and await RUNS.open_of(tx, campaign_id) is None
    if row.state != "draft" and not waits:
        raise conflict(f"The campaign {row.name} is {_TOLD[row.state]}: only a draft can be started")
    await segment_of(tx, row.database_id, row.segment_id)
    control = control_of(row)
    if control is not None:
        faults = control_faults(await database_of(tx, row.database_id), control, "/control")
        if faults:
            raise invalid(*faults)
    since = None if control is None else tx.now
    await store.update(tx, campaign_id, {"state": "building", "controlled_since": since, "updated_at": tx.now})
    started = await store.get(tx, campaign_id)
    await job.ask(tx, actor, campaign_id, source=SOURCES[actor.kind])
    await note(tx, actor, "activated", started, before=picture(row), after=picture(started))
    return await read(tx, campaign_id)


async def refresh(tx: Tx, actor: Actor, campaign_id: int) -> JobRef:
    """Let in who has joined the segment, now; while that is done already, return its job. Raises 404, 409."""
    row = await store.get(tx, campaign_id)
    refuse_archived(row)
    if row.state != "active":
        raise conflict(f"The campaign {row.name} is {_TOLD[row.state]}: only an active one takes people in")
    return await job.ask(tx, actor, campaign_id, source=SOURCES[actor.kind])


async def complete(tx: Tx, actor: Actor, campaign_id: int) -> Campaign:
    """End a campaign: its activities are stopped and everybody leaves it. What it did can be read for good.

    Raises 403 for who may not stop its mailings, 404, 409 while it is not active.
    """
    _refuse_unless_active(await store.get(tx, campaign_id))
    # Who sends or listens locks that before the campaign: in the same order here, nobody waits for one who waits back.
    await store.hold_lineup(tx, campaign_id)
    stopped = await _stop(tx, actor, campaign_id)
    await listening.hold(tx, campaign_id)
    row = await store.get(tx, campaign_id, lock=True)
    _refuse_unless_active(row)
    inside = (await lists.people(tx, campaign_id)).audience
    if inside:
        properties = {"campaign": campaign_id, "source": SOURCES[actor.kind]}
        await tx.emit_bulk(row.database_id, "campaign.left", inside, tx.now, properties)
    values = {"state": "completed", "completed_at": tx.now, "updated_at": tx.now}
    await store.update(tx, campaign_id, values)
    await listening.listen_for(tx, campaign_id)
    changed(tx, row.database_id, campaign_id)
    after = {"state": "completed", "people": len(inside), "stopped": sorted(stopped)}
    await note(tx, actor, "completed", row, before={"state": row.state}, after=after)
    return await read(tx, campaign_id)


async def clone(
    tx: Tx, actor: Actor, campaign_id: int, name: str | None, segment_id: int | None, *, activities: bool
) -> Campaign:
    """Copy a campaign as a draft, for its own segment or another of its database; each of its mailings as a draft too.

    What it cost stays with the original, and so does a goal that is switched off by now. Raises 403 for who may not
    make mailings, 404, 422.
    """
    origin = await store.get(tx, campaign_id)
    copied = await mailings_of(tx, campaign_id) if activities else {}
    if copied:
        actor.require("mailings:create")
    goals = await events.goals_of(tx, origin.database_id)
    settings = msgspec.structs.replace(
        settings_of(origin),
        name=name or f"{origin.name} (copy)"[:MAX_NAME],
        goal=origin.goal if origin.goal in goals else None,
        cost=None,
    )
    to = origin.segment_id if segment_id is None else segment_id
    made = await insert(tx, origin.database_id, to, settings, control_of(origin))
    await note(tx, actor, "created", made, after=picture(made) | {"copied_from": origin.id})
    for item in await activities_store.of(tx, campaign_id):
        mailing = copied.get(item.object_id)
        if mailing is not None and mailing.archived_at is None:
            copy = await messages.clone_mailing(tx, actor, mailing.id, mailing.name)
            await attach_row(tx, actor, made, copy, item.widens, exempt=item.exempt)
    return await read(tx, made.id)


def control_of(row: CampaignRow) -> Control | None:
    """Return the control group as it was asked for."""
    if row.percent is None:
        return None
    return Control(percent=row.percent, cap=row.cap, strata=row.strata)


async def _stop(tx: Tx, actor: Actor, campaign_id: int) -> set[int]:
    """Stop what of a campaign is at work, and let nothing of it start any more; return which mailings that were."""
    if any(mailing.state in AT_WORK for mailing in await messages.hold_campaign_mailings(tx, campaign_id)):
        actor.require("mailings:run")
    return {mailing.id for mailing in await messages.stop_campaign_mailings(tx, actor, campaign_id)}


def _refuse_unless_active(row: CampaignRow) -> None:
    refuse_archived(row)
    if row.state != "active":
        raise conflict(f"The campaign {row.name} is {_TOLD[row.state]}: only an active one can be completed")
