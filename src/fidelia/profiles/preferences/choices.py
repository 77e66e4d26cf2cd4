"""What the buttons of the preference centre, and of the card, do to subscriptions; repeating it changes nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from fidelia.access import Actor
from fidelia.kernel.errors import FieldError, Problem, conflict, invalid_field, not_found
from fidelia.platform.postgres import Tx

from ..fields import Database
from ..model import OptIn, Subscription, SubscriptionItem
from ..optin.service import ask_again, double_opt_in, lift_status
from ..rules import Change
from ..service.profiles import change_profile, set_status
from ..service.subscriptions import announce, get_subscription, subscribe, unsubscribe
from ..store import consent as store
from ..store import databases as databases_store
from .model import SOURCE, PreferenceCenter, editable

ACTOR = Actor.system("Preference centre")
MAX_PAUSE = 365


async def pause(
    tx: Tx, database_id: int, profile_id: int, resource_id: int, channel: str, days: int, source: str = SOURCE
) -> bool:
    """Let somebody's subscriptions of a resource rest for so many days; return whether anything changed."""
    return await _rest(tx, database_id, profile_id, resource_id, channel, days, source)


async def resume(
    tx: Tx, database_id: int, profile_id: int, resource_id: int, channel: str, source: str = SOURCE
) -> bool:
    """End a rest before its time; return whether there was one."""
    return await _rest(tx, database_id, profile_id, resource_id, channel, None, source)


async def pause_subscription(tx: Tx, actor: Actor, subscription_id: int, days: int | None) -> Subscription:
    """Let a subscription (with the others of its resource and channel) rest, or end its rest without ``days``.

    Raise 404, 409 when it is not subscribed, 422.
    """
    found = await get_subscription(tx, subscription_id)
    if days is not None and not 1 <= days <= MAX_PAUSE:
        raise invalid_field("/days", f"A pause has 1 to {MAX_PAUSE} days")
    if found.status != "subscribed":
        raise conflict(f"This subscription is {found.status}: there is nothing to pause")
    await _rest(tx, found.database_id, found.profile_id, found.resource_id, found.channel, days, actor.kind)
    return await get_subscription(tx, subscription_id)


async def _rest(
    tx: Tx, database_id: int, profile_id: int, resource_id: int, channel: str, days: int | None, source: str
) -> bool:
    await databases_store.open_for_write(tx, database_id)
    until = tx.now + timedelta(days=days) if days is not None else None
    changed = await store.pause(
        await tx.raw(), database_id, profile_id, until, tx.now, resource_id=resource_id, channel=channel
    )
    more = {"change": "paused", "paused_until": until.isoformat()} if until is not None else {"change": "resumed"}
    await announce(tx, database_id, changed, source, more=more)
    return bool(changed)


async def leave(tx: Tx, database_id: int, profile_id: int, resource_id: int, channel: str) -> None:
    """Let somebody leave a resource in a channel."""
    await unsubscribe(
        tx, ACTOR, database_id, [profile_id], resource_id=resource_id, channel=channel, reason=SOURCE, source=SOURCE
    )


async def leave_everything(tx: Tx, database_id: int, profile_id: int) -> None:
    """End every subscription of somebody, and their own status with them."""
    for held in await store.of_person(await tx.raw(), database_id, profile_id):
        if held.status in ("subscribed", "unconfirmed"):
            await unsubscribe(
                tx,
                ACTOR,
                database_id,
                [profile_id],
                resource_id=held.resource_id,
                channel=held.channel,
                reason=SOURCE,
                source=SOURCE,
            )
    await set_status(tx, ACTOR, database_id, [profile_id], "unsubscribed", SOURCE, source=SOURCE)


async def join(tx: Tx, database_id: int, profile_id: int, resource_id: int, channel: str, ip: str | None) -> str:
    """Subscribe somebody again to what they once heard; return ``subscribed``, or ``unconfirmed`` when a mail asks.

    Whoever has bounced, complained or was suspended stays as they are: ``blocked``.
    """
    held = [
        s
        for s in await store.of_person(await tx.raw(), database_id, profile_id)
        if s.resource_id == resource_id and s.channel == channel
    ]
    back = next((s for s in held if s.status in ("subscribed", "unconfirmed", "unsubscribed")), None)
    if back is None:
        return "blocked"
    asks = channel == "email" and (await double_opt_in(tx, resource_id)).enabled
    if asks and back.status == "subscribed":  # only the person's own status had stopped it: they are asked as well
        await leave(tx, database_id, profile_id, resource_id, channel)
    item = SubscriptionItem(
        profile_id=profile_id,
        resource_id=resource_id,
        channel=channel,
        contact=back.contact,
        status="unconfirmed" if asks else "subscribed",
        opt_in=OptIn() if asks else OptIn(at=tx.now, ip=ip, source=SOURCE),
        reason=SOURCE,
    )
    (outcome,) = await subscribe(tx, ACTOR, database_id, [item], source=SOURCE, by_person=True)
    if outcome.status == "rejected":
        return "blocked"
    if asks:
        return "unconfirmed"
    await lift_status(tx, ACTOR, database_id, profile_id, back.id, SOURCE)
    return "subscribed"


async def change_fields(
    tx: Tx, database: Database, center: PreferenceCenter, profile_id: int, given: dict[str, Any]
) -> list[FieldError]:
    """Store what somebody typed into the fields that they may change; return what is wrong, then nothing is stored.

    ``given`` holds values by field name, ``None`` to empty one; other fields than the editable ones are left out.
    """
    allowed = {field.name for field in editable(database, center)}
    change = Change(set={name: value for name, value in given.items() if name in allowed})
    try:
        async with tx.savepoint():  # a value that is taken must not end the page's own transaction
            await change_profile(tx, ACTOR, database.id, profile_id, change, source=SOURCE)
    except Problem as exc:
        if exc.status not in (409, 422):
            raise
        errors = [FieldError(e.pointer.removeprefix("/set"), e.message) for e in exc.errors]
        return errors or [FieldError("", exc.detail)]  # of no field, but nothing was stored
    return []


async def ask_person_again(tx: Tx, database_id: int, profile_id: int, resource_id: int) -> None:
    """Send somebody who has just asked for it another mail to confirm with; raise 404, 409, 429."""
    for held in await store.of_person(await tx.raw(), database_id, profile_id):
        if held.resource_id == resource_id and held.channel == "email" and held.status == "unconfirmed":
            await ask_again(tx, ACTOR, held.id, by_person=True)
            return
    raise not_found("Subscription", f"of resource {resource_id}")
