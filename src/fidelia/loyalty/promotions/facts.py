"""What conditions may say of people's points and levels, under the names that the vocabulary has for them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from fidelia.platform.postgres import Tx

from .. import ledger, members, programs
from ..programs import PointType, Program


async def loyalty_facts(
    tx: Tx,
    program: Program,
    types: Iterable[PointType],
    ids: Collection[int],
    names: Collection[str],
    balances: Mapping[int, Mapping[int, ledger.Balance]] | None = None,
) -> dict[int, dict[str, Any]]:
    """Return the loyalty fields of people, as far as ``names`` asks for them; ``balances`` when they are known."""
    root = f"loyalty.{program.external_id}"
    found: dict[int, dict[str, Any]] = {id_: {} for id_ in ids}
    if any(name.startswith(f"{root}.points.") for name in names):
        known = balances if balances is not None else await ledger.balances(tx, program.id, ids)
        for one in types:
            for id_ in ids:
                balance = known.get(id_, {}).get(one.id, ledger.NOTHING)
                found[id_][f"{root}.points.{one.key}.active"] = balance.active
                found[id_][f"{root}.points.{one.key}.pending"] = balance.pending
    if any(name.startswith(f"{root}.levels.") for name in names):
        groups = {group.id: group.key for group in await programs.level_groups(tx, program.id)}
        for id_, levels in (await members.levels(tx, program.id, ids)).items():
            found[id_].update({f"{root}.levels.{groups[group]}": level.key for group, level in levels.items()})
    if f"{root}.joined_at" in names:
        for id_, at in (await members.joined(tx, program.id, ids)).items():
            found[id_][f"{root}.joined_at"] = at
    return found
