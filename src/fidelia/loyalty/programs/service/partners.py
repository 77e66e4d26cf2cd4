"""Partners of a program: whose products earn points too, how many times over, and who pays."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from fidelia.access import Actor
from fidelia.kernel.errors import conflict, invalid
from fidelia.kernel.money import amount_text
from fidelia.platform.postgres import Tx

from ..model import Partner, Program
from ..ports import LINE_CHECK, LineCheck
from ..store import parts
from ..tables import loyalty_partner
from .checks import Faults
from .manage import touched
from .shelf import bring_back, note_part, opened, put_away

MOST = 500
_CHANGING = ("name", "products", "multiplier", "share", "currency", "starts_on", "ends_on")


class PartnerSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What can be said of a partner. ``multiplier`` and ``share`` (percent) are decimal texts."""

    name: str
    products: dict[str, Any] | None = None
    multiplier: str = "1"
    share: str = "0"
    currency: str | None = None
    starts_on: date | None = None
    ends_on: date | None = None


class PartnerChange(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be changed of a partner."""

    name: str | UnsetType = UNSET
    products: dict[str, Any] | UnsetType | None = UNSET
    multiplier: str | UnsetType = UNSET
    share: str | UnsetType = UNSET
    currency: str | UnsetType | None = UNSET
    starts_on: date | UnsetType | None = UNSET
    ends_on: date | UnsetType | None = UNSET


async def create_partner(
    tx: Tx, actor: Actor, program_id: int, settings: PartnerSettings, external_id: str | None = None
) -> Partner:
    """Add a partner. Raises 404, 409, 422."""
    program = await opened(tx, program_id)
    taken = [partner.external_id for partner in await parts.partners(tx, program_id, archived=True)]
    if len(taken) >= MOST:
        raise conflict(f"A program has {MOST} partners at most")
    faults = Faults()
    key = faults.key(external_id, settings.name, taken, "/external_id")
    values = await _values(tx, program, settings, faults)
    id_ = await parts.insert(tx, loyalty_partner, {**values, "program_id": program_id, "external_id": key})
    await touched(tx, program)
    made = await parts.get_partner(tx, program_id, id_)
    await note_part(tx, actor, "loyalty_partner.created", program, made.name, after=picture(made))
    return made


async def change_partner(tx: Tx, actor: Actor, program_id: int, partner_id: int, wanted: PartnerChange) -> Partner:
    """Change what is given; points that were earned stay as they are. Raises 404, 409, 422."""
    program = await opened(tx, program_id)
    before = await parts.get_partner(tx, program_id, partner_id)
    given = {name: value for name in _CHANGING if (value := getattr(wanted, name)) is not UNSET}
    after = PartnerSettings(**{**settings_of(before), **given})
    await parts.update(tx, loyalty_partner, before.id, await _values(tx, program, after, Faults()))
    now = await parts.get_partner(tx, program_id, before.id)
    if picture(now) != picture(before):
        await touched(tx, program)
        await note_part(
            tx, actor, "loyalty_partner.updated", program, now.name, before=picture(before), after=picture(now)
        )
    return now


async def archive_partner(tx: Tx, actor: Actor, program_id: int, partner_id: int) -> None:
    """End the work with a partner; what was earned stays. Raises 404, 409 when the program is archived."""
    program = await opened(tx, program_id)
    found = await parts.get_partner(tx, program_id, partner_id)
    await put_away(tx, actor, "loyalty_partner.archived", program, found, loyalty_partner, picture(found))


async def restore_partner(tx: Tx, actor: Actor, program_id: int, partner_id: int) -> Partner:
    """Take up the work with a partner again. Raises 404, 409 when the program is archived."""
    return await bring_back(
        tx, actor, "loyalty_partner.restored", program_id, partner_id, loyalty_partner, parts.get_partner
    )


def settings_of(partner: Partner) -> dict[str, Any]:
    """Return what is said of a partner, amounts as texts."""
    told = {name: getattr(partner, name) for name in _CHANGING}
    return {key: amount_text(v) if isinstance(v, Decimal) else v for key, v in told.items()}


def picture(partner: Partner) -> dict[str, Any]:
    """Return a partner as the audit log keeps it."""
    told: dict[str, Any] = msgspec.to_builtins(settings_of(partner))
    return {"external_id": partner.external_id, **told}


async def _values(tx: Tx, program: Program, settings: PartnerSettings, faults: Faults) -> dict[str, Any]:
    name = faults.name(settings.name, "partner")
    multiplier = faults.number(settings.multiplier, "/multiplier", least=Decimal(0))
    share = faults.number(settings.share, "/share", least=Decimal(0))
    if multiplier > 1000:
        faults.say("/multiplier", "1000 at most")
    if share > 100:
        faults.say("/share", "The partner pays 100 % at most")
    faults.currency(settings.currency, "/currency")
    if settings.starts_on and settings.ends_on and settings.ends_on < settings.starts_on:
        faults.say("/ends_on", "This is before the first day")
    if faults:
        raise invalid(*faults)
    if settings.products is not None:
        check: LineCheck = tx.engines.port(LINE_CHECK)
        await check(tx, program.id, settings.products, "/products")
    kept = {key: getattr(settings, key) for key in ("products", "currency", "starts_on", "ends_on")}
    return {**kept, "name": name, "multiplier": multiplier, "share": share}
