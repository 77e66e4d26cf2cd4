"""Campaigns themselves: make, read, change, archive, restore."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from fidelia import messages, segments
from fidelia.access import Actor, audit
from fidelia.kernel.errors import conflict, invalid, invalid_field
from fidelia.kernel.money import amount_text
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.postgres import Tx
from fidelia.platform.schedules import OPEN
from fidelia.platform.tags import TagCount, clean_tags, tag_errors

from ..model import Campaign, LocalControl
from ..people.job import RUNS
from ..projection import changed
from ..store import campaigns as store
from ..store.campaigns import CampaignRow, Figures
from .checks import (
    AT_WORK,
    Control,
    Settings,
    amount,
    control_faults,
    database_of,
    refuse_archived,
    refuse_older,
    segment_of,
    settings_faults,
)

STATES = ("draft", "building", "active", "completed")


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What is changed; ``UNSET`` stays. ``version`` is the one that was read, to notice somebody else's change."""

    name: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    tags: Sequence[str] | UnsetType = UNSET
    goal: str | UnsetType | None = UNSET
    window_days: int | UnsetType = UNSET
    cost: str | UnsetType | None = UNSET
    currency: str | UnsetType | None = UNSET
    version: int | UnsetType = UNSET


async def create(
    tx: Tx, actor: Actor, database_id: int, segment_id: int, settings: Settings, control: Control | None
) -> Campaign:
    """Store a new campaign, a draft: nobody is in it before it is started. Raises 422."""
    row = await insert(tx, database_id, segment_id, settings, control)
    await note(tx, actor, "created", row, after=picture(row))
    return await read(tx, row.id)


async def insert(tx: Tx, database_id: int, segment_id: int, settings: Settings, control: Control | None) -> CampaignRow:
    """Check and store a new draft. Raises 422."""
    database = await database_of(tx, database_id)
    faults = await settings_faults(tx, database_id, settings, None)
    if control is not None:
        faults += control_faults(database, control, "/control")
    if faults:
        raise invalid(*faults)
    segment = await segment_of(tx, database_id, segment_id)
    values = {
        "database_id": database.id,
        "segment_id": segment.id,
        "name": settings.name.strip(),
        "description": settings.description,
        "goal": settings.goal,
        "window_days": settings.window_days,
        "cost": amount(settings.cost),
        "currency": settings.currency,
        "salt": secrets.token_hex(16),
        **drawn(control),
    }
    campaign_id = await store.insert(tx, values)
    await store.put_tags(tx, campaign_id, clean_tags(settings.tags))
    changed(tx, database.id, campaign_id)  # rules may ask for its people from now on: there are none yet
    return await store.get(tx, campaign_id)


def drawn(control: Control | None) -> dict[str, Any]:
    """Return the columns of a control group that was checked."""
    if control is None:
        return {"share": None, "cap": None, "strata": []}
    share = segments.millionths(control.percent)
    return {"share": share, "cap": control.cap, "strata": msgspec.to_builtins(control.strata)}


async def change(tx: Tx, actor: Actor, campaign_id: int, wanted: Change) -> Campaign:
    """Change what is given, after the end too: what a campaign has cost is known then. Raises 404, 409, 422."""
    before = await store.get(tx, campaign_id, lock=True)
    refuse_archived(before)
    await refuse_older(tx, before, wanted.version)
    names = Settings.__struct_fields__
    given = {name: value for name in names if (value := getattr(wanted, name)) is not UNSET}
    after = msgspec.structs.replace(settings_of(before), **given)
    faults = await settings_faults(tx, before.database_id, after, before)
    if faults:
        raise invalid(*faults)
    values = {
        "name": after.name.strip(),
        "description": after.description,
        "goal": after.goal,
        "window_days": after.window_days,
        "cost": amount(after.cost),
        "currency": after.currency,
    }
    differing = {name: value for name, value in values.items() if value != getattr(before, name)}
    tags = clean_tags(after.tags)
    retagged = set(tags) != set(before.tags)
    if differing or retagged:
        await store.update(tx, campaign_id, differing, definition=True)
        if retagged:
            await store.put_tags(tx, campaign_id, tags)
        row = await store.get(tx, campaign_id)
        await note(tx, actor, "updated", row, before=picture(before), after=picture(row))
    return await read(tx, campaign_id)


async def archive(tx: Tx, actor: Actor, campaign_id: int) -> None:
    """Put a campaign away; its people and its report stay. Raises 404; 409 while it or a mailing of it is at work."""
    await store.hold_lineup(tx, campaign_id)
    busy = [m for m in await messages.hold_campaign_mailings(tx, campaign_id) if m.state in AT_WORK]
    row = await store.get(tx, campaign_id, lock=True)
    if row.archived_at is not None:
        return
    await RUNS.settle(tx, [campaign_id])
    if row.state == "active" or await RUNS.open_of(tx, campaign_id) is not None:
        doing = "active: complete it" if row.state == "active" else "being started: wait until it is, and complete it"
        raise conflict(f"The campaign {row.name} is {doing} before you archive it")
    if busy:  # started while its people were being split, and then that failed
        raise conflict(f"{busy[0].name} of the campaign {row.name} is at work: stop it before you archive the campaign")
    # One whose start failed is a draft again.
    state = "draft" if row.state == "building" else row.state
    await store.update(tx, campaign_id, {"archived_at": tx.now, "state": state, "updated_at": tx.now})
    await note(tx, actor, "archived", row, before=picture(row))


async def restore(tx: Tx, actor: Actor, campaign_id: int) -> Campaign:
    """Bring an archived campaign back as it was. Raises 404."""
    row = await store.get(tx, campaign_id, lock=True)
    if row.archived_at is not None:
        await store.update(tx, campaign_id, {"archived_at": None, "updated_at": tx.now})
        await note(tx, actor, "restored", row)
    return await read(tx, campaign_id)


# -- reading --------------------------------------------------------------------------------------------------------


async def read(tx: Tx, campaign_id: int) -> Campaign:
    """Return a campaign and where it stands; raise 404."""
    return (await _shown(tx, [await store.get(tx, campaign_id)]))[0]


async def page(
    tx: Tx,
    request: PageRequest,
    *,
    archived: bool = False,
    states: Collection[str] = (),
    tags: Sequence[str] = (),
    database_id: int | None = None,
    segment_id: int | None = None,
) -> Page[Campaign]:
    """Return a page of campaigns, the newest first; raise 422 for a state or tag that cannot be."""
    if not set(states) <= set(STATES):
        raise invalid_field("/state", f"state must be one of: {', '.join(STATES)}")
    if tag_errors(tags):
        raise invalid_field("/tag", "Tags stand here with commas between them, 20 at most")
    found = await store.page(
        tx, request, archived=archived, states=states, tags=tags, database_id=database_id, segment_id=segment_id
    )
    return Page(await _shown(tx, found.items), found.next_cursor, found.total)


async def tag_counts(tx: Tx, database_id: int | None) -> list[TagCount]:
    """Return the tags of campaigns that are not archived."""
    return await store.tag_counts(tx, database_id)


async def _shown(tx: Tx, rows: Sequence[CampaignRow]) -> list[Campaign]:
    """Return campaigns with their figures: the same few questions for one and for a thousand."""
    ids = [row.id for row in rows]
    figures = await store.figures(tx, ids)
    named = await segments.names(tx, {row.segment_id for row in rows})
    open_runs = await RUNS.newest(tx, ids, OPEN)
    last_runs = await RUNS.newest(tx, ids)
    found = []
    for row in rows:
        counted = figures.get(row.id, Figures())
        kept = ("id", "name", "description", "database_id", "segment_id", "state", "goal", "window_days", "currency")
        moments = ("version", "started_at", "completed_at", "archived_at", "created_at", "updated_at")
        found.append(
            Campaign(
                **{name: getattr(row, name) for name in (*kept, *moments)},
                segment_name=named.get(row.segment_id, f"#{row.segment_id}"),
                tags=row.tags,
                control=_control(row, counted),
                cost=cost_text(row),
                audience=counted.audience,
                test=counted.audience - counted.control,
                control_size=counted.control,
                guests=counted.guests,
                withheld=counted.withheld,
                activities=counted.activities,
                open_run=open_runs.get(row.id),
                last_run=last_runs.get(row.id),
            )
        )
    return found


def _control(row: CampaignRow, counted: Figures) -> LocalControl | None:
    if row.percent is None:
        return None
    return LocalControl(
        percent=row.percent, cap=row.cap, strata=row.strata, size=counted.control, since=row.controlled_since
    )


def settings_of(row: CampaignRow) -> Settings:
    """Return what is said of a campaign."""
    return Settings(
        name=row.name,
        description=row.description,
        tags=row.tags,
        goal=row.goal,
        window_days=row.window_days,
        cost=cost_text(row),
        currency=row.currency,
    )


def cost_text(row: CampaignRow) -> str | None:
    """Return a campaign's cost as a decimal text."""
    return None if row.cost is None else amount_text(row.cost, row.currency)


def picture(row: CampaignRow) -> dict[str, Any]:
    """Return a campaign as the audit log keeps it."""
    kept = ("database_id", "segment_id", "name", "description", "state", "percent", "cap", "strata", "goal")
    told = {name: msgspec.to_builtins(getattr(row, name)) for name in (*kept, "window_days", "currency", "tags")}
    return told | {"cost": cost_text(row)}


async def note(tx: Tx, actor: Actor, verb: str, row: CampaignRow, *, before: Any = None, after: Any = None) -> None:
    """Write down what somebody did with a campaign."""
    await audit(
        tx,
        actor,
        f"campaign.{verb}",
        kind="campaign",
        object_id=row.id,
        name=row.name,
        before=before,
        after=after,
    )
