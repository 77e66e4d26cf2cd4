"""Frequency policies: whose counts, what they hold back, and that no race gets past them."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest

from fidelia.messages.model import MessageKey, Run
from fidelia.messages.policies import marks, rules
from fidelia.messages.policies.marks import Chunk, Effective
from fidelia.messages.policies.model import Limit
from fidelia.messages.sending.values import contact_hash
from fidelia.messages.store import ledger
from fidelia.platform.engines import Engines

from ...conftest import NOW
from ..sink import running
from ..test_mailings import template
from ..test_sender import events, rows, states
from ..world import people, run_of, send

ONE_A_WEEK = {"per": "profile", "most": 1, "days": 7}


async def policy(api: httpx.AsyncClient, status: int = 201, **values: Any) -> dict[str, Any]:
    body = {"name": f"Policy {random.randrange(10**9)}", "limits": [ONE_A_WEEK], **values}
    reply = await api.post("/api/v1/policies", json=body)
    assert reply.status_code == status, reply.text
    return dict(reply.json())


async def counted_in(raw: Any, database: int) -> int:
    row = await (await raw.execute("select count(*) from send_mark where database_id = %s", (database,))).fetchone()
    return int(row[0])


def chunk_of(run: Run, messages: dict[MessageKey, bytes]) -> Chunk:
    return Chunk(run_id=run.id, database_id=run.database_id, resource_id=None, channel="email", messages=messages)


@pytest.fixture(autouse=True)
async def no_default(api: httpx.AsyncClient, engines: Engines) -> None:
    """What other tests have made is none of this one's business."""
    async with engines.db.hot() as raw:
        await raw.execute("delete from send_policy where not exists (select from mailing where policy_id is not null)")


async def test_who_has_had_enough_is_blocked_and_told(api: httpx.AsyncClient, engines: Engines) -> None:
    made = await policy(api, name="Weekly")
    database = await people(engines, 6)
    async with running() as sink:
        first = await run_of(engines, database, policy_id=made["id"])
        async with engines.db.hot() as raw:  # three of them only
            await raw.execute("delete from delivery where run_id = %s and profile_id > 3", (first.id,))
        await send(engines, first, sink.port, connections=1)
        second = await run_of(engines, database, policy_id=made["id"])
        await send(engines, second, sink.port, connections=1)
        third = await run_of(engines, database)  # no policy: nobody is held back
        await send(engines, third, sink.port, connections=1)
    assert await states(engines, second) == {"sent": 3, "blocked": 3}
    assert await states(engines, third) == {"sent": 6}
    reasons = {row[0]: row[4] for row in await rows(engines, second) if row[1] == "blocked"}
    assert reasons == dict.fromkeys((1, 2, 3), "Weekly: at most 1 message in 7 days per person")
    blocked = [e for e in await events(engines, database) if e["type"] == "message.blocked"]
    assert len(blocked) == 3


async def test_the_window_slides(api: httpx.AsyncClient, engines: Engines) -> None:
    database = await people(engines, 1)
    run = await run_of(engines, database)
    policy = Effective("p", (Limit("profile", 2, 7),))
    verdicts = []
    async with engines.db.hot() as raw:
        for n, days in enumerate((0, 3, 6.9, 7, 9.9, 10)):
            chunk = chunk_of(run, {MessageKey(1, n): b"x"})
            verdicts.append(bool(await marks.reserve(raw, policy, chunk, NOW + timedelta(days=days))))
    assert verdicts == [False, False, True, False, True, False]


async def test_what_each_limit_counts(engines: Engines) -> None:
    one, other = await people(engines, 3), await people(engines, 3)
    runs = {database: await run_of(engines, database) for database in (one, other)}
    occasions = iter(range(1, 1000))

    async def may(limit: Limit, database: int, profile: int, address: bytes, **more: Any) -> bool:
        chunk = Chunk(
            run_id=runs[database].id,
            database_id=database,
            resource_id=more.get("resource"),
            channel=more.get("channel", "email"),
            messages={MessageKey(profile, next(occasions)): address},
        )
        async with engines.db.hot() as raw:
            return not await marks.reserve(raw, Effective("p", (limit,)), chunk, NOW)

    a, b = b"a" * 16, b"b" * 16
    free = Limit("profile", 15, 16)
    assert await may(free, one, 1, a, resource=7, channel="email")
    assert not await may(Limit("profile", 1, 1), one, 1, b, channel="sms")
    assert await may(Limit("profile", 1, 1), one, 2, a), "somebody else"
    assert await may(Limit("profile", 1, 1), other, 1, b), "the same number in another database is somebody else"
    assert not await may(Limit("contact", 1, 1), other, 3, a), "an address is the same in every database"
    assert not await may(Limit("profile_resource", 1, 1), one, 1, b, resource=7)
    assert await may(Limit("profile_resource", 1, 1), one, 1, b, resource=8)
    assert await may(Limit("profile_resource", 1, 1), one, 1, b)
    assert await may(Limit("profile_channel", 1, 1), one, 1, b, channel="sms")
    assert not await may(Limit("profile_channel", 1, 1), one, 1, b, channel="sms")


async def test_two_messages_of_one_chunk_do_not_slip_through(engines: Engines) -> None:
    database = await people(engines, 2)
    run = await run_of(engines, database)
    messages = {MessageKey(1, n): b"a" * 16 for n in range(5)} | {MessageKey(2): b"b" * 16}
    chunk = chunk_of(run, messages)
    limit = Limit("profile", 2, 1)
    async with engines.db.hot() as raw:
        held = await marks.reserve(raw, Effective("p", (limit,)), chunk, NOW)
        assert len(held) == 3
        again = await marks.reserve(raw, Effective("p", (limit,)), chunk, NOW)
    assert again == held, "what is counted stays counted and is not counted twice"


async def test_thirty_two_senders_never_exceed_a_limit(engines: Engines) -> None:
    database = await people(engines, 40)
    limits = (Limit("profile", 3, 7), Limit("contact", 4, 16))
    runs = [await run_of(engines, database) for _ in range(32)]
    address = {profile: b"%016d" % ((profile - 1) // 2) for profile in range(1, 41)}  # two people share an address each
    sent: list[MessageKey] = []

    async def sender(n: int) -> None:
        chance = random.Random(n)
        for chunk_no in range(5):
            keys = {MessageKey(profile, chunk_no): address[profile] for profile in chance.sample(range(1, 41), 25)}
            chunk = Chunk(run_id=runs[n].id, database_id=database, resource_id=None, channel="email", messages=keys)
            session = await engines.db.session()
            try:
                async with session.transaction():
                    held = await marks.reserve(session, Effective("p", limits), chunk, NOW)
            finally:
                await session.close()
            sent.extend(key for key in keys if key not in held)

    await asyncio.gather(*(sender(n) for n in range(32)))
    per_person = Counter(key.profile_id for key in sent)
    per_address = Counter(address[key.profile_id] for key in sent)
    assert max(per_person.values()) <= 3
    assert set(per_address.values()) == {4}, "and what may be sent is sent"


async def test_what_is_not_sent_is_not_counted(api: httpx.AsyncClient, engines: Engines) -> None:
    made = await policy(api)
    database = await people(engines, 4)
    run = await run_of(engines, database, policy_id=made["id"])

    async def counted() -> int:
        async with engines.db.hot() as raw:
            row = await (
                await raw.execute("select count(*) from send_mark where database_id = %s", (database,))
            ).fetchone()
        return int(row[0])

    def refuse(stage: str, to: str) -> str | None:
        return "550 no such user" if stage == "rcpt" and to == "p2@example.com" else None

    async with running(refuse) as sink:
        await send(engines, run, sink.port, connections=1)
    assert await states(engines, run) == {"sent": 3, "failed": 1}
    async with engines.db.hot() as raw:
        assert await counted_in(raw, database) == 3
    run = await run_of(engines, database)
    async with engines.db.hot() as raw:  # leased and counted, then its sender dies
        leased = await ledger.lease(raw, run.id, 77, engines.clock.now(), 4)
        chunk = chunk_of(run, {row.key: row.contact_hash for row in leased})
        await marks.reserve(raw, Effective(), chunk, NOW)
        assert await counted_in(raw, database) == 7
        await ledger.clear(raw, run.id, 77, NOW)
        assert await counted_in(raw, database) == 3


async def test_the_narrowest_policy_counts(api: httpx.AsyncClient, engines: Engines) -> None:
    resource = (await api.post("/api/v1/resources", json={"name": f"News {random.random()}"})).json()["id"]
    everywhere = await policy(api, name="Everywhere", is_default=True)
    of_resource = await policy(api, name="Of the resource", resource_ids=[resource])
    own = await policy(api, name="Unlimited", limits=[])
    async with engines.db.hot() as raw:
        found = [
            (await marks.effective(raw, policy_id, resource_id)).name
            for policy_id, resource_id in ((None, None), (None, resource), (own["id"], resource), (own["id"], None))
        ]
    assert found == ["Everywhere", "Of the resource", "Unlimited", "Unlimited"]
    other = await policy(api, name="Another", is_default=True, resource_ids=[resource])
    assert not (await api.get(f"/api/v1/policies/{everywhere['id']}")).json()["is_default"]
    assert (await api.get(f"/api/v1/policies/{of_resource['id']}")).json()["resource_ids"] == []
    assert (await api.delete(f"/api/v1/policies/{other['id']}")).status_code == 204
    async with engines.db.hot() as raw:
        assert await marks.effective(raw, None, resource) == Effective()


async def test_through_the_api(api: httpx.AsyncClient, engines: Engines) -> None:
    made = await policy(api, name="Twice a week", limits=[{"per": "profile", "most": 2, "days": 7}])
    assert (await api.get("/api/v1/policies", params={"q": "twice"})).json()["items"] == [made]
    assert (await policy(api, 409, name="TWICE a week"))["errors"][0]["pointer"] == "/name"
    for limits, pointer in (
        ([ONE_A_WEEK, ONE_A_WEEK], "/limits/1/per"),
        ([{**ONE_A_WEEK, "most": 16}], "/limits/0/most"),
        ([{**ONE_A_WEEK, "days": 0}], "/limits/0/days"),
        ([{**ONE_A_WEEK, "per": "planet"}], "/limits/0/per"),
        ([{**ONE_A_WEEK, "more": 1}], "/limits/0/more"),
    ):
        assert (await policy(api, 422, limits=limits))["errors"][0]["pointer"] == pointer
    assert (await policy(api, 422, resource_ids=[10**6]))["errors"][0]["pointer"] == "/resource_ids/0"
    database = await people(engines, 1)
    body = {"name": "m", "database_id": database, "policy_id": made["id"]}
    mailing = (await api.post("/api/v1/mailings", json=body)).json()
    assert mailing["policy_id"] == made["id"]
    unknown = await api.post("/api/v1/mailings", json={**body, "policy_id": 10**6})
    assert (unknown.status_code, unknown.json()["errors"][0]["pointer"]) == (422, "/policy_id")
    refused = await api.delete(f"/api/v1/policies/{made['id']}")
    assert refused.status_code == 409
    assert "m;" in refused.json()["detail"]
    changed = await api.patch(f"/api/v1/policies/{made['id']}", json={"limits": [], "name": "Free"})
    assert changed.json() == {
        **made,
        "limits": [],
        "name": "Free",
        "mailing_count": 1,
        "updated_at": changed.json()["updated_at"],
    }
    await api.delete(f"/api/v1/mailings/{mailing['id']}")
    assert (await api.delete(f"/api/v1/policies/{made['id']}")).status_code == 204
    assert (await api.get(f"/api/v1/policies/{made['id']}")).status_code == 404
    assert msgspec.json.decode((await api.get(f"/api/v1/mailings/{mailing['id']}")).content)["policy_id"] is None


@pytest.mark.parametrize("per", ["profile", "profile_resource", "profile_channel", "contact"])
async def test_the_estimate_says_who_would_be_held_back(engines: Engines, api: httpx.AsyncClient, per: str) -> None:
    database = await people(engines, 5)
    other = await people(engines, 5)
    made = await policy(api, limits=[{"per": per, "most": 2, "days": 7}])
    body = {"name": "m", "database_id": database, "policy_id": made["id"], "template_id": await template(api)}
    mailing = (await api.post("/api/v1/mailings", json=body)).json()

    async def held() -> list[str]:
        estimate = (await api.get(f"/api/v1/mailings/{mailing['id']}/estimate")).json()
        return [check["message"] for check in estimate["checks"] if check["pointer"] == "/policy_id"]

    run, elsewhere = await run_of(engines, database), await run_of(engines, other)
    async with engines.db.hot() as raw:
        await raw.execute("delete from send_mark")  # the addresses are those of other tests as well
        for days, who in ((0, (1, 2, 3)), (3, (1, 2)), (8, (3,))):
            chunk = chunk_of(run, {MessageKey(n, days): contact_hash(f"p{n}@example.com") for n in who})
            await marks.reserve(raw, Effective(), chunk, engines.clock.now() - timedelta(days=days))
        for occasion in (1, 2):  # another database: only an address is the same there
            chunk = chunk_of(elsewhere, {MessageKey(4, occasion): contact_hash("p4@example.com")})
            await marks.reserve(raw, Effective(), chunk, engines.clock.now())
    count = 3 if per == "contact" else 2
    assert await held() == [
        f"{count} people have had enough messages for now and would be held back: {made['name']} allows"
        f" {rules.text(Limit(per, 2, 7))}"
    ]
    await api.patch(f"/api/v1/policies/{made['id']}", json={"limits": [{"per": per, "most": 3, "days": 7}]})
    assert await held() == []


async def test_marks_are_deleted_when_nothing_counts_them(engines: Engines) -> None:
    database = await people(engines, 2)
    run = await run_of(engines, database)
    async with engines.db.hot() as raw:
        for n, days in enumerate((0, 16, 18)):
            chunk = chunk_of(run, {MessageKey(1, n): b"x"})
            await marks.reserve(raw, Effective(), chunk, NOW - timedelta(days=days))
        await marks.purge(raw, NOW, 100)
        assert await counted_in(raw, database) == 2
