"""Trigger promotions that wait for events: who listens, and what happens when an event comes.

A promotion does its work once for each event: the number of the event is the reference that ``fire`` keeps. Whoever
does not fit, has used it as often as they may, or is no member is left out. A chunk of events is dealt with as one: in
a few questions and a few writes, however many people it is about.
"""

from __future__ import annotations

from pyroaring import BitMap

from fidelia.kernel.errors import Problem
from fidelia.platform import listeners
from fidelia.platform.engines import Engines
from fidelia.platform.listeners import Caught, CaughtEvent, Listener
from fidelia.platform.postgres import Tx

from ... import members
from ...programs import program
from ..checks import scope_of
from ..model import PromotionDefinition
from ..store import promotions as store
from ..store.promotions import PromotionRow
from .fire import fire_all, running
from .gifts import Wish
from .reading import read_definition

CONSUMER = "loyalty.promotions"
_ROUND = "loyalty.promotions.round"


async def attend(tx: Tx, row: PromotionRow) -> None:
    """Listen to what the versions of a promotion wait for, now or later; no more when it does not run."""
    versions = await store.versions(tx, [row.id], tx.now) if row.kind == "trigger" and row.state == "active" else []
    types = {read_definition(version).event for version in versions if version.effective_at is not None}
    waits = sorted(type_ for type_ in types if type_ is not None)
    if waits:
        owner = await program(tx, row.program_id)
        await listeners.listen(tx, CONSUMER, row.id, database_id=owner.database_id, types=waits)
    else:
        await listeners.unlisten(tx, CONSUMER, row.id)


async def round_of(engines: Engines) -> int:
    """Deal with the events that came for promotions; return how many. One round at a time runs in a process."""
    if engines.ports.get(_ROUND):
        return 0
    engines.ports[_ROUND] = True
    try:
        done = 0
        while not engines.stop.is_set() and (some := await listeners.consume(engines, CONSUMER, catch)):
            done += some
        return done
    finally:
        engines.ports[_ROUND] = False


async def catch(tx: Tx, listener: Listener, caught: Caught) -> None:
    """Let a promotion do its work for each event of a chunk, inside the transaction that takes it off the queue."""
    row = await store.get(tx, listener.object_id)
    try:
        definition = await running(tx, row)
    except Problem:
        return
    happened = [event for event in caught.events() if event.type == definition.event and _in_time(definition, event)]
    scope = await scope_of(tx, row.program_id, [definition])
    if not happened or scope.program.state != "active":
        return
    # members are locked first, the lowest first, as everywhere: limits and accounts come after them
    inside = await members.admit(tx, row.program_id, BitMap([event.profile_id for event in happened]))
    wishes = [Wish(event.profile_id, f"event:{event.id}") for event in happened if event.profile_id in inside]
    await fire_all(tx, row, definition, scope, wishes)


def _in_time(definition: PromotionDefinition, event: CaughtEvent) -> bool:
    """Tell whether something happened while the promotion ran: what is told late counts by when it happened."""
    begun = definition.starts_at is None or event.at >= definition.starts_at
    return begun and (definition.ends_at is None or event.at < definition.ends_at)
