"""Whose orders are: profiles named by their ids, or found by a field."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fidelia import profiles
from fidelia.kernel.errors import Problem, invalid_field
from fidelia.kernel.ids import MAX_PROFILE_ID
from fidelia.platform.postgres import Tx

from ..model import ItemResult, OrderIn
from .goods import rejected


async def whose_orders(tx: Tx, database_id: int, orders: Sequence[OrderIn]) -> tuple[dict[int, int], list[ItemResult]]:
    """Find whose each order is; return profiles by index, and results for those of nobody."""
    database = await profiles.get_database(tx, database_id)
    found: dict[int, int] = {}
    refused: list[ItemResult] = []
    asked: dict[str, dict[int, Any]] = {}
    for n, order in enumerate(orders):
        if (order.profile is None) == (order.match is None) or (order.match is not None and len(order.match) != 1):
            why = invalid_field("/profile", "Name the profile by its id, or by match with one field")
            refused.append(rejected(n, why))
        elif order.profile is not None:
            found[n] = order.profile
        elif order.match is not None:
            ((field, value),) = order.match.items()
            asked.setdefault(field, {})[n] = value
    there = set(await profiles.exists(tx, database_id, {i for i in found.values() if 0 < i <= MAX_PROFILE_ID}))
    became = await profiles.resolve(tx, database_id, set(found.values()) - there)
    found = {n: became.get(profile, profile) for n, profile in found.items()}
    there |= set(became.values())
    for n in [n for n, profile in found.items() if profile not in there]:
        refused.append(rejected(n, invalid_field("/profile", f"There is no profile {found.pop(n)}")))
    for field, keys in asked.items():
        known = database.field("phones" if field == "phone" else field)
        read: dict[int, Any] = {}
        for n, value in keys.items():
            try:
                read[n] = value if known is None else profiles.read_key(known, value)
            except ValueError as exc:
                refused.append(rejected(n, invalid_field(f"/match/{field}", str(exc))))
        try:
            ids = await profiles.match_ids(tx, database_id, field, set(read.values()))
        except Problem as problem:
            refused += [rejected(n, problem) for n in read]
            continue
        for n, value in read.items():
            if value in ids:
                found[n] = ids[value]
            else:
                refused.append(rejected(n, invalid_field(f"/match/{field}", f"Nobody has {field} {keys[n]!r}")))
    return found, refused
