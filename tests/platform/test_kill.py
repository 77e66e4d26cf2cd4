"""Nothing acknowledged is lost, nothing is doubled, whatever is killed while events come in."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.up import Up, open_folder, wait_until

pytestmark = [pytest.mark.prove, pytest.mark.xdist_group("kill")]

PEOPLE = 50
BATCH = 40
SENDERS = 3

READ = """
import asyncio, sys
from fidelia.platform.clickhouse import ClickHouse
from fidelia.settings import Settings
async def main():
    ch = ClickHouse(Settings().replace("data", dir=sys.argv[1]))
    await ch.open()
    for row in await ch.query("SELECT id FROM e_1 WHERE type = 'custom.kept'"):
        print(row[0])
    await ch.close()
asyncio.run(main())
"""


class Ingest:
    """Clients that send events, repeat what was not acknowledged, and remember what was."""

    def __init__(self, up: Up) -> None:
        self.url, self.token = up.run()["url"], up.run()["token"]
        self.acknowledged: set[str] = set()
        self._guard = threading.Lock()
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._send, args=(n,)) for n in range(SENDERS)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def post(self, path: str, body: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        request = urllib.request.Request(self.url + "/api/v1" + path, json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request, timeout=20) as reply:
            return json.load(reply)

    def _send(self, sender: int) -> None:
        number = 0
        while not self._stop.is_set():
            ids = [f"s{sender}-{number}-{n}" for n in range(BATCH)]
            number += 1
            events = [{"id": i, "type": "custom.kept", "profile": 1 + n % PEOPLE} for n, i in enumerate(ids)]
            while not self._stop.is_set():
                try:
                    reply = self.post("/events", {"database": 1, "events": events})
                except (OSError, urllib.error.HTTPError, ValueError):
                    time.sleep(0.05)
                    continue
                assert reply["rejected"] == []
                assert reply["accepted"] + reply["duplicates"] == BATCH
                with self._guard:
                    self.acknowledged.update(ids)
                break


@pytest.fixture
def folder() -> Iterator[Path]:
    with open_folder("fidelia-kill-") as path:
        yield path / "data"


def stored(data: Path) -> list[str]:
    """Every event that ClickHouse holds, as it lies there: a repeat would show."""
    done = subprocess.run([sys.executable, "-c", READ, str(data)], capture_output=True, text=True, check=True)
    return done.stdout.split()


def prepared(up: Up) -> Ingest:
    ingest = Ingest(up)
    ingest.post("/databases", {"name": "shop"})
    people = [{"email": f"p{n}@example.com"} for n in range(PEOPLE)]
    ingest.post("/databases/1/profiles/upsert", {"matching": "email", "items": people})
    return ingest


def verify(up: Up, ingest: Ingest) -> None:
    ingest.stop()
    ingest.token = up.run()["token"]
    report = ingest.post("/installation/check", {})
    assert report["ok"], report
    assert up.end() == 0
    found = stored(up.data)
    assert len(found) == len(set(found)), "an event was doubled"
    assert ingest.acknowledged <= set(found), "an acknowledged event was lost"
    assert len(ingest.acknowledged) > 1000


def test_each_process_killed_at_random_moments(folder: Path) -> None:
    chance = random.Random(7)
    up = Up(folder).ready()
    try:
        ingest = prepared(up)
        ingest.start()
        for name in ["core", "postgres", "worker", "sender", "core", "postgres", "core", "postgres", "core", "core"]:
            time.sleep(chance.uniform(0.2, 1.5))
            before = up.pids().get(name)
            if before is None:
                continue
            os.kill(before, signal.SIGKILL)
            wait_until(lambda name=name, before=before: up.pids().get(name, before) != before, 60)
        wait_until(up.answers, 60)
        verify(up, ingest)
    finally:
        up.end()


def test_everything_killed_at_once_at_random_moments(folder: Path) -> None:
    chance = random.Random(11)
    up = Up(folder).ready()
    port = up.run()["url"].rpartition(":")[2]
    ingest = prepared(up)
    ingest.start()
    try:
        for _ in range(4):
            time.sleep(chance.uniform(0.3, 1.5))
            for pid in [up.process.pid, *up.pids().values()]:
                os.kill(pid, signal.SIGKILL)
            up.process.wait()
            up._log.close()
            up = Up(folder, "--port", port).ready(90)
            ingest.token = up.run()["token"]
        time.sleep(1)
        verify(up, ingest)
    finally:
        ingest.stop()
        up.end()
