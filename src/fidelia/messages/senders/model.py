"""Mail servers and virtual senders as frozen values."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec

Tls = Literal["none", "starttls", "tls"]
RuleType = Literal["from_domain", "from_email", "to_domain", "default"]
#: The server of the settings file, or the built-in mailbox when none is set there.
SETTINGS_SERVER = 0
MOST_RATE = 100_000

_Text = Annotated[str, msgspec.Meta(max_length=320)]


class DomainRate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """So many messages a second to addresses of these domains, all of them together."""

    domains: Annotated[list[_Text], msgspec.Meta(min_length=1, max_length=500)]
    rate: Annotated[float, msgspec.Meta(ge=0.01, le=MOST_RATE)]


class SenderShare(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A share of those whom a rule is for: the mail server (0: that of the settings file), and who mails come from
    where it is not whom the mailing says.
    """

    sender_id: Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
    percent: Annotated[int, msgspec.Meta(ge=0, le=100)]
    from_email: _Text = ""
    from_name: _Text = ""
    reply_to: _Text = ""


class SenderRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whom a rule is for: mails from an address or its domain, or to one of these domains; ``default``: the rest.

    ``senders`` share them out; their percents sum to 100.
    """

    type: RuleType
    senders: Annotated[list[SenderShare], msgspec.Meta(min_length=1, max_length=50)]
    values: Annotated[list[_Text], msgspec.Meta(max_length=500)] = []


class VirtualSender(msgspec.Struct, frozen=True, kw_only=True):
    """Rules that are read from above; the first that fits decides. The last one is the default.

    ``is_default`` is the one of mailings that name none; ``mailing_count`` are those that name it.
    """

    id: int
    name: str
    description: str
    rules: list[SenderRule]
    is_default: bool
    mailing_count: int
    archived_at: datetime | None
    created_at: datetime
    updated_at: datetime


class MailServer(msgspec.Struct, frozen=True, kw_only=True):
    """A server that takes mails. ``builtin``: it stands in the settings file, or is the mailbox (``host`` empty).

    ``rate`` is messages a second, 0 for no limit. ``test_error`` is what the last test of the connection found,
    null when all was well. ``used_by`` are names of virtual senders.
    """

    id: int
    name: str
    builtin: bool
    host: str
    port: int
    tls: Tls
    username: str
    has_password: bool
    connections: int
    rate: int
    domain_rates: list[DomainRate]
    active: bool
    tested_at: datetime | None
    test_error: str | None
    used_by: list[str]
    archived_at: datetime | None
    created_at: datetime | None
    updated_at: datetime | None


class ServerTest(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a connection: ``error`` as the server said it, null when all was well.

    ``steps`` are those that went well, in order; ``extensions`` what the server offers after that.
    """

    ok: bool
    error: str | None
    steps: list[str]
    extensions: list[str]
    took_ms: int
