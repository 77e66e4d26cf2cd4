"""Routes of mailings: set up, check, run."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath, QueryParameter
from msgspec import UNSET, UnsetType

from fidelia.access import Actor
from fidelia.kernel.errors import conflict, invalid_field
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.engines import Engines
from fidelia.platform.http import Body, Strict
from fidelia.platform.postgres import Tx
from fidelia.platform.schedules import MonthSchedule

from ..kinds.multivariate.compiled import source_of
from ..kinds.multivariate.model import Split
from ..kinds.placement.model import Placement
from ..kinds.registry import KINDS
from ..kinds.trigger import causes
from ..kinds.trigger.model import MAX_TRIGGERS, Trigger
from ..markup.model import TemplateSource
from ..model import Mailing, MailingType, Utm
from ..ports import further_roots
from ..service import mailings as service
from ..service import templates as templates_service
from ..service.estimate import Estimate, estimate, source_of_version
from ..service.launching import bare_plan, plan_of
from ..service.testing import send_test
from ..store import templates as templates_store
from ..timing.model import Timing
from .templates import ChannelKey, PreviewAs, Short, TemplatePreview, TestSendIn, TestSendOut, Text, given, previewed

Ids = Annotated[list[int], msgspec.Meta(max_length=100)]
Variables = Annotated[dict[str, Text], msgspec.Meta(max_length=200)]
Triggers = Annotated[list[Trigger], msgspec.Meta(max_length=MAX_TRIGGERS)]


class MailingIn(Body, frozen=True):
    """A new mailing. Without ``segment_id`` it goes to the whole database; times are with a zone."""

    name: Short
    database_id: int
    description: Short = ""
    type: MailingType = "broadcast"
    channel: ChannelKey = "email"
    segment_id: int | None = None
    resource_id: int | None = None
    template_id: int | None = None
    from_email: Short = ""
    from_name: Short = ""
    reply_to: Short = ""
    variables: Variables = {}
    suppression_lists: Ids = []
    send_at: datetime | None = None
    undo_seconds: int = 30
    utm: Utm = Utm()
    track_opens: bool = True
    track_clicks: bool = True
    rate: int = 0
    policy_id: int | None = None
    virtual_sender_id: int | None = None
    split: Split | None = None
    timing: Timing = Timing()
    schedule: MonthSchedule | None = None
    triggers: Triggers = []
    placement: Placement | None = None


class MailingPatch(Body, frozen=True):
    """What to change of a mailing; most only while it is a draft. With ``updated_at``, as it was read, a change that
    somebody else has made since is not written over: 409 then."""

    name: Short | UnsetType = UNSET
    database_id: int | UnsetType = UNSET
    description: Short | UnsetType = UNSET
    channel: ChannelKey | UnsetType = UNSET
    segment_id: int | UnsetType | None = UNSET
    resource_id: int | UnsetType | None = UNSET
    template_id: int | UnsetType | None = UNSET
    from_email: Short | UnsetType = UNSET
    from_name: Short | UnsetType = UNSET
    reply_to: Short | UnsetType = UNSET
    variables: Variables | UnsetType = UNSET
    suppression_lists: Ids | UnsetType = UNSET
    send_at: datetime | UnsetType | None = UNSET
    undo_seconds: int | UnsetType = UNSET
    utm: Utm | UnsetType = UNSET
    track_opens: bool | UnsetType = UNSET
    track_clicks: bool | UnsetType = UNSET
    rate: int | UnsetType = UNSET
    policy_id: int | UnsetType | None = UNSET
    virtual_sender_id: int | UnsetType | None = UNSET
    split: Split | UnsetType | None = UNSET
    timing: Timing | UnsetType = UNSET
    schedule: MonthSchedule | UnsetType | None = UNSET
    triggers: Triggers | UnsetType = UNSET
    placement: Placement | UnsetType | None = UNSET
    updated_at: datetime | UnsetType = UNSET


class MailingStart(Body, frozen=True):
    """When: now (after ``undo_seconds``), or ``at`` a time. Without either, what the mailing itself says."""

    at: datetime | None = None
    undo_seconds: int | None = None


class MailingClone(Body, frozen=True):
    """The copy's name."""

    name: Short | None = None


class MailingController(Controller):
    """What is sent to whom, when, and how it went."""

    path = "/mailings"
    tags = ("Mailings",)

    @get("/", opt={"right": "mailings:read"}, summary="List mailings")
    async def list_mailings(
        self,
        tx: Tx,
        page: PageRequest,
        archived: Annotated[bool, QueryParameter(name="archived", description="Archived ones instead")] = False,
        in_state: Annotated[
            str | None, QueryParameter(name="state", description="One state, or several by comma")
        ] = None,
        types: Annotated[str | None, QueryParameter(name="type", description="One kind, or several by comma")] = None,
        database: Annotated[int | None, QueryParameter(name="database", description="Of this database")] = None,
        segment: Annotated[int | None, QueryParameter(name="segment", description="To this segment")] = None,
        campaign: Annotated[int | None, QueryParameter(name="campaign", description="Of this campaign")] = None,
    ) -> Page[Mailing]:
        """Return a page of mailings, sorted by name, type, state, people, when, created_at or updated_at."""
        return await service.list_mailings(
            tx,
            page,
            archived=archived,
            state=in_state,
            database_id=database,
            segment_id=segment,
            types=types.split(",") if types else (),
            campaign_id=campaign,
        )

    @post("/", dto=Strict[MailingIn], return_dto=None, opt={"right": "mailings:create"}, summary="Make a mailing")
    async def create_mailing(self, tx: Tx, actor: Actor, data: MailingIn) -> Mailing:
        """Store a new draft."""
        if data.type not in KINDS:
            raise invalid_field("/type", f"This release sends {', '.join(KINDS)}; the other types are not there yet")
        return await service.create_mailing(tx, actor, _values(data))

    @get("/{mailing_id:int}", opt={"right": "mailings:read"}, summary="Read a mailing")
    async def get_mailing(self, tx: Tx, mailing_id: FromPath[int]) -> Mailing:
        """Return a mailing and where it stands."""
        return await service.get_mailing(tx, mailing_id)

    @patch(
        "/{mailing_id:int}",
        dto=Strict[MailingPatch],
        return_dto=None,
        opt={"right": "mailings:update"},
        summary="Change a mailing",
    )
    async def change_mailing(self, tx: Tx, actor: Actor, mailing_id: FromPath[int], data: MailingPatch) -> Mailing:
        """Change a draft; name and description can always change."""
        values = _values(data)
        return await service.change_mailing(tx, actor, mailing_id, values, values.pop("updated_at", None))

    @delete("/{mailing_id:int}", opt={"right": "mailings:delete"}, status_code=204, summary="Archive a mailing")
    async def archive_mailing(self, tx: Tx, actor: Actor, mailing_id: FromPath[int]) -> None:
        """Put a mailing away; its report stays. 409 while it runs."""
        await service.archive_mailing(tx, actor, mailing_id)

    @post("/{mailing_id:int}/restore", opt={"right": "mailings:update"}, status_code=200, summary="Bring it back")
    async def restore_mailing(self, tx: Tx, actor: Actor, mailing_id: FromPath[int]) -> Mailing:
        """Bring an archived mailing back."""
        return await service.archive_mailing(tx, actor, mailing_id, archived=False)

    @post(
        "/{mailing_id:int}/clone",
        dto=Strict[MailingClone],
        return_dto=None,
        opt={"right": "mailings:create"},
        summary="Copy a mailing",
    )
    async def clone_mailing(self, tx: Tx, actor: Actor, mailing_id: FromPath[int], data: MailingClone) -> Mailing:
        """Copy a mailing as a new draft."""
        return await service.clone_mailing(tx, actor, mailing_id, data.name)

    @get("/{mailing_id:int}/estimate", opt={"right": "mailings:read"}, summary="Who will receive it")
    async def estimate(self, engines: Engines, mailing_id: FromPath[int]) -> Estimate:
        """Return who would receive it now, who is left out and why, and what stands in the way of a start."""
        return await estimate(engines, mailing_id)

    @post(
        "/{mailing_id:int}/start",
        dto=Strict[MailingStart],
        return_dto=None,
        status_code=200,
        opt={"right": "mailings:run"},
        summary="Start a mailing",
    )
    async def start(self, tx: Tx, actor: Actor, mailing_id: FromPath[int], data: MailingStart) -> Mailing:
        """Start now, after the time to undo it, or at a time; 422 lists what stands in the way."""
        if data.undo_seconds is not None and not 0 <= data.undo_seconds <= 3600:
            raise invalid_field("/undo_seconds", "The time to undo is between 0 and 3600 seconds")
        if data.at is not None and data.at.tzinfo is None:
            raise invalid_field("/at", "A time needs its zone, like 2026-11-24T09:00:00Z")
        return await service.start_mailing(tx, actor, mailing_id, at=data.at, undo_seconds=data.undo_seconds)

    @post("/{mailing_id:int}/unschedule", opt={"right": "mailings:run"}, status_code=200, summary="Take a start back")
    async def unschedule(self, tx: Tx, actor: Actor, mailing_id: FromPath[int]) -> Mailing:
        """Take a start back while its time to undo runs, or before its scheduled time."""
        return await service.unschedule_mailing(tx, actor, mailing_id)

    @post("/{mailing_id:int}/pause", opt={"right": "mailings:run"}, status_code=200, summary="Pause a mailing")
    async def pause(self, tx: Tx, actor: Actor, mailing_id: FromPath[int]) -> Mailing:
        """Begin no further mail; those under way are finished."""
        return await service.pause_mailing(tx, actor, mailing_id)

    @post("/{mailing_id:int}/resume", opt={"right": "mailings:run"}, status_code=200, summary="Resume a mailing")
    async def resume(self, tx: Tx, actor: Actor, mailing_id: FromPath[int]) -> Mailing:
        """Go on exactly where it stood."""
        return await service.resume_mailing(tx, actor, mailing_id)

    @post("/{mailing_id:int}/stop", opt={"right": "mailings:run"}, status_code=200, summary="Stop a mailing")
    async def stop(self, tx: Tx, actor: Actor, mailing_id: FromPath[int]) -> Mailing:
        """End it for good; who has not got it yet will not get it."""
        return await service.stop_mailing(tx, actor, mailing_id)

    @post(
        "/{mailing_id:int}/preview",
        dto=Strict[PreviewAs],
        return_dto=None,
        status_code=200,
        opt={"right": "mailings:read"},
        summary="Look at the message as somebody",
    )
    async def preview(self, tx: Tx, mailing_id: FromPath[int], data: PreviewAs) -> TemplatePreview:
        """Render the version that would be sent as one person gets it."""
        mailing = await service.get_mailing(tx, mailing_id)
        source = (await _sources(tx, mailing))[0]
        made = await templates_service.preview(
            tx,
            source,
            database_id=mailing.database_id,
            profile_id=data.profile_id,
            values=data.values,
            variables=mailing.variables,
            roots=await _roots(tx, mailing, source, data.profile_id),
        )
        return previewed(*made)

    @post(
        "/{mailing_id:int}/test-send",
        dto=Strict[TestSendIn],
        return_dto=None,
        status_code=200,
        opt={"right": "mailings:run"},
        summary="Send the message to some addresses",
    )
    async def test_send(self, tx: Tx, engines: Engines, mailing_id: FromPath[int], data: TestSendIn) -> TestSendOut:
        """Send the message as a test, made for a profile or with stand-in values; nothing of it is counted.

        Of a mailing with variants each of them is sent.
        """
        mailing = await service.get_mailing(tx, mailing_id)
        if mailing.type == "placement":
            raise conflict("A placement is shown on a site, not sent: look at its preview")
        sources = await _sources(tx, mailing)
        plan = await plan_of(tx, mailing)
        sent = []
        for n, source in enumerate(sources, 1):
            reply, rendered = await templates_service.preview(
                tx,
                source,
                database_id=mailing.database_id,
                profile_id=data.profile_id,
                values={},
                variables=mailing.variables,
                roots=await _roots(tx, mailing, source, data.profile_id),
            )
            name = data.from_name or plan.of_variant(n).from_name
            sent += await send_test(
                engines,
                reply,
                rendered,
                data.to,
                data.from_email or plan.from_email,
                name,
                virtual_sender_id=plan.virtual_sender_id,
                channel=source.channel,
                profile_id=data.profile_id or 0,
            )
        return TestSendOut(sent)


async def _roots(tx: Tx, mailing: Mailing, source: TemplateSource, profile_id: int | None) -> dict[str, Any]:
    """Return the roots that a mailing's messages have besides the recipient: what causes them, and what others fill."""
    person = profile_id or 0
    others = await further_roots(tx, mailing.database_id, bare_plan(mailing), [person])
    filled = {root: found.get(person, {}) for root, found in others.items()}
    return {**filled, **await causes.sample(tx, mailing, source)}


async def _sources(tx: Tx, mailing: Mailing) -> list[TemplateSource]:
    """Return what the mailing's messages are made of: its variants, or its one template. Raise 422 without one."""
    if mailing.split is not None and mailing.split.variants:
        return [await source_of(tx, variant) for variant in mailing.split.variants]
    if mailing.template_id is None:
        raise invalid_field("/template_id", "Choose a template first")
    template = await templates_store.get(tx, mailing.template_id)
    if template.published_version_id is None:
        return [await templates_service.source_of(tx, template)]
    version = await templates_store.version(tx, template.published_version_id)
    return [await source_of_version(tx, version, mailing.database_id)]


def _values(data: MailingIn | MailingPatch) -> dict[str, Any]:
    values = given(data)
    for name in ("send_at", "updated_at"):
        if (at := values.get(name)) is not None and at.tzinfo is None:
            raise invalid_field(f"/{name}", "A time needs its zone, like 2026-11-24T09:00:00Z")
    return values
