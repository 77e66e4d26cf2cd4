"""Orders: what promotions did to them, and members beside everybody else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from fidelia.kernel.errors import invalid_field
from fidelia.kernel.money import amount_text, round_money
from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx

from .. import promotions as promotion_face
from .amounts import ZERO, money, rate
from .model import (
    BuyersStep,
    BuyerSums,
    LoyaltyBuyers,
    LoyaltyPromotions,
    OrderSums,
    PromotionEffect,
    PromotionPoints,
    PromotionsStep,
    PromotionStep,
)
from .question import Asked, Wanted, asking
from .store import orders as store
from .store import points as points_store
from .store.orders import Bought, Sums
from .store.points import Flow

_NOTHING = Sums(None, None, 0, 0, 0, ZERO, 0, ZERO)


async def promotions(engines: Engines, wanted: Wanted) -> LoyaltyPromotions:
    """Return every promotion that was applied to orders or moved points in the period. Raises 404, 422."""
    async with asking(engines, wanted) as (tx, asked):
        currency, known = await _currency(tx, asked)
        sums = await store.promotions(tx, asked.filters, currency or "")
        flows = [one for one in await points_store.flows(tx, asked.filters) if one.dimension == "promotion"]
        ids = {one.promotion_id for one in sums if one.promotion_id} | {int(one.key) for one in flows if one.key}
        names = await promotion_face.names(tx, ids)
        kinds = await store.kinds(tx, asked.program.id)
    every = [one for one in sums if one.promotion_id is None]
    used, other = _find(every, 0, used=True), _find(every, 0, used=False)
    total = _find(every, 0)
    effects = []
    for id_ in sorted(ids & kinds.keys()):
        mine = [one for one in sums if one.promotion_id == id_]
        whole = _find(mine, 0)
        effects.append(
            PromotionEffect(
                id=id_,
                name=names.get(id_, str(id_)),
                kind=kinds[id_].kind,
                state=kinds[id_].state,
                used=_told(whole, currency),
                other=_told(_less(total, whole), currency),
                share=rate(Decimal(whole.orders), Decimal(total.orders)),
                points=_points(asked, [one for one in flows if one.key == str(id_)]),
                steps=_steps(asked, mine, currency),
            )
        )
    return LoyaltyPromotions(
        period=asked.steps.period,
        currency=currency,
        currencies=known,
        total=_told(total, currency),
        used=_told(used, currency),
        other=_told(other, currency),
        steps=[
            PromotionsStep(
                first, last, _told(_find(every, n, used=True), currency), _told(_find(every, n, used=False), currency)
            )
            for n, (first, last) in enumerate(asked.steps.days, 1)
        ],
        promotions=sorted(effects, key=lambda one: (-one.used.orders, one.id)),
    )


async def buyers(engines: Engines, wanted: Wanted) -> LoyaltyBuyers:
    """Return orders of members beside those of everybody else. Raises 404, 422."""
    async with asking(engines, wanted) as (tx, asked):
        currency, known = await _currency(tx, asked)
        sums = await store.buyers(tx, asked.filters, currency or "")
    ours, others = _bought(sums, 0, member=True), _bought(sums, 0, member=False)
    return LoyaltyBuyers(
        period=asked.steps.period,
        currency=currency,
        currencies=known,
        members=_buying(ours, currency, whole=True),
        others=_buying(others, currency, whole=True),
        share_of_orders=rate(Decimal(ours.orders), Decimal(ours.orders + others.orders)),
        share_of_revenue=rate(ours.revenue, ours.revenue + others.revenue),
        steps=[
            BuyersStep(
                first,
                last,
                _buying(_bought(sums, n, member=True), currency),
                _buying(_bought(sums, n, member=False), currency),
            )
            for n, (first, last) in enumerate(asked.steps.days, 1)
        ],
    )


async def _currency(tx: Tx, asked: Asked) -> tuple[str | None, list[str]]:
    """Return the report's currency, the one asked for or the most used, and all that orders were paid in."""
    known = await store.currencies(tx, asked.filters)
    chosen = asked.wanted.currency
    if chosen is not None and known and chosen not in known:
        raise invalid_field("/currency", f"Orders of this period were paid in {', '.join(known)}")
    return chosen or (known[0] if known else None), known


def _find(sums: Iterable[Sums], step: int, *, used: bool | None = None) -> Sums:
    return next((one for one in sums if one.step == step and one.used == used), _NOTHING)


def _less(total: Sums, part: Sums) -> Sums:
    return Sums(
        None,
        None,
        0,
        total.orders - part.orders,
        None,
        total.revenue - part.revenue,
        total.lines - part.lines,
        total.discount - part.discount,
    )


def _told(one: Sums, currency: str | None) -> OrderSums:
    return OrderSums(
        one.orders,
        one.buyers,
        amount_text(one.revenue, currency),
        amount_text(one.discount, currency),
        _average(one.revenue, one.orders, currency),
        one.lines / one.orders if one.orders else None,
    )


def _average(revenue: Decimal, orders: int, currency: str | None) -> str | None:
    if not orders or currency is None:
        return None
    return amount_text(round_money(revenue / orders, currency), currency)


def _points(asked: Asked, flows: Sequence[Flow]) -> list[PromotionPoints]:
    found = []
    for kind in asked.types:
        mine = [one for one in flows if one.type_id == kind.id]
        accrued = sum((one.points for one in mine if one.what == "accrued"), ZERO)
        back = sum((one.points for one in mine if one.what == "taken_back"), ZERO)
        if accrued or back:
            found.append(
                PromotionPoints(kind.key, amount_text(accrued), amount_text(back), money(kind, accrued - back))
            )
    return found


def _steps(asked: Asked, sums: Sequence[Sums], currency: str | None) -> list[PromotionStep]:
    found = []
    for n, (first, last) in enumerate(asked.steps.days, 1):
        one = _find(sums, n)
        found.append(
            PromotionStep(
                first, last, one.orders, amount_text(one.discount, currency), amount_text(one.revenue, currency)
            )
        )
    return found


def _bought(sums: Iterable[Bought], step: int, *, member: bool) -> Bought:
    nothing = Bought(member, step, 0, 0, ZERO, 0, 0)
    return next((one for one in sums if one.step == step and one.member == member), nothing)


def _buying(one: Bought, currency: str | None, *, whole: bool = False) -> BuyerSums:
    return BuyerSums(
        one.orders,
        one.buyers,
        amount_text(one.revenue, currency),
        _average(one.revenue, one.orders, currency),
        one.lines / one.orders if one.orders else None,
        one.orders / one.buyers if one.buyers else None,
        one.repeated / one.buyers if one.buyers and whole else None,
    )
