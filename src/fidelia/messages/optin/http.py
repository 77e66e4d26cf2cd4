"""Routes of double opt-in: a resource's settings and figures, what somebody was asked, asking again."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Controller, get, patch, post
from litestar.params import FromPath, QueryParameter
from msgspec import UNSET, UnsetType

from fidelia import profiles
from fidelia.access import Actor
from fidelia.kernel.errors import invalid_field
from fidelia.kernel.paging import Page
from fidelia.platform.http import Body, Strict
from fidelia.platform.postgres import Tx

from ..http.templates import Short, given
from ..service.templates import get_template
from . import service, store

Days = Annotated[int, QueryParameter(name="days", description="Figures of the last days, 1 to 3650")]


class DoubleOptInPatch(Body, frozen=True):
    """What to change. Switched on without a template, the built-in one is made; no sender is the installation's."""

    enabled: bool | UnsetType = UNSET
    template_id: int | UnsetType = UNSET
    from_email: Short | UnsetType = UNSET
    from_name: Short | UnsetType = UNSET
    expires_days: int | UnsetType = UNSET
    daily_limit: int | UnsetType = UNSET


class DoubleOptInOut(msgspec.Struct, frozen=True, kw_only=True):
    """How a resource asks for confirmation, and what came of it in the last ``days``.

    ``problem`` says why no mail can go out at the moment, such as a template without its link; when the mails are
    ``paused``, it is what the mail server said.
    """

    resource_id: int
    enabled: bool
    template_id: int | None
    template_name: str | None
    from_email: str
    from_name: str
    expires_days: int
    daily_limit: int
    problem: str | None
    paused: bool
    days: int
    figures: profiles.OptInFigures


class ConfirmationOut(msgspec.Struct, frozen=True, kw_only=True):
    """One mail that asked somebody to confirm, with the proof when they did.

    ``state``: ``waiting asked confirmed expired closed``; ``delivery`` is the ledger's state of the mail,
    ``reason`` why it did not go out.
    """

    id: int
    subscription_id: int
    resource_id: int
    contact: str
    state: str
    source: str
    by_person: bool
    requested_at: datetime
    expires_at: datetime
    delivery: str | None
    reason: str | None
    text_version: str | None
    confirmed_at: datetime | None
    confirmed_ip: str | None
    confirmed_agent: str | None


class DoubleOptInController(Controller):
    """How resources ask for confirmation."""

    path = "/resources/{resource_id:int}/double-opt-in"
    tags = ("Consent",)

    @get("/", opt={"right": "consent:read"}, summary="Read double opt-in of a resource")
    async def read_double_opt_in(self, tx: Tx, resource_id: FromPath[int], days: Days = 30) -> DoubleOptInOut:
        """Return the settings and the figures: requested, confirmed, waiting, expired."""
        if not 1 <= days <= 3650:
            raise invalid_field("/days", "This is 1 to 3650 days")
        return await _out(tx, await profiles.double_opt_in(tx, resource_id), days)

    @patch(
        "/",
        dto=Strict[DoubleOptInPatch],
        return_dto=None,
        opt={"right": "consent:update"},
        summary="Set up double opt-in of a resource",
    )
    async def change_double_opt_in(
        self, tx: Tx, actor: Actor, resource_id: FromPath[int], data: DoubleOptInPatch
    ) -> DoubleOptInOut:
        """Switch it on or off, choose the mail, the sender and how long the link is good."""
        return await _out(tx, await service.change_settings(tx, actor, resource_id, given(data)), 30)

    @post(
        "/resume",
        status_code=200,
        opt={"right": "consent:update"},
        summary="Go on with confirmation mails that were paused",
    )
    async def resume_confirmations(self, tx: Tx, actor: Actor, resource_id: FromPath[int]) -> DoubleOptInOut:
        """Send what waits, after the mail server or the sender was put right."""
        await service.resume(tx, actor, resource_id)
        return await _out(tx, await profiles.double_opt_in(tx, resource_id), 30)


class ConfirmationController(Controller):
    """What people were asked to confirm."""

    path = "/"
    tags = ("Consent",)

    @get(
        "/databases/{database_id:int}/profiles/{profile_id:int}/confirmations",
        opt={"right": "consent:read"},
        summary="What a person was asked to confirm",
    )
    async def list_confirmations(
        self, tx: Tx, database_id: FromPath[int], profile_id: FromPath[int]
    ) -> Page[ConfirmationOut]:
        """Return what somebody was asked, the latest first, with the proof of what they confirmed."""
        person = await profiles.get_profile(tx, database_id, profile_id)
        found = await profiles.opt_in_requests(tx, database_id, person["id"])
        return Page(await _confirmations(tx, person["id"], found), None, len(found))

    @post(
        "/subscriptions/{subscription_id:int}/confirmation",
        status_code=200,
        opt={"right": "consent:update"},
        summary="Ask for confirmation again",
    )
    async def ask_again(self, tx: Tx, actor: Actor, subscription_id: FromPath[int]) -> ConfirmationOut:
        """Send another mail to confirm with; 409 when nothing waits for it, 429 after too many in a day."""
        made = await profiles.ask_again(tx, actor, subscription_id)
        subscription = await profiles.get_subscription(tx, subscription_id)
        return (await _confirmations(tx, subscription.profile_id, [made]))[0]


async def _out(tx: Tx, settings: profiles.DoubleOptIn, days: int) -> DoubleOptInOut:
    template = await get_template(tx, settings.template_id) if settings.template_id is not None else None
    problem, paused = await service.problem_of(tx, settings)
    return DoubleOptInOut(
        **msgspec.structs.asdict(settings),
        template_name=template.name if template else None,
        problem=problem,
        paused=paused,
        days=days,
        figures=await profiles.opt_in_figures(tx, settings.resource_id, days),
    )


async def _confirmations(tx: Tx, profile_id: int, found: list[profiles.OptInRequest]) -> list[ConfirmationOut]:
    pairs = [(request.run_id, profile_id) for request in found if request.run_id is not None]
    sent = await store.deliveries(await tx.raw(), pairs)
    made = []
    for request in found:
        state, reason = sent.get((request.run_id or 0, profile_id), (None, None))
        values = {name: getattr(request, name) for name in ConfirmationOut.__struct_fields__ if hasattr(request, name)}
        made.append(ConfirmationOut(**values, delivery=state, reason=reason))
    return made
