"""One supervised process: start, stop, and the pause before it is started again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from fidelia.platform.pgserver import die_with_parent

from .forked import CAN_FORK, Forked

Role = Literal["web", "worker", "sender", "mailbox", "bounces"]

#: A child ends with this code when starting it again cannot help: wrong settings, a schema that needs an upgrade.
FATAL_EXIT = 78
#: The number of the listening socket that the web process inherits.
LISTEN_VARIABLE = "FIDELIA_LISTEN_FD"

_YIELD = 5
_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 15.0
_STEADY_SECONDS = 30.0


def start_fidelia(
    arguments: Sequence[str], environ: Mapping[str, str], descriptors: Sequence[int] = (), *, yielding: bool = False
) -> subprocess.Popen[bytes]:
    """Start ``python -m fidelia …`` that dies with us; must run in the main thread.

    A ``yielding`` process leaves the processor to others when there is not enough for all.
    """
    return subprocess.Popen(  # noqa: S603 (ourselves)
        [sys.executable, "-P", "-m", "fidelia", *arguments],
        env=dict(environ),
        stdin=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C in a terminal reaches the supervisor only, which stops in order
        pass_fds=descriptors,
        preexec_fn=_arrangement(yielding=yielding),  # noqa: PLW1509 (system calls only, no lock is taken)
    )


def _arrangement(*, yielding: bool) -> Callable[[], None]:
    """Return what a new process does first: it binds its life to ours, and yields."""
    die = die_with_parent(signal.SIGKILL)

    def arrange() -> None:
        die()
        if yielding:
            os.nice(_YIELD)

    return arrange


class Child:
    """A process that does what ``fidelia serve --role …`` does, killed by the kernel when the supervisor dies.

    With ``serve`` it is a copy of this process, which has loaded everything once for all, and calls that with its role;
    without, a new one that loads for itself. It is killed, not asked: everything acknowledged is durable, and a child
    that lingers would hold the engine's lock against the next start.
    """

    def __init__(
        self,
        name: str,
        role: Role,
        environ: Mapping[str, str],
        descriptors: Sequence[int] = (),
        serve: Callable[[Role], int] | None = None,
    ) -> None:
        self.name = name
        self.role = role
        self._serve = serve
        self._environ = environ
        self._descriptors = descriptors
        self._process: subprocess.Popen[bytes] | Forked | None = None
        self._started = 0.0
        self._pause = _FIRST_PAUSE
        self.start_at: float | None = None
        self.starts = 0

    @property
    def pid(self) -> int | None:
        """Return the id of the running process, or ``None``."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self) -> None:
        """Start the process; must run in the supervisor's main thread."""
        # An import must not slow the web down, nor the start of workers that of the web.
        yielding = self.role != "web"
        if (serve := self._serve) is not None and CAN_FORK:
            self._process = Forked(
                self.name,
                lambda: serve(self.role),
                environ=self._environ,
                descriptors=self._descriptors,
                arrange=_arrangement(yielding=yielding),
            )
        else:
            arguments = ["serve", "--role", self.role]
            self._process = start_fidelia(arguments, self._environ, self._descriptors, yielding=yielding)
        self._started = time.monotonic()
        self.start_at = None
        self.starts += 1

    def ended(self) -> int | None:
        """Return the exit code once, when the process has ended; plan the next start after a growing pause."""
        if self._process is None or (code := self._process.poll()) is None:
            return None
        self._process = None
        if time.monotonic() - self._started > _STEADY_SECONDS:
            self._pause = _FIRST_PAUSE
        self.start_at = time.monotonic() + self._pause
        self._pause = min(self._pause * 2, _LONGEST_PAUSE)
        return code

    def ask_to_stop(self) -> None:
        """Send SIGTERM."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def wait_stopped(self, deadline: float) -> None:
        """Wait until ``deadline`` (monotonic seconds) for the process to end, then kill it."""
        if self._process is None:
            return
        try:
            self._process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None
