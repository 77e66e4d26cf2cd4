"""An order placed: worked out again, refused when its price has changed, written with all that comes of it.

One transaction. Locks are taken in the order that holds for everybody: the order's id, members, accounts, counters of
promotions, codes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from fidelia import market
from fidelia.access import Actor
from fidelia.kernel.errors import FieldError, Problem, conflict, invalid_field
from fidelia.platform.postgres import Tx

from .. import codes, ledger, members, pricing, programs
from ..promotions import count_use, take, takings
from . import amounts, store
from .calculate import calculate, shown
from .context import Context, load, profile_of, refused
from .model import Calculated, Committed, OrderCommit
from .store import EntryRow, Share, UseRow

#: Points of an order that is not paid or delivered are promised for so long.
PROMISED = timedelta(days=366)
ATTEMPTS = 5
What = Literal["discount", "accrue", "redeem"]
#: What an order must be so that its points are credited, and what it may be besides.
REACHED = {"committed": ("created", "paid", "delivered"), "paid": ("paid", "delivered"), "delivered": ("delivered",)}


class _Stale(Exception):
    """A limit was used up by somebody else between looking and taking."""


async def commit(tx: Tx, actor: Actor, order: OrderCommit) -> Committed:
    """Place an order; raise 404, 409 when its price has changed or its id has another order, 422.

    The same order under the same id again gets the first answer and does nothing.
    """
    asked = hashlib.blake2b(msgspec.json.encode(order), digest_size=16).digest()
    calculation_id = await store.begin(tx, order.database, order.external_id, asked, order.currency)
    if calculation_id is None:
        return await _again(tx, order, asked)
    profile_id = await profile_of(tx, order)
    if profile_id is None:
        raise invalid_field("/profile", "Say who buys: an order belongs to a profile")
    program = await programs.active_program(tx, order.database)
    if program is not None:
        await _join(tx, program, profile_id)
    for _ in range(ATTEMPTS):
        try:
            async with tx.savepoint():
                return await _place(tx, actor, order, calculation_id, program, profile_id)
        except _Stale:
            continue
    raise conflict("Too many orders use the same promotions at this moment: try again")


async def _again(tx: Tx, order: OrderCommit, asked: bytes) -> Committed:
    before, reply = await store.first_answer(tx, order.database, order.external_id)
    if before != asked:
        raise conflict(f"There is another order {order.external_id} already", FieldError("/external_id", "Taken"))
    return msgspec.structs.replace(msgspec.convert(reply, Committed), repeated=True)


async def _join(tx: Tx, program: programs.Program, profile_id: int) -> None:
    """Make the buyer a member where the program lets them in by themselves, and lock them either way."""
    if profile_id in await members.lock(tx, program.id, [profile_id]):
        return
    try:
        async with tx.savepoint():
            await members.require(tx, program.id, [profile_id])
    except Problem as problem:
        if problem.status != 409:  # whoever may not come in buys without the program
            raise


async def _place(
    tx: Tx,
    actor: Actor,
    order: OrderCommit,
    calculation_id: int,
    program: programs.Program | None,
    profile_id: int,
) -> Committed:
    context = await load(tx, order, program, profile_id, tx.now)
    if (bad := refused(context.codes)) is not None:
        raise bad
    result = calculate(context, tx.now)
    calculated = shown(order, context, result)
    _same_price(order, result, calculated)
    order_id = await market.place_order(
        tx,
        order.database,
        _order(order, context, result, tx.now),
        profile_id=profile_id,
        history=not order.skip_triggers,
    )
    shares = _shares(context, result, order.currency)
    entries = await _points(tx, actor, order, context, result, order_id)
    uses = _uses(shares, result)
    taken = await take(
        tx,
        takings(
            context.counters,
            {one.promotion_id: {"uses": Decimal(one.uses), "money": one.money, "points": one.points} for one in uses},
        ),
    )
    if taken is None:
        raise _Stale
    uses = [
        msgspec.structs.replace(
            one, counters=[id_ for key, id_ in taken.items() if key.promotion_id == one.promotion_id]
        )
        for one in uses
    ]
    given = await _codes_and_levels(tx, context, result, order_id, profile_id)
    answer = Committed(
        order=order_id, external_id=order.external_id, repeated=False, codes=given, calculation=calculated
    )
    await store.write(tx, calculation_id, shares, entries, uses, msgspec.json.encode(calculated))
    reached = context.ready is None or order.status in REACHED[context.ready.rules.accrue_on]
    await store.finish(
        tx,
        calculation_id,
        {
            "order_id": order_id,
            "program_id": None if context.ready is None else context.ready.program.id,
            "profile_id": profile_id,
            "reply": answer,
            "discount": amounts.money_value(result.discount, order.currency),
            "final": amounts.money_value(result.final, order.currency),
            "accrue_on": None if context.ready is None else context.ready.rules.accrue_on,
            "accrued_at": tx.now if reached else None,
        },
    )
    await count_use(tx, profile_id, {one.promotion_id: (one.uses, one.money, one.points) for one in uses})
    return answer


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


def _order(order: OrderCommit, context: Context, result: pricing.Result, now: datetime) -> market.OrderIn:
    def money(units: int) -> str:
        return amounts.money(units, order.currency)

    lines = [
        market.LineIn(
            product=given.product,
            sku=given.sku,
            id=given.id,
            quantity=given.quantity,
            price=str(drafted.price),
            discount=money(line.discount + line.redeemed),
            total=money(line.final),
            floor=None if drafted.floor_price is None else str(drafted.floor_price),
            properties=given.properties,
        )
        for given, drafted, line in zip(order.lines, context.lines, result.lines, strict=True)
    ]
    lines += [
        market.LineIn(sku=key, id=f"gift-{n}", quantity=quantity, price="0", total="0")
        for n, (_, key, quantity) in enumerate(result.gifts, 1)
    ]
    return market.OrderIn(
        external_id=order.external_id,
        placed_at=order.placed_at or now,
        lines=lines,
        status=order.status,
        channel=order.channel,
        currency=order.currency,
        delivery=money(result.delivery),
        properties={**order.properties, **({"payment": order.payment} if order.payment else {})},
        touchpoint=order.touchpoint,
        region=order.region,
        tags=list(order.tags),
    )


def _shares(context: Context, result: pricing.Result, currency: str) -> list[Share]:
    """Return what every promotion did to every line, the order itself being line 0; lines count from 1."""
    found: dict[tuple[What, int, int, int], Decimal] = {}

    def add(what: What, promotion: int, point_type: int, line: int, amount: Decimal) -> None:
        if amount > 0:
            key = what, promotion, point_type, line
            found[key] = found.get(key, Decimal(0)) + amount

    for n, line in enumerate(result.lines, 1):
        for promotion, units in line.applied:
            add("discount", promotion, 0, n, amounts.money_value(units, currency))
    for one in result.trace:  # what it took off delivery stands in no line
        off = one.before - one.after - sum(amount for _, amount in one.lines) if one.measure == "total" else 0
        if one.status == "applied" and off > 0:
            add("discount", one.promotion, 0, 0, amounts.money_value(off, currency))
    known = context.ready
    if known is not None:
        for paid in result.redeem:
            places = known.types[paid.point_type].places
            for index, parts, _ in paid.lines:
                add("redeem", 0, paid.point_type, index + 1, amounts.points_value(parts, places))
        for earned in result.accrue:
            places = known.types[earned.point_type].places
            for index, parts in earned.lines:
                add("accrue", earned.promotion, earned.point_type, index + 1, amounts.points_value(parts, places))
    return [
        Share(what=what, promotion_id=promotion, point_type_id=point_type, line=line, amount=amount)
        for (what, promotion, point_type, line), amount in sorted(found.items())
    ]


def _uses(shares: Sequence[Share], result: pricing.Result) -> list[UseRow]:
    money: dict[int, Decimal] = {}
    points: dict[int, Decimal] = {}
    for one in shares:
        if one.promotion_id:
            sums = money if one.what == "discount" else points
            sums[one.promotion_id] = sums.get(one.promotion_id, Decimal(0)) + one.amount
    applied = sorted(one.promotion for one in result.trace if one.status == "applied")
    return [
        UseRow(promotion_id=id_, uses=1, money=money.get(id_, Decimal(0)), points=points.get(id_, Decimal(0)))
        for id_ in applied
    ]


async def _points(
    tx: Tx, actor: Actor, order: OrderCommit, context: Context, result: pricing.Result, order_id: int
) -> list[EntryRow]:
    """Spend and credit points; those of an order that is not paid or delivered yet are promised."""
    known, profile_id = context.ready, context.profile_id
    if known is None or profile_id is None or not (result.redeem or result.accrue):
        return []

    def because(promotion: int | None) -> ledger.Because:
        return ledger.Because(source_type="order", source_id=str(order_id), promotion_id=promotion)

    spent = [one for one in result.redeem if one.points]
    redeemed = await ledger.redeem(
        tx,
        known.program.id,
        [
            ledger.Redemption(
                profile_id=profile_id,
                point_type_id=one.point_type,
                amount=amounts.points_value(one.points, known.types[one.point_type].places),
                because=because(None),
            )
            for one in spent
        ],
        by=actor,
    )
    earned = [one for one in result.accrue if one.points]
    reached = order.status in REACHED[known.rules.accrue_on]
    accrued = await ledger.accrue(
        tx,
        known.program.id,
        [
            ledger.Accrual(
                profile_id=profile_id,
                point_type_id=one.point_type,
                amount=amounts.points_value(one.points, known.types[one.point_type].places),
                active_from=usable_from(known.types[one.point_type], tx.now, known.zone, known.rules.return_days)
                if reached
                else msgspec.UNSET,
                hold_until=None if reached else tx.now + PROMISED,
                because=because(one.promotion),
            )
            for one in earned
        ],
        by=actor,
    )
    if reached and accrued:
        await members.settle_levels(tx, known.program.id, [profile_id])
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
            promotion_id=one.promotion,
            point_type_id=one.point_type,
            amount=done.change if reached else done.amount,
        )
        for one, done in zip(earned, accrued, strict=True)
    ]
    return found


def usable_from(
    point_type: programs.PointType, now: datetime, zone: str, return_days: int
) -> datetime | msgspec.UnsetType:
    """Return from when points of an order can be used: not before its goods can no longer be returned."""
    if not return_days:
        return msgspec.UNSET
    return max(programs.lifetime(point_type, now, ZoneInfo(zone))[0], now + timedelta(days=return_days))


async def _codes_and_levels(
    tx: Tx, context: Context, result: pricing.Result, order_id: int, profile_id: int
) -> list[str]:
    """Use the codes that promotions needed, then give codes and levels; return the codes given."""
    chosen: Mapping[int, str] = context.draft.codes
    using = [one for one in context.codes if one.pool_id in result.used and chosen.get(one.pool_id or 0) == one.code]
    await codes.use(tx, using, f"order:{order_id}")
    given: list[str] = []
    for promotion, pool in result.codes:
        found = await codes.give(tx, pool, f"order:{order_id}:{promotion}", [profile_id])
        given.extend(found.values())
    if result.levels and context.ready is not None:
        for promotion, _, level in result.levels:
            reason = context.ready.names[promotion]
            await members.grant_level(tx, context.ready.program.id, [profile_id], level, reason=reason)
    return given
