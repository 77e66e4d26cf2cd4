"""What pages tell of content they have got: that it was seen, closed, or left without a look."""

from __future__ import annotations

from datetime import datetime

from fidelia.platform.engines import Engines

from ...service.outlet import signer
from ...store import tracking as store
from ...store.tracking import Key, Reaction, RunFacts
from ...tracking.hits import HitBuffer
from ...tracking.tokens import Token
from . import rules
from .model import Told
from .reaching import line_of, reached
from .store import shows
from .store.shows import Raw


async def tell(engines: Engines, database_id: int, token: str, what: Told) -> bool:
    """Take what a page tells of one serving; ``False`` for a repeat, and for a token that is not ours or too old."""
    known = (await signer(engines)).read("v", token)
    if known is None or not 0 < known.run < 2**31:
        return False
    now = engines.clock.now()
    served = rules.served_at(known.occasion, now)
    run = await HitBuffer.of(engines).facts(known.run)
    if served is None or run is None or run.plan.placement is None or run.database_id != database_id:
        return False
    async with engines.db.hot() as raw:
        person = (await store.became(raw, [(known.run, known.profile)])).get((known.run, known.profile), known.profile)
        if what == "unseen":
            await shows.give_back(raw, known.run, person, known.occasion)
            return True
        if what == "closed":
            return await _closed(raw, run, known, person, now)
        most = run.plan.placement.max_shows
        if not await shows.shown(raw, known.run, person, known.occasion, most, served, now, rules.HOLD):
            return False
        await reached(raw, run, person, now)
        await _reacted(raw, run, person, "opened", known.occasion, now)
    return True


async def _closed(raw: Raw, run: RunFacts, known: Token, person: int, now: datetime) -> bool:
    done = await shows.close(raw, run.run_id, person, known.occasion, now)
    if done:
        await _reacted(raw, run, person, "closed", known.occasion, now)
    return done


async def _reacted(raw: Raw, run: RunFacts, person: int, kind: str, nonce: int, now: datetime) -> None:
    key = Key(run.run_id, person, 0, kind)
    await store.add(raw, [Reaction(key, 1, now, now)])
    await store.tell(raw, {run.database_id: [line_of(run, person, kind, str(nonce), now)]})
