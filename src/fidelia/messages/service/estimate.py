"""Before a start: who will receive a mailing, what stands in the way, what to think about."""

from __future__ import annotations

from typing import Any

import msgspec

from fidelia import profiles
from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx

from ..channels.http.model import ChannelDefinition
from ..channels.http.templates import finished
from ..channels.registry import definition_at, shape_at
from ..content.outside import outside_of_version
from ..content.showing import seen_by
from ..kinds.multivariate import rules as split
from ..kinds.multivariate.compiled import template_of
from ..kinds.multivariate.model import SplitSizes
from ..kinds.trigger import causes
from ..markup.model import TemplateSource
from ..markup.sandbox import work
from ..model import Mailing, Plan, TemplateVersion
from ..policies import marks
from ..policies.rules import text
from ..ports import campaign_notes, further_roots, handout_notes
from ..sending.values import plain_values
from ..store import runs
from ..store import templates as templates_store
from . import audience
from .checks import obstacles
from .launching import bare_plan, plan_of
from .mailings import get_mailing
from .report import ReasonCount
from .templates import SAMPLE_LINKS

SAMPLE = 20


class MailingCheck(msgspec.Struct, frozen=True):
    """Something about a mailing: an ``error`` keeps it from being started, a ``warning`` does not."""

    severity: str
    message: str
    pointer: str = ""


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """Who will receive a mailing as things stand: ``selected`` = ``receives`` + the parts of ``left_out``."""

    selected: int
    receives: int
    left_out: list[ReasonCount]
    checks: list[MailingCheck]
    split: SplitSizes | None


async def estimate(engines: Engines, mailing_id: int, tag: str | None = None) -> Estimate:
    """Return who would receive a mailing if it were started now, and every check. Raise 404, 503."""
    async with engines.tx() as tx:
        mailing = await get_mailing(tx, mailing_id)
        errors = await obstacles(tx, mailing)
        plan = await plan_of(tx, mailing) if template_of(mailing) is not None else bare_plan(mailing)
        raw = await tx.raw()
        policy = await marks.effective(raw, plan.policy_id, plan.resource_id)
        full = await marks.full(raw, policy, mailing.database_id, plan.resource_id, plan.channel, tx.now)
    checks = [MailingCheck("error", error.message, error.pointer) for error in errors]
    if any(error.pointer == "/segment_id" for error in errors):
        return Estimate(selected=0, receives=0, left_out=[], checks=checks, split=None)
    people = await audience.selected(engines, mailing.database_id, mailing.segment_id, tag)
    async with engines.tx() as tx:
        notes = await campaign_notes(tx, mailing, people)
    checks += [MailingCheck("warning", note, "/campaign_id") for note in notes]
    found = await audience.work_out(engines, mailing.database_id, plan, people, full=full)
    if not found.receives:
        checks.append(MailingCheck("warning", "Nobody would receive it"))
    if found.held_back:
        checks.append(MailingCheck("warning", _held_back(policy, found), "/policy_id"))
    for n in range(1, len(plan.variants) + 1) or (0,):
        if plan.of_variant(n).version_id:
            checks += await _render_checks(engines, mailing, plan, found, n)
    checks += await _handout_checks(engines, mailing, plan, len(found.receives))
    sizes = _sizes(plan, len(found.receives))
    if plan.test is not None and sizes is not None and not sizes.rest:
        message = "The test takes in everybody: nobody is left to send the winner to"
        checks.append(MailingCheck("warning", message, "/split/test/share"))
    return Estimate(
        selected=found.selected,
        receives=len(found.receives),
        left_out=[
            ReasonCount(reason, len(found.excluded[reason]), None, words)
            for reason, words in (
                *_other(found),
                *((reason, audience.reason_words(reason, plan.channel)) for reason in audience.REASONS),
            )
            if reason in found.excluded
        ],
        checks=checks,
        split=sizes,
    )


def _sizes(plan: Plan, people: int) -> SplitSizes | None:
    many = len(plan.variants)
    if not many:
        return None
    tested = split.tested(plan.test, people, many) if plan.test is not None else people
    return SplitSizes([tested // many + (n < tested % many) for n in range(many)], people - tested)


def _other(found: audience.Audience) -> list[tuple[str, str]]:
    return [(reason, reason.replace("_", " ")) for reason in found.excluded if reason not in audience.REASONS]


def _held_back(policy: marks.Effective, found: audience.Audience) -> str:
    limits = "; ".join(text(limit) for limit in policy.limits)
    who = "1 person has" if len(found.held_back) == 1 else f"{len(found.held_back):,} people have"
    return f"{who} had enough messages for now and would be held back: {policy.name} allows {limits}"


async def _render_checks(
    engines: Engines, mailing: Mailing, plan: Plan, found: audience.Audience, variant: int
) -> list[MailingCheck]:
    """Make the message for some of the people: a template that fails for all of them keeps it from starting."""
    ids = list(found.receives)
    ids = ids[:: max(1, len(ids) // SAMPLE)][:SAMPLE]
    if not ids:
        return []
    async with engines.tx() as tx:
        version = await templates_store.version(tx, plan.of_variant(variant).version_id)
        source = await source_of_version(tx, version, mailing.database_id)
        rows = await profiles.read_many(tx, mailing.database_id, ids)
        event = await causes.sample(tx, mailing, source)
        others = await further_roots(tx, mailing.database_id, plan, [row["id"] for row in rows])
    sight = await seen_by(engines, source, mailing.database_id, [row["id"] for row in rows])
    contexts: list[dict[str, Any]] = [
        {
            "profile": plain_values(row),
            "subscription": {
                "email": row.get("email") or "",
                "contact": row.get("email") or "",
                "channel": plan.channel,
            },
            "links": SAMPLE_LINKS,
            **({"vars": plan.variables} if plan.variables else {}),
            **event,
            **{root: found.get(row["id"], {}) for root, found in others.items()},
            **sight.roots[row["id"]],
        }
        for row in rows
        if row["id"] in sight.roots
    ]
    if not contexts and sight.refused:
        return [MailingCheck("error", f"The message can be made for nobody: {next(iter(sight.refused.values()))}")]
    at, name = "/template_id", "message"
    if variant:
        subject = plan.variants[variant - 1].subject or source.subject
        source = msgspec.structs.replace(source, subject=subject)
        at, name = f"/split/variants/{variant - 1}/template_id", f"message of variant {split.letter(variant)}"
    made = await work(source, contexts)
    shown = made.rendered
    if (definition := await _definition(engines, source.channel)) is not None:
        shown = [finished(definition, rendered) for rendered in shown]
    reasons = [rendered.error for rendered in shown if rendered.error is not None]
    if not reasons:
        return []
    if len(reasons) == len(shown):
        return [MailingCheck("error", f"The {name} can be made for nobody: {reasons[0]}", at)]
    message = f"{len(reasons)} of {len(shown)} people tried would get no {name}: {reasons[0]}"
    return [MailingCheck("warning", message, at)]


async def _handout_checks(engines: Engines, mailing: Mailing, plan: Plan, people: int) -> list[MailingCheck]:
    """Return what is to be thought of before so many people get what the templates hand out."""
    versions = {plan.of_variant(n).version_id for n in range(1, len(plan.variants) + 1) or (0,)} - {0}
    async with engines.tx() as tx:
        uses = {use for version in versions for use in (await runs.compiled(tx, version)).uses}
        notes = await handout_notes(tx, mailing.database_id, uses, people)
    return [MailingCheck("warning", note, "/template_id") for note in notes]


async def _definition(engines: Engines, channel: str) -> ChannelDefinition | None:
    async with engines.tx() as tx:
        return await definition_at(tx, channel)


async def source_of_version(tx: Tx, version: TemplateVersion, database_id: int) -> TemplateSource:
    """Return a published version as the compiler takes it, with the fragments it was made with."""
    return TemplateSource(
        format=version.format,
        body=version.body,
        subject=version.subject,
        preheader=version.preheader,
        text=version.text,
        variables=version.variables,
        channel=version.channel,
        content=version.fields,
        shape=await shape_at(tx, version.channel),
        outside=await outside_of_version(tx, version, database_id),
        attachments=version.attachments,
    )
