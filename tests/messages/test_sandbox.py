"""The compiling process and its copies: what ends them, and what is told of it."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fidelia.messages.markup import child, sandbox
from fidelia.messages.markup.child import TRAILER
from fidelia.messages.markup.model import TemplateSource
from tests.up import alive, wait_until

#: The compiling process, with something else to do than to compile.
PROGRAM = """
import os, socket, sys, time
sys.path.insert(0, sys.argv[3])
import child
child.WAITING_SECONDS = float(sys.argv[1])
child.IDLE_SECONDS = float(sys.argv[2])
made = []
def answer(asked):
    DOES
    return asked.upper()
child.Compiling(socket.socket(fileno=0), answer).serve()
"""
FOLDER = str(Path(child.__file__).parent)


@contextmanager
def compiling(does: str, *, waiting: float = 60, idle: float = 60) -> Iterator[tuple[socket.socket, int]]:
    """A compiling process that ``does`` this for each request: its control socket, and its pid."""
    ours, theirs = socket.socketpair()
    command = [sys.executable, "-c", PROGRAM.replace("DOES", does), str(waiting), str(idle), FOLDER]
    with ours, subprocess.Popen(command, stdin=theirs.fileno()) as process:
        theirs.close()
        try:
            yield ours, process.pid
        finally:
            ours.close()
        assert process.wait(20) == 0


def ask(control: socket.socket, request: bytes = b"a") -> socket.socket:
    ours, theirs = socket.socketpair()
    with theirs:
        socket.send_fds(control, [b"c"], [theirs.fileno()])
    ours.settimeout(20)
    ours.sendall(request)
    ours.shutdown(socket.SHUT_WR)
    return ours


def answered(connection: socket.socket) -> tuple[bytes, int, bytes]:
    """Return the reply, the exit code and the last words of a copy."""
    with connection, connection.makefile("rb") as reading:
        got = reading.read()
    code, said = TRAILER.unpack(got[-TRAILER.size :])
    end = len(got) - TRAILER.size
    return got[: end - said], code, got[end - said : end]


def copies(pid: int) -> list[int]:
    return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_each_request_has_a_copy_of_its_own() -> None:
    with compiling("made.append(1); asked += b'%d' % len(made)") as (control, _):
        assert [answered(ask(control)) for _ in range(3)] == [(b"A1", 0, b"")] * 3
        assert answered(ask(control, b"x" * 3_000_000)) == (b"X" * 3_000_000 + b"1", 0, b"")


def test_what_ends_a_copy_is_told_and_the_others_go_on() -> None:
    does = "time.sleep(60) if asked == b'slow' else os.kill(os.getpid(), int(asked))"
    with compiling(does) as (control, pid):
        slow = ask(control, b"slow")
        assert answered(ask(control, b"%d" % signal.SIGKILL)) == (b"", -signal.SIGKILL, b"")
        assert answered(ask(control, b"%d" % signal.SIGXCPU)) == (b"", -signal.SIGXCPU, b"")
        reply, code, said = answered(ask(control, b"x"))
        assert (reply, code) == (b"", 1)
        assert said.endswith(b"ValueError: invalid literal for int() with base 10: b'x'\n")
        assert len(copies(pid)) == 1
        slow.close()
        wait_until(lambda: not copies(pid))  # nobody waited for it any more


def test_a_copy_has_so_much_time_and_memory() -> None:
    with compiling("time.sleep(60)", waiting=0.2) as (control, _):
        assert answered(ask(control)) == (b"", -signal.SIGKILL, b"")
    with compiling("asked = b'a' * (2 << 30)") as (control, _):
        reply, code, said = answered(ask(control))
        assert (reply, code) == (b"", 1)
        assert b"MemoryError" in said


def test_it_ends_with_who_has_started_it_and_takes_its_copies_along() -> None:
    with compiling("time.sleep(60)") as (control, pid):
        with ask(control):
            wait_until(lambda: copies(pid))
            (copy,) = copies(pid)
            control.close()
            wait_until(lambda: not alive(copy))
        wait_until(lambda: not alive(pid))


def test_it_ends_when_nobody_has_asked_for_long() -> None:
    with compiling("pass", idle=0.1) as (_, pid):
        wait_until(lambda: not alive(pid))


async def test_a_compiling_process_that_was_killed_is_started_again() -> None:
    source = TemplateSource("html", '{{ profile.name }}<a href="{{ links.unsubscribe }}">Stop</a>', "s")
    values = {"profile": {"name": "Ada"}, "links": {"unsubscribe": "https://u.example"}}
    replies = await asyncio.gather(*(sandbox.work(source, [values]) for _ in range(20)))
    process = sandbox._compiler._process
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)
    replies += await asyncio.gather(*(sandbox.work(source, [values]) for _ in range(20)))
    assert sandbox._compiler._process is not process
    assert all(r.rendered[0].html is not None and "Ada" in r.rendered[0].html for r in replies)


async def test_who_does_not_wait_any_more_leaves_nothing() -> None:
    source = TemplateSource("mjml", "<mjml><mj-body>" + "<mj-section/>" * 10_000 + "</mj-body></mjml>", "s")
    await sandbox.work(TemplateSource("html", "x", "s"))
    process = sandbox._compiler._process
    assert process is not None
    asked = asyncio.create_task(sandbox.work(source))
    while not copies(process.pid):
        await asyncio.sleep(0.001)
    asked.cancel()
    await asyncio.wait([asked])
    wait_until(lambda: not copies(process.pid), 3)
    assert (await sandbox.work(TemplateSource("html", "x", "s"))).reply.compiled is not None
