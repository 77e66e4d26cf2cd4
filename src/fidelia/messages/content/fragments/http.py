"""Routes of fragments."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath, QueryParameter
from msgspec import UNSET, UnsetType

from fidelia.access import Actor
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.http import Body, Strict
from fidelia.platform.postgres import Tx

from ...http.templates import Short, TemplatePreview, Text, given, previewed
from ...markup.model import FragmentFormat, FragmentSource
from . import service
from .model import Fragment, FragmentUse, FragmentVersion
from .service import Updated

Key = Annotated[str, msgspec.Meta(max_length=60)]


class FragmentIn(Body, frozen=True):
    """A new fragment. Templates include it by its ``key``: ``{% include "footer" %}``."""

    key: Key
    name: Short
    description: Short = ""
    format: FragmentFormat = "mjml"
    body: Text = ""


class FragmentPatch(Body, frozen=True):
    """What to change; ``version`` is the one that was read, so that nobody's work is overwritten."""

    name: Short | UnsetType = UNSET
    description: Short | UnsetType = UNSET
    format: FragmentFormat | UnsetType = UNSET
    body: Text | UnsetType = UNSET
    version: int | UnsetType = UNSET


class FragmentPreviewIn(Body, frozen=True):
    """An unsaved fragment, and whom to see it as."""

    key: Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_-]{0,59}$")] = "fragment"
    format: FragmentFormat = "mjml"
    body: Text = ""
    database_id: int | None = None
    profile_id: int | None = None


class FragmentVersions(msgspec.Struct, frozen=True):
    """What a fragment said, the newest first."""

    items: list[FragmentVersion]


class FragmentUses(msgspec.Struct, frozen=True):
    """Where a fragment is used: templates, and names of other fragments."""

    templates: list[FragmentUse]
    fragments: list[str]


class FragmentUpdated(msgspec.Struct, frozen=True):
    """What became of each template that was sent with an older version."""

    items: list[Updated]


class FragmentController(Controller):
    """Parts that several templates include."""

    path = "/fragments"
    tags = ("Fragments",)

    @get("/", opt={"right": "templates:read"}, summary="List fragments")
    async def list_fragments(
        self,
        tx: Tx,
        page: PageRequest,
        archived: Annotated[bool, QueryParameter(name="archived", description="Archived ones instead")] = False,
    ) -> Page[Fragment]:
        """Return a page of fragments, sorted by name, key or updated_at."""
        return await service.list_fragments(tx, page, archived=archived)

    @post("/", dto=Strict[FragmentIn], return_dto=None, opt={"right": "templates:create"}, summary="Make a fragment")
    async def create_fragment(self, tx: Tx, actor: Actor, data: FragmentIn) -> Fragment:
        """Store a fragment as its version 1; what is wrong with it is in ``problems``."""
        return await service.create_fragment(tx, actor, given(data))

    @post(
        "/preview",
        dto=Strict[FragmentPreviewIn],
        return_dto=None,
        status_code=200,
        opt={"right": "templates:read"},
        summary="Look at an unsaved fragment",
    )
    async def preview(self, tx: Tx, data: FragmentPreviewIn) -> TemplatePreview:
        """Compile and render a fragment by itself, for the editor."""
        found = FragmentSource(data.format, data.body)
        made = await service.preview(tx, data.key, found, database_id=data.database_id, profile_id=data.profile_id)
        return previewed(*made)

    @get("/{fragment_id:int}", opt={"right": "templates:read"}, summary="Read a fragment")
    async def get_fragment(self, tx: Tx, fragment_id: FromPath[int]) -> Fragment:
        """Return a fragment."""
        return await service.get_fragment(tx, fragment_id)

    @patch(
        "/{fragment_id:int}",
        dto=Strict[FragmentPatch],
        return_dto=None,
        opt={"right": "templates:update"},
        summary="Change a fragment",
    )
    async def change_fragment(self, tx: Tx, actor: Actor, fragment_id: FromPath[int], data: FragmentPatch) -> Fragment:
        """Save a fragment; another text is its next version. 409 when somebody saved since the given one."""
        values = given(data)
        return await service.change_fragment(tx, actor, fragment_id, values, values.pop("version", None))

    @delete("/{fragment_id:int}", opt={"right": "templates:delete"}, status_code=204, summary="Archive a fragment")
    async def archive_fragment(self, tx: Tx, actor: Actor, fragment_id: FromPath[int]) -> None:
        """Put a fragment away; 409 while something includes it."""
        await service.archive_fragment(tx, actor, fragment_id)

    @post(
        "/{fragment_id:int}/restore",
        opt={"right": "templates:update"},
        status_code=200,
        summary="Bring an archived fragment back",
    )
    async def restore_fragment(self, tx: Tx, actor: Actor, fragment_id: FromPath[int]) -> Fragment:
        """Bring an archived fragment back."""
        return await service.archive_fragment(tx, actor, fragment_id, archived=False)

    @get("/{fragment_id:int}/versions", opt={"right": "templates:read"}, summary="Versions of a fragment")
    async def versions(self, tx: Tx, fragment_id: FromPath[int]) -> FragmentVersions:
        """Return what a fragment said, the newest first."""
        return FragmentVersions(await service.versions(tx, fragment_id))

    @get("/{fragment_id:int}/uses", opt={"right": "templates:read"}, summary="Where a fragment is used")
    async def uses(self, tx: Tx, fragment_id: FromPath[int]) -> FragmentUses:
        """Return the templates and fragments that name it."""
        return FragmentUses(*await service.uses(tx, fragment_id))

    @post(
        "/{fragment_id:int}/update-templates",
        opt={"right": "templates:update"},
        status_code=200,
        summary="Bring templates up to date",
    )
    async def update_templates(self, tx: Tx, actor: Actor, fragment_id: FromPath[int]) -> FragmentUpdated:
        """Publish templates that are sent with an older version once more; 50 at a time, drafts stay drafts."""
        return FragmentUpdated(await service.update_templates(tx, actor, fragment_id))
