"""ClickHouse: bitmaps, tokens, caps, progress and kill, on the real engine."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from pyroaring import BitMap

from fidelia.platform.clickhouse import (
    ClickHouse,
    ClickHouseError,
    ClickHouseUnavailable,
    QueryCancelled,
    QueryTimeout,
    QueryTooLarge,
    bitmap_parameter,
    bitmap_sql,
    encode_bitmap,
)
from fidelia.platform.engines import Engines

ENDLESS = "SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 1"


@pytest.fixture
async def ch(engines: Engines) -> AsyncIterator[ClickHouse]:
    assert engines.ch is not None
    yield engines.ch
    await engines.ch.command("DROP TABLE IF EXISTS t SYNC")


async def running(ch: ClickHouse, tag: str) -> None:
    while (await ch.progress(tag))[0] == 0:
        await asyncio.sleep(0.01)


async def test_values_come_back_as_they_are(ch: ClickHouse) -> None:
    sql = "SELECT {a:Array(UInt32)}, {s:String}, {d:Decimal(18, 4)}, {n:Nullable(Float64)}, {t:DateTime64(3, 'UTC')}"
    at = datetime(2026, 11, 16, 12, 0, 0, 250_000, UTC)
    text = "it's \\ 100 % \n\t{x}"
    rows = await ch.query(sql, {"a": [1, 2], "s": text, "d": "12.5", "n": None, "t": at})
    assert rows == [([1, 2], text, Decimal("12.5"), None, at)]
    assert rows[0][4].tzinfo is not None
    assert await ch.scalar("SELECT 1 WHERE 0") is None
    assert await ch.query_columns("SELECT number, number * 2 FROM numbers(3)") == [[0, 1, 2], [0, 2, 4]]


@pytest.mark.parametrize("size", [0, 1, 32, 33, 1000, 300_000])
async def test_bitmaps_go_in_and_out(ch: ClickHouse, size: int) -> None:
    ids = BitMap(random.Random(size).sample(range(2**32), size))
    sql = f"SELECT groupBitmapState(id) FROM (SELECT arrayJoin(bitmapToArray({bitmap_sql('b')})) AS id)"
    assert await ch.bitmap(sql, {"b": bitmap_parameter(ids)}) == ids
    await ch.command(
        "CREATE TABLE t (k UInt64, b AggregateFunction(groupBitmap, UInt32)) ENGINE = MergeTree ORDER BY k"
    )
    await ch.insert_bytes("t", ["k", "b"], (7).to_bytes(8, "little") + encode_bitmap(ids), "RowBinary")
    assert await ch.bitmap("SELECT b FROM t WHERE k = 7") == ids


async def test_a_query_without_rows_is_the_empty_bitmap(ch: ClickHouse) -> None:
    assert await ch.bitmap("SELECT groupBitmapState(toUInt32(number)) FROM numbers(0)") == BitMap()


async def test_a_repeated_token_inserts_nothing(ch: ClickHouse) -> None:
    settings = "non_replicated_deduplication_window = 100"
    await ch.command(f"CREATE TABLE t (id UInt32, name String) ENGINE = MergeTree ORDER BY id SETTINGS {settings}")
    for _ in range(2):
        await ch.insert_bytes("t", ["id", "name"], b"1\ta\n2\tb\n", "TabSeparated", token="batch-1")
        await ch.insert_columns("t", ["id", "name"], [[3, 4], ["c", "d"]], token="batch-2")
    await ch.insert_bytes("t", None, b'{"id":5,"name":"e"}\n', "JSONEachRow", token="batch-3")
    assert await ch.query("SELECT id, name FROM t ORDER BY id") == [(1, "a"), (2, "b"), (3, "c"), (4, "d"), (5, "e")]


async def test_a_query_above_its_memory_is_refused_and_the_engine_stays_well(ch: ClickHouse) -> None:
    with pytest.raises(QueryTooLarge) as caught:
        await ch.query("SELECT groupArray(toString(number)) FROM numbers(100000000)")
    assert caught.value.code == 241
    assert await ch.scalar("SELECT 1") == 1


async def test_a_query_above_its_time_is_stopped(ch: ClickHouse) -> None:
    with pytest.raises(QueryTimeout):
        await ch.query(ENDLESS, timeout=0.1)


async def test_progress_and_kill_by_tag(ch: ClickHouse) -> None:
    one, other = (asyncio.create_task(ch.query(ENDLESS, tag=tag)) for tag in ("job-7", "job_7"))
    await running(ch, "job-7")
    await running(ch, "job_7")
    assert (await ch.progress("job-7"))[1] == 1_000_000_000_000
    await ch.kill("job_7")  # an underscore stands for itself
    with pytest.raises(QueryCancelled):
        await other
    assert not one.done()
    await ch.kill("job-7")
    with pytest.raises(QueryCancelled):
        await one
    assert await ch.progress("job-7") == (0, 0)


async def test_a_tiny_query_does_not_wait_for_a_long_one(ch: ClickHouse) -> None:
    long = asyncio.create_task(ch.query(ENDLESS, tag="long"))
    await running(ch, "long")
    assert await asyncio.wait_for(ch.scalar("SELECT 1"), 30) == 1
    await ch.kill("long")
    with pytest.raises(QueryCancelled):
        await long


async def test_who_stops_waiting_stops_the_query(ch: ClickHouse) -> None:
    for _ in range(5):
        task = asyncio.create_task(ch.query(ENDLESS, tag="abandoned"))
        await asyncio.sleep(0)  # cancelled before, while and after the query starts
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    task = asyncio.create_task(ch.query(ENDLESS, tag="abandoned"))
    await running(ch, "abandoned")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await ch.progress("abandoned") == (0, 0)


async def test_queries_that_wait_for_a_client_are_cancelled_too(ch: ClickHouse, engines: Engines) -> None:
    tasks = [asyncio.create_task(ch.query(ENDLESS, tag="many")) for _ in range(engines.settings.clickhouse.clients + 3)]
    await running(ch, "many")
    for task in tasks:
        task.cancel()
    results = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 60)
    assert all(isinstance(result, asyncio.CancelledError) for result in results)


async def test_errors_name_their_code(ch: ClickHouse) -> None:
    with pytest.raises(ClickHouseError, match="nothing") as caught:
        await ch.query("SELECT nothing")
    assert caught.value.code == 47
    with pytest.raises(ClickHouseError) as caught:
        await ch.insert_bytes("no_such_table", ["a"], b"1\n", "TabSeparated")
    assert caught.value.code == 60


async def test_closing_does_not_wait_for_a_query(engines: Engines) -> None:
    own = ClickHouse(engines.settings)
    await own.open()
    task = asyncio.create_task(own.query(ENDLESS, tag="last"))
    await running(own, "last")
    await asyncio.wait_for(own.close(), 30)
    with pytest.raises(QueryCancelled):
        await task
    with pytest.raises(ClickHouseUnavailable):
        await own.query("SELECT 1")
