"""Codes at the till and for people: checked, used, given back, given by runs; races."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from fidelia.kernel.clock import FixedClock
from fidelia.kernel.errors import Problem
from fidelia.loyalty import codes
from fidelia.loyalty.codes.model import CodeExpiry
from fidelia.platform.races import patiently

from .conftest import Vault


async def test_a_personal_code_is_used_once_and_given_back(vault: Vault) -> None:
    pool = await vault.pool(["Alpha-1", "ALPHA-2"])
    found = await vault.check(1, " alpha-1", "nothing", "ALPHA-2")
    assert [(one.state, one.reason) for one in found] == [("ready", None), ("refused", "unknown"), ("ready", None)]
    assert found[0].pool_id == pool.id
    assert await vault.reasons(None, "alpha-1") == ["needs_person"]
    await vault.use(1, "order:1", "ALPHA-1")
    assert await vault.reasons(1, "alpha-1") == ["used_up"]
    assert await vault.reasons(2, "alpha-1") == ["taken"]
    figures = await vault.figures(pool)
    assert (figures.made, figures.left, figures.given, figures.used, figures.lapsed) == (2, 1, 0, 1, 0)
    assert await vault.release("order:1") == ["Alpha-1"]
    assert await vault.release("order:1") == []
    assert await vault.reasons(2, "alpha-1") == [None]  # it had become theirs by that order only
    figures = await vault.figures(pool)
    assert (figures.left, figures.used, figures.attached, figures.activated) == (2, 0, 0, 0)


async def test_the_same_order_uses_a_code_once(vault: Vault) -> None:
    pool = await vault.pool(["ONCE-1"], max_uses=5, max_uses_per_person=5)
    async with vault.engines.tx() as tx:
        found = await codes.check(tx, vault.database, 1, ["ONCE-1"], tx.now)
        await codes.use(tx, found, "order:2")
        await codes.use(tx, found, "order:2")
    assert (await vault.figures(pool)).uses == 1
    await vault.use(1, "order:3", "ONCE-1")
    await vault.release("order:2")
    assert (await vault.figures(pool)).uses == 1
    assert (await vault.figures(pool)).used == 1


async def test_a_code_that_was_used_meanwhile_is_refused_at_use(vault: Vault) -> None:
    await vault.pool(["LATE-1"])
    found = await vault.check(1, "LATE-1")
    await vault.use(2, "order:4", "LATE-1")
    with pytest.raises(Problem) as caught:
        async with vault.engines.tx() as tx:
            await codes.use(tx, found, "order:5")
    assert caught.value.status == 409
    assert "somebody else" in caught.value.detail


async def test_a_universal_code_is_for_many_people_with_limits(vault: Vault) -> None:
    pool = await vault.pool(["SHARED"], kind="universal", max_uses=3)
    for person in (1, 2):
        await vault.use(person, f"order:u{person}", "shared")
    assert await vault.reasons(1, "SHARED") == ["person_limit"]
    assert await vault.reasons(None, "SHARED") == ["needs_person"]
    await vault.use(3, "order:u3", "shared")
    assert await vault.reasons(4, "SHARED") == ["used_up"]
    figures = await vault.figures(pool)
    assert (figures.made, figures.left, figures.used, figures.uses) == (1, 0, 3, 3)
    await vault.release("order:u2")
    assert await vault.reasons(4, "SHARED") == [None]
    assert await vault.reasons(1, "SHARED") == ["person_limit"]
    figures = await vault.figures(pool)
    assert (figures.left, figures.given, figures.used, figures.uses) == (1, 0, 2, 2)


async def test_a_universal_code_without_limits_needs_nobody(vault: Vault) -> None:
    pool = await vault.pool(["OPEN"], kind="universal", max_uses=None, max_uses_per_person=None)
    await vault.use(None, "order:o1", "open")
    await vault.use(1, "order:o2", "open")
    await vault.use(1, "order:o3", "open")
    figures = await vault.figures(pool)
    assert (figures.left, figures.uses, figures.used) == (None, 3, 1)
    await vault.release("order:o1")
    assert (await vault.figures(pool)).uses == 2


async def test_dates_limit_giving_and_not_using(vault: Vault, clock: FixedClock) -> None:
    now = clock.now()
    pool = await vault.pool(["DATE-1", "DATE-2"], valid_from=now + timedelta(days=1), valid_until=now + timedelta(2))
    assert await vault.give(pool, "run:1", [1]) == {}
    assert await vault.reasons(1, "date-1") == ["not_yet"]
    clock.advance(timedelta(days=1))
    given = await vault.give(pool, "run:1", [1])
    assert given == {1: "DATE-1"}
    clock.advance(timedelta(days=1))
    assert await vault.give(pool, "run:1", [1, 2]) == given  # who has one keeps it, nobody gets one any more
    assert await vault.reasons(1, "date-1", "date-2") == [None, "over"]
    await vault.use(1, "order:d1", "date-1")


async def test_codes_expire_counted_from_attaching(vault: Vault, clock: FixedClock) -> None:
    pool = await vault.pool(["EXP-1", "EXP-2"], expiry=CodeExpiry("after", period="P7D"))
    clock.advance(timedelta(days=30))
    assert await vault.give(pool, "run:1", [1]) == {1: "EXP-1"}
    clock.advance(timedelta(days=7) - timedelta(seconds=1))
    assert await vault.reasons(1, "exp-1") == [None]
    clock.advance(timedelta(seconds=1))
    assert await vault.reasons(1, "exp-1") == ["expired"]
    figures = await vault.figures(pool)
    assert (figures.left, figures.given, figures.used, figures.lapsed, figures.expired) == (1, 0, 0, 1, 1)
    end = clock.now() + timedelta(days=1)
    fixed = await vault.pool(["FIX-1"], expiry=CodeExpiry("fixed", at=end))
    clock.advance(timedelta(days=1))
    assert await vault.give(fixed, "run:1", [1]) == {}
    assert await vault.reasons(1, "fix-1") == ["expired"]


async def test_a_run_gives_everybody_the_same_again(vault: Vault) -> None:
    pool = await vault.pool([f"SAME-{n}" for n in range(6)])
    first = await vault.give(pool, "run:7", [3, 1, 2])
    assert sorted(first) == [1, 2, 3]
    assert len(set(first.values())) == 3
    again = await vault.give(pool, "run:7", [1, 2, 3, 4])
    assert {person: again[person] for person in first} == first
    other = await vault.give(pool, "run:8", [1, 2, 3, 4])
    assert len(other) == 2  # the pool is dry
    assert not set(other.values()) & set(again.values())
    assert (await vault.figures(pool)).left == 0


async def test_a_mailing_makes_codes_only_where_it_may(vault: Vault) -> None:
    pool = await vault.pool(["MAKE-1"], mailings_create=True, code_limit=3)
    assert await vault.give(pool, "run:1", [1, 2], by="promotion") == {1: "MAKE-1"}
    given = await vault.give(pool, "run:1", [1, 2, 3, 4], by="mailing")
    assert given[1] == "MAKE-1"
    assert sorted(given) == [1, 2, 3]  # no more than three codes in the pool
    assert all(code.startswith("T-") for person, code in given.items() if person != 1)
    assert await vault.give(pool, "run:1", [1, 2, 3], by="mailing") == given


async def test_64_clients_never_get_the_same_code(vault: Vault) -> None:
    pool = await vault.pool([f"RACE-{n:03}" for n in range(80)])

    async def client(n: int) -> dict[int, str]:
        return await patiently(lambda: vault.give(pool, f"run:{n % 4}", [n + 1]))

    given = await asyncio.gather(*(client(n) for n in range(64)))
    found = [code for one in given for code in one.values()]
    assert len(found) == len(set(found)) == 64
    figures = await vault.figures(pool)
    assert (figures.left, figures.given) == (16, 64)


async def test_64_clients_of_one_run_give_somebody_one_code(vault: Vault) -> None:
    pool = await vault.pool([f"ONE-{n:03}" for n in range(70)])
    given = await asyncio.gather(*(patiently(lambda: vault.give(pool, "run:1", [5, 6])) for _ in range(32)))
    assert len({tuple(sorted(one.items())) for one in given}) == 1
    assert (await vault.figures(pool)).given == 2


async def test_a_shared_budget_of_uses_holds_in_a_race(vault: Vault) -> None:
    pool = await vault.pool(["BUDGET"], kind="universal", max_uses=20, max_uses_per_person=None)

    async def order(n: int) -> bool:
        try:
            await patiently(lambda: vault.use(n % 10 + 1, f"order:b{n}", "budget"))
        except Problem:
            return False
        return True

    done = await asyncio.gather(*(order(n) for n in range(64)))
    assert sum(done) == 20
    assert (await vault.figures(pool)).uses == 20
    await asyncio.gather(*(vault.release(f"order:b{n}") for n in range(64)))
    figures = await vault.figures(pool)
    assert (figures.uses, figures.left, figures.given, figures.used) == (0, 20, 0, 0)


async def test_an_archived_pool_gives_and_takes_nothing(vault: Vault) -> None:
    from fidelia.loyalty.codes.service import pools

    from .conftest import SYSTEM

    pool = await vault.pool(["ARCH-1"])
    async with vault.engines.tx() as tx:
        await pools.archive(tx, SYSTEM, pool.id)
    assert await vault.give(pool, "run:1", [1]) == {}
    assert await vault.reasons(1, "arch-1") == ["archived"]
    async with vault.engines.tx() as tx:
        await pools.restore(tx, SYSTEM, pool.id)
    assert await vault.reasons(1, "arch-1") == [None]
