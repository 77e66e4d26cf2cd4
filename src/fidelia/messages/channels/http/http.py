"""Routes of channels that are definitions."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath, QueryParameter
from msgspec import UNSET, UnsetType

from fidelia.access import Actor
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.engines import Engines
from fidelia.platform.http import Body, Strict
from fidelia.platform.postgres import Tx

from ...http.templates import given
from . import service, trying
from .inbound import reading
from .model import (
    Channel,
    ChannelDefinition,
    ChannelMade,
    ChannelPreset,
    ChannelPreview,
    ChannelTry,
    ChannelUse,
    InboundMapping,
    InboundPreview,
    Scalar,
)
from .presets import PRESETS

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
ChannelKey = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]{1,39}$")]
Icon = Annotated[str, msgspec.Meta(max_length=40, pattern=r"^[a-z0-9-]*$")]
Description = Annotated[str, msgspec.Meta(max_length=2_000)]
#: Values of settings by key; null takes one away, what is not named stays.
Settings = Annotated[dict[str, Scalar | None], msgspec.Meta(max_length=50)]
Content = Annotated[dict[str, Scalar], msgspec.Meta(max_length=50)]
Contact = Annotated[str, msgspec.Meta(max_length=320)]
Sample = Annotated[str, msgspec.Meta(max_length=65_536)]


class ChannelIn(Body, frozen=True):
    """A new channel. ``key`` never changes afterwards; ``icon`` is the name of a symbol."""

    key: ChannelKey
    name: Name
    definition: ChannelDefinition
    icon: Icon = ""
    description: Description = ""
    settings: Settings = {}


class ChannelPatch(Body, frozen=True):
    """What to change of a channel. ``settings`` holds those to change; with ``revision``, as it was read, a change that
    somebody else has made since is not written over: 409 then.
    """

    name: Name | UnsetType = UNSET
    icon: Icon | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    definition: ChannelDefinition | UnsetType = UNSET
    settings: Settings | UnsetType = UNSET
    revision: int | UnsetType = UNSET


class PresetIn(Body, frozen=True):
    """A channel made of a preset; without ``key`` and ``name`` those of the preset."""

    preset: Name
    key: ChannelKey | None = None
    name: Name | None = None
    settings: Settings = {}


class SampleAnswer(Body, frozen=True):
    """An answer to be judged."""

    status: Annotated[int, msgspec.Meta(ge=100, le=599)]
    body: Sample = ""
    headers: dict[str, Annotated[str, msgspec.Meta(max_length=1_000)]] = {}


class ChannelPreviewIn(Body, frozen=True):
    """What to make a request with: an unsaved ``definition`` in place of the saved one, settings that are not saved, a
    contact and content by field (without them, examples), and an answer to be judged.
    """

    definition: ChannelDefinition | None = None
    settings: Settings = {}
    contact: Contact = ""
    content: Content = {}
    answer: SampleAnswer | None = None


class UnsavedChannelIn(Body, frozen=True):
    """The same for a channel that is not saved yet."""

    definition: ChannelDefinition
    settings: Settings = {}
    contact: Contact = ""
    content: Content = {}
    answer: SampleAnswer | None = None


class ChannelTryIn(Body, frozen=True):
    """One message to send now: to whom, and what by content field. Nothing of it is counted."""

    contact: Annotated[str, msgspec.Meta(min_length=1, max_length=320)]
    content: Content


class InboundPreviewIn(Body, frozen=True):
    """A request of the provider as it might come: JSON, or a form when ``content_type`` says so."""

    inbound: InboundMapping
    body: Sample
    content_type: Annotated[str, msgspec.Meta(max_length=200)] = "application/json"


class ChannelPresets(msgspec.Struct, frozen=True):
    """Definitions to begin with."""

    items: list[ChannelPreset]


class ChannelUses(msgspec.Struct, frozen=True):
    """What uses a channel."""

    items: list[ChannelUse]


class ChannelController(Controller):
    """Channels that send by HTTP, defined without code."""

    path = "/channels"
    tags = ("Channels",)

    @get("/", opt={"right": "channels:read"}, summary="List channels")
    async def list_channels(
        self,
        tx: Tx,
        page: PageRequest,
        archived: Annotated[bool, QueryParameter(name="archived", description="Archived ones instead")] = False,
    ) -> Page[Channel]:
        """Return a page of channels, sorted by ``name``, ``key``, ``created_at`` or ``updated_at``."""
        return await service.list_channels(tx, page, archived=archived)

    @post(
        "/",
        dto=Strict[ChannelIn],
        return_dto=None,
        opt={"right": "channels:create", "secret": "inbound_url"},
        summary="Make a channel",
    )
    async def create_channel(self, tx: Tx, actor: Actor, data: ChannelIn) -> ChannelMade:
        """Store a channel and return it with its inbound address, which is shown this once."""
        return await service.create_channel(tx, actor, given(data))

    @get("/presets", opt={"right": "channels:read"}, summary="Definitions to begin with")
    async def presets(self) -> ChannelPresets:
        """Return the presets: complete definitions of what others provide."""
        return ChannelPresets(list(PRESETS.values()))

    @post(
        "/presets",
        dto=Strict[PresetIn],
        return_dto=None,
        opt={"right": "channels:create", "secret": "inbound_url"},
        summary="Make a channel of a preset",
    )
    async def create_of_preset(self, tx: Tx, actor: Actor, data: PresetIn) -> ChannelMade:
        """Store a copy of a preset; from then on it is a channel like every other."""
        return await service.create_of_preset(
            tx, actor, data.preset, key=data.key, name=data.name, settings=data.settings
        )

    @post(
        "/preview",
        dto=Strict[UnsavedChannelIn],
        return_dto=None,
        opt={"right": "channels:read"},
        status_code=200,
        summary="The request of an unsaved definition",
    )
    async def preview_unsaved(self, tx: Tx, data: UnsavedChannelIn) -> ChannelPreview:
        """Return the request that would be made; nothing is sent. 422 for what is wrong with the definition."""
        return await trying.preview(
            tx, None, data.definition, data.settings, contact=data.contact, content=data.content, answer=data.answer
        )

    @post(
        "/inbound-preview",
        dto=Strict[InboundPreviewIn],
        return_dto=None,
        opt={"right": "channels:read"},
        status_code=200,
        summary="What is read from a request of the provider",
    )
    async def preview_inbound(self, data: InboundPreviewIn) -> InboundPreview:
        """Return the events that a mapping finds; nothing is stored."""
        return reading.preview(data.inbound, data.body.encode(), data.content_type)

    @get("/{channel_id:int}", opt={"right": "channels:read"}, summary="Read a channel")
    async def get_channel(self, tx: Tx, channel_id: FromPath[int]) -> Channel:
        """Return a channel without its secrets."""
        return await service.get_channel(tx, channel_id)

    @patch(
        "/{channel_id:int}",
        dto=Strict[ChannelPatch],
        return_dto=None,
        opt={"right": "channels:update"},
        summary="Change a channel",
    )
    async def change_channel(self, tx: Tx, actor: Actor, channel_id: FromPath[int], data: ChannelPatch) -> Channel:
        """Change what is given. Secrets have to be entered again when requests go to another server than before."""
        values = given(data)
        return await service.change_channel(tx, actor, channel_id, values, values.pop("revision", None))

    @delete("/{channel_id:int}", opt={"right": "channels:delete"}, status_code=204, summary="Archive a channel")
    async def archive_channel(self, tx: Tx, actor: Actor, channel_id: FromPath[int]) -> None:
        """Put a channel away; 409 while a mailing that has not ended uses it."""
        await service.archive_channel(tx, actor, channel_id)

    @post(
        "/{channel_id:int}/restore", opt={"right": "channels:update"}, status_code=200, summary="Bring a channel back"
    )
    async def restore_channel(self, tx: Tx, actor: Actor, channel_id: FromPath[int]) -> Channel:
        """Bring an archived channel back."""
        return await service.archive_channel(tx, actor, channel_id, archived=False)

    @get("/{channel_id:int}/used-by", opt={"right": "channels:read"}, summary="What uses a channel")
    async def used_by(self, tx: Tx, channel_id: FromPath[int]) -> ChannelUses:
        """Return the mailings, templates and resources that use a channel; archived ones are left out."""
        return ChannelUses(await service.used_by(tx, channel_id))

    @post(
        "/{channel_id:int}/preview",
        dto=Strict[ChannelPreviewIn],
        return_dto=None,
        opt={"right": "channels:read"},
        status_code=200,
        summary="The request that would be made",
    )
    async def preview(self, tx: Tx, channel_id: FromPath[int], data: ChannelPreviewIn) -> ChannelPreview:
        """Return the request for some values, with dots for secrets, and what an answer would mean; nothing is sent."""
        return await trying.preview(
            tx,
            channel_id,
            data.definition,
            data.settings,
            contact=data.contact,
            content=data.content,
            answer=data.answer,
        )

    @post(
        "/{channel_id:int}/try",
        dto=Strict[ChannelTryIn],
        return_dto=None,
        opt={"right": "channels:run"},
        status_code=200,
        summary="Send one message now",
    )
    async def try_out(
        self, engines: Engines, actor: Actor, channel_id: FromPath[int], data: ChannelTryIn
    ) -> ChannelTry:
        """Send a message to a contact as to a recipient; takes no longer than the channel's timeout."""
        return await trying.try_out(engines, actor, channel_id, contact=data.contact, content=data.content)

    @post(
        "/{channel_id:int}/rotate",
        opt={"right": "channels:update", "secret": "inbound_url"},
        status_code=200,
        summary="Give a channel a new inbound address",
    )
    async def rotate(self, tx: Tx, actor: Actor, channel_id: FromPath[int]) -> ChannelMade:
        """Return a new address for the provider's events, shown this once; the one before works no more."""
        return await service.rotate(tx, actor, channel_id)
