"""What a merged profile is like. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from ..contacts import MAX_PHONES
from ..fields import Database, Field
from ..ingest.model import CONSENT
from ..values import MAX_ITEMS, object_, objects
from .model import DroppedValue, FieldConflict

Row = Mapping[str, Any]
_JOINED = frozenset({"tags", "object", "objects"})


class Side(msgspec.Struct, frozen=True):
    """One of the profiles with the database that it comes from."""

    database: Database
    row: Row

    @property
    def profile_id(self) -> int:
        """Return the profile's id."""
        return int(self.row["id"])


def combine(
    database: Database, target: Row, sources: Sequence[Side], data: Row
) -> tuple[dict[str, Any], list[FieldConflict]]:
    """Return the values that the destination gets, by field, and where the profiles differ.

    The destination's own value stands before those of the sources, in their order. Lists, objects and phones are
    joined. The strictest status holds, and the earliest ``created_at``. ``data`` stands over everything.
    """
    wanted: dict[str, Any] = {}
    conflicts: list[FieldConflict] = []
    for field in database.fields:
        if field.name == "updated_at":
            continue
        own = target.get(field.name)
        given, refused = _given(field, sources)
        if field.name in data:
            kept = data[field.name]
        elif field.name == "created_at":
            kept = min([own, *(value for _, value in given)])
        elif field.name == "status":
            kept = min([own, *(value for _, value in given)], key=lambda status: CONSENT[status])
        else:
            kept = _joined(field, own, [value for _, value in given])
        if kept != own:
            wanted[field.name] = kept
        if field.read_only:
            continue
        dropped = [_dropped(side, value) for side, value in given if not _contains(field, kept, value)]
        dropped += refused
        if own is not None and not _contains(field, kept, own):
            dropped.insert(0, _dropped(Side(database, target), own))
        if dropped:
            conflicts.append(FieldConflict(field=field.name, kept=kept, dropped=dropped))
    conflicts += _homeless(database, sources)
    return wanted, conflicts


def _given(field: Field, sources: Sequence[Side]) -> tuple[list[tuple[Side, Any]], list[DroppedValue]]:
    """Return what the sources have for a field, and what they have that does not fit it."""
    found: list[tuple[Side, Any]] = []
    refused: list[DroppedValue] = []
    for side in sources:
        theirs = side.database.field(field.name)
        value = side.row.get(field.name)
        if theirs is None or value is None:
            continue
        if theirs.type != field.type:
            reason = f"The field is {theirs.type} there and {field.type} here"
            refused.append(_dropped(side, value, reason))
        elif field.type == "enum" and value not in field.options:
            refused.append(_dropped(side, value, "This option does not exist here"))
        else:
            found.append((side, value))
    return found, refused


def _homeless(database: Database, sources: Sequence[Side]) -> list[FieldConflict]:
    """Name the values of fields that the destination's database does not have."""
    found: dict[str, list[DroppedValue]] = {}
    for side in sources:
        for field in side.database.fields:
            value = side.row.get(field.name)
            if value is not None and database.field(field.name) is None:
                reason = "The database has no such field"
                found.setdefault(field.name, []).append(_dropped(side, value, reason))
    return [FieldConflict(field=name, kept=None, dropped=dropped) for name, dropped in found.items()]


def _dropped(side: Side, value: Any, reason: str | None = None) -> DroppedValue:
    return DroppedValue(database_id=side.database.id, profile_id=side.profile_id, value=value, reason=reason)


def _joined(field: Field, own: Any, given: Sequence[Any]) -> Any:
    values = [value for value in (own, *given) if value is not None]
    if field.type not in _JOINED or len(values) < 2:
        return values[0] if values else None
    if field.type == "tags":
        most = MAX_PHONES if field.builtin else MAX_ITEMS
        return list(dict.fromkeys(item for value in values for item in value))[:most]
    try:
        if field.type == "object":
            return object_({key: item for value in reversed(values) for key, item in value.items()})
        distinct: list[Any] = []
        for item in (item for value in values for item in value):
            if item not in distinct:
                distinct.append(item)
        return objects(distinct)
    except ValueError:  # together they are too large
        return values[0]


def _contains(field: Field, kept: Any, value: Any) -> bool:
    if kept == value:
        return True
    if kept is None:
        return False
    if field.type == "object":
        return all(kept.get(key) == item for key, item in value.items())
    return field.type in ("tags", "objects") and all(item in kept for item in value)


def identities(database: Database, sides: Sequence[Side], result: Row) -> list[tuple[str, str]]:
    """Return what people were known by that the result does not have: column and value."""
    found: dict[tuple[str, str], None] = {}
    for side in sides:
        for field in database.fields:
            theirs = side.database.field(field.name)
            value = side.row.get(field.name)
            known = field.unique or (field.builtin and field.name == "phones")
            if not known or theirs is None or theirs.type != field.type or value is None:
                continue
            kept = result.get(field.name)
            for item in value if isinstance(value, list) else [value]:
                if item != kept and not (isinstance(kept, list) and item in kept):
                    found[field.column, str(item)] = None
    return list(found)


def plain(row: Row) -> dict[str, Any]:
    """Return the values of a profile as JSON, without empty ones."""
    return {name: msgspec.to_builtins(value) for name, value in row.items() if value is not None and name != "version"}
