"""An order placed: worked out again, refused when its price has changed, written with all that comes of it.

One transaction. Locks are taken in the order that holds for everybody: the order's id, members, accounts, counters of
promotions, codes, figures of promotions. Orders that share a limit wait for each other while its counter is locked, so
it is taken last of all; when it has too little left by then, everything is undone and done again with counters locked
before. Orders with codes, which are locked after counters, begin with that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

import msgspec

from fidelia import market
from fidelia.access import Actor
from fidelia.kernel.errors import FieldError, Problem, conflict, invalid_field, not_found
from fidelia.platform.postgres import Asked, Buffered, Tx

from .. import codes, ledger, members, pricing
from ..promotions import (
    CounterKey,
    Ready,
    Scene,
    add_to_counters,
    ask_open,
    ask_scene,
    ask_take,
    count_use,
    hold,
    open_missing,
    ready_in,
    takings,
    used,
)
from . import amounts, store
from .asking import AskedBuyer, ask_buyer, ask_items
from .calculate import calculate, shown
from .context import Context, ask_early, ask_whom, left_over, put_together, refused
from .model import Calculated, Committed, OrderCommit
from .outcome import PROMISED, REACHED, order_in, shares_of, usable_from, uses_of
from .partners import keep_partners
from .store import EntryRow, Share, UseRow

ATTEMPTS = 5


class _Taken(msgspec.Struct, frozen=True):
    """What an order takes: its id in the market, shares and uses, what it earns, ids for lots.

    ``amounts`` are taken of counters that are locked; ``late`` (ids, amounts, the most) of those that are not yet.
    ``before`` is what the transaction had to send when counters were marked.
    """

    order_id: int
    shares: list[Share]
    uses: list[UseRow]
    amounts: dict[int, Decimal]
    late: list[tuple[int, Decimal, Decimal]]
    before: Buffered
    accruals: list[ledger.Accrual]
    lot_ids: list[int]


class _First(NamedTuple):
    """The first questions of an order."""

    begun: Asked[int | None]
    scene: Asked[Scene | None]
    items: Asked[dict[str, market.Item]]
    book: Asked[market.Book]
    buyer: AskedBuyer | None


class _UsedUpError(Exception):
    """A limit had too little left when it was to be taken: nothing is done, and nothing of promotions is locked."""


async def commit(tx: Tx, actor: Actor, order: OrderCommit) -> Committed:
    """Place an order; raise 404, 409 when its price has changed or its id has another order, 422.

    The same order under the same id again gets the first answer and does nothing.
    """
    asked = hashlib.blake2b(msgspec.json.encode(order), digest_size=16).digest()
    begun, seen, items, book, early = await ask_early(tx, order, lambda guess: _ask(tx, order, asked, guess))
    scene, calculation_id = await seen.answer(), await begun.answer()
    if scene is None:
        raise not_found("Database", order.database)
    if calculation_id is None:
        return await _again(tx, order, asked)
    if order.profile is None and order.match is None:
        raise invalid_field("/profile", "Say who buys: an order belongs to a profile")
    known = await ready_in(tx, scene)
    buyer = await ask_whom(tx, order, known, tx.now, locked=True, early=early)
    assert buyer.profile_id is not None
    if known is not None and await buyer.member() is None and await _joins(tx, known, buyer.profile_id):
        buyer = await ask_whom(tx, order, known, tx.now, locked=True)
    goods, sold = await items.answer(), await book.answer()
    try:
        return await _Placing(tx, actor, order, calculation_id, buyer, goods, sold, late=True).place()
    except _UsedUpError:
        buyer = await ask_whom(tx, order, known, tx.now, locked=True)  # what was read of them has been worked on
        return await _Placing(tx, actor, order, calculation_id, buyer, goods, sold, late=False).place()


async def _ask(tx: Tx, order: OrderCommit, asked: bytes, guess: Ready | None) -> _First:
    async with tx.together():
        return _First(
            await store.ask_begin(tx, order.database, order.external_id, asked, order.currency),
            await ask_scene(tx, order.database),
            await ask_items(tx, order),
            await market.ask_book(tx, order.database),
            None if guess is None else await ask_buyer(tx, order, guess, order.profile, tx.now, locked=True),
        )


async def _again(tx: Tx, order: OrderCommit, asked: bytes) -> Committed:
    before, reply = await store.first_answer(tx, order.database, order.external_id)
    if before != asked:
        raise conflict(f"There is another order {order.external_id} already", FieldError("/external_id", "Taken"))
    return msgspec.structs.replace(msgspec.convert(reply, Committed), repeated=True)


async def _joins(tx: Tx, known: Ready, profile_id: int) -> bool:
    """Make the buyer a member where the program lets them in by themselves; tell whether they are one now."""
    try:
        async with tx.savepoint():
            await members.require(tx, known.program.id, [profile_id])
    except Problem as problem:
        if problem.status != 409:  # whoever may not come in buys without the program
            raise
        return False
    return True


class _Placing:
    """An order being placed, with all that was read and locked for it."""

    def __init__(
        self,
        tx: Tx,
        actor: Actor,
        order: OrderCommit,
        calculation_id: int,
        buyer: AskedBuyer,
        items: Mapping[str, market.Item],
        book: market.Book,
        *,
        late: bool,
    ) -> None:
        assert buyer.profile_id is not None
        self.tx = tx
        self.actor = actor
        self.order = order
        self.calculation_id = calculation_id
        self.buyer = buyer
        self.profile_id = buyer.profile_id
        self.items = items
        self.book = book
        #: Whether counters may be locked last of all.
        self.late = late
        self.purse: ledger.Purse | None = None
        #: Since when the buyer is a member.
        self.joined_at: datetime | None = None

    async def place(self) -> Committed:
        """Work the order out, and again when somebody else used up a limit meanwhile; write it."""
        tx, order = self.tx, self.order
        if self.buyer.known is not None and self.buyer.asked_purse is not None:
            found = await self.buyer.member()
            if found is not None and found[0] == "active":
                self.joined_at = found[1]
                self.purse = await self.buyer.asked_purse.answer(self.buyer.known.setting)
        context = await put_together(tx, order, self.items, self.buyer, tx.now, self.purse)
        if (bad := refused(context.codes)) is not None:
            raise bad
        for _ in range(ATTEMPTS):
            result = calculate(context, tx.now)
            calculated = shown(order, context, result)
            _same_price(order, result, calculated)
            taken = await self._take(context, result)
            if taken is not None:
                return await self._write(context, result, calculated, taken)
            taken_by_now = await used(tx, [key for key, _ in context.counters])
            left = left_over(context.ready, context.counters, taken_by_now, order.currency)
            context = msgspec.structs.replace(context, left=left)
        raise conflict("Too many orders use the same promotions at this moment: try again")

    async def _take(self, context: Context, result: pricing.Result) -> _Taken | None:
        """Take from the limits, place the order in the market; ``None`` when a limit has too little left by now."""
        tx, order = self.tx, self.order
        shares = shares_of(context, result, order.currency)
        uses = uses_of(shares, result)
        wanted = takings(
            context.counters,
            {one.promotion_id: {"uses": Decimal(one.uses), "money": one.money, "points": one.points} for one in uses},
        )
        keys = {one.key for one in wanted}
        seen = await self.buyer.used()
        late = self._may_be_late(context, result, keys - seen.keys())
        worked, goods = await market.work_out_order(tx, order_in(order, context, result, tx.now), self.book, self.items)
        accruals = self._accruals(context, result)
        points = {*(one.point_type for one in result.redeem), *(one.point_type_id for one in accruals)}
        before = tx.buffered()
        held: Asked[dict[CounterKey, tuple[int, Decimal]]] | None = None
        async with tx.together():
            opened = await self.purse.ask_missing(sorted(points)) if self.purse is not None else None
            if keys:
                await store.mark(tx)
            if keys and not late:
                held = await hold(tx, keys)
            elif missing := keys - seen.keys():
                held = await ask_open(tx, missing)
            asked = await market.ask_place_order(
                tx, order.database, worked, goods, self.book, profile_id=self.profile_id
            )
            lots = await self.purse.prepare(accruals) if self.purse is not None else None
        if self.purse is not None and opened is not None:
            self.purse.take_in(await opened.answer())
        found = {} if held is None else dict(await held.answer())
        if late:
            found = {**seen, **found}
        elif missing := keys - found.keys():
            await open_missing(tx, missing)
            found |= await (await hold(tx, missing)).answer()
        if any(found[one.key][1] + one.amount > one.most for one in wanted):
            await store.back_to_mark(tx)
            return None
        order_id = await asked.answer(history=not order.skip_triggers)
        ids = {one.key: found[one.key][0] for one in wanted}
        counters = {
            one.promotion_id: [id_ for key, id_ in ids.items() if key.promotion_id == one.promotion_id] for one in uses
        }
        return _Taken(
            order_id,
            shares,
            [msgspec.structs.replace(one, counters=counters[one.promotion_id]) for one in uses],
            {} if late else {ids[one.key]: one.amount for one in wanted},
            [(ids[one.key], one.amount, one.most) for one in wanted] if late else [],
            before,
            accruals,
            [] if lots is None else await lots.answer(),
        )

    def _may_be_late(self, context: Context, result: pricing.Result, missing: Collection[CounterKey]) -> bool:
        """Tell whether counters may be locked last: no codes are in it, and those that are missing are the member's."""
        if not self.late or context.codes or result.codes:
            return False
        return all(key.profile_id and self.joined_at is not None for key in missing)

    async def _write(
        self, context: Context, result: pricing.Result, calculated: Calculated, taken: _Taken
    ) -> Committed:
        tx, order, known = self.tx, self.order, context.ready
        reached = known is None or order.status in REACHED[known.rules.accrue_on]
        entries = self._post(context, result, taken)
        given = await _codes(tx, context, result, taken.order_id, self.profile_id)
        answer = Committed(
            order=taken.order_id, external_id=order.external_id, repeated=False, codes=given, calculation=calculated
        )
        about = {
            "order": taken.order_id,
            "program": None if known is None else known.program.id,
            "profile": self.profile_id,
            "reply": {"order": answer.order, "external_id": answer.external_id, "repeated": False, "codes": given},
            "discount": amounts.money_value(result.discount, order.currency),
            "final": amounts.money_value(result.final, order.currency),
            "accrue_on": None if known is None else known.rules.accrue_on,
            "accrued_at": tx.now if reached else None,
        }
        settles = known is not None and known.setting.groups and reached and bool(taken.accruals)
        levels: members.AskedLevels | None = None
        await keep_partners(tx, self.calculation_id, context, tx.now)
        async with tx.together():
            await add_to_counters(tx, taken.amounts)
            if self.purse is not None and entries:
                await self.purse.save(self.actor)
            if known is not None and settles:
                levels = await members.ask_levels(tx, known.setting, self.profile_id)
            trace = msgspec.json.encode(calculated)
            await store.write(tx, self.calculation_id, taken.shares, entries, taken.uses, trace, about)
            await tx.flush_early()
            took = await ask_take(tx, taken.late) if taken.late else None
            figures = {one.promotion_id: (one.uses, one.money, one.points) for one in taken.uses}
            await count_use(tx, self.profile_id, figures)
        if took is not None and not await took.answer():
            await store.back_to_mark(tx)
            tx.put_back(taken.before)
            raise _UsedUpError
        if levels is not None and self.joined_at is not None:
            await levels.settle(self.joined_at)
        await _levels(tx, context, result, self.profile_id)
        return answer

    def _post(self, context: Context, result: pricing.Result, taken: _Taken) -> list[EntryRow]:
        """Spend and credit points in the purse; those of an order that is not paid or delivered yet are promised."""
        known = context.ready
        spent = [one for one in result.redeem if one.points]
        if known is None or self.purse is None or not (spent or taken.accruals):
            return []
        because = ledger.Because(source_type="order", source_id=str(taken.order_id))
        redemptions = [
            ledger.Redemption(
                profile_id=self.profile_id,
                point_type_id=one.point_type,
                amount=amounts.points_value(one.points, known.types[one.point_type].places),
                because=because,
            )
            for one in spent
        ]
        accruals = [
            msgspec.structs.replace(
                one, because=msgspec.structs.replace(because, promotion_id=one.because.promotion_id)
            )
            for one in taken.accruals
        ]
        redeemed, accrued = self.purse.post(redemptions, accruals, taken.lot_ids, self.actor)
        reached = self.order.status in REACHED[known.rules.accrue_on]
        found = [
            EntryRow(
                transaction_id=done.id, what="redeem", promotion_id=0, point_type_id=one.point_type, amount=done.amount
            )
            for one, done in zip(spent, redeemed, strict=True)
        ]
        found += [
            EntryRow(
                transaction_id=done.id,
                what="accrue" if reached else "held",
                promotion_id=one.because.promotion_id or 0,
                point_type_id=one.point_type_id,
                amount=done.change if reached else done.amount,
            )
            for one, done in zip(accruals, accrued, strict=True)
        ]
        return found

    def _accruals(self, context: Context, result: pricing.Result) -> list[ledger.Accrual]:
        """Return what is earned, or promised; which order earned it is not known yet."""
        known, tx = context.ready, self.tx
        if known is None or self.purse is None:
            return []
        reached = self.order.status in REACHED[known.rules.accrue_on]
        return [
            ledger.Accrual(
                profile_id=self.profile_id,
                point_type_id=one.point_type,
                amount=amounts.points_value(one.points, known.types[one.point_type].places),
                active_from=usable_from(known.types[one.point_type], tx.now, known.zone, known.rules.return_days)
                if reached
                else msgspec.UNSET,
                hold_until=None if reached else tx.now + PROMISED,
                because=ledger.Because(promotion_id=one.promotion),
            )
            for one in result.accrue
            if one.points
        ]


def _same_price(order: OrderCommit, result: pricing.Result, calculated: Calculated) -> None:
    agreed = amounts.minor(order.final, order.currency, "/final")
    if agreed != result.final:
        now = calculated.final
        raise Problem(
            409,
            "The price has changed",
            f"The customer agreed to {order.final} {order.currency}; it is {now} {order.currency} now",
            [FieldError("/final", f"This is {now} now")],
            extra={
                "agreed": amounts.money(agreed, order.currency),
                "final": now,
                "difference": amounts.money(result.final - agreed, order.currency),
                "calculation": msgspec.to_builtins(calculated),
            },
        )


async def _codes(tx: Tx, context: Context, result: pricing.Result, order_id: int, profile_id: int) -> list[str]:
    """Use the codes that promotions needed, then give codes; return those given."""
    chosen: Mapping[int, str] = context.draft.codes
    using = [one for one in context.codes if one.pool_id in result.used and chosen.get(one.pool_id or 0) == one.code]
    if using:
        await codes.use(tx, using, f"order:{order_id}")
    given: list[str] = []
    for promotion, pool in result.codes:
        found = await codes.give(tx, pool, f"order:{order_id}:{promotion}", [profile_id])
        given.extend(found.values())
    return given


async def _levels(tx: Tx, context: Context, result: pricing.Result, profile_id: int) -> None:
    """Give levels."""
    if context.ready is None:
        return
    for promotion, _, level in result.levels:
        reason = context.ready.names[promotion]
        await members.grant_level(tx, context.ready.program.id, [profile_id], level, reason=reason)
