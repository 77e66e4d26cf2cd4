"""Routes of returned mail: handed in by a mail server's pipe or a provider's call, and the list of what came back."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from litestar import Controller, Request, delete, get, post
from litestar.params import FromPath, QueryParameter

from fidelia.access import Actor
from fidelia.kernel.errors import invalid_field
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.http import Body, Strict
from fidelia.platform.postgres import Tx

from . import service
from .classify import verdict
from .model import OUTCOMES, ReturnedMail, ReturnedMailDetail, Taken, Told
from .parse import MAX_BYTES
from .verp import token_of

Text = Annotated[str, msgspec.Meta(max_length=2_000)]
Which = Annotated[str | None, QueryParameter(name="outcome", description=f"One of: {', '.join(OUTCOMES)}")]
Mark = Annotated[str, msgspec.Meta(min_length=1, max_length=400)]


class BounceReport(Body, frozen=True):
    """One thing that a provider tells. ``message_id`` is the Message-ID of the mail, or its return path.

    Without ``kind`` the status and the server's words decide whether a bounce is hard.
    """

    message_id: Mark
    event: Literal["bounce", "complaint"] = "bounce"
    kind: Literal["hard", "soft"] | None = None
    code: Annotated[str, msgspec.Meta(max_length=20)] = ""
    reason: Text = ""


class BouncesIn(Body, frozen=True):
    """What a provider tells, up to 1,000 at a time."""

    items: Annotated[list[BounceReport], msgspec.Meta(min_length=1, max_length=1_000)]


class BouncesTaken(msgspec.Struct, frozen=True):
    """What became of each item, in their order."""

    items: list[Taken]


def told(item: BounceReport) -> Told:
    """Read a provider's report as what everything that comes back is read as."""
    plain = item.message_id.strip().strip("<>")
    token = token_of(plain) or plain.partition("@")[0]
    if item.event == "complaint":
        return Told(outcome="complained", tokens=(token,), detail=item.reason[:500])
    judged = verdict(item.code, item.reason)
    hard = judged.hard if item.kind is None else item.kind == "hard"
    return Told(
        outcome="bounced", tokens=(token,), hard=hard, why=judged.why, code=judged.code, detail=item.reason[:500]
    )


class BounceController(Controller):
    """Bounces and complaints."""

    path = "/messages/bounces"
    tags = ("Returned mail",)

    @post("/", opt={"right": "senders:update"}, status_code=200, summary="Hand in a mail that came back")
    async def take_mail(self, tx: Tx, request: Request[Any, Any, Any]) -> Taken:
        """Take one raw mail (``message/rfc822``): a bounce, a complaint (ARF), or anything sent to a return path.

        The reply says what became of it. Nothing is trusted but a mail of ours that it names, by its signed marks.
        """
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "message/rfc822":
            raise invalid_field("", "Send the raw mail with the content type message/rfc822")
        source = await request.body()
        if len(source) > MAX_BYTES:
            raise invalid_field("", f"The mail is larger than {MAX_BYTES // 1_000_000} MB")
        return await service.take_mail(tx, source, via="api")

    @post(
        "/reports",
        dto=Strict[BouncesIn],
        return_dto=None,
        opt={"right": "senders:update"},
        status_code=200,
        summary="Report bounces and complaints",
    )
    async def take_reports(self, tx: Tx, data: BouncesIn) -> BouncesTaken:
        """Take what a provider's webhook tells, each item matched by the mail's own Message-ID or return path."""
        return BouncesTaken([await service.take(tx, told(item), via="provider") for item in data.items])

    @get("/", opt={"right": "senders:read"}, summary="List returned mail")
    async def list_returned(
        self,
        tx: Tx,
        page: PageRequest,
        outcome: Annotated[
            str | None, QueryParameter(name="outcome", description=f"One of: {', '.join(OUTCOMES)}")
        ] = None,
        mailing: Annotated[int | None, QueryParameter(name="mailing", description="Of this mailing")] = None,
        profile: Annotated[int | None, QueryParameter(name="profile", description="From this profile")] = None,
    ) -> Page[ReturnedMail]:
        """Return a page, the newest first; or sorted by received_at, sender or subject.

        ``q`` looks into subject, sender, reason and code.
        """
        if outcome is not None and outcome not in OUTCOMES:
            raise invalid_field("/outcome", f"outcome must be one of: {', '.join(OUTCOMES)}")
        return await service.list_returned(tx, page, outcome=outcome, mailing_id=mailing, profile_id=profile)

    @get("/{mail_id:int}", opt={"right": "senders:read"}, summary="Read a returned mail")
    async def get_returned(self, tx: Tx, mail_id: FromPath[int]) -> ReturnedMailDetail:
        """Return one; with its first 64 KB when it was not understood."""
        return await service.get_returned(tx, mail_id)

    @delete("/{mail_id:int}", opt={"right": "senders:delete"}, status_code=204, summary="Delete a returned mail")
    async def delete_returned(self, tx: Tx, actor: Actor, mail_id: FromPath[int]) -> None:
        """Remove one from the list; what followed from it stays."""
        await service.delete_returned(tx, actor, mail_id)
