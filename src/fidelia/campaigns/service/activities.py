"""What is done in a campaign: attach, settings, take out. What may not be attached is told why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, get_args

import msgspec
from pyroaring import BitMap

from fidelia import messages, profiles, segments
from fidelia.access import Actor
from fidelia.kernel.errors import FieldError, Problem, conflict, invalid_field, not_found
from fidelia.kernel.paging import MAX_LIMIT, Page, PageRequest, decode_cursor
from fidelia.messages import Mailing
from fidelia.platform.postgres import Tx

from ..model import CampaignActivity, Candidate, Widening
from ..people import listening
from ..store import activities as activities_store
from ..store import campaigns as store
from ..store import people as lists
from ..store.activities import ActivityRow
from ..store.campaigns import CampaignRow
from .checks import AT_WORK, refuse_over
from .manage import note
from .reach import Reach

MAILING = "mailing"
WAYS: tuple[Widening, ...] = get_args(Widening)
#: Why a mailing in a state cannot be attached. A draft can; one in a state that is not here is over.
_BUSY: Mapping[str, str] = {
    "scheduled": "Its start is scheduled: take that back first",
    "starting": "It is being started",
    "active": "It is active already: copy it, or stop it and make another",
    "sending": "It is being sent",
    "paused": "It has been started and is paused: copy it instead",
    "failed": "Its start has failed: copy it instead",
}
_RAN = "It has run already: what was sent before can be no part of a campaign. Copy it instead"


class NewMailing(msgspec.Struct, frozen=True, kw_only=True):
    """A mailing that is made in a campaign."""

    name: str
    type: str = "broadcast"
    channel: str = "email"


# -- reading --------------------------------------------------------------------------------------------------------


async def mailings_of(tx: Tx, campaign_id: int) -> dict[int, Mailing]:
    """Return the mailings of a campaign by id, archived ones too."""
    found: dict[int, Mailing] = {}
    for archived in (False, True):
        request: PageRequest | None = PageRequest(limit=MAX_LIMIT, sort="id")
        while request is not None:
            page = await messages.list_mailings(tx, request, archived=archived, campaign_id=campaign_id)
            found |= {mailing.id: mailing for mailing in page.items}
            after = page.next_cursor
            request = None if after is None else PageRequest(limit=MAX_LIMIT, sort="id", cursor=decode_cursor(after))
    return found


async def listed(tx: Tx, campaign_id: int) -> list[CampaignActivity]:
    """Return what is done in a campaign, in the order in which it came; raise 404."""
    row = await store.get(tx, campaign_id)
    return await _shown(tx, row, await activities_store.of(tx, campaign_id))


async def read(tx: Tx, campaign_id: int, kind: str, object_id: int) -> CampaignActivity:
    """Return one activity of a campaign; raise 404."""
    row = await store.get(tx, campaign_id)
    return (await _shown(tx, row, [await _row(tx, row, kind, object_id)]))[0]


async def _shown(tx: Tx, row: CampaignRow, items: Sequence[ActivityRow]) -> list[CampaignActivity]:
    if not items:
        return []
    mailings = await mailings_of(tx, row.id)
    shown = [(item, mailings[item.object_id]) for item in items if item.object_id in mailings]
    named = await segments.names(tx, {m.segment_id for _, m in shown if m.segment_id is not None})
    brought: dict[int, BitMap] = {}
    for entry in await lists.entries(tx, row.id):
        if entry.activity:
            brought[entry.activity] = brought.get(entry.activity, BitMap()) | entry.people
    reach = Reach(row)
    return [
        CampaignActivity(
            kind=item.kind,
            id=mailing.id,
            name=mailing.name,
            type=mailing.type,
            channel=mailing.channel,
            state="archived" if mailing.archived_at is not None else mailing.state,
            segment_id=mailing.segment_id,
            segment_name=None if mailing.segment_id is None else named.get(mailing.segment_id),
            widens=item.widens,
            exempt=item.exempt,
            receives=await reach.of(tx, item, mailing),
            brought=len(brought.get(mailing.id, ())),
            removable=_stays(row, mailing),
            attached_at=item.attached_at,
        )
        for item, mailing in shown
    ]


async def candidates(tx: Tx, campaign_id: int, request: PageRequest) -> Page[Candidate]:
    """Return a page of mailings with why each cannot be attached: those of the database, with ``q`` of every one.

    The newest come first. Raises 404, 422.
    """
    row = await store.get(tx, campaign_id)
    page = await messages.list_mailings(tx, request, database_id=None if request.q else row.database_id)
    others = await store.names(tx, {m.campaign_id for m in page.items if m.campaign_id is not None})
    foreign = {m.database_id for m in page.items} - {row.database_id}
    named = {database.id: database.name for database in await profiles.list_databases(tx)} if foreign else {}
    items = [
        Candidate(
            kind="mailing",
            id=mailing.id,
            name=mailing.name,
            type=mailing.type,
            state=mailing.state,
            reason=refusal(row, mailing, others, named),
        )
        for mailing in page.items
    ]
    return Page(items, page.next_cursor, page.total)


def refusal(
    row: CampaignRow, mailing: Mailing, campaigns: Mapping[int, str], databases: Mapping[int, str]
) -> str | None:
    """Return why a mailing cannot be attached to a campaign, in words; ``None`` when it can."""
    if mailing.campaign_id == row.id:
        return "It is in this campaign already"
    if mailing.campaign_id is not None:
        return f"It belongs to the campaign {campaigns.get(mailing.campaign_id, f'#{mailing.campaign_id}')}"
    if mailing.database_id != row.database_id:
        named = databases.get(mailing.database_id)
        return f"It uses another database{f', {named}' if named else ''}"
    if mailing.archived_at is not None:
        return "It is archived: restore it first"
    if mailing.state != "draft":
        return _BUSY.get(mailing.state, _RAN)
    return _RAN if mailing.run_id is not None else None


def _stays(row: CampaignRow, mailing: Mailing) -> str | None:
    """Return why an activity cannot be taken out, in words; ``None`` when it can."""
    if row.archived_at is not None or row.state == "completed":
        return "The campaign is over" if row.archived_at is None else "The campaign is archived"
    if mailing.state in ("scheduled", "starting"):
        return "Its start is scheduled: take that back first"
    if mailing.state in AT_WORK:
        return "It is at work: it belongs to the campaign until it ends, and its figures to the report"
    return "It has run here: its figures are part of the report" if mailing.run_id is not None else None


# -- changing -------------------------------------------------------------------------------------------------------


async def attach(
    tx: Tx, actor: Actor, campaign_id: int, mailing_id: int, widens: Sequence[Widening], *, exempt: bool
) -> CampaignActivity:
    """Attach a mailing. Raises 404, 403, 409 with the reason in words."""
    actor.require("mailings:update")
    row = await _held(tx, campaign_id)
    refuse_over(row)
    try:
        mailing = await messages.get_mailing(tx, mailing_id)
    except Problem as exc:
        if exc.status != 404:
            raise
        raise invalid_field("/id", "There is no such mailing") from exc
    others = await store.names(tx, [] if mailing.campaign_id is None else [mailing.campaign_id])
    reason = refusal(row, mailing, others, {})
    if reason is not None:
        raise conflict(f"{mailing.name} cannot be attached. {reason}", FieldError("/id", reason))
    await attach_row(tx, actor, row, mailing, widens, exempt=exempt)
    return await read(tx, campaign_id, MAILING, mailing.id)


async def attach_new(
    tx: Tx, actor: Actor, campaign_id: int, new: NewMailing, widens: Sequence[Widening], *, exempt: bool
) -> CampaignActivity:
    """Make a mailing in a campaign, a draft for everybody in it. Raises 404, 403, 409, 422."""
    actor.require("mailings:create")
    row = await _held(tx, campaign_id)
    refuse_over(row)
    values = {"name": new.name, "type": new.type, "channel": new.channel, "database_id": row.database_id}
    try:
        mailing = await messages.create_mailing(tx, actor, values)
    except Problem as exc:
        if exc.status != 422:
            raise
        faults = [FieldError(f"/new{fault.pointer}", fault.message) for fault in exc.errors]
        raise Problem(422, exc.title, exc.detail, faults) from exc
    await attach_row(tx, actor, row, mailing, widens, exempt=exempt)
    return await read(tx, campaign_id, MAILING, mailing.id)


async def attach_row(
    tx: Tx, actor: Actor, row: CampaignRow, mailing: Mailing, widens: Sequence[Widening], *, exempt: bool
) -> None:
    """Put a mailing that may be attached into a campaign that is locked, and write it down."""
    ways = _ordered(widens)
    await messages.put_in_campaign(tx, mailing.id, row.id)
    await activities_store.add(tx, row.id, MAILING, mailing.id, ways, exempt=exempt)
    await listening.listen_for(tx, row.id)
    after = {"mailing": mailing.id, "mailing_name": mailing.name, "widens": ways, "exempt": exempt}
    await note(tx, actor, "activity_attached", row, after=after)


async def change(
    tx: Tx, actor: Actor, campaign_id: int, kind: str, object_id: int, values: Mapping[str, Any]
) -> CampaignActivity:
    """Change ``widens`` or ``exempt`` of an activity, also while it is at work. Raises 404, 409."""
    await listening.hold(tx, campaign_id)
    row = await store.get(tx, campaign_id, lock=True)
    before = await _row(tx, row, kind, object_id)
    refuse_over(row)
    stored = {**values, **({"widens": _ordered(values["widens"])} if "widens" in values else {})}
    if any(getattr(before, name) != value for name, value in stored.items()):
        await activities_store.update(tx, campaign_id, kind, object_id, stored)
        await listening.listen_for(tx, campaign_id)
        told = {"widens": before.widens, "exempt": before.exempt}
        named = {"mailing": object_id, "mailing_name": (await messages.mailing_names(tx, [object_id])).get(object_id)}
        await note(tx, actor, "activity_changed", row, before=told, after={**named, **told, **stored})
    return await read(tx, campaign_id, kind, object_id)


async def detach(tx: Tx, actor: Actor, campaign_id: int, kind: str, object_id: int) -> None:
    """Take an activity out that has not run; it stays a draft of its own. Raises 404, 409 with the reason in words."""
    row = await _held(tx, campaign_id)
    item = await _row(tx, row, kind, object_id)
    mailing = await messages.get_mailing(tx, object_id)
    reason = _stays(row, mailing)
    if reason is not None:
        raise conflict(f"{mailing.name} cannot be taken out of {row.name}. {reason}")
    await messages.put_in_campaign(tx, object_id, None)
    await activities_store.remove(tx, campaign_id, kind, object_id)
    await listening.listen_for(tx, campaign_id)
    before = {"mailing": object_id, "mailing_name": mailing.name, "widens": item.widens, "exempt": item.exempt}
    await note(tx, actor, "activity_detached", row, before=before)


async def _held(tx: Tx, campaign_id: int) -> CampaignRow:
    """Return a campaign that is locked to change what belongs to it; raise 404."""
    await store.hold_lineup(tx, campaign_id)
    await listening.hold(tx, campaign_id)
    return await store.get(tx, campaign_id, lock=True)


async def _row(tx: Tx, row: CampaignRow, kind: str, object_id: int) -> ActivityRow:
    found = await activities_store.find(tx, row.id, kind, object_id) if 0 < object_id < 2**31 else None
    if found is None:
        raise not_found("Activity", f"{kind[:40]} {object_id} in this campaign")
    return found


def _ordered(widens: Sequence[Widening]) -> list[Widening]:
    """Return ways without repetitions, in one order."""
    return [way for way in WAYS if way in widens]
