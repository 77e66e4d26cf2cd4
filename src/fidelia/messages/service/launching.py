"""Runs of mailings: planned, launched, given senders, closed."""

from __future__ import annotations

from datetime import datetime

import msgspec

from fidelia import profiles
from fidelia.platform import jobs
from fidelia.platform.postgres import Tx

from ..kinds.multivariate.compiled import plans_of
from ..model import Mailing, Plan
from ..senders import service as senders
from ..store import ledger, runs
from ..store import templates as templates_store
from .outlet import default_sender


async def launch(
    tx: Tx, mailing: Mailing, by: str, *, at: datetime | None = None, due_at: datetime | None = None
) -> int:
    """Begin a run with everything it needs as of now, and the job that finds its people; return its id.

    ``at`` is the moment whose time of day counts where each recipient's own clock does, by default the mailing's start
    or now; ``due_at`` the moment of a schedule that is launched, once.
    """
    plan = msgspec.structs.replace(await plan_of(tx, mailing), at=at or mailing.starts_at or tx.now)
    run_id = await runs.create(tx, mailing.database_id, plan, due_at=due_at, actor=by)
    await jobs.create(
        tx,
        kind="mailings.audience",
        title=f"Work out who gets {mailing.name}",
        actor=by,
        args={"run_id": run_id},
        database_id=mailing.database_id,
        link=link_of(mailing.id),
    )
    return run_id


async def plan_of(tx: Tx, mailing: Mailing) -> Plan:
    """Return what a run of a mailing is made with as of now; the published template version is taken."""
    variants = await plans_of(tx, mailing.split, mailing.database_id)
    template_id = variants[0].template_id if variants else mailing.template_id
    assert template_id is not None
    template = await templates_store.get(tx, template_id)
    sender, name = default_sender(tx.engines.settings)
    mails = mailing.channel == "email"
    return Plan(
        mailing_id=mailing.id,
        name=mailing.name,
        channel=mailing.channel,
        segment_id=mailing.segment_id,
        resource_id=mailing.resource_id,
        template_id=template.id,
        version_id=template.published_version_id or 0,
        from_email=mailing.from_email or sender,
        from_name=mailing.from_name if mailing.from_email or mailing.from_name else name,
        reply_to=mailing.reply_to,
        variables=mailing.variables,
        suppression_lists=mailing.suppression_lists,
        utm=mailing.utm,
        track_opens=mailing.track_opens,
        track_clicks=mailing.track_clicks,
        rate=mailing.rate,
        policy_id=mailing.policy_id,
        virtual_sender_id=await senders.effective(tx, mailing.virtual_sender_id) if mails else None,
        variants=variants,
        test=mailing.split.test if mailing.split is not None else None,
        timing=mailing.timing,
        timezone=(await profiles.get_database(tx, mailing.database_id)).timezone,
        campaign_id=mailing.campaign_id,
    )


def bare_plan(mailing: Mailing) -> Plan:
    """Return what is known of a mailing's runs without a template: enough to say who may get it."""
    return Plan(
        mailing_id=mailing.id,
        name=mailing.name,
        resource_id=mailing.resource_id,
        suppression_lists=mailing.suppression_lists,
        policy_id=mailing.policy_id,
        channel=mailing.channel,
        campaign_id=mailing.campaign_id,
    )


async def call_senders(tx: Tx, mailing_id: int, run_id: int, name: str, database_id: int, by: str) -> None:
    """Ask the sender processes to work on a run."""
    count = tx.engines.settings.jobs.senders
    for n in range(count):
        await jobs.create(
            tx,
            kind="mailings.send",
            title=f"Send {name}" + (f" ({n + 1} of {count})" if count > 1 else ""),
            actor=by,
            args={"run_id": run_id},
            database_id=database_id,
            link=link_of(mailing_id),
        )


def link_of(mailing_id: int) -> str:
    """Return where the web application shows a mailing."""
    return f"/mailings/{mailing_id}"


async def close_stopped(tx: Tx, run_id: int) -> None:
    """Block who is still queued of a stopped run; the run is finished once nobody is under way any more."""
    run = await runs.get(tx, run_id)
    raw = await tx.raw()
    await ledger.recover(raw, run_id, tx.now)
    blocked = await ledger.block_rest(raw, run_id, "Stopped before it was sent", tx.now)
    if blocked:
        properties = {**run.plan.facts(), "reason": "Stopped before it was sent"}
        await tx.emit_bulk(run.database_id, "message.blocked", blocked, tx.now, properties)
    if not await ledger.is_open(raw, run_id):
        await runs.move(tx, run_id, "stopped", only=("stopped",), finished_at=tx.now)
