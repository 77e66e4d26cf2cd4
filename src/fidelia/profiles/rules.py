"""Pure decisions of profiles: what a database and a field may be called, and what a change of a profile means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from fidelia.kernel.errors import FieldError

from . import validators, values
from .fields import KINDS, MAX_FIELDS, MAX_OPTION, MAX_OPTIONS, MAX_PATTERN, NAME, RESERVED, Database, Field, read_value
from .validators import MAX_PATH, MAX_PATHS, Misfit

MAX_DATABASE_NAME = 100
MAX_DESCRIPTION = 2000
MAX_LABEL = 100


def title_errors(name: str, pointer: str, limit: int = MAX_DATABASE_NAME) -> list[FieldError]:
    """Check a name that people read."""
    if not name.strip():
        return [FieldError(pointer, "A name is needed")]
    if len(name) > limit:
        return [FieldError(pointer, f"A name may have {limit} characters at most")]
    if not name.isprintable():
        return [FieldError(pointer, "A name may not hold control characters")]
    return []


def text_errors(value: str, pointer: str, limit: int = MAX_DESCRIPTION) -> list[FieldError]:
    """Check a text that explains something."""
    if len(value) > limit:
        return [FieldError(pointer, f"This may have {limit:,} characters at most")]
    try:
        values.check_characters(value)
    except ValueError as exc:
        return [FieldError(pointer, str(exc))]
    return []


def timezone_errors(name: str, pointer: str) -> list[FieldError]:
    """Check the name of a time zone."""
    try:
        if values.timezone(name) is None:
            return [FieldError(pointer, "A time zone is needed")]
    except ValueError as exc:
        return [FieldError(pointer, str(exc))]
    return []


def name_errors(name: str, pointer: str, taken: Sequence[str]) -> list[FieldError]:
    """Check the name of a new or renamed field."""
    if not NAME.fullmatch(name):
        return [FieldError(pointer, "A field name starts with a small letter and holds a-z, 0-9 and _, 63 at most")]
    if name in RESERVED:
        return [FieldError(pointer, f"The name {name} is built in")]
    if name in taken:
        return [FieldError(pointer, f"There is a field {name} already")]
    return []


def field_errors(field: Field, pointer: str) -> list[FieldError]:
    """Check everything of a field but its name; ``pointer`` is the field's own."""
    errors = text_errors(field.label, f"{pointer}/label", MAX_LABEL)
    errors += text_errors(field.description, f"{pointer}/description")
    kind = KINDS[field.type]
    if field.type == "enum":
        errors += option_errors(field.options, f"{pointer}/options")
    elif field.options:
        errors.append(FieldError(f"{pointer}/options", "Only a field of type enum has options"))
    if field.unique and not kind.can_be_unique:
        errors.append(FieldError(f"{pointer}/unique", "Only string, integer and ip fields can be unique"))
    if field.validator is not None:
        errors += validator_errors(field, f"{pointer}/validator")
    if field.path_validators:
        errors += path_errors(field, f"{pointer}/path_validators")
    return errors


def path_errors(field: Field, pointer: str) -> list[FieldError]:
    """Check the patterns of a field's paths."""
    if field.type not in ("object", "objects"):
        return [FieldError(pointer, "Only object and objects fields take patterns for paths")]
    if len(field.path_validators) > MAX_PATHS:
        return [FieldError(pointer, f"A field takes patterns for {MAX_PATHS} paths at most")]
    errors = []
    for path, source in field.path_validators:
        at = f"{pointer}/{escape(path)}"
        if len(path) > MAX_PATH or not 1 <= len(source) <= MAX_PATTERN:
            errors.append(FieldError(at, f"A path has {MAX_PATH} characters at most, a pattern 1 to {MAX_PATTERN:,}"))
            continue
        try:
            validators.steps(path)
            values.check_characters(source)
            values.pattern(source)
        except ValueError as exc:
            errors.append(FieldError(at, str(exc)))
    return errors


def validator_errors(field: Field, pointer: str) -> list[FieldError]:
    """Check a field's pattern."""
    if not KINDS[field.type].can_be_validated:
        return [FieldError(pointer, "Only string and tags fields take a pattern; object fields take path_validators")]
    assert field.validator is not None
    if not 1 <= len(field.validator) <= MAX_PATTERN:
        return [FieldError(pointer, f"A pattern has 1 to {MAX_PATTERN:,} characters")]
    try:
        values.check_characters(field.validator)
        values.pattern(field.validator)
    except ValueError as exc:
        return [FieldError(pointer, str(exc))]
    return []


def option_errors(options: Sequence[str], pointer: str) -> list[FieldError]:
    """Check the options of an enum."""
    if not 1 <= len(options) <= MAX_OPTIONS:
        return [FieldError(pointer, f"An enum has 1 to {MAX_OPTIONS:,} options")]
    errors = []
    for n, option in enumerate(options):
        if not option or option != option.strip() or len(option) > MAX_OPTION or not option.isprintable():
            errors.append(
                FieldError(f"{pointer}/{n}", f"An option has 1 to {MAX_OPTION} characters and no blanks around it")
            )
    if len(set(options)) < len(options):
        errors.append(FieldError(pointer, "An option stands here twice"))
    return errors


def limit_errors(count: int, pointer: str) -> list[FieldError]:
    """Check how many fields of one's own a database has."""
    if count > MAX_FIELDS:
        return [FieldError(pointer, f"A database has {MAX_FIELDS} fields of your own at most")]
    return []


# -- changes of a profile ----------------------------------------------------------------------------------------------


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What to do with a profile's fields, in this order: set, unset, incr, add, remove. All are by field name."""

    set: Mapping[str, Any] = {}
    unset: Sequence[str] = ()
    incr: Mapping[str, Any] = {}
    add: Mapping[str, Any] = {}
    remove: Mapping[str, Any] = {}


def escape(part: str) -> str:
    """Write a member's name inside a JSON pointer."""
    return part.replace("~", "~0").replace("/", "~1")


def read_values(database: Database, given: Mapping[str, Any], pointer: str) -> tuple[dict[str, Any], list[FieldError]]:
    """Read the values of a JSON object by field name; return what can be stored and what is wrong."""
    found: dict[str, Any] = {}
    errors: list[FieldError] = []
    for name, value in given.items():
        field = database.field(name)
        if field is None:
            errors.append(FieldError(f"{pointer}/{escape(name)}", f"There is no field {name[:100]!r} in this database"))
            continue
        try:
            found[name] = read_value(field, value)
        except ValueError as exc:
            at = exc.at if isinstance(exc, Misfit) else ""
            errors.append(FieldError(f"{pointer}/{escape(name)}{at}", str(exc)))
    if "status" in found and found["status"] is None:
        errors.append(FieldError(f"{pointer}/status", "A profile always has a status"))
    return found, errors


def missing_errors(database: Database, row: Mapping[str, Any], pointer: str) -> list[FieldError]:
    """Name the mandatory fields that have no value."""
    return [
        FieldError(f"{pointer}/{field.name}", f"{field.label or field.name} is mandatory")
        for field in database.fields
        if field.required and row.get(field.name) is None
    ]


def apply_change(database: Database, row: Mapping[str, Any], change: Change) -> tuple[dict[str, Any], list[FieldError]]:
    """Work out a change on a profile as it is now; return only the values that differ, and what is wrong."""
    wanted, errors = read_values(database, change.set, "/set")
    for n, name in enumerate(change.unset):
        field = database.field(name)
        if field is None or field.read_only or name == "status":
            errors.append(FieldError(f"/unset/{n}", f"{name[:100]!r} is no field that can be emptied"))
        else:
            wanted[name] = None
    for verb, group in (("incr", change.incr), ("add", change.add), ("remove", change.remove)):
        for name, value in group.items():
            pointer = f"/{verb}/{escape(name)}"
            field = database.field(name)
            if field is None:
                errors.append(FieldError(pointer, f"There is no field {name[:100]!r} in this database"))
                continue
            now = wanted[name] if name in wanted else row.get(name)
            try:
                wanted[name] = _incremented(field, now, value) if verb == "incr" else _list(verb, field, now, value)
            except ValueError as exc:
                errors.append(FieldError(pointer + (exc.at if isinstance(exc, Misfit) else ""), str(exc)))
    changed = {name: value for name, value in wanted.items() if value != row.get(name)}
    for name, value in changed.items():
        field = database.by_name[name]
        if value is None and field.required:
            errors.append(FieldError(f"/set/{name}", f"{field.label or field.name} is mandatory"))
    return changed, errors


def _incremented(field: Field, now: Any, by: Any) -> Any:
    if field.type not in ("integer", "float"):
        raise ValueError("Only numbers can be incremented")
    step = read_value(field, by)
    if step is None:
        raise ValueError("A number is needed")
    return read_value(field, (now or 0) + step)


def _list(verb: str, field: Field, now: Any, given: Any) -> Any:
    if field.type == "objects":
        if verb == "remove":
            raise ValueError("Objects cannot be taken out one by one; set the list")
        return read_value(field, [*(now or []), *(read_value(field, given) or [])])
    if field.type != "tags":
        raise ValueError("Only lists can be added to or removed from")
    items = read_value(field, given) or []
    if verb == "remove":
        return [item for item in now or [] if item not in set(items)] or None
    return read_value(field, [*(now or []), *items])
