"""Routes of subscriptions."""

from __future__ import annotations

from collections import Counter
from typing import Annotated

import msgspec
from litestar import Controller, get, patch, post
from litestar.params import FromPath, QueryParameter
from msgspec import UNSET, UnsetType

from fidelia.access import Actor
from fidelia.kernel.errors import conflict, invalid_field, too_large
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.http import Body, Strict
from fidelia.platform.postgres import Tx

from ..model import Channel, OptIn, Subscription, SubscriptionItem, SubscriptionOutcome, SubscriptionStatus
from ..preferences.choices import pause_subscription
from ..service import subscriptions as service
from .databases import Text

MOST_ITEMS = 10_000
_Ending = Annotated[str, msgspec.Meta(pattern="^(unsubscribed|suspended|bounced|complained)$")]


class SubscriptionItemIn(Body, frozen=True):
    """A subscription. Without ``contact`` the profile's own address (for ``sms`` the first phone) is taken."""

    profile_id: int
    resource_id: int
    channel: Channel = "email"
    contact: Text | None = None
    status: SubscriptionStatus = "subscribed"
    priority: int | None = None
    opt_in: OptIn = OptIn()
    reason: Text | None = None

    def item(self) -> SubscriptionItem:
        """Return what the service takes."""
        return SubscriptionItem(
            profile_id=self.profile_id,
            resource_id=self.resource_id,
            channel=self.channel,
            contact=self.contact,
            status=self.status,
            priority=self.priority,
            opt_in=self.opt_in,
            reason=self.reason,
        )


class SubscriptionIn(SubscriptionItemIn, frozen=True, kw_only=True):
    """One subscription of a profile of a database."""

    database_id: int


class SubscriptionsIn(Body, frozen=True):
    """Up to 10,000 subscriptions. Without ``raise_consent`` whoever has left stays away (``kept``)."""

    database_id: int
    items: list[SubscriptionItemIn]
    raise_consent: bool = True


class SubscriptionsReply(msgspec.Struct, frozen=True):
    """What became of each item, and of how many."""

    items: list[SubscriptionOutcome]
    created: int
    updated: int
    unchanged: int
    kept: int
    rejected: int


class SubscriptionPatch(Body, frozen=True):
    """What to change of a subscription."""

    status: SubscriptionStatus | UnsetType = UNSET
    priority: int | UnsetType = UNSET
    reason: Text | UnsetType = UNSET


class PauseIn(Body, frozen=True):
    """For how many days (1 to 365) nothing is sent; then the subscription is as it was, by itself."""

    days: int


class UnsubscribeIn(Body, frozen=True):
    """Who leaves (a profile, or everybody with a contact), and what: a resource, a channel of it, or everything.

    Without ``resource_id`` and ``channel`` the profile's own status changes, which stops every message.
    """

    database_id: int
    profile_id: int | None = None
    contact: Text | None = None
    resource_id: int | None = None
    channel: Channel | None = None
    status: _Ending = "unsubscribed"
    reason: Text | None = None


class UnsubscribeReply(msgspec.Struct, frozen=True):
    """Whom it changed."""

    changed: int
    profile_ids: list[int]


class SubscriptionController(Controller):
    """Who agreed to what."""

    path = "/subscriptions"
    tags = ("Consent",)

    @get("/", opt={"right": "consent:read"}, summary="List subscriptions")
    async def list_subscriptions(
        self,
        tx: Tx,
        page: PageRequest,
        database: Annotated[int, QueryParameter(name="database", description="The profile database")],
        profile: Annotated[int | None, QueryParameter(name="profile", description="Only of this profile")] = None,
        resource: Annotated[int | None, QueryParameter(name="resource", description="Only of this resource")] = None,
        channel: Annotated[str | None, QueryParameter(name="channel", description="Only in this channel")] = None,
        status: Annotated[str | None, QueryParameter(name="status", description="Only with this status")] = None,
    ) -> Page[Subscription]:
        """Return a page of subscriptions; ``q`` is the beginning of a contact."""
        for name, value, limit in (("profile", profile, 2**63), ("resource", resource, 2**31)):
            if value is not None and not 0 < value < limit:
                raise invalid_field(f"/{name}", "This is no id")
        for name, text in (("channel", channel), ("status", status)):
            if text is not None and "\x00" in text:
                raise invalid_field(f"/{name}", "A text may not hold the NUL character")
        return await service.list_subscriptions(
            tx, page, database, profile_id=profile, resource_id=resource, channel=channel, status=status
        )

    @post(
        "/",
        dto=Strict[SubscriptionIn],
        return_dto=None,
        status_code=200,
        opt={"right": "consent:update"},
        summary="Subscribe a profile",
    )
    async def subscribe(self, tx: Tx, actor: Actor, data: SubscriptionIn) -> Subscription:
        """Store a subscription with its proof of opt-in, or change the one that is there."""
        outcome = (await service.subscribe(tx, actor, data.database_id, [data.item()]))[0]
        if outcome.error is not None:
            raise invalid_field(outcome.pointer or "", outcome.error)
        if outcome.subscription_id is None:
            raise conflict("Somebody changed this subscription at the same moment; send the request again")
        return await service.get_subscription(tx, outcome.subscription_id)

    @post(
        "/upsert",
        dto=Strict[SubscriptionsIn],
        return_dto=None,
        status_code=200,
        opt={"right": "consent:update"},
        summary="Store up to 10,000 subscriptions",
    )
    async def subscribe_many(self, tx: Tx, actor: Actor, data: SubscriptionsIn) -> SubscriptionsReply:
        """Store subscriptions; a wrong item is rejected alone."""
        if len(data.items) > MOST_ITEMS:
            raise too_large(f"At most {MOST_ITEMS:,} items fit into one request")
        items = [item.item() for item in data.items]
        outcomes = await service.subscribe(tx, actor, data.database_id, items, raise_consent=data.raise_consent)
        counts = Counter(outcome.status for outcome in outcomes)
        return SubscriptionsReply(
            outcomes,
            **{name: counts[name] for name in ("created", "updated", "unchanged", "kept", "rejected")},
        )

    @post(
        "/unsubscribe",
        dto=Strict[UnsubscribeIn],
        return_dto=None,
        status_code=200,
        opt={"right": "consent:update"},
        summary="Let somebody leave a resource, or everything",
    )
    async def unsubscribe(self, tx: Tx, actor: Actor, data: UnsubscribeIn) -> UnsubscribeReply:
        """Unsubscribe a profile, or everybody with a contact."""
        if (data.profile_id is None) == (data.contact is None):
            raise invalid_field("/profile_id", "Name either a profile_id or a contact")
        if data.resource_id is not None and not 0 < data.resource_id < 2**31:
            raise invalid_field("/resource_id", f"There is no resource {data.resource_id}")
        if data.contact is not None:
            people = list(await service.find_by_contact(tx, data.database_id, data.contact))
        else:
            people = [data.profile_id] if data.profile_id and 0 < data.profile_id < 2**32 else []
        changed = await service.unsubscribe(
            tx,
            actor,
            data.database_id,
            people,
            resource_id=data.resource_id,
            channel=data.channel,
            status=data.status,
            reason=data.reason,
        )
        return UnsubscribeReply(len(changed), list(changed))

    @get("/{subscription_id:int}", opt={"right": "consent:read"}, summary="Read a subscription")
    async def get_subscription(self, tx: Tx, subscription_id: FromPath[int]) -> Subscription:
        """Return a subscription with its proof of opt-in."""
        return await service.get_subscription(tx, subscription_id)

    @patch(
        "/{subscription_id:int}",
        dto=Strict[SubscriptionPatch],
        return_dto=None,
        opt={"right": "consent:update"},
        summary="Change a subscription",
    )
    async def change_subscription(
        self, tx: Tx, actor: Actor, subscription_id: FromPath[int], data: SubscriptionPatch
    ) -> Subscription:
        """Change status or priority."""
        now = await service.get_subscription(tx, subscription_id)
        if data.status == "unconfirmed" and now.status == "subscribed":
            raise conflict("Whoever is subscribed need not confirm; unsubscribe them first to ask them again")
        item = SubscriptionItem(
            profile_id=now.profile_id,
            resource_id=now.resource_id,
            channel=now.channel,
            contact=now.contact,
            status=now.status if data.status is UNSET else data.status,
            priority=None if data.priority is UNSET else data.priority,
            reason=None if data.reason is UNSET else data.reason,
        )
        outcome = (await service.subscribe(tx, actor, now.database_id, [item]))[0]
        if outcome.error is not None:
            raise invalid_field(outcome.pointer or "", outcome.error)
        return await service.get_subscription(tx, subscription_id)

    @post(
        "/{subscription_id:int}/pause",
        dto=Strict[PauseIn],
        return_dto=None,
        status_code=200,
        opt={"right": "consent:update"},
        summary="Let a subscription rest",
    )
    async def pause_subscription(
        self, tx: Tx, actor: Actor, subscription_id: FromPath[int], data: PauseIn
    ) -> Subscription:
        """Send nothing for some days, in the resource's channel; 409 when it is not subscribed."""
        return await pause_subscription(tx, actor, subscription_id, data.days)

    @post(
        "/{subscription_id:int}/resume",
        status_code=200,
        opt={"right": "consent:update"},
        summary="End a subscription's rest",
    )
    async def resume_subscription(self, tx: Tx, actor: Actor, subscription_id: FromPath[int]) -> Subscription:
        """Send again before the pause is over."""
        return await pause_subscription(tx, actor, subscription_id, None)
