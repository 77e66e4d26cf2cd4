"""Routes of databases and their fields."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath, QueryParameter
from msgspec import UNSET, UnsetType

from fidelia.access import Actor
from fidelia.kernel.errors import invalid_field
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.http import Body, Strict
from fidelia.platform.postgres import Tx

from ..fields import Database, Field, FieldTypeName
from ..service import databases as service
from ..service import fields as fields_service
from ..service.profiles import counters

Text = Annotated[str, msgspec.Meta(max_length=5000)]
Confirm = Annotated[str, QueryParameter(name="confirm", description="The name of what is to be deleted")]


class FieldIn(Body, frozen=True):
    """A new field. The type cannot change later.

    ``options`` belong to an ``enum``. ``validator`` is an RE2 pattern that a whole text (for ``tags`` every item) must
    match; ``path_validators`` are patterns by path inside an ``object`` or each of ``objects``
    (``{"address.zip": "[0-9]{4}"}``). ``unique``: no two profiles share a value. ``required``: a new profile must have
    one.
    """

    name: Text
    type: FieldTypeName
    label: Text = ""
    options: list[Text] = []
    validator: Text | None = None
    path_validators: dict[str, Text] = {}
    unique: bool = False
    required: bool = False
    description: Text = ""

    def field(self) -> Field:
        """Return the field this body describes."""
        return Field(
            name=self.name,
            type=self.type,
            label=self.label,
            options=tuple(self.options),
            validator=self.validator,
            path_validators=tuple(self.path_validators.items()),
            unique=self.unique,
            required=self.required,
            description=self.description,
        )


class FieldPatch(Body, frozen=True):
    """What to change of a field; its type is not among it."""

    name: Text | UnsetType = UNSET
    label: Text | UnsetType = UNSET
    options: list[Text] | UnsetType = UNSET
    validator: Text | UnsetType | None = UNSET
    path_validators: dict[str, Text] | UnsetType = UNSET
    unique: bool | UnsetType = UNSET
    required: bool | UnsetType = UNSET
    description: Text | UnsetType = UNSET


class FieldOut(msgspec.Struct, frozen=True, kw_only=True):
    """A field. A built-in one has no ``id`` and cannot be changed.

    Values of a ``read_only`` one cannot be set; ``keeper`` names what fills it, such as ``score:3``.
    """

    id: int | None
    name: str
    type: FieldTypeName
    label: str
    options: list[str]
    validator: str | None
    path_validators: dict[str, str]
    unique: bool
    required: bool
    description: str
    builtin: bool
    read_only: bool
    keeper: str | None


class DatabaseIn(Body, frozen=True):
    """A new profile database. ``timezone`` decides its days, anniversaries and schedules."""

    name: Text
    timezone: Text = "UTC"
    description: Text = ""
    fields: list[FieldIn] = []


class DatabasePatch(Body, frozen=True):
    """What to change of a database; fields have routes of their own."""

    name: Text | UnsetType = UNSET
    timezone: Text | UnsetType = UNSET
    description: Text | UnsetType = UNSET


class DatabaseOut(msgspec.Struct, frozen=True, kw_only=True):
    """A profile database; ``fields`` holds the built-in ones first. ``profile_count`` is exact."""

    id: int
    name: str
    timezone: str
    description: str
    profile_count: int
    fields: list[FieldOut]
    created_at: datetime | None
    updated_at: datetime | None


class FieldList(msgspec.Struct, frozen=True):
    """All fields of a database, the built-in ones first."""

    items: list[FieldOut]


class SubscriptionCount(msgspec.Struct, frozen=True):
    """How many subscriptions of a resource have a status in a channel."""

    resource_id: int
    channel: str
    status: str
    count: int


class DatabaseCounters(msgspec.Struct, frozen=True):
    """Exact counts: everybody, by status, values per field, subscriptions by resource, channel and status."""

    total: int
    statuses: dict[str, int]
    filled: dict[str, int]
    subscriptions: list[SubscriptionCount]


class DatabaseController(Controller):
    """Profile databases and their typed fields."""

    path = "/databases"
    tags = ("Databases",)

    @get("/", opt={"right": "databases:read"}, summary="List databases")
    async def list_databases(self, tx: Tx, page: PageRequest) -> Page[DatabaseOut]:
        """Return a page of databases, sorted by ``id`` or ``name``."""
        found = await service.page_of_databases(tx, page)
        return Page([database_out(d) for d in found.items], found.next_cursor, found.total)

    @post(
        "/",
        dto=Strict[DatabaseIn],
        return_dto=None,
        opt={"right": "databases:create"},
        summary="Make a database with its fields",
    )
    async def create_database(self, tx: Tx, actor: Actor, data: DatabaseIn) -> DatabaseOut:
        """Make a database."""
        made = await service.create_database(
            tx,
            actor,
            name=data.name,
            timezone=data.timezone,
            description=data.description,
            fields=[field.field() for field in data.fields],
        )
        return database_out(made)

    @get("/{database_id:int}", opt={"right": "databases:read"}, summary="Read a database")
    async def get_database(self, tx: Tx, database_id: FromPath[int]) -> DatabaseOut:
        """Return a database with its fields."""
        return database_out(await service.get_database(tx, database_id))

    @patch(
        "/{database_id:int}",
        dto=Strict[DatabasePatch],
        return_dto=None,
        opt={"right": "databases:update"},
        summary="Change a database",
    )
    async def change_database(
        self, tx: Tx, actor: Actor, database_id: FromPath[int], data: DatabasePatch
    ) -> DatabaseOut:
        """Change name, time zone or description."""
        return database_out(await service.update_database(tx, actor, database_id, **given(data)))

    @delete(
        "/{database_id:int}",
        opt={"right": "databases:delete"},
        status_code=204,
        summary="Delete a database with everybody in it",
    )
    async def delete_database(self, tx: Tx, actor: Actor, database_id: FromPath[int], confirm: Confirm = "") -> None:
        """Delete a database; ``confirm`` must be its name. 409 names what still uses it."""
        await service.delete_database(tx, actor, database_id, confirm)

    @get("/{database_id:int}/counters", opt={"right": "databases:read"}, summary="Count people, values, subscriptions")
    async def counters(self, tx: Tx, database_id: FromPath[int]) -> DatabaseCounters:
        """Count at this moment; it reads the whole database once."""
        return msgspec.convert(await counters(tx, database_id), DatabaseCounters)

    @get("/{database_id:int}/fields", opt={"right": "databases:read"}, summary="List the fields of a database")
    async def list_fields(self, tx: Tx, database_id: FromPath[int]) -> FieldList:
        """Return all fields."""
        return FieldList([field_out(f) for f in (await service.get_database(tx, database_id)).fields])

    @post(
        "/{database_id:int}/fields",
        dto=Strict[FieldIn],
        return_dto=None,
        opt={"right": "databases:update"},
        summary="Add a field",
    )
    async def add_field(self, tx: Tx, actor: Actor, database_id: FromPath[int], data: FieldIn) -> FieldOut:
        """Add a field; 409 when profiles are being written for too long."""
        return field_out(await fields_service.add_field(tx, actor, database_id, data.field()))

    @patch(
        "/{database_id:int}/fields/{field:str}",
        dto=Strict[FieldPatch],
        return_dto=None,
        opt={"right": "databases:update"},
        summary="Rename or describe a field",
    )
    async def change_field(
        self, tx: Tx, actor: Actor, database_id: FromPath[int], field: FromPath[str], data: FieldPatch
    ) -> FieldOut:
        """Change a field, named or by its id."""
        changes = given(data)
        if "options" in changes:
            changes["options"] = tuple(changes["options"])
        if "path_validators" in changes:
            changes["path_validators"] = tuple(changes["path_validators"].items())
        return field_out(await fields_service.update_field(tx, actor, database_id, field, changes))

    @delete(
        "/{database_id:int}/fields/{field:str}",
        opt={"right": "databases:update"},
        status_code=204,
        summary="Delete a field with its values",
    )
    async def delete_field(
        self, tx: Tx, actor: Actor, database_id: FromPath[int], field: FromPath[str], confirm: Confirm = ""
    ) -> None:
        """Delete a field; ``confirm`` must be its name. 409 names what still uses it."""
        await fields_service.delete_field(tx, actor, database_id, field, confirm)


def given(data: Body) -> dict[str, Any]:
    """Return what a PATCH has sent."""
    return {name: value for name in data.__struct_fields__ if (value := getattr(data, name)) is not UNSET}


def database_out(database: Database) -> DatabaseOut:
    """Show a database."""
    return DatabaseOut(
        id=database.id,
        name=database.name,
        timezone=database.timezone,
        description=database.description,
        profile_count=database.profile_count,
        fields=[field_out(field) for field in database.fields],
        created_at=database.created_at,
        updated_at=database.updated_at,
    )


def field_out(field: Field) -> FieldOut:
    """Show a field."""
    return msgspec.convert(
        {
            "id": field.id or None,
            "name": field.name,
            "type": field.type,
            "label": field.label,
            "options": list(field.options),
            "validator": field.validator,
            "path_validators": dict(field.path_validators),
            "unique": field.unique,
            "required": field.required,
            "description": field.description,
            "builtin": field.builtin,
            "read_only": field.read_only,
            "keeper": field.keeper,
        },
        FieldOut,
    )


def parse_columns(columns: str | None) -> list[str] | None:
    """Read a comma-separated list of field names; ``None`` stands for all."""
    if columns is None:
        return None
    names = [name.strip() for name in columns.split(",") if name.strip()]
    if not names:
        raise invalid_field("/columns", "Name at least one field")
    return names
