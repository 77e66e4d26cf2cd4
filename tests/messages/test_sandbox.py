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

import pytest
from structlog.testing import capture_logs

from fidelia.messages.markup import child, sandbox
from fidelia.messages.markup.child import MARK, TRAILER
from fidelia.messages.markup.model import TemplateSource, WorkReply
from tests.up import alive, wait_until

#: The compiling process, with something else to do than to compile.
PROGRAM = """
import os, socket, sys, time
sys.path.insert(0, sys.argv[3])
import child
child.WAITING_SECONDS = float(sys.argv[1])
child.IDLE_SECONDS = float(sys.argv[2])
child.MEMORY, child.SECONDS = 256 << 20, 1
made = []
def files():
    found = []
    for descriptor in range(100):
        try:
            found.append(os.readlink(f"/proc/self/fd/{descriptor}"))
        except OSError:
            pass
    return repr(found).encode()
def answer(asked):
    DOES
    return asked.upper()
child.Compiling(socket.socket(fileno=0), answer).serve()
"""
TEXTS = "<mjml><mj-body><mj-section><mj-column>" + "<mj-text>a</mj-text>" * 6_000
TEXTS += "</mj-column></mj-section></mj-body></mjml>"
SECTIONS = "<mjml><mj-body>" + "<mj-section/>" * 35_000 + "</mj-body></mjml>"
FOLDER = str(Path(child.__file__).parent)


@contextmanager
def compiling(
    does: str, *, waiting: float = 60, idle: float = 60, ends: int = 0
) -> Iterator[tuple[socket.socket, int]]:
    """A compiling process that ``does`` this for each request: its control socket, and its pid; it ``ends`` so."""
    ours, theirs = socket.socketpair()
    command = [sys.executable, "-c", PROGRAM.replace("DOES", does), str(waiting), str(idle), FOLDER]
    with ours, subprocess.Popen(command, stdin=theirs.fileno()) as process:
        theirs.close()
        try:
            yield ours, process.pid
        finally:
            ours.close()
        assert process.wait(20) == ends


def ask(control: socket.socket, request: bytes = b"a") -> socket.socket:
    ours = unfinished(control)
    ours.sendall(request)
    ours.shutdown(socket.SHUT_WR)
    return ours


def unfinished(control: socket.socket) -> socket.socket:
    """Begin a request that goes on."""
    ours, theirs = socket.socketpair()
    with theirs:
        socket.send_fds(control, [b"c"], [theirs.fileno()])
    ours.settimeout(20)
    return ours


def answered(connection: socket.socket) -> tuple[bytes, int, bytes]:
    """Return the reply, the exit code and the last words of a copy."""
    with connection, connection.makefile("rb") as reading:
        got = reading.read()
    mark, code, said = TRAILER.unpack(got[-TRAILER.size :])
    assert mark == MARK
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


def test_a_copy_has_so_much_time() -> None:
    with compiling("time.sleep(60)", waiting=0.2) as (control, _):
        assert answered(ask(control)) == (b"", -signal.SIGKILL, b"")
    with compiling("while True: pass") as (control, _):
        assert answered(ask(control)) == (b"", -signal.SIGKILL, b"")


@pytest.mark.parametrize("does", ["asked = b'a' * (1 << 30)", "asked = [bytes(200) for _ in range(1 << 30)]"])
def test_a_copy_has_so_much_memory(does: str) -> None:
    with compiling(does) as (control, _):
        assert answered(ask(control)) == (b"", 1, b"MemoryError\n")


def test_a_copy_has_no_file_of_another() -> None:
    does = "time.sleep(60 if asked == b's' else 0); asked = files()"
    with compiling(does) as (control, _), unfinished(control) as first, ask(control, b"s"):
        files_of_it = answered(ask(control))[0]
        assert (files_of_it.count(b"SOCKET"), files_of_it.count(b"PIPE"), files_of_it.count(b"MEMFD")) == (1, 0, 1)
        first.shutdown(socket.SHUT_WR)
        assert answered(first)[1] == 0  # its end comes though a copy that was made after it still works


def test_it_ends_with_who_has_started_it_and_takes_its_copies_along() -> None:
    with compiling("time.sleep(60)") as (control, pid):
        with ask(control):
            wait_until(lambda: copies(pid))
            (copy,) = copies(pid)
            control.close()
            wait_until(lambda: not alive(copy))
        wait_until(lambda: not alive(pid))


def test_a_copy_ends_with_who_made_it() -> None:
    with compiling("time.sleep(60)", ends=-signal.SIGKILL) as (control, pid), ask(control):
        wait_until(lambda: copies(pid))
        (copy,) = copies(pid)
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not alive(copy))


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


async def test_a_reply_without_its_ending_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    half = tmp_path / "half.py"
    half.write_text(
        "import socket\n"
        "control = socket.socket(fileno=0)\n"
        "_, (descriptor,), _, _ = socket.recv_fds(control, 1, 1)\n"
        "with socket.socket(fileno=descriptor) as connection, connection.makefile('rb') as asked:\n"
        "    asked.read()\n"
        '    connection.sendall(b\'{"reply": "somebody@example.com"}\')\n'
    )
    monkeypatch.setattr(sandbox, "_CHILD", str(half))
    monkeypatch.setattr(sandbox, "_compiler", sandbox._Compiler())
    with capture_logs() as told:
        done = await sandbox.work(TemplateSource("html", "x", "s"))
    assert [p.message for p in done.reply.problems] == ["The template cannot be made: the compiling process has ended"]
    assert told == []


async def at_work(asked: asyncio.Task[WorkReply]) -> subprocess.Popen[bytes]:
    """Wait until a copy works on this; return the compiling process."""
    while True:
        assert not asked.done()
        process = sandbox._compiler._process
        if process is not None and copies(process.pid):
            return process
        await asyncio.sleep(0.001)


async def test_one_that_is_killed_at_work_is_asked_again() -> None:
    source = TemplateSource("mjml", TEXTS, "s")
    asked = asyncio.create_task(sandbox.work(source))
    process = await at_work(asked)
    working = copies(process.pid)
    os.kill(process.pid, signal.SIGKILL)
    assert (await asked).reply.compiled is not None
    assert not any(alive(pid) for pid in working)


async def test_who_does_not_wait_any_more_leaves_nothing() -> None:
    source = TemplateSource("mjml", SECTIONS, "s")  # takes all the seconds that a copy has
    asked = asyncio.create_task(sandbox.work(source))
    process = await at_work(asked)
    (copy,) = copies(process.pid)
    asked.cancel()
    await asyncio.wait([asked])
    wait_until(lambda: not alive(copy), 3)
    assert (await sandbox.work(TemplateSource("html", "x", "s"))).reply.compiled is not None
    assert sandbox._compiler._process is process
