"""Relations as callers see them."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from fidelia.platform.http import Body

PropertyTypeName = Literal["string", "integer", "float", "boolean", "date"]
MAX_PROPERTIES = 30
MAX_TYPES = 50
NAME = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)
Verb = Literal["attach", "modify", "overwrite", "detach"]
_Label = Annotated[str, msgspec.Meta(max_length=100)]
_Text = Annotated[str, msgspec.Meta(max_length=2000)]
_Database = Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]


class RelationProperty(Body, frozen=True, kw_only=True):
    """A typed property of every relation of a type; numbers can be incremented."""

    name: Annotated[str, msgspec.Meta(max_length=40)]
    type: PropertyTypeName = "float"
    label: _Label = ""


class RelationTypeIn(Body, frozen=True, kw_only=True):
    """A new type. People of ``database_a`` are related to people of ``database_b``, which may be the same one.

    ``label`` says it from a to b ("is a parent of"), ``inverse_label`` from b to a ("is a child of").
    """

    name: Annotated[str, msgspec.Meta(max_length=40)]
    database_a: _Database
    database_b: _Database
    label: _Label = ""
    inverse_label: _Label = ""
    description: _Text = ""
    properties: list[RelationProperty] = []


class RelationTypePatch(Body, frozen=True, kw_only=True):
    """What to change of a type; properties may be added, described and taken away, their types stay."""

    label: _Label | msgspec.UnsetType = msgspec.UNSET
    inverse_label: _Label | msgspec.UnsetType = msgspec.UNSET
    description: _Text | msgspec.UnsetType = msgspec.UNSET
    properties: list[RelationProperty] | msgspec.UnsetType = msgspec.UNSET


class RelationType(msgspec.Struct, frozen=True, kw_only=True):
    """A type of relation; ``count`` is how many there are."""

    id: int
    name: str
    label: str
    inverse_label: str
    description: str
    database_a: int
    database_b: int
    properties: list[RelationProperty]
    count: int
    created_at: datetime
    updated_at: datetime


class RelationItem(Body, frozen=True, kw_only=True):
    """Two people, each by the id or by one field and its value (``{"email": "ada@example.com"}``), and properties."""

    a: int | dict[str, Any]
    b: int | dict[str, Any]
    properties: dict[str, Any] = {}


class RelationsIn(Body, frozen=True):
    """Relations to write, 10,000 at most."""

    items: Annotated[list[RelationItem], msgspec.Meta(min_length=1, max_length=10_000)]


class RelationOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an item: ``created updated unchanged removed missing rejected``."""

    index: int
    status: Literal["created", "updated", "unchanged", "removed", "missing", "rejected"]
    pointer: str | None = None
    error: str | None = None


class RelationsOut(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of every item, and how many there are of each."""

    items: list[RelationOutcome]
    counts: dict[str, int]


class Relation(msgspec.Struct, frozen=True, kw_only=True):
    """A relation: who is related to whom, and its properties."""

    id: int
    type_id: int
    a: int
    b: int
    properties: dict[str, Any]
    created_at: datetime
    updated_at: datetime


class RelatedProfile(msgspec.Struct, frozen=True, kw_only=True):
    """A relation as the card of one of the two shows it: what it is to them, and who the other one is."""

    id: int
    type_id: int
    name: str
    label: str
    side: Literal["a", "b"]
    database_id: int
    profile_id: int
    profile: dict[str, Any] | None
    properties: dict[str, Any]
    created_at: datetime
    updated_at: datetime
