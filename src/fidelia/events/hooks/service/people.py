"""What hooks keep about people: queues and logs forget who is erased (ports of profiles)."""

from __future__ import annotations

from typing import Any

from pyroaring import BitMap

from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx

from .. import payload
from ..store import log


async def forget_people(tx: Tx, database_id: int, gone: BitMap) -> dict[str, int]:
    """Take erased people's events out of what waits and of what was sent."""
    changed = 0
    for row in await log.with_people(tx, database_id, list(gone)):
        changed += 1
        values: dict[str, Any] = {"profiles": [n for n in row.profiles if n not in gone], "response": None}
        left = row.rows
        if row.events is not None:
            events = [event for event in payload.read_lines(row.events) if event.profile not in gone]
            values["events"], left = payload.lines(events), len(events)
        if row.body is not None:
            values["body"], kept = payload.without(row.body, gone)
            left = kept if row.events is None else left
        if left == 0 and row.state == "waiting":
            await log.remove(tx, row.id)
        else:
            await log.rewrite(tx, row.id, values | {"rows": left})
    return {"hook_deliveries": changed}


async def personal_data(engines: Engines, database_id: int, profile_id: int) -> dict[str, Any]:
    """Return which events about somebody were sent to whom, or wait to be."""
    async with engines.tx() as tx:
        rows = await log.about(tx, database_id, profile_id)
    found = []
    for row in rows:
        if row.body is not None:
            events = payload.held_again(payload.read_body(row.body))
        else:
            events = payload.read_lines(row.events)
        told = [{"id": e.id, "type": e.type, "at": e.at} for e in events if e.profile == profile_id]
        found.append({"hook": row.name, "url": row.url, "state": row.state, "at": row.tried_at, "events": told})
    return {"hooks": found}
