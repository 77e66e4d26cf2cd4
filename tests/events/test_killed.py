"""kill -9 during ingest: nothing acknowledged is lost, nothing is doubled, and it comes up again."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.up import Up, open_folder, wait_until

SENDERS = 3
BATCH = 40
PEOPLE = 50


class Sender(threading.Thread):
    """Sends batches with ids; what is not acknowledged is sent again, as a careful client does."""

    def __init__(self, name: str, place: Place, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self.label = name
        self.place = place
        self.halt = stop
        self.acknowledged: set[str] = set()
        self.accepted = 0
        self.problems: list[str] = []

    def run(self) -> None:
        n = 0
        with httpx.Client(timeout=20) as client:
            while not self.halt.is_set():
                ids = [f"{self.label}-{n}-{i}" for i in range(BATCH)]
                n += 1
                while True:
                    try:
                        reply = self.post(client, ids)
                    except (httpx.TransportError, OSError, KeyError):  # it is away, or has not said where it listens
                        time.sleep(0.05)
                        continue
                    if reply.status_code < 300:
                        break
                    if reply.status_code not in (429, 503):
                        self.problems.append(f"{reply.status_code} {reply.text[:300]}")
                        return
                    time.sleep(0.05)
                self.acknowledged.update(ids)

    def post(self, client: httpx.Client, ids: list[str]) -> httpx.Response:
        run = self.place.up.run()
        if self.label.startswith("segment"):
            batch = [
                {"type": "track", "userId": f"u{n % PEOPLE + 1}", "event": "Kept", "messageId": id_}
                for n, id_ in enumerate(ids)
            ]
            return client.post(f"{run['url']}/v1/batch", json={"batch": batch}, auth=(self.place.key, ""))
        events = [
            {"id": id_, "type": "custom.kept", "profile": n % PEOPLE + 1, "properties": {"n": n}}
            for n, id_ in enumerate(ids)
        ]
        reply = client.post(
            f"{run['url']}/api/v1/events",
            json={"database": self.place.database, "events": events},
            headers={"Authorization": f"Bearer {self.place.token}"},
        )
        if reply.status_code == 202:
            self.accepted += reply.json()["accepted"]
        return reply


class Place:
    """An installation with a database, that may be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.token_file = folder.with_name("token")
        self.up = Up(folder, "--token-file", str(self.token_file)).ready()
        self.token = self.token_file.read_text().strip()
        self.database = int(self.call("POST", "/databases", json={"name": "kept"})["id"])
        body = {"database_id": self.database, "name": "k", "kind": "server", "rate": 1_000_000}
        self.key = str(self.call("POST", "/write-keys", json=body)["key"])
        items = [{"external_id": f"u{n}"} for n in range(1, PEOPLE + 1)]
        body = {"matching": "external_id", "mode": "upsert", "items": items}
        assert self.call("POST", f"/databases/{self.database}/profiles/upsert", json=body)["created"] == PEOPLE

    def call(self, method: str, path: str, **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.token}"}
        for _ in range(100):
            reply = httpx.request(method, f"{self.up.run()['url']}/api/v1{path}", headers=headers, timeout=30, **more)
            if reply.status_code != 503:
                break
            time.sleep(0.1)
        assert reply.status_code < 300, reply.text
        return reply.json()

    def recovered(self) -> None:
        """Wait until it answers; only somebody outside can start the supervisor again."""
        if self.up.process.poll() is not None:
            self.up.end()
            self.up = Up(self.folder).ready()
        wait_until(self.up.answers, 60)

    def kill(self, names: list[str]) -> None:
        pids = self.up.pids() | {"supervisor": self.up.process.pid}
        for name in names:
            try:
                os.kill(pids[name], signal.SIGKILL)
            except ProcessLookupError:
                continue  # it was restarting at this moment
        if "supervisor" in names:
            self.up.process.wait(20)

    def names(self) -> list[str]:
        return [*sorted(self.up.pids()), "supervisor"]

    def stored(self) -> tuple[list[str], int]:
        """The ids in history, and how many rows there are before repeats are collapsed."""
        ids: list[str] = []
        cursor: dict[str, str] = {}
        while True:
            params = {"database": self.database, "type": "custom.kept", "limit": 1000, **cursor}
            page = self.call("GET", "/events", params=params)
            ids += [item["id"] for item in page["items"]]
            if page["next_cursor"] is None:
                break
            cursor = {"cursor": page["next_cursor"]}
        types = self.call("GET", "/event-types", params={"database": self.database, "q": "custom.kept"})
        return ids, int(types["items"][0]["count"])


@pytest.fixture
def place() -> Iterator[Place]:
    with open_folder("fidelia-killed-") as root:
        found = Place(root / "data")
        try:
            yield found
        finally:
            found.up.end()


def ingest_and_kill(place: Place, rounds: list[list[str]], seed: int) -> None:
    chance = random.Random(seed)
    stop = threading.Event()
    names = [f"own-{n}" for n in range(SENDERS - 1)] + ["segment-0"]
    senders = [Sender(name, place, stop) for name in names]
    for sender in senders:
        sender.start()
    try:
        for victims in rounds:
            time.sleep(0.2 + chance.random() * 1.3)
            place.kill(victims)
            time.sleep(chance.random() * 0.3)
            place.recovered()
            goes_on(senders, victims, place)
    finally:
        stop.set()
    for sender in senders:
        sender.join(60)
        assert not sender.is_alive()
    assert [p for s in senders for p in s.problems] == []
    acknowledged = {id_ for s in senders for id_ in s.acknowledged}
    ids, rows = place.stored()
    assert acknowledged - set(ids) == set(), "acknowledged and lost"
    assert set(ids) - acknowledged == set(), "nobody sent this"
    assert len(ids) == len(set(ids)) == rows, "doubled"
    own = {id_ for s in senders if s.label.startswith("own") for id_ in s.acknowledged}
    assert sum(s.accepted for s in senders) <= len(own)


def goes_on(senders: list[Sender], victims: list[str], place: Place) -> None:
    """Wait until each sender has had more acknowledged."""
    before = [len(s.acknowledged) for s in senders]
    deadline = time.monotonic() + 60
    while not all(len(s.acknowledged) > count for s, count in zip(senders, before, strict=True)):
        problems = [p for s in senders for p in s.problems]
        if problems or time.monotonic() > deadline:
            raise AssertionError(f"after {victims}: {problems}\n{place.up.output()[-6000:]}")
        time.sleep(0.02)


def test_the_core_is_killed_while_events_come_in(place: Place) -> None:
    ingest_and_kill(place, [["core"], ["core"]], seed=1)


@pytest.mark.prove
def test_each_process_is_killed_at_ten_moments(place: Place) -> None:
    names = place.names()
    assert {"core", "worker", "sender", "postgres", "supervisor"} <= set(names)
    ingest_and_kill(
        place, [[names[n % len(names)]] for n in range(10)], seed=random.SystemRandom().randrange(1_000_000)
    )


@pytest.mark.prove
def test_all_processes_are_killed_at_once_at_ten_moments(place: Place) -> None:
    names = place.names()
    ingest_and_kill(place, [names] * 10, seed=random.SystemRandom().randrange(1_000_000))
