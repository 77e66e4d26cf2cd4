"""Queries on what is set up once: channels, touchpoints, regions, currencies, typed fields, statuses of lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from fidelia.kernel.errors import conflict, not_found
from fidelia.kernel.money import exponent
from fidelia.platform.postgres import Tx

from ..model import (
    CurrencyOut,
    LineStatusOut,
    MarketFieldOut,
    RegionOut,
    SalesChannelOut,
    TouchpointOut,
)
from ..statuses import BUILT_IN, NAMES
from ..tables import (
    market_channel,
    market_currency,
    market_field,
    market_line_status,
    market_region,
    market_touchpoint,
)

#: The tables of things set up, and what one is called.
WORDS = {
    "market_channel": "Sales channel",
    "market_touchpoint": "Touchpoint",
    "market_region": "Region",
    "market_field": "Field",
    "market_line_status": "Status of lines",
}


async def create(tx: Tx, table: sa.Table, values: Mapping[str, Any]) -> int:
    """Insert one thing; return its id. Raises 409 when its external id or key is taken."""
    name = values.get("external_id", values.get("key"))
    unique = [c.name for c in table.columns if c.name in ("database_id", "entity", "external_id", "key")]
    same = [table.c[column] == values[column] for column in unique if column in values]
    found = await tx.scalar(sa.select(table.c.id).where(*same))
    if found is not None:
        raise conflict(f"{WORDS[table.name]} {name} is there already")
    query = sa.insert(table).values(**values, created_at=tx.now, updated_at=tx.now).returning(table.c.id)
    return int(await tx.scalar(query))


async def change(tx: Tx, table: sa.Table, id_: int, values: Mapping[str, Any]) -> None:
    """Change one thing; ``archived`` is written as a moment. Raises 404."""
    written = {name: value for name, value in values.items() if name != "archived"}
    if "archived" in values:
        written["archived_at"] = tx.now if values["archived"] else None
    result = await tx.scalar(
        sa.update(table).where(table.c.id == id_).values(**written, updated_at=tx.now).returning(table.c.id)
    )
    if result is None:
        raise not_found(WORDS[table.name], id_)


async def channels(tx: Tx, database_id: int | None = None, ids: Sequence[int] | None = None) -> list[SalesChannelOut]:
    """Return channels with their touchpoints, by name; archived ones last."""
    where: list[sa.ColumnElement[bool]] = []
    if database_id is not None:
        where.append(market_channel.c.database_id == database_id)
    if ids is not None:
        where.append(market_channel.c.id.in_(ids))
    c = market_channel.c
    rows = await tx.all(sa.select(market_channel).where(*where).order_by(c.archived_at.is_not(None), c.name, c.id))
    t = market_touchpoint.c
    points: dict[int, list[TouchpointOut]] = {}
    found = sa.select(market_touchpoint).where(t.channel_id.in_([row.id for row in rows]))
    for row in await tx.all(found.order_by(t.archived_at.is_not(None), t.name, t.id)):
        points.setdefault(row.channel_id, []).append(_touchpoint(row))
    return [
        SalesChannelOut(
            id=row.id,
            database_id=row.database_id,
            external_id=row.external_id,
            name=row.name,
            description=row.description,
            kind=row.kind,
            tags=list(row.tags),
            touchpoints=points.get(row.id, []),
            archived_at=row.archived_at,
            created_at=row.created_at,
            updated_at=row.updated_at,
        )
        for row in rows
    ]


async def channel(tx: Tx, channel_id: int) -> SalesChannelOut:
    """Return a channel; raise 404."""
    found = await channels(tx, ids=[channel_id])
    if not found:
        raise not_found("Sales channel", channel_id)
    return found[0]


def _touchpoint(row: sa.Row[Any]) -> TouchpointOut:
    return TouchpointOut(
        id=row.id,
        channel_id=row.channel_id,
        external_id=row.external_id,
        name=row.name,
        description=row.description,
        archived_at=row.archived_at,
    )


async def touchpoint(tx: Tx, touchpoint_id: int) -> TouchpointOut:
    """Return a touchpoint; raise 404."""
    row = await tx.first(sa.select(market_touchpoint).where(market_touchpoint.c.id == touchpoint_id))
    if row is None:
        raise not_found("Touchpoint", touchpoint_id)
    return _touchpoint(row)


async def regions(tx: Tx) -> list[RegionOut]:
    """Return regions by name; archived ones last."""
    c = market_region.c
    rows = await tx.all(sa.select(market_region).order_by(c.archived_at.is_not(None), c.name, c.id))
    return [RegionOut(row.id, row.external_id, row.name, row.archived_at) for row in rows]


async def currencies(tx: Tx) -> list[CurrencyOut]:
    """Return every currency by its code."""
    rows = await tx.all(sa.select(market_currency).order_by(market_currency.c.code))
    return [CurrencyOut(row.code, row.name, row.active, exponent(row.code)) for row in rows]


async def switch_currency(tx: Tx, code: str, active: bool) -> None:
    """Switch a currency on or off; raise 404."""
    done = await tx.scalar(
        sa.update(market_currency)
        .where(market_currency.c.code == code)
        .values(active=active, updated_at=tx.now)
        .returning(market_currency.c.code)
    )
    if done is None:
        raise not_found("Currency", code)


async def fields(tx: Tx) -> list[MarketFieldOut]:
    """Return the typed fields by what they belong to, in the order in which they were made."""
    c = market_field.c
    rows = await tx.all(sa.select(market_field).order_by(c.entity, c.archived_at.is_not(None), c.id))
    return [
        MarketFieldOut(row.id, row.entity, row.key, row.label, row.type, row.required, row.initial, row.archived_at)
        for row in rows
    ]


async def line_statuses(tx: Tx) -> list[LineStatusOut]:
    """Return statuses of lines: those built in, then those set up."""
    c = market_line_status.c
    rows = await tx.all(sa.select(market_line_status).order_by(c.archived_at.is_not(None), c.id))
    built_in = [LineStatusOut(None, name, NAMES[name], kind, None) for name, kind in dict(BUILT_IN.values()).items()]
    return built_in + [LineStatusOut(row.id, row.external_id, row.name, row.kind, row.archived_at) for row in rows]
