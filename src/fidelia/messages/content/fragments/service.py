"""Use cases of fragments: save, look at, put away, bring templates up to date."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from fidelia import profiles
from fidelia.access import Actor, audit
from fidelia.kernel.errors import FieldError, Problem, conflict, invalid, invalid_field
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.postgres import Tx

from ...markup.model import CompileReply, FragmentSource, Rendered
from ...markup.refers import refers_of
from ...markup.sandbox import work
from ...service import templates
from ..outside import outside_of
from . import store
from .alone import alone, own_problems
from .model import Fragment, FragmentUse, FragmentVersion

_KEY = re.compile(r"[a-z][a-z0-9_-]{0,59}")
#: Templates that one request brings up to date.
AT_ONCE = 50
#: What no fragment is saved with: whoever includes it could not be made at all.
_NEVER = frozenset({"fragment_cycle", "fragment_depth", "fragment_size"})


class Updated(msgspec.Struct, frozen=True):
    """What became of a template that was to get the newest fragments: its new version, or why it kept the old one."""

    template_id: int
    name: str
    version: int | None
    reason: str | None


async def list_fragments(tx: Tx, page: PageRequest, *, archived: bool = False) -> Page[Fragment]:
    """Return a page of fragments."""
    return await store.pages(tx, page, archived=archived)


async def get_fragment(tx: Tx, fragment_id: int) -> Fragment:
    """Return a fragment; raise 404."""
    return await store.get(tx, fragment_id)


async def versions(tx: Tx, fragment_id: int) -> list[FragmentVersion]:
    """Return what a fragment said, the newest first; raise 404."""
    await store.get(tx, fragment_id)
    return await store.versions(tx, fragment_id)


async def uses(tx: Tx, fragment_id: int) -> tuple[list[FragmentUse], list[str]]:
    """Return the templates that name a fragment, and the names of fragments that include it; raise 404."""
    found = await store.get(tx, fragment_id)
    return await store.uses(tx, found.key), await store.including(tx, found.key)


async def create_fragment(tx: Tx, actor: Actor, values: Mapping[str, Any]) -> Fragment:
    """Store a fragment as its version 1; raise 422."""
    key = str(values.get("key", ""))
    errors = _faults(values, new=True)
    if not _KEY.fullmatch(key):
        errors.append(FieldError("/key", "A key has small letters, digits, - and _, and begins with a letter"))
    elif await store.taken(tx, key):
        errors.append(FieldError("/key", f"There is a fragment {key} already, perhaps among the archived ones"))
    if errors:
        raise invalid(*errors)
    checked = {"description": "", "format": "mjml", "body": "", **values, "name": str(values["name"]).strip()}
    checked |= await _looked_at(tx, key, FragmentSource(checked["format"], checked["body"], 1))
    made = await store.get(tx, await store.insert(tx, checked, actor.name))
    await audit(tx, actor, "fragment.created", kind="fragment", object_id=made.id, name=made.name, after=_told(made))
    return made


async def change_fragment(
    tx: Tx, actor: Actor, fragment_id: int, values: Mapping[str, Any], version: int | None = None
) -> Fragment:
    """Change a fragment; another text is its next version, which templates have from their next publishing on.

    Raise 404; 409 when it is archived or not at ``version`` any more; 422.
    """
    before = await store.get(tx, fragment_id, lock=True)
    if before.archived_at is not None:
        raise conflict("This fragment is archived; restore it before you change it")
    if version is not None and version != before.version:
        raise conflict("Somebody has changed this fragment since you opened it")
    if errors := _faults(values, new=False):
        raise invalid(*errors)
    changed = {name: value for name, value in values.items() if value != getattr(before, name)}
    if "name" in changed:
        changed["name"] = changed["name"].strip()
    if changed.keys() & {"format", "body"}:
        kind, body = changed.get("format", before.format), changed.get("body", before.body)
        found = await _looked_at(tx, before.key, FragmentSource(kind, body, before.version + 1))
        await store.save(tx, before, {**changed, **found}, actor.name)
    elif changed:
        await store.update(tx, fragment_id, changed)
    else:
        return before
    after = await store.get(tx, fragment_id)
    await audit(
        tx,
        actor,
        "fragment.updated",
        kind="fragment",
        object_id=after.id,
        name=after.name,
        before=_told(before),
        after=_told(after),
    )
    return after


async def archive_fragment(tx: Tx, actor: Actor, fragment_id: int, *, archived: bool = True) -> Fragment:
    """Put a fragment away, or bring it back; raise 409 while a template or another fragment names it."""
    before = await store.get(tx, fragment_id, lock=True)
    if archived:
        names = [f"the template {use.name}" for use in await store.uses(tx, before.key)]
        names += [f"the fragment {name}" for name in await store.including(tx, before.key)]
        if names:
            raise conflict(f"It is used by {', '.join(names[:5])}. Take it out there first")
    await store.update(tx, fragment_id, {"archived_at": tx.now if archived else None})
    action = "fragment.archived" if archived else "fragment.restored"
    await audit(tx, actor, action, kind="fragment", object_id=before.id, name=before.name)
    return await store.get(tx, fragment_id)


async def preview(
    tx: Tx, key: str, found: FragmentSource, *, database_id: int | None, profile_id: int | None
) -> tuple[CompileReply, Rendered | None]:
    """Compile a fragment by itself and show it as somebody gets it; raise 404 for nobody's id."""
    fields = None
    if database_id is not None:
        fields = [field.name for field in (await profiles.get_database(tx, database_id)).fields]
    outside, _ = await outside_of(tx, [f'{{% include "{key}" %}}'], database_id, {key: found})
    source = alone(key, found, outside, fields)
    reply, rendered = await templates.preview(tx, source, database_id=database_id, profile_id=profile_id, values={})
    return msgspec.structs.replace(reply, problems=own_problems(key, reply)), rendered


async def update_templates(tx: Tx, actor: Actor, fragment_id: int) -> list[Updated]:
    """Publish the templates that are sent with an older version once more, with the newest; raise 404.

    What is sent changes in nothing but its fragments: drafts stay drafts. Mailings under way keep what they began with.
    """
    found = await store.get(tx, fragment_id)
    outcomes: list[Updated] = []
    for use in await store.uses(tx, found.key):
        if use.published is None or use.published >= found.version or len(outcomes) == AT_ONCE:
            continue
        try:
            made = await templates.update_fragments(tx, actor, use.template_id)
        except Problem as exc:
            reason = exc.errors[0].message if exc.errors else exc.detail
            outcomes.append(Updated(use.template_id, use.name, None, reason))
        else:
            outcomes.append(Updated(use.template_id, use.name, made.published_number, None))
    return outcomes


async def _looked_at(tx: Tx, key: str, found: FragmentSource) -> dict[str, Any]:
    """Return what is stored beside a text: its problems and what it names; raise 422 for what never can be."""
    outside, _ = await outside_of(tx, [f'{{% include "{key}" %}}'], None, {key: found})
    reply = (await work(alone(key, found, outside, None))).reply
    never = [p for p in reply.problems if p.code in _NEVER]
    if never:
        raise invalid_field("/body", never[0].message)
    own = refers_of([found.body])
    return {
        "problems": msgspec.to_builtins(own_problems(key, reply)),
        "refers": {"includes": own.fragments, "segments": own.segments, "feeds": own.feeds},
    }


def _faults(values: Mapping[str, Any], *, new: bool) -> list[FieldError]:
    errors = []
    if ("name" in values or new) and not 1 <= len(str(values.get("name", "")).strip()) <= 200:
        errors.append(FieldError("/name", "Enter a name of 200 characters at most"))
    errors += [
        FieldError(f"/{part}", "A text cannot hold the character NUL")
        for part in ("name", "description", "body")
        if "\x00" in str(values.get(part, ""))
    ]
    return errors


def _told(found: Fragment) -> dict[str, Any]:
    return {name: getattr(found, name) for name in ("name", "key", "description", "format", "body", "version")}
