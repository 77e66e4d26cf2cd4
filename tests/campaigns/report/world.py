"""A campaign with mailings whose messages were sent, opened and clicked, and orders: past the API, at any moment."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

import httpx
import msgspec
from pyroaring import BitMap

from fidelia import market
from fidelia.messages.conversions import catching
from fidelia.messages.model import MessageKey, Plan
from fidelia.messages.store import runs, tracking
from fidelia.platform.engines import Engines
from fidelia.platform.outbox import EventOut

from ...messages.world import compiled
from ..people.conftest import Shop, new_shop

_orders = itertools.count(1)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


class World:
    """One campaign, as its report sees it."""

    def __init__(self, api: httpx.AsyncClient, shop: Shop) -> None:
        self.api = api
        self.shop = shop
        self.engines: Engines = shop.engines
        self.channels: dict[int, str] = {}
        self.versions: dict[int, int] = {}

    @classmethod
    async def of(
        cls, api: httpx.AsyncClient, engines: Engines, count: int = 600, listed: int = 400, **more: Any
    ) -> World:
        """Make people, a segment and a campaign; from now on conversions are attributed."""
        world = cls(api, await new_shop(engines, count, listed, **more))
        await catching.round_of(engines)
        return world

    @property
    def now(self) -> datetime:
        return self.engines.clock.now()

    def at(self, moment: datetime) -> None:
        self.engines.clock.set(moment)  # type: ignore[attr-defined]

    # -- what is done ---------------------------------------------------------------------------------------------

    async def mailing(self, name: str, channel: str = "email", exempt: bool = False, widens: Iterable[str] = ()) -> int:
        """A mailing of the campaign."""
        async with self.engines.tx() as tx:
            raw = await tx.raw()

            async def made(sql: str, *values: Any) -> int:
                row = await (await raw.execute(f"{sql} returning id", values)).fetchone()
                return int(row[0])

            template = await made(
                "insert into template (name, format, variables, problems, created_at, updated_at)"
                " values ('t', 'html', '{}', '[]', %s, %s)",
                tx.now,
                tx.now,
            )
            version = await made(
                "insert into template_version (template_id, number, format, subject, preheader, body, text, variables,"
                " compiled, problems, revision, published_at, published_by)"
                " values (%s, 1, 'html', '', '', '', '', '{}', %s::jsonb, '[]', 1, %s, 'x')",
                template,
                msgspec.json.encode(compiled()).decode(),
                tx.now,
            )
            mailing = await made(
                "insert into mailing (name, channel, database_id, campaign_id, template_id, from_email, variables,"
                " suppression_lists, utm, state, created_at, updated_at)"
                " values (%s, %s, %s, %s, %s, 'shop@example.org', '{}', '{}', '{}', 'done', %s, %s)",
                name,
                channel,
                self.shop.database,
                self.shop.campaign,
                template,
                tx.now,
                tx.now,
            )
        await self.shop.activity(mailing, widens, exempt)
        self.channels[mailing], self.versions[mailing] = channel, version
        return mailing

    async def run(
        self,
        mailing: int,
        at: datetime,
        sent: Iterable[int],
        *,
        left_out: Mapping[str, Iterable[int]] | None = None,
        unsent: Mapping[tuple[str, str], Iterable[int]] | None = None,
        selected: bool = True,
        **plan: Any,
    ) -> int:
        """Have a mailing run: ``unsent`` are people by (state, reason). Without ``selected`` nobody was selected."""
        states = [(person, "sent", None) for person in sent]
        states += [(person, state, why) for (state, why), some in (unsent or {}).items() for person in some]
        values = {"version_id": self.versions[mailing], "campaign_id": self.shop.campaign} | plan
        async with self.engines.tx() as tx:
            made = Plan(mailing_id=mailing, name="m", channel=self.channels[mailing], **values)
            run = await runs.create(tx, self.shop.database, made)
            out = {reason: BitMap(some) for reason, some in (left_out or {}).items()}
            people = BitMap(person for person, _, _ in states)
            if selected:
                total = len(people) + sum(len(some) for some in out.values())
                await runs.keep_audience(tx, run, total, people, out)
            else:
                for reason, some in out.items():
                    await runs.add_exclusion(tx, run, reason, some)
            await runs.move(tx, run, "done", only=("audience",))
            raw = await tx.raw()
            await raw.execute(
                "insert into delivery (run_id, profile_id, state, at, contact_hash, reason)"
                " select %s, p, s::delivery_state, %s, sha256(p::text::bytea), w"
                " from unnest(%s::bigint[], %s::text[], %s::text[]) as x (p, s, w)",
                (run, at, *(list(column) for column in zip(*states, strict=True))),
            )
            told = {"mailing": mailing, "campaign": made.campaign_id or 0, "channel": self.channels[mailing]}
            for person, state, _ in states:
                if state == "sent":
                    id_ = f"{MessageKey(person).name(run)}-sent"
                    tx.emit(EventOut(self.shop.database, person, "message.sent", at, told, id_))
        return run

    async def react(
        self, mailing: int, run: int, kind: str, done: Mapping[int, datetime], *, link: int = -1, machine: bool = False
    ) -> None:
        """Have people open or click messages, complain or leave, or messages come back, each at a moment."""
        told = {"mailing": mailing, "campaign": self.shop.campaign, "channel": self.channels[mailing]}
        async with self.engines.tx() as tx:
            keys = {person: tracking.Key(run, person, 0, kind, link, machine) for person in done}
            await tracking.add(
                await tx.raw(), [tracking.Reaction(keys[person], 1, at, at) for person, at in done.items()]
            )
            for person, at in done.items():
                if not machine:
                    id_ = f"{MessageKey(person).name(run)}-{kind}-{link}-{int(at.timestamp() * 1000)}"
                    id_ = f"{MessageKey(person).name(run)}-bounced" if kind == "bounced" else id_
                    tx.emit(EventOut(self.shop.database, person, f"message.{kind}", at, told, id_))

    async def buy(self, orders: Iterable[tuple[int, datetime, str, str, str]]) -> None:
        """Store orders: person, moment, total, currency, status."""
        items = [
            market.OrderIn(
                profile=person,
                external_id=f"o{next(_orders)}",
                placed_at=at,
                currency=currency,
                status=status,
                lines=[market.LineIn(product="beans", quantity=1, total=total)],
            )
            for person, at, total, currency, status in orders
        ]
        for start in range(0, len(items), 2000):
            async with self.engines.tx() as tx:
                done = await market.upsert_orders(tx, self.shop.database, items[start : start + 2000])
            assert (done.created, done.rejected) == (len(items[start : start + 2000]), 0)

    async def reach(self, goals: Iterable[tuple[int, datetime, str, dict[str, Any]]]) -> None:
        """Have people reach goals: person, moment, key, further properties."""
        async with self.engines.tx() as tx:
            for person, at, key, more in goals:
                id_ = f"g{next(_orders)}"
                tx.emit(EventOut(self.shop.database, person, "goal.reached", at, {"goal": key, **more}, id_))

    async def settle(self) -> None:
        """Have everything moved and attributed."""
        await self.engines.catch_up()
        await catching.round_of(self.engines)

    # -- what is told ---------------------------------------------------------------------------------------------

    async def get(self, path: str = "report", status: int = 200) -> Any:
        reply = await self.api.get(f"/api/v1/campaigns/{self.shop.campaign}/{path}")
        assert reply.status_code == status, f"{reply.status_code} {reply.text}"
        return reply.json()
