"""Codes for people: a run gives each of them one, and the same again when it asks again."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from fidelia.platform.postgres import Tx

from .. import rules
from ..model import Giver, PromoPool
from ..store import batches as batches_store
from ..store import giving as store
from ..store import pools as pools_store
from ..store.giving import Want
from . import events

#: How often codes are drawn again that there are already.
TRIES = 20


class Given(msgspec.Struct, frozen=True):
    """Codes by who wanted them; ``reason`` is why the others got none."""

    codes: dict[Want, str]
    reason: str = ""


async def give(
    tx: Tx, pool_id: int, run_key: str, profiles: Sequence[int], *, by: Giver = "promotion"
) -> dict[int, str]:
    """Give people a code of a pool each; return it by profile. Who is missing got none: the pool is dry, or closed.

    The same ``run_key`` gives somebody the same code again, whenever it asks. A mailing or a scenario also makes
    codes, if the pool lets it. Raises 404.
    """
    wants = [Want(profile, run_key) for profile in profiles]
    found = await hand_out(tx, await pools_store.get(tx, pool_id), wants, by=by)
    return {want.profile_id: code for want, code in found.codes.items()}


async def give_in_turn(tx: Tx, pool_id: int, wants: Sequence[tuple[int, str]]) -> dict[tuple[int, str], str]:
    """Give codes of a pool to (profile, run) in this order: when it runs dry, the last get none. Raises 404.

    Nobody else gives codes for the same runs at the same time.
    """
    asked = [Want(*want) for want in wants]
    found = await hand_out(tx, await pools_store.get(tx, pool_id), asked, by="promotion", in_turn=True)
    return {(want.profile_id, want.run_key): code for want, code in found.codes.items()}


async def hand_out(tx: Tx, pool: PromoPool, wants: Sequence[Want], *, by: Giver, in_turn: bool = False) -> Given:
    """Give codes of a pool to people, each for a run of theirs; say why some got none.

    They are served in the order of their ids, so that nobody who gives to the same people at the same time waits for
    the other; ``in_turn`` in the order in which they come.
    """
    asked = list(dict.fromkeys(wants)) if in_turn else sorted(set(wants))
    codes = await _known(tx, pool, asked)
    missing = [want for want in asked if want not in codes]
    if not missing:
        return Given(codes)
    closed = rules.closed(pool, tx.now)
    if closed is not None:
        return Given(codes, rules.CLOSED[closed])
    expires = rules.expires(pool.expiry, tx.now)
    if expires is not None and expires <= tx.now:
        return Given(codes, "The codes of the pool have expired")
    if pool.kind == "universal":
        return await _share(tx, pool, codes, missing)
    fresh = await store.take(tx, pool.id, missing, expires)
    if len(fresh) < len(missing):
        fresh += await _otherwise(tx, pool, missing, fresh, codes, by)
    events.attached(tx, pool, [(row.profile_id, row.code) for row in fresh])
    codes |= {row.want: row.code for row in fresh}
    short = any(want not in codes for want in missing)
    return Given(codes, f"No codes are left in the pool {pool.name}" if short else "")


async def _known(tx: Tx, pool: PromoPool, wants: Sequence[Want]) -> dict[Want, str]:
    return {row.want: row.code for row in await store.given(tx, pool.id, wants)}


async def _otherwise(
    tx: Tx, pool: PromoPool, missing: Sequence[Want], fresh: Sequence[store.Taken], codes: dict[Want, str], by: Giver
) -> list[store.Taken]:
    """Look for what somebody else gave meanwhile; make what is missing where the giver may. Return what is new."""
    got = {row.want for row in fresh}
    rest = [want for want in missing if want not in got]
    codes |= await _known(tx, pool, rest)
    rest = [want for want in rest if want not in codes]
    may = {"mailing": pool.mailings_create, "scenario": pool.scenarios_create}.get(by, False)
    if not rest or not may or pool.way != "template" or pool.pattern is None:
        return []
    await pools_store.get(tx, pool.id, lock=True)  # nobody else makes codes past the limit
    there = await pools_store.codes(tx, pool.id) + await batches_store.waiting(tx, pool.id)
    rest = rest[: max(0, min(pool.code_limit, rules.room(pool.pattern)) - there)]
    expires = rules.expires(pool.expiry, tx.now)
    made: list[store.Taken] = []
    for _ in range(TRIES):
        if not rest:
            break
        drawn = [(code, rules.key_of(code)) for code in rules.draw(pool.pattern, len(rest))]
        made += await store.make(tx, pool.id, pool.database_id, rest, drawn, expires)
        done = {row.want for row in made}
        rest = [want for want in rest if want not in done]
    return made


async def _share(tx: Tx, pool: PromoPool, codes: dict[Want, str], missing: Sequence[Want]) -> Given:
    found = await store.shareable(tx, pool.id, pool.max_uses)
    if found is None:
        return Given(codes, f"The pool {pool.name} has no code that can be used")
    code_id, code, own = found
    expires = own or rules.expires(pool.expiry, tx.now)
    new = await store.share(tx, pool.id, pool.database_id, missing, code_id, expires)
    events.attached(tx, pool, [(profile, code) for profile in new])
    # Somebody else may have given the same people another code at the same moment: theirs counts.
    return Given(codes | await _known(tx, pool, missing))
