"""Codes in bulk: never more than asked for, whatever is killed; a million of them; a run of a million recipients."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from fidelia.kernel.paging import PageRequest
from fidelia.loyalty.codes.service import batches, making
from fidelia.platform.engines import Engines
from fidelia.platform.jobs.runner import run_job
from fidelia.platform.races import patiently
from tests.killing import again, run_child

from .conftest import SYSTEM, Vault


async def _count(engines: Engines, pool_id: int) -> tuple[int, int]:
    async with engines.tx() as tx:
        cursor = await (await tx.raw()).execute(
            "select count(*), count(distinct key) from promo_code where pool_id = %s", (pool_id,)
        )
        row = await cursor.fetchone()
        assert row is not None
        return row[0], row[1]


async def test_a_killed_batch_goes_on_and_makes_exactly_what_was_asked_for(
    vault: Vault, engines: Engines, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = await vault.pool(pattern="K-*******")
    async with engines.tx() as tx:
        batch, job = await batches.ask(tx, SYSTEM, pool.id, 2_500)
    done = run_child("tests.loyalty.codes.maker_child", engines, engines.settings.data_dir, job.id, "400", "3", "after")
    assert done.returncode == -9, done.stderr[-2000:]
    assert await _count(engines, pool.id) == (800, 800)  # the third chunk was not committed
    monkeypatch.setattr(making, "CHUNK", 400)
    await again(engines, "worker")
    assert await _count(engines, pool.id) == (2_500, 2_500)
    async with engines.tx() as tx:
        after = (await batches.page(tx, pool.id, PageRequest())).items[0]
    assert (after.id, after.state, after.made) == (batch.id, "done", 2_500)


@pytest.mark.prove
async def test_a_million_codes_and_a_million_recipients(vault: Vault, engines: Engines) -> None:
    million, chunk = 1_000_000, 500
    pool = await vault.pool(pattern="M-********")
    async with engines.tx() as tx:
        _, job = await batches.ask(tx, SYSTEM, pool.id, million)
    started = time.monotonic()
    await run_job(engines, job.id)
    made = time.monotonic() - started
    assert await _count(engines, pool.id) == (million, million)
    started = time.monotonic()
    figures = await vault.figures(pool)
    counted = time.monotonic() - started
    assert (figures.made, figures.left) == (million, million)
    # A sender gives codes to its recipients in chunks, the last of them as fast as the first.
    took = []
    for start in range(1, 100_000, chunk):
        began = time.monotonic()
        given = await patiently(
            lambda first=start: vault.give(pool, "run:1", range(first, first + chunk), by="mailing")
        )
        took.append(time.monotonic() - began)
        assert len(given) == chunk
    again_ = await vault.give(pool, "run:1", range(1, chunk + 1))
    assert len(set(again_.values())) == chunk
    first, last = sum(took[:20]) / 20, sum(took[-20:]) / 20
    print(f"made in {made:.1f} s, counted in {counted:.2f} s, {chunk} given in {first:.3f} s first, {last:.3f} s last")
    assert made < 180
    assert counted < 5
    assert last < first * 3 + 0.05
