"""Trying again what failed: the run is opened once more, for those messages only."""

from __future__ import annotations

from fidelia.access import Actor, audit
from fidelia.kernel.errors import conflict
from fidelia.platform.postgres import Tx

from ..kinds.registry import KINDS
from ..store import mailings as store
from ..store import retry, runs
from .launching import call_senders
from .report import run_of

_STATES = ("sending", "active", "paused", "done")


async def retry_failed(
    tx: Tx, actor: Actor, mailing_id: int, *, run_id: int | None = None, only_temporary: bool = False
) -> int:
    """Put the failed messages of a run, by default the newest, back to the queue; return how many.

    Never what was sent, and never what is unknown: that may have been. Consent, stop lists and policies are looked at
    again. Raise 404, 409 when the mailing has been stopped, or nothing has failed.
    """
    mailing = await store.get(tx, mailing_id, lock=True)
    run = await run_of(tx, mailing_id, run_id)
    lasting = KINDS[mailing.type].lasting
    ended = mailing.state == "done" and lasting
    if mailing.archived_at is not None or mailing.state not in _STATES or ended or run is None:
        raise conflict(
            f"This mailing is {'archived' if mailing.archived_at else mailing.state}: nothing of it can be tried again"
        )
    if run.phase not in ("sending", "paused", "done"):
        raise conflict("This run has been stopped: nothing of it can be tried again")
    raw = await tx.raw()
    queued = await retry.queue_failed(raw, run.id, tx.now, only_temporary=only_temporary)
    if not queued:
        raise conflict("Nothing has failed that could be tried again")
    phase = "paused" if mailing.state == "paused" else "sending"
    if await runs.move(tx, run.id, phase, only=("done",), finished_at=None, trouble=None, trouble_at=None):
        if mailing.state == "done":
            await store.update(tx, mailing_id, {"state": "sending"})
        if phase == "sending":
            await call_senders(tx, mailing_id, run.id, mailing.name, mailing.database_id, actor.name)
    await audit(
        tx,
        actor,
        "mailing.retried",
        kind="mailing",
        object_id=mailing_id,
        name=mailing.name,
        after={"run": run.id, "messages": queued, "only_temporary": only_temporary},
    )
    return queued
