"""Strata: what may be chosen, which part of a field a value belongs to, and words for all of it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from math import isfinite, prod
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from fidelia.kernel.errors import FieldError
from fidelia.profiles import Database, Field

from .model import StratumField, StratumList, StratumRange

MAX_FIELDS = 4
MAX_PARTS = 30
MAX_VALUES = 500
MAX_STRATA = 200
MAX_NAME = 80
LISTED = ("string", "enum", "boolean", "integer", "ip")
RANGED = ("integer", "float", "date", "datetime")
EVERYBODY = ""


class Part(msgspec.Struct, frozen=True):
    """One part of a field: ``values`` (text in any case) or a range from one bound (included) to another (not)."""

    label: str
    values: tuple[Any, ...] = ()
    from_: Any = None
    to: Any = None


class Division(msgspec.Struct, frozen=True):
    """A field with its parts. Part 0 has no value, the last one holds what no other does."""

    field: Field
    parts: tuple[Part, ...]

    @property
    def other(self) -> int:
        """The number of the part for values that stand nowhere."""
        return len(self.parts) + 1

    def label(self, part: int) -> str:
        """Return words for a part."""
        name = self.field.label or self.field.name.replace("_", " ").capitalize()
        if part == 0:
            return f"no {name}"
        return f"another {name}" if part == self.other else self.parts[part - 1].label


def divisions(database: Database, chosen: Iterable[StratumField]) -> tuple[list[Division], list[FieldError]]:
    """Read the chosen fields; the errors point to what cannot be, and nothing may be used when there are some."""
    found: list[Division] = []
    errors: list[FieldError] = []
    zone = ZoneInfo(database.timezone)
    fields = list(chosen)
    if len(fields) > MAX_FIELDS:
        errors.append(FieldError("/strata", f"Divide people by {MAX_FIELDS} fields at most"))
    for n, item in enumerate(fields[:MAX_FIELDS]):
        at = f"/strata/{n}"
        field = database.field(item.field)
        if field is None:
            errors.append(FieldError(f"{at}/field", f"There is no field {item.field[:100]!r} in this database"))
        elif any(field.name == other.field.name for other in found):
            errors.append(FieldError(f"{at}/field", "This field is chosen twice"))
        else:
            parts, faults = _parts(field, item, at, zone)
            errors += faults
            found.append(Division(field, tuple(parts)))
    if not errors and prod(division.other + 1 for division in found) > MAX_STRATA:
        errors.append(
            FieldError(
                "/strata", f"These fields make more than {MAX_STRATA} strata; too few people would be left in each"
            )
        )
    return found, errors


def label_of(key: str, made: Iterable[Division]) -> str:
    """Return words for a stratum, such as "Oslo · 30 to 50"."""
    if key == EVERYBODY:
        return "Everybody"
    return " · ".join(division.label(int(part)) for division, part in zip(made, key.split("."), strict=True))


def all_keys(made: Iterable[Division]) -> list[str]:
    """Return every stratum there could be, in order."""
    keys = [EVERYBODY]
    for division in made:
        keys = [f"{key}.{part}" if key else str(part) for key in keys for part in range(division.other + 1)]
    return keys


def _parts(field: Field, item: StratumField, at: str, zone: ZoneInfo) -> tuple[list[Part], list[FieldError]]:
    fault = _unfit(field, item, at)
    if fault is not None:
        return [], [fault]
    if item.ranges:
        return _ranges(field, item.ranges, f"{at}/ranges", zone)
    if item.lists:
        return _lists(field, item.lists, f"{at}/lists")
    if field.type == "boolean":
        name = field.label or field.name
        return [Part(f"{name}: yes", (True,)), Part(f"{name}: no", (False,))], []
    return [Part(option, (option,)) for option in field.options], []


def _unfit(field: Field, item: StratumField, at: str) -> FieldError | None:
    """Return what keeps a field from being divided this way."""
    if item.lists and item.ranges:
        return FieldError(at, "Divide a field into lists of values or into ranges, not both")
    if len(item.lists) + len(item.ranges) > MAX_PARTS:
        return FieldError(at, f"A field has {MAX_PARTS} parts at most")
    if item.ranges and field.type not in RANGED:
        return FieldError(f"{at}/field", f"A field of type {field.type} has no ranges; list its values")
    if item.lists and field.type not in LISTED:
        return FieldError(f"{at}/field", f"Values of type {field.type} cannot be listed; choose ranges")
    if not item.ranges and not item.lists and field.type != "boolean" and not 0 < len(field.options) <= MAX_PARTS:
        return FieldError(at, "Say which values or ranges make the parts of this field")
    return None


def _lists(field: Field, lists: list[StratumList], at: str) -> tuple[list[Part], list[FieldError]]:
    parts: list[Part] = []
    errors: list[FieldError] = []
    seen: dict[Any, int] = {}
    wanted: Mapping[str, tuple[type, ...]] = {"integer": (int,), "boolean": (bool,)}
    for n, item in enumerate(lists):
        if not 1 <= len(item.values) <= MAX_VALUES:
            errors.append(FieldError(f"{at}/{n}/values", f"A part has 1 to {MAX_VALUES} values"))
        errors += _name_errors(item.name, f"{at}/{n}/name")
        for k, value in enumerate(item.values):
            pointer = f"{at}/{n}/values/{k}"
            types = wanted.get(field.type, (str,))
            if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
                errors.append(FieldError(pointer, f"This is no value of a field of type {field.type}"))
                continue
            if isinstance(value, str) and (not value or len(value) > 500 or "\x00" in value):
                errors.append(FieldError(pointer, "A value has 1 to 500 characters"))
                continue
            if isinstance(value, int) and not -(2**63) <= value < 2**63:
                errors.append(FieldError(pointer, "This number is too large"))
                continue
            folded = value.lower() if isinstance(value, str) else value
            if folded in seen:
                errors.append(FieldError(pointer, "This value stands here twice"))
            seen[folded] = n
        words = ", ".join("yes" if v is True else "no" if v is False else str(v) for v in item.values)
        short = words if len(words) <= MAX_NAME else f"{words[: MAX_NAME - 1]}…"
        parts.append(Part(item.name.strip() or short, tuple(item.values)))
    return parts, errors


def _ranges(field: Field, ranges: list[StratumRange], at: str, zone: ZoneInfo) -> tuple[list[Part], list[FieldError]]:
    parts: list[Part] = []
    errors: list[FieldError] = []
    for n, item in enumerate(ranges):
        errors += _name_errors(item.name, f"{at}/{n}/name")
        bounds: list[Any] = []
        for name, value in (("from", item.from_), ("to", item.to)):
            try:
                bounds.append(None if value is None else _bound(field, value, zone))
            except ValueError as exc:
                errors.append(FieldError(f"{at}/{n}/{name}", str(exc)))
                bounds.append(None)
        low, high = bounds
        if item.from_ is None and item.to is None:
            errors.append(FieldError(f"{at}/{n}", "A range needs one bound at least"))
        elif low is not None and high is not None and low >= high:
            errors.append(FieldError(f"{at}/{n}/to", "The end of a range must lie above its start"))
        elif not errors and parts and (parts[-1].to is None or low is None or low < parts[-1].to):
            errors.append(FieldError(f"{at}/{n}/from", "Ranges stand in order and share nothing"))
        parts.append(Part(item.name.strip() or _range_words(item), (), low, high))
    return parts, errors


def _bound(field: Field, value: Any, zone: ZoneInfo) -> Any:
    if field.type in ("integer", "float"):
        if isinstance(value, str) or not isfinite(value):
            raise ValueError("A bound is a number")
        if field.type == "integer" and (not isinstance(value, int) or abs(value) >= 2**63):
            raise ValueError("A bound is a whole number")
        return value
    if not isinstance(value, str):
        raise ValueError("A bound is a day, like 1990-01-01")
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise ValueError("A bound is a day, like 1990-01-01") from None
    if not 1900 <= day.year <= 2298:
        raise ValueError("This day is too far away")
    return day if field.type == "date" else datetime.combine(day, time(), zone).astimezone(UTC)


def _range_words(item: StratumRange) -> str:
    low, high = (None if value is None else _plain(value) for value in (item.from_, item.to))
    if low is None:
        return f"under {high}"
    return f"{low} and more" if high is None else f"{low} to {high}"


def _plain(value: str | int | float) -> str:
    return format(Decimal(str(value)).normalize(), "f") if isinstance(value, float) else str(value)


def _name_errors(name: str, at: str) -> list[FieldError]:
    if len(name) > MAX_NAME or "\x00" in name:
        return [FieldError(at, f"A name has {MAX_NAME} characters at most")]
    return []
