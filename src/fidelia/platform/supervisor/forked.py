"""A process of our own that begins as a copy of the supervisor, with everything loaded that it will need."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

#: macOS does not let a process go on that was forked after its system libraries had been loaded.
CAN_FORK = sys.platform == "linux"

_STANDARD = 2
_RESET = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)


class Forked:
    """Runs ``body`` in a copy of this process and ends with the code that it returns.

    The copy has a session of its own, the environment ``environ``, nothing on standard input, no file open but those
    in ``descriptors``, and signals as a new program has them; ``arrange`` is called first in it. It must be made in the
    main thread, when no other thread of Python runs. What it offers to its parent is what ``subprocess.Popen`` does.
    """

    def __init__(
        self,
        name: str,
        body: Callable[[], int],
        *,
        environ: Mapping[str, str],
        descriptors: Sequence[int] = (),
        arrange: Callable[[], None] = lambda: None,
    ) -> None:
        self.args = [name]
        self.returncode: int | None = None
        sys.stdout.flush()
        sys.stderr.flush()
        self.pid = os.fork()
        if self.pid == 0:
            _live(name, body, environ, descriptors, arrange)

    def poll(self) -> int | None:
        """Return the exit code, negative for a signal, or ``None`` while it runs."""
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end, at most so many seconds; raises ``subprocess.TimeoutExpired``."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                raise subprocess.TimeoutExpired(self.args, timeout or 0.0)
            descriptor = os.pidfd_open(self.pid)
            try:
                select.select([descriptor], [], [], left)
            finally:
                os.close(descriptor)
        return code

    def terminate(self) -> None:
        """Send SIGTERM."""
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL."""
        self._send(signal.SIGKILL)

    def _send(self, sig: signal.Signals) -> None:
        if self.poll() is None:
            os.kill(self.pid, sig)


def _live(
    name: str,
    body: Callable[[], int],
    environ: Mapping[str, str],
    descriptors: Sequence[int],
    arrange: Callable[[], None],
) -> None:
    """Become a process apart, run ``body`` and never return."""
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        for number in _RESET:
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
        arrange()
        os.setsid()
        _forget_files(descriptors)
        Path("/proc/self/comm").write_text(f"fidelia-{name}"[:15])
        os.environ.clear()
        os.environ.update(environ)
        code = body()
    except SystemExit as exc:
        code = exc.code if isinstance(exc.code, int) else 1
    except BaseException:  # noqa: BLE001 (told, and the process ends with it)
        traceback.print_exc()
    finally:
        # Nothing of the copied supervisor may unwind: its locks, its children and its sockets are not this process's.
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(code)


def _forget_files(kept: Sequence[int]) -> None:
    """Close what the supervisor has open: its lock must be free when it dies, whoever else still lives."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    low = _STANDARD + 1
    for descriptor in sorted(kept):
        os.closerange(low, descriptor)
        low = descriptor + 1
    os.closerange(low, os.sysconf("SC_OPEN_MAX"))
