"""What makers of messages share whatever the channel: a recipient's values with tracked links, and events."""

from __future__ import annotations

import html
from datetime import datetime
from typing import Any

from fidelia.platform.outbox import clickhouse_time, encode_line

from ..kinds.multivariate.model import LINK_STRIDE
from ..markup.model import LINKS, URLS, Compiled
from ..markup.render import context
from ..model import MessageKey, Plan, Recipient
from ..tracking.tokens import Signer
from .values import with_utm

_KIND = {"unsubscribe": "u", "web_version": "w", "preferences": "p"}
_NAMED = {link: name for name, link in URLS.items()}
#: What differs from one recipient to the next in a line of the history, empty.
_OPEN = '"profile":0,"at":"","id":""'


class Context:
    """The values and links that the templates of one run, or of one of its variants, are filled with."""

    def __init__(self, plan: Plan, compiled: Compiled, signer: Signer, run_id: int, variant: int = 0) -> None:
        self._properties = plan.facts(variant)
        self._lines: dict[str, tuple[str, str]] = {}
        self.plan = plan = plan.of_variant(variant)
        self.run_id = run_id
        self.variant = variant
        self._first = variant * LINK_STRIDE  # of the numbers of its links
        self._signer = signer
        self._compiled = compiled
        self._links = [with_utm(link.url, plan.utm) if not link.dynamic else "" for link in compiled.links]
        self._escaped = [html.escape(link) for link in self._links]
        uses = compiled.uses
        self._shown = [
            name for name in LINKS if f"links.{name}" in uses or "links" in uses or _NAMED.get(name, "") in uses
        ]

    def token(self, key: MessageKey) -> str:
        """Return the name of a message that only we can have given."""
        return self._signer.token("m", self.run_id, *key)

    def unsubscribe(self, key: MessageKey) -> str:
        """Return the address at which this recipient leaves."""
        return self._signer.url("u", self.run_id, *key)

    def event(self, kind: str, key: MessageKey, at: datetime, **more: Any) -> str:
        """Return the history's line for what happened to a recipient; the same fact always has the same id."""
        name, moment = key.name(self.run_id), clickhouse_time(at)
        if more:
            properties = {**self._properties, **more}
            return encode_line(f"message.{kind}", key.profile_id, moment, f"{name}-{kind}", properties).decode()
        # What is the same for everybody is written once: every mail has such a line.
        ends = self._lines.get(kind)
        if ends is None:
            line = encode_line(f"message.{kind}", 0, "", "", self._properties).decode()
            head, _, tail = line.partition(_OPEN)
            ends = self._lines[kind] = head, tail
        return f'{ends[0]}"profile":{key.profile_id},"at":"{moment}","id":"{name}-{kind}"{ends[1]}'

    def of(self, recipient: Recipient) -> dict[str, Any]:
        """Return what this recipient's templates are rendered with."""
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
