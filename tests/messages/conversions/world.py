"""Messages of some runs, what people did with them, and goals and orders after it."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from fidelia import events, market
from fidelia.access import Actor
from fidelia.events.goals import rules as goal_rules
from fidelia.messages.conversions import catching
from fidelia.messages.model import Run
from fidelia.platform.engines import Engines
from fidelia.platform.outbox import EventOut

from ...conftest import NOW
from ..world import people, run_of

SYSTEM = Actor.system()
_ids = itertools.count(1)


class World:
    """A database with people and runs; ``run`` makes further ones."""

    def __init__(self, engines: Engines, database: int) -> None:
        self.engines = engines
        self.database = database

    @classmethod
    async def of(cls, engines: Engines, count: int = 5) -> World:
        world = cls(engines, await people(engines, count, name="conv"))
        await catching.round_of(engines)  # listens from now on
        return world

    async def run(self, **plan: Any) -> Run:
        """A run whose messages to everybody are sent, long ago."""
        run = await run_of(self.engines, self.database, **plan)
        async with self.engines.db.hot() as raw:
            await raw.execute(
                "update delivery set state = 'sent', next_at = null, at = %s where run_id = %s",
                (NOW - timedelta(days=60), run.id),
            )
        return run

    async def goal(self, key: str, **more: Any) -> None:
        values = {"key": key, "name": f"Goal {key}", **more}
        async with self.engines.tx() as tx:
            await events.create_goal(tx, SYSTEM, self.database, values)

    async def touch(self, run: Run, profile: int, kind: str, at: datetime, occasion: int = 0) -> None:
        """Have a message sent, opened or clicked at a moment, as the history says it."""
        name = f"{run.id}-{profile}" + (f"-{occasion:x}" if occasion else "")
        tail = "" if kind in ("sent", "bounced") else f"-{-1 if kind == 'opened' else 0}-{int(at.timestamp() * 1000)}"
        id_ = f"{name}-{kind}{tail}"
        async with self.engines.tx() as tx:
            tx.emit(EventOut(self.database, profile, f"message.{kind}", at, {"mailing": run.mailing_id}, id_))

    async def reach(self, profile: int, key: str, at: datetime, id_: str | None = None, **properties: Any) -> None:
        name = goal_rules.event_id(id_ or f"g{next(_ids)}", key)
        async with self.engines.tx() as tx:
            tx.emit(EventOut(self.database, profile, "goal.reached", at, {"goal": key, **properties}, name))

    async def order(self, profile: int, id_: str, total: str, at: datetime, currency: str = "EUR") -> None:
        line = market.LineIn(product="thing", quantity=1, price=total)
        order = market.OrderIn(profile=profile, external_id=id_, placed_at=at, currency=currency, lines=[line])
        async with self.engines.tx() as tx:
            done = await market.upsert_orders(tx, self.database, [order])
        assert done.created == 1, done

    async def status(self, id_: str, status: str) -> None:
        async with self.engines.tx() as tx:
            number = await tx.scalar(
                sa.text("select id from sales_order where database_id = :db and external_id = :id"),
                {"db": self.database, "id": id_},
            )
            await market.change_status(tx, SYSTEM, number, status)

    async def settle(self) -> None:
        """Have everything moved and attributed."""
        await self.engines.catch_up()
        await catching.round_of(self.engines)

    async def rows(self) -> Sequence[tuple[Any, ...]]:
        """(run, profile, occasion, kind, goal, sign, value, currency, by), in the order of what happened."""
        async with self.engines.db.hot() as raw:
            cursor = await raw.execute(
                "select run_id, profile_id, occasion, kind, goal, sign, value, currency, by from conversion"
                " where run_id in (select id from mailing_run where database_id = %s) order by at, id",
                (self.database,),
            )
            return await cursor.fetchall()


def money(text: str) -> Decimal:
    return Decimal(text).quantize(Decimal("0.0001"))
