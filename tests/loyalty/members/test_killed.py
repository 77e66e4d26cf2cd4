"""A review judges everybody once, whenever the process that does it is killed (SIGKILL, real processes)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from fidelia.loyalty.members.service import work
from tests.killing import again, run_child

from .conftest import PEOPLE, Desk
from .test_levels import PERIOD, make


@pytest.mark.parametrize(("call", "where"), [(1, "before"), (3, "after"), (5, "before")])
async def test_a_review_whose_worker_is_killed_goes_on_and_judges_everybody_once(
    desk: Desk, tmp_path: Path, call: int, where: str
) -> None:
    await make(desk, **PERIOD, grace_days=0)
    for profile in range(1, PEOPLE + 1):
        await desk.earn(profile, 600)
    desk.go("2027-01-01T08:00:00+00:00")
    await desk.review()
    desk.go("2028-01-01T08:00:00+00:00")
    await work.tick_reviews(desk.engines)
    job = next(job for job in (await desk.get("/jobs?state=queued"))["items"] if job["kind"] == work.REVIEW)
    now = desk.clock.now().isoformat()
    done = run_child(
        "tests.loyalty.upkeep_child",
        desk.engines,
        desk.engines.settings.data_dir,
        now,
        job["id"],
        "7",
        str(call),
        where,
    )
    assert done.returncode == -9, done.stderr[-2000:]
    assert await _lowered(desk) == 7 * (call - 1)  # the part in which it died was not committed
    await again(desk.engines, "worker")
    assert (await desk.get(f"/jobs/{job['id']}"))["state"] == "done"
    assert await _lowered(desk) == PEOPLE
    (day, *_) = (await desk.get(f"{desk.path}/members/summary"))["reviews"]
    assert (day["reviewed"], day["lowered"], day["finished_at"] is not None) == (PEOPLE, PEOPLE, True)
    assert await desk.review() == []
    assert await _lowered(desk) == PEOPLE


async def _lowered(desk: Desk) -> Any:
    async with desk.engines.tx() as tx:
        return await tx.scalar(
            sa.text("select count(*) from loyalty_level_move where group_id = :g and cause = 'review'"),
            {"g": desk.group},
        )
