"""Fields of a person on the page: shown, typed into, read back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fidelia import profiles
from fidelia.kernel.errors import FieldError

from .html import esc, options
from .words import Words, named

PREFIX = "f."
_LONGEST = 1_000


def label_of(say: Words, field: profiles.Field) -> str:
    """Return what people read beside a field."""
    own = field.label or field.name.replace("_", " ").capitalize()
    return named(say, "field", field.name, own) if field.builtin else own


def as_text(value: Any) -> str:
    """Return a value as it stands in an input."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def shown(say: Words, field: profiles.Field, value: Any) -> str:
    """Return a value as people read it."""
    text = as_text(value)
    if not text:
        return say("none")
    if field.type == "boolean":
        return say("yes" if value else "no")
    return named(say, "option", text, text) if field.builtin else text


def control(say: Words, field: profiles.Field, typed: str, error: str | None, *, focus: bool) -> str:
    """Return the label and the input of a field, with what is wrong beside it; ``focus`` takes people there."""
    name = f"{PREFIX}{field.name}"
    ids = f"field-{field.name}"
    notes = []
    if field.description and not field.builtin:
        notes.append((f"{ids}-about", "soft", field.description))
    if field.type == "tags":
        notes.append((f"{ids}-how", "soft", say("commas")))
    if error:
        notes.append((f"{ids}-error", "error", error))
    state = ' aria-invalid="true"' if error else ""
    if notes:
        state += f' aria-describedby="{" ".join(note[0] for note in notes)}"'
    if focus:
        state += " autofocus"
    common = f'id="{ids}" name="{esc(name)}"{state}'
    if field.required:
        common += " required"
    if field.type == "boolean":
        pairs = [("", say("none")), ("true", say("yes")), ("false", say("no"))]
        made = f"<select {common}>{options(pairs, typed)}</select>"
    elif field.type == "enum":
        pairs = [("", say("none"))]
        pairs += [(o, named(say, "option", o, o) if field.builtin else o) for o in field.options]
        made = f"<select {common}>{options(pairs, typed)}</select>"
    elif field.type == "date":
        made = f'<input type="date" {common} value="{esc(typed)}">'
    else:
        mode = {"integer": ' inputmode="numeric"', "float": ' inputmode="decimal"'}.get(field.type, "")
        made = f'<input type="text" {common}{mode} maxlength="{_LONGEST}" value="{esc(typed)}">'
    below = "".join(f'<p id="{key}" class="{kind}">{esc(text)}</p>' for key, kind, text in notes)
    return f'<div class="field"><label for="{ids}">{esc(label_of(say, field))}</label>{made}{below}</div>'


def read(
    fields: Sequence[profiles.Field], values: Mapping[str, Any], form: Mapping[str, Sequence[str]]
) -> tuple[dict[str, str], dict[str, Any], list[FieldError]]:
    """Read what was typed: the texts by field, the values of those that changed, and what cannot be read."""
    typed: dict[str, str] = {}
    changed: dict[str, Any] = {}
    errors: list[FieldError] = []
    for field in fields:
        sent = form.get(f"{PREFIX}{field.name}")
        if not sent:
            continue
        text = sent[0].strip()[:_LONGEST]
        typed[field.name] = text
        if text == as_text(values.get(field.name)):
            continue
        try:
            changed[field.name] = _value(field, text)
        except ValueError as exc:
            errors.append(FieldError(f"/{field.name}", str(exc)))
    return typed, changed, errors


def _value(field: profiles.Field, text: str) -> Any:
    if field.type == "tags":
        return profiles.read_value(field, [item.strip() for item in text.split(",") if item.strip()])
    value = profiles.read_cell(field, text)
    return value if value is None or not hasattr(value, "isoformat") else value.isoformat()


def errors_by_field(say: Words, language: str, errors: Sequence[FieldError]) -> dict[str, str]:
    """Return what is wrong by field, in the reader's language; the exact reason is only written in English."""
    found: dict[str, str] = {}
    for error in errors:
        name = error.pointer.lstrip("/").split("/")[0].replace("~1", "/").replace("~0", "~")
        if error.message.endswith("is mandatory"):
            text = say("mandatory")
        elif error.message == profiles.TAKEN:
            text = say("taken")
        else:
            exact = language == "en" and "pattern" not in error.message  # nobody outside reads patterns
            text = error.message if exact else say("misfit")
        found.setdefault(name, text)
    return found
