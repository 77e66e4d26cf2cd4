"""Processes that begin with the application loaded: copies of one that has loaded it and done nothing else.

They start as those of ``fidelia up`` do. Loading took two seconds of a processor for each.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO, Any

from fidelia.platform.supervisor.forked import CAN_FORK, Forked

ROOT = Path(__file__).parents[1]
#: What the children import. No chDB: it starts threads, which a copy would not have.
LOADED = (
    "clickhouse_connect",
    "fidelia.wiring",
    "fidelia.worker.tasks",
    "tests.conftest",
    "tests.killing",
    "tests.messages.channels.http.world",
)


class Child:
    """A module of the tests that runs as a process; what is offered is what ``subprocess.Popen`` offers."""

    def __init__(self, pid: int, told: socket.socket) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._told = told

    def poll(self) -> int | None:
        """Return the exit code, negative for a signal, or ``None`` while it runs."""
        if self.returncode is None and select.select([self._told], [], [], 0)[0]:
            self._end()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end, at most so many seconds; raises ``subprocess.TimeoutExpired``."""
        if self.returncode is None:
            if not select.select([self._told], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0.0)
            self._end()
        assert self.returncode is not None
        return self.returncode

    def kill(self) -> None:
        """Send SIGKILL."""
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)

    def _end(self) -> None:
        with self._told as told:
            self.returncode = int(told.recv(100))


class Warm:
    """The process that is copied; it loads the application when the first child is wanted."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, module: str, *args: str, stdout: int = 1, stderr: int = 2) -> Process:
        """Run a module (``tests.…``) as ``python -m`` does, in a process of its own."""
        if not CAN_FORK:
            return subprocess.Popen([sys.executable, "-m", module, *args], cwd=ROOT, stdout=stdout, stderr=stderr)
        if self._process is None:
            self._load()
        wanted = json.dumps({"module": module, "args": args, "environ": dict(os.environ)}).encode()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            socket.send_fds(self._asked, [wanted], [theirs.fileno(), stdout, stderr])
        pid = ours.recv(100)
        if not pid:
            ours.close()
            self._said.seek(0)
            raise AssertionError(f"no process was started:\n{self._said.read()[-3000:].decode()}")
        return Child(int(pid), ours)

    def end(self) -> None:
        """End it, and what it has started."""
        if self._process is not None:
            self._asked.close()
            self._process.wait(20)
            self._said.close()
            self._process = None

    def _load(self) -> None:
        self._said: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 (closed by `end`)
        self._asked, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-c", f"from tests import warm; warm.serve({theirs.fileno()})"],
                cwd=ROOT,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._said,
            )


Process = Child | subprocess.Popen[bytes]
#: The one of this process.
warm = Warm()


def serve(descriptor: int) -> None:
    """Start what is asked for, and tell each one's pid and exit code, until nobody is there any more to ask."""
    for module in LOADED:
        importlib.import_module(module)
    gc.collect()
    gc.freeze()
    gc.enable()  # the tests' own configuration has switched it off
    asked = socket.socket(fileno=descriptor)
    children: dict[int, tuple[Forked, socket.socket]] = {}
    while True:
        for ready in select.select([descriptor, *children], [], [])[0]:
            if ready != descriptor:
                os.close(ready)
                process, told = children.pop(ready)
                with told, contextlib.suppress(OSError):  # its test may have ended before it
                    told.send(str(process.wait()).encode())
                continue
            message, descriptors, *_ = socket.recv_fds(asked, 1 << 20, 3)
            if not message:
                for process, _ in children.values():
                    process.kill()
                    process.wait()
                return
            told = socket.socket(fileno=descriptors[0])
            process = _copy(json.loads(message), *descriptors[1:])
            with contextlib.suppress(OSError):
                told.send(str(process.pid).encode())
            children[os.pidfd_open(process.pid)] = process, told


def _copy(wanted: dict[str, Any], stdout: int, stderr: int) -> Forked:
    def arrange() -> None:
        os.dup2(stdout, 1)
        os.dup2(stderr, 2)

    def body() -> int:
        sys.argv = [wanted["module"], *wanted["args"]]
        runpy.run_module(wanted["module"], run_name="__main__", alter_sys=True)
        return 0

    process = Forked("child", body, environ=wanted["environ"], arrange=arrange)
    os.close(stdout)
    os.close(stderr)
    return process
