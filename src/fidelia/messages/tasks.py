"""Jobs of messages: audiences in the core, sending in the senders, a watch that keeps runs alive."""

from __future__ import annotations

from typing import Any

from fidelia.platform.engines import Engines
from fidelia.platform.jobs import JobContext, periodic, task

from .optin import service as optin
from .policies import marks
from .service import running

#: Rows of frequency policies that are deleted in one transaction.
MARKS = 20_000


@task("mailings.audience", queue="core")
async def prepare(ctx: JobContext, run_id: int) -> dict[str, Any]:
    """Work out who gets a mailing and fill the ledger."""
    return await running.prepare(ctx, run_id)


@task("mailings.send", queue="sender", attempts=1000)
async def send(ctx: JobContext, run_id: int) -> dict[str, Any]:
    """Send a run; a sender that dies is replaced as often as it takes."""
    return await running.send(ctx, run_id)


@periodic("mailings.tick", "* * * * * */2", queue="worker")
async def tick(engines: Engines) -> None:
    """Start what is due, replace senders that have died."""
    await running.tick(engines)


@periodic("messages.marks", "41 3 * * *", queue="worker")
async def forget_marks(engines: Engines) -> None:
    """Delete what frequency policies cannot count any more."""
    while not engines.stop.is_set():
        async with engines.db.hot() as raw:
            if await marks.purge(raw, engines.clock.now(), MARKS) < MARKS:
                return


@periodic("messages.confirmations", "* * * * * */2", queue="worker")
async def confirmations(engines: Engines) -> None:
    """Send the mails that ask to confirm a subscription."""
    await optin.send_waiting(engines)
