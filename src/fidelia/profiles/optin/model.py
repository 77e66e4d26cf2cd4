"""What others see of double opt-in."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

RequestState = Literal["waiting", "asked", "confirmed", "expired", "closed"]
ConfirmState = Literal["confirmed", "already", "expired", "closed"]
#: What events and proofs name as the source of a confirmed subscription.
SOURCE = "double opt-in"
MAX_DAYS = 90
MAX_DAILY = 20


class DoubleOptIn(msgspec.Struct, frozen=True, kw_only=True):
    """How a resource asks for confirmation. ``template_id`` is null until it was switched on once."""

    resource_id: int
    enabled: bool
    template_id: int | None
    from_email: str
    from_name: str
    expires_days: int
    daily_limit: int


class OptInFigures(msgspec.Struct, frozen=True, kw_only=True):
    """People who were asked in a period, each counted once: ``requested = confirmed + waiting + expired + closed``.

    ``waiting`` can still confirm, ``expired`` let the time pass, ``closed`` left or were removed before they confirmed.
    """

    requested: int
    confirmed: int
    waiting: int
    expired: int
    closed: int


class OptInRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One mail that asked somebody to confirm, with the proof when they did.

    ``state``: ``waiting`` to be sent, ``asked``, ``confirmed``, ``expired``, ``closed`` (the subscription does not
    wait for it any more). ``run_id`` is the run of the send ledger, ``text_version`` the text that they saw.
    """

    id: int
    subscription_id: int
    resource_id: int
    contact: str
    state: RequestState
    source: str
    by_person: bool
    requested_at: datetime
    expires_at: datetime
    run_id: int | None
    text_version: str | None
    confirmed_at: datetime | None
    confirmed_ip: str | None
    confirmed_agent: str | None


class Waiting(msgspec.Struct, frozen=True):
    """A request that no mail was made for yet."""

    id: int
    profile_id: int
    contact: str


class Asked(msgspec.Struct, frozen=True):
    """Whom a mail of a run asks: the request, and where to. ``refused`` says why nothing may be sent."""

    request_id: int
    profile_id: int
    contact: str
    refused: str | None


class Confirmation(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a confirmation, and whose it was. Nothing is known of a request that is gone."""

    state: ConfirmState
    resource_id: int | None = None
    resource_name: str = ""
    database_id: int | None = None
    profile_id: int | None = None
