"""From a recipient to the request that sends them their message."""

from __future__ import annotations

from datetime import datetime

import msgspec

from ...markup.fields import FieldRenderer
from ...markup.model import Compiled
from ...markup.render import CannotRender
from ...model import MessageKey, Plan, Recipient
from ...sending.composing import Context
from ...tracking.tokens import Signer
from .content import Contacts, content_values
from .model import ChannelDefinition
from .request import Built, CannotBuild, RequestMaker


class HttpMessage(msgspec.Struct, frozen=True):
    """A message ready to be sent: the request, and whose it is."""

    key: MessageKey
    attempts: int
    built: Built
    contact: str
    variant: int = 0


class HttpMaker:
    """Makes the messages of one run, or of one of its variants."""

    def __init__(
        self,
        definition: ChannelDefinition,
        requests: RequestMaker,
        plan: Plan,
        compiled: Compiled,
        signer: Signer,
        run_id: int,
        variant: int = 0,
    ) -> None:
        self.context = Context(plan, compiled, signer, run_id, variant)
        self._definition, self._requests = definition, requests
        self._contacts = Contacts(definition.contact)
        self._renderer = FieldRenderer(compiled)

    def compose(self, recipient: Recipient, now: datetime) -> HttpMessage:
        """Return the message; raise ``CannotRender`` with the reason why this recipient gets none."""
        key = recipient.key
        fields = self._renderer.fields(self.context.of(recipient))
        try:
            contact = self._contacts.checked(recipient.contact)
            built = self._requests.build(
                {
                    "contact": contact,
                    "message.id": self.context.token(key),
                    "message.mailing": self.context.plan.mailing_id,
                    "message.profile": key.profile_id,
                    **content_values(self._definition, fields),
                }
            )
        except CannotBuild as exc:
            raise CannotRender(str(exc)) from None
        return HttpMessage(key, recipient.attempts, built, contact, self.context.variant)
