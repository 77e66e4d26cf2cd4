"""Routes of mail servers and virtual senders."""

from __future__ import annotations

from datetime import datetime
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

from ..http.templates import given
from ..service.outlet import smtp_server
from . import servers, service
from .model import MOST_RATE, SETTINGS_SERVER, DomainRate, MailServer, SenderRule, ServerTest, Tls, VirtualSender

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
Description = Annotated[str, msgspec.Meta(max_length=2_000)]
Rules = Annotated[list[SenderRule], msgspec.Meta(min_length=1, max_length=100)]
Host = Annotated[str, msgspec.Meta(min_length=1, max_length=253)]
Port = Annotated[int, msgspec.Meta(ge=1, le=65_535)]
User = Annotated[str, msgspec.Meta(max_length=320)]
Password = Annotated[str, msgspec.Meta(max_length=1_000)]
Connections = Annotated[int, msgspec.Meta(ge=1, le=servers.MOST_CONNECTIONS)]
Rate = Annotated[int, msgspec.Meta(ge=0, le=MOST_RATE)]
DomainRates = Annotated[list[DomainRate], msgspec.Meta(max_length=50)]
Archived = Annotated[bool, QueryParameter(name="archived", description="Archived ones instead")]


class VirtualSenderIn(Body, frozen=True):
    """A new virtual sender; the last of its rules is the default. ``is_default``: for mailings that name none."""

    name: Name
    rules: Rules
    description: Description = ""
    is_default: bool = False


class VirtualSenderPatch(Body, frozen=True):
    """What to change; ``rules`` are all of them. With ``updated_at``, as it was read, a change that somebody else has
    made since is not written over: 409 then."""

    name: Name | UnsetType = UNSET
    rules: Rules | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    is_default: bool | UnsetType = UNSET
    updated_at: datetime | UnsetType = UNSET


class MailServerIn(Body, frozen=True):
    """A new mail server. ``rate`` is messages a second (0: no limit), ``domain_rates`` those to some domains.

    The password is encrypted and never shown.
    """

    name: Name
    host: Host
    port: Port = 587
    tls: Tls = "starttls"
    username: User = ""
    password: Password = ""
    connections: Connections = 5
    rate: Rate = 0
    domain_rates: DomainRates = []
    active: bool = True


class MailServerPatch(Body, frozen=True):
    """What to change. An empty password takes away the one that is stored; another server or user needs it anew."""

    name: Name | UnsetType = UNSET
    host: Host | UnsetType = UNSET
    port: Port | UnsetType = UNSET
    tls: Tls | UnsetType = UNSET
    username: User | UnsetType = UNSET
    password: Password | UnsetType = UNSET
    connections: Connections | UnsetType = UNSET
    rate: Rate | UnsetType = UNSET
    domain_rates: DomainRates | UnsetType = UNSET
    active: bool | UnsetType = UNSET


class VirtualSenderController(Controller):
    """Rules that say which server takes whose mail, and who it comes from."""

    path = "/senders"
    tags = ("Senders",)

    @get("/", opt={"right": "senders:read"}, summary="List virtual senders")
    async def list_senders(self, tx: Tx, page: PageRequest, archived: Archived = False) -> Page[VirtualSender]:
        """Return a page of virtual senders, sorted by ``name``, ``created_at`` or ``updated_at``."""
        return await service.list_senders(tx, page, archived=archived)

    @post(
        "/",
        dto=Strict[VirtualSenderIn],
        return_dto=None,
        opt={"right": "senders:create"},
        summary="Make a virtual sender",
    )
    async def create_sender(self, tx: Tx, actor: Actor, data: VirtualSenderIn) -> VirtualSender:
        """Store a virtual sender."""
        return await service.create_sender(tx, actor, given(data))

    @get("/{sender_id:int}", opt={"right": "senders:read"}, summary="Read a virtual sender")
    async def get_sender(self, tx: Tx, sender_id: FromPath[int]) -> VirtualSender:
        """Return a virtual sender."""
        return await service.get_sender(tx, sender_id)

    @patch(
        "/{sender_id:int}",
        dto=Strict[VirtualSenderPatch],
        return_dto=None,
        opt={"right": "senders:update"},
        summary="Change a virtual sender",
    )
    async def change_sender(
        self, tx: Tx, actor: Actor, sender_id: FromPath[int], data: VirtualSenderPatch
    ) -> VirtualSender:
        """Change a virtual sender; runs under way follow it from when their senders begin next."""
        values = given(data)
        return await service.change_sender(tx, actor, sender_id, values, values.pop("updated_at", None))

    @delete("/{sender_id:int}", opt={"right": "senders:delete"}, status_code=204, summary="Archive a virtual sender")
    async def archive_sender(self, tx: Tx, actor: Actor, sender_id: FromPath[int]) -> None:
        """Put a virtual sender away; 409 while it is the default or mailings name it."""
        await service.archive_sender(tx, actor, sender_id)

    @post("/{sender_id:int}/restore", opt={"right": "senders:update"}, status_code=200, summary="Bring it back")
    async def restore_sender(self, tx: Tx, actor: Actor, sender_id: FromPath[int]) -> VirtualSender:
        """Bring an archived virtual sender back."""
        return await service.restore_sender(tx, actor, sender_id)


class MailServerController(Controller):
    """The servers that mails are handed over to."""

    path = "/senders/servers"
    tags = ("Senders",)

    @get("/", opt={"right": "senders:read"}, summary="List mail servers")
    async def list_servers(self, tx: Tx, page: PageRequest, archived: Archived = False) -> Page[MailServer]:
        """Return a page of mail servers, sorted by ``name``, ``host``, ``created_at`` or ``updated_at``.

        The first one (id 0) is that of the settings file.
        """
        return await servers.list_servers(tx, page, archived=archived)

    @post("/", dto=Strict[MailServerIn], return_dto=None, opt={"right": "senders:create"}, summary="Make a mail server")
    async def create_server(self, tx: Tx, actor: Actor, data: MailServerIn) -> MailServer:
        """Store a mail server."""
        return await servers.create_server(tx, actor, given(data))

    @get("/{server_id:int}", opt={"right": "senders:read"}, summary="Read a mail server")
    async def get_server(self, tx: Tx, server_id: FromPath[int]) -> MailServer:
        """Return a mail server without its password."""
        return await servers.get_server(tx, server_id)

    @patch(
        "/{server_id:int}",
        dto=Strict[MailServerPatch],
        return_dto=None,
        opt={"right": "senders:update"},
        summary="Change a mail server",
    )
    async def change_server(self, tx: Tx, actor: Actor, server_id: FromPath[int], data: MailServerPatch) -> MailServer:
        """Change a mail server; runs under way follow it from when their senders begin next."""
        return await servers.change_server(tx, actor, server_id, given(data))

    @delete("/{server_id:int}", opt={"right": "senders:delete"}, status_code=204, summary="Archive a mail server")
    async def archive_server(self, tx: Tx, actor: Actor, server_id: FromPath[int]) -> None:
        """Put a mail server away; 409 while virtual senders have it."""
        await servers.archive_server(tx, actor, server_id)

    @post("/{server_id:int}/restore", opt={"right": "senders:update"}, status_code=200, summary="Bring it back")
    async def restore_server(self, tx: Tx, actor: Actor, server_id: FromPath[int]) -> MailServer:
        """Bring an archived mail server back."""
        return await servers.restore_server(tx, actor, server_id)

    @post("/{server_id:int}/test", opt={"right": "senders:update"}, status_code=200, summary="Test the connection")
    async def try_connection(self, engines: Engines, server_id: FromPath[int]) -> ServerTest:
        """Connect, secure and sign in as a sender would, and say what came of it; takes some seconds at most."""
        own = await smtp_server(engines) if server_id == SETTINGS_SERVER else None
        return await servers.try_connection(engines, server_id, own)
