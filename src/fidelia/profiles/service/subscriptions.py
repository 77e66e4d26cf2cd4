"""Subscriptions: who agreed to what, and who may be written to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from pyroaring import BitMap

from fidelia.access import Actor
from fidelia.kernel.errors import invalid_field, not_found
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.outbox import EventOut
from fidelia.platform.postgres import Tx

from .. import channels, contacts, values
from ..fields import Database
from ..merge import store as merge_store
from ..merge.model import Person
from ..model import (
    EXCLUSIONS,
    SUBSCRIPTION_STATUSES,
    OptIn,
    Sendable,
    Subscription,
    SubscriptionItem,
    SubscriptionOutcome,
)
from ..optin import store as optin_store
from ..store import consent as store
from ..store import databases as databases_store
from ..store import match, suppression
from ..store import sendable as sendable_store
from .databases import get_database
from .profiles import set_status

T = TypeVar("T")
_OWN_FIELD = {"email": "email", "sms": "phones"}
_SINGLE_EVENTS = 100


async def subscribe(
    tx: Tx,
    actor: Actor,
    database_id: int,
    items: Sequence[SubscriptionItem],
    *,
    raise_consent: bool = True,
    source: str | None = None,
    by_person: bool = False,
) -> list[SubscriptionOutcome]:
    """Store subscriptions, an outcome for each item; of two items for the same one the last wins.

    With ``raise_consent=False`` (imports) nobody who has left, or never confirmed, becomes subscribed again: the
    outcome is ``kept``. Whoever becomes ``unconfirmed`` is asked to confirm when the resource wants that;
    ``by_person`` says that they themselves have just asked. ``source`` is what events name. Raises 404 for the
    database.
    """
    database = await databases_store.open_for_write(tx, database_id)
    raw = await tx.raw()
    people = BitMap(i.profile_id for i in items if 0 < i.profile_id < 2**32)
    own = await _own_contacts(tx, database, people, {i.channel for i in items if i.contact is None})
    there = await match.existing(raw, database_id, people, lock=True)
    if len(there) < len(people):  # ids of merged people lead to those whom they became
        became = await match.aliases(raw, database_id, people - there)
        items = [msgspec.structs.replace(i, profile_id=became.get(i.profile_id, i.profile_id)) for i in items]
        own |= await _own_contacts(tx, database, BitMap(became.values()), {i.channel for i in items})
        there |= await match.existing(raw, database_id, BitMap(became.values()), lock=True)
    resources = await store.resources_by_id(tx, {i.resource_id for i in items if 0 < i.resource_id < 2**31})
    known = await channels.known(tx)
    outcomes: list[SubscriptionOutcome | None] = [None] * len(items)
    wanted: dict[tuple[int, int, str, str], tuple[int, store.Wanted]] = {}
    for n, item in enumerate(items):
        try:
            ready = _wanted(database, item, there, resources, own, known)
        except Refusal as exc:
            outcomes[n] = SubscriptionOutcome(index=n, status="rejected", error=str(exc), pointer=exc.pointer)
            continue
        earlier = wanted.pop(ready.key, None)
        if earlier is not None:
            outcomes[earlier[0]] = SubscriptionOutcome(index=earlier[0], status="unchanged")
        wanted[ready.key] = (n, ready)
    changed = await store.write(
        raw, database_id, [ready for _, ready in wanted.values()], tx.now, raise_consent=raise_consent
    )
    by_key = {(c.profile_id, c.resource_id, c.channel, c.contact): c for c in changed}
    present = await store.statuses(raw, database_id, [w for k, (_, w) in wanted.items() if k not in by_key])
    for key, (n, ready) in wanted.items():
        written = by_key.get(key)
        found, now = (written.id, written.status) if written else present.get(key, (None, None))
        if now != ready.status:
            status = "kept"
        elif written is None:
            status = "unchanged"
        else:
            status = "created" if written.previous is None else "updated"
        outcomes[n] = SubscriptionOutcome(index=n, status=status, subscription_id=found)
    await announce(tx, database_id, changed, source or actor.kind, by_person=by_person)
    return [outcome for outcome in outcomes if outcome is not None]


async def unsubscribe(
    tx: Tx,
    actor: Actor,
    database_id: int,
    profile_ids: Iterable[int],
    *,
    resource_id: int | None = None,
    channel: str | None = None,
    contact: str | None = None,
    status: str = "unsubscribed",
    reason: str | None = None,
    source: str | None = None,
) -> BitMap:
    """Let people leave: a resource, one channel or contact of it; without a resource the profile's status changes.

    ``status`` may be another one that stops sending (``bounced``, ``complained``, ``suspended``). Returns whom it
    changed. Somebody who leaves a resource without a subscription to it stays as they are.
    """
    if status not in SUBSCRIPTION_STATUSES or status in ("subscribed", "unconfirmed"):
        raise invalid_field("/status", "This status does not end a subscription")
    database = await databases_store.open_for_write(tx, database_id)
    raw = await tx.raw()
    wanted = BitMap(profile_ids)
    former = wanted - await match.existing(raw, database.id, wanted)
    for person in (await merge_store.became(raw, [Person(database.id, i) for i in former])).values() if former else ():
        if person.database_id == database.id:
            wanted.add(person.profile_id)
        else:  # whoever leaves by an old link leaves, wherever they are known now
            await unsubscribe(
                tx,
                actor,
                person.database_id,
                [person.profile_id],
                resource_id=resource_id,
                channel=channel,
                contact=contact,
                status=status,
                reason=reason,
                source=source,
            )
    if resource_id is None and contact is None and channel is None:
        return await set_status(tx, actor, database_id, wanted, status, reason or "", source=source)
    changed = await store.lower(
        raw,
        database.id,
        wanted,
        status,
        tx.now,
        resource_id=resource_id,
        channel=channel,
        contact=contact,
        reason=reason,
    )
    await announce(tx, database_id, changed, source or actor.kind, reason)
    return BitMap(c.profile_id for c in changed)


async def find_by_contact(tx: Tx, database_id: int, contact: str) -> BitMap:
    """Return the people who have a contact, in their profile or in a subscription; an unreadable one is nobody's."""
    database = await get_database(tx, database_id)
    raw = await tx.raw()
    try:
        channel, ready = ("email", contacts.email(contact)) if "@" in contact else ("sms", contacts.phone(contact))
    except ValueError:
        return BitMap()
    if ready is None:
        return BitMap()
    field = database.by_name[_OWN_FIELD[channel]]
    found = await match.match_all(raw, database, field, [ready])
    return BitMap(found.get(ready, ())) | await store.profiles_of_contact(raw, database_id, ready)


async def sendable(
    tx: Tx,
    database_id: int,
    ids: BitMap,
    resource_id: int | None,
    channel: str = "email",
    suppression_lists: Sequence[int] = (),
) -> Sendable:
    """Return who of these people may be written to in a channel and at which contact, and why the others not.

    A person needs the global status ``subscribed``, with a resource also a subscription of it with that status which
    does not rest, an address, and no entry in a stop list that all obey or in one of ``suppression_lists``. Meant for
    chunks of some thousands.
    """
    await get_database(tx, database_id)
    lists = {*await suppression.obeyed_ids(tx), *suppression_lists}
    found = await sendable_store.sendable(await tx.raw(), database_id, ids, resource_id, channel, sorted(lists), tx.now)
    excluded: dict[str, list[int]] = {reason: [] for reason in EXCLUSIONS}
    rows: list[tuple[int, str]] = []
    for profile, contact, reason in found:
        if reason is not None:
            excluded[reason].append(profile)
        elif contact is not None:
            rows.append((profile, contact))
    return Sendable(rows, {reason: BitMap(people) for reason, people in excluded.items()})


async def list_subscriptions(tx: Tx, page: PageRequest, database_id: int, **only: Any) -> Page[Subscription]:
    """Return a page of a database's subscriptions; ``only``: ``profile_id resource_id channel status``."""
    await get_database(tx, database_id)
    found = await store.subscriptions(tx, page, database_id=database_id, **only)
    return Page([as_subscription(row, tx.now) for row in found.items], found.next_cursor, found.total)


async def get_subscription(tx: Tx, subscription_id: int) -> Subscription:
    """Return one subscription; raise 404."""
    row = await store.find(tx, subscription_id) if 0 < subscription_id < 2**63 else None
    if row is None:
        raise not_found("Subscription", subscription_id)
    return as_subscription(row, tx.now)


def as_subscription(row: Any, now: datetime) -> Subscription:
    """Turn a row into what others see at a moment: a pause that is over is none."""
    return Subscription(
        id=row.id,
        database_id=row.database_id,
        profile_id=row.profile_id,
        resource_id=row.resource_id,
        channel=row.channel,
        contact=row.contact,
        status=row.status,
        priority=row.priority,
        opt_in=OptIn(row.opt_in_at, row.opt_in_ip, row.opt_in_source),
        status_reason=row.status_reason,
        paused_until=row.paused_until if row.paused_until is not None and row.paused_until > now else None,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


async def _own_contacts(tx: Tx, database: Database, people: BitMap, channels: set[str]) -> dict[tuple[int, str], str]:
    from ..store import profiles

    fields = [database.by_name[_OWN_FIELD[c]] for c in channels if c in _OWN_FIELD]
    found: dict[tuple[int, str], str] = {}
    for row in await profiles.read_many(await tx.raw(), database, people, fields) if fields else ():
        for channel, name in _OWN_FIELD.items():
            value = row.get(name)
            if value:
                found[row["id"], channel] = value[0] if isinstance(value, list) else value
    return found


class Refusal(ValueError):
    """Why an item is refused, and by which of its members."""

    def __init__(self, pointer: str, reason: str) -> None:
        super().__init__(reason)
        self.pointer = pointer


def _wanted(
    database: Database,
    item: SubscriptionItem,
    there: BitMap,
    resources: dict[int, Any],
    own: dict[tuple[int, str], str],
    known: Mapping[str, channels.ChannelInfo],
) -> store.Wanted:
    """Check one item; raise :class:`Refusal`."""
    if not 0 < item.profile_id < 2**32 or item.profile_id not in there:
        raise Refusal("/profile_id", f"There is no profile {item.profile_id}")
    resource = resources.get(item.resource_id)
    if resource is None or resource.archived_at is not None:
        raise Refusal("/resource_id", f"There is no resource {item.resource_id}")
    if resource.database_ids and database.id not in resource.database_ids:
        raise Refusal("/resource_id", f"People of this database cannot subscribe to {resource.name}")
    if item.channel not in known or item.channel not in resource.channels:
        raise Refusal("/channel", f"{resource.name} has no channel {item.channel[:50]}")
    if item.status not in SUBSCRIPTION_STATUSES:
        raise Refusal("/status", f"The status must be one of: {', '.join(SUBSCRIPTION_STATUSES)}")
    if item.priority is not None and not -1000 <= item.priority <= 1000:
        raise Refusal("/priority", "A priority lies between -1000 and 1000")
    proof = item.opt_in
    return store.Wanted(
        profile_id=item.profile_id,
        resource_id=item.resource_id,
        channel=item.channel,
        contact=_read("/contact", lambda: _contact(item, own, known[item.channel])),
        status=item.status,
        priority=item.priority,
        opt_in_at=_read("/opt_in/at", lambda: _moment(proof.at)),
        opt_in_ip=_read("/opt_in/ip", lambda: values.ip(proof.ip)) if proof.ip else None,
        opt_in_source=_read("/opt_in/source", lambda: values.text(proof.source, 500)) if proof.source else None,
        reason=_read("/reason", lambda: values.text(item.reason, 500)) if item.reason else None,
    )


def _read(pointer: str, reader: Callable[[], T]) -> T:
    try:
        return reader()
    except ValueError as exc:
        raise Refusal(pointer, str(exc)) from None


def _moment(at: datetime | None) -> datetime | None:
    if at is None:
        return None
    if at.tzinfo is None:
        raise ValueError('This must be a moment with its time zone, like "2026-03-31T18:00:00Z"')
    return values.moment(at)


def _contact(item: SubscriptionItem, own: dict[tuple[int, str], str], channel: channels.ChannelInfo) -> str:
    if item.contact is None or not item.contact.strip():
        found = own.get((item.profile_id, item.channel))
        if found is None:
            raise ValueError(f"The profile has no contact of its own for {item.channel}")
        return found
    if item.channel == "email":
        read = contacts.email(item.contact)
    elif item.channel == "sms":
        read = contacts.phone(item.contact.strip())
    else:
        read = values.text(item.contact, 1000)
    if read is None:
        raise ValueError("A contact is needed")
    return channel.check(read) if channel.check is not None else read


async def announce(
    tx: Tx,
    database_id: int,
    changed: Sequence[store.Changed],
    source: str,
    reason: str | None = None,
    *,
    bulk: int | None = None,
    triggers: bool = True,
    by_person: bool = False,
    more: Mapping[str, Any] | None = None,
) -> None:
    """Emit ``subscription.changed``, in bulk when there are many, and have ClickHouse see the new state.

    Whoever has become ``unconfirmed`` is asked to confirm, where the resource wants that. ``more`` goes into events.
    ``bulk`` is the bulk update that did it; without ``triggers`` nothing goes into the history.
    """
    if not changed:
        return
    tx.mark_dirty("subscriptions", database_id, {c.profile_id for c in changed})
    asked = [c.id for c in changed if c.status == "unconfirmed" and c.previous != "unconfirmed"]
    if asked:
        await optin_store.ask(await tx.raw(), database_id, asked, source, tx.now, by_person=by_person)
    if not triggers:
        return
    groups: dict[tuple[int, str, str, str | None], list[store.Changed]] = defaultdict(list)
    for change in changed:
        groups[change.resource_id, change.channel, change.status, change.previous].append(change)
    for (resource, channel, status, previous), group in groups.items():
        properties: dict[str, Any] = {"resource": resource, "channel": channel, "status": status, "source": source}
        if previous is not None:
            properties["previous"] = previous
        if bulk is not None:
            properties["bulk_update"] = bulk
        if reason:
            properties["reason"] = reason
        properties |= more or {}
        if len(group) > _SINGLE_EVENTS:
            people = BitMap(c.profile_id for c in group)
            await tx.emit_bulk(database_id, "subscription.changed", people, tx.now, properties)
        else:
            tx.emit_many(EventOut(database_id, c.profile_id, "subscription.changed", tx.now, properties) for c in group)
