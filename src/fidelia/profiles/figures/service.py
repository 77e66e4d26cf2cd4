"""Whom figures count: described, listed, and as a set for those who do something with them."""

from __future__ import annotations

from collections.abc import Mapping

from pyroaring import BitMap

from fidelia.access import Actor
from fidelia.kernel.errors import Problem, invalid_field, not_found
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.postgres import Tx

from ..fields import Database, Field
from ..service.databases import get_database
from ..store import search as search_store
from ..store.profiles import Row
from . import store
from .model import ANY, FIGURES, Counted, Figure, Source

MAX_KEY = 200


async def get_figure(tx: Tx, actor: Actor, database_id: int, key: str) -> Figure:
    """Return what a figure is and how many of its people there are now. Raises 403, 404."""
    database = await get_database(tx, database_id)
    counted = await _counted(tx, actor, database, key)
    sure = counted.people is not None and counted.sure
    people = len(counted.people or ()) if sure else await _count(tx, database, counted)
    return Figure(
        key=key,
        title=counted.title,
        link=counted.link,
        people=people,
        counted=counted.counted,
        as_of=counted.as_of,
        only_less=counted.only_less,
    )


async def figure_page(
    tx: Tx, actor: Actor, key: str, database: Database, page: PageRequest, fields: list[Field], sort: Field | None
) -> Page[Row]:
    """Return a page of whom a figure counts; ``total`` is exact. Raises 422 for a figure that does not exist."""
    counted = await asked(tx, actor, database, key)
    raw = await tx.raw()
    if counted.people is not None and counted.sure and sort is None:
        return await store.slice_of(raw, database, page, counted.people, fields)
    where = search_store.Where([], [])
    narrow(database, where, counted)
    return await store.page(raw, database, page, where, fields, sort)


async def figure_people(tx: Tx, actor: Actor, database_id: int, key: str, pointer: str = "/figure") -> BitMap:
    """Return whom a figure counts, as far as they are still there. Raises 403, 404 for the database, 422."""
    database = await get_database(tx, database_id)
    counted = await asked(tx, actor, database, key, pointer)
    if counted.people is not None and counted.sure:
        return counted.people
    where = search_store.Where([], [])
    narrow(database, where, counted)
    return await store.ids(await tx.raw(), database, where)


async def figure_title(tx: Tx, actor: Actor, database_id: int, key: str, pointer: str = "/figure") -> str:
    """Return what a figure is called. Raises 403, 404 for the database, 422."""
    return (await asked(tx, actor, await get_database(tx, database_id), key, pointer)).title


async def asked(tx: Tx, actor: Actor, database: Database, key: str, pointer: str = "/figure") -> Counted:
    """Return whom a figure counts that a request asks for; raise 403, and 422 where there is none such."""
    try:
        return await _counted(tx, actor, database, key)
    except Problem as exc:
        if exc.status != 404:
            raise
        raise invalid_field(pointer, exc.detail) from None


def narrow(database: Database, where: search_store.Where, counted: Counted) -> None:
    """Add to conditions that a figure counts the person."""
    if counted.people is not None:
        where.add("id = any(%s::bigint[])", list(counted.people))
    elif counted.having is not None:
        name, value = counted.having
        field = database.by_name[name]
        if value is ANY:
            search_store.has_any(where, field)
        else:
            search_store.has_value(where, field, value)


async def _count(tx: Tx, database: Database, counted: Counted) -> int:
    where = search_store.Where([], [])
    narrow(database, where, counted)
    return await store.count(await tx.raw(), database, where)


async def _counted(tx: Tx, actor: Actor, database: Database, key: str) -> Counted:
    kind, *rest = key[:MAX_KEY].split(":")
    sources: Mapping[str, Source] = tx.engines.port(FIGURES)
    source = sources.get(kind)
    if source is None:
        raise not_found("Figure", key[:MAX_KEY])
    return await source(tx, actor, database.id, rest)


def number(text: str) -> int:
    """Return the id in a part of a figure's key; 0, which nothing has, for what is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
