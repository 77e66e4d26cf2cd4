"""Use cases of frequency policies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from fidelia import profiles
from fidelia.access import Actor, audit
from fidelia.kernel.errors import FieldError, Problem, conflict, invalid, name_taken
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.postgres import Tx

from . import rules, store
from .model import Limit, Policy


async def list_policies(tx: Tx, page: PageRequest) -> Page[Policy]:
    """Return a page of policies."""
    return await store.pages(tx, page)


async def get_policy(tx: Tx, policy_id: int) -> Policy:
    """Return a policy; raise 404."""
    return await store.get(tx, policy_id)


async def create_policy(tx: Tx, actor: Actor, values: Mapping[str, Any]) -> Policy:
    """Store a new policy; raise 409 for a name that is taken, 422 for limits or resources that cannot be."""
    made = await _save(tx, None, values)
    await audit(tx, actor, "policy.created", kind="policy", object_id=made.id, name=made.name, after=_told(made))
    return made


async def change_policy(tx: Tx, actor: Actor, policy_id: int, values: Mapping[str, Any]) -> Policy:
    """Change a policy; what is being sent follows it from the next messages on. Raise 404, 409, 422."""
    before = await store.get(tx, policy_id, lock=True)
    after = await _save(tx, before, values)
    await audit(
        tx,
        actor,
        "policy.updated",
        kind="policy",
        object_id=after.id,
        name=after.name,
        before=_told(before),
        after=_told(after),
    )
    return after


async def delete_policy(tx: Tx, actor: Actor, policy_id: int) -> None:
    """Delete a policy; raise 404, and 409 while mailings name it."""
    policy = await store.get(tx, policy_id, lock=True)
    users = await store.used_by(tx, policy_id)
    if users:
        shown = ", ".join(users[:5]) + (f" and {len(users) - 5} more" if len(users) > 5 else "")
        raise conflict(f"{policy.name} is used by {shown}; choose another policy there first")
    await store.delete(tx, policy_id)
    await audit(tx, actor, "policy.deleted", kind="policy", object_id=policy.id, name=policy.name, before=_told(policy))


async def _save(tx: Tx, before: Policy | None, values: Mapping[str, Any]) -> Policy:
    kept = dict(values)
    resource_ids: list[int] | None = kept.pop("resource_ids", None)
    await _check(tx, before, kept, resource_ids or [])
    if "limits" in kept:
        kept["limits"] = msgspec.to_builtins(kept["limits"])
    if kept.get("is_default"):
        await store.drop_default(tx, before.id if before else None)
    if before is None:
        policy_id = await store.insert(tx, kept)
    else:
        policy_id = before.id
        await store.update(tx, policy_id, kept)
    if resource_ids is not None:
        await store.set_resources(tx, policy_id, sorted(set(resource_ids)))
    return await store.get(tx, policy_id)


async def _check(tx: Tx, before: Policy | None, values: dict[str, Any], resource_ids: list[int]) -> None:
    errors: list[FieldError] = []
    if "name" in values:
        values["name"] = values["name"].strip()
        if not 1 <= len(values["name"]) <= 100 or not values["name"].isprintable():
            errors.append(FieldError("/name", "Enter a name of 100 characters at most"))
        elif await store.named(tx, values["name"], before.id if before else None):
            raise name_taken("policy", values["name"])
    if "\x00" in values.get("description", ""):
        errors.append(FieldError("/description", "A text cannot hold the character NUL"))
    limits: list[Limit] = values.get("limits", [])
    errors += rules.faults(limits)
    for n, resource_id in enumerate(resource_ids):
        try:
            await profiles.get_resource(tx, resource_id)
        except Problem as exc:
            if exc.status != 404:
                raise
            errors.append(FieldError(f"/resource_ids/{n}", "There is no such resource"))
    if errors:
        raise invalid(*errors)


def _told(policy: Policy) -> dict[str, Any]:
    return {
        "name": policy.name,
        "description": policy.description,
        "limits": [rules.text(limit) for limit in policy.limits],
        "is_default": policy.is_default,
        "resource_ids": policy.resource_ids,
    }
