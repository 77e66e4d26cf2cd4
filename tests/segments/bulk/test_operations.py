"""Bulk operations mean what a plain reading of them says: generated people and operations, compared row by row."""

from __future__ import annotations

import asyncio
import itertools
import random
import sys
from datetime import timedelta
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from fidelia import profiles
from fidelia.access import Actor
from fidelia.kernel.errors import Problem
from fidelia.platform.engines import Engines
from fidelia.profiles import BulkOperation, Field, SubscriptionItem

from .plain import change

SYSTEM = Actor.system()
FIELDS = (
    Field(name="age", type="integer"),
    Field(name="score", type="float"),
    Field(name="vip", type="boolean"),
    Field(name="since", type="date"),
    Field(name="seen", type="datetime"),
    Field(name="likes", type="tags"),
    Field(name="must", type="tags", required=True, validator="[a-z]+"),
    Field(name="level", type="enum", options=("gold", "silver")),
    Field(name="car", type="object"),
    Field(name="card", type="string", unique=True),
    Field(name="note", type="string", required=True),
)
REQUIRED = frozenset({"must", "note"})
BIG, HUGE = 2**63 - 1, sys.float_info.max
PROOF = {"source": "shop"}
_numbers = itertools.count(1)


class World:
    def __init__(self, engines: Engines, database: int, resources: tuple[int, int]) -> None:
        self.engines, self.database, self.resources = engines, database, resources

    async def add(self, people: list[dict[str, Any]]) -> list[int]:
        """Store people as they are, past what would refuse extreme values; return their ids."""
        ids = []
        async with self.engines.tx() as tx:
            for person in people:
                n = next(_numbers)
                person["email"] = f"p{n}@example.com" if person.pop("has_email", True) else None
                fields = {k: v for k, v in person.items() if k not in ("subs", "status") and v is not None}
                made = await profiles.create_profile(tx, SYSTEM, self.database, fields)
                ids.append(made["id"])
                await profiles.set_status(tx, SYSTEM, self.database, [made["id"]], person["status"])
                subs = person["subs"] = {
                    (r, c, person["email"] if c == "email" and not k else contact): status
                    for (r, c, contact, k), status in person["subs"].items()
                    if k or c != "email" or person["email"]
                }
                items = [
                    SubscriptionItem(profile_id=made["id"], resource_id=r, channel=c, contact=contact, status=status)
                    for (r, c, contact), status in subs.items()
                ]
                outcomes = await profiles.subscribe(tx, SYSTEM, self.database, items)
                assert all(o.status == "created" for o in outcomes), outcomes
        return ids

    async def read(self, ids: list[int]) -> list[dict[str, Any]]:
        async with self.engines.tx() as tx:
            rows = await profiles.read_many(tx, self.database, ids)
            found = {row["id"]: {**msgspec.to_builtins(row), "subs": {}} for row in rows}
            for row in await tx.all(sa.text("select * from subscription where profile_id = any(:ids)"), {"ids": ids}):
                found[row.profile_id]["subs"][row.resource_id, row.channel, row.contact] = row.status
        return [found[i] for i in ids]

    async def do(self, operations: list[Any], ids: list[int], *, triggers: bool = True) -> Any:
        given = msgspec.convert(operations, list[BulkOperation])
        async with self.engines.tx() as tx:
            plan = await profiles.plan_bulk(tx, self.database, given)
            told = await profiles.examine_bulk(tx, plan, ids)
            samples = await profiles.sample_bulk(tx, plan, ids)
        async with self.engines.tx() as tx:
            plan = await profiles.plan_bulk(tx, self.database, given, write=True)
            done = await profiles.write_bulk(tx, SYSTEM, plan, ids, bulk_id=1, triggers=triggers)
        return told, samples, done


@pytest.fixture(scope="module")
async def world(engines: Engines) -> World:
    async with engines.tx() as tx:
        database = await profiles.create_database(tx, SYSTEM, name="bulk", fields=FIELDS)
        made = [
            await profiles.create_resource(tx, SYSTEM, name=name, channels=["email", "sms"])
            for name in ("News", "Offers")
        ]
    return World(engines, database.id, (made[0].id, made[1].id))


def person(r: random.Random, resources: tuple[int, int]) -> dict[str, Any]:
    subs = {
        (resource, channel, "+4740000001" if channel == "sms" else "other@example.com", k): r.choice(
            ("subscribed", "unconfirmed", "suspended", "unsubscribed", "bounced")
        )
        for resource in resources
        for channel in ("email", "sms")
        for k in ((True, False) if channel == "email" else (True,))
        if r.random() < 0.4
    }

    def some(*values: Any) -> Any:
        return r.choice((None, *values))

    return {
        "has_email": r.random() < 0.8,
        "phones": some(["+4740000001"], ["+4740000001", "+4740000002"], [f"+47400001{n:02}" for n in range(20)]),
        "city": some("Oslo", "Bergen"),
        "age": some(0, 7, -3, BIG, -(2**63), BIG - 5),
        "score": some(0.5, -2.25, HUGE, -HUGE, 1e300),
        "vip": some(True, False),
        "since": some("2020-01-02"),
        "seen": some("2026-01-02T03:04:05Z"),
        "likes": some(["tea"], ["tea", "rum"], [f"t{n}" for n in range(999)], [f"t{n}" for n in range(1000)]),
        "must": r.choice((["a"], ["a", "b"], ["b"])),
        "level": some("gold", "silver"),
        "car": some({"make": "Saab"}, {"make": "Volvo", "year": 1990}),
        "note": "n",
        "status": r.choice(("subscribed", "unconfirmed", "suspended", "unsubscribed", "bounced")),
        "subs": subs,
    }


def operations(r: random.Random, resources: tuple[int, int]) -> list[dict[str, Any]]:
    tags = ["tea", "rum", "gin", "t5", "x"]
    menu: dict[str, list[dict[str, Any]]] = {
        "city": [{"op": "set", "field": "city", "value": "Oslo"}, {"op": "unset", "field": "city"}],
        "age": [{"op": "increment", "field": "age", "by": by} for by in (1, -4, 6, BIG, -(2**63))]
        + [{"op": "set", "field": "age", "value": 7}],
        "score": [{"op": "increment", "field": "score", "by": by} for by in (0.25, HUGE, -HUGE, -1e300)],
        "vip": [{"op": "set", "field": "vip", "value": True}],
        "since": [{"op": "set", "field": "since", "value": "2020-01-02"}],
        "seen": [{"op": "set", "field": "seen", "value": "2026-01-02T03:04:05Z"}],
        "likes": [{"op": "add", "field": "likes", "values": r.sample(tags, 2)}],
        "likes-": [
            {"op": "remove", "field": "likes", "values": ["tea", "t5"]},
            {"op": "set", "field": "likes", "value": ["tea"]},
        ],
        "must": [
            {"op": "remove", "field": "must", "values": ["a"]},
            {"op": "add", "field": "must", "values": ["c", "b"]},
        ],
        "phones": [
            {"op": "add", "field": "phones", "values": ["+4740000002"]},
            {"op": "remove", "field": "phones", "values": ["+4740000001"]},
            {"op": "unset", "field": "phones"},
        ],
        "level": [{"op": "set", "field": "level", "value": "gold"}, {"op": "unset", "field": "level"}],
        "car": [{"op": "set", "field": "car", "value": {"make": "Saab"}}],
        "email": [{"op": "unset", "field": "email"}],
        "status": [
            {"op": "status", "status": status, **({"raise_consent": True, "opt_in": PROOF} if up else {})}
            for status in ("subscribed", "unconfirmed", "suspended", "unsubscribed")
            for up in (True, False)
        ],
    }
    for n, resource in enumerate(resources):
        menu[f"resource {n}"] = [
            {"op": "subscribe", "resource_id": resource, "channel": channel, "status": status, "opt_in": PROOF, **more}
            for channel in ("email", "sms")
            for status in ("subscribed", "unconfirmed")
            for more in ({}, {"raise_consent": True})
        ] + [
            {"op": op, "resource_id": resource, **more, **({"opt_in": PROOF} if op == "resume" else {})}
            for op in ("unsubscribe", "suspend", "resume")
            for more in ({}, {"channel": "email"}, {"channel": "sms"})
        ]
    chosen = r.sample(sorted(menu), r.randint(1, 5))
    found = [r.choice(menu[name]) for name in chosen]
    adds = {v for o in found if o["op"] == "add" and o["field"] == "likes" for v in o["values"]}
    return [
        o
        for o in found
        if o.get("field") != "likes"
        or o["op"] == "add"
        or (o["op"] == "remove" and not adds & set(o["values"]))
        or not adds
    ]


@pytest.mark.parametrize("seed", range(60))
async def test_operations_agree_with_the_plain_reading(world: World, seed: int) -> None:
    r = random.Random(seed)
    wanted = operations(r, world.resources) or [{"op": "set", "field": "vip", "value": True}]
    ids = await world.add([person(r, world.resources) for _ in range(12)])
    before = await world.read(ids)
    told, samples, done = await world.do(wanted, ids)
    after = await world.read(ids)
    expected = [change(p, wanted, REQUIRED) for p in before]
    kept = ("version", "updated_at")
    for was, now, should in zip(before, after, expected, strict=True):
        plain = was if should is None else should
        assert {k: v for k, v in now.items() if k not in kept} == {k: v for k, v in plain.items() if k not in kept}
        fields = {k for k in was if k not in (*kept, "subs") and was[k] != plain[k]}
        assert now["version"] == was["version"] + bool(fields), "one version for everything, none for nothing"
    refused = {i for i, e in zip(ids, expected, strict=True) if e is None}
    changed = {i for i, b, e in zip(ids, before, expected, strict=True) if e is not None and e != b}
    assert {x.profile_id for x in done.refusals} == refused
    assert set(done.changed) == changed
    assert done.tally == told, "the preview tells exactly what is done"
    assert (done.tally.changed, done.tally.refused) == (len(changed), len(refused))
    assert done.tally.unchanged == 12 - len(changed) - len(refused)
    assert len(samples) == 10
    assert {s.profile_id for s in samples if s.refused} <= refused
    by_id = {i: (b, e) for i, b, e in zip(ids, before, expected, strict=True)}
    for sample in samples:
        was, will = by_id[sample.profile_id]
        told_fields = {c.what: (c.before, c.after) for c in sample.changes if c.what in was}
        if will is not None:
            differ = {k for k in was if k != "subs" and was[k] != will[k]}
            assert {k: msgspec.to_builtins(v) for k, v in told_fields.items()} == {k: (was[k], will[k]) for k in differ}
    again_told, _, again = await world.do(
        [o for o in wanted if o["op"] != "increment"] or wanted, sorted(changed - refused)[:1]
    )
    assert again.tally == again_told


async def test_who_is_gone_is_counted(world: World) -> None:
    (one,) = await world.add([person(random.Random(1), world.resources)])
    told, _, done = await world.do([{"op": "set", "field": "city", "value": "Tromsø"}], [one, 4_000_000])
    assert (done.tally.people, done.tally.changed, done.tally.gone) == (2, 1, 1)
    assert told == done.tally


@pytest.mark.parametrize(
    ("operation", "pointer", "word"),
    [
        ({"op": "set", "field": "shoe", "value": 1}, "field", "no field"),
        ({"op": "set", "field": "created_at", "value": "2026-01-01T00:00:00Z"}, "field", "kept by Fidelia"),
        ({"op": "set", "field": "email", "value": "a@b.co"}, "field", "No two people"),
        ({"op": "set", "field": "card", "value": "x"}, "field", "No two people"),
        ({"op": "unset", "field": "note"}, "field", "mandatory"),
        ({"op": "set", "field": "status", "value": "subscribed"}, "field", "operation of its own"),
        ({"op": "set", "field": "age", "value": "old"}, "value", "whole number"),
        ({"op": "set", "field": "age", "value": None}, "value", "unset"),
        ({"op": "set", "field": "level", "value": "tin"}, "value", "one of"),
        ({"op": "set", "field": "must", "value": ["a", "B"]}, "value/1", "does not match"),
        ({"op": "add", "field": "must", "values": ["B"]}, "values/0", "does not match"),
        ({"op": "increment", "field": "city", "by": 1}, "field", "Only numbers"),
        ({"op": "increment", "field": "age", "by": 1.5}, "by", "whole number"),
        ({"op": "increment", "field": "age", "by": 0}, "by", "changes nothing"),
        ({"op": "add", "field": "city", "values": ["x"]}, "field", "lists"),
        ({"op": "status", "status": "asleep"}, "status", "one of"),
        ({"op": "status", "status": "subscribed", "raise_consent": True}, "opt_in/source", "never raised silently"),
        ({"op": "subscribe", "resource_id": 1}, "opt_in/source", "never raised silently"),
        ({"op": "resume", "resource_id": 1}, "opt_in/source", "never raised silently"),
        ({"op": "unsubscribe", "resource_id": 99}, "resource_id", "no resource"),
        ({"op": "unsubscribe", "resource_id": 1, "channel": "push"}, "channel", "no channel"),
        ({"op": "subscribe", "resource_id": 1, "opt_in": PROOF, "contact_of": 77}, "contact_of", "no resource"),
    ],
)
async def test_what_cannot_be_is_refused_with_its_place(
    world: World, operation: dict[str, Any], pointer: str, word: str
) -> None:
    fine = {"op": "set", "field": "vip", "value": True}
    with pytest.raises(Problem) as caught:
        await world.do([fine, operation], [])
    assert (caught.value.status, caught.value.errors[0].pointer) == (422, f"/operations/1/{pointer}")
    assert word in caught.value.errors[0].message


async def test_two_operations_about_the_same_thing(world: World) -> None:
    for pair in (
        [{"op": "set", "field": "age", "value": 1}, {"op": "increment", "field": "age", "by": 1}],
        [{"op": "add", "field": "likes", "values": ["a"]}, {"op": "remove", "field": "likes", "values": ["a"]}],
        [{"op": "status", "status": "suspended"}] * 2,
        [{"op": "suspend", "resource_id": 1}, {"op": "unsubscribe", "resource_id": 1, "channel": "sms"}],
    ):
        with pytest.raises(Problem) as caught:
            await world.do(pair, [])
        assert caught.value.status == 422


async def test_a_proof_is_kept_with_the_consent(world: World) -> None:
    first = world.resources[0]
    (one,) = await world.add([{**person(random.Random(3), world.resources), "subs": {}, "has_email": True}])
    proof = {"source": "contract", "at": "2026-01-02T03:04:05Z", "ip": "192.0.2.7"}
    await world.do([{"op": "subscribe", "resource_id": first, "opt_in": proof}], [one])
    second = {"op": "subscribe", "resource_id": world.resources[1], "contact_of": first, "opt_in": {"source": "same"}}
    await world.do([second], [one])
    async with world.engines.tx() as tx:
        query = sa.text("select * from subscription where profile_id = :id order by resource_id")
        rows = await tx.all(query, {"id": one})
    assert [(r.opt_in_source, r.opt_in_ip) for r in rows] == [("contract", "192.0.2.7"), ("same", None)]
    assert rows[0].contact == rows[1].contact
    assert rows[0].opt_in_at.isoformat() == "2026-01-02T03:04:05+00:00"


async def test_a_pause_is_only_made_longer(world: World) -> None:
    first = world.resources[0]
    people = [{**person(random.Random(n), world.resources), "subs": {}, "has_email": True} for n in range(3)]
    for n, status in enumerate(("subscribed", "subscribed", "unsubscribed")):
        people[n]["subs"] = {(first, "sms", "+4740000001", True): status}
    ids = await world.add(people)
    pause = {"op": "pause", "resource_id": first, "days": 30}
    told, samples, done = await world.do([pause], ids)
    assert told == done.tally
    assert (done.tally.changed, done.tally.unchanged, done.tally.events) == (2, 1, 2)
    assert samples[0].changes[0].after == "paused for 30 days"
    _, _, again = await world.do([{**pause, "days": 14}], ids)
    assert again.tally.changed == 0, "a longer rest stays"
    _, _, longer = await world.do([{**pause, "days": 60, "channel": "sms"}], ids)
    assert longer.tally.changed == 2
    await world.do([{"op": "unsubscribe", "resource_id": first}], ids[:1])
    async with world.engines.tx() as tx:
        query = sa.text("select paused_until from subscription where profile_id = any(:ids) order by profile_id")
        rests = [row.paused_until for row in await tx.all(query, {"ids": ids})]
        assert rests == [None, tx.now + timedelta(days=60), None]


async def test_increments_add_up_beside_others_who_write(world: World) -> None:
    """Bulk increments, single changes and upserts of the same people at once: nothing is lost."""
    ids = await world.add([{**person(random.Random(5), world.resources), "age": 0, "subs": {}} for _ in range(30)])
    given = msgspec.convert([{"op": "increment", "field": "age", "by": 1}], list[BulkOperation])

    async def bulk() -> None:
        async with world.engines.tx() as tx:
            plan = await profiles.plan_bulk(tx, world.database, given, write=True)
            await profiles.write_bulk(tx, SYSTEM, plan, ids, bulk_id=1, triggers=False)

    async def single(i: int) -> None:
        async with world.engines.tx() as tx:
            await profiles.change_profile(tx, SYSTEM, world.database, i, profiles.Change(incr={"age": 10}))

    async def other(i: int) -> None:
        async with world.engines.tx() as tx:
            item = {"profile_id": i, "city": "Moss"}
            await profiles.upsert(tx, SYSTEM, world.database, [item], matching="profile_id", mode="update")

    await asyncio.gather(*(bulk() for _ in range(8)), *(single(i) for i in ids), *(other(i) for i in ids))
    assert {p["age"] for p in await world.read(ids)} == {18}
    assert {p["city"] for p in await world.read(ids)} == {"Moss"}


async def test_one_row_too_large_is_refused_alone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A statement that fails for one row is cut in halves until that row is known."""
    import psycopg

    from fidelia.profiles.store import bulk as store

    ids = await world.add([{**person(random.Random(5), world.resources), "subs": {}} for _ in range(9)])
    real = store.write_fields

    async def failing(raw: Any, bulk: Any, some: Any, now: Any) -> Any:
        if ids[4] in some:
            raise psycopg.errors.ProgramLimitExceeded("row is too big")
        return await real(raw, bulk, some, now)

    monkeypatch.setattr(store, "write_fields", failing)
    _, _, done = await world.do([{"op": "set", "field": "city", "value": "Vadsø"}], ids)
    assert [(x.profile_id, x.reason) for x in done.refusals] == [
        (ids[4], "The values of this profile are too many and too long together")
    ]
    assert done.tally.changed == 8
    assert [p["city"] == "Vadsø" for p in await world.read(ids)] == [n != 4 for n in range(9)]


async def test_events_as_an_upsert_writes_them(world: World) -> None:
    engines = world.engines
    ids = await world.add([{**person(random.Random(7), world.resources), "subs": {}, "city": None} for _ in range(150)])
    wanted = [
        {"op": "set", "field": "city", "value": "Hamar"},
        {"op": "subscribe", "resource_id": world.resources[0], "channel": "email", "opt_in": PROOF},
    ]
    told, _, done = await world.do(wanted, ids)
    quiet = await world.do([{"op": "set", "field": "city", "value": "Gol"}], ids, triggers=False)
    await engines.catch_up()
    rows = await engines.clickhouse.query(
        f"select type, count(), any(props.bulk_update::Nullable(UInt32)) from e_{world.database}"
        " where props.source::String = 'bulk' and profile >= {first:UInt32} group by type order by type",
        {"first": ids[0]},
    )
    assert sum(int(n) for _, n, _ in rows) == done.tally.events == told.events
    assert {int(b) for _, _, b in rows} == {1}
    assert quiet[0].events > 0
    assert quiet[2].tally.events == 0
    cities = await engines.clickhouse.query(
        f"select count() from p_{world.database} final where city = 'Gol' and id >= {{first:UInt32}}", {"first": ids[0]}
    )
    assert int(cities[0][0]) == quiet[2].tally.changed, "without events ClickHouse sees the rows all the same"
