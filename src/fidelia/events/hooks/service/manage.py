"""Use cases of hooks: make, change, pause, rotate the secret, delete."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import httpx
import msgspec

from fidelia import profiles
from fidelia.access import Actor, audit, decrypt_secret, encrypt_secret
from fidelia.kernel.errors import FieldError, conflict, invalid, name_taken
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform import listeners
from fidelia.platform.fetch import FetchProblem, Guard, check_headers, origin_of, read_url
from fidelia.platform.postgres import Tx

from ... import rules as event_rules
from ...catalogue import BUILTIN
from .. import payload, rules
from ..model import Hook, HookFilters, HookSecret
from ..store import hooks as store
from ..store import log, queue
from .intake import CONSUMER

#: Seconds in which the name of a receiver must be found.
_LOOKUP = 5.0
MAX_OVERLAP_HOURS = 168
_AGAIN = "The address leads to another server now: enter the value again"
MAX_TYPES = 200


async def list_hooks(tx: Tx, page: PageRequest, *, active: bool | None, database_id: int | None) -> Page[Hook]:
    """Return a page of hooks."""
    return await store.pages(tx, page, active=active, database_id=database_id)


async def get_hook(tx: Tx, hook_id: int) -> Hook:
    """Return a hook; raise 404."""
    return await store.get(tx, hook_id)


async def create_hook(tx: Tx, actor: Actor, values: Mapping[str, Any]) -> HookSecret:
    """Make a hook that gets events from now on, and return its secret this once. Raise 404, 409, 422."""
    kept = await _checked(tx, None, dict(values))
    secret = rules.new_secret()
    kept["secret"] = encrypt_secret(tx.engines, secret)
    if not kept["active"]:
        kept |= {"paused_by": "person", "paused_at": tx.now}
    made = await store.get(tx, await store.insert(tx, kept))
    await _listen(tx, made)
    await audit(tx, actor, "hook.created", kind="hook", object_id=made.id, name=made.name, after=picture(made))
    return HookSecret(made, secret, None)


async def change_hook(tx: Tx, actor: Actor, hook_id: int, values: Mapping[str, Any]) -> Hook:
    """Change what is given; what waits goes to the new address. Raise 404, 409, 422."""
    before = await store.get(tx, hook_id, lock=True)
    kept = await _checked(tx, before, dict(values))
    await store.update(tx, hook_id, kept)
    if "url" in kept or "headers" in kept:  # what was wrong may be right now
        await store.note(tx, hook_id, {"attempts": 0, "failing_since": None, "next_at": tx.now})
    after = await store.get(tx, hook_id)
    if (after.database_id, after.types) != (before.database_id, before.types):
        await _listen(tx, after)
    seen = picture(after) | ({"headers": "changed"} if "headers" in kept else {})
    await audit(
        tx, actor, "hook.updated", kind="hook", object_id=hook_id, name=after.name, before=picture(before), after=seen
    )
    return after


async def pause_hook(tx: Tx, actor: Actor, hook_id: int) -> Hook:
    """Send nothing until somebody lets it go on; what happens meanwhile is kept. Raise 404."""
    before = await store.get(tx, hook_id, lock=True)
    if before.active:
        await store.update(tx, hook_id, {"active": False, "paused_by": "person", "paused_at": tx.now})
        await audit(tx, actor, "hook.paused", kind="hook", object_id=hook_id, name=before.name)
    return await store.get(tx, hook_id)


async def resume_hook(tx: Tx, actor: Actor, hook_id: int) -> Hook:
    """Send what has waited, and go on. Raise 404."""
    before = await store.get(tx, hook_id, lock=True)
    values: dict[str, Any] = {"active": True, "paused_by": None, "paused_at": None}
    await store.update(tx, hook_id, values | {"attempts": 0, "failing_since": None, "next_at": tx.now})
    if not before.active:
        await audit(tx, actor, "hook.resumed", kind="hook", object_id=hook_id, name=before.name)
    return await store.get(tx, hook_id)


async def rotate_secret(tx: Tx, actor: Actor, hook_id: int, overlap_hours: int) -> HookSecret:
    """Give a hook a new secret and return it this once; the present one signs beside it for so long. Raise 404."""
    before = await store.get(tx, hook_id, lock=True)
    present = (await store.secrets(tx, hook_id)).secret
    until = tx.now + timedelta(hours=overlap_hours) if overlap_hours else None
    secret = rules.new_secret()
    values = {"secret": encrypt_secret(tx.engines, secret), "old_secret_until": until}
    await store.update(tx, hook_id, values | {"old_secret": present if until else None})
    await audit(tx, actor, "hook.rotated", kind="hook", object_id=hook_id, name=before.name)
    return HookSecret(await store.get(tx, hook_id), secret, until)


async def delete_hook(tx: Tx, actor: Actor, hook_id: int) -> None:
    """Delete a hook with everything that waits for it, and its log. Raise 404."""
    hook = await store.get(tx, hook_id, lock=True)
    await listeners.unlisten(tx, CONSUMER, hook_id)
    await store.delete(tx, hook_id)
    await audit(tx, actor, "hook.deleted", kind="hook", object_id=hook_id, name=hook.name, before=picture(hook))


async def database_used_by(tx: Tx, database_id: int, field: profiles.Field | None) -> list[str]:
    """Return the hooks that get the events of a database only (a port of profiles); a field is used by none."""
    return [] if field is not None else [f"hook {name}" for name in await store.of_database(tx, database_id)]


async def event_type_used_by(tx: Tx, database_id: int, type_: str) -> list[str]:
    """Return the hooks that ask for a type by its name."""
    return [f"hook {name}" for name in await store.of_type(tx, database_id, type_)]


def picture(hook: Hook) -> dict[str, Any]:
    """Return a hook as the audit log keeps it."""
    kept = ("name", "url", "allow_http", "active", "database_id", "types", "header_names", "custom_data")
    shown = {key: getattr(hook, key) for key in (*kept, "batch_size", "max_delay")}
    return shown | {"filters": msgspec.to_builtins(hook.filters)}


async def _listen(tx: Tx, hook: Hook) -> None:
    await listeners.listen(tx, CONSUMER, hook.id, database_id=hook.database_id, types=hook.types)


async def _checked(tx: Tx, before: Hook | None, values: dict[str, Any]) -> dict[str, Any]:
    """Return the columns for what is given; raise 404, 409, 422."""
    errors: list[FieldError] = []
    if "name" in values:
        values["name"] = values["name"].strip()
        if not 1 <= len(values["name"]) <= rules.MAX_NAME or not values["name"].isprintable():
            errors.append(FieldError("/name", f"Enter a name of {rules.MAX_NAME} characters at most"))
        elif await store.named(tx, values["name"], before.id if before else None):
            raise name_taken("hook", values["name"])
    if values.get("database_id") is not None:
        await profiles.get_database(tx, values["database_id"])
    if "types" in values:
        values["types"] = sorted(set(values["types"]))
        errors += _type_errors(values["types"])
    if "custom_data" in values and len(payload.encoded(values["custom_data"])) > rules.MAX_CUSTOM_DATA:
        errors.append(FieldError("/custom_data", f"Custom data have {rules.MAX_CUSTOM_DATA:,} bytes at most"))
    if "filters" in values:
        values["filters"] = msgspec.to_builtins(msgspec.convert(values["filters"], HookFilters, from_attributes=True))
    if "\\u0000" in msgspec.json.encode([values.get("custom_data"), values.get("filters")]).decode():
        errors.append(FieldError("/custom_data", "A text cannot hold the character NUL"))
    errors += await _address_errors(tx, before, values)
    elsewhere = before is not None and not errors and _leads_elsewhere(before, values)
    if "headers" in values:
        errors += await _headers(tx, before, values, keep=not elsewhere)
    elif elsewhere and before is not None:  # credentials of one server are not for another
        errors += [FieldError(f"/headers/{name}", _AGAIN) for name in before.header_names]
    if errors:
        raise invalid(*errors)
    return values


def _type_errors(types: list[str]) -> list[FieldError]:
    if len(types) > MAX_TYPES:
        return [FieldError("/types", f"Choose {MAX_TYPES} types at most, or all of them")]
    errors = []
    for n, name in enumerate(types):
        if name not in BUILTIN and not (event_rules.CUSTOM.fullmatch(name) and len(name) <= event_rules.MAX_NAME):
            errors.append(FieldError(f"/types/{n}", f"There is no event type {name[:80]}"))
    return errors


async def _address_errors(tx: Tx, before: Hook | None, values: dict[str, Any]) -> list[FieldError]:
    if "url" not in values and "allow_http" not in values:
        return []
    url = str(values.get("url", before.url if before else "")).strip()
    allowed = values.get("allow_http", before.allow_http if before else False)
    try:
        target = read_url(url)
        if target.scheme != "https" and not allowed:
            words = "Use https://: anybody on the way can read what goes to http:// (allow_http permits it)"
            return [FieldError("/url", words)]
        if "url" in values:
            values["url"] = str(httpx.URL(target))
            port = target.port or (443 if target.scheme == "https" else 80)
            await Guard(tx.engines.settings).resolve(target.host, port, seconds=_LOOKUP)
    except FetchProblem as exc:
        return [FieldError("/url", exc.detail)]
    return []


def _leads_elsewhere(before: Hook, values: Mapping[str, Any]) -> bool:
    return "url" in values and origin_of(values["url"]) != origin_of(before.url)


async def _headers(tx: Tx, before: Hook | None, values: dict[str, Any], *, keep: bool) -> list[FieldError]:
    """Replace the given headers by what is stored; ``None`` as a value keeps the one that is there."""
    given: dict[str, str | None] = values.pop("headers")
    if before is not None and keep and sorted(given) == before.header_names and not any(given.values()):
        return []  # nothing was changed
    errors = rules.header_errors(list(given))
    if not keep:
        errors += [FieldError(f"/headers/{name}", _AGAIN) for name, value in given.items() if value is None]
    kept: dict[str, str] = {}
    if before is not None and before.header_names and None in given.values():
        stored = (await store.secrets(tx, before.id)).headers
        kept = {} if stored is None else msgspec.json.decode(decrypt_secret(tx.engines, stored), type=dict[str, str])
    whole: dict[str, str] = {}
    for name, value in given.items():
        if keep and value is None and name not in kept:
            errors.append(FieldError(f"/headers/{name}", f"Enter the value of {name}"))
        whole[name] = kept.get(name, "") if value is None else value
    try:
        check_headers(whole)
    except FetchProblem as exc:
        errors.append(FieldError("/headers", exc.detail))
    values["header_names"] = sorted(whole)
    text = msgspec.json.encode(whole).decode()
    values["headers"] = encrypt_secret(tx.engines, text) if whole else None
    return errors


async def skip(tx: Tx, actor: Actor, hook_id: int, delivery_id: int) -> None:
    """Give up one delivery that waits, so that those behind it are sent; raise 404, 409."""
    hook = await store.get(tx, hook_id, lock=True)
    found = await log.get(tx, hook_id, delivery_id, lock=True)
    if found.state != "waiting":
        raise conflict("This delivery does not wait any more")
    await queue.set_state(tx, delivery_id, "skipped")
    await store.count(tx, hook_id, dropped=found.rows)
    await store.note(tx, hook_id, {"next_at": tx.now})
    await audit(tx, actor, "hook.skipped", kind="hook", object_id=hook_id, name=hook.name, after={"rows": found.rows})
