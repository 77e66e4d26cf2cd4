"""What conditions may say of relations: ``relations.<name>`` leads to the other person and to the properties.

Within one database a relation can be followed both ways: ``relations.<name>.inverse`` goes from b to a.
"""

from __future__ import annotations

from fidelia.conditions import Field, Link, Option, Subject, Vocabulary, json_property
from fidelia.platform.postgres import Tx

from .. import fields
from ..fields import Database
from ..service.databases import get_database
from . import store
from .model import RelationType

CATEGORY = "Relations"


async def vocabulary(tx: Tx, database_id: int) -> Vocabulary:
    """Return what relations offer to conditions of a database."""
    subjects: list[Subject] = []
    links: list[Link] = []
    for made in await store.types(await tx.raw(), database_id):
        ways = [("", "a", made.database_b, made.label)] if made.database_a == database_id else []
        if made.database_b == database_id:
            suffix = ".inverse" if ways else ""
            ways.append((suffix, "b", made.database_a, made.inverse_label))
        for suffix, side, other, label in ways:
            name = f"relations.{made.name}{suffix}"
            said = label or made.name.replace("_", " ")
            subjects += _subjects(made, name, side, said, database_id, await get_database(tx, other))
            links.append(Link(name=name, to=name, key="profile", label=said[:1].upper() + said[1:], category=CATEGORY))
            links.append(
                Link(name="profile", of=name, to=f"{name}.profile", key="id", local="other", single=True, label=said)
            )
    return Vocabulary(subjects=tuple(subjects), links=tuple(links), categories=(CATEGORY,) if links else ())


def _subjects(
    made: RelationType, name: str, side: str, said: str, database_id: int, other: Database
) -> tuple[Subject, Subject]:
    properties = [
        json_property(wanted.name, wanted.type, wanted.label, column="props", prefix=name, category=CATEGORY)
        for wanted in made.properties
    ]
    related_at = Field(
        name=f"{name}.related_at",
        type="datetime",
        label="Related since",
        sql="created_at",
        category=CATEGORY,
        live=False,
        nullable=False,
    )
    relation = Subject(
        name=name,
        label=said,
        table=f"r_{database_id}",
        id="id",
        where=f"type = {made.id} and side = '{side}'",
        time=related_at.name,
        one="relation",
        many="relations",
        fields=(related_at, *properties),
    )
    person = Subject(
        name=f"{name}.profile",
        label=f"{said}: the other person",
        table=f"p_{other.id}",
        one="person",
        many="people",
        fields=tuple(_person_field(field, f"{name}.profile") for field in other.fields),
    )
    return relation, person


def _person_field(field: fields.Field, prefix: str) -> Field:
    always = field.builtin and field.name in ("status", "created_at", "updated_at")
    return Field(
        name=f"{prefix}.{field.name}",
        type=field.type,
        label=field.label or field.name.replace("_", " ").capitalize(),
        sql=field.column,
        category=CATEGORY,
        live=False,
        nullable=not always and (field.builtin or field.type not in ("tags", "object", "objects")),
        options=tuple(Option(option) for option in field.options),
        description=field.description,
    )
