"""Checks of mailings: values before they are stored, and everything before a start."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from fidelia import profiles
from fidelia.kernel.errors import FieldError, Problem, invalid, invalid_field
from fidelia.platform.postgres import Tx
from fidelia.platform.schedules import MonthSchedule, schedule_errors

from ..channels.email.address import AddressRefused, envelope, has_control
from ..channels.registry import EMAIL, channel_faults, name_of, usable
from ..kinds.multivariate.checks import checked_split, variants_faults
from ..kinds.multivariate.model import LINK_STRIDE, Split
from ..kinds.placement.checks import checked_placement
from ..kinds.registry import KINDS
from ..kinds.trigger import causes
from ..kinds.trigger.check import check as check_triggers
from ..model import Mailing, Utm
from ..policies import store as policies_store
from ..ports import held_by_campaign
from ..senders import service as senders
from ..store import runs
from ..store import templates as templates_store
from ..timing.model import Timing
from ..timing.rules import timing_errors
from .audience import segment_at
from .outlet import default_sender
from .templates import database_at

MAX_UNDO = 3600


async def obstacles(tx: Tx, mailing: Mailing) -> list[FieldError]:
    """Return what keeps a mailing from being started, each at its field."""
    errors = await channel_faults(tx, mailing) + variants_faults(mailing.split)
    variants = mailing.split.variants if mailing.split is not None else []
    for n, variant in enumerate(variants):
        errors += await _template_faults(tx, mailing, variant.template_id, f"/split/variants/{n}/template_id")
    if not variants and mailing.type != "multivariate":
        if mailing.template_id is None:
            errors.append(FieldError("/template_id", "Choose a template"))
        else:
            errors += await _template_faults(tx, mailing, mailing.template_id, "/template_id")
    if mailing.segment_id is not None:
        try:
            await segment_at(tx, mailing.database_id, mailing.segment_id)
        except Problem as exc:
            errors += list(exc.errors)
    if (held := await held_by_campaign(tx, mailing)) is not None:
        errors.append(FieldError("/campaign_id", held))
    if mailing.channel == "email" and mailing.type != "placement":
        from_email = mailing.from_email or default_sender(tx.engines.settings)[0]
        errors += await senders.obstacles(tx, mailing.virtual_sender_id, from_email)
    return errors + await KINDS[mailing.type].obstacles(tx, mailing)


async def _template_faults(tx: Tx, mailing: Mailing, template_id: int, at: str) -> list[FieldError]:
    template = await templates_store.get(tx, template_id)
    if template.archived_at is not None:
        return [FieldError(at, f"The template {template.name} is archived")]
    if template.published_version_id is None:
        return [FieldError(at, f"Publish the template {template.name} first")]
    errors = []
    compiled = await runs.compiled(tx, template.published_version_id)
    wanted = EMAIL if mailing.type == "placement" else mailing.channel
    if template.channel != wanted:
        by = await name_of(tx, wanted)
        return [
            FieldError(at, f"{template.name} is no template for {by}: it is for {await name_of(tx, template.channel)}")
        ]
    if not compiled.unsubscribable and mailing.type != "placement" and mailing.channel == EMAIL:
        errors.append(FieldError(at, f"The template {template.name} has no unsubscribe link"))
    if compiled.confirms:
        message = f"{template.name} uses confirm_url, which only mails that ask to confirm a subscription have"
        errors.append(FieldError(at, message))
    if at != "/template_id" and len(compiled.links) >= LINK_STRIDE:
        errors.append(FieldError(at, f"{template.name} has {LINK_STRIDE:,} links or more: too many to tell them apart"))
    errors += [
        FieldError(at, f"{template.name} uses {use}, which this database does not have")
        for use in await _unknown_fields(tx, mailing.database_id, compiled.uses)
    ]
    if mailing.type != "trigger" and causes.wanted(compiled.uses):
        message = f"{template.name} says what caused the message (event.…), which only triggered mailings know"
        errors.append(FieldError(at, message))
    return errors


async def _unknown_fields(tx: Tx, database_id: int, uses: list[str]) -> list[str]:
    known = {field.name for field in (await profiles.get_database(tx, database_id)).fields} | {"id"}
    return sorted({use for use in uses if use.startswith("profile.") and use.split(".")[1] not in known})


async def checked_settings(tx: Tx, values: Mapping[str, Any], before: Mailing | None) -> dict[str, Any]:
    """Return values of a mailing as they are stored; raise 422 with a pointer for each that cannot be."""
    checked = dict(values)
    errors = _header_faults(checked)
    if "name" in checked or before is None:
        checked["name"] = str(checked.get("name", "")).strip()
        if not 1 <= len(checked["name"]) <= 200:
            errors.append(FieldError("/name", "Enter a name of 200 characters at most"))
    for key, value in checked.get("variables", {}).items():
        if not key.isidentifier() or not key.isascii() or "\x00" in value:
            errors.append(FieldError(f"/variables/{key}", "A variable's name has letters, digits and _ only"))
    if not 0 <= checked.get("undo_seconds", 0) <= MAX_UNDO:
        errors.append(FieldError("/undo_seconds", f"The time to undo is between 0 and {MAX_UNDO} seconds"))
    if not 0 <= checked.get("rate", 0) <= 100_000:
        errors.append(FieldError("/rate", "The speed is between 0 (as fast as allowed) and 100,000 mails a second"))
    utm = checked.get("utm")
    if isinstance(utm, Utm):
        checked["utm"] = msgspec.to_builtins(utm)
        errors += [
            FieldError(f"/utm/{key}", "This mark is too long, or holds a control character")
            for key, text in checked["utm"].items()
            if has_control(text) or len(text) > 200
        ]
    kind = checked.get("type", before.type if before is not None else "broadcast")
    errors += _timed(tx, checked, kind)
    errors += checked_placement(checked, kind, before)
    if errors:
        raise invalid(*errors)
    await _check_references(tx, checked, before)
    await _check_triggers(tx, checked, before, kind)
    if isinstance(split := checked.get("split"), Split):
        database_id = checked.get("database_id", before.database_id if before else 0)
        checked["split"] = await checked_split(tx, split, kind, database_id)
    return checked


def _timed(tx: Tx, checked: dict[str, Any], kind: str) -> list[FieldError]:
    errors: list[FieldError] = []
    if isinstance(schedule := checked.get("schedule"), MonthSchedule):
        if kind != "recurring":
            errors.append(FieldError("/schedule", "Only a recurring mailing has a schedule"))
        errors += schedule_errors(schedule, tx.now.date())
        checked["schedule"] = msgspec.to_builtins(schedule)
    if isinstance(timing := checked.get("timing"), Timing):
        errors += timing_errors(timing)
        if kind == "placement" and timing != Timing():
            errors.append(FieldError("/timing", "A placement is shown whenever people come: give its start and end"))
        if kind == "trigger" and (timing.local_time or timing.cycles is not None):
            errors.append(FieldError("/timing", "A triggered mailing has no start to count from: only quiet hours"))
        checked["timing"] = msgspec.to_builtins(timing)
    return errors


def _header_faults(values: Mapping[str, Any]) -> list[FieldError]:
    errors = [
        FieldError(f"/{key}", "This text holds a line break or another control character")
        for key in ("name", "from_name")
        if has_control(str(values.get(key, "")))
    ]
    if "\x00" in values.get("description", ""):
        errors.append(FieldError("/description", "A text cannot hold the character NUL"))
    for key in ("from_email", "reply_to"):
        if values.get(key):
            try:
                envelope(values[key])
            except AddressRefused as exc:
                errors.append(FieldError(f"/{key}", str(exc)))
    return errors


async def _check_triggers(tx: Tx, checked: dict[str, Any], before: Mailing | None, kind: str) -> None:
    triggers = checked.get("triggers", before.triggers if before else [])
    if not triggers or not checked.keys() & {"triggers", "database_id"}:
        return
    if kind != "trigger":
        raise invalid_field("/triggers", "Only a triggered mailing has triggers")
    database_id = checked.get("database_id", before.database_id if before else 0)
    await check_triggers(tx, database_id, triggers, before.id if before else None)
    checked["triggers"] = msgspec.to_builtins(triggers)


async def _check_references(tx: Tx, checked: dict[str, Any], before: Mailing | None) -> None:
    database_id = checked.get("database_id", before.database_id if before else None)
    if database_id is None:
        raise invalid_field("/database_id", "Choose a database")
    await database_at(tx, database_id)
    channel = checked.get("channel", before.channel if before else EMAIL)
    if "channel" in checked and checked.get("type", before.type if before else "") != "placement":
        await usable(tx, channel)
    segment_id = checked.get("segment_id", before.segment_id if before else None)
    if segment_id is not None and ("segment_id" in checked or "database_id" in checked):
        await segment_at(tx, database_id, segment_id)
    try:
        if checked.get("template_id") is not None:
            await templates_store.get(tx, checked["template_id"])
    except Problem as exc:
        raise invalid_field("/template_id", "There is no such template") from exc
    try:
        if checked.get("policy_id") is not None:
            await policies_store.get(tx, checked["policy_id"])
    except Problem as exc:
        raise invalid_field("/policy_id", "There is no such frequency policy") from exc
    if checked.get("virtual_sender_id") is not None:
        refused = await senders.check_named(tx, checked["virtual_sender_id"])
        if refused is not None:
            raise invalid_field("/virtual_sender_id", refused)
    resource_id = checked.get("resource_id", before.resource_id if before and "channel" in checked else None)
    if resource_id is not None:
        await _check_resource(tx, resource_id, channel)


async def _check_resource(tx: Tx, resource_id: int, channel: str) -> None:
    try:
        resource = await profiles.get_resource(tx, resource_id)
    except Problem as exc:
        if exc.status != 404:
            raise
        raise invalid_field("/resource_id", "There is no such resource") from exc
    if resource.archived_at is not None or channel not in resource.channels:
        by = "e-mail" if channel == EMAIL else await name_of(tx, channel)
        raise invalid_field("/resource_id", f"Nobody can be written to by {by} from {resource.name}")
