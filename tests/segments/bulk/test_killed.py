"""kill -9 in the middle of a bulk update: it goes on behind the last chunk, and nobody is incremented twice."""

from __future__ import annotations

import signal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from fidelia import profiles
from fidelia.access import Actor
from fidelia.platform.engines import Engines
from fidelia.profiles import Field
from fidelia.profiles.service.bulk_model import IncrementField
from fidelia.segments.bulk import service
from fidelia.segments.service.audience import Audience
from tests.conftest import open_test_engines
from tests.killing import run_child

SYSTEM = Actor.system()
child = partial(run_child, "tests.segments.bulk.bulk_child")
PEOPLE = 320  # more than six chunks of the child


@pytest.fixture
async def engines(pg_dsn: str, base_settings: Any) -> Any:
    """PostgreSQL only, as a worker has it."""
    async with open_test_engines(pg_dsn, base_settings, clickhouse=False) as opened:
        yield opened


@pytest.mark.parametrize(("point", "wanted"), [("writing", 1), ("writing", 4), ("written", 1), ("written", 5)])
async def test_nobody_is_changed_twice_or_left_out(engines: Engines, tmp_path: Path, point: str, wanted: int) -> None:
    async with engines.tx() as tx:
        database = await profiles.create_database(tx, SYSTEM, name="k", fields=(Field(name="age", type="integer"),))
        items = [{"external_id": f"p{n}", "age": n} for n in range(PEOPLE)]
        await profiles.upsert(tx, SYSTEM, database.id, items, matching="external_id")
        ids = list(await profiles.all_ids(tx, database.id))
        audience = Audience(profile_ids=ids)
        started = await service.start(tx, SYSTEM, database.id, audience, [IncrementField(field="age", by=1000)])
    killed = child(engines, tmp_path, started.job.id, point, str(wanted))
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    kept = wanted * 50 if point == "written" else (wanted - 1) * 50
    assert await changed(engines, database.id) == kept, "a chunk is there as a whole, or not at all"
    async with engines.tx() as tx:
        shown = await service.get(tx, started.bulk_update.id)
        assert (shown.state, shown.done, shown.changed) == ("running", kept, kept)
    again = child(engines, tmp_path, "again")
    assert again.returncode == 0, again.stderr
    async with engines.tx() as tx:
        shown = await service.get(tx, started.bulk_update.id)
        assert (shown.state, shown.done, shown.changed, shown.events) == ("done", PEOPLE, PEOPLE, PEOPLE)
        rows = await profiles.read_many(tx, database.id, ids, ["external_id", "age"])
        assert all(row["age"] == int(row["external_id"][1:]) + 1000 for row in rows)
        events = await tx.scalar(sa.text("select coalesce(sum(rows), 0) from event_inbox"))
        assert events == 2 * PEOPLE, "one event for being made, one for the change"


async def changed(engines: Engines, database_id: int) -> int:
    async with engines.tx() as tx:
        return int(await tx.scalar(sa.text(f"select count(*) from profile_{database_id} where f1 >= 1000")))
