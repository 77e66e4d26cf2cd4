"""The fields of profiles: built-in ones, the types of one's own, and how a value is read for each.

A :class:`Field` is the description that everything shares: the routes, the upsert engine and the imports
(:func:`read_value`, :func:`read_cell`), the tables of both engines (``column``, ``pg``, ``ch``) and the vocabulary.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Literal

import msgspec

from . import cells, contacts, validators, values
from .cells import ISO, TextFormat

MAX_FIELDS = 500
MAX_OPTIONS = 1000
MAX_OPTION = 100
MAX_PATTERN = 1000
MAX_UNIQUE_TEXT = 250
NAME = re.compile(r"[a-z][a-z0-9_]{0,62}", re.ASCII)

FieldTypeName = Literal[
    "string", "integer", "float", "boolean", "date", "datetime", "enum", "tags", "ip", "object", "objects"
]
STATUSES = ("subscribed", "unconfirmed", "unsubscribed", "suspended", "complained", "bounced", "deleted")
GENDERS = ("female", "male", "other")


class Kind(msgspec.Struct, frozen=True):
    """A field type: its column in both engines, and its readers of JSON values and of cells.

    Lists and objects are never NULL in ClickHouse: empty ones are "no value" there.
    """

    key: str
    pg: str
    ch: str
    read: Callable[[Any], Any]
    cell: Callable[[str, TextFormat], Any]
    many: bool = False
    sortable: bool = True
    can_be_unique: bool = False
    can_be_validated: bool = False


KINDS: dict[str, Kind] = {
    kind.key: kind
    for kind in (
        Kind(
            "string",
            "text",
            "Nullable(String)",
            values.text,
            lambda c, _: values.text(c),
            can_be_unique=True,
            can_be_validated=True,
        ),
        Kind("integer", "bigint", "Nullable(Int64)", values.integer, cells.integer_cell, can_be_unique=True),
        Kind("float", "double precision", "Nullable(Float64)", values.float_, cells.float_cell),
        Kind("boolean", "boolean", "Nullable(Bool)", values.boolean, cells.boolean_cell),
        Kind("date", "date", "Nullable(Date32)", values.date_, cells.date_cell),
        Kind("datetime", "timestamptz", "Nullable(DateTime64(3, 'UTC'))", values.datetime_, cells.datetime_cell),
        Kind("enum", "text", "LowCardinality(Nullable(String))", values.text, lambda c, _: values.text(c)),
        Kind(
            "tags",
            "text[]",
            "Array(String)",
            values.tags,
            lambda c, how: values.tags(cells.items(c, how)),
            many=True,
            sortable=False,
            can_be_validated=True,
        ),
        Kind("ip", "text", "Nullable(String)", values.ip, lambda c, _: values.ip(c), can_be_unique=True),
        Kind("object", "jsonb", "String", values.object_, cells.json_cell(values.object_), sortable=False),
        Kind("objects", "jsonb", "String", values.objects, cells.json_cell(values.objects), sortable=False),
    )
}


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """A field of a profile database. ``id`` is 0 for a built-in one, whose column bears its name.

    ``unique``: no two profiles of the database may share a value. ``required``: a new profile must have a value.
    ``validator`` is an RE2 pattern that a whole text, or every item of a list, must match; ``path_validators`` are
    such patterns for what lies at paths inside an object or each of a list of objects. ``keeper`` names what alone
    fills the field, such as ``score:3``; it is ``read_only`` then, as those built-in ones are that Fidelia keeps.
    """

    name: str
    type: str
    id: int = 0
    label: str = ""
    options: tuple[str, ...] = ()
    validator: str | None = None
    path_validators: tuple[tuple[str, str], ...] = ()
    unique: bool = False
    required: bool = False
    description: str = ""
    builtin: bool = False
    read_only: bool = False
    keeper: str | None = None

    @property
    def column(self) -> str:
        """Return the name of the column in both engines; renaming a field leaves it."""
        return self.name if self.builtin else f"f{self.id}"

    @property
    def kind(self) -> Kind:
        """Return the type with its readers and columns."""
        return KINDS[self.type]

    @property
    def pg(self) -> str:
        """Return PostgreSQL's type of the column."""
        return self.kind.pg

    @property
    def ch(self) -> str:
        """Return ClickHouse's type of the column."""
        return _BUILTIN_CH.get(self.name, self.kind.ch) if self.builtin else self.kind.ch


def _builtin(name: str, type_: str, label: str, **more: Any) -> Field:
    return Field(name=name, type=type_, label=label, builtin=True, **more)


BUILTIN: tuple[Field, ...] = (
    _builtin("external_id", "string", "External id", unique=True, description="The id in your own system"),
    _builtin("email", "string", "E-mail", unique=True, description="Stored in lower case"),
    _builtin("phones", "tags", "Phones", description="In international form, like +4740000000"),
    _builtin("first_name", "string", "First name"),
    _builtin("last_name", "string", "Last name"),
    _builtin("birth_date", "date", "Birth date"),
    _builtin("gender", "enum", "Gender", options=GENDERS),
    _builtin("language", "string", "Language", description="A tag like en or pt-BR"),
    _builtin("timezone", "string", "Time zone", description="An IANA name like Europe/Oslo"),
    _builtin("country", "string", "Country", description="Two letters (ISO 3166) or a name"),
    _builtin("region", "string", "Region"),
    _builtin("city", "string", "City"),
    _builtin("postal_code", "string", "Postal code"),
    _builtin("status", "enum", "Status", options=STATUSES, description="Overrides every subscription"),
    _builtin("created_at", "datetime", "Created", read_only=True),
    _builtin("updated_at", "datetime", "Updated", read_only=True),
)
BUILTIN_BY_NAME: dict[str, Field] = {field.name: field for field in BUILTIN}
#: Names that mean something else beside fields in bodies, files and search.
RESERVED = frozenset({*BUILTIN_BY_NAME, "id", "profile_id", "version", "phone", "matching", "is_deleted"})

_BUILTIN_CH = {
    "status": "LowCardinality(String)",
    "created_at": "DateTime64(3, 'UTC')",
    "updated_at": "DateTime64(3, 'UTC')",
    "language": "LowCardinality(Nullable(String))",
    "timezone": "LowCardinality(Nullable(String))",
    "country": "LowCardinality(Nullable(String))",
}
_BUILTIN_READ: dict[str, Callable[[Any], Any]] = {
    "external_id": values.external_id,
    "email": contacts.email,
    "phones": contacts.phones,
    "first_name": values.name_text,
    "last_name": values.name_text,
    "language": values.language,
    "timezone": values.timezone,
    "country": values.country,
    "region": values.name_text,
    "city": values.name_text,
    "postal_code": values.name_text,
}


class Database(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """A profile database with all of its fields, the built-in ones first."""

    id: int
    name: str
    timezone: str
    fields: tuple[Field, ...]
    description: str = ""
    schema_version: int = 1
    profile_count: int = 0
    last_profile_id: int = 0
    created_at: datetime | None = None
    updated_at: datetime | None = None

    @property
    def table(self) -> str:
        """Return the name of the profiles' table in PostgreSQL."""
        return f"profile_{self.id}"

    @property
    def custom(self) -> tuple[Field, ...]:
        """Return the fields that are not built in."""
        return tuple(field for field in self.fields if not field.builtin)

    @property
    def by_name(self) -> Mapping[str, Field]:
        """Return the fields by name."""
        known: dict[str, Field] | None = self.__dict__.get("_by_name")
        if known is None:
            known = {field.name: field for field in self.fields}
            self.__dict__["_by_name"] = known
        return known

    def field(self, name: str) -> Field | None:
        """Return a field by its name, or ``None``."""
        return self.by_name.get(name)


def read_value(field: Field, value: Any) -> Any:
    """Read a value as it comes in JSON; ``None`` (or an empty one) means "no value".

    Raises ``ValueError`` with a sentence for a person.
    """
    if field.read_only:
        raise ValueError(_kept(field))
    if value is None:
        return None
    reader = _BUILTIN_READ.get(field.name) if field.builtin else None
    return _checked(field, (reader or field.kind.read)(value))


def read_cell(field: Field, cell: str, how: TextFormat = ISO) -> Any:
    """Read the text of a cell of a file; an empty one gives ``None``.

    Raises ``ValueError`` with a sentence for a person.
    """
    cell = cell.strip()
    if not cell:
        return None
    if field.read_only:
        raise ValueError(_kept(field))
    if field.type == "enum":
        return _checked(field, _option(field, cell))
    if field.builtin and field.name == "phones":
        return contacts.phones(cells.items(cell, how), how.region)
    reader = _BUILTIN_READ.get(field.name) if field.builtin else None
    return _checked(field, reader(cell) if reader else field.kind.cell(cell, how))


def read_key(field: Field, value: Any) -> Any:
    """Read a value to match profiles by; a list gives its first item. Raises ``ValueError``."""
    if field.name == "phones" and field.builtin:
        found = contacts.phones(value)
        return found[0] if found else None
    return read_value(field, value)


def _kept(field: Field) -> str:
    what = "a score" if field.keeper else "Fidelia"
    return f"This field is kept by {what} and cannot be set"


def _checked(field: Field, value: Any) -> Any:
    if value is None:
        return None
    if field.type == "enum" and value not in field.options:
        raise ValueError(f"This must be one of: {', '.join(field.options[:20])}")
    if field.unique and isinstance(value, str) and not field.builtin and len(value) > MAX_UNIQUE_TEXT:
        raise ValueError(f"A unique value may have {MAX_UNIQUE_TEXT} characters at most")
    if field.validator is not None:
        validators.check_text(field.validator, value)
    if field.path_validators:
        validators.check_paths(dict(field.path_validators), value)
    return value


def _option(field: Field, cell: str) -> str:
    if cell in field.options:
        return cell
    folded = cell.casefold()
    return next((option for option in field.options if option.casefold() == folded), cell)
