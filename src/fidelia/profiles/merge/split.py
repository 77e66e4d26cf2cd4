"""Splitting: what one profile holds of several people goes to each of them. Everything in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import psycopg

from fidelia.access import Actor, audit
from fidelia.kernel.errors import FieldError, conflict, invalid, invalid_field, not_found
from fidelia.kernel.ids import MAX_PROFILE_ID
from fidelia.platform.outbox import EventOut
from fidelia.platform.postgres import Tx

from .. import rules as profile_rules
from ..fields import Database
from ..service import quota
from ..service.profiles import unstorable
from ..store import databases as databases_store
from ..store import profiles as profiles_store
from . import store
from .model import SPLITTERS, MergedFrom, Part, Person, SplitIn, SplitOut, SplitPart, Splitter


class _Planned(msgspec.Struct):
    """A part with the values that it gets, and the one that it had been before a merge."""

    wish: SplitPart
    values: dict[str, Any]
    former: MergedFrom | None = None


async def split(tx: Tx, actor: Actor, database_id: int, wish: SplitIn) -> SplitOut:
    """Split a profile; raise 404, 409 (a unique value is taken), 422."""
    home = await databases_store.open_for_write(tx, database_id)
    raw = await tx.raw()
    source = Person(database_id, wish.source)
    source = (await store.became(raw, [source])).get(source, source)
    if source.database_id != database_id:
        raise not_found("Profile", wish.source)
    last = await databases_store.lock_ids(tx, database_id)
    row = await profiles_store.read(raw, home, source.profile_id, lock=True)
    if row is None:
        raise not_found("Profile", wish.source)
    plans, moving = await _plan(raw, home, source, row, wish.destinations)
    new = sum(plan.wish.profile_id is None for plan in plans)
    if last + new > MAX_PROFILE_ID:
        raise conflict("This database has given away every profile id it can")
    await quota.require(tx, new)
    options = {"subscriptions": wish.subscriptions, "history": wish.history, "static_segments": wish.static_segments}
    split_id = await store.insert_merge(raw, "split", source, options, {}, actor.name, tx.now)
    moved: dict[str, int] = {}
    parts: list[Person] = []
    try:
        if moving:
            await profiles_store.update(raw, home, source.profile_id, dict.fromkeys(moving), tx.now)
        for n, plan in enumerate(plans):
            part = await _write(tx, home, plan, last + 1, f"/destinations/{n}")
            last = max(last, part.profile_id)
            parts.append(part)
    except psycopg.Error as exc:
        raise unstorable(home, exc) from None
    if new:
        await databases_store.advance_ids(tx, database_id, new)
        await quota.note(tx)
    for n, (part, plan) in enumerate(zip(parts, plans, strict=True)):
        for name, count in (await _hand_over(tx, actor, home, source, part, plan, wish, n)).items():
            moved[name] = moved.get(name, 0) + count
    touched = [source.profile_id, *(part.profile_id for part in parts)]
    for stream in ("profiles", "subscriptions"):
        tx.mark_dirty(stream, database_id, touched)
    if not wish.skip_triggers:
        _tell(tx, actor, source, moving, parts, plans)
    summary = {"parts": [part.profile_id for part in parts], "fields": sorted(moving), "moved": moved}
    await store.set_summary(raw, split_id, summary)
    name = f"{home.name}: profile {source.profile_id}"
    await audit(tx, actor, "profile.split", kind="profile", object_id=source.profile_id, name=name, after=summary)
    rows = {r["id"]: r for r in await profiles_store.read_many(raw, home, touched, home.fields)}
    return SplitOut(
        split_id=split_id,
        source=rows[source.profile_id],
        parts=[rows[part.profile_id] for part in parts],
        moved={name: count for name, count in moved.items() if count},
    )


async def _plan(
    raw: psycopg.AsyncConnection[Any],
    home: Database,
    source: Person,
    row: Mapping[str, Any],
    wishes: Sequence[SplitPart],
) -> tuple[list[_Planned], set[str]]:
    """Work out the values of the parts and the fields that the source loses; raise 422."""
    errors: list[FieldError] = []
    plans: list[_Planned] = []
    moving: set[str] = set()
    before = await store.merged_from(raw, source)
    for n, wish in enumerate(wishes):
        pointer = f"/destinations/{n}"
        former: MergedFrom | None = None
        values: dict[str, Any] = {}
        if wish.former is not None:
            who = Person(wish.former.database_id or source.database_id, wish.former.profile_id)
            former = next((b for b in before if Person(b.database_id, b.profile_id) == who), None)
            if former is None:
                errors.append(FieldError(f"{pointer}/former", f"This profile was not merged from {who.profile_id}"))
            else:
                values = _former_values(home, former)
                moving |= {name for name in values if home.by_name[name].unique and row.get(name) == values[name]}
        for place, name in enumerate(wish.fields):
            field = home.field(name)
            if field is None or field.read_only or name == "status" or field.required:
                errors.append(FieldError(f"{pointer}/fields/{place}", f"{name[:100]!r} is no field that can be moved"))
            elif name in moving and field.unique:
                errors.append(FieldError(f"{pointer}/fields/{place}", f"{name[:100]!r} goes to another part already"))
            else:
                values[name] = row.get(name)
                moving.add(name)
        given, wrong = profile_rules.read_values(home, wish.data, f"{pointer}/data")
        errors += wrong
        values |= given
        if wish.profile_id is None:
            errors += profile_rules.missing_errors(home, values, f"{pointer}/data")
        elif wish.profile_id == source.profile_id:
            errors.append(FieldError(f"{pointer}/profile_id", "A profile cannot be a part of itself"))
        plans.append(_Planned(wish, values, former))
    if errors:
        raise invalid(*errors)
    return plans, moving


def _former_values(home: Database, former: MergedFrom) -> dict[str, Any]:
    """Return what somebody had before a merge, as far as the database can hold it."""
    given = {
        name: value
        for name, value in former.before.items()
        if (field := home.field(name)) is not None and not field.read_only
    }
    values, _ = profile_rules.read_values(home, given, "")
    return values


async def _write(tx: Tx, home: Database, plan: _Planned, next_id: int, pointer: str) -> Person:
    raw = await tx.raw()
    profile_id = plan.wish.profile_id
    if profile_id is None:
        known = {name: value for name, value in plan.values.items() if value is not None}
        await profiles_store.insert(raw, home, next_id, known, tx.now)
        return Person(home.id, next_id)
    if await profiles_store.read(raw, home, profile_id, lock=True) is None:
        raise invalid_field(f"{pointer}/profile_id", f"There is no profile {profile_id}")
    if plan.values:
        await profiles_store.update(raw, home, profile_id, plan.values, tx.now)
    return Person(home.id, profile_id)


async def _hand_over(
    tx: Tx, actor: Actor, home: Database, source: Person, part: Person, plan: _Planned, wish: SplitIn, n: int
) -> dict[str, int]:
    raw = await tx.raw()
    moved: dict[str, int] = {}
    if plan.wish.subscriptions:
        picked = await store.pick_subscriptions(raw, source, part.profile_id, plan.wish.subscriptions, tx.now)
        for place, number in enumerate(plan.wish.subscriptions):
            if number not in picked:
                raise invalid_field(
                    f"/destinations/{n}/subscriptions/{place}", f"Subscription {number} is not the profile's"
                )
        moved["subscriptions"] = len(picked)
    if wish.subscriptions:
        moved["subscriptions_copied"] = await store.copy_subscriptions(raw, source, part.profile_id, tx.now)
    if wish.history:
        copy = await store.copy_history(raw, source, part, tx.now)
        tx.mark_dirty("history_copies", home.id, [copy])
    if plan.former is not None:
        columns = {home.by_name[name].column: v for name, v in plan.values.items() if v is not None}
        await store.give_identities(raw, part, Person(plan.former.database_id, plan.former.profile_id), columns)
    share = Part(
        source=source,
        part=part,
        orders=tuple(plan.wish.orders),
        segments=wish.static_segments,
        triggers=not wish.skip_triggers,
        actor=actor.name,
    )
    splitters: Sequence[Splitter] = tx.engines.port(SPLITTERS)
    for splitter in splitters:
        for name, count in (await splitter(tx, share)).items():
            moved[name] = moved.get(name, 0) + count
    if plan.wish.orders and moved.get("orders", 0) != len(set(plan.wish.orders)):
        raise invalid_field(f"/destinations/{n}/orders", "Some of these orders are not the profile's")
    return moved


def _tell(
    tx: Tx, actor: Actor, source: Person, moving: set[str], parts: Sequence[Person], plans: Sequence[_Planned]
) -> None:
    home = source.database_id
    if moving:
        properties: dict[str, Any] = {"fields": sorted(moving), "source": actor.kind}
        tx.emit(EventOut(home, source.profile_id, "profile.updated", tx.now, properties))
    for part, plan in zip(parts, plans, strict=True):
        if plan.wish.profile_id is None:
            properties = {"source": actor.kind, "split_from": source.profile_id}
            tx.emit(EventOut(home, part.profile_id, "profile.created", tx.now, properties))
        elif plan.values:
            properties = {"fields": sorted(plan.values), "source": actor.kind, "split_from": source.profile_id}
            tx.emit(EventOut(home, part.profile_id, "profile.updated", tx.now, properties))
