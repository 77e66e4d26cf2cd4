"""Use cases of attached files: add one to a draft, take one off, have it back, bring them to the mail."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import msgspec

from fidelia.access import Actor, audit
from fidelia.kernel.errors import conflict, invalid_field, not_found, too_large
from fidelia.platform.postgres import Tx

from ...markup.model import AttachedFile, Compiled, LoadedFile
from ...model import Template
from ...store import templates
from . import rules, store


async def attach(tx: Tx, actor: Actor, template_id: int, given_name: str, data: bytes) -> Template:
    """Add a file to a draft; one of the same name is replaced. Raise 404, 409 (archived), 413, 422."""
    before = await _draft(tx, template_id)
    try:
        name = rules.safe_name(given_name)
        kind = rules.type_of(name, data)
    except rules.Refused as exc:
        raise invalid_field("/file", str(exc)) from None
    digest = hashlib.sha256(data).hexdigest()
    rest = [file for file in before.attachments if file.name != name]
    if len(rest) >= rules.MAX_FILES:
        raise invalid_field("/file", f"A template has {rules.MAX_FILES} files at most")
    if sum(file.size for file in rest) + len(data) > rules.MAX_BYTES:
        raise too_large(f"The files of a template have {rules.MAX_BYTES // 1_000_000} MB together at most")
    await store.put(tx, digest, data)
    files = [*rest, AttachedFile(name, kind, len(data), digest)]
    return await _set(tx, actor, before, files, "template.file_attached", name)


async def detach(tx: Tx, actor: Actor, template_id: int, name: str) -> Template:
    """Take a file off a draft; versions keep theirs. Raise 404, 409 (archived)."""
    before = await _draft(tx, template_id)
    gone = next((file for file in before.attachments if file.name == name), None)
    if gone is None:
        raise not_found("File", name)
    files = [file for file in before.attachments if file.name != name]
    after = await _set(tx, actor, before, files, "template.file_removed", name)
    await store.drop_unused(tx, gone.digest)
    return after


async def content(tx: Tx, template_id: int, name: str) -> tuple[AttachedFile, bytes]:
    """Return a file of a draft with its content; raise 404."""
    found = await templates.get(tx, template_id)
    file = next((file for file in found.attachments if file.name == name), None)
    data = await store.contents(tx, [file.digest]) if file is not None else {}
    if file is None or file.digest not in data:
        raise not_found("File", name)
    return file, data[file.digest]


async def with_files(tx: Tx, compiled: Sequence[Compiled]) -> list[Compiled]:
    """Return templates with the content of their files, as mails carry them; each content is read once.

    Of a file whose content is gone only the name stays: no mail can be made then.
    """
    digests = {file.digest for made in compiled for file in made.attachments}
    if not digests:
        return list(compiled)
    data = await store.contents(tx, digests)

    def loaded(file: AttachedFile) -> AttachedFile:
        content = data.get(file.digest)
        return file if content is None else LoadedFile(file.name, file.type, file.size, file.digest, content)

    return [msgspec.structs.replace(made, attachments=[loaded(file) for file in made.attachments]) for made in compiled]


async def _draft(tx: Tx, template_id: int) -> Template:
    found = await templates.get(tx, template_id, lock=True)
    if found.archived_at is not None:
        raise conflict("This template is archived; restore it before you change it")
    return found


async def _set(tx: Tx, actor: Actor, before: Template, files: list[AttachedFile], action: str, name: str) -> Template:
    await store.set_files(tx, before.id, files)
    after = await templates.get(tx, before.id)
    await audit(
        tx,
        actor,
        action,
        kind="template",
        object_id=before.id,
        name=before.name,
        before={"files": [file.name for file in before.attachments]},
        after={"files": [file.name for file in files], "file": name},
    )
    return after
