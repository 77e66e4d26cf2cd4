"""The steps of loading. Each is one or more transactions and says in its last one that it is done."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from fidelia import events, market, profiles
from fidelia.access import Actor
from fidelia.platform.jobs import JobContext
from fidelia.platform.outbox import EventOut
from fidelia.platform.postgres import Tx

from . import store
from .points import ClubLife
from .source import ENUMS, Basket, Source

NAME = "Complete Journey"
RESOURCE = "Shop news"
ORDERS_AT_ONCE = 4_000
PRODUCTS_AT_ONCE = 10_000
#: Weeks that the loyalty program is old; the last baskets are placed through it.
WEEKS = 8
PLACED = 200
#: The club's part of the progress.
CLUB = 30_000
FIELDS = (
    market.MarketFieldIn(entity="product", key="package_size", type="string", label="Package size"),
    market.MarketFieldIn(entity="product", key="manufacturer_id", type="int", label="Manufacturer"),
)
LABELS = {
    "age": "Age group",
    "income": "Income",
    "home_ownership": "Home",
    "marital_status": "Marital status",
    "household_size": "Household size",
    "household_comp": "Household",
    "kids_count": "Children",
}


class Loader:
    """Loads the data set step by step; a repeat goes on where the last one stopped."""

    def __init__(self, ctx: JobContext, source: Source, shift: timedelta) -> None:
        self._ctx = ctx
        self._source = source
        self._shift = shift
        self._actor = Actor.system()
        self._done = 0
        catalogue = 100_000
        self._ctx.progress(0, len(source.households) + catalogue + source.orders + CLUB)
        self._catalogue = catalogue

    async def run(self) -> int:
        """Load everything; return the id of the database."""
        database_id = await self._database()
        resource_id = await self._resource(database_id)
        await self._households(database_id, resource_id)
        await self._fields()
        await self._products()
        placed = await self._orders(database_id)
        await self._events(database_id)
        await self._club(database_id, placed)
        return database_id

    async def _database(self) -> int:
        async with self._ctx.tx() as tx:
            known = await store.get(tx, "database")
            if known is not None:
                return int(known)
            _, options = self._source.demographics()
            fields = [
                profiles.Field(name=name, type="enum", label=LABELS[name], options=tuple(options[name]))
                for name in ENUMS
            ]
            name = NAME if await profiles.find_database(tx, NAME) is None else f"{NAME} (demo)"
            made = await profiles.create_database(
                tx,
                self._actor,
                name=name,
                description="A retailer's year: households, their baskets, campaigns and coupons (Complete Journey)",
                fields=fields,
            )
            await store.put(tx, "database", made.id)
            return made.id

    async def _resource(self, database_id: int) -> int:
        async with self._ctx.tx() as tx:
            known = await store.get(tx, "resource")
            if known is not None:
                return int(known)
            made = await profiles.create_resource(
                tx,
                self._actor,
                name=RESOURCE,
                description="Offers and news of the shop",
                channels=("email",),
                database_ids=(database_id,),
            )
            await store.put(tx, "resource", made.id)
            return made.id

    async def _households(self, database_id: int, resource_id: int) -> None:
        source = self._source
        async with self._ctx.tx() as tx:
            if await store.get(tx, "households") is None:
                known, _ = source.demographics()
                wish = [{"resource": resource_id, "channel": "email", "status": "subscribed"}]
                items: list[dict[str, Any]] = [
                    {
                        "external_id": str(household),
                        "email": f"household-{household}@example.com",
                        "subscriptions": wish,
                        **known.get(household, {}),
                    }
                    for household in source.households
                ]
                result = await profiles.upsert(
                    tx, self._actor, database_id, items, matching="external_id", raise_consent=True
                )
                if result.rejected:
                    raise RuntimeError(f"{result.rejected} households were refused")
                await store.put(tx, "households", len(items))
        await self._step(len(source.households))

    async def _fields(self) -> None:
        """Set up the products' own fields, unless somebody has set up fields of these names."""
        async with self._ctx.tx() as tx:
            if await store.get(tx, "fields") is None:
                known = {field.key for field in await market.fields(tx) if field.entity == "product"}
                wanted = [field for field in FIELDS if field.key not in known]
                for field in wanted:
                    await market.create_field(tx, self._actor, field)
                await store.put(tx, "fields", [field.key for field in wanted])

    async def _products(self) -> None:
        async with self._ctx.tx() as tx:
            done = await store.get(tx, "products") is not None
        if not done:
            categories, products = self._source.catalogue()
            async with self._ctx.tx() as tx:
                await market.upsert_categories(tx, self._actor, categories)
            for start in range(0, len(products), PRODUCTS_AT_ONCE):
                await self._ctx.check()
                async with self._ctx.tx() as tx:
                    await _all_taken(await market.upsert_products(tx, products[start : start + PRODUCTS_AT_ONCE]))
                    if start + PRODUCTS_AT_ONCE >= len(products):
                        await store.put(tx, "products", len(products))
                self._ctx.progress(self._done + min(start + PRODUCTS_AT_ONCE, self._catalogue))
        await self._step(self._catalogue)

    async def _orders(self, database_id: int) -> list[Basket]:
        """Load the orders but the last ones; return those: they are placed through the club."""
        async with self._ctx.tx() as tx:
            done = int(await store.get(tx, "orders") or 0)
        kept = self._source.last_baskets(self._shift, PLACED)
        if done > self._source.orders - len(kept):  # before there was a club, all of them were loaded
            kept = []
        count, wanted = 0, self._source.orders - len(kept)
        if done < wanted:
            for batch in self._source.baskets(self._shift, ORDERS_AT_ONCE, {basket.id for basket in kept}):
                count += len(batch)
                if count > done:  # a batch already loaded is only counted
                    await self._ctx.check()
                    async with self._ctx.tx() as tx:
                        # ten lines to a basket: their events would drown the others
                        await _all_taken(await market.upsert_orders(tx, database_id, batch, history="orders"))
                        await store.put(tx, "orders", count)
                    self._ctx.progress(self._done + count)
        await self._step(self._source.orders)
        return kept

    async def _club(self, database_id: int, baskets: list[Basket]) -> None:
        life = ClubLife(self._ctx, database_id, WEEKS, lambda share: self._ctx.progress(self._done + int(share * CLUB)))
        await life.live(self._source.last_basket + self._shift, baskets)
        await self._step(CLUB)

    async def _events(self, database_id: int) -> None:
        async with self._ctx.tx() as tx:
            if await store.get(tx, "events") is not None:
                return
            ids = await profiles.match_ids(
                tx, database_id, "external_id", [str(household) for household in self._source.households]
            )
            await self._declare(tx, database_id)
            count = self._received(tx, database_id, ids) + self._redeemed(tx, database_id, ids)
            await store.put(tx, "events", count)

    async def _declare(self, tx: Tx, database_id: int) -> None:
        for name, label, words in (
            ("custom.campaign_received", "Campaign received", ("campaign_name", "kind")),
            ("custom.coupon_redeemed", "Coupon redeemed", ("campaign_name", "coupon")),
        ):
            properties = [events.PropertyIn(word, "string", word.replace("_", " ").capitalize()) for word in words]
            await events.define_type(tx, self._actor, database_id, name=name, label=label, properties=properties)

    def _received(self, tx: Tx, database_id: int, ids: dict[Any, int]) -> int:
        rows = self._source.received(self._shift)
        tx.emit_many(
            EventOut(
                database_id,
                ids[str(row.household)],
                "custom.campaign_received",
                row.at,
                {"campaign_name": f"Campaign {row.campaign}", "kind": row.kind},
                f"demo-campaign-{row.campaign}-{row.household}",
            )
            for row in rows
        )
        return len(rows)

    def _redeemed(self, tx: Tx, database_id: int, ids: dict[Any, int]) -> int:
        rows = self._source.redemptions(self._shift)
        tx.emit_many(
            EventOut(
                database_id,
                ids[str(row.household)],
                "custom.coupon_redeemed",
                row.at,
                {"coupon": row.coupon, "campaign_name": f"Campaign {row.campaign}"},
                f"demo-coupon-{n}",
            )
            for n, row in enumerate(rows)
        )
        return len(rows)

    async def _step(self, amount: int) -> None:
        await self._ctx.check()
        self._done += amount
        self._ctx.progress(self._done)


async def _all_taken(reply: market.BatchReply) -> None:
    for item in reply.items:
        if item.status == "rejected":
            raise RuntimeError(f"The demo data was refused: {item.errors[0].pointer} {item.errors[0].message}")
