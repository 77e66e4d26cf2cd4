"""Drawn stories of levels: whatever a group is set to, a day of review done again changes nothing (invariant 9)."""

from __future__ import annotations

import random
from typing import Any

import pytest
import sqlalchemy as sa

from fidelia.loyalty.members.service import work

from ..members.conftest import PEOPLE, Desk

STATE = (
    "select * from loyalty_standing where group_id = :g order by profile_id",
    "select * from loyalty_level_move where group_id = :g order by id",
    "select sum(rows) from event_inbox where payload like '%level_changed%'",
)


def _settings(chance: random.Random) -> dict[str, Any]:
    every = {"kind": "every", "months": chance.choice([1, 3, 12]), "start": chance.choice(["join", "level"])}
    reset = chance.choice(
        [{}, {"when": "at_review", "how": chance.choice(["to_zero", "subtract_threshold"])}, {"when": "on_upgrade"}]
    )
    return {
        "mode": "cumulative" if reset else chance.choice(["cumulative", "period"]),
        "upgrade": chance.choice(["immediate", "at_review"]),
        "downgrade": chance.choice(["none", "one_step", "to_earned"]),
        "review": chance.choice([every, {"kind": "dates", "dates": ["01-01", "04-30"]}]),
        "grace_days": chance.choice([0, 0, 20]),
        **({"reset": reset} if reset else {}),
    }


async def _state(desk: Desk) -> list[Any]:
    async with desk.engines.tx() as tx:
        return [[tuple(row) for row in await tx.all(sa.text(query), {"g": desk.group})] for query in STATE]


async def _story(desk: Desk, seed: int, years: int) -> None:
    chance = random.Random(seed)
    await desk.make(_settings(chance))
    await desk.activate()
    reviewed = 0
    for year in range(2027, 2027 + years):
        for day in ("01-01", "02-16", "04-30", "11-16"):
            for _ in range(3):
                await desk.earn(chance.randint(1, PEOPLE), chance.randint(1, 1800))
            desk.go(f"{year}-{day}T{chance.randint(0, 22):02}:30:00+00:00")
            reviewed += sum(done["seen"] for done in await desk.review())
            after = await _state(desk)
            assert await desk.review() == [], "nobody is due any more"
            async with desk.engines.tx() as tx:
                args = {"group_id": desk.group, "program_id": desk.program, "kind": "review"}
                job = await work.jobs.create(tx, kind=work.REVIEW, title="Again", actor="test", args=args)
            assert (await desk.work(job.id))["seen"] == 0
            assert await _state(desk) == after, f"seed {seed}, {year}-{day}"
    assert reviewed >= PEOPLE


@pytest.mark.parametrize("seed", range(2))
async def test_a_review_done_again_changes_nothing(desk: Desk, seed: int) -> None:
    await _story(desk, seed, 1)


@pytest.mark.prove
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("seed", range(100, 130))
async def test_many_reviews_done_again_change_nothing(desk: Desk, seed: int) -> None:
    await _story(desk, seed, 3)
