"""kill -9 of the drain at chosen points: what was committed is in ClickHouse once."""

from __future__ import annotations

import json
import signal
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa
from pyroaring import BitMap

from fidelia.platform.engines import Engines
from fidelia.platform.outbox import EventOut
from tests.killing import run_child

child = partial(run_child, "tests.platform.drain_child")
AT = datetime(2026, 11, 1, tzinfo=UTC)


async def fill(engines: Engines, *, bad: bool) -> tuple[int, int]:
    async with engines.tx() as tx:
        add = sa.text(
            "insert into profile_database (name, created_at, updated_at) values (:n, now(), now()) returning id"
        )
        one, two = [int(await tx.scalar(add, {"n": name})) for name in ("one", "two")]
        # Several months: each is a part of its own in ClickHouse, committed apart.
        for month in range(1, 7):
            tx.emit_many(
                EventOut(one, n, "custom.a", AT.replace(month=month), {"n": n}, f"{month}-{n}") for n in range(1, 101)
            )
        tx.emit_many(EventOut(two, n, "custom.a", AT, {}, f"t{n}") for n in range(1, 51))
        await tx.emit_bulk(one, "segment.entered", BitMap(range(1, 1001)), AT)
    if bad:
        async with engines.db.hot() as raw:
            await raw.execute("insert into event_inbox (database_id, rows, payload) values (%s, 1, 'broken')", (one,))
    return one, two


@pytest.mark.parametrize(
    ("point", "count", "bad"),
    [
        ("inserted", 2, False),
        ("split", 1, True),
        pytest.param("insert", 1, False, marks=pytest.mark.prove),
        pytest.param("inserted", 1, False, marks=pytest.mark.prove),
        pytest.param("inserted", 3, False, marks=pytest.mark.prove),
        pytest.param("claimed", 1, False, marks=pytest.mark.prove),
        pytest.param("inserted", 4, True, marks=pytest.mark.prove),
    ],
)
async def test_killed_and_begun_again(fresh: Engines, tmp_path: Path, point: str, count: int, bad: bool) -> None:
    one, two = await fill(fresh, bad=bad)
    killed = child(fresh, tmp_path, "drain", point, str(count))
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    again = child(fresh, tmp_path, "drain")
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout.splitlines()[-1]) == {
        f"e_{one}": [1600, 1600, 6 * 5050 + 500500],
        f"e_{two}": [50, 50, 1275],
    }
    async with fresh.tx() as tx:
        assert await tx.scalar(sa.text("select count(*) from event_inbox")) == 0
        assert await tx.scalar(sa.text("select count(*) from event_quarantine")) == int(bad)
