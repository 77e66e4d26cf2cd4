"""What returns, cancellations and deliveries mean for points, limits and codes of a placed order.

Called by the market in the transaction of the change, with the order locked. What has come back is counted up, so
nothing comes back twice, however often and in whatever parts lines are returned.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_DOWN, Decimal
from uuid import UUID

import msgspec

from fidelia import profiles
from fidelia.market import LineChange, OrderDetail
from fidelia.platform.postgres import Tx

from .. import codes, ledger, members, programs
from ..promotions import add_to_counters, count_use, lock_counters, rules_of
from . import store
from .outcome import PROMISED, REACHED, usable_from
from .store import CalculationRow, EntryRow, Share, UseRow

OVER = ("cancelled", "refunded")
ZERO, ONE = Decimal(0), Decimal(1)
FOURTH = Decimal("0.0001")


async def follow_order(tx: Tx, before: OrderDetail, after: OrderDetail, changes: Sequence[LineChange]) -> None:
    """Give back what an order's change undoes, and credit promised points once it is paid or delivered."""
    row = await store.by_order(tx, after.id, lock=True)
    if row is None:
        return
    if row.program_id is not None and row.profile_id is not None:
        await members.lock(tx, row.program_id, [row.profile_id])
    run = _Run(tx, row, after)
    await run.load()
    await run.take_back(_fractions(after))
    await run.credit()
    await run.save()


def _fractions(order: OrderDetail) -> dict[int, Decimal]:
    """Return which part of every line has come back so far; of line 0, the order itself, all or nothing."""
    over = order.status in OVER
    found = {0: ONE if over else ZERO}
    for line in order.lines:
        if over or line.kind in OVER:
            found[line.line] = ONE
        else:
            found[line.line] = _part(line.refunded, line.total) or _part(line.refunded_quantity, line.quantity)
    return found


def _reached(accrue_on: str, order: OrderDetail) -> bool:
    """Tell whether an order is what its program waits for; what came back of it is not waited for."""
    if order.status in OVER:
        return False
    if order.status in REACHED[accrue_on]:
        return True
    # Money that was given back had been paid.
    if accrue_on == "paid":
        return order.status == "part_refunded"
    kept = [line.kind for line in order.lines if line.kind not in OVER]
    return bool(kept) and all(kind == "delivered" for kind in kept)


def _part(back: str, whole: str) -> Decimal:
    total = Decimal(whole)
    return min(Decimal(back) / total, ONE) if total > 0 else ZERO


class _Run:
    def __init__(self, tx: Tx, row: CalculationRow, order: OrderDetail) -> None:
        self.tx = tx
        self.row = row
        self.order = order
        self.places: dict[int, int] = {}
        self.changed: list[Share] = []
        self.moved = False

    async def load(self) -> None:
        """Read what the order led to."""
        self.shares = await store.shares(self.tx, self.row.id)
        self.entries = await store.entries(self.tx, self.row.id)
        self.uses = await store.uses(self.tx, self.row.id)
        if self.row.program_id is not None:
            types = await programs.point_types(self.tx, self.row.program_id, archived=True)
            self.types = {one.id: one for one in types.values()}
            self.places = {one.id: one.places for one in types.values()}

    async def take_back(self, parts: Mapping[int, Decimal]) -> None:
        """Bring everything down to what has not come back."""
        self.changed = [new for one in self.shares if (new := self._less(one, parts)).returned > one.returned]
        if not self.changed and parts[0] < ONE:
            return
        now = {_key(one): one for one in self.shares} | {_key(one): one for one in self.changed}
        grown = _grown(self.shares, now)
        await self._points(now)
        await self._limits(grown, whole=parts[0] >= ONE)
        if parts[0] >= ONE and not self.row.codes_given_back:
            await codes.release(self.tx, f"order:{self.order.id}")
            await store.finish(self.tx, self.row.id, {"codes_given_back": True})
        self.shares = list(now.values())

    def _less(self, one: Share, parts: Mapping[int, Decimal]) -> Share:
        part = parts.get(one.line, ONE)  # a line that is gone came back whole
        if part >= ONE:
            return msgspec.structs.replace(one, returned=one.amount)
        step = FOURTH if one.what == "discount" else ONE.scaleb(-self.places.get(one.point_type_id, 4))
        returned = (one.amount * part).quantize(step, ROUND_DOWN)
        return msgspec.structs.replace(one, returned=max(returned, one.returned))

    async def _points(self, now: Mapping[tuple[str, int, int, int], Share]) -> None:
        """Take earned points back and give spent ones back, in proportion to the shares that came back."""
        if self.row.program_id is None:
            return
        taking: list[ledger.TakeBack] = []
        giving: list[ledger.GiveBack] = []
        returned: dict[UUID, Decimal] = {}
        because = ledger.Because(source_type="order", source_id=str(self.order.id), reason="Returned")
        for entry in self.entries:
            target = self._target(entry, now)
            delta = target - entry.returned
            if delta <= 0:
                continue
            if entry.what == "held":
                await self._promise_less(entry, target)
                continue
            returned[entry.transaction_id] = target
            why = msgspec.structs.replace(because, promotion_id=entry.promotion_id or None)
            if entry.what == "redeem":
                giving.append(ledger.GiveBack(transaction_id=entry.transaction_id, amount=delta, because=why))
            else:
                taking.append(ledger.TakeBack(transaction_id=entry.transaction_id, amount=delta, because=why))
        # What was spent comes first, so that it can pay for what is taken.
        if giving:
            await ledger.give_back(self.tx, self.row.program_id, giving)
        if taking:
            await ledger.take_back(self.tx, self.row.program_id, taking)
            self.moved = True
        await store.set_entries(self.tx, self.row.id, returned)

    def _target(self, entry: EntryRow, now: Mapping[tuple[str, int, int, int], Share]) -> Decimal:
        """Return how much of a transaction has to have come back."""
        what = "redeem" if entry.what == "redeem" else "accrue"
        mine = [
            one
            for one in now.values()
            if (one.what, one.promotion_id, one.point_type_id) == (what, entry.promotion_id, entry.point_type_id)
        ]
        total, back = sum((one.amount for one in mine), ZERO), sum((one.returned for one in mine), ZERO)
        if total <= 0 or back >= total:
            return entry.amount
        step = ONE.scaleb(-self.places.get(entry.point_type_id, 4))
        return max(entry.returned, (entry.amount * back / total).quantize(step, ROUND_DOWN))

    async def _promise_less(self, entry: EntryRow, back: Decimal) -> None:
        """Promise only what is left of an accrual that waits."""
        program_id, profile_id = self.row.program_id, self.row.profile_id
        if program_id is None or profile_id is None:
            return
        await ledger.finish(self.tx, program_id, [entry.transaction_id], "rollback")
        await store.drop_entries(self.tx, self.row.id, [entry.transaction_id])
        self.entries = [one for one in self.entries if one.transaction_id != entry.transaction_id]
        if back >= entry.amount:
            return
        because = ledger.Because(
            source_type="order", source_id=str(self.order.id), promotion_id=entry.promotion_id or None
        )
        accrual = ledger.Accrual(
            profile_id=profile_id,
            point_type_id=entry.point_type_id,
            amount=entry.amount - back,
            hold_until=self.tx.now + PROMISED,
            because=because,
        )
        (made,) = await ledger.accrue(self.tx, program_id, [accrual])
        await self._note(msgspec.structs.replace(entry, transaction_id=made.id, returned=back))

    async def _note(self, entry: EntryRow) -> None:
        await store.add_entries(self.tx, self.row.id, [entry])
        self.entries = [*self.entries, entry]

    async def credit(self) -> None:
        """Credit what was promised, once the order is what its program waits for."""
        row = self.row
        if row.accrued_at is not None or row.accrue_on is None or row.program_id is None or row.profile_id is None:
            return
        if not _reached(row.accrue_on, self.order):
            return
        waiting = [one for one in self.entries if one.what == "held"]
        days = (await rules_of(self.tx, row.program_id)).return_days
        program = await programs.program(self.tx, row.program_id)
        zone = (await profiles.get_database(self.tx, program.database_id)).timezone
        if waiting:
            ids = [one.transaction_id for one in waiting]
            await ledger.finish(self.tx, row.program_id, ids, "rollback")
            made = await ledger.accrue(
                self.tx,
                row.program_id,
                [
                    ledger.Accrual(
                        profile_id=row.profile_id,
                        point_type_id=one.point_type_id,
                        amount=one.amount - one.returned,
                        active_from=usable_from(self.types[one.point_type_id], self.tx.now, zone, days),
                        because=ledger.Because(
                            source_type="order", source_id=str(self.order.id), promotion_id=one.promotion_id or None
                        ),
                    )
                    for one in waiting
                ],
            )
            await store.drop_entries(self.tx, row.id, ids)
            self.entries = [one for one in self.entries if one.what != "held"]
            for one, done in zip(waiting, made, strict=True):
                amount = one.returned + done.change
                await self._note(msgspec.structs.replace(one, transaction_id=done.id, what="accrue", amount=amount))
            self.moved = True
        await store.finish(self.tx, row.id, {"accrued_at": self.tx.now})

    async def _limits(self, grown: Mapping[int, tuple[Decimal, Decimal]], *, whole: bool) -> None:
        """Give limits back what came back of money and points, and the use itself once the whole order did."""
        changed: list[UseRow] = []
        figures: dict[int, tuple[int, Decimal, Decimal]] = {}
        counters: dict[int, tuple[int, Decimal, Decimal]] = {}
        for one in self.uses:
            money, points = grown.get(one.promotion_id, (ZERO, ZERO))
            uses = one.uses - one.returned_uses if whole else 0
            money = min(money, one.money - one.returned_money)
            points = min(points, one.points - one.returned_points)
            if not (uses or money or points):
                continue
            changed.append(
                msgspec.structs.replace(
                    one,
                    returned_uses=one.returned_uses + uses,
                    returned_money=one.returned_money + money,
                    returned_points=one.returned_points + points,
                )
            )
            figures[one.promotion_id] = -uses, -money, -points
            counters |= dict.fromkeys(one.counters, (uses, money, points))
        amounts: dict[int, Decimal] = {}
        for id_, what in (await lock_counters(self.tx, counters)).items():
            uses, money, points = counters[id_]
            amount = {"uses": Decimal(uses), "money": money, "points": points}[what]
            if amount:
                amounts[id_] = -amount
        await add_to_counters(self.tx, amounts)
        await store.set_uses(self.tx, self.row.id, changed)
        await count_use(self.tx, self.row.profile_id or 0, figures)

    async def save(self) -> None:
        """Store what has come back, and bring levels up to it."""
        await store.set_shares(self.tx, self.row.id, self.changed)
        if self.moved and self.row.program_id is not None and self.row.profile_id is not None:
            await members.settle_levels(self.tx, self.row.program_id, [self.row.profile_id])


def _key(one: Share) -> tuple[str, int, int, int]:
    return one.what, one.promotion_id, one.point_type_id, one.line


def _grown(
    before: Sequence[Share], now: Mapping[tuple[str, int, int, int], Share]
) -> dict[int, tuple[Decimal, Decimal]]:
    """Return what more has come back of each promotion: money and points."""
    found: dict[int, tuple[Decimal, Decimal]] = {}
    for one in before:
        delta = now[_key(one)].returned - one.returned
        if delta > 0 and one.promotion_id:
            money, points = found.get(one.promotion_id, (ZERO, ZERO))
            found[one.promotion_id] = (money + delta, points) if one.what == "discount" else (money, points + delta)
    return found
