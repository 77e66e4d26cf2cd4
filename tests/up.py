"""Drives `fidelia up` and the other commands as people do: real processes."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any


def _temporary() -> str:
    """Return where data folders are made: in memory, where there is plenty.

    Each database is a thousand files, made and deleted again: on ext4 that took a fifth of the time of all tests, in
    looking for inodes that were not deleted just now.
    """
    memory = Path("/dev/shm")
    try:
        roomy = os.access(memory, os.W_OK | os.X_OK) and shutil.disk_usage(memory).free > 8 << 30
    except OSError:
        roomy = False
    return str(memory) if roomy else tempfile.gettempdir()


#: As it is at the start: an engine opened in this process moves the temporary folder into its own.
TEMPORARY = _temporary()


class Up:
    """One `fidelia up` on a folder."""

    def __init__(self, data: Path, *options: str, python: str = sys.executable, **popen: Any) -> None:
        self.data = data
        self.log = data.with_suffix(".log")
        self._log: IO[bytes] = self.log.open("ab")
        command = [python, "-m", "fidelia", "up", "--data", str(data), "--port", "0", *options]
        self.process = subprocess.Popen(command, stdout=self._log, stderr=self._log, cwd="/", **popen)

    def output(self) -> str:
        return self.log.read_text()

    def ready(self, seconds: float = 90) -> Up:
        """Wait until this process has announced itself."""
        deadline = time.monotonic() + seconds
        while self.run().get("pid") != self.process.pid:
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.end()
                raise AssertionError(f"not ready after {seconds} s:\n{self.output()[-20_000:]}")
            time.sleep(0.02)
        return self

    def run(self) -> dict[str, Any]:
        try:
            return dict(json.loads((self.data / "run.json").read_text()))
        except OSError:
            return {}

    def pids(self) -> dict[str, int]:
        return {name: pid for name, pid in self.run()["processes"].items() if pid is not None}

    def get(self, path: str, token: str | None = None) -> Any:
        url, token = self.run()["url"] + path, token or self.run()["token"]
        request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(request, timeout=10) as reply:
            return json.load(reply)

    def answers(self) -> bool:
        try:
            return bool(self.get("/ready"))
        except (OSError, KeyError, ValueError):
            return False

    def end(self, sig: signal.Signals = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(sig)
        try:
            return self.process.wait(20)
        finally:
            self.process.kill()
            self.process.wait()
            self._log.close()


@contextmanager
def open_folder(prefix: str) -> Iterator[Path]:
    """A folder that the user of PostgreSQL may pass through, unlike pytest's own."""
    path = Path(tempfile.mkdtemp(prefix=prefix, dir=TEMPORARY))
    path.chmod(0o711)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def wait_until(condition: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def fidelia(*arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    """Run a command to its end; ``given`` is its standard input."""
    command = [sys.executable, "-m", "fidelia", *arguments]
    return subprocess.run(command, input=given, capture_output=True, text=True, check=False)
