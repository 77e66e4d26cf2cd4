"""Queries of fragments."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import msgspec
import sqlalchemy as sa

from fidelia.kernel.errors import not_found
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.listing import folded, sorted_rows
from fidelia.platform.postgres import Tx

from ...markup.model import FragmentSource, TemplateProblem
from ...tables import template, template_version
from ..tables import fragment, fragment_version
from .model import Fragment, FragmentUse, FragmentVersion

_published = template_version.alias("published")


def _names_it(key: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    """Tell whether a template's draft or what is published of it names a fragment."""
    return sa.or_(template.c.refers["fragments"].has_key(key), _published.c.refers["fragments"].has_key(key))


_users = (
    sa.select(sa.func.count())
    .select_from(template.outerjoin(_published, _published.c.id == template.c.published_version_id))
    .where(template.c.archived_at.is_(None), _names_it(fragment.c.key))
    .scalar_subquery()
)
_SELECT = sa.select(fragment, _users.label("used_by"))
_SORTS: Mapping[str, sa.ColumnElement[Any]] = {
    "name": folded(fragment.c.name),
    "key": fragment.c.key,
    "updated_at": fragment.c.updated_at,
}


def _fragment(row: sa.Row[Any]) -> Fragment:
    return Fragment(
        id=row.id,
        key=row.key,
        name=row.name,
        description=row.description,
        format=row.format,
        body=row.body,
        version=row.version,
        problems=msgspec.convert(row.problems, list[TemplateProblem]),
        includes=list(row.refers.get("includes", [])),
        used_by=row.used_by,
        archived_at=row.archived_at,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


async def get(tx: Tx, fragment_id: int, *, lock: bool = False) -> Fragment:
    """Return a fragment; raise 404."""
    query = _SELECT.where(fragment.c.id == fragment_id)
    if lock:
        query = query.with_for_update(of=fragment)
    row = await tx.first(query) if 0 < fragment_id < 2**31 else None
    if row is None:
        raise not_found("Fragment", fragment_id)
    return _fragment(row)


async def pages(tx: Tx, page: PageRequest, *, archived: bool) -> Page[Fragment]:
    """Return a page of fragments, sorted by ``name``, ``key`` or ``updated_at`` (by name)."""
    where: list[sa.ColumnElement[bool]] = [
        fragment.c.archived_at.isnot(None) if archived else fragment.c.archived_at.is_(None)
    ]
    if page.q:
        where.append(
            fragment.c.name.icontains(page.q, autoescape=True) | fragment.c.key.icontains(page.q, autoescape=True)
        )
    total = await tx.scalar(sa.select(sa.func.count()).select_from(fragment).where(*where))
    rows, cursor = await sorted_rows(tx, _SELECT.where(*where), page, sorts=_SORTS, key=fragment.c.id, default="name")
    return Page([_fragment(row) for row in rows], cursor, total)


async def taken(tx: Tx, key: str) -> bool:
    """Tell whether a key is some fragment's."""
    return await tx.scalar(sa.select(fragment.c.id).where(fragment.c.key == key)) is not None


async def insert(tx: Tx, values: dict[str, Any], by: str) -> int:
    """Store a new fragment as version 1 and return its id."""
    query = sa.insert(fragment).values(**values, version=1, created_at=tx.now, updated_at=tx.now)
    fragment_id = int(await tx.scalar(query.returning(fragment.c.id)))
    await _keep(tx, fragment_id, 1, values["format"], values["body"], by)
    return fragment_id


async def update(tx: Tx, fragment_id: int, values: dict[str, Any]) -> None:
    """Change a fragment."""
    await tx.execute(sa.update(fragment).where(fragment.c.id == fragment_id).values(**values, updated_at=tx.now))


async def save(tx: Tx, before: Fragment, values: dict[str, Any], by: str) -> None:
    """Change a fragment, its text too: that is its next version."""
    number = before.version + 1
    await update(tx, before.id, {**values, "version": number})
    await _keep(tx, before.id, number, values.get("format", before.format), values.get("body", before.body), by)


async def _keep(tx: Tx, fragment_id: int, number: int, kind: str, body: str, by: str) -> None:
    row = {"fragment_id": fragment_id, "number": number, "format": kind, "body": body}
    await tx.execute(sa.insert(fragment_version).values(**row, saved_at=tx.now, saved_by=by))


async def versions(tx: Tx, fragment_id: int) -> list[FragmentVersion]:
    """Return what a fragment said, the newest first."""
    rows = await tx.all(
        sa.select(fragment_version)
        .where(fragment_version.c.fragment_id == fragment_id)
        .order_by(fragment_version.c.number.desc())
        .limit(200)
    )
    names = [field.encode_name for field in msgspec.structs.fields(FragmentVersion)]
    return [FragmentVersion(**{name: getattr(row, name) for name in names}) for row in rows]


async def sources(tx: Tx, keys: Collection[str]) -> dict[str, FragmentSource]:
    """Return fragments as the compiler takes them, by key; archived ones are not there."""
    rows = await tx.all(
        sa.select(fragment.c.key, fragment.c.format, fragment.c.body, fragment.c.version).where(
            fragment.c.key.in_(list(keys)), fragment.c.archived_at.is_(None)
        )
    )
    return {row.key: FragmentSource(row.format, row.body, row.version) for row in rows}


async def frozen(tx: Tx, used: Mapping[str, int]) -> dict[str, FragmentSource]:
    """Return fragments as they were at some versions, by key."""
    if not used:
        return {}
    rows = await tx.all(
        sa.select(fragment.c.key, fragment_version)
        .join(fragment_version, fragment_version.c.fragment_id == fragment.c.id)
        .where(sa.tuple_(fragment.c.key, fragment_version.c.number).in_(list(used.items())))
    )
    return {row.key: FragmentSource(row.format, row.body, row.number) for row in rows}


async def keys(tx: Tx) -> list[str]:
    """Return the keys of all fragments that can be included."""
    rows = await tx.all(sa.select(fragment.c.key).where(fragment.c.archived_at.is_(None)).order_by(fragment.c.key))
    return [row.key for row in rows]


async def newest(tx: Tx, keys: Collection[str]) -> dict[str, tuple[int, str, int]]:
    """Return id, name and version of fragments by key."""
    if not keys:
        return {}
    rows = await tx.all(
        sa.select(fragment.c.key, fragment.c.id, fragment.c.name, fragment.c.version).where(
            fragment.c.key.in_(list(keys))
        )
    )
    return {row.key: (row.id, row.name, row.version) for row in rows}


async def uses(tx: Tx, key: str) -> list[FragmentUse]:
    """Return the templates that name a fragment, themselves or through another one, by name."""
    inside = _published.c.refers["fragments"][key].astext
    rows = await tx.all(
        sa.select(
            template.c.id,
            template.c.name,
            template.c.refers["fragments"].has_key(key).label("draft"),
            sa.cast(inside, sa.Integer).label("published"),
        )
        .select_from(template.outerjoin(_published, _published.c.id == template.c.published_version_id))
        .where(template.c.archived_at.is_(None), _names_it(sa.literal(key)))
        .order_by(folded(template.c.name), template.c.id)
        .limit(1000)
    )
    return [
        FragmentUse(template_id=row.id, name=row.name, draft=bool(row.draft), published=row.published) for row in rows
    ]


async def including(tx: Tx, key: str) -> list[str]:
    """Return the names of fragments that include another one themselves."""
    rows = await tx.all(
        sa.select(fragment.c.name)
        .where(fragment.c.archived_at.is_(None), fragment.c.refers["includes"].has_key(key))
        .order_by(fragment.c.name)
    )
    return [row.name for row in rows]


async def naming(tx: Tx, kind: str, value: int | str) -> list[str]:
    """Return the names of fragments whose text names a segment (``segments``) or a feed (``feeds``)."""
    rows = await tx.all(
        sa.select(fragment.c.name)
        .where(fragment.c.archived_at.is_(None), fragment.c.refers[kind].contains([value]))
        .order_by(fragment.c.name)
    )
    return [row.name for row in rows]
