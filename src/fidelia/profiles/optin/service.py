"""Double opt-in: settings of resources, requests, confirmations and their proof."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import msgspec

from fidelia.access import Actor, audit
from fidelia.kernel.errors import FieldError, conflict, invalid, not_found, too_many
from fidelia.platform.postgres import Tx

from .. import rules, values
from ..merge.model import Move
from ..model import OptIn, SubscriptionItem
from ..service.consent import get_resource
from ..service.profiles import read_many, set_status
from ..service.subscriptions import get_subscription, subscribe, unsubscribe
from ..store import consent as consent_store
from ..store import suppression
from . import store
from .model import (
    MAX_DAILY,
    MAX_DAYS,
    SOURCE,
    Asked,
    Confirmation,
    ConfirmState,
    DoubleOptIn,
    OptInFigures,
    OptInRequest,
    Waiting,
)


async def double_opt_in(tx: Tx, resource_id: int) -> DoubleOptIn:
    """Return how a resource asks for confirmation; raise 404."""
    resource = await get_resource(tx, resource_id)
    return (await store.settings(await tx.raw(), [resource.id])).get(resource.id) or DoubleOptIn(
        resource_id=resource.id,
        enabled=False,
        template_id=None,
        from_email="",
        from_name="",
        expires_days=7,
        daily_limit=3,
    )


async def set_double_opt_in(tx: Tx, actor: Actor, wanted: DoubleOptIn) -> DoubleOptIn:
    """Store how a resource asks. That the template can ask is for the caller to check. Raise 404, 409, 422."""
    resource = await get_resource(tx, wanted.resource_id)
    if resource.archived_at is not None:
        raise conflict("This resource is archived and cannot change")
    errors: list[FieldError] = rules.text_errors(wanted.from_name, "/from_name", 200)
    if not 1 <= wanted.expires_days <= MAX_DAYS:
        errors.append(FieldError("/expires_days", f"A link is good for 1 to {MAX_DAYS} days"))
    if not 1 <= wanted.daily_limit <= MAX_DAILY:
        errors.append(FieldError("/daily_limit", f"An address is asked 1 to {MAX_DAILY} times a day"))
    if wanted.enabled and "email" not in resource.channels:
        errors.append(FieldError("/enabled", f"{resource.name} has no e-mail, by which people are asked"))
    if errors:
        raise invalid(*errors)
    before = await double_opt_in(tx, resource.id)
    if wanted != before:
        await store.save(await tx.raw(), wanted, tx.now)
        await audit(
            tx,
            actor,
            "resource.double_opt_in",
            kind="resource",
            object_id=resource.id,
            name=resource.name,
            before=before,
            after=wanted,
        )
    return wanted


async def opt_in_figures(tx: Tx, resource_id: int, days: int) -> OptInFigures:
    """Count whom a resource asked in the last days, each subscription once."""
    return await store.figures(await tx.raw(), resource_id, tx.now - timedelta(days=days), tx.now)


async def resources_asking_with(tx: Tx, template_id: int) -> list[str]:
    """Return the names of the resources that ask with a template."""
    return await store.resources_of_template(await tx.raw(), template_id)


# -- requests --------------------------------------------------------------------------------------------------------


async def opt_in_requests(
    tx: Tx, database_id: int, profile_id: int, subscription_id: int | None = None
) -> list[OptInRequest]:
    """Return what somebody was asked, the latest first."""
    return await store.requests(
        await tx.raw(), tx.now, database_id=database_id, profile_id=profile_id, subscription_id=subscription_id
    )


async def ask_again(tx: Tx, actor: Actor, subscription_id: int, *, by_person: bool = False) -> OptInRequest:
    """Ask somebody once more to confirm.

    Raise 404; 409 when the subscription waits for no confirmation or its resource does not ask; 429 when the address
    was asked as often as it may be in a day.
    """
    subscription = await get_subscription(tx, subscription_id)
    if subscription.channel != "email" or subscription.status != "unconfirmed":
        raise conflict("This subscription does not wait for a confirmation by e-mail")
    settings = await double_opt_in(tx, subscription.resource_id)
    resource = await get_resource(tx, subscription.resource_id)
    if not settings.enabled or resource.archived_at is not None:
        raise conflict(f"{resource.name} does not ask for confirmation: switch double opt-in on first")
    raw = await tx.raw()
    await store.hold_contact(raw, subscription.resource_id, subscription.contact)
    asked = await store.asked_since(raw, subscription.resource_id, subscription.contact, tx.now - store.DAY)
    if len(asked) >= settings.daily_limit:
        free = asked[settings.daily_limit - 1] + store.DAY
        raise too_many(
            f"{subscription.contact} was asked {len(asked)} times in a day; the next mail can go out after"
            f" {free:%d %B, %H:%M} UTC",
            math.ceil((free - tx.now).total_seconds()),
        )
    source = "preference centre" if by_person else actor.kind
    await store.ask(raw, subscription.database_id, [subscription.id], source, tx.now, by_person=by_person)
    made = await opt_in_requests(tx, subscription.database_id, subscription.profile_id, subscription.id)
    if not made:
        raise not_found("Subscription", subscription_id)
    return made[0]


async def again_for(tx: Tx, actor: Actor, request_id: int) -> None:
    """Ask once more for what a request was about, as whoever has its link wishes; raise like :func:`ask_again`."""
    raw = await tx.raw()
    held = await store.hold(raw, request_id)
    found = await store.subscription_of(raw, held) if held else None
    if held is None or found is None:
        raise not_found("Request", request_id)
    await ask_again(tx, actor, found["id"], by_person=True)


async def waiting_requests(tx: Tx) -> list[tuple[int, int]]:
    """Return the (resource, database) of requests that wait to be sent."""
    return await store.waiting(await tx.raw(), tx.now)


async def take_requests(tx: Tx, resource_id: int, database_id: int, limit: int) -> list[Waiting]:
    """Lock requests to be sent in one run: of each person and each address one at most."""
    return await store.take(await tx.raw(), resource_id, database_id, tx.now, limit)


async def requests_taken(tx: Tx, ids: Sequence[int], run_id: int, version_id: int, text_version: str) -> None:
    """Note which run carries requests, and which text it shows."""
    await store.taken(await tx.raw(), ids, run_id, version_id, text_version)


async def asked_by(tx: Tx, database_id: int, run_id: int, ids: Sequence[int]) -> list[Asked]:
    """Return whom a run asks of these people, and who may not be asked any more, with the reason."""
    stop = sorted(await suppression.obeyed_ids(tx))
    return await store.asked(await tx.raw(), database_id, run_id, ids, stop, tx.now)


# -- confirming ------------------------------------------------------------------------------------------------------


async def look_at_request(tx: Tx, request_id: int) -> Confirmation:
    """Return what a confirmation would become now; nothing changes."""
    return await _decide(tx, request_id, lock=False)


async def confirm(tx: Tx, request_id: int, ip: str | None, agent: str) -> Confirmation:
    """Subscribe whoever has the link of a request, and keep the proof.

    ``already``: this or another mail was confirmed before and the person is still subscribed. ``expired``: too late.
    ``closed``: they have left since, or the person is gone; a used link never brings anybody back.
    """
    found = await _decide(tx, request_id, lock=True)
    if found.state != "confirmed" or found.database_id is None or found.profile_id is None:
        return found
    raw = await tx.raw()
    held = await store.hold(raw, request_id)
    assert held is not None
    subscription = await store.subscription_of(raw, held)
    assert subscription is not None
    actor = Actor.system("Confirmation link")
    item = SubscriptionItem(
        profile_id=found.profile_id,
        resource_id=held.resource_id,
        channel=subscription["channel"],
        contact=subscription["contact"],
        status="subscribed",
        opt_in=OptIn(at=tx.now, ip=_ip(ip), source=SOURCE),
    )
    (outcome,) = await subscribe(tx, actor, found.database_id, [item], source=SOURCE)
    if outcome.status == "rejected":
        return msgspec.structs.replace(found, state="closed")
    await store.confirmed(raw, request_id, tx.now, ip, agent)
    await lift_status(tx, actor, found.database_id, found.profile_id, subscription["id"], SOURCE)
    return found


async def lift_status(
    tx: Tx, actor: Actor, database_id: int, profile_id: int, subscription_id: int, source: str
) -> None:
    """Make the person's own status fit a subscription that they have just asked for.

    Whoever had left everything comes back for this subscription only: the others end, which their status had stopped.
    """
    rows = await read_many(tx, database_id, [profile_id], ["status"])
    status = rows[0]["status"] if rows else None
    if status == "unsubscribed":
        raw = await tx.raw()
        for other in await consent_store.of_person(raw, database_id, profile_id):
            if other.id != subscription_id and other.status in ("subscribed", "unconfirmed"):
                await unsubscribe(
                    tx,
                    actor,
                    database_id,
                    [profile_id],
                    resource_id=other.resource_id,
                    channel=other.channel,
                    contact=other.contact,
                    reason="had left everything",
                    source=source,
                )
    if status in ("unsubscribed", "unconfirmed"):
        await set_status(tx, actor, database_id, [profile_id], "subscribed", source=source)


async def _decide(tx: Tx, request_id: int, *, lock: bool) -> Confirmation:
    raw = await tx.raw()
    held = await store.hold(raw, request_id, lock=lock)
    found = await store.subscription_of(raw, held) if held else None
    if held is None or found is None:
        return Confirmation(state="closed")
    resource = await get_resource(tx, held.resource_id)
    rows = await read_many(tx, found["database_id"], [found["profile_id"]], ["status"])

    def answer(state: ConfirmState) -> Confirmation:
        return Confirmation(
            state=state,
            resource_id=resource.id,
            resource_name=resource.name,
            database_id=found["database_id"],
            profile_id=found["profile_id"],
        )

    status = rows[0]["status"] if rows else None
    willing = status in ("subscribed", "unconfirmed") or (status == "unsubscribed" and held.by_person)
    if found["status"] == "subscribed" and status == "subscribed":
        return answer("already")
    if found["status"] != "unconfirmed" or not willing or resource.archived_at is not None:
        return answer("closed")
    return answer("expired" if held.expires_at <= tx.now else "confirmed")


def _ip(text: str | None) -> str | None:
    try:
        return values.ip(text) if text else None
    except ValueError:  # a proxy may say anything; the proof keeps what it said
        return None


# -- ports -----------------------------------------------------------------------------------------------------------


async def merge_people(tx: Tx, move: Move) -> dict[str, int]:
    """Make what the sources were asked the destination's (a port of merges)."""
    raw = await tx.raw()
    moved = [await store.move(raw, source, move.destination) for source in move.sources]
    return {"opt_in_requests": sum(moved)}


async def forget_people(tx: Tx, database_id: int, gone: Any) -> dict[str, int]:
    """Remove what erased people were asked, with its proofs (a port of erasure)."""
    return {"opt_in_requests": await store.forget(await tx.raw(), database_id, gone)}
