"""Processes copied from this one: what they get, what they leave behind, and how they end."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from fidelia.platform.supervisor.forked import CAN_FORK, Forked

pytestmark = pytest.mark.skipif(not CAN_FORK, reason="processes are new programs here")

# In a program of its own: a test's process has threads.
PROGRAM = """
import fcntl, json, os, signal, sys, time
from pathlib import Path
from fidelia.platform.supervisor.forked import Forked
folder = Path(sys.argv[1])
lock = (folder / "lock").open("w")
fcntl.flock(lock, fcntl.LOCK_EX)
signal.signal(signal.SIGTERM, lambda *_: None)
reader, writer = os.pipe()

def body():
    listed = [int(name) for name in os.listdir("/proc/self/fd")]
    files = sorted(n for n in listed if n > 2 and os.path.exists(f"/proc/self/fd/{n}"))
    told = {
        "files": files, "stdin": os.readlink("/proc/self/fd/0"), "environ": dict(os.environ),
        "session": os.getsid(0) == os.getpid(), "name": Path("/proc/self/comm").read_text().strip(),
        "sigterm": signal.getsignal(signal.SIGTERM) == signal.SIG_DFL,
    }
    (folder / "told.new").write_text(json.dumps(told))
    (folder / "told.new").rename(folder / "told")
    time.sleep(60)
    return 0

child = Forked("worker-2", body, environ={"A": "b"}, descriptors=[writer])
print(child.pid, writer, flush=True)
time.sleep(60)
"""


def ended(body: Callable[[], int]) -> int:
    """Return how a process ends that runs a body."""
    return Forked("x", body, environ={}).wait(20)


def test_exit_codes() -> None:
    def leave() -> int:
        raise SystemExit(78)

    def fail() -> int:
        raise ValueError("told on standard error")

    assert ended(lambda: 0) == 0
    assert ended(lambda: 3) == 3
    assert ended(leave) == 78
    assert ended(fail) == 1


def test_waiting_ends_in_time_and_signals_reach_it() -> None:
    def linger() -> int:
        time.sleep(60)
        return 0

    process = Forked("x", linger, environ={})
    assert process.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.05)
    process.terminate()
    assert process.wait() == -signal.SIGTERM
    process.kill()  # harmless: it is gone
    assert process.poll() == -signal.SIGTERM


def test_a_copy_has_nothing_of_the_supervisor(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PROGRAM, str(tmp_path)]
    parent = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pid, kept = (int(word) for word in parent.stdout.readline().split())
    try:
        deadline = time.monotonic() + 20
        while not (tmp_path / "told").exists():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        told = json.loads((tmp_path / "told").read_text())
        assert told["files"] == [kept]
        assert told["stdin"] == os.devnull
        assert told["environ"] == {"A": "b"}
        assert told["session"]
        assert told["sigterm"]
        assert told["name"] == "fidelia-worker-"
        parent.kill()
        parent.wait()
        os.kill(pid, 0)  # it lives on: nobody asked here that it dies with its parent
        with (tmp_path / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    finally:
        os.kill(pid, signal.SIGKILL)
        parent.kill()
        parent.communicate()
