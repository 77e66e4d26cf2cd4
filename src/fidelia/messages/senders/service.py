"""Use cases of virtual senders: rules that share mails out between servers and addresses."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from fidelia.access import Actor, audit
from fidelia.kernel.errors import FieldError, Problem, conflict, invalid, name_taken
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.postgres import Tx

from ..service.clash import clash
from . import rules, store
from .model import SETTINGS_SERVER, SenderRule, VirtualSender


async def list_senders(tx: Tx, page: PageRequest, *, archived: bool = False) -> Page[VirtualSender]:
    """Return a page of virtual senders."""
    return await store.pages(tx, page, archived=archived)


async def get_sender(tx: Tx, sender_id: int) -> VirtualSender:
    """Return a virtual sender; raise 404."""
    return await store.sender(tx, sender_id)


async def create_sender(tx: Tx, actor: Actor, values: Mapping[str, Any]) -> VirtualSender:
    """Store a virtual sender; raise 409 for a name that is taken, 422 for rules that cannot be."""
    kept = await _checked(tx, None, dict(values))
    made = await store.sender(tx, await store.insert(tx, kept))
    await _audited(tx, actor, "created", made, after=_told(made))
    return made


async def change_sender(
    tx: Tx, actor: Actor, sender_id: int, values: Mapping[str, Any], updated_at: datetime | None = None
) -> VirtualSender:
    """Change a virtual sender; senders follow it from when they begin next.

    Raise 404, 422, and 409 for a name that is taken or when somebody has changed it since ``updated_at``.
    """
    before = await store.sender(tx, sender_id, lock=True)
    if updated_at is not None and updated_at != before.updated_at:
        raise await clash(tx, "virtual_sender", sender_id, "updated_at", before.updated_at.isoformat())
    kept = await _checked(tx, before, dict(values))
    if kept:
        await store.update(tx, sender_id, kept)
    after = await store.sender(tx, sender_id)
    await _audited(tx, actor, "updated", after, before=_told(before), after=_told(after))
    return after


async def archive_sender(tx: Tx, actor: Actor, sender_id: int) -> None:
    """Put a virtual sender away; raise 404, and 409 while it is the default or mailings name it."""
    before = await store.sender(tx, sender_id, lock=True)
    if before.archived_at is not None:
        return
    if before.is_default:
        raise conflict(f"Mailings that name no virtual sender go by {before.name}; take that mark from it first")
    if users := await store.mailings_of(tx, sender_id):
        shown = ", ".join(users[:5]) + (f" and {len(users) - 5} more" if len(users) > 5 else "")
        raise conflict(f"{before.name} is used by {shown}; choose another virtual sender there first")
    await store.update(tx, sender_id, {"archived_at": tx.now})
    await _audited(tx, actor, "archived", before)


async def restore_sender(tx: Tx, actor: Actor, sender_id: int) -> VirtualSender:
    """Bring a virtual sender back; raise 404, and 409 when its name is taken or a server of it is put away by now."""
    before = await store.sender(tx, sender_id, lock=True)
    if before.archived_at is not None:
        if await store.named(tx, before.name, sender_id):
            raise name_taken("virtual sender", before.name)
        ids = {share.sender_id for rule in before.rules for share in rule.senders} - {SETTINGS_SERVER}
        found = await store.servers(tx, ids, share=True)
        if away := [server.name for server in found.values() if server.archived_at is not None]:
            raise conflict(f"Bring the mail server {away[0]} back first, which this virtual sender uses")
        await store.update(tx, sender_id, {"archived_at": None})
        await _audited(tx, actor, "restored", before)
    return await store.sender(tx, sender_id)


# -- for mailings ---------------------------------------------------------------------------------------------------


async def check_named(tx: Tx, sender_id: int) -> str | None:
    """Return why a mailing cannot name a virtual sender, or ``None`` when it can."""
    try:
        found = await store.sender(tx, sender_id)
    except Problem:
        return "There is no such virtual sender"
    return f"The virtual sender {found.name} is archived" if found.archived_at is not None else None


async def effective(tx: Tx, sender_id: int | None) -> int | None:
    """Return which virtual sender a mailing's messages go by: its own, else the default, else none."""
    return sender_id if sender_id is not None else await store.default_id(tx)


async def obstacles(tx: Tx, sender_id: int | None, from_email: str) -> list[FieldError]:
    """Return why a mailing cannot be sent by its virtual sender."""
    chosen = await effective(tx, sender_id)
    if chosen is None:
        return []
    found = await store.sender(tx, chosen)
    used = {share.sender_id for _, share in rules.Chooser(found.id, found.rules, from_email).used()}
    off = [server.name for server in (await store.servers(tx, used)).values() if not server.active]
    text = "The mail server {}, which {} uses, is switched off"
    return [FieldError("/virtual_sender_id", text.format(name, found.name)) for name in off]


# -- what may be saved ----------------------------------------------------------------------------------------------


async def _checked(tx: Tx, before: VirtualSender | None, values: dict[str, Any]) -> dict[str, Any]:
    errors: list[FieldError] = []
    if "name" in values:
        values["name"] = values["name"].strip()
        if not 1 <= len(values["name"]) <= 100 or not values["name"].isprintable():
            errors.append(FieldError("/name", "Enter a name of 100 characters at most"))
        elif await store.named(tx, values["name"], before.id if before else None):
            raise name_taken("virtual sender", values["name"])
    if "\x00" in values.get("description", ""):
        errors.append(FieldError("/description", "A text cannot hold the character NUL"))
    if "rules" in values:
        errors += rules.faults(values["rules"]) or await _unknown(tx, values["rules"])
        values["rules"] = msgspec.to_builtins(values["rules"])
    if values.get("is_default") and before is not None and before.archived_at is not None:
        errors.append(FieldError("/is_default", "This virtual sender is archived"))
    if errors:
        raise invalid(*errors)
    if values.get("is_default"):
        await store.drop_default(tx, before.id if before else None)
    return values


async def _unknown(tx: Tx, given: list[SenderRule]) -> list[FieldError]:
    wanted = {share.sender_id for rule in given for share in rule.senders} - {SETTINGS_SERVER}
    known = await store.servers(tx, wanted, share=True)
    errors = []
    for n, rule in enumerate(given):
        for m, share in enumerate(rule.senders):
            at = f"/rules/{n}/senders/{m}/sender_id"
            if share.sender_id == SETTINGS_SERVER:
                continue
            if share.sender_id not in known:
                errors.append(FieldError(at, "There is no such mail server"))
            elif known[share.sender_id].archived_at is not None:
                errors.append(FieldError(at, f"The mail server {known[share.sender_id].name} is archived"))
    return errors


async def _audited(tx: Tx, actor: Actor, what: str, of: VirtualSender, **pictures: dict[str, Any]) -> None:
    await audit(tx, actor, f"virtual_sender.{what}", kind="virtual_sender", object_id=of.id, name=of.name, **pictures)


def _told(sender: VirtualSender) -> dict[str, Any]:
    shown = {name: getattr(sender, name) for name in ("name", "description", "is_default")}
    return shown | {"rules": msgspec.to_builtins(sender.rules)}
