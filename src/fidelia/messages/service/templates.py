"""Templates: save a draft, look at it as somebody, publish it, send a test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from fidelia import profiles
from fidelia.access import Actor, audit
from fidelia.kernel.errors import FieldError, Problem, conflict, invalid, invalid_field
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.postgres import Tx

from ..channels.http.templates import finished, shape_of, unknown_fields, with_faults
from ..channels.registry import EMAIL, definition_at, usable
from ..content.outside import outside_of
from ..content.showing import seen_by
from ..kinds.trigger.causes import sample_of_source
from ..markup.includes import PARTS
from ..markup.model import CompileReply, Rendered, TemplateProblem, TemplateSource
from ..markup.refers import Refers, feeds_used, segments_used
from ..markup.sandbox import work
from ..model import Template, TemplateVersion
from ..ports import handout_examples
from ..sending.values import plain_values
from ..store import templates as store
from .clash import clash
from .outlet import signer

#: What a draft may be changed in.
CONTENT = ("channel", "fields", "format", "subject", "preheader", "body", "text", "variables", "database_id")
#: What stands where a campaign's mailing would say which one it is of.
SAMPLE_CAMPAIGN: Mapping[str, Mapping[str, Any]] = {
    "campaign": {
        "id": 1,
        "name": "[name of the campaign]",
        "description": "[description of the campaign]",
        "started_on": "2026-01-31",
    }
}
SAMPLE_LINKS = {
    "unsubscribe": "https://example.com/unsubscribe",
    "web_version": "https://example.com/web-version",
    "preferences": "https://example.com/preferences",
    "confirm": "https://example.com/confirm",
}


async def list_templates(
    tx: Tx,
    page: PageRequest,
    *,
    archived: bool = False,
    database_id: int | None = None,
    channel: str | None = None,
) -> Page[Template]:
    """Return a page of templates; with a database, those for it and those for any."""
    return await store.pages(tx, page, archived=archived, database_id=database_id, channel=channel)


async def get_template(tx: Tx, template_id: int) -> Template:
    """Return a template with its draft; raise 404."""
    return await store.get(tx, template_id)


async def list_versions(tx: Tx, template_id: int) -> list[TemplateVersion]:
    """Return what was published, the newest first; raise 404."""
    await store.get(tx, template_id)
    return await store.versions(tx, template_id)


async def create_template(tx: Tx, actor: Actor, values: Mapping[str, Any]) -> Template:
    """Store a new draft and what is wrong with it; raise 422 for values that cannot be stored."""
    checked = await _checked(tx, values)
    template_id = await store.insert(tx, {**checked, **await _looked_at(tx, checked)})
    made = await store.get(tx, template_id)
    await audit(tx, actor, "template.created", kind="template", object_id=made.id, name=made.name, after=_told(made))
    return made


async def change_template(
    tx: Tx, actor: Actor, template_id: int, values: Mapping[str, Any], revision: int | None = None
) -> Template:
    """Save a draft. Raise 404; 409 when somebody saved since ``revision``, or it is archived; 422."""
    before = await store.get(tx, template_id, lock=True)
    if before.archived_at is not None:
        raise conflict("This template is archived; restore it before you change it")
    if revision is not None and revision != before.revision:
        raise await clash(tx, "template", template_id, "revision", before.revision)
    if not values:
        return before
    checked = await _checked(tx, values, before)
    if any(name in checked for name in CONTENT):
        content = {name: checked.get(name, getattr(before, name)) for name in CONTENT}
        checked |= {**await _looked_at(tx, content), "revision": before.revision + 1}
    await store.update(tx, template_id, checked)
    after = await store.get(tx, template_id)
    await audit(
        tx,
        actor,
        "template.updated",
        kind="template",
        object_id=after.id,
        name=after.name,
        before=_told(before),
        after=_told(after),
    )
    return after


async def publish_template(tx: Tx, actor: Actor, template_id: int) -> Template:
    """Freeze the draft as the version that is sent from now on. Raise 404, 409 (archived), 422 with what is wrong."""
    draft = await store.get(tx, template_id, lock=True)
    if draft.archived_at is not None:
        raise conflict("This template is archived; restore it before you publish it")
    return await _publish(tx, actor, draft, "template.published")


async def update_fragments(tx: Tx, actor: Actor, template_id: int) -> Template:
    """Publish what is published once more, with the newest fragments; the draft stays a draft.

    Raise 404, 409 (archived, never published), 422 with what is wrong now.
    """
    draft = await store.get(tx, template_id, lock=True)
    if draft.archived_at is not None:
        raise conflict("This template is archived; restore it before you publish it")
    if draft.published_version_id is None:
        raise conflict("This template was never published")
    version = await store.version(tx, draft.published_version_id)
    revision = await store.revision_of(tx, version.id)
    content = {name: getattr(version, name) for name in CONTENT if name in version.__struct_fields__}
    sent = msgspec.structs.replace(draft, **content, attachments=version.attachments, revision=revision)
    return await _publish(tx, actor, sent, "template.fragments_updated")


async def _publish(tx: Tx, actor: Actor, draft: Template, action: str) -> Template:
    reply = await _compiled(tx, await source_of(tx, draft))
    errors = [p for p in reply.problems if p.severity == "error"]
    if errors or reply.compiled is None:
        raise invalid(*(FieldError(f"/{p.part.replace('.', '/')}", _with_line(p)) for p in errors))
    if draft.channel == EMAIL and not draft.subject.strip():
        raise invalid_field("/subject", "Enter a subject before you publish")
    asking = await profiles.resources_asking_with(tx, draft.id)
    if asking and not reply.compiled.confirms:
        message = f"{asking[0]} asks with it to confirm subscriptions: the link {{{{ confirm_url }}}} must stay in it"
        raise invalid_field("/body", message)
    compiled = reply.compiled
    if asking and (segments_used(compiled.uses) or feeds_used(compiled.uses)):
        message = f"{asking[0]} asks with it to confirm subscriptions: such a mail cannot ask for segments or feeds"
        raise invalid_field("/body", message)
    await store.publish(tx, draft, compiled, reply.problems, actor.name)
    made = await store.get(tx, draft.id)
    after = {"version": made.published_number}
    await audit(tx, actor, action, kind="template", object_id=made.id, name=made.name, after=after)
    return made


async def clone_template(tx: Tx, actor: Actor, template_id: int, name: str | None) -> Template:
    """Copy a draft under another name."""
    origin = await store.get(tx, template_id)
    values = {field: getattr(origin, field) for field in CONTENT}
    return await create_template(
        tx, actor, {**values, "description": origin.description, "name": name or f"{origin.name} (copy)"[:200]}
    )


async def archive_template(tx: Tx, actor: Actor, template_id: int, *, archived: bool = True) -> Template:
    """Put a template away, or bring it back; raise 409 while an unfinished mailing uses it."""
    before = await store.get(tx, template_id, lock=True)
    if archived and (users := await store.unfinished_mailings(tx, template_id)):
        raise conflict(f"The template is used by {', '.join(users[:5])}. Choose another one there first")
    if archived and (asking := await profiles.resources_asking_with(tx, template_id)):
        raise conflict(f"{', '.join(asking[:5])} asks with it to confirm subscriptions. Choose another one there first")
    await store.update(tx, template_id, {"archived_at": tx.now if archived else None})
    after = await store.get(tx, template_id)
    action = "template.archived" if archived else "template.restored"
    await audit(tx, actor, action, kind="template", object_id=before.id, name=before.name)
    return after


# -- looking at it --------------------------------------------------------------------------------------------------


async def source_of(tx: Tx, template: Template) -> TemplateSource:
    """Return a draft as the compiler takes it, with the fields it may use."""
    return await _source(tx, {name: getattr(template, name) for name in (*CONTENT, "attachments")})


async def source_from(tx: Tx, content: Mapping[str, Any]) -> TemplateSource:
    """Return unsaved content as the compiler takes it; raise 422 for values that could not be stored."""
    return await _source(tx, await _checked(tx, {"name": "preview", **content}))


async def preview(
    tx: Tx,
    source: TemplateSource,
    *,
    database_id: int | None,
    profile_id: int | None,
    values: Mapping[str, Any],
    variables: Mapping[str, str] | None = None,
    roots: Mapping[str, Mapping[str, Any]] | None = None,
) -> tuple[CompileReply, Rendered | None]:
    """Compile and render for a profile, or for the given values of ``profile``; raise 404 for nobody's id.

    ``roots`` are further ones; without them stand-ins show where what causes a message, or its campaign, would stand.
    """
    shown = dict(values)
    if profile_id is not None:
        if database_id is None:
            raise invalid_field("/database_id", "Choose a database to preview as one of its people")
        shown = {**plain_values(await profiles.get_profile(tx, database_id, profile_id)), **shown}
    contact = shown.get("email", "")
    own = {"email": contact, "contact": contact, "channel": source.channel}
    context: dict[str, Any] = {"profile": shown, "subscription": own}
    context |= {**SAMPLE_CAMPAIGN, **sample_of_source(source)} if roots is None else roots
    if roots is None and database_id is not None:
        context |= await handout_examples(tx, database_id)
    sight = await seen_by(tx.engines, source, database_id, [profile_id or 0])
    context |= sight.roots.get(profile_id or 0, {})
    context |= {"links": await _sample_links(tx, database_id), **({"vars": dict(variables)} if variables else {})}
    made = await work(source, [context])
    rendered = made.rendered[0] if made.rendered else None
    if rendered is not None and (reason := sight.refused.get(profile_id or 0)):
        rendered = Rendered(error=reason)
    definition = await definition_at(tx, source.channel)
    if definition is None:
        return made.reply, rendered
    reply = with_faults(definition, source.content, made.reply)
    return reply, None if rendered is None else finished(definition, rendered)


async def _sample_links(tx: Tx, database_id: int | None) -> dict[str, str]:
    """Return links for somebody who only looks: pages of ours with made-up details, else examples."""
    if database_id is None:
        return SAMPLE_LINKS
    signs = await signer(tx.engines)
    sample = signs.token("s", database_id, 0)
    return {**SAMPLE_LINKS, "preferences": f"{signs.base}/t/p/{sample}", "confirm": f"{signs.base}/t/y/{sample}"}


async def samples(tx: Tx, database_id: int, used: Sequence[str], limit: int = 10) -> list[dict[str, Any]]:
    """Return people to look at a template with: complete ones, then one for each used field that may be missing."""
    database = await profiles.get_database(tx, database_id)
    names = [name for name in dict.fromkeys(used) if database.field(name) is not None]
    shown = ["email", "first_name", "last_name"]
    everybody = await profiles.all_ids(tx, database_id)
    step = max(1, len(everybody) // 400)
    rows = await profiles.read_many(tx, database_id, list(everybody)[::step][:400], [*dict.fromkeys([*shown, *names])])
    missing = {row["id"]: [name for name in names if row.get(name) in (None, "", [])] for row in rows}
    chosen = [row for row in rows if not missing[row["id"]]][: max(1, limit // 2)]
    for name in names:
        chosen += [row for row in rows if name in missing[row["id"]] and row not in chosen][:1]
    chosen += [row for row in rows if row not in chosen]
    return [
        {
            "profile_id": row["id"],
            "name": " ".join(str(row[n]) for n in ("first_name", "last_name") if row.get(n)) or row.get("email") or "",
            "email": row.get("email"),
            "missing": missing[row["id"]],
        }
        for row in chosen[:limit]
    ]


async def samples_of(tx: Tx, template: Template, database_id: int | None) -> list[dict[str, Any]]:
    """Return people of a database to look at a draft with; raise 422 without a database."""
    if database_id is None:
        raise invalid_field("/database", "Choose a database to take people from")
    reply = await _compiled(tx, await source_of(tx, template))
    uses = reply.compiled.uses if reply.compiled else []
    return await samples(tx, database_id, [use.split(".")[1] for use in uses if use.startswith("profile.")])


async def _source(tx: Tx, content: Mapping[str, Any]) -> TemplateSource:
    return (await _source_and_names(tx, content))[0]


async def _source_and_names(tx: Tx, content: Mapping[str, Any]) -> tuple[TemplateSource, Refers]:
    """Return content as the compiler takes it, and what it names that is not in it."""
    fields = None
    if content.get("database_id") is not None:
        fields = [field.name for field in (await profiles.get_database(tx, content["database_id"])).fields]
    fields_of, channel = content.get("fields", {}), content.get("channel", EMAIL)
    definition = await definition_at(tx, channel)
    texts = [content.get(part, "") for part in PARTS] if definition is None else list(fields_of.values())
    outside, named = await outside_of(tx, texts, content.get("database_id"))
    source = TemplateSource(
        format=content.get("format", "mjml"),
        body=content.get("body", ""),
        subject=content.get("subject", ""),
        preheader=content.get("preheader", ""),
        text=content.get("text", ""),
        variables=content.get("variables", {}),
        fields=fields,
        channel=channel,
        content=fields_of,
        shape=None if definition is None else shape_of(definition),
        outside=outside,
        attachments=content.get("attachments", []),
    )
    return source, named


async def _compiled(tx: Tx, source: TemplateSource) -> CompileReply:
    """Compile a template, and say what only its channel knows to be wrong."""
    reply = (await work(source)).reply
    definition = await definition_at(tx, source.channel)
    return reply if definition is None else with_faults(definition, source.content, reply)


async def _looked_at(tx: Tx, content: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is stored beside a draft: its problems and what it names."""
    source, named = await _source_and_names(tx, content)
    reply = await _compiled(tx, source)
    return {"problems": msgspec.to_builtins(reply.problems), "refers": msgspec.to_builtins(named)}


async def _checked(tx: Tx, values: Mapping[str, Any], before: Template | None = None) -> dict[str, Any]:
    checked = dict(values)
    errors: list[FieldError] = []
    if "name" in checked or before is None:
        checked["name"] = str(checked.get("name", "")).strip()
        if not 1 <= len(checked["name"]) <= 200:
            errors.append(FieldError("/name", "Enter a name of 200 characters at most"))
    for part in ("description", "subject", "preheader", "body", "text", "name"):
        if "\x00" in checked.get(part, ""):
            errors.append(FieldError(f"/{part}", "A text cannot hold the character NUL"))
    for key, value in checked.get("variables", {}).items():
        if not key.isidentifier() or not key.isascii() or len(key) > 60:
            errors.append(FieldError(f"/variables/{key}", "A variable's name has letters, digits and _ only"))
        elif "\x00" in value or len(value) > 10_000:
            errors.append(FieldError(f"/variables/{key}", "This value is too long, or holds the character NUL"))
    if errors:
        raise invalid(*errors)
    if before is None:
        checked.setdefault("variables", {})
        checked.setdefault("format", "mjml")
    await _check_fields(tx, checked, before)
    if checked.get("database_id") is not None:
        await database_at(tx, checked["database_id"])
    return checked


async def _check_fields(tx: Tx, checked: dict[str, Any], before: Template | None) -> None:
    channel = before.channel if before is not None else checked.setdefault("channel", EMAIL)
    if before is None:
        await usable(tx, channel)
        checked.setdefault("fields", {})
    fields = checked.get("fields", {})
    kept = before.fields if before is not None else {}  # what the channel has lost since may stay until it is emptied
    new = [key for key, text in fields.items() if text and kept.get(key) != text]
    errors = unknown_fields(await definition_at(tx, channel), new)
    errors += [
        FieldError(f"/fields/{key}", "A text cannot hold the character NUL") for key in new if "\x00" in fields[key]
    ]
    if errors:
        raise invalid(*errors)


async def database_at(tx: Tx, database_id: int) -> profiles.Database:
    """Return the database that a body names; raise 422 at its field when there is none."""
    try:
        return await profiles.get_database(tx, database_id)
    except Problem as exc:
        if exc.status != 404:
            raise
        raise invalid_field("/database_id", "There is no such database") from exc


def _with_line(problem: TemplateProblem) -> str:
    return f"Line {problem.line}: {problem.message}" if problem.line else problem.message


def _told(template: Template) -> dict[str, Any]:
    return {"name": template.name, **{name: getattr(template, name) for name in CONTENT}}
