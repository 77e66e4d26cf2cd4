"""Resources (whom people agree to hear from) and stop lists."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg
import sqlalchemy as sa

from fidelia.access import Actor, audit
from fidelia.kernel.errors import FieldError, conflict, invalid, name_taken, not_found
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.postgres import Tx

from .. import channels, rules
from ..model import Resource
from ..store import consent as store
from ..store import databases as databases_store


async def list_resources(tx: Tx, page: PageRequest, *, archived: bool = False) -> Page[Resource]:
    """Return a page of resources."""
    found = await store.resources(tx, page, archived=archived)
    return Page([as_resource(row) for row in found.items], found.next_cursor, found.total)


async def get_resource(tx: Tx, resource_id: int) -> Resource:
    """Return a resource, also an archived one; raise 404."""
    row = (await store.resources_by_id(tx, [resource_id])).get(resource_id) if 0 < resource_id < 2**31 else None
    if row is None:
        raise not_found("Resource", resource_id)
    return as_resource(row)


async def create_resource(
    tx: Tx,
    actor: Actor,
    *,
    name: str,
    description: str = "",
    website: str = "",
    channels: Sequence[str] = ("email",),
    database_ids: Sequence[int] = (),
) -> Resource:
    """Make a resource; raise 409 for a name that is taken, 422 for what is wrong."""
    values = {
        "name": name.strip(),
        "description": description,
        "website": website,
        "channels": list(dict.fromkeys(channels)),
        "database_ids": sorted(set(database_ids)),
    }
    await _check(tx, values)
    try:
        resource_id = await store.insert_resource(tx, values)
    except sa.exc.IntegrityError as exc:
        raise _taken(exc, name) from None
    made = await get_resource(tx, resource_id)
    await audit(tx, actor, "resource.created", kind="resource", object_id=made.id, name=made.name, after=made)
    return made


async def update_resource(tx: Tx, actor: Actor, resource_id: int, values: dict[str, Any]) -> Resource:
    """Change ``name description website channels database_ids``, whichever is given; raise 404, 409, 422."""
    before = await get_resource(tx, resource_id)
    if before.archived_at is not None:
        raise conflict("This resource is archived and cannot change")
    await _check(tx, values)
    if "name" in values:
        values["name"] = values["name"].strip()
    if values:
        try:
            await store.update_resource(tx, resource_id, values)
        except sa.exc.IntegrityError as exc:
            raise _taken(exc, str(values.get("name"))) from None
    after = await get_resource(tx, resource_id)
    await audit(
        tx, actor, "resource.updated", kind="resource", object_id=after.id, name=after.name, before=before, after=after
    )
    return after


async def archive_resource(tx: Tx, actor: Actor, resource_id: int) -> None:
    """Archive a resource: its subscriptions stay as proof, nobody subscribes to it any more."""
    before = await get_resource(tx, resource_id)
    if before.archived_at is None:
        await store.update_resource(tx, resource_id, {"archived_at": tx.now})
        await audit(tx, actor, "resource.archived", kind="resource", object_id=resource_id, name=before.name)


async def restore_resource(tx: Tx, actor: Actor, resource_id: int) -> Resource:
    """Bring an archived resource back, with the subscriptions it had; raise 404, 409 when its name is taken by now."""
    before = await get_resource(tx, resource_id)
    if before.archived_at is None:
        return before
    try:
        await store.update_resource(tx, resource_id, {"archived_at": None})
    except sa.exc.IntegrityError as exc:
        raise _taken(exc, before.name) from None
    await audit(tx, actor, "resource.restored", kind="resource", object_id=resource_id, name=before.name)
    return await get_resource(tx, resource_id)


async def resource_counters(
    tx: Tx, resource_ids: Sequence[int], *, database_id: int | None = None
) -> dict[int, list[dict[str, Any]]]:
    """Return the subscriptions of resources by channel and status, of all databases or of one."""
    found: dict[int, list[dict[str, Any]]] = {i: [] for i in resource_ids}
    for row in await store.counters(await tx.raw(), database_id=database_id, resource_ids=resource_ids):
        found[row.pop("resource_id")].append(row)
    return found


def as_resource(row: Any) -> Resource:
    """Turn a row into what others see."""
    return Resource(
        id=row.id,
        name=row.name,
        description=row.description,
        website=row.website,
        channels=list(row.channels),
        database_ids=list(row.database_ids),
        archived_at=row.archived_at,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


async def _check(tx: Tx, values: dict[str, Any]) -> None:
    errors: list[FieldError] = []
    if "name" in values:
        errors += rules.title_errors(values["name"], "/name")
    if "description" in values:
        errors += rules.text_errors(values["description"], "/description")
    if "website" in values:
        site = values["website"]
        errors += rules.text_errors(site, "/website", 500)
        if site and not site.startswith(("https://", "http://")):
            errors.append(FieldError("/website", "A website starts with https:// or http://"))
    if "channels" in values:
        known = await channels.known(tx)
        wrong = [n for n, channel in enumerate(values["channels"]) if channel not in known]
        errors += [FieldError(f"/channels/{n}", f"A channel is one of: {', '.join(known)}") for n in wrong]
        if not values["channels"]:
            errors.append(FieldError("/channels", "A resource has at least one channel"))
    for n, database_id in enumerate(values.get("database_ids", ())):
        if not 0 < database_id < 2**31 or await databases_store.find(tx, database_id) is None:
            errors.append(FieldError(f"/database_ids/{n}", f"There is no database {database_id}"))
    if errors:
        raise invalid(*errors)


def _taken(exc: sa.exc.IntegrityError, name: str) -> Exception:
    if isinstance(exc.orig, psycopg.errors.UniqueViolation):
        return name_taken("resource", name)
    return exc
