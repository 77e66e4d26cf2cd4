"""Routes of trigger mailings: call one, and see what it caught."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Controller, get, post
from litestar.params import FromPath

from fidelia.kernel.errors import invalid_field
from fidelia.platform import listeners
from fidelia.platform.http import Body, Strict
from fidelia.platform.postgres import Tx

from ...store import mailings as mailings_store
from . import calling, store
from .catching import CONSUMER


class TriggerCall(Body, frozen=True):
    """Somebody who is to get the message. ``id`` is yours: it sets the mailing off once, however often it is sent.
    ``properties`` are what the template shows as ``event.<property>``."""

    profile: int | None = None
    match: dict[str, Any] | None = None
    id: str | None = None
    properties: dict[str, Any] = {}


class TriggerCallsIn(Body, frozen=True):
    """One call as in ``items``, or up to 1,000 of them in ``items``."""

    profile: int | None = None
    match: dict[str, Any] | None = None
    id: str | None = None
    properties: dict[str, Any] = {}
    items: Annotated[list[TriggerCall], msgspec.Meta(min_length=1, max_length=calling.MAX_CALLS)] | None = None


class TriggerCallsOut(msgspec.Struct, frozen=True):
    """What became of each call, and how many there were of each kind."""

    queued: int
    repeated: int
    left_out: int
    rejected: int
    items: list[calling.CallOutcome]


class TriggerState(msgspec.Struct, frozen=True):
    """What a mailing has caught. ``caught`` messages so far, ``waiting`` of them not sent yet; ``unread`` events have
    come in and not been looked at, ``trouble`` is what keeps them from it."""

    caught: int
    caught_at: datetime | None
    waiting: int
    unread: int
    trouble: str | None


class TriggerController(Controller):
    """What sets a mailing off."""

    path = "/mailings/{mailing_id:int}"
    tags = ("Mailings",)

    @post(
        "/trigger",
        dto=Strict[TriggerCallsIn],
        return_dto=None,
        status_code=202,
        opt={"right": "mailings:run"},
        summary="Set a triggered mailing off",
    )
    async def call(self, tx: Tx, mailing_id: FromPath[int], data: TriggerCallsIn) -> TriggerCallsOut:
        """Send the message of an active triggered mailing to one person, or to up to 1,000; each ``id`` counts once."""
        outcomes = await calling.call(tx, mailing_id, _calls(data))
        counts = dict.fromkeys(("queued", "repeated", "left_out", "rejected"), 0)
        for outcome in outcomes:
            counts[outcome.status] += 1
        return TriggerCallsOut(**counts, items=outcomes)

    @get("/trigger", opt={"right": "mailings:read"}, summary="What a triggered mailing has caught")
    async def state(self, tx: Tx, mailing_id: FromPath[int]) -> TriggerState:
        """Return how many messages were set off, how many wait, and what keeps events from being looked at."""
        await mailings_store.get(tx, mailing_id)
        caught, at, waiting = await store.figures(await tx.raw(), mailing_id)
        unread = await listeners.waiting(tx, CONSUMER, mailing_id)
        found = await listeners.listeners_of(tx, CONSUMER, [mailing_id])
        return TriggerState(caught, at, waiting, unread, found[0].trouble if found else None)


def _calls(data: TriggerCallsIn) -> list[calling.Call]:
    if data.items is None:
        return [calling.Call(data.profile, data.match, data.id, data.properties)]
    if data.profile is not None or data.match is not None or data.id is not None or data.properties:
        raise invalid_field("/items", "Give either one call, or items")
    return [calling.Call(item.profile, item.match, item.id, item.properties) for item in data.items]
