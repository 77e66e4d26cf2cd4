"""Traits of identify become fields of the profile, as far as the database has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fidelia import profiles
from fidelia.access import Actor
from fidelia.platform.postgres import Tx

from .. import rules

#: Never set by a library: identity, consent and what Fidelia keeps itself.
_CLOSED = frozenset(("external_id", "status", "created_at", "updated_at", "subscriptions", "profile_id", "id"))


def fields_of(database: profiles.Database, traits: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return the values that can be stored, by field name, and the traits that were left aside."""
    values: dict[str, Any] = {}
    aside: list[str] = []
    for name, value in rules.flat_traits(traits).items():
        field = database.field(name)
        if value is None:
            continue
        if field is None or name in _CLOSED or field.read_only:
            if name not in ("name", "address"):
                aside.append(name)
            continue
        try:
            if profiles.read_value(field, value) is not None:
                values[name] = value
        except (ValueError, RecursionError):
            aside.append(f"{name} (value)")
    return values, aside


async def upsert_users(
    tx: Tx, actor: Actor, database_id: int, users: Mapping[str, dict[str, Any]]
) -> tuple[dict[str, int], dict[str, str]]:
    """Make or change people by external id; return their profiles, and why some could not be made.

    A value that is refused (an address that somebody else has) is left out rather than losing the person.
    """
    found: dict[str, int] = {}
    reasons: dict[str, str] = {}
    left = {user: {"external_id": user, **values} for user, values in users.items()}
    for last in (False, False, True):
        if not left:
            break
        names = sorted(left)
        done = await profiles.upsert(
            tx, actor, database_id, [left[name] for name in names], matching="external_id", mode="upsert"
        )
        again: dict[str, dict[str, Any]] = {}
        for user, item in zip(names, done.items, strict=True):
            if item.status != "rejected" and item.profile_id:
                found[user] = item.profile_id
            elif last or len(left[user]) == 1:
                reasons[user] = "; ".join(error.message for error in item.errors)[:200] or "no profile could be made"
            else:
                wrong = {error.pointer.split("/")[3] for error in item.errors if error.pointer.count("/") >= 3}
                kept = {name: value for name, value in left[user].items() if name == "external_id" or name not in wrong}
                again[user] = kept if len(kept) < len(left[user]) else {"external_id": user}
        left = again
    return found, reasons


async def fill_unset(tx: Tx, actor: Actor, database_id: int, people: Mapping[int, dict[str, Any]]) -> None:
    """Fill fields that have no value yet, as a public key may do; whatever is set stays as it is."""
    columns = sorted({name for values in people.values() for name in values})
    if not columns:
        return
    items: list[dict[str, Any]] = []
    for row in await profiles.read_many(tx, database_id, sorted(people), columns):
        unset = {name: value for name, value in people[row["id"]].items() if row[name] in (None, [])}
        if unset:
            items.append({"profile_id": row["id"], **unset})
    await _update(tx, actor, database_id, items)


async def _update(tx: Tx, actor: Actor, database_id: int, items: Sequence[Mapping[str, Any]]) -> None:
    """Change people one value at a time where a whole item is refused."""
    if not items:
        return
    done = await profiles.upsert(tx, actor, database_id, items, matching="profile_id", mode="update")
    single = [
        {"profile_id": items[item.index]["profile_id"], name: value}
        for item in done.items
        if item.status == "rejected" and len(items[item.index]) > 2
        for name, value in items[item.index].items()
        if name != "profile_id"
    ]
    for item in single:
        await profiles.upsert(tx, actor, database_id, [item], matching="profile_id", mode="update")
