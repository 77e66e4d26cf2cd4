"""Typed custom fields: what their values may be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import msgspec

from fidelia.kernel.errors import FieldError, Problem

from .model import FieldType

MAX_PROPERTIES = 32_768
_LARGEST = 2**53
_WORDS = {
    "int": "a whole number",
    "float": "a number",
    "string": "a text",
    "bool": "true or false",
    "list": "a list of texts",
    "date": "a day, like 2026-11-01",
}


class TypedField(msgspec.Struct, frozen=True):
    """A field in use: its key, its type, whether it must be there, and what it is when it is not."""

    key: str
    type: FieldType
    required: bool
    initial: Any


def fits(type_: FieldType, value: Any) -> bool:
    """Tell whether a JSON value may stand in a field of a type."""
    match type_:
        case "int":
            return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _LARGEST
        case "float":
            return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300
        case "string":
            return isinstance(value, str) and len(value) <= 10_000
        case "bool":
            return isinstance(value, bool)
        case "list":
            return isinstance(value, list) and len(value) <= 500 and all(isinstance(v, str) for v in value)
        case "date":
            return isinstance(value, str) and _is_day(value)


def _is_day(value: str) -> bool:
    try:
        return len(value) == 10 and date.fromisoformat(value) is not None
    except ValueError:
        return False


def must_be(type_: FieldType) -> str:
    """Return what a value of a type must be, in words."""
    return _WORDS[type_]


def typed(fields: Sequence[TypedField], given: Mapping[str, Any], pointer: str) -> dict[str, Any]:
    """Check the properties of one thing against the fields, and fill in defaults.

    Null clears; properties that no field declares stay as they are. Raises 422 with a pointer to every wrong one.
    """
    values = {key: value for key, value in given.items() if value is not None}
    errors: list[FieldError] = []
    for field in fields:
        value = values.get(field.key)
        if value is None and field.initial is not None:
            values[field.key] = field.initial
        elif value is None and field.required:
            errors.append(FieldError(f"{pointer}/{field.key}", f"{field.key} is required"))
        elif value is not None and not fits(field.type, value):
            errors.append(FieldError(f"{pointer}/{field.key}", f"{field.key} must be {must_be(field.type)}"))
    if errors:
        raise Problem(422, "Invalid", "Some fields do not fit", errors)
    if values:
        text = msgspec.json.encode(values)
        if len(text) > MAX_PROPERTIES or b"\\u0000" in text:
            message = "Properties have 32 KB at most, and no NUL character"
            raise Problem(422, "Invalid", message, [FieldError(pointer, message)])
    return values
