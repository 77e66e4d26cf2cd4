"""Keys of sending domains as frozen values."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from ..channels.email.dkim import Algorithm

CheckState = Literal["ok", "missing", "different", "unknown"]


class DnsCheck(msgspec.Struct, frozen=True):
    """What stands at a name: ``ok`` as it should, ``missing``, ``different``, or ``unknown`` when nobody answered.

    ``text`` says so for a person, with what to do.
    """

    what: Literal["dkim", "spf", "dmarc"]
    name: str
    state: CheckState
    text: str


class DkimKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key of a domain. Mails from the domain and those below it are signed with its ``active`` one.

    Publish ``record`` as a TXT record at ``record_name``. The private key never leaves the installation.
    """

    id: int
    domain: str
    selector: str
    algorithm: Algorithm
    record_name: str
    record: str
    active: bool
    checks: list[DnsCheck]
    checked_at: datetime | None
    created_at: datetime
    updated_at: datetime
