"""What a type of relation may be, and what its properties may hold. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from fidelia.kernel.errors import FieldError

from ..fields import Field, read_value
from ..rules import escape
from .model import MAX_PROPERTIES, NAME, RelationProperty

#: Names that the fields of the other person and ways stand under.
_RESERVED = frozenset({"profile", "inverse", "related_at", "item"})


def name_errors(name: str, pointer: str) -> list[FieldError]:
    """Check the name of a type or property, which conditions say."""
    if not NAME.fullmatch(name) or name in _RESERVED:
        return [FieldError(pointer, "A name starts with a small letter and holds a-z, 0-9 and _, 40 at most")]
    return []


def property_errors(properties: Sequence[RelationProperty], pointer: str) -> list[FieldError]:
    """Check the properties of a type."""
    errors: list[FieldError] = []
    if len(properties) > MAX_PROPERTIES:
        errors.append(FieldError(pointer, f"A type has {MAX_PROPERTIES} properties at most"))
    seen: set[str] = set()
    for n, wanted in enumerate(properties):
        errors += name_errors(wanted.name, f"{pointer}/{n}/name")
        if wanted.name in seen:
            errors.append(FieldError(f"{pointer}/{n}/name", f"The property {wanted.name} stands here twice"))
        seen.add(wanted.name)
    return errors


def read_properties(
    known: Sequence[RelationProperty], given: Mapping[str, Any], *, increments: bool = False
) -> tuple[dict[str, Any], str, str]:
    """Return properties as they are stored, or the pointer and the reason of the first one that cannot be.

    ``null`` takes a property away. ``increments`` are steps, so numbers only.
    """
    types = {p.name: p.type for p in known}
    found: dict[str, Any] = {}
    for name, value in given.items():
        pointer = f"/properties/{escape(name)}"
        type_ = types.get(name)
        if type_ is None:
            return {}, pointer, f"There is no property {name[:50]!r}"
        if increments and (type_ not in ("integer", "float") or value is None):
            return {}, pointer, "Only numbers can be incremented"
        try:
            found[name] = msgspec.to_builtins(read_value(Field(name=name, type=type_), value))
        except ValueError as exc:
            return {}, pointer, str(exc)
    return found, "", ""
