"""Mailings: set up, check, start, pause, resume, stop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from fidelia.access import Actor, audit
from fidelia.kernel.errors import conflict, invalid, invalid_field
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.postgres import Tx

from .. import rules
from ..kinds.registry import KINDS
from ..model import Mailing
from ..store import mailings as store
from ..store import runs
from .checks import checked_settings, obstacles
from .clash import clash
from .launching import call_senders, close_stopped

#: What may be changed only while nothing of the mailing has begun.
SETTINGS = tuple(
    "database_id channel segment_id resource_id template_id from_email from_name reply_to variables suppression_lists "
    "send_at undo_seconds utm track_opens track_clicks rate policy_id virtual_sender_id split timing schedule triggers "
    "placement".split()
)


async def list_mailings(
    tx: Tx,
    page: PageRequest,
    *,
    archived: bool = False,
    state: str | None = None,
    database_id: int | None = None,
    segment_id: int | None = None,
    types: Sequence[str] = (),
    campaign_id: int | None = None,
) -> Page[Mailing]:
    """Return a page of mailings; ``state`` may be several with commas."""
    if state is not None and not set(state.split(",")) <= set(rules.STATES):
        raise invalid_field("/state", f"state must be one of: {', '.join(rules.STATES)}")
    if not set(types) <= set(KINDS):
        raise invalid_field("/type", f"type must be one of: {', '.join(KINDS)}")
    return await store.pages(
        tx,
        page,
        archived=archived,
        state=state,
        database_id=database_id,
        segment_id=segment_id,
        types=types,
        campaign_id=campaign_id,
    )


async def get_mailing(tx: Tx, mailing_id: int) -> Mailing:
    """Return a mailing and where it stands; raise 404."""
    return await store.get(tx, mailing_id)


async def create_mailing(tx: Tx, actor: Actor, values: Mapping[str, Any]) -> Mailing:
    """Store a new draft; raise 422 for what cannot be."""
    checked = await checked_settings(tx, values, None)
    mailing_id = await store.insert(tx, {"variables": {}, "suppression_lists": [], "utm": {}, **checked})
    made = await store.get(tx, mailing_id)
    await audit(tx, actor, "mailing.created", kind="mailing", object_id=made.id, name=made.name, after=_told(made))
    return made


async def change_mailing(
    tx: Tx, actor: Actor, mailing_id: int, values: Mapping[str, Any], updated_at: datetime | None = None
) -> Mailing:
    """Change a draft; name and description can always change.

    Raise 404, 422, and 409 when it is no draft or somebody has changed it since ``updated_at``.
    """
    before = await store.get(tx, mailing_id, lock=True)
    if updated_at is not None and updated_at != before.updated_at:
        raise await clash(tx, "mailing", mailing_id, "updated_at", before.updated_at.isoformat())
    if not rules.editable(before.type, before.state, values) and any(name in SETTINGS for name in values):
        raise conflict(f"This mailing is {before.state}; only its name and description can change now")
    if before.campaign_id is not None and values.get("database_id", before.database_id) != before.database_id:
        message = "It is part of a campaign of this database: take it out of the campaign first"
        raise invalid_field("/database_id", message)
    if values:
        await store.update(tx, mailing_id, await checked_settings(tx, values, before))
    after = await store.get(tx, mailing_id)
    await audit(
        tx,
        actor,
        "mailing.updated",
        kind="mailing",
        object_id=after.id,
        name=after.name,
        before=_told(before),
        after=_told(after),
    )
    return after


async def clone_mailing(tx: Tx, actor: Actor, mailing_id: int, name: str | None) -> Mailing:
    """Copy a mailing as a new draft."""
    origin = await store.get(tx, mailing_id)
    values = {field: getattr(origin, field) for field in SETTINGS if field != "send_at"}
    schedule = origin.schedule
    if schedule is not None and schedule.until is not None and schedule.until <= tx.now.date():
        values["schedule"] = msgspec.structs.replace(schedule, until=None)
    placed = origin.placement
    if placed is not None and placed.ends_at is not None and placed.ends_at <= tx.now:
        values["placement"] = msgspec.structs.replace(placed, ends_at=None)
    told = {"type": origin.type, "description": origin.description, "name": name or f"{origin.name} (copy)"[:200]}
    return await create_mailing(tx, actor, {**values, **told})


async def archive_mailing(tx: Tx, actor: Actor, mailing_id: int, *, archived: bool = True) -> Mailing:
    """Put a mailing away, or bring it back; raise 409 while it runs."""
    before = await store.get(tx, mailing_id, lock=True)
    if archived and before.state in rules.AT_WORK:
        raise conflict(f"This mailing is {before.state}; stop it before you archive it")
    await store.update(tx, mailing_id, {"archived_at": tx.now if archived else None})
    action = "mailing.archived" if archived else "mailing.restored"
    await audit(tx, actor, action, kind="mailing", object_id=before.id, name=before.name)
    return await store.get(tx, mailing_id)


# -- starting -------------------------------------------------------------------------------------------------------


async def start_mailing(
    tx: Tx, actor: Actor, mailing_id: int, *, at: datetime | None = None, undo_seconds: int | None = None
) -> Mailing:
    """Start a mailing after its time to undo, or at a time; a given time that has passed means at once.

    Raise 404, 409, 422 with what stands in the way.
    """
    mailing = await store.get(tx, mailing_id, lock=True)
    if undo_seconds is None:
        undo_seconds = 0 if at is not None and at <= tx.now else mailing.undo_seconds
    at = at or mailing.send_at
    verb = "start" if at is None or at <= tx.now else "schedule"
    state = rules.after(mailing.state, verb)
    if state is None or mailing.archived_at is not None:
        raise conflict(f"This mailing is {'archived' if mailing.archived_at else mailing.state} and cannot be started")
    errors = await obstacles(tx, mailing)
    if errors:
        raise invalid(*errors)
    starts_at = at if at is not None and verb == "schedule" else tx.now + timedelta(seconds=undo_seconds)
    await store.update(tx, mailing_id, {"state": state, "starts_at": starts_at})
    if starts_at <= tx.now:
        await begin(tx, await store.get(tx, mailing_id), actor.name)
    await _note(tx, actor, mailing, "started" if verb == "start" else "scheduled", {"starts_at": starts_at})
    return await store.get(tx, mailing_id)


async def unschedule_mailing(tx: Tx, actor: Actor, mailing_id: int) -> Mailing:
    """Take a start back before the first mail has left; raise 409 when it is too late."""
    mailing = await store.get(tx, mailing_id, lock=True)
    state = rules.after(mailing.state, "unschedule")
    if state is None:
        raise conflict(f"This mailing is {mailing.state}: there is no start to take back")
    await store.update(tx, mailing_id, {"state": state, "starts_at": None})
    await _note(tx, actor, mailing, "unscheduled")
    return await store.get(tx, mailing_id)


async def begin(tx: Tx, mailing: Mailing, by: str) -> None:
    """Begin a mailing whose moment has come; raise 422 when something has come between, and it is a draft again."""
    errors = await obstacles(tx, mailing)
    if errors:
        await store.update(tx, mailing.id, {"state": "draft", "starts_at": None})
        raise invalid(*errors)
    kind = KINDS[mailing.type]
    await store.update(tx, mailing.id, {"state": _running(mailing)})
    await kind.begin(tx, mailing, by)


def _running(mailing: Mailing) -> str:
    return "active" if KINDS[mailing.type].lasting else "sending"


# -- while it runs --------------------------------------------------------------------------------------------------


async def pause_mailing(tx: Tx, actor: Actor, mailing_id: int) -> Mailing:
    """Hold a mailing: mails under way are finished, no further one is begun. Raise 409 when it is not at work."""
    mailing = await store.get(tx, mailing_id, lock=True)
    state = rules.after(mailing.state, "pause")
    if state is None:
        raise conflict(f"This mailing is {mailing.state}; only one that is at work can be paused")
    if any(run.phase == "audience" for run in await runs.open_of(tx, mailing_id)):
        raise conflict("Who gets this mailing is still being worked out; wait a moment, or stop it")
    for run in await runs.open_of(tx, mailing_id):
        await runs.move(tx, run.id, "paused", only=("sending",))
    await store.update(tx, mailing_id, {"state": state})
    await KINDS[mailing.type].hold(tx, mailing)
    await _note(tx, actor, mailing, "paused")
    return await store.get(tx, mailing_id)


async def resume_mailing(tx: Tx, actor: Actor, mailing_id: int) -> Mailing:
    """Go on with a paused mailing exactly where it stood; raise 409 when it is not paused."""
    mailing = await store.get(tx, mailing_id, lock=True)
    if mailing.state != "paused":
        raise conflict(f"This mailing is {mailing.state}; only a paused one can be resumed")
    await store.update(tx, mailing_id, {"state": _running(mailing), "held": None})
    for run in await runs.open_of(tx, mailing_id):
        moved = await runs.move(tx, run.id, "sending", only=("paused",), trouble=None, trouble_at=None)
        if moved and mailing.type != "placement":
            await call_senders(tx, mailing_id, run.id, mailing.name, mailing.database_id, actor.name)
    await KINDS[mailing.type].go_on(tx, mailing)
    await _note(tx, actor, mailing, "resumed")
    return await store.get(tx, mailing_id)


async def stop_mailing(tx: Tx, actor: Actor, mailing_id: int) -> Mailing:
    """End a mailing for good: who has not got it yet will not get it. Raise 409 when it does not run."""
    mailing = await store.get(tx, mailing_id, lock=True)
    state = rules.after(mailing.state, "stop")
    if state is None:
        raise conflict(f"This mailing is {mailing.state}; there is nothing to stop")
    await store.update(tx, mailing_id, {"state": state, "held": None})
    for run in await runs.open_of(tx, mailing_id):
        await runs.move(tx, run.id, "stopped", only=("audience", "sending", "paused"))
        await runs.leave_rest(tx, run.id)
        await close_stopped(tx, run.id)
    await KINDS[mailing.type].end(tx, mailing)
    await _note(tx, actor, mailing, "stopped")
    return await store.get(tx, mailing_id)


def _told(mailing: Mailing) -> dict[str, Any]:
    names = ("name", "description", *SETTINGS)
    return {name: msgspec.to_builtins(getattr(mailing, name)) for name in names}


async def _note(tx: Tx, actor: Actor, mailing: Mailing, verb: str, after: Mapping[str, Any] | None = None) -> None:
    await audit(
        tx, actor, f"mailing.{verb}", kind="mailing", object_id=mailing.id, name=mailing.name, after=after or {}
    )
