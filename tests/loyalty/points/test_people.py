"""Points in conditions, and what becomes of them when people are merged or erased."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx
import sqlalchemy as sa
from pyroaring import BitMap

from fidelia import profiles
from fidelia.access import Actor
from fidelia.kernel.clock import FixedClock
from fidelia.loyalty import ledger
from fidelia.loyalty.ledger import GiveBack, give_back
from fidelia.loyalty.programs import program as read_program
from fidelia.platform.engines import Engines
from tests.loyalty.ledger.shop import Club

D = Decimal


async def people_who(api: httpx.AsyncClient, club: Club, condition: dict[str, Any]) -> list[int]:
    body = {"database_id": club.database, "condition": condition, "columns": ["email"], "limit": 50}
    reply = await api.post("/api/v1/segments/calculate", json=body)
    assert reply.status_code == 200, reply.text
    return sorted(row["profile_id"] for row in reply.json()["preview"])


async def test_conditions_see_points_as_they_are_at_the_moment(
    api: httpx.AsyncClient, engines: Engines, club: Club, clock: FixedClock
) -> None:
    start = clock.now()
    async with engines.tx() as tx:
        key = (await read_program(tx, club.program)).external_id
    field = f"loyalty.{key}.points.stars"
    await club.accrue(1, 100, expires_at=start + timedelta(days=2))
    await club.accrue(1, 50, active_from=start + timedelta(days=1))
    owed = await club.accrue(2, 80)
    await club.redeem(2, 80)
    await club.finish(owed.id, "cancel")
    await club.accrue(2, 200)

    def at_least(what: str, value: str) -> dict[str, Any]:
        return {"kind": "compare", "field": f"{field}.{what}", "op": "gte", "value": value}

    assert await people_who(api, club, at_least("active", "100")) == [1, 2]
    assert await people_who(api, club, at_least("active", "121")) == [], "what is owed is taken off"
    assert await people_who(api, club, at_least("pending", "50")) == [1]
    lots = {
        "kind": "related",
        "link": "loyalty.lots",
        "where": {"kind": "compare", "field": "lot.expires_at", "op": "in_next", "value": "P3D"},
        "measure": {"fn": "sum", "of": "remaining", "op": "gte", "value": 100},
    }
    assert await people_who(api, club, lots) == [1]
    clock.set(start + timedelta(days=1))
    assert await people_who(api, club, at_least("active", "150")) == [1]
    clock.set(start + timedelta(days=2))
    assert await people_who(api, club, at_least("active", "100")) == [2], "gone by time alone: no job has run"
    assert await people_who(api, club, lots) == []
    await club.check()


async def test_merged_people_have_their_points_together(api: httpx.AsyncClient, engines: Engines, club: Club) -> None:
    async with engines.tx() as tx:
        both = [
            (await profiles.create_profile(tx, Actor.system(), club.database, {"email": f"m{n}@example.com"}))["id"]
            for n in (1, 2)
        ]
    into, source = both
    await club.accrue(into, 10)
    await club.accrue(source, 30)
    spent = await club.redeem(source, 12)
    hold = await club.redeem(source, 5, hold_until=club.engines.clock.now() + timedelta(days=1))
    person = profiles.Person(club.database, into)
    move = profiles.Move(
        destination=person,
        sources=(profiles.Person(club.database, source),),
        segments=True,
        triggers=False,
        actor="Kim",
    )
    async with engines.tx() as tx:
        assert await ledger.merge_people(tx, move) == {"loyalty accounts": 1}
    has = await club.balance(into)
    assert (has.total, has.active, has.held) == (23, 23, 5)
    await club.finish(hold.id, "rollback")
    async with engines.tx() as tx:
        (back,) = await give_back(tx, club.program, [GiveBack(transaction_id=spent.id, amount=D(12))])
    assert (back.profile_id, back.balance_after) == (into, 40), "what the source spent comes back to whom it is now"
    assert (await club.redeem(into, 40)).balance_after == 0
    listed = await api.get(f"/api/v1/loyalty/programs/{club.program}/members/{into}/transactions")
    assert {row["type"] for row in listed.json()["items"]} >= {"merge_out", "merge_in", "accrual", "give_back"}
    await club.check()


async def test_an_erased_persons_points_lapse_and_nobody_is_named(engines: Engines, club: Club) -> None:
    async with engines.tx() as tx:
        gone = (await profiles.create_profile(tx, Actor.system(), club.database, {"email": "g@example.com"}))["id"]
    await club.accrue(gone, 30)
    await club.redeem(gone, 10, hold_until=club.engines.clock.now() + timedelta(days=1))
    told = await ledger.personal_data(engines, club.database, gone)
    assert [row["type"] for row in told] == ["accrual", "redeem"]
    async with engines.tx() as tx:
        await ledger.forget_people(tx, club.database, BitMap([gone]))
    async with engines.tx() as tx:
        left = await tx.scalar(sa.text("select count(*) from loyalty_transaction where profile_id = :p"), {"p": gone})
        rows = await tx.all(
            sa.text(
                "select t.type, t.balance_after from loyalty_transaction t"
                " join loyalty_account a on a.id = t.account_id where a.profile_id < 0 order by t.seq"
            )
        )
    assert left == 0
    assert [(row.type, row.balance_after) for row in rows][2:] == [("cancel", 30), ("expire", 0)]
    assert await ledger.personal_data(engines, club.database, gone) == []
    await club.check()
