"""Scores of a database: make, change, delete, read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from fidelia import profiles
from fidelia.access import Actor, audit
from fidelia.kernel.errors import FieldError, conflict, invalid, invalid_field, name_taken
from fidelia.platform.postgres import Tx
from fidelia.platform.schedules import DONE

from ..model import SegmentSchedule
from ..service.lists import source_of
from ..service.question import vocabulary
from . import compute, rules, store
from .model import Score, ScoreField, ScoreFigure, ScoreKind, ScoreRow
from .store import RUNS

DAILY = SegmentSchedule(at="03:00")
MAX_SCORES = 50
#: Of these, another value means other groups: they are computed at once.
_COUNTED = frozenset({"groups", "days", "currency", "figure"})


class Definition(msgspec.Struct, frozen=True, kw_only=True):
    """What a score is made of. Without ``schedule`` it is computed only when asked."""

    name: str
    kind: ScoreKind
    prefix: str
    groups: int = 5
    days: int | None = None
    currency: str | None = None
    figure: ScoreFigure | None = None
    schedule: SegmentSchedule | None = DAILY


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What is changed; ``UNSET`` stays. ``version`` is the one that was read, to notice somebody else's change."""

    name: str | UnsetType = UNSET
    groups: int | UnsetType = UNSET
    days: int | UnsetType | None = UNSET
    currency: str | UnsetType | None = UNSET
    figure: ScoreFigure | UnsetType | None = UNSET
    schedule: SegmentSchedule | UnsetType | None = UNSET
    version: int | UnsetType = UNSET


async def create(tx: Tx, actor: Actor, database_id: int, made: Definition) -> Score:
    """Make a score with its fields; a job fills them. Raises 404, 409 (a name is taken), 422."""
    database = await profiles.get_database(tx, database_id)
    row = _row(database_id, made, tx.now)
    await _refuse(tx, row, database)
    if len(await store.of_database(tx, database_id)) >= MAX_SCORES:
        raise conflict(f"A database has {MAX_SCORES} scores at most")
    taken = [name for name in rules.names_of(row.kind, row.prefix) if database.field(name) is not None]
    if taken:
        raise invalid_field("/prefix", f"There is a field {taken[0]} already; begin the names with something else")
    score_id = await store.add(tx, {**_columns(row), "next_run_at": await compute.following(tx, row)})
    row = await store.get(tx, database_id, score_id)
    for field in rules.fields_of(row):
        await profiles.add_field(tx, actor, database_id, field)
    await RUNS.start(tx, row.id, compute.work_of(row), source=source_of(actor), actor=actor.name)
    await audit(tx, actor, "score.created", kind="score", object_id=score_id, name=row.name, after=picture(row))
    return await read(tx, database_id, score_id)


async def change(tx: Tx, actor: Actor, database_id: int, score_id: int, wanted: Change) -> Score:
    """Change what is given; where that means other groups, a job computes them.

    Raises 404; 409 while the score is computed, or for a version that is not the present one; 422.
    """
    database = await profiles.get_database(tx, database_id)
    before = await store.get(tx, database_id, score_id, lock=True)
    if wanted.version is not UNSET and wanted.version != before.version:
        raise conflict(
            "Somebody has changed this score since you read it",
            FieldError("/version", f"The present version is {before.version}"),
            version=before.version,
        )
    given = {
        name: value
        for name in Change.__struct_fields__
        if name != "version" and (value := getattr(wanted, name)) is not UNSET
    }
    after = msgspec.structs.replace(before, **given)
    if after == before:
        return await read(tx, database_id, score_id)
    await _refuse(tx, after, database)
    await RUNS.settle(tx, [score_id])
    counted = any(getattr(after, name) != getattr(before, name) for name in _COUNTED)
    if counted and await RUNS.open_of(tx, score_id) is not None:
        raise conflict("The score is being computed: wait for it, or cancel that, and change it then")
    values = _columns(after)
    if after.schedule != before.schedule:
        values["next_run_at"] = await compute.following(tx, after)
    await store.update(tx, score_id, values, definition=True)
    row = await store.get(tx, database_id, score_id)
    if (after.name, after.groups, after.figure) != (before.name, before.groups, before.figure):
        for old, new in zip(rules.fields_of(before), rules.fields_of(row), strict=True):
            present = database.by_name[old.name]
            told = {n: getattr(new, n) for n in ("label", "description") if getattr(present, n) == getattr(old, n)}
            if told:  # words that somebody has changed stay
                await profiles.update_field(tx, actor, database_id, new.name, told)
    if counted:
        await RUNS.start(tx, row.id, compute.work_of(row), source=source_of(actor), actor=actor.name)
    await audit(
        tx,
        actor,
        "score.updated",
        kind="score",
        object_id=score_id,
        name=row.name,
        before=picture(before),
        after=picture(row),
    )
    return await read(tx, database_id, score_id)


async def delete(tx: Tx, actor: Actor, database_id: int, score_id: int, confirm: str) -> None:
    """Delete a score with its fields and everybody's values.

    ``confirm`` must be its name, or 422. Raises 404, 409 while it is computed or something uses its fields.
    """
    row = await store.get(tx, database_id, score_id, lock=True)
    if confirm != row.name:
        raise invalid_field("/confirm", f"To delete the score and its fields, confirm with its name: {row.name}")
    await RUNS.settle(tx, [score_id])
    if await RUNS.open_of(tx, score_id) is not None:
        raise conflict("The score is being computed: wait for it, or cancel that, and delete it then")
    users = await users_of(tx, await profiles.get_database(tx, database_id), row)
    if users:
        more = f" and {len(users) - 10} more" if len(users) > 10 else ""
        raise conflict(f"The score {row.name} is used by {', '.join(users[:10])}{more}", used_by=users)
    for name in rules.names_of(row.kind, row.prefix):
        await profiles.delete_field(tx, actor, database_id, name, name, keeper=rules.KEEPER.format(row.id))
    await store.delete(tx, score_id)
    await audit(tx, actor, "score.deleted", kind="score", object_id=score_id, name=row.name, before=picture(row))


async def read(tx: Tx, database_id: int, score_id: int) -> Score:
    """Return a score with its figures; raise 404."""
    database = await profiles.get_database(tx, database_id)
    return (await _shown(tx, database, [await store.get(tx, database_id, score_id)]))[0]


async def every(tx: Tx, database_id: int) -> list[Score]:
    """Return the scores of a database, the oldest first; raise 404."""
    database = await profiles.get_database(tx, database_id)
    return await _shown(tx, database, await store.of_database(tx, database_id))


async def users_of(tx: Tx, database: profiles.Database, row: ScoreRow) -> list[str]:
    """Return what uses the fields of a score, each once."""
    found: dict[str, None] = {}
    for name in rules.names_of(row.kind, row.prefix):
        field = database.field(name)
        for ask in tx.engines.port(profiles.USED_BY) if field is not None else ():
            found |= dict.fromkeys(await ask(tx, database.id, field))
    return list(found)


async def field_used_by(tx: Tx, database_id: int, field: profiles.Field | None) -> list[str]:
    """Answer which scores are worked out from a field (a port of profiles); scores go with their database."""
    if field is None:
        return []
    rows = await store.of_database(tx, database_id)
    return [f"score {row.name}" for row in rows if row.figure is not None and row.figure.field == field.name]


def picture(row: ScoreRow) -> dict[str, Any]:
    """Return a score as the audit log keeps it."""
    kept = ("name", "kind", "prefix", "groups", "days", "currency", "figure", "schedule")
    return {name: msgspec.to_builtins(getattr(row, name)) for name in kept}


async def _shown(tx: Tx, database: profiles.Database, rows: Sequence[ScoreRow]) -> list[Score]:
    ids = [row.id for row in rows]
    open_ = {run.score_id: run for run in await RUNS.open(tx, ids)}
    last, done = await RUNS.newest(tx, ids), await RUNS.newest(tx, ids, DONE)
    return [
        Score(
            **{name: getattr(row, name) for name in ScoreRow.__struct_fields__},
            fields=[ScoreField(f.name, f.type, f.label, f.description) for f in _fields_of(database, row)],
            sentence=rules.sentence(row),
            open_run=open_.get(row.id),
            last_run=last.get(row.id),
            last_done=done.get(row.id),
            used_by=await users_of(tx, database, row),
        )
        for row in rows
    ]


def _fields_of(database: profiles.Database, row: ScoreRow) -> list[profiles.Field]:
    names = rules.names_of(row.kind, row.prefix)
    return [database.by_name[name] for name in names if name in database.by_name]


async def _refuse(tx: Tx, row: ScoreRow, database: profiles.Database) -> None:
    events: frozenset[str] = frozenset()
    if row.figure is not None and row.figure.of == "events":
        events = frozenset(event.name for event in (await vocabulary(tx, database.id, fresh=True)).events)
    errors = rules.faults(row, database, events, tx.now.date())
    if errors:
        raise invalid(*errors)
    if await store.name_taken(tx, database.id, row.name, row.id):
        raise name_taken("score", row.name)


def _row(database_id: int, made: Definition, now: datetime) -> ScoreRow:
    values = {name: getattr(made, name) for name in Definition.__struct_fields__}
    values["name"] = made.name.strip()
    return ScoreRow(
        **values, id=0, database_id=database_id, next_run_at=None, version=1, created_at=now, updated_at=now
    )


def _columns(row: ScoreRow) -> dict[str, Any]:
    kept = ("database_id", "name", "kind", "prefix", "groups", "days", "currency")
    plain = {name: msgspec.to_builtins(getattr(row, name)) for name in ("figure", "schedule")}
    return {name: getattr(row, name) for name in kept} | plain
