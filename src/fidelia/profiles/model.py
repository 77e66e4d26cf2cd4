"""What others see of resources, subscriptions and stop lists."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Literal

import msgspec
from pyroaring import BitMap

#: The key of a channel; which there are says :mod:`.channels`.
Channel = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
SubscriptionStatus = Literal["subscribed", "unconfirmed", "unsubscribed", "suspended", "bounced", "complained"]
EntryKind = Literal["email", "phone", "domain"]
#: Names that are there without anybody having defined a channel.
CHANNELS = ("email", "sms", "push", "webhook")
CHANNEL_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
SUBSCRIPTION_STATUSES = ("subscribed", "unconfirmed", "unsubscribed", "suspended", "bounced", "complained")
#: Why somebody is not written to, in the order in which it is looked at.
EXCLUSIONS = ("not_found", "status", "not_subscribed", "paused", "no_address", "suppressed")


class OptIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The proof that somebody agreed: when, from which IP address, and where (a form, a shop, a file)."""

    at: datetime | None = None
    ip: str | None = None
    source: str | None = None


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """A sender that people agree to hear from. No ``database_ids``: people of every database may subscribe."""

    id: int
    name: str
    description: str
    website: str
    channels: list[str]
    database_ids: list[int]
    archived_at: datetime | None
    created_at: datetime
    updated_at: datetime


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody agreed to hear from a resource in a channel, and at which contact.

    ``paused_until`` is null unless nothing is sent before that moment, which lies ahead.
    """

    id: int
    database_id: int
    profile_id: int
    resource_id: int
    channel: str
    contact: str
    status: str
    priority: int
    opt_in: OptIn
    status_reason: str | None
    paused_until: datetime | None
    created_at: datetime
    updated_at: datetime


class SubscriptionItem(msgspec.Struct, frozen=True, kw_only=True):
    """A subscription to be stored. Without ``contact`` the profile's own address or first phone is taken."""

    profile_id: int
    resource_id: int
    channel: str = "email"
    contact: str | None = None
    status: str = "subscribed"
    priority: int | None = None
    opt_in: OptIn = OptIn()
    reason: str | None = None


class SubscriptionOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one item: ``created updated unchanged kept rejected``.

    ``kept`` means that a raise of consent was not asked for, so the status stayed. ``error`` says why it is rejected,
    ``pointer`` which member of the item is at fault.
    """

    index: int
    status: str
    subscription_id: int | None = None
    error: str | None = None
    pointer: str | None = None


class Sendable(msgspec.Struct, frozen=True):
    """Who may be written to: ``rows`` of (profile, contact) in ascending order, and who may not by reason."""

    rows: list[tuple[int, str]]
    excluded: dict[str, BitMap]


class SuppressionList(msgspec.Struct, frozen=True, kw_only=True):
    """Addresses that nothing is sent to. Those with ``is_builtin`` are obeyed by every send: the global one
    (``is_global``) and the one of hard bounces."""

    id: int
    name: str
    description: str
    is_global: bool
    is_builtin: bool
    size: int
    created_at: datetime
    updated_at: datetime
