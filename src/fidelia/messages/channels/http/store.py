"""Queries of channels that are definitions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import sqlalchemy as sa

from fidelia.kernel.errors import not_found
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.listing import folded, sorted_rows
from fidelia.platform.postgres import Tx

from ...tables import channel, mailing, template, template_version
from .model import Channel, ChannelDefinition

_c = channel.c
_SORTS: Mapping[str, sa.ColumnElement[Any]] = {
    "name": folded(_c.name),
    "key": _c.key,
    "created_at": _c.created_at,
    "updated_at": _c.updated_at,
}


@dataclass(frozen=True, slots=True)
class Kept:
    """A channel as it lies in the table: with what may not be shown, still encrypted."""

    channel: Channel
    secrets: str | None
    inbound_secret: str


def _kept(row: sa.Row[Any]) -> Kept:
    definition = msgspec.convert(row.definition, ChannelDefinition)
    names = row.settings.get("secret_names", [])
    values = row.settings.get("values", {})
    has = {*values, *names}
    made = Channel(
        id=row.id,
        key=row.key,
        name=row.name,
        icon=row.icon,
        description=row.description,
        definition=definition,
        settings=values,
        secrets=names,
        missing=[s.key for s in definition.settings if s.required and s.key not in has and not s.default],
        revision=row.revision,
        last_inbound_at=row.last_inbound_at,
        archived_at=row.archived_at,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
    return Kept(made, row.secrets, row.inbound_secret)


async def get(tx: Tx, channel_id: int, *, lock: bool = False) -> Kept:
    """Return a channel; raise 404."""
    query = sa.select(channel).where(_c.id == channel_id)
    row = await tx.first(query.with_for_update() if lock else query) if 0 < channel_id < 2**31 else None
    if row is None:
        raise not_found("Channel", channel_id)
    return _kept(row)


async def find(tx: Tx, key: str) -> Kept | None:
    """Return the channel with a key, archived or not, or ``None``."""
    row = await tx.first(sa.select(channel).where(_c.key == key))
    return None if row is None else _kept(row)


async def pages(tx: Tx, page: PageRequest, *, archived: bool) -> Page[Channel]:
    """Return a page of channels, sorted by ``name`` (the default), ``key``, ``created_at`` or ``updated_at``."""
    where: list[sa.ColumnElement[bool]] = [_c.archived_at.is_not(None) if archived else _c.archived_at.is_(None)]
    if page.q:
        where.append(_c.name.icontains(page.q, autoescape=True) | _c.key.icontains(page.q, autoescape=True))
    total = await tx.scalar(sa.select(sa.func.count()).select_from(channel).where(*where))
    query = sa.select(channel).where(*where)
    rows, cursor = await sorted_rows(tx, query, page, sorts=_SORTS, key=_c.id, default="name")
    return Page([_kept(row).channel for row in rows], cursor, total)


async def every(tx: Tx) -> list[Channel]:
    """Return all channels, archived ones too, by name."""
    return [_kept(row).channel for row in await tx.all(sa.select(channel).order_by(folded(_c.name)))]


async def named(tx: Tx, name: str, other_than: int | None) -> bool:
    """Tell whether another channel that is not archived has this name, whatever its case."""
    query = sa.select(_c.id).where(sa.func.lower(_c.name) == sa.func.lower(name), _c.archived_at.is_(None))
    if other_than is not None:
        query = query.where(_c.id != other_than)
    return await tx.first(query) is not None


async def insert(tx: Tx, values: Mapping[str, Any]) -> int:
    """Store a channel and return its id."""
    query = sa.insert(channel).values(**values, created_at=tx.now, updated_at=tx.now)
    return int(await tx.scalar(query.returning(_c.id)))


async def update(tx: Tx, channel_id: int, values: Mapping[str, Any]) -> None:
    """Change a channel and raise its revision."""
    await tx.execute(
        sa.update(channel).where(_c.id == channel_id).values(**values, revision=_c.revision + 1, updated_at=tx.now)
    )


async def heard(tx: Tx, channel_id: int) -> None:
    """Note that the provider has told something."""
    await tx.execute(sa.update(channel).where(_c.id == channel_id).values(last_inbound_at=tx.now))


# -- what uses a channel --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TemplateContent:
    """What a template of a channel says: by field, in its draft and in its published version."""

    id: int
    name: str
    archived: bool
    draft: dict[str, str]
    published: dict[str, str] | None


async def templates(tx: Tx, key: str) -> list[TemplateContent]:
    """Return every template of a channel, archived ones too."""
    rows = await tx.all(
        sa.select(
            template.c.id,
            template.c.name,
            template.c.archived_at,
            template.c.fields,
            template_version.c.fields.label("published"),
        )
        .select_from(template)
        .outerjoin(template_version, template_version.c.id == template.c.published_version_id)
        .where(template.c.channel == key)
        .order_by(template.c.id)
    )
    return [TemplateContent(row.id, row.name, row.archived_at is not None, row.fields, row.published) for row in rows]


async def mailings(tx: Tx, key: str) -> list[tuple[int, str, str]]:
    """Return (id, name, state) of the mailings of a channel that are not archived."""
    rows = await tx.all(
        sa.select(mailing.c.id, mailing.c.name, mailing.c.state)
        .where(mailing.c.channel == key, mailing.c.archived_at.is_(None))
        .order_by(mailing.c.id.desc())
        .limit(500)
    )
    return [(row.id, row.name, row.state) for row in rows]
