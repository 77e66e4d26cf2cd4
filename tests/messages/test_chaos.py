"""A broadcast through everything that can go wrong at once, on a real installation: nobody twice, the sums add up.

`FIDELIA_CHAOS_MAILS` (100,000) and `FIDELIA_CHAOS_KILLS` (20) set the size; the moments and victims come from a seed.
"""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import signal
import subprocess
import threading
import time
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.up import Up, open_folder, wait_until

from .sink import Sink

MAILS = int(os.environ.get("FIDELIA_CHAOS_MAILS", "100000"))
KILLS = int(os.environ.get("FIDELIA_CHAOS_KILLS", "20"))
SEED = int(os.environ.get("FIDELIA_CHAOS_SEED", "7"))
CONNECTIONS = 10
SENDERS = 2
#: Seconds that PostgreSQL stands still.
STILL = 4.0
pytestmark = [pytest.mark.prove, pytest.mark.timeout(3600)]


class Weather:
    """What the mail server does: 4xx to 10 % (once each), 5xx to 1 %, and now and then it drops a connection."""

    def __init__(self, seed: int, drops: float = 0.001) -> None:
        self.dice = random.Random(seed)
        self.drops = drops
        self.greeted: set[str] = set()
        self.turned_away: Counter[str] = Counter()
        self.lost_after_body = 0

    @staticmethod
    def of(to: str) -> int:
        return zlib.crc32(to.encode()) % 100

    def __call__(self, stage: str, to: str) -> str | None:
        share = self.of(to) if to else 50
        if to and self.dice.random() < self.drops:
            self.lost_after_body += stage == "body"
            return "drop"
        wanted = "rcpt" if share % 2 else "body"
        if stage != wanted or not to:
            return None
        if share == 0:
            return self._refused(stage, to, "550 5.7.1 no")
        if 1 <= share <= 10 and to not in self.greeted:
            self.greeted.add(to)
            return self._refused(stage, to, "451 4.7.1 later")
        return None

    def _refused(self, stage: str, to: str, answer: str) -> str:
        if stage == "body":
            self.turned_away[to] += 1
        return answer


class SinkThread:
    """The counting server, in a thread of its own."""

    def __init__(self, fault: Weather) -> None:
        self.fault = fault
        self.sink = Sink(fault, keep=False)
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        self.loop.run_until_complete(self.sink.start())
        self.loop.run_forever()

    def __enter__(self) -> SinkThread:
        self.thread.start()
        wait_until(lambda: self.sink.port)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self.sink.stop(), self.loop).result(10)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        self.loop.close()

    @property
    def accepted(self) -> int:
        return len(self.sink.accepted)

    def given(self) -> Counter[str]:
        """How often each recipient may have got the mail: bodies that were not refused."""
        return self.sink.received - self.fault.turned_away


@contextmanager
def installation(data: Path, port: int) -> Iterator[Up]:
    environ = {
        **os.environ,
        "FIDELIA_SMTP_HOST": "127.0.0.1",
        "FIDELIA_SMTP_PORT": str(port),
        "FIDELIA_SMTP_TLS": "none",
        "FIDELIA_SMTP_FROM_EMAIL": "news@example.org",
        "FIDELIA_SMTP_CONNECTIONS": str(CONNECTIONS),
        "FIDELIA_SMTP_RETURN_PATH_DOMAIN": "back.example.org",
        "FIDELIA_JOBS_SENDERS": str(SENDERS),
    }
    up = Up(data, env=environ).ready()
    try:
        yield up
    finally:
        up.end()


class Site:
    """The API of an installation whose processes die: what is only read is asked again until it answers."""

    def __init__(self, up: Up) -> None:
        self.up = up

    def post(self, path: str, body: Any = None, seconds: float = 60) -> Any:
        deadline = time.monotonic() + seconds
        key = {"Idempotency-Key": os.urandom(8).hex()}
        while True:
            try:
                run = self.up.run()
                headers = {"Authorization": f"Bearer {run['token']}", **key}
                reply = httpx.post(f"{run['url']}/api/v1{path}", json=body, headers=headers, timeout=60)
                if reply.status_code < 500:
                    assert reply.is_success, reply.text
                    return reply.json()
            except (httpx.TransportError, KeyError):
                pass
            assert time.monotonic() < deadline, f"{path} does not answer"
            time.sleep(0.2)

    def get(self, path: str, seconds: float = 120) -> Any:
        deadline = time.monotonic() + seconds
        while True:
            try:
                return self.up.get(f"/api/v1{path}")
            except (OSError, KeyError, ValueError):
                assert time.monotonic() < deadline, f"{path} does not answer"
                time.sleep(0.2)

    def csv(self, path: str) -> list[str]:
        run = self.up.run()
        reply = httpx.get(
            f"{run['url']}/api/v1{path}", headers={"Authorization": f"Bearer {run['token']}"}, timeout=120
        )
        assert reply.status_code == 200, reply.text
        lines = reply.text.splitlines()
        column = lines[0].split(",").index("email")
        return [line.split(",")[column] for line in lines[1:]]

    def filled(self, mails: int) -> tuple[int, int]:
        """Make a database with people, and a mailing to all of them; return the ids of both."""
        database = self.post("/databases", {"name": "chaos"})["id"]
        for start in range(1, mails + 1, 10_000):
            items = [
                {"email": f"p{n}@example.com", "first_name": f"Ada {n}"}
                for n in range(start, min(start + 10_000, mails + 1))
            ]
            made = self.post(
                f"/databases/{database}/profiles/upsert", {"matching": "email", "mode": "upsert", "items": items}
            )
            assert made["created"] == len(items)
        body = (
            '<p>Hi {{ profile.first_name }}</p><a href="https://shop.example.org/">Shop</a>'
            ' <a href="{{ links.unsubscribe }}">Stop</a>'
        )
        template = self.post("/templates", {"name": "t", "format": "html", "subject": "Hi", "body": body})
        self.post(f"/templates/{template['id']}/publish")
        mailing = self.post(
            "/mailings",
            {
                "name": "Chaos",
                "database_id": database,
                "template_id": template["id"],
                "rate": max(150, mails // 120),  # so that there is a while to die in
            },
        )
        return database, mailing["id"]


def check(site: Site, sink: SinkThread, database: int, mailing: int, mails: int, killed: int) -> None:
    report = site.get(f"/mailings/{mailing}/report")
    assert report["audience"] == report["selected"] == mails
    assert report["waiting"] == report["in_flight"] == report["left_out"] == report["blocked"] == 0, report
    assert report["sent"] + report["failed"] + report["unknown"] == mails
    given = sink.given()
    assert max(given.values()) == 1, [to for to, times in given.items() if times > 1][:10]
    assert report["unknown"] <= killed * CONNECTIONS + sink.fault.lost_after_body
    state = {
        name: set(site.csv(f"/mailings/{mailing}/people.csv?state={name}")) for name in ("sent", "failed", "unknown")
    }
    assert {name: len(people) for name, people in state.items()} == {name: report[name] for name in state}
    assert state["sent"] <= set(sink.sink.accepted), "somebody counts as sent who got nothing"
    assert set(sink.sink.accepted) <= state["sent"] | state["unknown"], "somebody got it and does not count"
    assert (
        state["failed"]
        == {f"p{n}@example.com" for n in range(1, mails + 1) if Weather.of(f"p{n}@example.com") == 0}
        - (state["unknown"])
    )
    told = site.post(
        "/segments/calculate",
        {"database_id": database, "condition": {"kind": "occurred", "event": "message.sent"}, "limit": 1},
    )
    assert told["count"] == report["sent"], "the history does not say what the report says"


def stand_still(pid: int) -> None:
    """Stop PostgreSQL, the postmaster and every server process of it, for a while."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    everybody = [pid, *map(int, children)]
    for one in everybody:
        _signal(one, signal.SIGSTOP)
    time.sleep(STILL)
    for one in everybody:
        _signal(one, signal.SIGCONT)


def _signal(pid: int, number: signal.Signals) -> bool:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True


def test_everything_dies_and_the_sums_add_up() -> None:
    dice = random.Random(SEED)
    moments = sorted(dice.uniform(0.01, 0.93) for _ in range(KILLS))
    order = ["sender", "core", "worker", "sender-2", "postgres"]
    victims = [order[n % len(order)] for n in range(KILLS)]
    dice.shuffle(victims)
    still = {dice.randrange(KILLS), KILLS // 2}
    killed = 0
    with (
        SinkThread(Weather(SEED)) as sink,
        open_folder("fidelia-chaos-") as folder,
        installation(folder / "data", sink.sink.port) as up,
    ):
        site = Site(up)
        database, mailing = site.filled(MAILS)
        site.post(f"/mailings/{mailing}/start", {"undo_seconds": 0})
        for n, (moment, victim) in enumerate(zip(moments, victims, strict=True)):
            deadline = time.monotonic() + 120
            while sink.accepted < moment * MAILS and time.monotonic() < deadline:
                time.sleep(0.01)
            assert time.monotonic() < deadline, f"it stands still at {sink.accepted}:\n{up.output()[-5000:]}"
            time.sleep(dice.random() * 0.2)
            wait_until(lambda victim=victim: victim in up.pids(), 60)
            print(f"{sink.accepted:,} of {MAILS:,}: kill -9 {victim}", flush=True)
            if _signal(up.pids()[victim], signal.SIGKILL) and victim in ("sender", "sender-2", "postgres"):
                killed += 1 if victim != "postgres" else SENDERS
            if n in still:
                wait_until(lambda: "postgres" in up.pids(), 60)
                print(f"{sink.accepted:,} of {MAILS:,}: PostgreSQL stands still", flush=True)
                stand_still(up.pids()["postgres"])
                killed += SENDERS  # a session may have been given up
        seconds = 600 + MAILS / 100
        wait_until(lambda: site.get(f"/mailings/{mailing}")["state"] == "done", seconds)
        check(site, sink, database, mailing, MAILS, killed)


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A file system of its own, large while the engines are made; skip where mounting is not permitted."""
    place = folder / "disk"
    place.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1g,mode=711", "tmpfs", str(place)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"mounting is not permitted here: {done.stderr.strip()}")
    try:
        yield place
    finally:
        for _ in range(20):
            if subprocess.run(["umount", str(place)], capture_output=True, check=False).returncode == 0:
                break
            time.sleep(0.5)


def test_a_full_disk_is_waited_for() -> None:
    mails = max(1000, min(MAILS, 3000))
    with (
        SinkThread(Weather(SEED, drops=0)) as sink,
        open_folder("fidelia-full-") as folder,
        small_disk(folder) as disk,
        installation(disk / "data", sink.sink.port) as up,
    ):
        site = Site(up)
        database, mailing = site.filled(mails)
        used = shutil.disk_usage(disk).used
        subprocess.run(["mount", "-o", f"remount,size={used + 64 * 2**20}", str(disk)], check=True)
        site.post(f"/mailings/{mailing}/start", {"undo_seconds": 0})
        wait_until(lambda: sink.accepted > mails // 10, 60)
        filler = disk / "filler"
        with filler.open("wb", buffering=0) as file:  # the 64 MB fill up while mails leave
            try:
                while True:
                    file.write(b"x" * 65_536)
            except OSError as exc:
                print(f"full at {sink.accepted:,} mails: {exc}", flush=True)
        stood = _stands_still(sink, 60)
        if stood:
            wait_until(lambda: _says(site, mailing), 30)
        filler.unlink()
        wait_until(lambda: site.get(f"/mailings/{mailing}")["state"] == "done", 300)
        assert stood, "the disk was never full enough to matter"
        assert site.get(f"/mailings/{mailing}")["trouble"] is None
        check(site, sink, database, mailing, mails, 2 * SENDERS)


def _stands_still(sink: SinkThread, seconds: float) -> bool:
    """Wait until nothing has been accepted for three seconds."""
    deadline, last, since = time.monotonic() + seconds, -1, time.monotonic()
    while time.monotonic() < deadline:
        if sink.accepted != last:
            last, since = sink.accepted, time.monotonic()
        if time.monotonic() - since > 3:
            return True
        time.sleep(0.05)
    return False


def _says(site: Site, mailing: int) -> bool:
    """Tell whether people are told: by the run's trouble, or by the platform that is not ready and says why."""
    try:
        trouble = site.up.get(f"/api/v1/mailings/{mailing}")["trouble"]
    except (OSError, ValueError, KeyError):
        return "disk of the data folder is full" in site.up.output()
    return bool(trouble) and "disk" in trouble
