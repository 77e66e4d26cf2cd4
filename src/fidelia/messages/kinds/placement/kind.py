"""Placements as a kind: one run that lasts, seen by whoever comes by."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from fidelia.kernel.errors import FieldError, Problem
from fidelia.platform import jobs
from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx

from ...content.segments import wanted as segments_wanted
from ...markup.refers import feeds_used
from ...model import Mailing
from ...service.launching import link_of, plan_of
from ...store import mailings as mailings_store
from ...store import runs as runs_store
from ...store import templates as templates_store
from . import rules
from .store import runs, shows
from .store import slots as store

#: Rights that are ended in one transaction.
_CHUNK = 1_000


class Placed:
    """Served from its start until it ends or is withdrawn; while it is paused it is not served."""

    lasting = True

    async def obstacles(self, tx: Tx, mailing: Mailing) -> list[FieldError]:
        """Return what is missing or wrong: it needs a slot of its database, and an end that is still to come."""
        settings = mailing.placement
        if settings is None or settings.slot_id is None:
            return [FieldError("/placement/slot_id", "Choose the slot that it is shown in")]
        errors = await _content_faults(tx, mailing)
        try:
            slot = await store.find(tx, settings.slot_id)
            if slot.database_id != mailing.database_id:
                errors.append(FieldError("/placement/slot_id", f"{slot.name} belongs to another database"))
        except Problem:
            errors.append(FieldError("/placement/slot_id", "This slot does not exist any more"))
        begins = max(tx.now, mailing.send_at or tx.now)
        if settings.ends_at is not None and settings.ends_at <= begins:
            errors.append(FieldError("/placement/ends_at", "It would end before it starts: choose a later end"))
        return errors

    async def begin(self, tx: Tx, mailing: Mailing, by: str) -> None:
        """Open its run, and have its audience worked out; it is served once that is known."""
        settings = mailing.placement
        assert settings is not None
        assert settings.slot_id is not None
        plan = msgspec.structs.replace(
            await plan_of(tx, mailing), lasting=True, track_opens=False, placement=settings, at=tx.now
        )
        run_id = await runs_store.create(tx, mailing.database_id, plan, actor=by)
        where = {
            "slot_id": settings.slot_id,
            "priority": settings.priority,
            "ends_at": settings.ends_at,
            "refresh_minutes": settings.refresh_minutes,
        }
        await runs.create(tx, run_id, mailing.database_id, mailing.id, where)
        await jobs.create(
            tx,
            kind="mailings.audience",
            title=f"Work out who sees {mailing.name}",
            actor=by,
            args={"run_id": run_id},
            database_id=mailing.database_id,
            link=link_of(mailing.id),
        )

    async def hold(self, tx: Tx, mailing: Mailing) -> None:
        """Serve it no more until it goes on."""
        await runs.withdraw(tx, mailing.id)

    async def go_on(self, tx: Tx, mailing: Mailing) -> None:
        """Serve it again."""
        for run in await runs_store.open_of(tx, mailing.id):
            await runs.go_live(tx, run.id)

    async def end(self, tx: Tx, mailing: Mailing) -> None:
        """Withdraw it: not served from the moment on at which this commits."""
        await runs.withdraw(tx, mailing.id)

    async def tick(self, engines: Engines) -> None:
        """End what has come to its end, and the rights that nobody has made use of."""
        async with engines.tx() as tx:
            for mailing_id in await runs.ended(tx):
                await _end(tx, await mailings_store.get(tx, mailing_id, lock=True))
        edge = engines.clock.now() - rules.HOLD - timedelta(minutes=1)
        async with engines.db.hot() as raw:
            await shows.purge(raw, edge, _CHUNK)


async def _content_faults(tx: Tx, mailing: Mailing) -> list[FieldError]:
    """Return what of a template is worked out for a whole run before it is sent, which nothing of this is."""
    template = await templates_store.get(tx, mailing.template_id) if mailing.template_id is not None else None
    if template is None or template.published_version_id is None:
        return []  # said by every mailing
    uses = (await runs_store.compiled(tx, template.published_version_id)).uses
    words = [("content by segment (in_segment)", segments_wanted(uses)), ("feeds", bool(feeds_used(uses)))]
    return [
        FieldError("/template_id", f"{template.name} shows {what}, which placements cannot show")
        for what, used in words
        if used
    ]


async def _end(tx: Tx, mailing: Mailing) -> None:
    if mailing.state not in ("active", "paused"):
        return  # stopped meanwhile
    await runs.withdraw(tx, mailing.id)
    for run in await runs_store.open_of(tx, mailing.id):
        await runs_store.move(tx, run.id, "done", only=("audience", "sending", "paused"), finished_at=tx.now)
    await mailings_store.update(tx, mailing.id, {"state": "done", "held": None})
