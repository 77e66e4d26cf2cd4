"""Frequency policies as frozen values."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec

#: What messages are counted for: a person, a person and the mailing's resource or channel, or an address.
LimitKey = Literal["profile", "profile_resource", "profile_channel", "contact"]
MOST_DAYS = 16
MOST_MESSAGES = 15


class Limit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """At most so many messages within so many days, this moment backwards."""

    per: LimitKey
    most: Annotated[int, msgspec.Meta(ge=1, le=MOST_MESSAGES)]
    days: Annotated[int, msgspec.Meta(ge=1, le=MOST_DAYS)]


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """A frequency policy. Without limits it holds nobody back: a way out for what everybody has to get.

    ``is_default`` is the one of mailings for which neither they nor their resource (``resource_ids``) names another.
    """

    id: int
    name: str
    description: str
    limits: list[Limit]
    is_default: bool
    resource_ids: list[int]
    mailing_count: int
    created_at: datetime
    updated_at: datetime


class Candidate(msgspec.Struct, frozen=True):
    """A message that is about to be sent, and how many its limits have counted already, in their order."""

    profile_id: int
    contact_hash: bytes
    counts: tuple[int, ...]
