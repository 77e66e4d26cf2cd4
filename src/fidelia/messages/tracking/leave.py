"""Leaving: from a signed link to the end of a subscription."""

from __future__ import annotations

from fidelia import profiles
from fidelia.access import Actor
from fidelia.kernel.errors import Problem
from fidelia.platform.postgres import Tx

from ..store import tracking as store
from ..store.tracking import Key, Reaction, RunFacts
from .hits import history_line
from .tokens import Token


async def _present(tx: Tx, run: RunFacts, profile_id: int) -> int:
    """Return whom somebody has become since the mail was sent, if they were merged."""
    return (await profiles.resolve(tx, run.database_id, [profile_id])).get(profile_id, profile_id)


async def unsubscribe(tx: Tx, run: RunFacts, token: Token, how: str) -> None:
    """Let somebody leave the resource of a mailing, or all mails when it has none. Repeating it changes nothing."""
    profile_id = await _present(tx, run, token.profile)
    actor = Actor.system("Unsubscribe link")
    try:
        if run.plan.resource_id is not None:
            await profiles.unsubscribe(
                tx,
                actor,
                run.database_id,
                [profile_id],
                resource_id=run.plan.resource_id,
                channel=run.plan.channel,
                reason=how,
            )
        else:
            await profiles.unsubscribe(tx, actor, run.database_id, [profile_id], reason=how)
    except Problem as exc:
        if exc.status != 404:  # a database that is gone has nobody left to write to
            raise
        return
    key = Key(run.run_id, profile_id, token.occasion, "unsubscribed")
    raw = await tx.raw()
    if not await store.seen(raw, [key]):
        await store.add(raw, [Reaction(key, 1, tx.now, tx.now, how)])
        sent = (await store.sent_at(raw, [key.message])).get(key.message)
        line = history_line(run, key, tx.now, variant=sent.variant if sent else 0, reason=how)
        await store.tell(raw, {run.database_id: [line]})
