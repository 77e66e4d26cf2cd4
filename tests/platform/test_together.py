"""Statements sent together: one packet, answers in their order, the first error, and arrays as text."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from fidelia.platform import cursors
from fidelia.platform.cursors import plain_array, text_array
from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx


async def test_statements_of_a_block_leave_at_its_end_with_begin(
    engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    """psycopg's own way sends each alone: it is not gone, and what waits is not sent, before the block ends."""
    sent = list[int]()

    def send(pgconn: Any) -> Any:
        sent.append(pgconn.transaction_status)
        return psycopg.generators.send(pgconn)

    def alone(*_: Any) -> Any:
        raise AssertionError("psycopg has sent a statement of a block by itself")

    monkeypatch.setattr(cursors, "send", send)
    monkeypatch.setattr("psycopg._pipeline_base.pipeline_communicate", alone)
    async with engines.tx() as tx:
        async with tx.together():
            asked = [await tx.ask("select %s::int, txid_current_if_assigned()", (n,), list) for n in range(3)]
            assert sent == []
        assert len(sent) == 1
        assert [(await one.answer())[0][0] for one in asked] == [0, 1, 2]
        assert (await tx.raw()).pgconn.transaction_status == psycopg.pq.TransactionStatus.INTRANS


@pytest.mark.parametrize("times", [1, 8])  # the later ones are prepared
async def test_the_first_error_is_raised_and_the_connection_goes_on(engines: Engines, times: int) -> None:
    async def fail() -> None:
        async with engines.tx() as tx, tx.together():
            await tx.ask("select 1", (), list)
            await tx.ask("select 1 / %s::int", (0,), list)
            await tx.ask("select no_such_function()", (), list)

    for _ in range(times):
        with pytest.raises(psycopg.errors.DivisionByZero):
            await fail()
        async with engines.tx() as tx:
            async with tx.together():
                asked = await tx.ask("select %s::text", ("well",), list)
            assert await asked.answer() == [("well",)]


async def test_an_answer_may_be_read_within_a_block_and_blocks_may_nest(engines: Engines) -> None:
    async with engines.tx() as tx:
        async with tx.together():
            first = await tx.ask("select 1", (), list)
            assert await first.answer() == [(1,)]
            async with tx.together():
                second = await tx.ask("select 2", (), list)
            assert await second.answer() == [(2,)]
            third = await tx.ask("select 3", (), list)
        assert await third.answer() == [(3,)]


async def test_more_than_a_buffer_full_both_ways(engines: Engines) -> None:
    async with engines.tx() as tx:
        async with tx.together():
            asked = [await tx.ask("select repeat(%s::text, 2)", (str(n % 10) * 1_000_000,), list) for n in range(12)]
        for n, one in enumerate(asked):
            assert await one.answer() == [(str(n % 10) * 2_000_000,)]


async def test_what_a_block_wrote_is_undone_with_its_transaction(engines: Engines) -> None:
    async def make() -> None:
        async with engines.tx() as tx:
            async with tx.together():
                await tx.ask("create table of_a_block (n int)", (), list)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await make()
    async with engines.tx() as tx:
        assert await (await tx.ask("select to_regclass('of_a_block')", (), list)).answer() == [(None,)]


async def test_a_block_on_a_broken_connection_leaves_nothing_behind(engines: Engines) -> None:
    async with engines.db.engine.connect() as connection:
        tx = Tx(connection, engines, engines.clock.now())
        raw = await tx.raw()
        await raw.close()
        with pytest.raises(psycopg.OperationalError):
            async with tx.together():
                pass
        assert raw._pipeline is None
        await connection.invalidate()


HOSTILE = ["", "a b", 'a"b', "a\\b", '\\"', "{}", "a,b", "NULL", "null", "'", "ü\n\t", "\\\\", "%s"]


async def test_arrays_as_text(engines: Engines) -> None:
    numbers = [Decimal("-12.3400"), Decimal("1E+3"), Decimal(0), Decimal("99999999999999.9999")]
    async with engines.tx() as tx:
        asked = await tx.ask(
            "select %s::text[], %s::bigint[], %s::numeric[], %s::date[], %s::int[]",
            (
                text_array(HOSTILE),
                plain_array([2**40, -1]),
                plain_array(numbers),
                plain_array([date(2026, 1, 31)]),
                plain_array([]),
            ),
            list,
        )
        assert await asked.answer() == [(HOSTILE, [2**40, -1], numbers, [date(2026, 1, 31)], [])]
