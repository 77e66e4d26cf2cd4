"""Compiles and previews templates in a process of its own, so that a hostile one harms nothing but itself."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import structlog

from .child import MARK, TRAILER, WAITING_SECONDS
from .model import CompileReply, TemplateProblem, TemplateSource, WorkReply, WorkRequest

log = structlog.get_logger(__name__)

#: After this the compiling process itself is given up; it ends what takes longer than its own time.
TIMEOUT = WAITING_SECONDS + 10
_ENDING_SECONDS = 1.0
_CHILD = str(Path(__file__).with_name("child.py"))
_slots: dict[asyncio.AbstractEventLoop, asyncio.Semaphore] = {}


class _Gone(Exception):
    """The compiling process has ended without an answer."""


class _Compiler:
    """The compiling process of this one, started when it is first needed; see :mod:`.child`."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    async def ask(self, request: bytes) -> bytes:
        """Return the copy's reply, what it said on standard error, and the trailer; raises ``_Gone``, TimeoutError.

        After either the next request starts another process.
        """
        loop = asyncio.get_running_loop()
        ours, theirs = socket.socketpair()
        with ours:
            ours.setblocking(False)
            with theirs:
                process = self._hand_over(theirs)
            answer = bytearray()
            try:
                async with asyncio.timeout(TIMEOUT):
                    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it may end without reading all
                        await loop.sock_sendall(ours, request)
                        ours.shutdown(socket.SHUT_WR)
                    with contextlib.suppress(ConnectionResetError):
                        while part := await loop.sock_recv(ours, 1 << 18):
                            answer += part
            except TimeoutError:
                self._give_up(process)
                raise
        if not answer[-TRAILER.size :].startswith(MARK):  # a copy's own reply may be there, but not how it ended
            self._give_up(process)
            raise _Gone
        return bytes(answer)

    def stop(self) -> None:
        """End the process, if there is one."""
        with self._guard:
            self._stop()

    def _give_up(self, process: subprocess.Popen[bytes]) -> None:
        with self._guard:
            if self._process is process:  # nobody else has done it meanwhile
                self._stop()

    def _hand_over(self, connection: socket.socket) -> subprocess.Popen[bytes]:
        with self._guard:
            if self._process is None or self._control is None:
                self._process, self._control = self._start()
            try:
                socket.send_fds(self._control, [b"c"], [connection.fileno()])
            except OSError as exc:
                self._stop()
                raise _Gone from exc
            return self._process

    def _start(self) -> tuple[subprocess.Popen[bytes], socket.socket]:
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                process = subprocess.Popen(  # noqa: S603 (ourselves)
                    [sys.executable, "-I", _CHILD], stdin=theirs.fileno(), stdout=subprocess.DEVNULL
                )
            except OSError:
                ours.close()
                raise
        return process, ours

    def _stop(self) -> None:
        if self._control is not None:
            self._control.close()
        if self._process is not None:
            try:
                self._process.wait(_ENDING_SECONDS)  # it takes its copies along
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._process = self._control = None


_compiler = _Compiler()
atexit.register(_compiler.stop)


async def work(source: TemplateSource, contexts: Sequence[Mapping[str, Any]] = ()) -> WorkReply:
    """Compile a template and render it for each context (roots, and ``links``); what kills the process is a problem."""
    loop = asyncio.get_running_loop()
    slot = _slots.setdefault(loop, asyncio.Semaphore(2))
    request = msgspec.json.encode(WorkRequest(source, [dict(c) for c in contexts]))
    async with slot:
        try:
            try:
                answer = await _compiler.ask(request)
            except _Gone:  # it had rested for long, or somebody has killed it
                answer = await _compiler.ask(request)
        except TimeoutError:
            return _fatal("The template takes too long to be made")
        except _Gone:
            return _fatal("The template cannot be made: the compiling process has ended")
    _, code, said = TRAILER.unpack(answer[-TRAILER.size :])
    end = len(answer) - TRAILER.size
    if code == 0:
        return msgspec.json.decode(answer[: end - said], type=WorkReply)
    return _fatal(_died(code, answer[end - said : end]))


def _died(code: int, errors: bytes) -> str:
    if code in (-signal.SIGXCPU, -signal.SIGKILL):
        return "The template takes too long to be made"
    if b"MemoryError" in errors or b"memory allocation" in errors or code == -signal.SIGABRT:
        return "The template needs far too much memory: something in it doubles again and again"
    if code == -signal.SIGSEGV:
        return "The template is nested far too deeply"
    last = " ".join(errors.decode(errors="replace").strip().splitlines()[-1:])
    log.error("the compiling process failed", code=code, error=last)
    return f"The template cannot be made: {last or code}"


def _fatal(message: str) -> WorkReply:
    return WorkReply(CompileReply([TemplateProblem("error", "hostile", message)]))
