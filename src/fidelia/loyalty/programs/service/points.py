"""Point types of a program: make, change, put away; and what becomes of points, worked out for an example."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from msgspec import UNSET, UnsetType

from fidelia import profiles
from fidelia.access import Actor
from fidelia.kernel.errors import conflict, invalid
from fidelia.kernel.money import amount_text
from fidelia.platform.postgres import Tx

from ..lifetime import lifetime
from ..model import Expiry, PointKind, PointRounding, PointType, Program
from ..store import parts
from ..store import programs as store
from ..tables import loyalty_point_type
from .checks import Faults
from .manage import touched
from .shelf import bring_back, note_part, opened, put_away

MOST = 50
_SAID = ("name", "places", "ratio", "ratio_currency", "initial", "delay", "expiry", "rounding")
_CHANGING = (*_SAID, "max_balance", "max_accrual")


class PointSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What can be said of a point type at any time. Amounts are decimal texts."""

    name: str
    places: int = 2
    ratio: str | None = None
    ratio_currency: str | None = None
    initial: str = "0"
    delay: str | None = None
    expiry: Expiry = Expiry(kind="never")
    rounding: PointRounding = "down"
    max_balance: str | None = None
    max_accrual: str | None = None


class PointChange(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be changed of a point type."""

    name: str | UnsetType = UNSET
    places: int | UnsetType = UNSET
    ratio: str | UnsetType | None = UNSET
    ratio_currency: str | UnsetType | None = UNSET
    initial: str | UnsetType = UNSET
    delay: str | UnsetType | None = UNSET
    expiry: Expiry | UnsetType = UNSET
    rounding: PointRounding | UnsetType = UNSET
    max_balance: str | UnsetType | None = UNSET
    max_accrual: str | UnsetType | None = UNSET


async def create_points(
    tx: Tx, actor: Actor, program_id: int, kind: PointKind, settings: PointSettings, key: str | None = None
) -> PointType:
    """Add a point type. Raises 404, 409 when the program is archived or has 50 of them, 422."""
    program = await opened(tx, program_id)
    taken = await parts.point_types(tx, program_id, archived=True)
    if len(taken) >= MOST:
        raise conflict(f"A program has {MOST} kinds of points at most")
    faults = Faults()
    key = faults.key(key, settings.name, taken)
    values = await _values(tx, program, settings, faults)
    if faults:
        raise invalid(*faults)
    id_ = await parts.insert(tx, loyalty_point_type, {**values, "program_id": program_id, "key": key, "kind": kind})
    await touched(tx, program)
    made = await parts.get_point_type(tx, program_id, id_)
    await note_part(tx, actor, "loyalty_points.created", program, made.name, after=picture(made))
    return made


async def change_points(tx: Tx, actor: Actor, program_id: int, point_type_id: int, wanted: PointChange) -> PointType:
    """Change what is given; points that members have already stay as they are. Raises 404, 409, 422."""
    program = await opened(tx, program_id)
    before = await parts.get_point_type(tx, program_id, point_type_id)
    given = {name: value for name in _CHANGING if (value := getattr(wanted, name)) is not UNSET}
    after = PointSettings(**{**settings_of(before), **given})
    faults = Faults()
    if after.places < before.places:
        faults.say("/places", f"Members may have points with {before.places} decimal places: it can only become more")
    values = await _values(tx, program, after, faults)
    if faults:
        raise invalid(*faults)
    await parts.update(tx, loyalty_point_type, before.id, values)
    now = await parts.get_point_type(tx, program_id, before.id)
    if picture(now) != picture(before):
        await touched(tx, program)
        await note_part(
            tx, actor, "loyalty_points.updated", program, now.name, before=picture(before), after=picture(now)
        )
    return now


async def archive_points(tx: Tx, actor: Actor, program_id: int, point_type_id: int) -> None:
    """Put a point type away: nobody earns it any more. Raises 404; 409 while levels are decided by it."""
    program = await opened(tx, program_id)
    found = await parts.get_point_type(tx, program_id, point_type_id)
    users = [group.name for group in await parts.level_groups(tx, program_id) if group.point_type_id == found.id]
    if users:
        raise conflict(f"{found.name} decide the levels of {', '.join(users)}: choose other points there first")
    if program.state == "active" and len(await parts.point_types(tx, program_id)) == 1:
        raise conflict(f"{found.name} are the only points of an active program: add others first")
    await put_away(tx, actor, "loyalty_points.archived", program, found, loyalty_point_type, picture(found))


async def restore_points(tx: Tx, actor: Actor, program_id: int, point_type_id: int) -> PointType:
    """Bring a point type back. Raises 404, 409 when the program is archived."""
    return await bring_back(
        tx, actor, "loyalty_points.restored", program_id, point_type_id, loyalty_point_type, parts.get_point_type
    )


class LifetimeExample(msgspec.Struct, frozen=True):
    """Points earned at a moment, from when they can be used and when they have lapsed; ``lapses_at`` null: never."""

    at: datetime
    active_from: datetime
    lapses_at: datetime | None
    timezone: str


async def example(tx: Tx, program_id: int, delay: str | None, expiry: Expiry, at: datetime | None) -> LifetimeExample:
    """Work out what such settings mean for points earned at a moment, now if none is given. Raises 404, 422."""
    program = await store.get(tx, program_id)
    zone = await _zone(tx, program)
    moment = at or tx.now
    faults = Faults()
    faults.expiry(expiry, faults.duration(delay, "/delay"), moment.astimezone(zone).date())
    if faults:
        raise invalid(*faults)
    kind = PointType(
        id=0,
        program_id=program.id,
        key="",
        name="",
        kind="standard",
        places=2,
        ratio=None,
        ratio_currency=None,
        initial=Decimal(0),
        delay=delay,
        expiry=expiry,
        rounding="down",
        max_balance=None,
        max_accrual=None,
        archived_at=None,
    )
    active_from, lapsed = lifetime(kind, moment, zone)
    return LifetimeExample(moment, active_from, lapsed, str(zone))


def settings_of(kind: PointType) -> dict[str, Any]:
    """Return what is said of a point type, amounts as texts."""
    return {name: _text(getattr(kind, name)) for name in _CHANGING}


def picture(kind: PointType) -> dict[str, Any]:
    """Return a point type as the audit log keeps it."""
    told: dict[str, Any] = msgspec.to_builtins(settings_of(kind))
    return {"key": kind.key, "kind": kind.kind, **told}


def _text(value: Any) -> Any:
    return amount_text(value) if isinstance(value, Decimal) else value


async def _values(tx: Tx, program: Program, settings: PointSettings, faults: Faults) -> dict[str, Any]:
    name = faults.name(settings.name, "points")
    if not 0 <= settings.places <= 4:
        faults.say("/places", "Points have 0 to 4 decimal places")
    places = min(4, max(0, settings.places))
    ratio = faults.optional(settings.ratio, "/ratio", places=8)
    faults.currency(settings.ratio_currency, "/ratio_currency")
    if (settings.ratio is None) != (settings.ratio_currency is None):
        at = "/ratio_currency" if settings.ratio else "/ratio"
        faults.say(at, "What a point is worth is an amount and a currency")
    initial = faults.number(settings.initial, "/initial", places=places, least=Decimal(0))
    balance = faults.optional(settings.max_balance, "/max_balance", places=places)
    accrual = faults.optional(settings.max_accrual, "/max_accrual", places=places)
    most = min((cap for cap in (balance, accrual) if cap is not None), default=None)
    if most is not None and initial > most:
        faults.say("/initial", "This is more than the most that members may get")
    today = tx.now.astimezone(await _zone(tx, program)).date()
    faults.expiry(settings.expiry, faults.duration(settings.delay, "/delay"), today)
    return {
        "name": name,
        "places": settings.places,
        "ratio": ratio,
        "ratio_currency": settings.ratio_currency,
        "initial": initial,
        "delay": settings.delay,
        "expiry": {k: v for k, v in msgspec.structs.asdict(settings.expiry).items() if v is not None},
        "rounding": settings.rounding,
        "max_balance": balance,
        "max_accrual": accrual,
    }


async def _zone(tx: Tx, program: Program) -> ZoneInfo:
    return ZoneInfo((await profiles.get_database(tx, program.database_id)).timezone)
