"""The compiling process: imports the compiler once, and makes a copy of itself for each request.

Run as a file, so that nothing but the compiler is imported. Standard input is a socket; each message on it carries a
connection, on which a request comes until its end. There the copy writes its reply; after it the process that made the
copy writes what the copy said on standard error, and :data:`TRAILER`. A copy's memory and time are capped, it ends with
the process that made it, and it has no file of another copy: whatever a template does to it, nothing else is harmed.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import resource
import select
import signal
import socket
import struct
import sys
import tempfile
import time
import traceback
import types
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

MEMORY = 1 << 30
SECONDS = 5
#: Of waiting, where other work keeps the processors from a copy.
WAITING_SECONDS = 15.0
IDLE_SECONDS = 600.0
#: :data:`MARK`, the exit code of the copy (negative for a signal), and the bytes of standard error that stand before.
TRAILER = struct.Struct("!4siI")
MARK = b"\0end"  # which no reply holds
_TOLD = 4000  # bytes of standard error
_PR_SET_PDEATHSIG = 1


@dataclass
class Copy:
    """A copy at work."""

    pid: int
    connection: socket.socket
    errors: IO[bytes]
    until: float


def main() -> None:
    """Answer what comes on standard input until it ends, or until nobody has asked for long."""
    answer = _compiler()
    gc.collect()
    gc.freeze()
    Compiling(socket.socket(fileno=0), answer).serve()


def _compiler() -> Callable[[bytes], bytes]:
    """Import the compiler; return what makes an encoded reply from an encoded request."""
    face = types.ModuleType("fidelia.messages")  # the compiler without the capability around it
    face.__path__ = [str(Path(__file__).parent.parent)]
    sys.modules["fidelia.messages"] = face
    import msgspec

    from fidelia.messages.markup.fields import FieldRenderer, compile_any, preview_fields
    from fidelia.messages.markup.model import Rendered, WorkReply, WorkRequest
    from fidelia.messages.markup.render import Renderer, preview

    def answer(asked: bytes) -> bytes:
        request = msgspec.json.decode(asked, type=WorkRequest)
        reply = compile_any(request.source)
        rendered = []
        if reply.compiled is not None and request.contexts:
            if request.source.shape is not None:
                show = partial(preview_fields, FieldRenderer(reply.compiled))
            else:
                show = partial(preview, Renderer(reply.compiled))
            for values in request.contexts:
                links = values.pop("links", {})
                try:
                    rendered.append(show(values, links))
                except (ValueError, TypeError, OverflowError, RecursionError) as exc:  # a value no template can hold
                    rendered.append(Rendered(error=f"A value cannot be used: {exc}"))
        return msgspec.json.encode(WorkReply(reply, rendered))

    return answer


class Compiling:
    """Makes copies, watches them, and tells how each ended."""

    def __init__(self, control: socket.socket, answer: Callable[[bytes], bytes]) -> None:
        self._control = control
        self._answer = answer
        self._copies: dict[int, Copy] = {}  # by the descriptor of their connection
        self._awake, awakening = os.pipe()  # written to when a copy has ended
        os.set_blocking(self._awake, False)
        os.set_blocking(awakening, False)
        self._poll = select.poll()
        self._poll.register(self._control, select.POLLIN)
        self._poll.register(self._awake, select.POLLIN)
        self._waking = awakening
        self._pid = os.getpid()

    def serve(self) -> None:
        """Work until the other side of the control socket is closed, or nobody has asked for long."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # meant for who has started this
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._waking)
        try:
            self._serve()
        finally:
            for copy in self._copies.values():
                self._kill(copy)

    def _serve(self) -> None:
        while True:
            happened = dict(self._poll.poll(self._patience() * 1000))
            if not happened and not self._copies:
                return
            if self._awake in happened:
                with contextlib.suppress(BlockingIOError):
                    os.read(self._awake, 4096)
            for descriptor in happened.keys() & self._copies.keys():  # nobody waits for the answer any more
                self._kill(self._copies[descriptor])
            for copy in [c for c in self._copies.values() if c.until <= time.monotonic()]:
                self._kill(copy)
            self._tell_of_the_ended()
            if self._control.fileno() in happened and not self._take():
                return

    def _patience(self) -> float:
        now = time.monotonic()
        return max(0.0, min((c.until - now for c in self._copies.values()), default=IDLE_SECONDS))

    def _take(self) -> bool:
        """Make a copy for the next connection; return whether the other side is still there."""
        message, descriptors, _, _ = socket.recv_fds(self._control, 1, 1)
        if not descriptors:  # no file more may be open: who has asked sees that nothing comes
            return bool(message)
        connection = socket.socket(fileno=descriptors[0])
        try:
            errors = _last_words()
            pid = os.fork()
        except OSError as exc:
            _tell(connection, f"OSError: {exc}".encode(), 1)
            return True
        if pid == 0:
            self._live(connection, errors)
        self._copies[connection.fileno()] = Copy(pid, connection, errors, time.monotonic() + WAITING_SECONDS)
        self._poll.register(connection, 0)  # tells when the other side has closed it
        return True

    def _live(self, connection: socket.socket, errors: IO[bytes]) -> None:
        """Answer one request, and never return."""
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _die_with(self._pid)
            os.dup2(errors.fileno(), 2)
            _close_all_but(connection.fileno())
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
            resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            with connection.makefile("rb") as asked:
                connection.sendall(self._answer(asked.read()))
            code = 0
        except MemoryError:
            os.write(2, b"MemoryError\n")  # there may be none left to tell more
        except BaseException:  # noqa: BLE001 (told on standard error, as a program's last words are)
            traceback.print_exc()
        finally:
            os._exit(code)

    def _kill(self, copy: Copy) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(copy.pid, signal.SIGKILL)

    def _tell_of_the_ended(self) -> None:
        for descriptor, copy in [*self._copies.items()]:
            pid, status = os.waitpid(copy.pid, os.WNOHANG)
            if not pid:
                continue
            self._poll.unregister(copy.connection)
            del self._copies[descriptor]
            with copy.errors:
                copy.errors.seek(max(0, copy.errors.seek(0, os.SEEK_END) - _TOLD))
                _tell(copy.connection, copy.errors.read(), os.waitstatus_to_exitcode(status))


def _tell(connection: socket.socket, said: bytes, code: int) -> None:
    with connection, contextlib.suppress(OSError):  # nobody waits for it
        connection.sendall(said + TRAILER.pack(MARK, code, len(said)))


def _last_words() -> IO[bytes]:
    """Return an empty file for what a copy says on standard error; on Linux it needs no disk."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("last words"), "w+b")
    return tempfile.TemporaryFile()


def _die_with(parent: int) -> None:
    """End with the process that made this one, also when it is killed (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)


def _close_all_but(descriptor: int) -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.closerange(3, descriptor)
    os.closerange(descriptor + 1, os.sysconf("SC_OPEN_MAX"))


if __name__ == "__main__":
    main()
