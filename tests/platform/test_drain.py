"""What transactions leave in the outbox reaches ClickHouse once, whatever commits late, is repeated or is wrong."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from pyroaring import BitMap

from fidelia.platform import batches
from fidelia.platform.clickhouse import ClickHouse, ClickHouseError
from fidelia.platform.drain import Drain, DrainBehind
from fidelia.platform.engines import Engines
from fidelia.platform.outbox import EventOut, encode_line
from fidelia.platform.postgres import Tx

AT = datetime(2026, 11, 1, 10, 30, 15, 123000, tzinfo=UTC)


async def make_database(engines: Engines, name: str) -> int:
    async with engines.tx() as tx:
        return int(
            await tx.scalar(
                sa.text(
                    "insert into profile_database (name, created_at, updated_at) values (:n, now(), now()) returning id"
                ),
                {"n": name},
            )
        )


async def put(engines: Engines, database: int, *ids: str, **properties: Any) -> None:
    async with engines.tx() as tx:
        tx.emit_many(EventOut(database, n, "custom.a", AT, properties, id_) for n, id_ in enumerate(ids, 1))


async def ids_of(engines: Engines, database: int) -> list[str]:
    return [r[0] for r in await engines.clickhouse.query(f"select id from e_{database} order by id")]


async def left(engines: Engines) -> int:
    async with engines.tx() as tx:
        return int(await tx.scalar(sa.text("select (select count(*) from event_inbox) + (select count(*) from dirty)")))


def drain_of(engines: Engines) -> Drain:
    assert engines.drain is not None
    return engines.drain


async def test_every_column_arrives(fresh: Engines) -> None:
    database = await make_database(fresh, "a")
    async with fresh.tx() as tx:
        tx.emit(
            EventOut(
                database,
                4294967295,
                "message.opened",
                AT,
                {
                    "mailing": 5,
                    "campaign": 6,
                    "template": 7,
                    "channel": "email",
                    "link": "https://x.example/ü",
                    "total": "12.50",
                }
                | {
                    "day": "2026-11-01",
                    "at": "2026-11-01T10:00:00Z",
                    "n": 2**53 + 1,
                    "list": ["a", "b"],
                    "deep": {"x": 1},
                },
                "one",
            )
        )
    await drain_of(fresh).catch_up()
    row = (
        await fresh.clickhouse.query(
            "select type, profile, at, id, mailing, campaign, scenario, template, channel, link, total, "
            f"toString(props) from e_{database}"
        )
    )[0]
    assert row[:11] == (
        "message.opened",
        4294967295,
        AT,
        "one",
        5,
        6,
        0,
        7,
        "email",
        "https://x.example/ü",
        Decimal("12.5"),
    )
    props = json.loads(row[11])
    assert props["day"] == "2026-11-01"
    assert props["at"] == "2026-11-01T10:00:00Z"
    assert int(props["n"]) == 2**53 + 1
    assert props["list"] == ["a", "b"]
    assert props["deep"] == {"x": 1}
    assert await left(fresh) == 0


@pytest.mark.parametrize(
    ("total", "stored"),
    [
        (12, "12"),
        (0.1, "0.1"),
        (Decimal("19.9900"), "19.99"),
        ("-3.5", "-3.5"),
        ("1.٣", None),
        ("", None),
        ("1e3", None),
        (True, None),
        (float("nan"), None),
        (10**14, None),
        (Decimal("NaN"), None),
        ([1], None),
    ],
)
async def test_totals_that_fit_and_those_that_do_not(engines: Engines, total: Any, stored: str | None) -> None:
    line = json.loads(encode_line("custom.a", 1, "2026-01-01 00:00:00.000", "x", {"total": total}))
    assert (None if line.get("total") is None else Decimal(line["total"])) == (
        None if stored is None else Decimal(stored)
    )


async def test_properties_that_would_poison_are_settled(fresh: Engines) -> None:
    database = await make_database(fresh, "a")
    deep: Any = 1
    for _ in range(400):
        deep = {"a": deep}
    nested: Any = "x"
    for _ in range(400):
        nested = [nested]
    bad = [
        {"a.b": 1, "a": {"b": 2}},
        {"deep": deep},
        {"nested": nested},
        {"": 1, "\x00": "\x00", "big": 10**40},
        {f"k{i}": i for i in range(2000)},
        {"v": 1},
        {"v": "x"},
        {"v": [1, "a", {"z": 1}]},
        {"v": {"w": True}},
    ]
    async with fresh.tx() as tx:
        tx.emit_many(EventOut(database, 1, "custom.bad", AT, p, f"b{n}") for n, p in enumerate(bad))
    await drain_of(fresh).catch_up()
    rows = await fresh.clickhouse.query(f"select id, toString(props) from e_{database} final order by id")
    assert [r[0] for r in rows] == [f"b{n}" for n in range(len(bad))]
    assert json.loads(rows[0][1]) == {"a_b": 1, "a": {"b": 2}}
    await fresh.clickhouse.command(f"optimize table e_{database} final")
    assert len(await ids_of(fresh, database)) == len(bad)


async def test_bad_moments_and_profiles_are_refused_at_the_source(fresh: Engines) -> None:
    async with fresh.tx() as tx:
        with pytest.raises(ValueError, match="profile id"):
            tx.emit(EventOut(1, 2**32, "custom.a", AT))
        with pytest.raises(ValueError, match="cannot be stored"):
            tx.emit(EventOut(1, 1, "custom.a", datetime(999, 1, 1, tzinfo=UTC)))


async def test_several_databases_and_one_that_is_gone(fresh: Engines) -> None:
    a, b = await make_database(fresh, "a"), await make_database(fresh, "b")
    await put(fresh, a, "a1", "a2")
    await put(fresh, 999, "lost")
    await put(fresh, b, "b1")
    await drain_of(fresh).catch_up()
    assert await ids_of(fresh, a) == ["a1", "a2"]
    assert await ids_of(fresh, b) == ["b1"]
    assert await left(fresh) == 0


async def test_bulk_rows_become_an_event_of_each_profile(fresh: Engines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "BATCH_ROWS", 1000)
    database = await make_database(fresh, "a")
    profiles = BitMap(range(1, 5001)) | BitMap([2**32 - 1])
    async with fresh.tx() as tx:
        await tx.emit_bulk(database, "segment.entered", profiles, AT, {"segment": 3, "mailing": 9, "total": "1.5"})
        await tx.emit_bulk(database, "segment.left", BitMap(), AT)
    await put(fresh, database, "single")
    assert await drain_of(fresh).behind() == 5002
    await drain_of(fresh).catch_up()
    got = await fresh.clickhouse.bitmap(
        f"select groupBitmapState(profile) from e_{database} where type = 'segment.entered'"
    )
    assert got == profiles
    counts = await fresh.clickhouse.query(
        f"select count(), uniqExact(id), sum(mailing), min(at), sum(total), any(toString(props.segment)) "
        f"from e_{database} where type = 'segment.entered'"
    )
    assert counts[0] == (5001, 5001, 5001 * 9, AT, Decimal("7501.5"), "3")
    assert "single" in await ids_of(fresh, database)


async def test_a_commit_that_comes_late_is_not_skipped(fresh: Engines) -> None:
    database = await make_database(fresh, "a")
    async with fresh.db.hot() as slow:
        await slow.execute("select nextval(pg_get_serial_sequence('event_inbox', 'seq'))")
        line = encode_line("custom.a", 1, "2026-01-01 00:00:00.000", "late", {}).decode()
        await slow.execute("insert into event_inbox (database_id, rows, payload) values (%s, 1, %s)", (database, line))
        await put(fresh, database, "early")
        await drain_of(fresh).catch_up()
        assert await ids_of(fresh, database) == ["early"]
    await drain_of(fresh).catch_up()
    assert await ids_of(fresh, database) == ["early", "late"]


async def test_a_batch_is_repeated_with_its_token(fresh: Engines, monkeypatch: pytest.MonkeyPatch) -> None:
    """The insert is done but its reply is lost, three times: the rows are there once."""
    database = await make_database(fresh, "a")
    await put(fresh, database, *(f"x{n}" for n in range(500)))
    original, lost = ClickHouse.insert_bytes, 0

    async def insert(self: ClickHouse, *args: Any, **kwargs: Any) -> None:
        nonlocal lost
        await original(self, *args, **kwargs)
        if lost < 3:
            lost += 1
            raise ClickHouseError("the reply was lost", 210)

    monkeypatch.setattr(ClickHouse, "insert_bytes", insert)
    for _ in range(3):
        with pytest.raises(ClickHouseError):
            await drain_of(fresh).flush()
        await put(fresh, database, f"y{lost}")
    assert drain_of(fresh).last_error
    await drain_of(fresh).catch_up()
    assert len(await ids_of(fresh, database)) == 503
    assert await left(fresh) == 0
    assert drain_of(fresh).last_error is None


async def test_a_bad_line_goes_into_quarantine_and_nothing_else(fresh: Engines) -> None:
    a, b = await make_database(fresh, "a"), await make_database(fresh, "b")
    await put(fresh, a, *(f"a{n:03}" for n in range(300)))
    await put(fresh, b, "b1")
    good = encode_line("custom.a", 7, "2026-01-01 00:00:00.000", "good", {}).decode()
    broken = '{"type":"custom.a","profile":1,"at":"2026-01-01 00:00:00.000","id":"bad","total":"1.x"}'
    never = broken.replace("2026-01-01 00:00:00.000", "never").replace("1.x", "1")
    async with fresh.db.hot() as raw:
        await raw.execute(
            "insert into event_inbox (database_id, rows, payload) values (%s, 4, %s), (%s, 1, %s)",
            (a, "\n".join((good, broken, good.replace("good", "good2"), '{"type":')), b, "no json at all"),
        )
        await raw.execute(
            "insert into event_inbox (database_id, rows, payload, profiles) values (%s, 2, %s, %s), (%s, 2, '[', '')",
            (a, never, BitMap([1, 2]).serialize(), b),
        )
    await put(fresh, a, "after")
    await drain_of(fresh).catch_up()
    assert await ids_of(fresh, a) == [*(f"a{n:03}" for n in range(300)), "after", "good", "good2"]
    assert await ids_of(fresh, b) == ["b1"]
    assert await left(fresh) == 0
    async with fresh.tx() as tx:
        held = await tx.all(
            sa.text("select database_id, rows, payload, profiles, reason from event_quarantine order by 1, 2, 3")
        )
    assert [(r.database_id, r.rows, r.payload) for r in held] == [
        (a, 1, '{"type":'),
        (a, 1, broken),
        (a, 2, never),
        (b, 1, "no json at all"),
        (b, 2, "["),
    ]
    assert await drain_of(fresh).quarantined() == 7
    assert BitMap.deserialize(held[2].profiles) == BitMap([1, 2])
    assert all(r.reason for r in held)


async def test_an_engine_that_is_away_keeps_everything(fresh: Engines, monkeypatch: pytest.MonkeyPatch) -> None:
    database = await make_database(fresh, "a")
    await put(fresh, database, "x1")

    async def refuse(*args: Any, **kwargs: Any) -> None:
        raise ClickHouseError("disk is full", 243)

    with monkeypatch.context() as broken:
        broken.setattr(ClickHouse, "insert_bytes", refuse)
        with pytest.raises(ClickHouseError):
            await drain_of(fresh).catch_up()
    await drain_of(fresh).catch_up()
    assert await ids_of(fresh, database) == ["x1"]


async def test_questions_wait_together_and_refuse_a_long_queue(fresh: Engines) -> None:
    database = await make_database(fresh, "a")
    await put(fresh, database, "x1", "x2", "x3")
    with pytest.raises(DrainBehind) as behind:
        await drain_of(fresh).catch_up(limit=2)
    assert behind.value.rows == 3
    await asyncio.gather(*(drain_of(fresh).catch_up() for _ in range(20)))
    assert await ids_of(fresh, database) == ["x1", "x2", "x3"]


async def test_two_processes_take_turns(fresh: Engines) -> None:
    """A second core's drain moves what it needs although the first one is still there."""
    database = await make_database(fresh, "a")
    second = Drain(fresh, {}, drain_of(fresh)._ensure_events)
    try:
        await put(fresh, database, "x1")
        await drain_of(fresh).catch_up()
        await put(fresh, database, "x2")
        await asyncio.wait_for(second.catch_up(), 60)
        await put(fresh, database, "x3")
        await asyncio.gather(drain_of(fresh).flush(), second.flush())
    finally:
        await second.close()
    assert await ids_of(fresh, database) == ["x1", "x2", "x3"]


async def test_projections_are_tried_apart_and_kept_until_they_work(fresh: Engines) -> None:
    done: list[tuple[int, list[int]]] = []

    class Good:
        async def project(self, engines: Engines, database_id: int, ids: BitMap) -> None:
            done.append((database_id, list(ids)))

    class Bad:
        working = False

        async def project(self, engines: Engines, database_id: int, ids: BitMap) -> None:
            if not self.working:
                raise ClickHouseError("no", 60)

    bad = Bad()
    drain = Drain(fresh, {"good": Good(), "bad": bad}, drain_of(fresh)._ensure_events)
    try:
        async with fresh.tx() as tx:
            tx.mark_dirty("bad", 1, [1, 2])
            tx.mark_dirty("good", 1, [3])
        async with fresh.tx() as tx:
            tx.mark_dirty("good", 1, [3, 4])
            tx.mark_dirty("good", 2, [3])
        with pytest.raises(ClickHouseError):
            await drain.flush()
        assert sorted(done) == [(1, [3, 4]), (2, [3])]
        assert await left(fresh) == 1
        bad.working = True
        await drain.flush()
        assert await left(fresh) == 0
    finally:
        await drain.close()


async def test_a_savepoint_takes_its_events_back(fresh: Engines) -> None:
    database = await make_database(fresh, "a")

    async def part(tx: Tx) -> None:
        async with tx.savepoint():
            tx.emit(EventOut(database, 1, "custom.a", AT, {}, "undone"))
            tx.emit(EventOut(database + 1, 1, "custom.a", AT, {}, "undone"))
            tx.mark_dirty("profiles", database, [1])
            raise RuntimeError

    async with fresh.tx() as tx:
        tx.emit(EventOut(database, 1, "custom.a", AT, {}, "kept"))
        with pytest.raises(RuntimeError):
            await part(tx)
    assert await left(fresh) == 1
    await drain_of(fresh).catch_up()
    assert await ids_of(fresh, database) == ["kept"]
