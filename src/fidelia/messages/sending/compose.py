"""From a recipient to the bytes of a mail, with its tracked links, for one run."""

from __future__ import annotations

import hashlib
import html
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import msgspec

from fidelia.platform.outbox import clickhouse_time, encode_line

from ..bounces.verp import return_path
from ..channels.email.address import AddressRefused, envelope
from ..channels.email.dkim import DkimSigner
from ..channels.email.mime import Content, Skeleton, dot_stuffed
from ..kinds.multivariate.model import LINK_STRIDE
from ..markup.model import LINKS, URLS, Compiled, Rendered
from ..markup.render import CannotRender, Renderer, context
from ..model import MessageKey, Plan, Recipient, Utm
from ..tracking.tokens import Signer

_KIND = {"unsubscribe": "u", "web_version": "w", "preferences": "p"}
_NAMED = {link: name for name, link in URLS.items()}


class Composed(msgspec.Struct, frozen=True):
    """A mail ready for the wire: envelope and the body as DATA takes it."""

    key: MessageKey
    attempts: int
    address: str
    data: bytes
    return_path: str
    variant: int = 0

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
        self.plan = plan = plan.of_variant(variant)
        self._variant = variant
        self._first = variant * LINK_STRIDE  # of the numbers of its links
        self._dkim = dkim
        self.run_id = run_id
        self._signer = signer
        self._renderer = Renderer(compiled)
        self._compiled = compiled
        self._links = [with_utm(link.url, plan.utm) if not link.dynamic else "" for link in compiled.links]
        self._escaped = [html.escape(link) for link in self._links]
        uses = compiled.uses
        self._shown = [
            name for name in LINKS if f"links.{name}" in uses or "links" in uses or _NAMED.get(name, "") in uses
        ]
        self.sender = envelope(plan.from_email)
        self._domain = self.sender.rpartition("@")[2]
        self._return_domain = return_domain
        self._skeleton = Skeleton(
            from_email=plan.from_email,
            from_name=plan.from_name,
            reply_to=plan.reply_to,
            headers={"X-Mailing-ID": str(plan.mailing_id), "Feedback-ID": f"{run_id}:{plan.mailing_id}:fidelia"},
        )
        self._properties = {
            "mailing": plan.mailing_id,
            "template": plan.template_id,
            "channel": plan.channel,
            **({"variant": variant} if variant else {}),
        }

    def render(self, recipient: Recipient) -> Rendered:
        """Return the message's parts as this recipient gets them; raise :class:`CannotRender`."""
        filled = self._context(recipient)
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
        filled = self._context(recipient)
        renderer = self._renderer
        key = recipient.key
        token = self._signer.token("m", self.run_id, *key)
        content = Content(
            to=address,
            subject=renderer.subject(filled),
            text=renderer.text(filled),
            html=renderer.html(filled),
            message_id=f"{token}@{self._domain}",
            unsubscribe=self._signer.url("u", self.run_id, *key),
        )
        try:
            data = self._skeleton.build(content, now)
        except ValueError as exc:
            raise CannotRender(f"The mail cannot be written: {exc}") from None
        if self._dkim is not None:
            data = self._dkim.header(data, now) + data
        back = return_path(token, self._return_domain) if self._return_domain else self.sender
        return Composed(key, recipient.attempts, address, dot_stuffed(data), back, self._variant)

    def event(self, kind: str, key: MessageKey, at: datetime, **more: Any) -> str:
        """Return the history's line for what happened to a recipient; the same fact always has the same id."""
        properties = {**self._properties, **more}
        id_ = f"{key.name(self.run_id)}-{kind}"
        return encode_line(f"message.{kind}", key.profile_id, clickhouse_time(at), id_, properties).decode()

    def _context(self, recipient: Recipient) -> dict[str, Any]:
        plan, signer, run, key = self.plan, self._signer, self.run_id, recipient.key
        roots = recipient.roots
        if plan.variables:
            roots = {**roots, "vars": plan.variables}
        if plan.track_clicks:  # our own addresses hold nothing that needs escaping
            addresses = escaped = signer.clicks(run, key, len(self._links), self._first)
        else:
            addresses, escaped = self._links, self._escaped
        return context(
            self._compiled,
            roots,
            links=self._own_links(recipient),
            addresses=addresses,
            escaped=escaped,
            click=lambda no, url: self._click(key, no, url),
            pixel=signer.url("o", run, *key) if plan.track_opens else "",
        )

    def _own_links(self, recipient: Recipient) -> dict[str, str]:
        signer, key = self._signer, recipient.key
        links = {name: signer.url(_KIND[name], self.run_id, *key) for name in self._shown}
        if recipient.request_id:
            links["confirm"] = signer.url("y", recipient.request_id, 0)
        return links

    def _click(self, key: MessageKey, no: int, url: str) -> str:
        target = with_utm(url, self.plan.utm)
        return self._signer.click(self.run_id, key, self._first + no, target) if self.plan.track_clicks else target


def with_utm(url: str, utm: Utm) -> str:
    """Add the marks that are not in a web link already."""
    marks = {f"utm_{key}": value for key, value in msgspec.structs.asdict(utm).items() if value}
    if not marks or not url.lower().startswith(("http://", "https://")):
        return url
    parts = urlsplit(url)
    present = {key for key, _ in parse_qsl(parts.query, keep_blank_values=True)}
    added = urlencode({key: value for key, value in marks.items() if key not in present})
    if not added:
        return url
    return urlunsplit(parts._replace(query=f"{parts.query}&{added}" if parts.query else added))


def contact_hash(contact: str) -> bytes:
    """Return what makes an address unique within a run: 16 bytes of the SHA-256 of its lower case."""
    return hashlib.sha256(contact.strip().lower().encode("utf-8", "surrogatepass")).digest()[:16]


def plain_values(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a profile's values as templates see them: no key for a missing one, dates as text."""
    return {
        name: value if isinstance(value, str | int | float | bool | list | dict) else _plain(value)
        for name, value in row.items()
        if value is not None and value not in ("", []) and name != "version"
    }


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
