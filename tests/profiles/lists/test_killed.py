"""kill -9 while a file is being loaded: the old values stay, and the job that is run again gives the new ones."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from fidelia.platform.engines import Engines
from fidelia.platform.jobs.runner import run_job
from tests.warm import warm

from .conftest import Lists, adds_up

LINES = 120_000


@pytest.mark.parametrize("rows", [1, 60_000])
async def test_a_process_is_killed_while_it_loads(lists: Lists, engines: Engines, rows: int) -> None:
    list_id = await lists.new("old")
    content = b"value\n" + b"".join(b"v%07d\n" % (n % (LINES - 10)) for n in range(LINES))
    reply = await lists.upload(f"/value-lists/{list_id}/loads", content, column="value", mode="replace")
    load_id = reply["load"]["id"]
    arguments = engines.db.dsn, str(engines.files), str(load_id)
    with Path(os.devnull).open("wb") as nowhere:
        child = warm.start(
            "tests.profiles.lists.load_child", *arguments, stdout=nowhere.fileno(), stderr=nowhere.fileno()
        )
    try:
        while child.poll() is None and (await lists.get(f"/list-loads/{load_id}"))["counts"]["rows"] < rows:
            await asyncio.sleep(0.02)
    finally:
        child.kill()
        child.wait(20)
    assert await lists.in_clickhouse(list_id) == ["old"]
    assert await lists.values(list_id) == ["old"]
    await run_job(engines, reply["job"]["id"])
    load = await lists.get(f"/list-loads/{load_id}")
    adds_up(load)
    assert (load["state"], load["counts"]["added"], load["counts"]["duplicates"]) == ("done", LINES - 10, 10)
    found = await lists.in_clickhouse(list_id)
    assert (len(found), found[0], found[-1]) == (LINES - 10, "v0000000", f"v{LINES - 11:07}")
