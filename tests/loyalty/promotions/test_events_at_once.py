"""Events in chunks: they lead to what one call after another does, in a few statements, and once whatever is killed."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa
from pyroaring import BitMap

from fidelia.access import Actor
from fidelia.kernel.errors import Problem
from fidelia.loyalty.promotions.service import listening
from fidelia.loyalty.promotions.service.fire import fire
from fidelia.platform.listeners import Caught, Listener
from fidelia.platform.listeners.registry import event_caught
from fidelia.platform.outbox import clickhouse_time, encode_line
from tests.killing import run_child
from tests.loyalty.orders.test_statements import counting
from tests.loyalty.orders.till import Till, compare, open_till

REVIEW = "custom.review"
STAR = {"kind": "points_fixed", "points": "stars", "amount": "1"}
SHORT = range(6)
MANY = range(100, 160)
#: Members, strangers who come in, and one who was taken out.
PEOPLE = range(1, 15)
REMOVED = 13

_STATES = {
    "transactions": """select profile_id, point_type_id, seq, type, state, amount, change, balance_before,
        balance_after, debt_change, source_type, source_id, at, active_from, expires_at, by_name
        from loyalty_transaction
        where program_id = :program order by profile_id, point_type_id, seq""",
    "lots": """select a.profile_id, a.point_type_id, l.amount, l.remaining, l.active_from, l.expires_at
        from loyalty_lot l join loyalty_account a on a.id = l.account_id where a.program_id = :program
        order by 1, 2, l.id""",
    "accounts": """select profile_id, point_type_id, balance, debt, seq from loyalty_account
        where program_id = :program and seq > 0 order by 1, 2""",
    "members": "select profile_id, state, source from loyalty_member where program_id = :program order by 1",
    "standings": """select s.profile_id, v.key, s.reached_at, s.counted, s.review_on from loyalty_standing s
        join loyalty_level_group g on g.id = s.group_id left join loyalty_level v on v.id = s.level_id
        where g.program_id = :program order by 1""",
    "moves": """select m.profile_id, f.key, t.key as became, m.cause, m.points from loyalty_level_move m
        join loyalty_level_group g on g.id = m.group_id left join loyalty_level f on f.id = m.from_id
        left join loyalty_level t on t.id = m.to_id where g.program_id = :program order by 1, m.id""",
    "counters": """select p.place, c.what, c.profile_id, c.period, c.since, c.used from promotion_counter c
        join promotion p on p.id = c.promotion_id where p.program_id = :program and c.used > 0 order by 1, 2, 3, 4""",
    "usage": """select p.place, u.shard, u.uses, u.money, u.points from promotion_usage u
        join promotion p on p.id = u.promotion_id where p.program_id = :program and u.uses > 0 order by 1, 2""",
    "firings": """select p.place, f.reference, f.profile_id, f.reply ->> 'amount', f.reply ->> 'code',
        f.reply ->> 'level', f.reply ->> 'points', f.reply ->> 'transaction' is null from promotion_firing f
        join promotion p on p.id = f.promotion_id where p.program_id = :program order by 1, 2""",
    "codes": "select code, profile_id, attached_at from promo_code where database_id = :database order by 1",
    "told": "select payload, profiles from event_inbox where database_id = :database order by seq",
}


#: Properties that name something of one shop only.
_OWN = ("program", "transaction", "pool")


class Twins:
    """Two shops that are alike: in one events come in chunks, in the other somebody calls for each of them."""

    def __init__(self, chunks: Till, calls: Till) -> None:
        self.chunks, self.calls = chunks, calls

    async def both(self, method: str, path: str, body: Any = None, status: int = 200) -> list[Any]:
        """Ask the same of both; ``{program}`` and ``{database}`` stand for their own."""
        found = []
        for till in (self.chunks, self.calls):
            text = msgspec.json.encode(body).decode().replace('"{database}"', str(till.database))
            here = path.replace("{program}", str(till.program)).replace("{database}", str(till.database))
            found.append(await till.call(method, here, msgspec.json.decode(text), status))
        return found

    async def promotions(self, reward: dict[str, Any], **definition: Any) -> tuple[int, int]:
        """Publish the same promotion in both."""
        definition = {"name": "P", "currency": "EUR", "reward": reward, "event": REVIEW, **definition}
        made = []
        for till in (self.chunks, self.calls):
            key = (await till.call("GET", f"/loyalty/programs/{till.program}"))["external_id"]
            text = msgspec.json.encode(definition).decode().replace("{key}", key)
            made.append(await till.promotion(kind="trigger", **msgspec.json.decode(text)))
        return made[0], made[1]

    async def happen(self, promotions: tuple[int, int], events: list[tuple[str, int]]) -> None:
        """Let (id, profile) happen: as a chunk here, one call after another there."""
        await deal(self.chunks, promotions[0], chunk(self.chunks, events))
        for id_, profile in events:
            try:
                async with self.calls.engines.tx() as tx:
                    who = Actor.system()
                    await fire(tx, who, self.calls.program, promotions[1], profile, reference=f"event:{id_}")
            except Problem:
                continue

    async def alike(self) -> None:
        """Check that nothing tells one from the other."""
        first, second = await state(self.chunks), await state(self.calls)
        for name in _STATES:
            assert first[name] == second[name], name


def chunk(till: Till, events: list[tuple[str, int]]) -> Caught:
    """Return events as a listener gets them."""
    at = clickhouse_time(till.clock.now())
    lines = [encode_line(REVIEW, profile, at, id_, {}).decode() for id_, profile in events]
    return Caught(1, till.database, len(lines), "\n".join(lines), None)


async def deal(till: Till, promotion: int, caught: Caught) -> None:
    """Have a promotion deal with a chunk."""
    listener = Listener(1, listening.CONSUMER, promotion, till.database, [REVIEW], 0, None)
    async with till.engines.tx() as tx:
        await listening.catch(tx, listener, caught)


async def state(till: Till) -> dict[str, Any]:
    """Return all that promotions may change, without numbers that differ by chance."""
    found: dict[str, Any] = {}
    values = {"program": till.program, "database": till.database}
    async with till.engines.tx() as tx:
        types = "select id from loyalty_point_type where program_id = :program order by id"
        kinds = [row.id for row in await tx.all(sa.text(types), {"program": till.program})]
        for name, query in _STATES.items():
            wanted = {key: value for key, value in values.items() if f":{key}" in query}
            found[name] = [dict(row._mapping) for row in await tx.all(sa.text(query), wanted)]
    for rows in found.values():
        for row in rows:
            if "point_type_id" in row:
                row["point_type_id"] = kinds.index(row["point_type_id"])
    told: Counter[tuple[str, int, str]] = Counter()
    for row in found["told"]:
        many = None if row["profiles"] is None else BitMap.deserialize(row["profiles"])
        for line in row["payload"].split("\n"):
            event = msgspec.json.decode(line)
            said = {
                key: value for key, value in event["props"].items() if key not in ("program", "transaction", "pool")
            }
            for profile in [event["profile"]] if many is None else many:
                told[event["type"], profile, str(sorted(said.items()))] += 1
    found["told"] = {key: number for key, number in told.items() if key[0].startswith("loyalty.")}
    return found


@pytest.fixture(scope="module")
def made() -> dict[str, Twins]:
    return {}


@pytest.fixture
async def twins(api: Any, engines: Any, made: dict[str, Twins]) -> Twins:
    if not made:
        both = Twins(await open_till(api, engines), await open_till(api, engines))
        await both.both("POST", "/event-types", {"database_id": "{database}", "name": REVIEW, "label": "Review"}, 201)
        await both.both("POST", "/loyalty/programs/{program}/members", {"profile_ids": [*range(1, 11), REMOVED]}, 201)
        await both.both("DELETE", f"/loyalty/programs/{{program}}/members/{REMOVED}", status=204)
        made["twins"] = both
    return made["twins"]


def _drawn(chance: random.Random, pool: bool) -> dict[str, Any]:
    """Draw a promotion: its reward, whom it is for, its limits."""
    rewards: list[dict[str, Any]] = [
        {"kind": "points_fixed", "points": "stars", "amount": str(chance.choice([5, 10]))},
        {"kind": "points_fixed", "points": "miles", "amount": str(chance.choice([30, 60, 110]))},
        {"kind": "points_spent", "points": "stars", "amount": str(chance.choice([7, 15]))},
        {"kind": "grant_level", "group": "status", "level": "gold"},
    ]
    if pool:
        rewards.append({"kind": "issue_code", "pool_id": 0})
    conditions = [
        None,
        compare("profile.city", "eq", "Oslo"),
        compare("loyalty.{key}.points.stars.active", "lt", chance.choice([20, 40])),
        {"kind": "not", "of": compare("loyalty.{key}.levels.status", "eq", "gold")},
    ]
    limits = [
        {
            "what": what,
            "most": str(chance.randint(1, 8) * (10 if what == "points" else 1)),
            "per": per,
            "period": period,
        }
        for what, times in (("uses", 1), ("points", 10))
        for per in ("member", "program")
        for period in ("ever", "day")
        if chance.random() < 0.2
    ]
    return {"reward": chance.choice(rewards), "condition": chance.choice(conditions), "limits": limits}


@pytest.mark.parametrize("seed", [*SHORT, *(pytest.param(seed, marks=pytest.mark.prove) for seed in MANY)])
async def test_a_chunk_leads_to_what_one_call_after_another_does(twins: Twins, seed: int) -> None:
    chance = random.Random(seed)
    drawn = _drawn(chance, pool=True)
    if drawn["reward"]["kind"] == "issue_code":
        pool = {"database_id": "{database}", "name": f"P{seed}", "short_name": f"p{seed}", "kind": "personal"}
        found = await twins.both("POST", "/promo-codes/pools", {**pool, "way": "file"}, 201)
        codes = {"items": [{"code": f"C{seed}X{n:02}"} for n in range(chance.randint(0, 12))]}
        for one, till in zip(found, (twins.chunks, twins.calls), strict=True):
            if codes["items"]:
                await till.call("POST", f"/promo-codes/pools/{one['id']}/codes/import", codes)
        ids = [
            await till.promotion({"kind": "issue_code", "pool_id": one["id"]}, "trigger", event=REVIEW, **_rest(drawn))
            for one, till in zip(found, (twins.chunks, twins.calls), strict=True)
        ]
        promotions = ids[0], ids[1]
    else:
        promotions = await twins.promotions(**drawn)
    past: list[tuple[str, int]] = []
    for turn in range(2):
        new = [(f"s{seed}t{turn}n{n}", chance.choice(PEOPLE)) for n in range(chance.randint(1, 25))]
        again = chance.sample(past + new, min(len(past + new), 4))  # told twice: in the chunk, or long ago
        await twins.happen(promotions, [*new, *again])
        past += new
    await twins.alike()


def _rest(drawn: dict[str, Any]) -> dict[str, Any]:
    plain = drawn["condition"] is None or "{key}" not in str(drawn["condition"])
    return {"limits": drawn["limits"], **({"condition": drawn["condition"]} if plain else {})}


async def test_a_limit_that_is_reached_in_the_middle_goes_to_who_came_first(twins: Twins) -> None:
    limits = [{"what": "uses", "most": "3"}, {"what": "uses", "most": "2", "per": "member"}]
    promotions = await twins.promotions(STAR, limits=limits)
    events = [("m1", 3), ("m2", 3), ("m3", 3), ("m4", REMOVED), ("m5", 2), ("m6", 1)]
    await twins.happen(promotions, events)
    await twins.alike()
    used = await twins.chunks.used(promotions[0])
    assert (used["uses:0"], used["uses:3"], used["uses:2"]) == (3, 2, 1)
    assert "uses:1" not in used


@pytest.fixture
async def shop(till: Till) -> Till:
    """Return a shop by itself, with the first ten people as members."""
    body = {"database_id": till.database, "name": REVIEW, "label": "Review written"}
    await till.call("POST", "/event-types", body, 201)
    await till.call("POST", f"/loyalty/programs/{till.program}/members", {"profile_ids": [*range(1, 11)]}, 201)
    return till


async def test_many_events_take_as_many_statements_as_few(shop: Till) -> None:
    limits = [{"what": "uses", "most": "1000"}, {"what": "uses", "most": "100", "per": "member"}]
    oslo = compare("profile.city", "eq", "Oslo")
    offer = await shop.promotion(STAR, "trigger", event=REVIEW, limits=limits, condition=oslo)
    sent = []
    await deal(shop, offer, chunk(shop, [("w0", 1)]))
    for number, many in enumerate((2, 300)):
        events = [(f"w{number}n{n}", n % 10 + 1) for n in range(many)]
        with counting() as counted:
            await deal(shop, offer, chunk(shop, events))
        sent.append(len(counted.statements))
    assert sent[1] <= sent[0] + 3, sent  # accounts of further members are opened
    assert sent[1] < 60


@pytest.mark.parametrize("where", ["before", "after"])
async def test_a_chunk_whose_process_is_killed_gives_once(shop: Till, where: str) -> None:
    offer = await shop.promotion(STAR, "trigger", event=REVIEW)
    caught = chunk(shop, [(f"k{n}", n % 5 + 1) for n in range(40)])
    async with shop.engines.tx() as tx:
        listener = await tx.scalar(sa.text("select id from event_listener where object_id = :id"), {"id": offer})
        row = {"listener_id": listener, "rows": caught.rows, "payload": caught.payload}
        await tx.execute(sa.insert(event_caught).values(**row, database_id=shop.database))
    folder, now = Path(shop.engines.settings.data_dir), shop.clock.now().isoformat()
    done = run_child("tests.loyalty.promotions.events_child", shop.engines, folder, now, where)
    assert done.returncode == -9, done.stderr[-2000:]
    assert [(await shop.balance(one))["total"] for one in range(1, 6)] == ["0"] * 5
    assert await listening.round_of(shop.engines) == 40
    assert await listening.round_of(shop.engines) == 0
    assert [(await shop.balance(one))["total"] for one in range(1, 6)] == ["8"] * 5
    usage = (await shop.call("GET", f"/loyalty/promotions/{offer}"))["usage"]
    assert (usage["uses"], usage["points"]) == (40, "40")
