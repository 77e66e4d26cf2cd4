"""The part of the site script that fills slots, for databases that have some."""

from __future__ import annotations

import time
from pathlib import Path

from fidelia.platform.engines import Engines

from .store import slots as store

_SOURCE = Path(__file__).with_name("slots.js")
_PORT = "messages.slots_script"
_KEEP_SECONDS = 10.0


class _Kept:
    def __init__(self) -> None:
        lines = (line.strip() for line in _SOURCE.read_text(encoding="utf-8").splitlines())
        self.source = "\n".join(line for line in lines if line and not line.startswith("//"))
        self.known: dict[int, tuple[float, bool]] = {}


async def slots_part(engines: Engines, database_id: int) -> str:
    """Return the part (see :data:`fidelia.events.SITE_PARTS`), as things were some seconds ago at most."""
    found = engines.ports.get(_PORT)
    kept = found if isinstance(found, _Kept) else engines.ports.setdefault(_PORT, _Kept())
    known = kept.known.get(database_id)
    if known is None or known[0] < time.monotonic():
        async with engines.tx() as tx:
            known = time.monotonic() + _KEEP_SECONDS, await store.any_in(tx, database_id)
        kept.known[database_id] = known
    return kept.source if known[1] else ""
