"""What conditions may say of people's points and levels, under the names that the vocabulary has for them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from fidelia.platform.postgres import Tx

from .. import ledger, members, programs
from ..programs import PointType, Program
from .compile import Ready


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


def person_facts(
    known: Ready,
    balances: Mapping[int, ledger.Balance],
    standings: Mapping[int, members.Standing],
    joined_at: datetime | None,
) -> dict[str, Any]:
    """Return the loyalty fields of one person, as far as conditions ask for them; ``joined_at`` of a member."""
    root, found = f"loyalty.{known.program.external_id}", dict[str, Any]()
    if any(name.startswith(f"{root}.points.") for name in known.loyalty):
        for one in known.types.values():
            balance = balances.get(one.id, ledger.NOTHING)
            found[f"{root}.points.{one.key}.active"] = balance.active
            found[f"{root}.points.{one.key}.pending"] = balance.pending
    if any(name.startswith(f"{root}.levels.") for name in known.loyalty):
        for group in known.setting.groups:
            standing = standings.get(group.id)
            for level in group.levels:
                if standing is not None and level.id == standing.level_id:
                    found[f"{root}.levels.{group.key}"] = level.key
    if f"{root}.joined_at" in known.loyalty and joined_at is not None:
        found[f"{root}.joined_at"] = joined_at
    return found
