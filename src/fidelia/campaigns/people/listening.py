"""Interactions that widen the audience: who opens, clicks, reaches a goal or orders comes in, and is split at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import cast

from pyroaring import BitMap

from fidelia import messages
from fidelia.platform import listeners
from fidelia.platform.engines import Engines
from fidelia.platform.listeners import Caught, Listener
from fidelia.platform.postgres import Tx

from ..model import Source
from ..store import campaigns as store
from ..store import people as lists
from .admission import admit

CONSUMER = "campaign"
_TYPES = {"opened": "message.opened", "clicked": "message.clicked"}
_ROUND = "campaigns.round"


async def listen_for(tx: Tx, campaign_id: int) -> None:
    """Listen to what the present activities of a campaign are widened by; a campaign that is not active hears nothing.

    Called whenever its state or its activities change.
    """
    row = await store.get(tx, campaign_id)
    ways = {way for found in (await lists.widening(tx, campaign_id, _TYPES)).values() for way in found}
    types = [type_ for way, type_ in _TYPES.items() if way in ways]
    if types and row.state == "active" and row.archived_at is None:
        await listeners.listen(tx, CONSUMER, campaign_id, database_id=row.database_id, types=types)
    else:
        await listeners.unlisten(tx, CONSUMER, campaign_id)


async def hold(tx: Tx, campaign_id: int) -> None:
    """Let nobody come in by interactions before this transaction ends; who locks the campaign next does this first."""
    await listeners.hold(tx, CONSUMER, campaign_id)


async def round_of(engines: Engines) -> int:
    """Deal with everything that was caught; return how many events it was. One round at a time runs in a process."""
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
    """Let the people of a chunk of events in, inside the transaction that takes it off the queue.

    Opens and clicks of machines are no events, so they bring nobody.
    """
    widening = await lists.widening(tx, listener.object_id, _TYPES)
    found: dict[tuple[str, int], BitMap] = defaultdict(BitMap)
    for event in caught.events():
        way, mailing = event.type.removeprefix("message."), event.properties.get("mailing")
        if isinstance(mailing, int) and way in widening.get(mailing, ()):
            found[way, mailing].add(event.profile_id)
    for (way, mailing), people in sorted(found.items()):
        await admit(tx, listener.object_id, people, source=cast(Source, way), activity=mailing)


async def converted(tx: Tx, database_id: int, items: Sequence[messages.Converted]) -> None:
    """Let in who reached a goal or ordered by a message (a port of messages)."""
    found: dict[tuple[str, int], BitMap] = defaultdict(BitMap)
    for item in items:
        found[item.kind, item.mailing_id].add(item.profile_id)
    for way in ("goal", "order"):
        campaigns = await lists.campaigns_of(tx, [mailing for kind, mailing in found if kind == way], way)
        for mailing, campaign_id in sorted(campaigns.items(), key=lambda item: item[1]):
            await admit(tx, campaign_id, found[way, mailing], source=way, activity=mailing)
