"""What follows from what a provider tells: once for each event, in one transaction."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog

from fidelia import profiles
from fidelia.access import Actor, SecretError, decrypt_secret
from fidelia.kernel.errors import Problem, forbidden, invalid_field, unavailable
from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx

from ....bounces import store as doubts
from ....model import MessageKey
from ....sending.values import contact_hash
from ....service.outlet import signer
from ....store import tracking as tracking_store
from ....store.tracking import Key, Reaction, RunFacts
from ....tracking.hits import history_line, sent_line
from .. import service as channels
from .. import store as channel_store
from ..store import Kept
from . import store
from .model import InboundTaken
from .reading import Told, Unreadable, items_of, told_of

log = structlog.get_logger(__name__)

#: How long an event waits for a message that is not known yet: it may come before the answer to the request.
PATIENCE = timedelta(minutes=15)
#: So long an event that is told again is known.
REMEMBERED = timedelta(days=30)
#: What a message's reaction is called; an event that a contact blocks us is one that did not arrive.
_REACTION = {"failed": "bounced", "blocked_by_user": "bounced"}
_ONCE = ("delivered", "bounced", "unsubscribed")
_LEAVES = ("unsubscribed", "blocked_by_user")


async def enter(engines: Engines, key: str, token: str) -> Kept | None:
    """Return the channel of an address, or ``None`` when there is none: another secret, archived, takes no events."""
    async with engines.tx() as tx:
        kept = await channel_store.find(tx, key)
    if kept is None or kept.channel.archived_at is not None or not kept.channel.definition.inbound.active:
        return None
    try:
        present = decrypt_secret(engines, kept.inbound_secret)
    except SecretError as exc:
        log.error("the inbound address of a channel cannot be read", channel=key, error=str(exc))
        raise unavailable("The secrets of this channel cannot be read") from exc
    return kept if hmac.compare_digest(present.encode(), token.encode()) else None


def check_signature(kept: Kept, engines: Engines, headers: Mapping[str, str], body: bytes) -> None:
    """Raise 403 unless a request is signed as the channel's mapping says."""
    signature = kept.channel.definition.inbound.signature
    if signature.kind == "none":
        return
    secret = channels.secrets_of(engines, kept).get(signature.secret)
    given = headers.get(signature.header, "").strip()
    if secret is None or not given.startswith(signature.prefix):
        raise forbidden("This request is not signed as this channel wants it")
    given = given.removeprefix(signature.prefix)
    if signature.kind == "value":
        right = hmac.compare_digest(given.encode(), str(secret).encode())
    else:
        made = hmac.new(str(secret).encode(), body, getattr(hashlib, signature.kind)).digest()
        right = hmac.compare_digest(made, _digest(given, signature.encoding))
    if not right:
        raise forbidden("The signature of this request is wrong")


def _digest(text: str, encoding: str) -> bytes:
    try:
        return bytes.fromhex(text) if encoding == "hex" else base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        return b""


async def take(engines: Engines, kept: Kept, body: bytes, content_type: str) -> InboundTaken:
    """Do what follows from a request. Raise 422 for one that cannot be read."""
    mapping = kept.channel.definition.inbound
    try:
        items = items_of(mapping, body, content_type)
    except Unreadable as exc:
        raise invalid_field("", str(exc)) from exc
    told = [(found, item) for item in items if (found := told_of(mapping, item)) is not None]
    counts: Counter[str] = Counter(passed_over=len(items) - len(told))
    async with engines.tx() as tx:
        raw = await tx.raw()
        fresh = await store.fresh(raw, kept.channel.id, [found.hash for found, _ in told], tx.now)
        for found, item in told:
            if found.hash not in fresh:
                counts["repeated"] += 1
                continue
            fresh.discard(found.hash)
            outcome = await _apply(tx, kept, found)
            if outcome == "waiting":
                await store.keep(raw, kept.channel.id, found.hash, item)
            counts[outcome] += 1
        await channel_store.heard(tx, kept.channel.id)
    names = ("taken", "repeated", "waiting", "unknown", "passed_over")
    return InboundTaken(**{name: counts[name] for name in names})


async def take_waiting(engines: Engines, limit: int = 500) -> int:
    """Try what waited for its message again; return how many events found it."""
    async with engines.tx() as tx:
        raw = await tx.raw()
        rows = await store.waiting(raw, tx.now - PATIENCE, limit)
        kept = {}
        for channel_id in {row.channel_id for row in rows}:
            kept[channel_id] = await channel_store.get(tx, channel_id)
        done = []
        for row in rows:
            channel = kept[row.channel_id]
            told = told_of(channel.channel.definition.inbound, row.item)
            if told is None or await _apply(tx, channel, told) != "waiting":
                done.append(row)
        if done:
            await store.settled(raw, done)
    return len(done)


async def purge(engines: Engines) -> int:
    """Forget events that nobody tells again any more; return how many."""
    async with engines.tx() as tx:
        return await store.purge(await tx.raw(), tx.now - PATIENCE, tx.now - REMEMBERED)


# -- one event ------------------------------------------------------------------------------------------------------


async def _apply(tx: Tx, kept: Kept, told: Told) -> str:
    """Do what follows from one event; return what became of it."""
    key = kept.channel.key
    found, may_come = await _message(tx, kept, told)
    if found is None and may_come:
        return "waiting"
    if found is None and (told.contact is None or told.event not in _LEAVES):
        return "unknown"
    if found is not None:
        run, message = found
        if not await _noted(tx, run, message, told):
            return "repeated"
    if told.event in _LEAVES:
        if told.message_id is None and told.contact is not None:
            people = await store.subscribers(await tx.raw(), key, told.contact)
            if found is None and not people:
                return "unknown"
            for database, profile in people:
                await _leaves(tx, kept, told, database, profile, contact=told.contact)
        elif found is not None:
            await _leaves(tx, kept, told, found[0].database_id, found[1].profile_id, run=found[0])
    return "taken"


async def _message(tx: Tx, kept: Kept, told: Told) -> tuple[tuple[RunFacts, MessageKey] | None, bool]:
    """Return the message an event is about, and whether one that is not there may still come."""
    raw, key = await tx.raw(), kept.channel.key
    if told.message_id is None:
        if told.contact is None:
            return None, False
        sent = await store.by_contact(raw, key, contact_hash(told.contact))
    elif kept.channel.definition.inbound.whose == "ours":
        token = (await signer(tx.engines)).read("m", told.message_id)
        if token is None:
            return None, False
        sent = (token.run, token.profile, token.occasion)
    else:
        sent = await store.by_provider(raw, key, told.message_id)
        if sent is None:
            return None, True
    run = await tracking_store.run_facts(raw, sent[0]) if sent is not None else None
    if sent is None or run is None or run.plan.channel != key:
        return None, False
    return (run, MessageKey(sent[1], sent[2])), False


async def _noted(tx: Tx, run: RunFacts, key: MessageKey, told: Told) -> bool:
    """Write an event to the reactions and the history; ``False`` when the message has had it, or never left."""
    raw = await tx.raw()
    message = await doubts.message(raw, run.run_id, key)
    if message is None:  # the recipient may have been merged since
        became = await tracking_store.became(raw, [(run.run_id, key.profile_id)])
        key = MessageKey(became.get((run.run_id, key.profile_id), key.profile_id), key.occasion)
        message = await doubts.message(raw, run.run_id, key)
    if message is None:
        return False
    kind = _REACTION.get(told.event, told.event)
    at = _at(told, tx.now)
    reaction = Key(run.run_id, *key, kind)
    if kind in _ONCE:
        if not await doubts.first_time(raw, reaction, at, told.reason):
            return told.event == "blocked_by_user"
    else:
        await tracking_store.seen(raw, [reaction])
        await tracking_store.add(raw, [Reaction(reaction, 1, at, at, told.reason or None)])
    more: dict[str, Any] = {"reason": told.reason} if told.reason else {}
    if told.event == "blocked_by_user":
        more = {"kind": "hard", "reason": told.reason or "Blocked by the recipient"}
    lines = [history_line(run, reaction, at, variant=message.variant, **more)]
    if await doubts.was_sent(raw, run.run_id, key):
        lines.append(sent_line(run, key, message.variant, message.at))
    await tracking_store.tell(raw, {run.database_id: lines})
    return True


def _at(told: Told, now: datetime) -> datetime:
    """Return when something happened: never in what is still to come."""
    return now if told.at is None or told.at > now else told.at


async def _leaves(
    tx: Tx,
    kept: Kept,
    told: Told,
    database_id: int,
    profile_id: int,
    *,
    run: RunFacts | None = None,
    contact: str | None = None,
) -> None:
    """End what an event ends: the subscription that the message came by, or those of the channel to the contact."""
    scope: dict[str, Any] = {"channel": kept.channel.key, "contact": contact}
    if run is not None and run.plan.resource_id is not None:
        scope = {"channel": kept.channel.key, "resource_id": run.plan.resource_id}
    elif run is not None and told.event == "unsubscribed":
        scope = {}  # as by the link of a mail: without a resource there is only one thing to leave
    reason = told.reason or ("Blocked the sender" if told.event == "blocked_by_user" else "By the channel")
    try:
        actor = Actor.system(f"Channel {kept.channel.name}")
        await profiles.unsubscribe(tx, actor, database_id, [profile_id], reason=reason, **scope)
    except Problem as exc:
        if exc.status != 404:  # a database that is gone has nobody left to write to
            raise
