"""Lots lapse once each, whenever the process that writes them off is killed (SIGKILL, real processes)."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from datetime import timedelta

import pytest
import sqlalchemy as sa

from fidelia.kernel.clock import FixedClock
from fidelia.loyalty.ledger import expire_lots
from fidelia.platform.engines import Engines
from tests.killing import ROOT, run_child

from .shop import Club
from .test_expiry import fill, written

CHILD = "tests.loyalty.upkeep_child"


def _arguments(engines: Engines, chunk: int, call: int = 0, where: str = "after") -> list[str]:
    return [engines.clock.now().isoformat(), "expire", str(chunk), str(call), where]


async def _once_each(club: Club, lots: int) -> None:
    """A transaction, an event and a place in the outbox for every lot; and nothing is left to be done."""
    async with club.tx() as tx:
        rows = await tx.one(
            sa.text(
                "select count(*) as rows, count(distinct of_id) as lots from loyalty_transaction"
                " where program_id = :p and type = 'expire'"
            ),
            {"p": club.program},
        )
        told = await tx.scalar(
            sa.text("select sum(rows) from event_inbox where database_id = :d and payload like '%loyalty.expired%'"),
            {"d": club.database},
        )
    assert (rows.rows, rows.lots, told) == (lots, lots, lots)
    assert await expire_lots(club.engines) == 0


@pytest.mark.parametrize("where", ["before", "after"])
async def test_a_worker_killed_while_lots_lapse_leaves_nothing_half_done(
    club: Club, clock: FixedClock, where: str
) -> None:
    await fill(club, 60, 3)
    clock.advance(timedelta(days=9))
    folder = club.engines.settings.data_dir
    done = run_child(CHILD, club.engines, folder, *_arguments(club.engines, 10, 4, where))
    assert done.returncode == -9, done.stderr[-2000:]
    assert 0 < await written(club) < 180
    await club.check()
    await expire_lots(club.engines)
    await _once_each(club, 180)


@pytest.mark.prove
@pytest.mark.timeout(1800)
async def test_workers_killed_again_and_again_let_every_lot_lapse_once(club: Club, clock: FixedClock) -> None:
    """Killed from outside, at any moment, with two workers at work at once."""
    lots, chance, kills = 200_000, random.Random(7), 0
    await fill(club, lots // 4, 4)
    clock.advance(timedelta(days=9))
    folder = str(club.engines.settings.data_dir)
    command = [sys.executable, "-m", CHILD, club.engines.db.dsn, folder, *_arguments(club.engines, 1_000)]
    while (before := await written(club)) < lots:
        workers = [subprocess.Popen(command, cwd=ROOT) for _ in range(2)]
        deadline = time.monotonic() + 120
        while await written(club) == before and any(w.poll() is None for w in workers):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        time.sleep(chance.uniform(0, 3))
        for worker in workers:
            kills += worker.poll() is None
            worker.kill()
            worker.wait()
    print(f"\n{lots:,} lots lapsed once each, {kills} workers killed at work")
    assert kills >= 4
    await _once_each(club, lots)
