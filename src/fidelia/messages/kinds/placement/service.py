"""Use cases of slots and of the secrets by which sites sign their visitors."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from fidelia import events, profiles
from fidelia.access import Actor, audit, decrypt_secret, encrypt_secret
from fidelia.kernel.errors import FieldError, conflict, invalid
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx

from . import rules
from .model import MAX_FALLBACK, MAX_WIDTH, Site, SiteSecret, Slot, SlotUse
from .store import slots as store

MAX_DOMAINS = 50
#: The former secret of a site holds so long, so that its pages can be changed in peace.
FORMER_HOLDS = timedelta(days=1)


async def list_slots(tx: Tx, page: PageRequest, database_id: int | None) -> Page[Slot]:
    """Return a page of slots, by ``name``, ``key``, ``created_at`` or ``updated_at``."""
    return await store.page(tx, page, database_id)


async def get_slot(tx: Tx, slot_id: int) -> Slot:
    """Return a slot; raise 404."""
    return await store.find(tx, slot_id)


async def slot_uses(tx: Tx, slot_id: int) -> list[SlotUse]:
    """Return the placements of a slot; raise 404."""
    await store.find(tx, slot_id)
    return await store.used_by(tx, slot_id)


async def create_slot(tx: Tx, actor: Actor, database_id: int, values: Mapping[str, Any]) -> Slot:
    """Make a slot of a database; raise 404, 409, 422."""
    await profiles.get_database(tx, database_id)
    kept = _checked(dict(values))
    if await store.key_taken(tx, database_id, kept["key"]):
        said = f"There is a slot with the key {kept['key']} already"
        raise conflict(said, FieldError("/key", said))
    made = await store.find(tx, await store.insert(tx, {"database_id": database_id, **kept}))
    await audit(tx, actor, "slot.created", kind="slot", object_id=made.id, name=made.name, after=_told(made))
    return made


async def change_slot(tx: Tx, actor: Actor, slot_id: int, values: Mapping[str, Any]) -> Slot:
    """Change a slot; it holds from the next page on. Raise 404, 422."""
    before = await store.find(tx, slot_id, lock=True)
    kept = _checked(dict(values))
    if kept:
        await store.update(tx, slot_id, kept)
    after = await store.find(tx, slot_id)
    if kept:
        await audit(
            tx,
            actor,
            "slot.updated",
            kind="slot",
            object_id=slot_id,
            name=after.name,
            before=_told(before),
            after=_told(after),
        )
    return after


async def delete_slot(tx: Tx, actor: Actor, slot_id: int) -> None:
    """Delete a slot; raise 404, and 409 while placements that are not archived are shown in it."""
    slot = await store.find(tx, slot_id, lock=True)
    users = await store.used_by(tx, slot_id)
    if users or slot.live:
        shown = ", ".join(use.name for use in users[:5]) + (f" and {len(users) - 5} more" if len(users) > 5 else "")
        raise conflict(f"{slot.name} is used by {shown}; choose another slot there or archive them first")
    await store.delete(tx, slot_id)
    await audit(tx, actor, "slot.deleted", kind="slot", object_id=slot_id, name=slot.name, before=_told(slot))


def _checked(values: dict[str, Any]) -> dict[str, Any]:
    """Return values as they are stored; raise 422 with everything that is wrong."""
    errors: list[FieldError] = []
    if "name" in values:
        values["name"] = values["name"].strip()
        if not values["name"] or not values["name"].isprintable():
            errors.append(FieldError("/name", "Enter a name of 100 characters at most"))
    if "key" in values and not rules.KEY.fullmatch(values["key"]):
        message = "A key has lower-case letters a-z, digits, _ - and dots, 64 characters at most"
        errors.append(FieldError("/key", message))
    for name in ("description", "fallback"):
        if "\x00" in values.get(name, ""):
            errors.append(FieldError(f"/{name}", "A text cannot hold the character NUL"))
    if len(values.get("fallback", "")) > MAX_FALLBACK:
        errors.append(FieldError("/fallback", f"The fallback is longer than {MAX_FALLBACK:,} characters"))
    if values.get("width") is not None and not 1 <= values["width"] <= MAX_WIDTH:
        errors.append(FieldError("/width", f"A width is between 1 and {MAX_WIDTH:,} pixels"))
    kept = []
    for n, text in enumerate(values.get("domains", ())):
        try:
            kept.append(events.read_domain(text))
        except ValueError as exc:
            errors.append(FieldError(f"/domains/{n}", str(exc)))
    if "domains" in values:
        values["domains"] = list(dict.fromkeys(kept))
    if errors:
        raise invalid(*errors)
    return values


def _told(slot: Slot) -> dict[str, Any]:
    names = ("key", "name", "description", "domains", "width", "fallback", "by_link")
    return {name: getattr(slot, name) for name in names}


# -- sites ----------------------------------------------------------------------------------------------------------


async def list_sites(tx: Tx, page: PageRequest, database_id: int | None) -> Page[Site]:
    """Return the browser keys of sites, each with whether visitors can be signed for it."""
    found = await events.list_keys(tx, page, database_id=database_id)
    keys = [key for key in found.items if key.kind == "browser"]
    since = await store.secrets_since(tx, [key.id for key in keys])
    items = [
        Site(
            key_id=key.id,
            database_id=key.database_id,
            name=key.name,
            key=key.key,
            domains=key.domains,
            secret_since=since.get(key.id, (None, None))[0],
            former_until=since.get(key.id, (None, None))[1],
        )
        for key in keys
    ]
    return Page(items, found.next_cursor, None)


async def new_secret(tx: Tx, actor: Actor, key_id: int, *, keep_former: bool) -> SiteSecret:
    """Make a secret for a site in place of the one before, which holds for a day unless it leaked.

    Raise 404, and 409 for a key that is not one of a site's pages.
    """
    key = await events.get_key(tx, key_id)
    if key.kind != "browser" or key.revoked_at is not None:
        raise conflict("Visitors are signed for a browser key that is not revoked")
    before = await store.secret_of(tx, key_id, lock=True)
    former = before.secret if before is not None and keep_former else None
    until = tx.now + FORMER_HOLDS if former is not None else None
    text = f"sk_{secrets.token_urlsafe(32)}"
    await store.keep_secret(tx, key_id, store.Secret(encrypt_secret(tx.engines, text), former, until, tx.now))
    await audit(tx, actor, "site_secret.created", kind="write_key", object_id=key_id, name=key.name)
    return SiteSecret(text, until)


def secrets_of(engines: Engines, found: store.Secret | None, now: datetime) -> list[str]:
    """Return the secrets by which visitors of a site may be signed at a moment; raise ``SecretError``."""
    if found is None:
        return []
    texts = [found.secret]
    if found.former is not None and found.former_until is not None and found.former_until > now:
        texts.append(found.former)
    return [decrypt_secret(engines, text) for text in texts]
