"""From a recipient to the bytes of a mail, with its tracked links, for one run."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from ...bounces.verp import return_path
from ...markup.model import Compiled, LoadedFile, Rendered
from ...markup.render import CannotRender, Renderer
from ...model import MessageKey, Plan, Recipient
from ...sending.composing import Context
from ...tracking.tokens import Signer
from .address import AddressRefused, envelope
from .dkim import DkimSigner
from .mime import Content, Skeleton, dot_stuffed


class Composed(msgspec.Struct, frozen=True):
    """A mail ready for the wire: envelope and the body as DATA takes it. ``origin`` is the address it comes from,
    ``sender`` the ledger's number for that, 0 where a run has only one.
    """

    key: MessageKey
    attempts: int
    address: str
    data: bytes
    return_path: str
    origin: str
    variant: int = 0
    sender: int = 0

    @property
    def needs_utf8(self) -> bool:
        """Tell whether the server must know SMTPUTF8."""
        return not self.address.isascii()


class Composer:
    """Makes the mails of one run, or of one of its variants.

    Raises ``ValueError`` for a sender that may not stand in a header.
    """

    def __init__(
        self,
        plan: Plan,
        compiled: Compiled,
        signer: Signer,
        run_id: int,
        dkim: DkimSigner | None = None,
        variant: int = 0,
        *,
        return_domain: str = "",
    ) -> None:
        self.context = Context(plan, compiled, signer, run_id, variant)
        self.plan = plan = self.context.plan
        self._dkim = dkim
        self._renderer = Renderer(compiled)
        self.sender = envelope(plan.from_email)
        self._domain = self.sender.rpartition("@")[2]
        self._return_domain = return_domain
        self._skeleton = Skeleton(
            from_email=plan.from_email,
            from_name=plan.from_name,
            reply_to=plan.reply_to,
            headers={"X-Mailing-ID": str(plan.mailing_id), "Feedback-ID": f"{run_id}:{plan.mailing_id}:fidelia"},
            files=[file for file in compiled.attachments if isinstance(file, LoadedFile)],
        )
        self._complete = all(isinstance(file, LoadedFile) for file in compiled.attachments)

    def render(self, recipient: Recipient) -> Rendered:
        """Return the message's parts as this recipient gets them; raise :class:`CannotRender`."""
        filled = self.context.of(recipient)
        renderer = self._renderer
        return Rendered(
            renderer.subject(filled), renderer.preheader(filled), renderer.html(filled), renderer.text(filled)
        )

    def compose(self, recipient: Recipient, now: datetime) -> Composed:
        """Return the mail; raise :class:`CannotRender` with the reason why this recipient gets none."""
        try:
            address = envelope(recipient.contact)
        except AddressRefused as exc:
            raise CannotRender(str(exc)) from None
        if not self._complete:
            raise CannotRender("The attached files are missing")
        filled = self.context.of(recipient)
        renderer = self._renderer
        key = recipient.key
        token = self.context.token(key)
        content = Content(
            to=address,
            subject=renderer.subject(filled),
            text=renderer.text(filled),
            html=renderer.html(filled),
            message_id=f"{token}@{self._domain}",
            unsubscribe=self.context.unsubscribe(key),
        )
        try:
            data = self._skeleton.build(content, now)
        except ValueError as exc:
            raise CannotRender(f"The mail cannot be written: {exc}") from None
        if self._dkim is not None:
            data = self._dkim.header(data, now) + data
        back = return_path(token, self._return_domain) if self._return_domain else self.sender
        return Composed(
            key=key,
            attempts=recipient.attempts,
            address=address,
            data=dot_stuffed(data),
            return_path=back,
            origin=self.sender,
            variant=self.context.variant,
            sender=recipient.sender,
        )


class Composers:
    """The composers of a template by who its mails come from: the ledger's numbers of senders."""

    def __init__(self, by_sender: Mapping[int, Composer]) -> None:
        self._by_sender = by_sender
        self.context = next(iter(by_sender.values())).context

    def compose(self, recipient: Recipient, now: datetime) -> Composed:
        """Return the mail; raise :class:`CannotRender` with the reason why this recipient gets none."""
        return self._by_sender[recipient.sender].compose(recipient, now)
