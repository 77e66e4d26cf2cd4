"""What others see of messages: plans, recipients, templates and mailings as frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, NamedTuple

import msgspec

from fidelia.platform.schedules import MonthSchedule

from .content.fragments.model import NewerFragment
from .kinds.multivariate.model import Split, SplitTest, VariantPlan
from .kinds.placement.model import Placement
from .kinds.trigger.model import Trigger
from .markup.model import AttachedFile, Format, TemplateLink, TemplateProblem
from .timing.model import Timing

MailingType = Literal["broadcast", "recurring", "trigger", "multivariate", "placement"]
MailingState = Literal["draft", "scheduled", "starting", "active", "sending", "paused", "done", "stopped", "failed"]
DeliveryState = Literal["queued", "leased", "handed", "sent", "failed", "blocked", "unknown"]
REACTIONS = ("opened", "clicked", "unsubscribed", "bounced", "complained")


class Utm(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Marks that are added to the web links of a mailing; empty ones are left out."""

    source: str = ""
    medium: str = ""
    campaign: str = ""
    term: str = ""
    content: str = ""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a run was started with; later changes of the mailing or template do not reach it.

    A run that ``confirms`` asks people to confirm a subscription: only those who wait for that get it. One that is
    ``lasting`` takes people in as long as its mailing is active: with nobody left to write to, it is not done. One with
    ``variants`` has several templates: rows of the ledger say which (1 …), and ``test`` how the best is found.
    ``at`` is the moment that ``timing`` counts from, ``timezone`` the database's own. With ``campaign_id`` it goes to
    whom that campaign lets through, for as long as it lasts.
    """

    mailing_id: int
    name: str
    channel: str = "email"
    segment_id: int | None = None
    resource_id: int | None = None
    template_id: int = 0
    version_id: int = 0
    from_email: str = ""
    from_name: str = ""
    reply_to: str = ""
    variables: dict[str, str] = {}
    suppression_lists: list[int] = []
    utm: Utm = Utm()
    track_opens: bool = True
    track_clicks: bool = True
    rate: int = 0
    policy_id: int | None = None
    virtual_sender_id: int | None = None
    confirms: bool = False
    lasting: bool = False
    variants: list[VariantPlan] = []
    test: SplitTest | None = None
    placement: Placement | None = None
    timing: Timing = Timing()
    timezone: str = "UTC"
    at: datetime | None = None
    campaign_id: int | None = None

    def of_variant(self, variant: int) -> Plan:
        """Return the plan as it is for one of the variants; 0 is the plan itself."""
        if not 0 < variant <= len(self.variants):
            return self
        chosen = self.variants[variant - 1]
        return msgspec.structs.replace(
            self,
            template_id=chosen.template_id,
            version_id=chosen.version_id,
            from_name=chosen.from_name or self.from_name,
        )

    def facts(self, variant: int = 0) -> dict[str, Any]:
        """Return what every event of a message of this run says of where it is from; 0 is the mailing's own template.

        ``campaign`` is the one whose mailing it was when the run began; of no campaign, nothing is said.
        """
        chosen = self.of_variant(variant)
        facts: dict[str, Any] = {"mailing": self.mailing_id, "template": chosen.template_id, "channel": self.channel}
        if self.campaign_id is not None:
            facts["campaign"] = self.campaign_id
        if variant:
            facts["variant"] = variant
        return facts


class MessageKey(NamedTuple):
    """A message within its run: whose it is, and what caused it (0 where the run writes to everybody once)."""

    profile_id: int
    occasion: int = 0

    def name(self, run_id: int) -> str:
        """Return what events of this message are called by; the same message always has the same name."""
        head = f"{run_id}-{self.profile_id}"
        return f"{head}-{self.occasion:x}" if self.occasion else head


class Recipient(msgspec.Struct, frozen=True):
    """Somebody a message is made for. In ``roots`` a missing value has no key; ``request_id`` is what they confirm.

    ``occasion`` is what caused the message, 0 where the run writes to everybody once; ``variant`` is which of the run's
    templates it gets, 0 for the mailing's own; ``sender`` is the ledger's number for who it comes from, 0 where the run
    has only one.
    """

    profile_id: int
    contact: str
    roots: Mapping[str, Mapping[str, Any]]
    attempts: int = 0
    request_id: int = 0
    occasion: int = 0
    variant: int = 0
    sender: int = 0

    @property
    def key(self) -> MessageKey:
        """The message's key within its run."""
        return MessageKey(self.profile_id, self.occasion)


class Template(msgspec.Struct, frozen=True, kw_only=True):
    """A template: the draft as it was saved last, and which version is published. One of a ``channel`` that is a
    definition has ``fields`` for what the channel's messages consist of; the parts of a mail are empty then.

    ``newer_fragments`` were changed since it was published with them; it is sent with the older ones.
    """

    id: int
    name: str
    description: str
    database_id: int | None
    channel: str
    format: Format
    subject: str
    preheader: str
    body: str
    text: str
    fields: dict[str, str]
    variables: dict[str, str]
    problems: list[TemplateProblem]
    attachments: list[AttachedFile]
    newer_fragments: list[NewerFragment]
    revision: int
    published_version_id: int | None
    published_number: int | None
    published_at: datetime | None
    unpublished_changes: bool
    archived_at: datetime | None
    created_at: datetime
    updated_at: datetime


class TemplateVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A published version: frozen, so that what was sent can be shown later."""

    id: int
    template_id: int
    number: int
    channel: str
    format: Format
    subject: str
    preheader: str
    body: str
    text: str
    fields: dict[str, str]
    variables: dict[str, str]
    problems: list[TemplateProblem]
    links: list[TemplateLink]
    fragments: dict[str, int]
    attachments: list[AttachedFile]
    published_at: datetime
    published_by: str


class Mailing(msgspec.Struct, frozen=True, kw_only=True):
    """A mailing and where it stands. ``run_id`` is its newest run; ``trouble`` is what holds that run up at the moment,
    ``held`` why the mailing paused by itself although no run of it did.
    """

    id: int
    name: str
    description: str
    type: MailingType
    channel: str
    database_id: int
    campaign_id: int | None
    segment_id: int | None
    resource_id: int | None
    template_id: int | None
    from_email: str
    from_name: str
    reply_to: str
    variables: dict[str, str]
    suppression_lists: list[int]
    send_at: datetime | None
    undo_seconds: int
    utm: Utm
    track_opens: bool
    track_clicks: bool
    rate: int
    policy_id: int | None
    virtual_sender_id: int | None
    triggers: list[Trigger]
    split: Split | None
    placement: Placement | None
    timing: Timing
    schedule: MonthSchedule | None
    next_launch_at: datetime | None
    state: MailingState
    starts_at: datetime | None
    run_id: int | None
    phase: str | None
    audience: int | None
    trouble: str | None
    held: str | None
    error: str | None
    started_at: datetime | None
    finished_at: datetime | None
    archived_at: datetime | None
    created_at: datetime
    updated_at: datetime


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One execution of a mailing. ``due_at`` is the moment that its schedule launched it for, if one did."""

    id: int
    mailing_id: int
    database_id: int
    version_id: int
    plan: Plan
    phase: str
    selected: int | None
    audience: int | None
    prepared_to: int
    due_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
