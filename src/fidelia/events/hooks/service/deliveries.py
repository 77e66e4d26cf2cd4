"""Use cases of the log: look, send one again, try a hook; and the upkeep of queues and log."""

from __future__ import annotations

from fidelia.access import Actor, audit
from fidelia.kernel.errors import conflict
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.engines import Engines
from fidelia.platform.fetch import Fetcher
from fidelia.platform.notices import tell
from fidelia.platform.postgres import Tx

from ...store import types as type_store
from .. import payload, rules
from ..model import Claimed, Held, HookDelivery, HookDeliveryDetail, HookMessage
from ..store import hooks as store
from ..store import log, queue
from .sending import send

_PURGED = 2_000


async def list_deliveries(
    tx: Tx, hook_id: int, page: PageRequest, *, state: str | None, kind: str | None
) -> Page[HookDelivery]:
    """Return a page of a hook's deliveries, the newest first; raise 404."""
    await store.get(tx, hook_id)
    return await log.pages(tx, hook_id, page, state=state, kind=kind)


async def get_delivery(tx: Tx, hook_id: int, delivery_id: int) -> HookDeliveryDetail:
    """Return a delivery with what was sent; raise 404."""
    return await log.get(tx, hook_id, delivery_id)


async def send_again(tx: Tx, actor: Actor, hook_id: int, delivery_id: int) -> HookDelivery:
    """Queue the events of a delivery once more, marked as a replay. Raise 404, 409 when they are not kept."""
    hook = await store.get(tx, hook_id, lock=True)
    found = await log.get(tx, hook_id, delivery_id)
    if found.state == "waiting":
        raise conflict("This delivery still waits to be sent")
    if found.body is None or found.rows == 0:
        raise conflict("The events of this delivery are not kept any more; replay the period instead")
    events = payload.held_again(payload.read_body(found.body))
    (made,) = await queue.add(tx, hook, "replay", [(found.database_id, events)])
    await audit(tx, actor, "hook.replayed", kind="hook", object_id=hook_id, name=hook.name, after={"rows": found.rows})
    return await log.get(tx, hook_id, made)


async def sample_of(tx: Tx, types: list[str], database_id: int | None) -> Held:
    """Return an event as the first of some types has it."""
    properties = None
    if types and database_id is not None:
        row = await type_store.find_name(tx, database_id, types[0])
        if row is not None:
            declared = {name: given["type"] for name, given in row.properties.items()}
            properties = {**row.seen, **declared}
    return payload.sample(types, properties, tx.now)


async def sample_message(tx: Tx, type_: str, database_id: int | None) -> HookMessage:
    """Return a body as a hook would send it for a type."""
    event = await sample_of(tx, [type_], database_id)
    claimed = Claimed(
        id=0, message_id="msg_example", kind="test", database_id=database_id, rows=1, attempt=1, events=[event]
    )
    return payload.message(claimed, 0, {}, {}, tx.now)


async def try_out(engines: Engines, actor: Actor, hook_id: int) -> HookDelivery:
    """Send a made-up event now, whatever waits and whether the hook is active; return what came of it. Raise 404."""
    async with engines.tx() as tx:
        hook = await store.get(tx, hook_id)
        event = await sample_of(tx, hook.types, hook.database_id)
        (made,) = await queue.add(tx, hook, "test", [(hook.database_id, [event])])
        claimed = await queue.claim(tx, hook, made)
        assert claimed is not None
        await audit(tx, actor, "hook.tested", kind="hook", object_id=hook_id, name=hook.name)
    async with Fetcher(engines.settings, connections=1) as fetcher:
        outcome, body = await send(engines, fetcher, hook, claimed)
    async with engines.tx() as tx:
        await queue.settle(tx, claimed, outcome, body, "delivered" if outcome.delivered else "failed")
        return await log.get(tx, hook_id, made)


async def keep_house(engines: Engines) -> None:
    """Drop what has waited too long and tell so, and forget old entries of the log."""
    async with engines.tx() as tx:
        hooks = await store.ids(tx)
        before = tx.now - rules.KEEP
    for hook_id in hooks:
        async with engines.tx() as tx:
            hook = await store.hold(tx, hook_id)
            if hook is None:
                continue
            dropped = await queue.drop_old(tx, hook_id, before, rules.KEEP_EVENTS)
            await log.drop_bodies(tx, hook_id, rules.KEEP_BODIES)
            if dropped:
                await store.count(tx, hook_id, dropped=dropped)
                await tell(
                    tx,
                    kind=f"hook.{hook_id}.dropped",
                    level="critical",
                    title=f"Events for the hook {hook.name} were dropped",
                    body=f"{dropped:,} events waited for 7 days, or were more than {rules.KEEP_EVENTS:,}. "
                    "They stay in the history: replay the period once the receiver is back.",
                    link=f"/settings/hooks/{hook_id}",
                )
    while not engines.stop.is_set():
        async with engines.tx() as tx:
            if await log.purge(tx, before, _PURGED) < _PURGED:
                return
