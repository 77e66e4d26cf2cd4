"""How often an order goes to the database: more statements, or more ways there and back, are told here first."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from fidelia.access import Actor
from fidelia.loyalty.orders import DraftLine, DraftOrder, OrderCommit, commit, preorder

from .till import Till, compare

#: Statements, and how often somebody waits for the answer: of one alone, or of several sent together. COMMIT is not in.
PREORDER = (7, 1)
COMMIT = (20, 3)


class Counted:
    """What was sent, and how many times it was waited for."""

    def __init__(self) -> None:
        self.statements: list[str] = []
        self.ways = 0

    @property
    def numbers(self) -> tuple[int, int]:
        return len(self.statements), self.ways


@contextmanager
def counting() -> Iterator[Counted]:
    """Count what the driver sends."""
    counted = Counted()
    cursor: Any = psycopg.AsyncCursor
    execute, many, copy, leave = cursor.execute, cursor.executemany, cursor.copy, psycopg.AsyncPipeline.__aexit__

    def note(of: Any, query: Any, kind: str = "") -> None:
        counted.statements.append(f"{kind}{query.decode() if isinstance(query, bytes) else query}")
        counted.ways += of.connection._pipeline is None

    async def count_execute(self: Any, query: Any, *args: Any, **options: Any) -> Any:
        note(self, query)
        return await execute(self, query, *args, **options)

    async def count_many(self: Any, query: Any, *args: Any, **options: Any) -> Any:
        note(self, query, "many: ")
        return await many(self, query, *args, **options)

    def count_copy(self: Any, query: Any, *args: Any, **options: Any) -> Any:
        note(self, query, "copy: ")
        return copy(self, query, *args, **options)

    async def count_leave(self: Any, *args: Any) -> Any:
        counted.ways += self.level == 1
        return await leave(self, *args)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cursor, "execute", count_execute)
        patch.setattr(cursor, "executemany", count_many)
        patch.setattr(cursor, "copy", count_copy)
        patch.setattr(psycopg.AsyncPipeline, "__aexit__", count_leave)
        yield counted


async def test_an_order_takes_so_many_statements(till: Till) -> None:
    key = (await till.call("GET", f"/loyalty/programs/{till.program}"))["external_id"]
    await till.promotion({"kind": "percent_off", "percent": "20"}, limits=[{"what": "uses", "most": "500"}])
    gold = compare(f"loyalty.{key}.levels.status", "eq", "gold")
    await till.promotion({"kind": "percent_off", "percent": "10"}, condition=gold)
    await till.promotion({"kind": "amount_off", "amount": "1"}, condition=compare("profile.city", "eq", "Oslo"))
    await till.promotion({"kind": "points_percent", "points": "stars", "percent": "10"})
    await till.promotion({"kind": "points_per_money", "points": "miles", "amount": "1", "per": "1"})
    for _ in range(2):  # the first makes the buyer a member and opens accounts and counters
        await till.commit(("coffee", 2), ("mug", 1))
    lines = [DraftLine(sku="coffee", quantity=2), DraftLine(sku="mug")]
    draft: dict[str, Any] = {"database": till.database, "profile": 1, "lines": lines, "redeem": {"stars": "1"}}
    with counting() as counted:
        async with till.engines.tx() as tx:
            final = (await preorder(tx, DraftOrder(**draft))).final
    assert counted.numbers == PREORDER, counted.statements
    with counting() as counted:
        async with till.engines.tx() as tx:
            given = OrderCommit(**draft, external_id="counted", final=final, status="paid")
            done = await commit(tx, Actor.system(), given)
    assert done.calculation.points.redeem == {"stars": "1.00"}
    assert done.calculation.points.accrue.keys() == {"stars", "miles"}
    assert counted.numbers == COMMIT, counted.statements
