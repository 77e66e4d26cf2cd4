"""What giving back parts of an order would mean for points, told before it is done. Writes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_DOWN, Decimal

from fidelia.kernel.money import amount_text
from fidelia.market import LineChange, OrderDetail
from fidelia.platform.postgres import Tx

from .. import ledger, programs
from . import store

ZERO, ONE = Decimal(0), Decimal(1)


async def foretell_refund(tx: Tx, order: OrderDetail, changes: Sequence[LineChange]) -> list[str]:
    """Return sentences on the points that would be taken back or given back (a port of the market)."""
    row = await store.by_order(tx, order.id)
    if row is None or row.program_id is None or row.profile_id is None:
        return []
    parts = _parts(order, changes)
    types = {one.id: one for one in (await programs.point_types(tx, row.program_id, archived=True)).values()}
    moved: dict[tuple[str, int], Decimal] = {}
    for share in await store.shares(tx, row.id):
        if share.what == "discount" or share.line not in parts:
            continue
        step = ONE.scaleb(-types[share.point_type_id].places)
        target = (share.amount * parts[share.line]).quantize(step, ROUND_DOWN)
        more = max(target - share.returned, ZERO)
        key = share.what, share.point_type_id
        moved[key] = moved.get(key, ZERO) + more
    balances = (await ledger.balances(tx, row.program_id, [row.profile_id])).get(row.profile_id, {})
    said = []
    for type_id in sorted({type_id for _, type_id in moved}):
        name = types[type_id].name
        back, given = moved.get(("accrue", type_id), ZERO), moved.get(("redeem", type_id), ZERO)
        waits = row.accrued_at is None
        if given:
            said.append(f"Gives back {amount_text(given)} {name} that paid for it")
        if back and waits:
            said.append(f"{amount_text(back)} {name} that wait for the order are dropped")
        if back and not waits:
            total = balances.get(type_id, ledger.NOTHING).total
            after = total + given - back
            tail = ", the next points repay it" if after < 0 else ""
            said.append(
                f"Takes back {amount_text(back)} {name}: balance {amount_text(total)} → {amount_text(after)}{tail}"
            )
    return said


def _parts(order: OrderDetail, changes: Sequence[LineChange]) -> dict[int, Decimal]:
    """Return which part of every line would have come back."""
    lines = {line.line: line for line in order.lines}
    found = {}
    for change in changes:
        line = lines[change.line]
        total = Decimal(line.total)
        if change.kind_after in ("refunded", "cancelled"):
            found[change.line] = ONE
        elif total > 0:
            found[change.line] = min((Decimal(line.refunded) + change.amount) / total, ONE)
    return found
