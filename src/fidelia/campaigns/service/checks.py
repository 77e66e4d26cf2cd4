"""What may be said of a campaign: its settings, its segment, its control group. Faults have a pointer each."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from decimal import Decimal

import msgspec

from fidelia import events, profiles, segments
from fidelia.access import read_audit
from fidelia.kernel.errors import FieldError, Problem, conflict, invalid_field
from fidelia.kernel.money import parse_amount
from fidelia.kernel.paging import PageRequest
from fidelia.platform.postgres import Tx
from fidelia.platform.tags import tag_errors

from ..store.campaigns import CampaignRow

MAX_NAME = 200
MAX_DESCRIPTION = 2000
MAX_WINDOW = 90
MAX_CAP = 2**31 - 1
CURRENCY = re.compile("[A-Z]{3}")
#: What raises the version of a campaign.
RAISING = ("campaign.updated", "campaign.control_set", "campaign.control_removed")
#: States of a mailing that sends, or will by itself.
AT_WORK = ("scheduled", "starting", "active", "sending", "paused")


class Control(msgspec.Struct, frozen=True, kw_only=True):
    """A local control group that is wanted: a share in percent, the most there may be, what people are divided by."""

    percent: float
    cap: int | None = None
    strata: list[segments.StratumField] = []


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What can be said of a campaign at any time before its end. ``cost`` is a decimal text, in ``currency``."""

    name: str
    description: str = ""
    tags: Sequence[str] = ()
    goal: str | None = None
    window_days: int = 7
    cost: str | None = None
    currency: str | None = None


async def settings_faults(tx: Tx, database_id: int, wanted: Settings, before: CampaignRow | None) -> list[FieldError]:
    """Return what is wrong with settings; a goal that was chosen before may have been switched off since."""
    faults = [*name_faults(wanted.name), *tag_errors(wanted.tags)]
    if len(wanted.description) > MAX_DESCRIPTION or "\x00" in wanted.description:
        faults.append(FieldError("/description", f"A description may have {MAX_DESCRIPTION} characters at most"))
    if not 0 <= wanted.window_days <= MAX_WINDOW:
        faults.append(FieldError("/window_days", f"Count orders for 0 to {MAX_WINDOW} days after the end"))
    if wanted.goal is not None and (before is None or wanted.goal != before.goal):
        goals = await events.goals_of(tx, database_id)
        if wanted.goal not in goals:
            known = ", ".join(sorted(goals)[:10]) or "none are defined yet"
            message = f"There is no goal {wanted.goal[:100]!r} in this database (its goals: {known})"
            faults.append(FieldError("/goal", message))
    if wanted.currency is not None and not CURRENCY.fullmatch(wanted.currency):
        faults.append(FieldError("/currency", "A currency is three capital letters, like EUR"))
    if wanted.cost is not None:
        faults += _cost_faults(wanted.cost)
        if wanted.currency is None:
            faults.append(FieldError("/currency", "Say which currency the cost is in"))
    return faults


def name_faults(name: str) -> list[FieldError]:
    """Return what is wrong with a campaign's name."""
    if not name.strip():
        return [FieldError("/name", "Enter a name for the campaign")]
    if len(name) > MAX_NAME:
        return [FieldError("/name", f"A name may have {MAX_NAME} characters at most")]
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in name):
        return [FieldError("/name", "A name is text without line breaks and control characters")]
    return []


def amount(cost: str | None) -> Decimal | None:
    """Read a cost that was checked."""
    return None if cost is None else parse_amount(cost, "/cost")


def _cost_faults(cost: str) -> list[FieldError]:
    try:
        found = parse_amount(cost, "/cost")
    except Problem as exc:
        return list(exc.errors)
    return [FieldError("/cost", "A cost is not negative")] if found < 0 else []


def control_faults(database: profiles.Database, wanted: Control, at: str = "") -> list[FieldError]:
    """Return what is wrong with a control group; ``at`` is where it stands in the body."""
    faults: list[FieldError] = []
    try:
        share = segments.millionths(wanted.percent)
    except (ValueError, ArithmeticError):
        faults.append(FieldError("/percent", "A share lies between 0 and 100 % and has four decimal places at most"))
    else:
        if not 0 < share < 1_000_000:
            faults.append(FieldError("/percent", "Keep back more than 0 % and less than 100 %"))
    if wanted.cap is not None and not 1 <= wanted.cap <= MAX_CAP:
        faults.append(FieldError("/cap", f"The cap lies between 1 and {MAX_CAP:,} people"))
    faults += segments.divisions(database, wanted.strata)[1]
    return [FieldError(f"{at}{fault.pointer}", fault.message) for fault in faults]


async def segment_of(tx: Tx, database_id: int, segment_id: int) -> segments.Segment:
    """Return the static segment that a campaign is made for; raise 422 saying what to do instead of another."""
    at = "/segment_id"
    try:
        found = await segments.get_segment(tx, segment_id if 0 < segment_id < 2**31 else 0)
    except Problem as exc:
        if exc.status != 404:
            raise
        raise invalid_field(at, "There is no such segment") from exc
    if found.database_id != database_id:
        raise invalid_field(at, f"The segment {found.name} is of another database: choose one of this database")
    if found.archived_at is not None:
        raise invalid_field(at, f"The segment {found.name} is archived: restore it first, or choose another")
    if found.type != "static":
        raise invalid_field(
            at,
            f"{found.name} is {'a dynamic' if found.type == 'dynamic' else 'an updatable'} segment: its people change "
            "by themselves, and the split into groups would be lost. Make a static segment and fill it from this one",
        )
    return found


async def database_of(tx: Tx, database_id: int) -> profiles.Database:
    """Return the database that a campaign is made for; raise 422."""
    try:
        return await profiles.get_database(tx, database_id if 0 < database_id < 2**31 else 0)
    except Problem as exc:
        if exc.status != 404:
            raise
        raise invalid_field("/database_id", "There is no such database") from exc


async def refuse_older(tx: Tx, row: CampaignRow, version: int | msgspec.UnsetType) -> None:
    """Raise 409 when somebody has changed a campaign since a version of it was read."""
    if version is msgspec.UNSET or version == row.version:
        return
    entries = (await read_audit(tx, PageRequest(limit=20), kind="campaign", object_id=str(row.id))).items
    who = next((entry.actor_name for entry in entries if entry.action in RAISING), "Somebody")
    raise conflict(
        f"{who} has changed this campaign since you opened it. Compare before you save",
        FieldError("/version", f"The present version is {row.version}"),
        version=row.version,
    )


def refuse_over(row: CampaignRow) -> None:
    """Raise 409 for a campaign that is archived or over: nothing of it changes any more."""
    if row.archived_at is not None:
        raise conflict(f"The campaign {row.name} is archived: restore it first")
    if row.state == "completed":
        raise conflict(f"The campaign {row.name} is over: nothing can be added to it or changed. Copy it instead")


def refuse_archived(row: CampaignRow) -> None:
    """Raise 409 for a campaign that is archived."""
    if row.archived_at is not None:
        raise conflict(f"The campaign {row.name} is archived: restore it first")
