"""The templates of variants, ready to be filled in."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from fidelia import profiles
from fidelia.kernel.errors import FieldError, invalid
from fidelia.platform.postgres import Tx

from ...channels.registry import shape_at
from ...content.outside import outside_of, outside_of_version
from ...markup.includes import PARTS
from ...markup.model import Compiled, TemplateSource
from ...markup.sandbox import work
from ...model import Mailing, Template, TemplateVersion
from ...store import runs
from ...store import templates as templates_store
from .model import Split, Variant, VariantPlan


async def compiled_of(tx: Tx, variant: VariantPlan) -> Compiled:
    """Return a variant's template ready to be filled in, with its own subject; raise 404."""
    made = await runs.compiled(tx, variant.version_id)
    if not variant.subject:
        return made
    return msgspec.structs.replace(made, subject=variant.subject, uses=sorted({*made.uses, *variant.uses}))


def template_of(mailing: Mailing) -> int | None:
    """Return the template that stands for a mailing: its first variant's, or its own."""
    if mailing.split is not None and mailing.split.variants:
        return mailing.split.variants[0].template_id
    return mailing.template_id


async def source_of(tx: Tx, variant: Variant) -> TemplateSource:
    """Return what a variant would be made of: the published version, else the draft, and its own subject."""
    template = await templates_store.get(tx, variant.template_id)
    made: Template | TemplateVersion = template
    if template.published_version_id is not None:
        made = version = await templates_store.version(tx, template.published_version_id)
        outside = await outside_of_version(tx, version, template.database_id)
    else:
        texts = [*(getattr(template, part) for part in PARTS), *template.fields.values()]
        outside, _ = await outside_of(tx, texts, template.database_id)
    return TemplateSource(
        format=made.format,
        body=made.body,
        subject=variant.subject or made.subject,
        preheader=made.preheader,
        text=made.text,
        variables=made.variables,
        channel=made.channel,
        content=made.fields,
        shape=await shape_at(tx, made.channel),
        outside=outside,
        attachments=made.attachments,
    )


async def plans_of(tx: Tx, split: Split | None, database_id: int) -> list[VariantPlan]:
    """Return the variants as a run is started with them now: the published version of each template."""
    return [await _plan(tx, variant, database_id, n) for n, variant in enumerate(split.variants if split else ())]


async def _plan(tx: Tx, variant: Variant, database_id: int, n: int) -> VariantPlan:
    template = await templates_store.get(tx, variant.template_id)
    uses: Sequence[str] = ()
    if variant.subject:
        uses = await subject_uses(tx, variant.subject, template.variables, database_id, f"/split/variants/{n}/subject")
    return VariantPlan(
        template_id=template.id,
        version_id=template.published_version_id or 0,
        subject=" ".join(variant.subject.split()),
        from_name=variant.from_name,
        uses=list(uses),
    )


async def subject_uses(
    tx: Tx, subject: str, variables: dict[str, str], database_id: int, pointer: str
) -> Sequence[str]:
    """Return the values that a subject uses; raise 422 at ``pointer`` for one that cannot be made."""
    fields = [field.name for field in (await profiles.get_database(tx, database_id)).fields]
    outside, named = await outside_of(tx, [subject], database_id)
    if named.fragments:
        raise invalid(FieldError(pointer, "A fragment cannot stand in the subject of a variant"))
    made = await work(TemplateSource("html", "<p>-</p>", subject, variables=variables, fields=fields, outside=outside))
    wrong = [p for p in made.reply.problems if p.part == "subject" and p.severity == "error"]
    if wrong or made.reply.compiled is None:
        message = wrong[0].message if wrong else "This subject cannot be made"
        raise invalid(FieldError(pointer, message))
    return made.reply.compiled.uses
