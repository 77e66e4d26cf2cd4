"""From what the drain has caught for hooks to batches in their queues."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from fidelia.platform import listeners
from fidelia.platform.engines import Engines
from fidelia.platform.listeners import Caught, Listener
from fidelia.platform.postgres import Tx

from ...store import types as type_store
from .. import payload, rules
from ..model import Held, HookFilters
from ..store import hooks as store
from ..store import queue

CONSUMER = "hooks"


async def take_in(engines: Engines) -> int:
    """Take one chunk of each hook into its queue; return how many events they held."""
    return await listeners.consume(engines, CONSUMER, _take)


async def _take(tx: Tx, listener: Listener, caught: Caught) -> None:
    """Filter a chunk and cut it into batches, in the transaction that takes it off the listener's queue."""
    hook = await store.hold(tx, listener.object_id)
    if hook is None:  # it was deleted a moment ago
        return
    deleted = await type_store.archived(tx, caught.database_id)
    events = list(_wanted(caught, hook.types, hook.filters, deleted))
    if events:
        await queue.append(tx, hook, caught.database_id, events)


def _wanted(caught: Caught, types: Sequence[str], filters: HookFilters, deleted: frozenset[str]) -> Iterator[Held]:
    for event in caught.events():
        if event.type in deleted or (types and event.type not in types):
            continue
        properties: Mapping[str, object] = event.properties
        if rules.matches(filters, properties):
            yield Held(event.id, event.type, payload.moment(event.at), event.profile_id, dict(properties))
