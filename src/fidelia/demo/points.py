"""The demo's club at work: its weeks are lived through, each at its own moment, and the last baskets are placed by it.

Orders that were loaded are credited week by week: a star for every dollar, dated by the order, with the order as their
cause, and as many status points for all orders of the week. At its end whoever has the stars for a voucher gets one.
The last baskets are not loaded but placed through the program: its promotions and partners work on them, vouchers are
handed in.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from decimal import Decimal

import msgspec

from fidelia import loyalty, market, profiles
from fidelia.access import Actor
from fidelia.loyalty import commit as place_order
from fidelia.platform.jobs import JobContext
from fidelia.platform.postgres import Tx

from . import club as clubs
from . import store
from .club import Club
from .source import CURRENCY, WEEK, Basket

#: Vouchers are handed in with baskets of so many cents.
VOUCHER_FROM = 2_000
#: Every so-many-th of the last baskets is paid with as many stars as there are.
PAYS_WITH_STARS = 12


class ClubLife:
    """Lives through the weeks of the club; a repeat goes on where the last one stopped."""

    def __init__(self, ctx: JobContext, database_id: int, weeks: int, tell: Callable[[float], None]) -> None:
        self._ctx = ctx
        self._database_id = database_id
        self._weeks = weeks
        #: Hears how far it is: 0 to 1.
        self._tell = tell

    async def live(self, last: datetime, baskets: Sequence[Basket]) -> None:
        """Found the club so many weeks before the last order, credit its orders, place ``baskets``, oldest first."""
        begin = last.replace(hour=0, minute=0, second=0, microsecond=0) - self._weeks * WEEK
        club = await self._found(begin)
        own = {basket.id for basket in baskets}
        first = min((basket.at for basket in baskets), default=last)
        for number in range(1, (first - begin) // WEEK + 1):
            await self._week(club, begin + number * WEEK, own)
            self._tell(number / self._weeks / 2)
        await self._place(baskets)
        await self._week(club, None, own)

    async def _found(self, begin: datetime) -> Club:
        async with self._at(begin) as tx:
            known = await store.get(tx, "club")
            if known is not None:
                return msgspec.convert(known, Club)
            everybody = await profiles.all_ids(tx, self._database_id)
            club = await clubs.found(tx, self._database_id, len(everybody))
            await loyalty.enrol(tx, club.program, everybody, "everybody", begin)
            await store.put(tx, "club", club)
            await store.put(tx, "club_lived", begin)
            return club

    async def _week(self, club: Club, end: datetime | None, own: set[str]) -> None:
        """Credit the orders since the last time until the end of a week, or until now; with a week give vouchers."""
        await self._ctx.check()
        until = end or self._ctx.engines.clock.now()
        async with self._at(until) as tx:
            since = datetime.fromisoformat(await store.get(tx, "club_lived"))
            if since >= until or await store.get(tx, "club_ended") is not None:
                return
            orders = [
                order
                for order in await market.orders_between(tx, self._database_id, since, until)
                if order.external_id not in own and order.total >= 1
            ]
            rows = [*_stars(club, orders), *_status(club, orders, until)]
            people = sorted({row.profile_id for row in rows})
            await loyalty.lock_members(tx, club.program, people)
            await loyalty.accrue(tx, club.program, rows)
            await loyalty.settle_levels(tx, club.program, people)
            if end is None:
                await store.put(tx, "club_ended", value=True)
            else:
                given = await self._vouchers(tx, club, people, f"demo:{until:%Y-%m-%d}")
                await store.put(tx, "club_vouchers", (await store.get(tx, "club_vouchers") or {}) | given)
            await store.put(tx, "club_lived", until)

    async def _vouchers(self, tx: Tx, club: Club, people: Sequence[int], run: str) -> dict[str, str]:
        """Swap the stars of those who have enough for a voucher each; return the codes by profile."""
        known = await loyalty.balances(tx, club.program, people)
        stars = {id_: known[id_][club.stars].active for id_ in people if club.stars in known.get(id_, {})}
        given = await loyalty.give_codes(
            tx, club.pool, run, [id_ for id_, active in stars.items() if active >= clubs.VOUCHER]
        )
        reason = f"A voucher of {clubs.VOUCHER_WORTH} {CURRENCY}"
        rows = [
            loyalty.Redemption(
                profile_id=id_,
                point_type_id=club.stars,
                amount=Decimal(clubs.VOUCHER),
                because=loyalty.Because(source_type="voucher", source_id=code, reason=reason),
            )
            for id_, code in given.items()
        ]
        await loyalty.redeem(tx, club.program, rows)
        return {str(id_): code for id_, code in given.items()}

    async def _place(self, baskets: Sequence[Basket]) -> None:
        """Place baskets one after another, each at its moment; vouchers are handed in with large ones."""
        async with self._ctx.tx() as tx:
            placed = int(await store.get(tx, "club_placed") or 0)
            vouchers: dict[str, str] = await store.get(tx, "club_vouchers") or {}
            names = {str(basket.household) for basket in baskets[placed:]}
            people = await profiles.match_ids(tx, self._database_id, "external_id", sorted(names))
        for number, basket in enumerate(baskets[placed:], placed):
            await self._ctx.check()
            profile = people[str(basket.household)]
            async with self._at(basket.at) as tx:
                if int(await store.get(tx, "club_placed") or 0) != number:
                    continue
                voucher = vouchers.pop(str(profile), None) if basket.total >= VOUCHER_FROM else None
                await self._order(tx, basket, profile, voucher, pays=number % PAYS_WITH_STARS == 0)
                await store.put(tx, "club_placed", number + 1)
            self._tell((1 + (number + 1) / len(baskets)) / 2)

    async def _order(self, tx: Tx, basket: Basket, profile: int, voucher: str | None, *, pays: bool) -> None:
        """Place a basket at the price that the program makes of it; what was paid for its goods is their price."""
        draft = loyalty.DraftOrder(
            database=self._database_id,
            profile=profile,
            channel="store",
            currency=CURRENCY,
            lines=[
                loyalty.DraftLine(product=line.product, id=f"l{n}", price=line.price, quantity=line.quantity)
                for n, line in enumerate(basket.lines, 1)
            ],
            properties={"store_id": basket.store, "week": basket.week},
            promo_codes=[] if voucher is None else [voucher],
            redeem={"stars": "max"} if pays else {},
        )
        told = await loyalty.preorder(tx, draft)
        if any(code.status != "used" for code in told.promo_codes):  # it has expired meanwhile
            draft = msgspec.structs.replace(draft, promo_codes=[])
            told = await loyalty.preorder(tx, draft)
        placed = loyalty.OrderCommit(
            **msgspec.structs.asdict(draft), external_id=basket.id, final=told.final, status="delivered"
        )
        await place_order(tx, Actor.system(), placed)

    @asynccontextmanager
    async def _at(self, moment: datetime) -> AsyncIterator[Tx]:
        """Open a transaction that happens at a moment of the data's year."""
        async with self._ctx.tx() as tx:
            await store.hold(tx)
            tx.now = moment
            yield tx


def _stars(club: Club, orders: Iterable[market.PlacedOrder]) -> Iterator[loyalty.Accrual]:
    for order in orders:
        because = loyalty.Because(source_type="order", source_id=str(order.id), reason="A star for every dollar")
        yield loyalty.Accrual(
            profile_id=order.profile_id,
            point_type_id=club.stars,
            amount=Decimal(int(order.total)),
            at=order.placed_at,
            because=because,
        )


def _status(club: Club, orders: Iterable[market.PlacedOrder], until: datetime) -> Iterator[loyalty.Accrual]:
    spent: dict[int, int] = defaultdict(int)
    for order in orders:
        spent[order.profile_id] += int(order.total)
    week = f"{until:%G-W%V}"
    because = loyalty.Because(source_type="week", source_id=week, reason="A point for every dollar of the week")
    for profile_id, points in spent.items():
        yield loyalty.Accrual(profile_id=profile_id, point_type_id=club.status, amount=Decimal(points), because=because)
