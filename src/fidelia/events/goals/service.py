"""Use cases of goals: define, change, archive, and what happened with them lately."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from fidelia import profiles
from fidelia.access import Actor, audit
from fidelia.kernel.errors import FieldError, conflict, invalid
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.postgres import Tx

from ..projection import ensure_events
from . import rules, store
from .model import Goal, GoalCount, GoalFigures
from .site.serving import forget_goals

DAYS = (7, 30)


async def list_goals(tx: Tx, page: PageRequest, *, database_id: int | None, archived: bool) -> Page[Goal]:
    """Return a page of goals, by ``name``, ``key`` or ``created_at``."""
    return await store.page(tx, page, database_id, archived=archived)


async def get_goal(tx: Tx, goal_id: int) -> Goal:
    """Return a goal; raise 404."""
    return await store.find(tx, goal_id)


async def create_goal(tx: Tx, actor: Actor, database_id: int, values: Mapping[str, Any]) -> Goal:
    """Define a goal of a database; raise 404, 409, 422."""
    await profiles.get_database(tx, database_id)
    kept = _checked(dict(values))
    if await store.key_taken(tx, database_id, kept["key"]):
        raise conflict(
            f"There is a goal with the key {kept['key']!r} already",
            FieldError("/key", "Another goal of this database has this key"),
        )
    made = await store.find(tx, await store.insert(tx, {"database_id": database_id, **kept}))
    forget_goals(tx.engines)
    await audit(tx, actor, "goal.created", kind="goal", object_id=made.id, name=made.name, after=_picture(made))
    return made


async def change_goal(tx: Tx, actor: Actor, goal_id: int, values: Mapping[str, Any]) -> Goal:
    """Change what is given; what was reached before keeps its value. Raise 404, 409 for an archived one, 422."""
    before = await store.find(tx, goal_id, lock=True)
    if before.archived_at is not None:
        raise conflict("This goal is archived; restore it first")
    kept = _checked(dict(values))
    if kept:
        await store.update(tx, goal_id, kept)
    after = await store.find(tx, goal_id)
    forget_goals(tx.engines)
    if kept:
        await audit(
            tx,
            actor,
            "goal.updated",
            kind="goal",
            object_id=goal_id,
            name=after.name,
            before=_picture(before),
            after=_picture(after),
        )
    return after


async def archive_goal(tx: Tx, actor: Actor, goal_id: int, *, archived: bool) -> Goal:
    """Archive a goal, so that it cannot be reached any more, or take it back; raise 404."""
    before = await store.find(tx, goal_id, lock=True)
    if (before.archived_at is not None) != archived:
        await store.update(tx, goal_id, {"archived_at": tx.now if archived else None})
        verb = "goal.archived" if archived else "goal.restored"
        await audit(tx, actor, verb, kind="goal", object_id=goal_id, name=before.name)
    forget_goals(tx.engines)
    return await store.find(tx, goal_id)


async def goals_of(tx: Tx, database_id: int, *, living: bool = True) -> dict[str, Goal]:
    """Return the goals of a database by their keys; ``living``: only those that can be reached now."""
    return await store.of_database(tx, database_id, living=living)


async def figures(tx: Tx, database_id: int) -> list[GoalFigures]:
    """Return what happened with the goals of a database in the last 7 and 30 days; raise 404, 503."""
    await profiles.get_database(tx, database_id)
    goals = await store.of_database(tx, database_id, living=False)
    engines = tx.engines
    await engines.catch_up()
    await ensure_events(engines, database_id)
    found = await store.figures(engines, database_id, list(goals), DAYS, tx.now.timestamp()) if goals else {}
    return [_figures(goal, found.get(key)) for key, goal in goals.items()]


def _figures(goal: Goal, row: tuple[Any, ...] | None) -> GoalFigures:
    if row is None:
        return GoalFigures(goal.id, None, [GoalCount(days, 0, 0, None) for days in DAYS])
    last: datetime = row[0]
    counts = [
        GoalCount(days, int(row[1 + 3 * n]), int(row[2 + 3 * n]), float(row[3 + 3 * n] or 0.0))
        for n, days in enumerate(DAYS)
    ]
    return GoalFigures(goal.id, last if last.tzinfo else last.replace(tzinfo=UTC), counts)


def _checked(values: dict[str, Any]) -> dict[str, Any]:
    """Return the columns for what is given; raise 422 with everything that is wrong."""
    errors: list[FieldError] = []
    if "name" in values:
        values["name"] = values["name"].strip()
        if not 1 <= len(values["name"]) <= rules.MAX_NAME or not values["name"].isprintable():
            errors.append(FieldError("/name", f"A name has 1 to {rules.MAX_NAME} printable characters"))
    if "key" in values and not rules.KEY.fullmatch(values["key"]):
        errors.append(
            FieldError("/key", "A key has lower-case letters a-z, digits, _ - and dots, 64 characters at most")
        )
    if "\x00" in values.get("description", ""):
        errors.append(FieldError("/description", "This has a character that cannot be stored"))
    if values.get("currency") is not None and not rules.CURRENCY.fullmatch(values["currency"]):
        errors.append(FieldError("/currency", "A currency is three capital letters, like EUR"))
    if values.get("default_value") is not None:
        try:
            values["default_value"] = rules.read_value(values["default_value"])
        except rules.WrongValue as exc:
            errors.append(FieldError("/default_value", str(exc)))
    conditions = values.get("conditions")
    if conditions is not None:
        if len(conditions) > rules.MAX_CONDITIONS:
            errors.append(FieldError("/conditions", f"A goal has {rules.MAX_CONDITIONS} conditions at most"))
        values["conditions"] = msgspec.to_builtins(conditions)
        if "\x00" in msgspec.json.encode(conditions).decode().replace("\\u0000", "\x00"):
            errors.append(FieldError("/conditions", "This has a character that cannot be stored"))
    if errors:
        raise invalid(*errors)
    return values


def _picture(goal: Goal) -> dict[str, Any]:
    kept = ("key", "name", "description", "default_value", "currency", "active")
    shown = {name: getattr(goal, name) for name in kept}
    return shown | {"conditions": msgspec.to_builtins(goal.conditions)}
