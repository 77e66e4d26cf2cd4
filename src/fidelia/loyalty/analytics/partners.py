"""Settlement with partners: points that their goods earned and were paid with, and who owes what for them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal

from fidelia.kernel.money import amount_text, round_money
from fidelia.platform.engines import Engines

from .. import programs
from ..programs import Partner, PointType
from .amounts import FOURTH, ZERO, money, worth
from .model import LoyaltyPartners, PartnerBalance, PartnerPoints, PartnerRevenue, PartnerSettlement, PartnerStep
from .question import Asked, Wanted, asking
from .store import partners as store
from .store.partners import Points, Sales


async def partners(engines: Engines, wanted: Wanted) -> LoyaltyPartners:
    """Return the account of every partner, archived ones with orders in the period, too. Raises 404, 422.

    A partner owes its share, as it was when an order was placed, of the points that its goods earned and that were
    credited. The program owes what members paid for its goods with points.
    """
    async with asking(engines, wanted) as (tx, asked):
        sales = await store.sales(tx, asked.filters)
        points = await store.points(tx, asked.filters)
        known = await programs.partners(tx, asked.program.id, archived=True)
    active = {one.partner_id for one in sales}
    found = [
        _settlement(
            asked,
            partner,
            [one for one in sales if one.partner_id == partner.id],
            [one for one in points if one.partner_id == partner.id],
        )
        for partner in known
        if partner.archived_at is None or partner.id in active
    ]
    return LoyaltyPartners(period=asked.steps.period, partners=found)


def _settlement(asked: Asked, partner: Partner, sales: Sequence[Sales], points: Sequence[Points]) -> PartnerSettlement:
    steps = []
    for n, (first, last) in enumerate(asked.steps.days, 1):
        here = [one for one in sales if one.step == n]
        told = _points(asked.types, [one for one in points if one.step == n])
        orders, lines = sum(one.orders for one in here), sum(one.lines for one in here)
        steps.append(PartnerStep(first, last, orders, lines, told, _balances(told)))
    revenue: dict[str, Decimal] = defaultdict(Decimal)
    for one in sales:
        revenue[one.currency] += one.revenue
    whole = _points(asked.types, points)
    return PartnerSettlement(
        id=partner.id,
        external_id=partner.external_id,
        name=partner.name,
        share=amount_text(partner.share),
        settles_in=partner.currency,
        orders=sum(one.orders for one in sales),
        lines=sum(one.lines for one in sales),
        revenue=[PartnerRevenue(name, amount_text(value, name)) for name, value in sorted(revenue.items())],
        points=whole,
        balances=_balances(whole),
        steps=steps,
    )


def _points(types: Iterable[PointType], points: Sequence[Points]) -> list[PartnerPoints]:
    found = []
    for kind in types:
        mine = [one for one in points if one.type_id == kind.id]
        issued = sum((one.points for one in mine if one.what == "accrue"), ZERO)
        funded = sum((one.funded for one in mine if one.what == "accrue"), ZERO)
        redeemed = sum((one.points for one in mine if one.what == "redeem"), ZERO)
        if mine:
            found.append(
                PartnerPoints(
                    points=kind.key,
                    currency=kind.ratio_currency if worth(kind, ZERO) is not None else None,
                    issued=amount_text(issued.quantize(FOURTH)),
                    funded=amount_text(funded.quantize(FOURTH)),
                    redeemed=amount_text(redeemed.quantize(FOURTH)),
                    issued_money=money(kind, issued),
                    partner_owes=money(kind, funded),
                    program_owes=money(kind, redeemed),
                )
            )
    return found


def _balances(points: Iterable[PartnerPoints]) -> list[PartnerBalance]:
    """Return what is owed by currency: the amounts of each point type, as they are shown, added up."""
    found: dict[str, tuple[Decimal, Decimal]] = {}
    for one in points:
        if one.currency is not None:
            theirs, ours = found.get(one.currency, (ZERO, ZERO))
            found[one.currency] = theirs + Decimal(one.partner_owes or 0), ours + Decimal(one.program_owes or 0)
    return [
        PartnerBalance(
            currency,
            amount_text(theirs, currency),
            amount_text(ours, currency),
            amount_text(round_money(theirs - ours, currency), currency),
        )
        for currency, (theirs, ours) in sorted(found.items())
    ]
