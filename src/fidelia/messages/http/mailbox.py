"""Routes of the capture mailbox."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Controller, Response, delete, get
from litestar.params import FromPath, QueryParameter

from fidelia.access import Actor, audit
from fidelia.kernel.errors import not_found
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx

from ..mailbox.parse import parts_of
from ..store import mailbox as store


class CapturedMail(msgspec.Struct, frozen=True, kw_only=True):
    """A mail that was caught instead of delivered; ``mailing_id`` and ``profile_id`` when it is one of ours."""

    id: int
    received_at: datetime
    envelope_from: str
    recipients: list[str]
    sender: str
    subject: str
    size: int
    mailing_id: int | None
    run_id: int | None
    profile_id: int | None


class MailHeader(msgspec.Struct, frozen=True):
    """One header line, decoded."""

    name: str
    value: str


class MailAttachment(msgspec.Struct, frozen=True):
    """A part that is neither the text nor the HTML."""

    name: str
    type: str
    size: int


class CapturedMailDetail(CapturedMail, frozen=True, kw_only=True):
    """A caught mail with its parts. Show ``html`` in a sandboxed frame only."""

    html: str
    text: str
    headers: list[MailHeader]
    attachments: list[MailAttachment]


class MailboxState(msgspec.Struct, frozen=True):
    """Whether mails are caught here (no mail server is set) or delivered, and where the mailbox listens."""

    captures: bool
    host: str | None
    port: int | None
    keeps: int


def _mail(row: Any) -> CapturedMail:
    return CapturedMail(**{name: getattr(row, name) for name in CapturedMail.__struct_fields__})


class MailboxController(Controller):
    """Mails that were caught."""

    path = "/mailbox"
    tags = ("Mailbox",)

    @get("/", opt={"right": "mailbox:read"}, summary="List caught mails")
    async def list_mails(
        self,
        tx: Tx,
        page: PageRequest,
        mailing: Annotated[int | None, QueryParameter(name="mailing", description="Of this mailing")] = None,
        profile: Annotated[int | None, QueryParameter(name="profile", description="To this profile")] = None,
        to: Annotated[str | None, QueryParameter(name="to", description="To this address")] = None,
    ) -> Page[CapturedMail]:
        """Return a page, the newest first; or sorted by subject, to, sender, size or received_at.

        ``q`` looks into subject and recipients.
        """
        found = await store.pages(tx, page, mailing_id=mailing, profile_id=profile, to=to)
        return Page([_mail(row) for row in found.items], found.next_cursor, found.total)

    @get("/state", opt={"right": "mailbox:read"}, summary="Whether mails are caught here")
    async def state(self, tx: Tx, engines: Engines) -> MailboxState:
        """Return where mails go."""
        settings = engines.settings
        found = await store.address(await tx.raw()) if settings.captures_mail else None
        host, port = found or (None, None)
        return MailboxState(settings.captures_mail, host, settings.mailbox.port or port, settings.mailbox.keep)

    @get("/{mail_id:int}", opt={"right": "mailbox:read"}, summary="Read a caught mail")
    async def get_mail(self, tx: Tx, mail_id: FromPath[int]) -> CapturedMailDetail:
        """Return a mail with its parts and headers."""
        row = await store.get(tx, mail_id)
        html, text, headers, attachments = parts_of(bytes(row.source))
        values: dict[str, Any] = {
            field.name: getattr(row, field.name) for field in msgspec.structs.fields(CapturedMail)
        }
        return CapturedMailDetail(
            **values,
            html=html,
            text=text,
            headers=[MailHeader(name, value) for name, value in headers],
            attachments=[MailAttachment(*found) for found in attachments],
        )

    @get(
        "/{mail_id:int}/source",
        opt={"right": "mailbox:read"},
        summary="Source of a caught mail",
        media_type="text/plain",
    )
    async def source(self, tx: Tx, mail_id: FromPath[int]) -> Response[bytes]:
        """Return the mail byte for byte as it came in."""
        row = await store.get(tx, mail_id)
        return Response(
            bytes(row.source),
            media_type="text/plain; charset=utf-8",
            headers={"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox"},
        )

    @delete("/{mail_id:int}", opt={"right": "mailbox:delete"}, status_code=204, summary="Delete a caught mail")
    async def delete_mail(self, tx: Tx, mail_id: FromPath[int]) -> None:
        """Remove one mail."""
        if not await store.delete(tx, mail_id):
            raise not_found("Mail", mail_id)

    @delete("/", opt={"right": "mailbox:delete"}, status_code=204, summary="Empty the mailbox")
    async def empty(self, tx: Tx, actor: Actor) -> None:
        """Remove every mail."""
        count = await store.delete(tx, None)
        await audit(tx, actor, "mailbox.emptied", kind="mailbox", object_id=None, name=None, after={"mails": count})
