"""Routes of templates."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath, QueryParameter
from msgspec import UNSET, UnsetType

from fidelia.access import Actor
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.engines import Engines
from fidelia.platform.http import Body, Strict
from fidelia.platform.postgres import Tx

from ..markup.model import AttachedFile, CompileReply, Format, Rendered, TemplateLink, TemplateProblem
from ..model import Template, TemplateVersion
from ..service import templates as service
from ..service.testing import TestResult, send_test

Text = Annotated[str, msgspec.Meta(max_length=500_000)]
Short = Annotated[str, msgspec.Meta(max_length=1000)]
Variables = Annotated[dict[str, Text], msgspec.Meta(max_length=200)]
ChannelKey = Annotated[str, msgspec.Meta(max_length=40)]
#: What stands in each content field of a channel that is a definition; each is a template of its own.
Fields = Annotated[dict[str, Text], msgspec.Meta(max_length=50)]


def given(body: msgspec.Struct) -> dict[str, Any]:
    """Return the members of a body that were sent."""
    values = {field.name: getattr(body, field.name) for field in msgspec.structs.fields(body)}
    return {name: value for name, value in values.items() if value is not UNSET}


class TemplateIn(Body, frozen=True):
    """A new template. ``text`` empty: the text part is made from the body. ``variables`` maps names to defaults.

    One for another ``channel`` than e-mail has ``fields`` in place of subject, preheader, body and text.
    """

    name: Short
    description: Short = ""
    database_id: int | None = None
    channel: ChannelKey = "email"
    fields: Fields = {}
    format: Format = "mjml"
    subject: Short = ""
    preheader: Short = ""
    body: Text = ""
    text: Text = ""
    variables: Variables = {}


class TemplatePatch(Body, frozen=True):
    """What to change of a draft; ``revision`` is the one that was read, so that nobody's work is overwritten."""

    name: Short | UnsetType = UNSET
    description: Short | UnsetType = UNSET
    database_id: int | UnsetType | None = UNSET
    fields: Fields | UnsetType = UNSET
    format: Format | UnsetType = UNSET
    subject: Short | UnsetType = UNSET
    preheader: Short | UnsetType = UNSET
    body: Text | UnsetType = UNSET
    text: Text | UnsetType = UNSET
    variables: Variables | UnsetType = UNSET
    revision: int | UnsetType = UNSET


class TemplatePreviewIn(Body, frozen=True):
    """Unsaved content, and whom to see it as: a profile, or ``values`` of ``profile`` that stand in for one."""

    database_id: int | None = None
    channel: ChannelKey = "email"
    fields: Fields = {}
    format: Format = "mjml"
    subject: Short = ""
    preheader: Short = ""
    body: Text = ""
    text: Text = ""
    variables: Variables = {}
    profile_id: int | None = None
    values: dict[str, Any] = {}


class PreviewAs(Body, frozen=True):
    """Whom to see the saved draft as."""

    database_id: int | None = None
    profile_id: int | None = None
    values: dict[str, Any] = {}


class TemplatePreview(msgspec.Struct, frozen=True, kw_only=True):
    """A template as one person gets it. ``error`` says why this person would get none; ``size`` is bytes of HTML.

    One for a channel that is a definition has ``fields`` in place of the parts of a mail.
    """

    subject: str
    preheader: str
    html: str
    text: str
    fields: dict[str, str]
    error: str | None
    size: int
    links: list[TemplateLink]
    uses: list[str]
    attachments: list[AttachedFile]
    problems: list[TemplateProblem]


class TemplateSample(msgspec.Struct, frozen=True):
    """Somebody to look at a template with; ``missing`` names the used fields they have no value for."""

    profile_id: int
    name: str
    email: str | None
    missing: list[str]


class TemplateSamples(msgspec.Struct, frozen=True):
    """People to look at a template with."""

    items: list[TemplateSample]


class TemplateVersions(msgspec.Struct, frozen=True):
    """What was published, the newest first."""

    items: list[TemplateVersion]


class TemplateClone(Body, frozen=True):
    """The copy's name."""

    name: Short | None = None


class TestSendIn(Body, frozen=True):
    """Where to send a test, and as whom to make it."""

    to: Annotated[list[Annotated[str, msgspec.Meta(max_length=320)]], msgspec.Meta(min_length=1, max_length=20)]
    database_id: int | None = None
    profile_id: int | None = None
    from_email: Short = ""
    from_name: Short = ""


class TestSendOut(msgspec.Struct, frozen=True):
    """What became of each address."""

    items: list[TestResult]


class TemplateController(Controller):
    """What messages say."""

    path = "/templates"
    tags = ("Templates",)

    @get("/", opt={"right": "templates:read"}, summary="List templates")
    async def list_templates(
        self,
        tx: Tx,
        page: PageRequest,
        archived: Annotated[bool, QueryParameter(name="archived", description="Archived ones instead")] = False,
        database: Annotated[int | None, QueryParameter(name="database", description="For this database")] = None,
        channel: Annotated[str | None, QueryParameter(name="channel", description="Of this channel")] = None,
    ) -> Page[Template]:
        """Return a page of templates, sorted by name, subject or updated_at."""
        return await service.list_templates(tx, page, archived=archived, database_id=database, channel=channel)

    @post("/", dto=Strict[TemplateIn], return_dto=None, opt={"right": "templates:create"}, summary="Make a template")
    async def create_template(self, tx: Tx, actor: Actor, data: TemplateIn) -> Template:
        """Store a draft; what is wrong with it is in ``problems``."""
        return await service.create_template(tx, actor, given(data))

    @post(
        "/preview",
        dto=Strict[TemplatePreviewIn],
        return_dto=None,
        status_code=200,
        opt={"right": "templates:read"},
        summary="Look at unsaved content",
    )
    async def preview_unsaved(self, tx: Tx, data: TemplatePreviewIn) -> TemplatePreview:
        """Compile and render without saving, for the editor."""
        content = given(data)
        profile_id, values = content.pop("profile_id"), content.pop("values")
        source = await service.source_from(tx, content)
        made = await service.preview(tx, source, database_id=data.database_id, profile_id=profile_id, values=values)
        return previewed(*made)

    @get("/{template_id:int}", opt={"right": "templates:read"}, summary="Read a template")
    async def get_template(self, tx: Tx, template_id: FromPath[int]) -> Template:
        """Return a template with its draft."""
        return await service.get_template(tx, template_id)

    @patch(
        "/{template_id:int}",
        dto=Strict[TemplatePatch],
        return_dto=None,
        opt={"right": "templates:update"},
        summary="Save a draft",
    )
    async def change_template(self, tx: Tx, actor: Actor, template_id: FromPath[int], data: TemplatePatch) -> Template:
        """Save a draft; 409 when somebody saved since the given revision."""
        values = given(data)
        return await service.change_template(tx, actor, template_id, values, values.pop("revision", None))

    @delete("/{template_id:int}", opt={"right": "templates:delete"}, status_code=204, summary="Archive a template")
    async def archive_template(self, tx: Tx, actor: Actor, template_id: FromPath[int]) -> None:
        """Put a template away; 409 while an unfinished mailing uses it."""
        await service.archive_template(tx, actor, template_id)

    @post(
        "/{template_id:int}/restore",
        opt={"right": "templates:update"},
        status_code=200,
        summary="Bring an archived template back",
    )
    async def restore_template(self, tx: Tx, actor: Actor, template_id: FromPath[int]) -> Template:
        """Bring an archived template back."""
        return await service.archive_template(tx, actor, template_id, archived=False)

    @post(
        "/{template_id:int}/clone",
        dto=Strict[TemplateClone],
        return_dto=None,
        opt={"right": "templates:create"},
        summary="Copy a template",
    )
    async def clone_template(self, tx: Tx, actor: Actor, template_id: FromPath[int], data: TemplateClone) -> Template:
        """Copy the draft under another name."""
        return await service.clone_template(tx, actor, template_id, data.name)

    @post(
        "/{template_id:int}/publish",
        opt={"right": "templates:update"},
        status_code=200,
        summary="Publish the draft",
    )
    async def publish_template(self, tx: Tx, actor: Actor, template_id: FromPath[int]) -> Template:
        """Freeze the draft as the version that is sent; 422 lists what stands in the way."""
        return await service.publish_template(tx, actor, template_id)

    @post(
        "/{template_id:int}/update-fragments",
        opt={"right": "templates:update"},
        status_code=200,
        summary="Send it with the newest fragments",
    )
    async def update_fragments(self, tx: Tx, actor: Actor, template_id: FromPath[int]) -> Template:
        """Publish what is published once more, with the newest fragments; the draft stays as it is."""
        return await service.update_fragments(tx, actor, template_id)

    @get("/{template_id:int}/versions", opt={"right": "templates:read"}, summary="Published versions")
    async def versions(self, tx: Tx, template_id: FromPath[int]) -> TemplateVersions:
        """Return what was published, the newest first."""
        return TemplateVersions(await service.list_versions(tx, template_id))

    @post(
        "/{template_id:int}/preview",
        dto=Strict[PreviewAs],
        return_dto=None,
        status_code=200,
        opt={"right": "templates:read"},
        summary="Look at the draft as somebody",
    )
    async def preview(self, tx: Tx, template_id: FromPath[int], data: PreviewAs) -> TemplatePreview:
        """Render the saved draft as one person gets it."""
        template = await service.get_template(tx, template_id)
        source = await service.source_of(tx, template)
        made = await service.preview(
            tx,
            source,
            database_id=data.database_id or template.database_id,
            profile_id=data.profile_id,
            values=data.values,
        )
        return previewed(*made)

    @get("/{template_id:int}/samples", opt={"right": "templates:read"}, summary="People to look at it with")
    async def samples(
        self,
        tx: Tx,
        template_id: FromPath[int],
        database: Annotated[int | None, QueryParameter(name="database", description="Of this database")] = None,
    ) -> TemplateSamples:
        """Return a few people, among them some for whom a used field is missing."""
        template = await service.get_template(tx, template_id)
        found = await service.samples_of(tx, template, database or template.database_id)
        return TemplateSamples([TemplateSample(**sample) for sample in found])

    @post(
        "/{template_id:int}/test-send",
        dto=Strict[TestSendIn],
        return_dto=None,
        status_code=200,
        opt={"right": "templates:update"},
        summary="Send the draft to some addresses",
    )
    async def test_send(self, tx: Tx, engines: Engines, template_id: FromPath[int], data: TestSendIn) -> TestSendOut:
        """Send the draft as a test, made for a profile or with stand-in values; nothing of it is counted."""
        template = await service.get_template(tx, template_id)
        source = await service.source_of(tx, template)
        reply, rendered = await service.preview(
            tx,
            source,
            database_id=data.database_id or template.database_id,
            profile_id=data.profile_id,
            values={},
        )
        sent = await send_test(
            engines, reply, rendered, data.to, data.from_email, data.from_name, channel=template.channel
        )
        return TestSendOut(sent)


def previewed(reply: CompileReply, rendered: Rendered | None) -> TemplatePreview:
    """Turn what the compiler answers into what the API shows."""
    compiled = reply.compiled
    return TemplatePreview(
        subject=rendered.subject if rendered else "",
        preheader=rendered.preheader if rendered else "",
        html=rendered.html if rendered else "",
        text=rendered.text if rendered else "",
        fields=rendered.fields if rendered else {},
        error=rendered.error if rendered else "This template cannot be shown before its problems are solved",
        size=len(rendered.html.encode()) if rendered else 0,
        links=compiled.links if compiled else [],
        uses=compiled.uses if compiled else [],
        attachments=compiled.attachments if compiled else [],
        problems=reply.problems,
    )
