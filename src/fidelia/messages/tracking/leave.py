"""Leaving: from a signed link to the end of a subscription."""

from __future__ import annotations

from collections import defaultdict

import msgspec

from fidelia import profiles
from fidelia.access import Actor
from fidelia.kernel.errors import Problem
from fidelia.kernel.paging import PageRequest
from fidelia.platform.postgres import Tx

from ..store import tracking as store
from ..store.tracking import Reaction, RunFacts
from .hits import history_line


class Choice(msgspec.Struct, frozen=True):
    """A resource that somebody hears from, or may."""

    resource_id: int
    name: str
    description: str
    subscribed: bool


async def _present(tx: Tx, run: RunFacts, profile_id: int) -> int:
    """Return whom somebody has become since the mail was sent, if they were merged."""
    return (await profiles.resolve(tx, run.database_id, [profile_id])).get(profile_id, profile_id)


async def unsubscribe(tx: Tx, run: RunFacts, profile_id: int, how: str) -> None:
    """Let somebody leave the resource of a mailing, or all mails when it has none. Repeating it changes nothing."""
    profile_id = await _present(tx, run, profile_id)
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
    key = (run.run_id, profile_id, "unsubscribed", -1, False)
    raw = await tx.raw()
    if not await store.seen(raw, [key]):
        await store.add(raw, [Reaction(key, 1, tx.now, tx.now, how)])
        await store.tell(raw, {run.database_id: [history_line(run, key, tx.now, reason=how)]})


async def choices(tx: Tx, run: RunFacts, profile_id: int) -> list[Choice]:
    """Return the resources somebody has ever subscribed to by e-mail."""
    profile_id = await _present(tx, run, profile_id)
    try:
        found = await profiles.list_subscriptions(
            tx, PageRequest(limit=200), run.database_id, profile_id=profile_id, channel=run.plan.channel
        )
    except Problem as exc:
        if exc.status != 404:
            raise
        return []
    statuses: dict[int, list[str]] = defaultdict(list)
    for item in found.items:
        statuses[item.resource_id].append(item.status)
    made = []
    for resource_id, held in statuses.items():
        resource = await profiles.get_resource(tx, resource_id)
        if resource.archived_at is None:
            made.append(Choice(resource.id, resource.name, resource.description, "subscribed" in held))
    return made


async def choose(tx: Tx, run: RunFacts, profile_id: int, wanted: set[int]) -> None:
    """Keep the ticked resources and leave the others; a tick that was taken away and comes back subscribes again."""
    actor = Actor.system("Preferences page")
    for choice in await choices(tx, run, profile_id):
        if choice.subscribed and choice.resource_id not in wanted:
            await profiles.unsubscribe(
                tx,
                actor,
                run.database_id,
                [profile_id],
                resource_id=choice.resource_id,
                channel=run.plan.channel,
                reason="preferences page",
            )
        elif not choice.subscribed and choice.resource_id in wanted:
            item = profiles.SubscriptionItem(
                profile_id=profile_id,
                resource_id=choice.resource_id,
                channel=run.plan.channel,
                opt_in=profiles.OptIn(at=tx.now, source="preferences page"),
            )
            await profiles.subscribe(tx, actor, run.database_id, [item])
