"""What others see of the preference centre."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

import msgspec

from ..fields import Database, Field

#: Languages that the pages for recipients speak.
LANGUAGES = ("en", "de", "es", "fr", "ru")
#: For how many days a subscription may rest.
PAUSES = (14, 30, 60, 90)
#: What events name as their source.
SOURCE = "preference centre"
MAX_FIELDS = 60
#: Shown if wished, but an address is proved by a mail to it, never typed over; ids and moments are the platform's.
_FIXED = frozenset({"email", "phones", "external_id"})
_HIDDEN = frozenset({"status", "created_at", "updated_at"})
_EDITABLE_TYPES = frozenset({"string", "integer", "float", "boolean", "date", "enum", "tags"})

ChoiceState = Literal["subscribed", "paused", "unconfirmed", "unsubscribed", "blocked"]


class CenterField(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A field that people see on the page, by its name, and whether they may change it."""

    name: str
    editable: bool


class PreferenceCenter(msgspec.Struct, frozen=True, kw_only=True):
    """The preference centre of a database. Empty texts are the page's own words, in the reader's language.

    ``language`` is for people whose own language is unknown, or none of those that the page speaks.
    """

    database_id: int
    title: str
    logo_text: str
    intro: str
    language: str
    fields: list[CenterField]


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """Something that somebody hears, or once heard, in a channel. ``blocked`` ones cannot be changed by the person."""

    resource_id: int
    name: str
    description: str
    channel: str
    contact: str
    state: ChoiceState
    paused_until: datetime | None


class PersonPage(msgspec.Struct, frozen=True, kw_only=True):
    """What the page of somebody holds: ``values`` of the shown fields by name."""

    database_id: int
    profile_id: int
    version: int
    language: str
    email: str | None
    left_everything: bool
    center: PreferenceCenter
    fields: list[Field]
    values: Mapping[str, Any]
    choices: list[Choice]


def can_show(field: Field) -> bool:
    """Tell whether the page can show a field."""
    return field.name not in _HIDDEN and field.type not in ("object", "objects")


def can_edit(field: Field) -> bool:
    """Tell whether people may be allowed to change a field on the page."""
    return can_show(field) and field.name not in _FIXED and field.type in _EDITABLE_TYPES and not field.read_only


def editable(database: Database, center: PreferenceCenter) -> list[Field]:
    """Return the fields that people may change, in the page's order."""
    found = [(database.field(shown.name), shown.editable) for shown in center.fields]
    return [field for field, allowed in found if field is not None and allowed and can_edit(field)]
