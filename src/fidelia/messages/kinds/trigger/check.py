"""Checks of triggers: before they are stored, and before a start."""

from __future__ import annotations

from collections.abc import Sequence

from fidelia import conditions, events, profiles
from fidelia.kernel.errors import FieldError, Problem, invalid
from fidelia.platform.postgres import Tx

from .filters import filter_of
from .model import MAX_TRIGGERS, CallTrigger, DateTrigger, EventTrigger, Trigger
from .rules import ITS_OWN


async def faults(tx: Tx, database_id: int, triggers: Sequence[Trigger], own: int | None) -> list[FieldError]:
    """Return what is wrong with the triggers of a mailing, each at its place; ``own`` is the mailing's id.

    Raise 404 for the database.
    """
    if not triggers:
        return []
    if len(triggers) > MAX_TRIGGERS:
        return [FieldError("/triggers", f"A mailing has {MAX_TRIGGERS} triggers at most")]
    database = await profiles.get_database(tx, database_id)
    types = {t.name: t for t in await events.event_types(tx, database_id, archived=True)}
    errors: list[FieldError] = []
    for n, trigger in enumerate(triggers):
        pointer = f"/triggers/{n}"
        match trigger:
            case EventTrigger():
                errors += await _event_faults(tx, database, types, trigger, pointer, own)
            case DateTrigger():
                errors += _date_faults(database, trigger, pointer)
            case CallTrigger() if any(isinstance(other, CallTrigger) for other in triggers[:n]):
                errors.append(FieldError(pointer, "A mailing is called in one way only; it has an API call already"))
    return errors


async def _event_faults(
    tx: Tx,
    database: profiles.Database,
    types: dict[str, events.EventTypeOut],
    trigger: EventTrigger,
    pointer: str,
    own: int | None,
) -> list[FieldError]:
    known = types.get(trigger.type)
    if known is None and not events.is_own_type(trigger.type):
        return [FieldError(f"{pointer}/type", f"There is no event {trigger.type} in this database")]
    if known is not None and known.archived_at is not None:
        return [FieldError(f"{pointer}/type", f"The event type {known.label} is deleted: restore it first")]
    if trigger.where is None:
        return []
    if own is not None and trigger.type in ITS_OWN and (path := _names(trigger.where, own)) is not None:
        words = "This mailing would set itself off with its own messages, for ever"
        return [FieldError(f"{pointer}/where{path}", words)]
    try:
        await filter_of(tx, database, known, trigger.where, f"{pointer}/where")
    except Problem as exc:
        if exc.status != 422:
            raise
        return list(exc.errors)
    return []


def _names(where: conditions.Condition, own: int) -> str | None:
    """Return where a condition asks for the mailing itself."""
    for path, node in conditions.walk(where):
        if isinstance(node, conditions.Compare) and node.field == "trigger.mailing":
            asked = node.value if isinstance(node.value, list) else [node.value]
            if node.op in ("eq", "in") and own in asked:
                return path
    return None


def _date_faults(database: profiles.Database, trigger: DateTrigger, pointer: str) -> list[FieldError]:
    field = database.field(trigger.field)
    if field is None:
        return [FieldError(f"{pointer}/field", f"There is no field {trigger.field} in this database")]
    if field.type not in ("date", "datetime"):
        return [FieldError(f"{pointer}/field", f"{field.label or field.name} is no date")]
    return []


async def check(tx: Tx, database_id: int, triggers: Sequence[Trigger], own: int | None) -> None:
    """Raise 422 with everything that is wrong with the triggers of a mailing."""
    errors = await faults(tx, database_id, triggers, own)
    if errors:
        raise invalid(*errors)
