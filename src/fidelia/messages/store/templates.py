"""Queries of templates and their published versions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
import sqlalchemy as sa

from fidelia.kernel.errors import not_found
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.listing import folded, sorted_rows
from fidelia.platform.postgres import Tx

from ..markup.model import Compiled, TemplateProblem
from ..model import Template, TemplateVersion
from ..tables import mailing, template, template_link, template_version

_published = template_version.alias("published")
_SELECT = (
    sa.select(
        template,
        _published.c.number.label("published_number"),
        _published.c.published_at.label("published_at"),
        (_published.c.revision.is_(None) | (_published.c.revision < template.c.revision)).label("unpublished_changes"),
    )
    .select_from(template)
    .outerjoin(_published, _published.c.id == template.c.published_version_id)
)
_NAMES = [field.encode_name for field in msgspec.structs.fields(Template)]


def _template(row: sa.Row[Any]) -> Template:
    values = {name: getattr(row, name) for name in _NAMES}
    return Template(**{**values, "problems": msgspec.convert(row.problems, list[TemplateProblem])})


async def get(tx: Tx, template_id: int, *, lock: bool = False) -> Template:
    """Return a template; raise 404."""
    query = _SELECT.where(template.c.id == template_id)
    if lock:
        query = query.with_for_update(of=template)
    row = await tx.first(query) if 0 < template_id < 2**31 else None
    if row is None:
        raise not_found("Template", template_id)
    return _template(row)


_SORTS: Mapping[str, sa.ColumnElement[Any]] = {
    "id": template.c.id,
    "name": folded(template.c.name),
    "subject": folded(template.c.subject),
    "updated_at": template.c.updated_at,
}


async def pages(tx: Tx, page: PageRequest, *, archived: bool, database_id: int | None) -> Page[Template]:
    """Return a page of templates, sorted by ``name``, ``subject`` or ``updated_at`` (newest first by default)."""
    where: list[sa.ColumnElement[bool]] = [
        template.c.archived_at.isnot(None) if archived else template.c.archived_at.is_(None)
    ]
    if database_id is not None:
        where.append(sa.or_(template.c.database_id == database_id, template.c.database_id.is_(None)))
    if page.q:
        where.append(
            template.c.name.icontains(page.q, autoescape=True) | template.c.subject.icontains(page.q, autoescape=True)
        )
    total = await tx.scalar(sa.select(sa.func.count()).select_from(template).where(*where))
    rows, cursor = await sorted_rows(
        tx, _SELECT.where(*where), page, sorts=_SORTS, key=template.c.id, default="-updated_at"
    )
    return Page([_template(row) for row in rows], cursor, total)


async def insert(tx: Tx, values: dict[str, Any]) -> int:
    """Store a new template and return its id."""
    query = sa.insert(template).values(**values, created_at=tx.now, updated_at=tx.now)
    return int(await tx.scalar(query.returning(template.c.id)))


async def update(tx: Tx, template_id: int, values: dict[str, Any]) -> None:
    """Change a template."""
    await tx.execute(sa.update(template).where(template.c.id == template_id).values(**values, updated_at=tx.now))


async def publish(tx: Tx, made: Template, compiled: Compiled, problems: list[TemplateProblem], by: str) -> int:
    """Freeze the draft as the next version with its links, and make it the one that is sent; return its id."""
    last = await tx.scalar(
        sa.select(sa.func.coalesce(sa.func.max(template_version.c.number), 0)).where(
            template_version.c.template_id == made.id
        )
    )
    version_id = int(
        await tx.scalar(
            sa.insert(template_version)
            .values(
                template_id=made.id,
                number=int(last) + 1,
                format=made.format,
                subject=made.subject,
                preheader=made.preheader,
                body=made.body,
                text=made.text,
                variables=made.variables,
                compiled=msgspec.to_builtins(compiled),
                problems=msgspec.to_builtins(problems),
                revision=made.revision,
                published_at=tx.now,
                published_by=by,
            )
            .returning(template_version.c.id)
        )
    )
    if compiled.links:
        await tx.execute(
            sa.insert(template_link),
            [
                {"version_id": version_id, "no": link.no, "url": link.url, "dynamic": link.dynamic}
                for link in compiled.links
            ],
        )
    await tx.execute(sa.update(template).where(template.c.id == made.id).values(published_version_id=version_id))
    return version_id


async def versions(tx: Tx, template_id: int) -> list[TemplateVersion]:
    """Return the published versions of a template, the newest first."""
    rows = await tx.all(
        sa.select(template_version)
        .where(template_version.c.template_id == template_id)
        .order_by(template_version.c.number.desc())
    )
    return [_version(row) for row in rows]


async def version(tx: Tx, version_id: int) -> TemplateVersion:
    """Return one version; raise 404."""
    row = await tx.first(sa.select(template_version).where(template_version.c.id == version_id))
    if row is None:
        raise not_found("Template version", version_id)
    return _version(row)


def _version(row: sa.Row[Any]) -> TemplateVersion:
    compiled = msgspec.convert(row.compiled, Compiled)
    return TemplateVersion(
        id=row.id,
        template_id=row.template_id,
        number=row.number,
        format=row.format,
        subject=row.subject,
        preheader=row.preheader,
        body=row.body,
        text=row.text,
        variables=row.variables,
        problems=msgspec.convert(row.problems, list[TemplateProblem]),
        links=compiled.links,
        published_at=row.published_at,
        published_by=row.published_by,
    )


async def unfinished_mailings(tx: Tx, template_id: int) -> list[str]:
    """Return the names of mailings that still need a template."""
    rows = await tx.all(
        sa.select(mailing.c.name)
        .where(
            sa.or_(
                mailing.c.template_id == template_id,
                mailing.c.split["variants"].contains([{"template_id": template_id}]),
            ),
            mailing.c.archived_at.is_(None),
            mailing.c.state.in_(("draft", "scheduled", "starting", "sending", "paused")),
        )
        .order_by(mailing.c.id)
        .limit(20)
    )
    return [row.name for row in rows]


async def using_field(tx: Tx, database_id: int, field: str) -> list[str]:
    """Return the names of templates of a database whose published version uses a field of profiles."""
    rows = await tx.all(
        sa.select(template.c.name)
        .join(template_version, template_version.c.id == template.c.published_version_id)
        .where(
            template.c.database_id == database_id,
            template.c.archived_at.is_(None),
            template_version.c.compiled["uses"].contains([f"profile.{field}"]),
        )
        .order_by(template.c.id)
        .limit(100)
    )
    return [row.name for row in rows]


async def names(tx: Tx, ids: Iterable[int]) -> dict[int, str]:
    """Return the names of templates by id."""
    rows = await tx.all(sa.select(template.c.id, template.c.name).where(template.c.id.in_(list(ids))))
    return {row.id: row.name for row in rows}
