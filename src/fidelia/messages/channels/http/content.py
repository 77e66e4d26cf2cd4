"""What a message says, field by field: rendered texts become values that keep to the definition. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import re2

from .model import ChannelDefinition, ContactSpec, ContentField, Scalar
from .request import CannotBuild
from .values import plain

_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,9})?")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_TRUE, _FALSE = ("true", "yes", "1", "on"), ("false", "no", "0", "off")


class Contacts:
    """Says whether a contact is one of a channel; the pattern is read once."""

    def __init__(self, spec: ContactSpec) -> None:
        self._label = spec.label
        self._pattern = re2.compile(spec.pattern) if spec.pattern else None

    def checked(self, contact: str) -> str:
        """Return a contact as it is used; raise :class:`CannotBuild` for one that cannot be."""
        plain_contact = contact.strip()
        if not plain_contact:
            raise CannotBuild(f"There is no {self._label}")
        if self._pattern is not None and self._pattern.fullmatch(plain_contact) is None:
            raise CannotBuild(f"The contact is no {self._label}")
        return plain_contact


def content_values(definition: ChannelDefinition, texts: Mapping[str, Scalar]) -> dict[str, Any]:
    """Return the values of the content fields by placeholder, those that are empty left out.

    Raises:
        CannotBuild: a required field is empty, or a value is not what its field takes.
    """
    return {
        f"content.{field.key}": value
        for field in definition.content
        if (value := _value(field, texts.get(field.key))) is not None
    }


def field_fault(field: ContentField, text: str) -> str | None:
    """Return why a text cannot be the value of a field, or ``None`` when it can; an empty one is no fault here."""
    try:
        _value(field, text) if text.strip() else None
    except CannotBuild as exc:
        return str(exc)
    return None


def examples(definition: ChannelDefinition) -> dict[str, Scalar]:
    """Return values that show what a message looks like."""
    shown: dict[str, Scalar] = {}
    for field in definition.content:
        made: dict[str, Scalar] = {
            "number": 1,
            "boolean": True,
            "url": "https://example.com/",
            "choice": field.options[0].value if field.options else "",
        }
        value = made.get(field.type, field.label)
        shown[field.key] = value[: field.max_length] if isinstance(value, str) and field.max_length else value
    return shown


def _value(field: ContentField, given: Scalar | None) -> Any:
    text = "" if given is None else plain(given)
    text = _CONTROL.sub(" ", text.replace("\r\n", "\n")).strip()
    if field.type == "text":
        text = " ".join(text.split())
    if not text:
        if field.required:
            raise CannotBuild(f"{field.label} is empty")
        return None
    if field.type == "number":
        return _number(field, text)
    if field.type == "boolean":
        if text.lower() not in (*_TRUE, *_FALSE):
            raise CannotBuild(f"{field.label} is neither true nor false")
        return text.lower() in _TRUE
    if field.type == "choice" and all(option.value != text for option in field.options):
        raise CannotBuild(f"{field.label} cannot be {text[:60]}")
    if field.type == "url":
        parts = urlsplit(text)
        if parts.scheme.lower() not in ("http", "https") or not parts.netloc or re.search(r"\s", text):
            raise CannotBuild(f"{field.label} is no address that begins with https://")
    if field.max_length is not None and len(text) > field.max_length:
        raise CannotBuild(f"{field.label} has {len(text):,} characters, {field.max_length:,} are allowed")
    return text


def _number(field: ContentField, text: str) -> int | float:
    if _NUMBER.fullmatch(text) is None:
        raise CannotBuild(f"{field.label} is no number")
    return float(text) if "." in text else int(text)
