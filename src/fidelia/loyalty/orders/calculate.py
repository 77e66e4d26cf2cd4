"""An order worked out beforehand: what it would cost and why. Nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import cast

from fidelia import market
from fidelia.kernel.errors import not_found
from fidelia.kernel.money import amount_text, exponent
from fidelia.platform.postgres import Asked, Tx

from .. import pricing
from ..promotions import Ready, Scene, ask_scene, ready_in
from . import amounts
from .asking import AskedBuyer, ask_buyer, ask_items
from .context import Context, ask_early, ask_whom, put_together
from .model import (
    AppliedPromotion,
    BestSearch,
    Calculated,
    CalculatedLine,
    CalculatedPoints,
    CodeAnswer,
    DraftOrder,
    GiftAnswer,
    TraceEntry,
    TraceLine,
)

WHY: Mapping[str, str] = {
    "": "",
    "inactive": "It is paused",
    "not_started": "It has not begun",
    "ended": "It is over",
    "no_member": "It is for members of the program",
    "code": "It needs a promo code",
    "limit_uses": "It was used as often as it may be",
    "limit_money": "Its budget is spent",
    "limit_points": "All its points are given",
    "currency": "It is in another currency",
    "condition": "The order or the buyer does not fit",
    "products": "No line fits",
    "group": "Another promotion of its group came first",
    "exclusive": "A promotion before it lets nothing after it",
    "not_best": "Another choice is better for the customer",
    "no_effect": "Nothing is left that it could change",
    "not_asked": "Nobody asked to pay with points",
}
_EMPTY = pricing.compile_program(pricing.Program(promotions=()))


async def preorder(tx: Tx, order: DraftOrder, now: datetime | None = None) -> Calculated:
    """Work an order out as if it were placed now (or at another moment); raise 404, 422. Writes nothing."""
    at = tx.now if now is None else now

    async def ask(guess: Ready | None) -> tuple[Asked[Scene | None], Asked[dict[str, market.Item]], AskedBuyer | None]:
        async with tx.together():
            seen, items = await ask_scene(tx, order.database), await ask_items(tx, order)
            if guess is None or at != tx.now:
                return seen, items, None
            return seen, items, await ask_buyer(tx, order, guess, order.profile, at)

    seen, items, early = await ask_early(tx, order, ask)
    scene = await seen.answer()
    if scene is None:
        raise not_found("Database", order.database)
    known = await ready_in(tx, scene, None if at == tx.now else at)
    asked = await ask_whom(tx, order, known, at, early=early)
    context = await put_together(tx, order, await items.answer(), asked, at)
    return shown(order, context, calculate(context, at))


def calculate(context: Context, now: datetime) -> pricing.Result:
    """Ask the calculator."""
    known = context.ready
    return pricing.calculate(
        _EMPTY if known is None else known.compiled,
        context.draft,
        context.buyer,
        context.ask,
        now,
        "UTC" if known is None else known.zone,
        left=context.left,
    )


def shown(order: DraftOrder, context: Context, result: pricing.Result) -> Calculated:
    """Return a result as the API gives it."""
    currency, known = order.currency, context.ready

    def money(units: int) -> str:
        return amounts.money(units, currency)

    names = {} if known is None else known.names
    kinds = {} if known is None else known.kinds
    trace = [_trace(context, one, money, kinds) for one in result.trace]
    return Calculated(
        program=None if known is None else known.program.id,
        profile=context.profile_id,
        member=context.member,
        joins=context.joins,
        currency=currency,
        lines=[
            CalculatedLine(
                id=line.id,
                sku=drafted.key,
                name=None if drafted.item is None else drafted.item.name,
                quantity=amount_text(drafted.quantity),
                price=amount_text(drafted.price, currency),
                base=money(line.base),
                discount=money(line.discount),
                redeemed=money(line.redeemed),
                final=money(line.final),
                applied=[
                    AppliedPromotion(promotion, names.get(promotion, ""), kinds.get(promotion, ""), money(amount))
                    for promotion, amount in line.applied
                ],
            )
            for line, drafted in zip(result.lines, context.lines, strict=True)
        ],
        total=money(result.total),
        discount=money(result.discount),
        redeemed=money(sum(one.money for one in result.redeem)),
        delivery=money(result.delivery),
        final=money(result.final),
        points=_points(context, result, currency),
        promo_codes=_codes(context, result, trace),
        gifts=[GiftAnswer(promotion, key, quantity) for promotion, key, quantity in result.gifts],
        gives_codes=[pool for _, pool in result.codes],
        levels=[level for _, _, level in result.levels],
        trace=trace,
        search=None
        if result.search is None
        else BestSearch(
            _worth(result.search.value, result.search.scale, currency),
            _worth(result.search.bound, result.search.scale, currency),
            result.search.nodes,
            result.search.cut,
        ),
    )


def _worth(value: int, scale: int, currency: str) -> str:
    worth = Decimal(value) / scale
    return format(worth.scaleb(-exponent(currency)).quantize(Decimal("0.0001")).normalize(), "f")


def _points(context: Context, result: pricing.Result, currency: str) -> CalculatedPoints:
    known = context.ready
    if known is None:
        return CalculatedPoints({}, {}, {}, {})
    earned: dict[int, int] = {}
    for one in result.accrue:
        earned[one.point_type] = earned.get(one.point_type, 0) + one.points

    def texts(found: Mapping[int, int]) -> dict[str, str]:
        return {known.types[id_].key: amounts.points(value, known.types[id_].places) for id_, value in found.items()}

    return CalculatedPoints(
        redeem=texts({one.point_type: one.points for one in result.redeem}),
        redeem_money={known.types[one.point_type].key: amounts.money(one.money, currency) for one in result.redeem},
        accrue=texts(earned),
        max_redeem=texts(result.max_redeem),
    )


def _codes(context: Context, result: pricing.Result, trace: Sequence[TraceEntry]) -> list[CodeAnswer]:
    found = []
    for one in context.codes:
        if one.state != "ready":
            found.append(CodeAnswer(one.code, "refused", one.words))
        elif one.pool_id in result.used and context.draft.codes.get(one.pool_id or 0) == one.code:
            found.append(CodeAnswer(one.code, "used", ""))
        else:
            found.append(CodeAnswer(one.code, "unused", _unused(context, one.pool_id, trace)))
    return found


def _unused(context: Context, pool_id: int | None, trace: Sequence[TraceEntry]) -> str:
    """Say why a good code does nothing: what became of the promotion that asks for it."""
    compiled = _EMPTY if context.ready is None else context.ready.compiled
    for entry in trace:
        if compiled.terms[compiled.places[entry.promotion]].pool == pool_id and entry.why:
            return f"{entry.name}: {entry.why}"
    return "No promotion asks for it now"


def _trace(context: Context, one: pricing.Trace, money: Callable[[int], str], kinds: Mapping[int, str]) -> TraceEntry:
    known = context.ready
    assert known is not None
    plain = one.status == "rejected" and not one.measure and not one.lines and one.blocker is None
    if plain and (kept := known.told.get((one.promotion, one.reason, one.limited))) is not None:
        return cast("TraceEntry", kept)
    found = _trace_entry(context, one, money, kinds)
    if plain:
        known.told[one.promotion, one.reason, one.limited] = found
    return found


def _trace_entry(
    context: Context, one: pricing.Trace, money: Callable[[int], str], kinds: Mapping[int, str]
) -> TraceEntry:
    known = context.ready
    assert known is not None
    write = money
    if one.measure == "points":
        point_type = known.type_of(getattr(known.rewards[one.promotion], "points", ""))
        places = 0 if point_type is None else point_type.places

        def write(parts: int) -> str:
            return amounts.points(parts, places)

    why = WHY[one.reason]
    if one.blocker is not None:
        why = f"{why}: {known.names.get(one.blocker, one.blocker)}"
    return TraceEntry(
        promotion=one.promotion,
        name=known.names.get(one.promotion, ""),
        external_id=known.external_ids.get(one.promotion),
        kind=kinds.get(one.promotion, ""),
        status=one.status,
        reason=one.reason,
        why=why,
        measure=one.measure,
        before=write(one.before) if one.measure else None,
        after=write(one.after) if one.measure else None,
        lines=[TraceLine(context.lines[index].id if index >= 0 else "", write(amount)) for index, amount in one.lines],
        blocker=one.blocker,
        limited=one.limited,
    )
