"""Tags: short labels that people put on objects to find them again. One list of them for the whole installation.

A capability keeps ``TAGS = Tags(its_table)`` beside its table; the link table ``<table>_tag`` (made by a migration, as
``segment_tag`` is) ties the two. Labels that differ in case or in spaces only are the same one; the spelling is that of
whoever used it first, and is free again once nothing carries it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from fidelia.kernel.errors import FieldError, conflict

from .postgres import Tx, metadata

MOST_TAGS = 20
MOST_CHARACTERS = 60

tag = sa.Table(
    "tag",
    metadata,
    sa.Column("id", sa.Integer, sa.Identity(always=True), primary_key=True),
    sa.Column("key", sa.Text, nullable=False, unique=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
)
_links: list[sa.Table] = []


class TagCount(msgspec.Struct, frozen=True):
    """A tag, and how many objects carry it."""

    name: str
    count: int


def tag_key(name: str) -> str:
    """Return what two spellings of one tag have in common."""
    return unicodedata.normalize("NFKC", " ".join(name.split())).casefold()


def clean_tags(names: Iterable[str]) -> tuple[str, ...]:
    """Return tags without needless spaces and without repetitions, in their order."""
    kept: dict[str, str] = {}
    for name in names:
        text = unicodedata.normalize("NFC", " ".join(name.split()))
        kept.setdefault(tag_key(text), text)
    return tuple(kept.values())


def tag_errors(names: Sequence[str], pointer: str = "/tags") -> list[FieldError]:
    """Return what is wrong with the tags of one object."""
    faults = []
    for n, name in enumerate(names):
        text = " ".join(name.split())
        if not text:
            faults.append(FieldError(f"{pointer}/{n}", "A tag cannot be empty"))
        elif len(unicodedata.normalize("NFC", text)) > MOST_CHARACTERS:
            faults.append(FieldError(f"{pointer}/{n}", f"A tag may have {MOST_CHARACTERS} characters at most"))
        elif any(unicodedata.category(c) in ("Cc", "Cs") or c == "," for c in text):
            faults.append(FieldError(f"{pointer}/{n}", "A tag is text without commas and control characters"))
    if not faults and len(clean_tags(names)) > MOST_TAGS:
        faults.append(FieldError(pointer, f"At most {MOST_TAGS} tags"))
    return faults


class Tags:
    """The tags of one kind of object: whatever has a table with an ``id``."""

    def __init__(self, owner: sa.Table) -> None:
        self.owner = owner
        self.links = sa.Table(
            f"{owner.name}_tag",
            metadata,
            sa.Column(
                f"{owner.name}_id", sa.ForeignKey(f"{owner.name}.id", ondelete="CASCADE"), primary_key=True, key="of"
            ),
            sa.Column("tag_id", sa.ForeignKey("tag.id", ondelete="CASCADE"), primary_key=True),
        )
        _links.append(self.links)

    def names(self) -> sa.Label[Sequence[str]]:
        """Return a column ``tags`` for a question that reads the owner's table: its tags by name."""
        of = sa.select(tag.c.name).join(self.links, self.links.c.tag_id == tag.c.id)
        of = of.where(self.links.c.of == self.owner.c.id).order_by(tag.c.key).correlate(self.owner)
        return sa.func.array(of.scalar_subquery(), type_=pg.ARRAY(sa.Text)).label("tags")

    def carries(self, names: Iterable[str]) -> sa.ColumnElement[bool]:
        """Return the restriction of the owner's table to what carries one of these tags."""
        keys = [tag_key(name) for name in names]
        of = sa.select(self.links.c.of).join(tag, tag.c.id == self.links.c.tag_id).where(tag.c.key.in_(keys))
        return self.owner.c.id.in_(of)

    async def of(self, tx: Tx, ids: Collection[int]) -> dict[int, tuple[str, ...]]:
        """Return the tags of objects, by name; an object without any has none here."""
        rows = await tx.all(sa.select(self.owner.c.id, self.names()).where(self.owner.c.id.in_(ids)))
        return {row.id: tuple(row.tags) for row in rows}

    async def put(self, tx: Tx, wanted: Mapping[int, Sequence[str]]) -> None:
        """Give objects exactly these tags; they are checked and clean."""
        if not wanted:
            return
        links = self.links.c
        await tx.execute(sa.delete(self.links).where(links.of.in_(list(wanted))))
        ids = await self._ids(tx, clean_tags(name for names in wanted.values() for name in names))
        rows = [(of, ids[tag_key(name)]) for of, names in wanted.items() for name in names]
        if rows:
            await tx.execute(sa.insert(self.links).values([{"of": of, "tag_id": id_} for of, id_ in rows]))

    async def change(
        self, tx: Tx, names: Mapping[int, str], add: Sequence[str], remove: Sequence[str]
    ) -> dict[int, tuple[tuple[str, ...], tuple[str, ...]]]:
        """Add tags to objects and take others away; return those that changed with their tags before and after.

        ``names`` are the objects by id, as a refusal calls them. Raises 409 when one would carry too many: then none
        is changed.
        """
        before = await self.of(tx, list(names))
        gone = {tag_key(name) for name in remove}
        wanted: dict[int, tuple[str, ...]] = {}
        for id_, had in before.items():
            kept = clean_tags([*(name for name in had if tag_key(name) not in gone), *add])
            if len(kept) > MOST_TAGS:
                raise conflict(f"{names[id_]} would have {len(kept)} tags, and {MOST_TAGS} is the most")
            if {tag_key(name) for name in kept} != {tag_key(name) for name in had}:
                wanted[id_] = kept
        await self.put(tx, wanted)
        after = await self.of(tx, list(wanted))
        return {id_: (before[id_], after[id_]) for id_ in wanted}

    async def counts(self, tx: Tx, *where: sa.ColumnElement[bool]) -> list[TagCount]:
        """Return the tags of objects that fit, with how many carry each, by name."""
        of = sa.select(tag.c.name, sa.func.count().label("carriers"))
        of = of.join(self.links, self.links.c.tag_id == tag.c.id).join(self.owner, self.owner.c.id == self.links.c.of)
        rows = await tx.all(of.where(*where).group_by(tag.c.id).order_by(tag.c.key))
        return [TagCount(row.name, row.carriers) for row in rows]

    async def _ids(self, tx: Tx, names: Iterable[str]) -> dict[str, int]:
        """Return the ids of tags by key, made where there are none; an unused one takes the new spelling."""
        values = [
            {"key": key, "name": name, "created_at": tx.now}
            for key, name in sorted((tag_key(name), name) for name in names)
        ]
        if not values:
            return {}
        made = pg.insert(tag).values(values)
        # ON CONFLICT speaks of the row that is there by the table's name, which is no source to correlate with.
        here: sa.ColumnClause[int] = sa.literal_column("tag.id")
        used = sa.or_(*(sa.select(links.c.tag_id).where(links.c.tag_id == here).exists() for links in _links))
        spelled: Any = sa.case((used, tag.c.name), else_=made.excluded.name)
        stmt = made.on_conflict_do_update(index_elements=[tag.c.key], set_={"name": spelled})
        return {row.key: row.id for row in await tx.all(stmt.returning(tag.c.key, tag.c.id))}
