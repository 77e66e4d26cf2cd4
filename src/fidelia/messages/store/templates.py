"""Queries of templates and their published versions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from fidelia.kernel.errors import not_found
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.listing import folded, sorted_rows
from fidelia.platform.postgres import Tx

from ..content.fragments import store as fragments
from ..content.fragments.model import NewerFragment
from ..markup.model import AttachedFile, Compiled, TemplateProblem
from ..markup.refers import feeds_used, segments_used
from ..model import Template, TemplateVersion
from ..tables import mailing, template, template_link, template_version

_published = template_version.alias("published")
_SELECT = (
    sa.select(
        template,
        _published.c.number.label("published_number"),
        _published.c.published_at.label("published_at"),
        sa.or_(
            _published.c.revision.is_(None),
            _published.c.revision < template.c.revision,
            template.c.attachments != sa.func.coalesce(_published.c.refers["attachments"], sa.text("'[]'::jsonb")),
        ).label("unpublished_changes"),
        _published.c.refers["fragments"].label("published_fragments"),
    )
    .select_from(template)
    .outerjoin(_published, _published.c.id == template.c.published_version_id)
)
_NAMES = [field.encode_name for field in msgspec.structs.fields(Template) if field.name != "newer_fragments"]


async def _templates(tx: Tx, rows: Sequence[sa.Row[Any]]) -> list[Template]:
    newest = await fragments.newest(tx, {key for row in rows for key in row.published_fragments or {}})
    return [_template(row, newest) for row in rows]


def _template(row: sa.Row[Any], newest: Mapping[str, tuple[int, str, int]]) -> Template:
    values = {name: getattr(row, name) for name in _NAMES}
    newer = [
        NewerFragment(fragment_id=newest[key][0], key=key, name=newest[key][1], published=at, newest=newest[key][2])
        for key, at in (row.published_fragments or {}).items()
        if key in newest and newest[key][2] > at
    ]
    values |= {
        "problems": msgspec.convert(row.problems, list[TemplateProblem]),
        "attachments": msgspec.convert(row.attachments, list[AttachedFile]),
        "newer_fragments": newer,
    }
    return Template(**values)


async def get(tx: Tx, template_id: int, *, lock: bool = False) -> Template:
    """Return a template; raise 404."""
    query = _SELECT.where(template.c.id == template_id)
    if lock:
        query = query.with_for_update(of=template)
    row = await tx.first(query) if 0 < template_id < 2**31 else None
    if row is None:
        raise not_found("Template", template_id)
    return (await _templates(tx, [row]))[0]


_SORTS: Mapping[str, sa.ColumnElement[Any]] = {
    "id": template.c.id,
    "name": folded(template.c.name),
    "subject": folded(template.c.subject),
    "updated_at": template.c.updated_at,
}


async def pages(
    tx: Tx, page: PageRequest, *, archived: bool, database_id: int | None, channel: str | None = None
) -> Page[Template]:
    """Return a page of templates, sorted by ``name``, ``subject`` or ``updated_at`` (newest first by default)."""
    where: list[sa.ColumnElement[bool]] = [
        template.c.archived_at.isnot(None) if archived else template.c.archived_at.is_(None)
    ]
    if database_id is not None:
        where.append(sa.or_(template.c.database_id == database_id, template.c.database_id.is_(None)))
    if channel is not None:
        where.append(template.c.channel == channel)
    if page.q:
        where.append(
            template.c.name.icontains(page.q, autoescape=True) | template.c.subject.icontains(page.q, autoescape=True)
        )
    total = await tx.scalar(sa.select(sa.func.count()).select_from(template).where(*where))
    rows, cursor = await sorted_rows(
        tx, _SELECT.where(*where), page, sorts=_SORTS, key=template.c.id, default="-updated_at"
    )
    return Page(await _templates(tx, rows), cursor, total)


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
                channel=made.channel,
                fields=made.fields,
                format=made.format,
                subject=made.subject,
                preheader=made.preheader,
                body=made.body,
                text=made.text,
                variables=made.variables,
                compiled=msgspec.to_builtins(compiled),
                problems=msgspec.to_builtins(problems),
                refers={
                    "fragments": compiled.fragments,
                    "segments": segments_used(compiled.uses),
                    "feeds": feeds_used(compiled.uses),
                    "attachments": msgspec.to_builtins(compiled.attachments),
                },
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
        channel=row.channel,
        format=row.format,
        subject=row.subject,
        preheader=row.preheader,
        body=row.body,
        text=row.text,
        fields=row.fields,
        variables=row.variables,
        problems=msgspec.convert(row.problems, list[TemplateProblem]),
        links=compiled.links,
        fragments=compiled.fragments,
        attachments=compiled.attachments,
        published_at=row.published_at,
        published_by=row.published_by,
    )


async def revision_of(tx: Tx, version_id: int) -> int:
    """Return which revision of the draft a version was made of."""
    return int(await tx.scalar(sa.select(template_version.c.revision).where(template_version.c.id == version_id)))


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


async def naming(tx: Tx, kind: str, value: int | str) -> list[str]:
    """Return the names of templates whose draft or published version names a segment or a feed (``kind``)."""
    rows = await tx.all(
        sa.select(template.c.name)
        .select_from(template.outerjoin(_published, _published.c.id == template.c.published_version_id))
        .where(
            template.c.archived_at.is_(None),
            sa.or_(template.c.refers[kind].contains([value]), _published.c.refers[kind].contains([value])),
        )
        .order_by(template.c.id)
        .limit(100)
    )
    return [row.name for row in rows]


async def names(tx: Tx, ids: Iterable[int]) -> dict[int, str]:
    """Return the names of templates by id."""
    rows = await tx.all(sa.select(template.c.id, template.c.name).where(template.c.id.in_(list(ids))))
    return {row.id: row.name for row in rows}
