"""What sites tell, read leniently and written once; nobody is told what was wrong with it."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import timedelta
from typing import Any

import msgspec
import structlog

from fidelia.kernel.errors import Problem
from fidelia.kernel.ids import random_id
from fidelia.platform.engines import Engines

from ... import rules as event_rules
from ...segment.apply import Delivery
from ...segment.messages import Message
from ...store.keys import KeyRow
from .. import rules
from ..model import GoalMessage, Reached
from ..registering import read_messages
from .group import deliveries
from .serving import site_goals

#: Events of one request, its bytes, and how long ago something may have happened.
MOST_EVENTS = 20
MOST_BYTES = 65_536
MOST_AGE = timedelta(days=1)
PATIENCE = 2.0

_encode = msgspec.json.Encoder(decimal_format="string").encode
log = structlog.get_logger(__name__)


class SiteEvent(msgspec.Struct, frozen=True):
    """A page that was seen, a goal that was reached, or who somebody is; ``age`` is milliseconds ago."""

    kind: str
    id: str = ""
    age: int = 0
    data: dict[str, Any] = {}


class SiteEvents(msgspec.Struct, frozen=True):
    """What a browser tells at once: by which visitor, which user, come by which message."""

    visitor: str = ""
    user: str = ""
    message: str = ""
    events: list[SiteEvent] = []


_decode = msgspec.json.Decoder(SiteEvents).decode


def read(body: bytes) -> SiteEvents | None:
    """Return what a body says, ``None`` when that cannot be read."""
    try:
        told = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return told if len(told.events) <= MOST_EVENTS else None


async def take(engines: Engines, key: KeyRow, told: SiteEvents) -> None:
    """Write what a site tells. Whatever goes wrong, the visitor does not notice."""
    try:
        delivery = await _delivery(engines, key, told)
        if delivery.messages or delivery.unreadable:
            with contextlib.suppress(TimeoutError):
                work = deliveries(engines).submit(delivery, len(delivery.messages) + 1)
                await asyncio.wait_for(asyncio.shield(asyncio.ensure_future(work)), PATIENCE)
    except Problem as exc:
        log.info("events of a site are not taken", key=key.id, reason=exc.detail)


async def _delivery(engines: Engines, key: KeyRow, told: SiteEvents) -> Delivery:
    received = engines.clock.now()
    delivery = Delivery(key.id, key.name, False, key.database_id, [], [], received)
    visitor, user = _name(told.visitor), _name(told.user)
    message: GoalMessage | None = None
    if told.message and any(event.kind == "goal" for event in told.events):
        async with engines.tx() as tx:
            message = (await read_messages(tx, key.database_id, {told.message})).get(told.message)
    goals = await site_goals(engines, key.database_id)
    limit = engines.settings.limits.event_bytes
    for event in told.events:
        at = received - min(max(timedelta(milliseconds=min(event.age, 10**9)), timedelta(0)), MOST_AGE)
        id_ = event.id[: rules.MAX_GOAL_ID].replace("\x00", "") or random_id(20)
        data = event.data
        more = data.get("properties")
        given = more if isinstance(more, dict) else {}
        one = Message("track", id_, b"", at, user=user, anonymous=visitor)
        if event.kind == "goal":
            goal = goals.get(str(data.get("goal")))
            if goal is None:
                delivery.unreadable.append("unknown goal")
                continue
            try:
                value = rules.read_value(data.get("value"))
            except rules.WrongValue:
                delivery.unreadable.append("value of a goal")
                continue
            reached = Reached(goal=goal.key, message=told.message, url=_text(data, "url"), properties=given)
            one.type, one.id = rules.TYPE, rules.event_id(id_, goal.key)
            one.properties = rules.properties_of(goal, reached, value, message)
            one.profile = message.profile if message is not None else 0
        elif event.kind == "page":
            one.kind, one.type = "page", "page.viewed"
            texts = {name: _text(data, name) for name in ("url", "path", "title", "referrer")}
            one.properties = {**given, **{name: text for name, text in texts.items() if text}}
        elif event.kind == "identify":
            traits = data.get("traits")
            one.kind, one.traits = "identify", traits if isinstance(traits, dict) else {}
        else:
            delivery.unreadable.append("unknown kind")
            continue
        if len(_encode(one.properties)) > limit or len(_encode(one.traits)) > limit:
            delivery.unreadable.append("properties too large")
            continue
        if not (visitor or user or one.profile):
            delivery.unreadable.append("nobody")
            continue
        one.hash = event_rules.seen_hash(one.id)
        delivery.messages.append(one)
    return delivery


def _name(text: str) -> str:
    text = text.replace("\x00", "").strip()
    return text if len(text) <= event_rules.MAX_ID else ""


def _text(data: dict[str, Any], name: str) -> str:
    value = data.get(name)
    return value.replace("\x00", "")[: rules.MAX_URL] if isinstance(value, str) else ""
