"""The same people for both sides: the oracle's plain rows, and messages, subscriptions and segments in Fidelia."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx

from fidelia.platform.engines import Engines
from fidelia.platform.jobs.runner import run_job
from fidelia.platform.outbox import EventOut
from fidelia.worker import tasks as _tasks

from .oracle import Oracle, Person, Row
from .rfm import DAYS, GROUPS, score
from .world import World

assert _tasks.MODULES  # declares the jobs
ZONE = "Europe/Oslo"
MAILINGS = range(1, 9)


class Both:
    """A loaded world: asks Fidelia and the oracle the same."""

    def __init__(self, world: World, api: httpx.AsyncClient, engines: Engines) -> None:
        self.world = world
        self.api = api
        self.engines = engines
        self.database = 0
        self.profiles: dict[int, int] = {}
        self.resources: list[int] = []
        self.subscriptions: dict[int, list[Row]] = defaultdict(list)
        self.messages: dict[int, list[Row]] = defaultdict(list)
        self.clicks: dict[int, list[Row]] = defaultdict(list)
        self.lists: dict[int, set[Any]] = {}
        self.oracle = Oracle([], world.now, ZONE)

    async def post(self, path: str, body: Any) -> Any:
        reply = await self.api.post(f"/api/v1{path}", json=body)
        assert reply.status_code < 300, f"{path}: {reply.status_code} {reply.text[:800]}"
        return reply.json() if reply.content else None

    async def load(self) -> None:
        """Bring everything in."""
        self.database, self.profiles = await self.world.load(self.api)
        await self.subscribe()
        await self.send()
        self.oracle = Oracle(self.persons(), self.world.now, ZONE)
        self.oracle.names |= {"messages": "message"}
        await self.group()
        await self.score()

    async def score(self) -> None:
        """Have RFM computed by Fidelia, and work it out here."""
        made = await self.post(f"/databases/{self.database}/scores", {"name": "RFM", "days": DAYS, "groups": GROUPS})
        await run_job(self.engines, made["open_run"]["job_id"])
        found = score(self.oracle.people, self.world.now, ZONE, "EUR")
        assert len(found) > GROUPS
        for person in self.oracle.people:
            person.profile.update(found.get(person.id, {}))

    async def subscribe(self) -> None:
        for name in ("Oracle news", "Oracle offers"):
            self.resources.append((await self.post("/resources", {"name": name}))["id"])
        items = []
        for n, id_ in enumerate(self.world.ids):
            for k, resource in enumerate(self.resources[: n % 3]):
                status = ("subscribed", "unsubscribed")[(n + k) % 5 == 0]
                self.subscriptions[id_].append({"resource": resource, "channel": "email", "status": status})
                items.append(
                    {"resource_id": resource, "channel": "email", "status": status, "profile_id": self.profiles[id_]}
                )
        await self.post("/subscriptions/upsert", {"database_id": self.database, "items": items})

    async def send(self) -> None:
        """Write what sending would: eight mailings, some opened, some clicked."""
        out: list[EventOut] = []

        def emit(person: int, kind: str, mailing: int, at: Any, **more: Any) -> None:
            properties = {"mailing": mailing, "channel": "email", **more}
            id_ = f"{mailing}-{person}-{kind}"
            out.append(EventOut(self.database, person, f"message.{kind}", at, properties, id_))

        for n, id_ in enumerate(self.world.ids):
            person = self.profiles[id_]
            for m in MAILINGS:
                if (n + m) % 4 == 0:
                    continue
                sent = self.world.now - timedelta(days=90 - 10 * m, minutes=n % 50)
                row: Row = {"sent_at": sent, "mailing": m, "channel": "email", "__time__": sent, "__id__": m}
                emit(person, "sent", m, sent)
                if n % 2 and (n * m) % 3 == 0:
                    row["opened_at"] = sent + timedelta(hours=2)
                    emit(person, "opened", m, row["opened_at"])
                if (n * m) % 6 == 0:
                    row["clicked_at"] = sent + timedelta(hours=3)
                    link = ("https://shop.example/sale", "https://shop.example/news")[n % 2]
                    emit(person, "clicked", m, row["clicked_at"], link=link)
                    self.clicks[id_].append(
                        {"mailing": m, "link": link, "channel": "email", "__time__": row["clicked_at"]}
                    )
                self.messages[id_].append(row)
        async with self.engines.tx() as tx:
            tx.emit_many(out)

    async def group(self) -> None:
        """Make a list that some have left, a dynamic segment, and an uploaded list."""
        chosen = [self.profiles[id_] for n, id_ in enumerate(self.world.ids) if n % 3 == 0]
        gone = chosen[::4]
        club = await self.post("/segments", {"database_id": self.database, "name": "Club", "type": "static"})
        await self.post(f"/segments/{club['id']}/members/add", {"profile_ids": chosen})
        await self.post(f"/segments/{club['id']}/members/remove", {"profile_ids": gone})
        self.oracle.members[club["id"]] = set(chosen) - set(gone)
        self.oracle.ever[club["id"]] = set(chosen)
        rule = {"kind": "compare", "field": "profile.points", "op": "gte", "value": 500}
        body = {"database_id": self.database, "name": "Good customers", "type": "dynamic", "condition": rule}
        self.oracle.dynamic[(await self.post("/segments", body))["id"]] = rule

    @property
    def club(self) -> int:
        """The list."""
        return next(iter(self.oracle.members))

    @property
    def good(self) -> int:
        """The dynamic segment."""
        return next(iter(self.oracle.dynamic))

    def persons(self) -> list[Person]:
        """Return everybody as the oracle sees them."""
        world = self.world
        products: dict[int, Row] = {
            id_: {
                "external_id": p["external_id"],
                "name": p["name"],
                "brand": p.get("brand"),
                "category": {"/".join(p["path"][: n + 1]).lower() for n in range(len(p["path"]))} or None,
            }
            for id_, p in world.products.items()
        }
        found: list[Person] = []
        for id_ in world.ids:
            orders, lines = [], []
            for order in world.orders[id_]:
                own = [
                    {
                        "created_at": order["placed_at"],
                        "__time__": order["placed_at"],
                        "quantity": line["quantity"],
                        "total": line["total"],
                        "discount": line["discount"],
                        "order_status": order["status"],
                        "channel": order["channel"],
                        "product": products[line["product"]]["external_id"],
                        "order": order["external_id"],
                        "__product__": products[line["product"]],
                    }
                    for line in order["lines"]
                ]
                lines += own
                orders.append(
                    {
                        "created_at": order["placed_at"],
                        "__time__": order["placed_at"],
                        "__id__": order["external_id"],
                        "total": sum((line["total"] for line in order["lines"]), Decimal()),
                        "items": len(order["lines"]),
                        "status": order["status"],
                        "channel": order["channel"],
                        "currency": "EUR",
                        "external_id": order["external_id"],
                        "__links__": {"lines": own},
                    }
                )
            events: dict[str, list[Row]] = defaultdict(list)
            for event in world.events[id_]:
                at = event["at"].replace(microsecond=event["at"].microsecond // 1000 * 1000)
                events[event["type"]].append({**event["properties"], "__time__": at, "__id__": event["id"]})
            events["message.clicked"] = self.clicks[id_]
            links = {
                "orders": orders,
                "orders.lines": lines,
                "subscriptions": self.subscriptions[id_],
                "messages": self.messages[id_],
            }
            found.append(Person(self.profiles[id_], world.people[id_], links, events))
        return found

    async def fidelia(self, condition: Any) -> set[int]:
        """Return who Fidelia finds."""
        body = {"database_id": self.database, "condition": condition, "limit": 1000, "columns": []}
        return {row["profile_id"] for row in (await self.post("/segments/calculate", body))["preview"]}
