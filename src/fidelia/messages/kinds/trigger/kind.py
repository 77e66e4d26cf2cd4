"""Trigger mailings as a kind: a run that lasts, fed by what is caught, by dates and by calls."""

from __future__ import annotations

import msgspec

from fidelia.kernel.errors import FieldError
from fidelia.platform.engines import Engines
from fidelia.platform.listeners import listen, unlisten
from fidelia.platform.postgres import Tx

from ...model import Mailing
from ...service.launching import close_stopped, plan_of
from ...store import runs
from . import store
from .catching import CONSUMER
from .check import faults
from .model import EventTrigger


class Triggered:
    """One run from the start to the stop. While it is paused people join it all the same, and wait."""

    lasting = True

    async def obstacles(self, tx: Tx, mailing: Mailing) -> list[FieldError]:
        """Return what is missing or wrong: it needs a trigger, and all of them must still fit the database."""
        if not mailing.triggers:
            return [FieldError("/triggers", "Say when it is sent: add a trigger")]
        return await faults(tx, mailing.database_id, mailing.triggers, mailing.id)

    async def begin(self, tx: Tx, mailing: Mailing, by: str) -> None:
        """Open its run, and listen from now on."""
        plan = msgspec.structs.replace(await plan_of(tx, mailing), lasting=True)
        run_id = await runs.create(tx, mailing.database_id, plan, actor=by)
        await runs.move(tx, run_id, "sending", only=("audience",), selected=0, audience=0)
        await store.begin(await tx.raw(), run_id, tx.now)
        types = {t.type for t in mailing.triggers if isinstance(t, EventTrigger)}
        if types:
            await listen(tx, CONSUMER, mailing.id, database_id=mailing.database_id, types=types)

    async def hold(self, tx: Tx, mailing: Mailing) -> None:
        """What happens in a pause is taken in, and waits with its run."""

    async def go_on(self, tx: Tx, mailing: Mailing) -> None:
        """What has waited is sent by the run's senders."""

    async def end(self, tx: Tx, mailing: Mailing) -> None:
        """Listen no more, and block what was added at the last moment.

        To listen no more waits for whoever deals with its events right now, and so does the lock of its state.
        """
        await unlisten(tx, CONSUMER, mailing.id)
        raw = await tx.raw()
        run = await runs.newest(tx, mailing.id)
        if run is not None and await store.hold(raw, run.id, wait=True):
            await store.end(raw, run.id)
            await close_stopped(tx, run.id)

    async def tick(self, engines: Engines) -> None:
        """Bring the figures of its runs up to date; what sets it off is looked at in the core."""
        async with engines.db.hot() as raw:
            await store.show(raw)
