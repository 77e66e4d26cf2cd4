"""Reading files in a process of its own: it uses the other core, and a hostile workbook kills nobody else.

``python -m fidelia.profiles.imports.child`` takes a task on its standard input and answers in frames of a length and
MessagePack. Small files other than workbooks are read in a thread instead, which starts faster.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import resource
import signal
import sys
import tempfile
from collections.abc import AsyncGenerator, Callable, Iterator
from pathlib import Path
from typing import IO, Any, TypeVar

import anyio.to_thread
import msgspec
import structlog

from fidelia.kernel.errors import Problem
from fidelia.platform.pgserver import die_with_parent

from ..lists import parse as lists
from . import parse
from .readers import FileFormat, FileProblem, detect

#: Files up to this size, unless they are workbooks, are read in a thread.
INLINE_BYTES = 2_000_000
MEMORY_BYTES = 6 << 30
_AHEAD = 2
_HEADER = 4
T = TypeVar("T")
log = structlog.get_logger(__name__)

_TASKS: dict[str, tuple[Callable[[Any], Iterator[Any]], type[Any], type[Any]]] = {
    "look": (parse.look, parse.Look, parse.Seen),
    "prepare": (parse.prepare, parse.Plan, parse.Prepared),
    "look_sheet": (lists.look, lists.SheetLook, lists.SheetSeen),
    "prepare_sheet": (lists.prepare, lists.SheetPlan, lists.SheetChunk),
}


class _Frame(msgspec.Struct, omit_defaults=True):
    """One answer: a result, or why there is none."""

    result: msgspec.Raw = msgspec.Raw()
    problem: str | None = None


async def look(wish: parse.Look) -> parse.Seen:
    """Look at the first rows of a file; raises :class:`FileProblem`."""
    if wish.format is None:  # to find out what a file is, no workbook is opened
        path = _existing(wish.path)
        wish = msgspec.structs.replace(wish, format=await anyio.to_thread.run_sync(detect, path))
    assert wish.format is not None
    async with contextlib.aclosing(_answers("look", wish, wish.format)) as answers:
        async for seen in answers:
            found: parse.Seen = seen
            return found
    raise FileProblem("The file could not be read")


def prepare(plan: parse.Plan) -> AsyncGenerator[parse.Prepared, None]:
    """Yield the batches of a file as they are ready; raises :class:`FileProblem`. Close it with ``aclosing``."""
    return _answers("prepare", plan, plan.format)


async def look_sheet(wish: lists.SheetLook) -> lists.SheetSeen:
    """Look at the first rows of a file for a list or a table; raises :class:`FileProblem`."""
    if wish.format is None:
        path = _existing(wish.path)
        wish = msgspec.structs.replace(wish, format=await anyio.to_thread.run_sync(detect, path))
    assert wish.format is not None
    async with contextlib.aclosing(_answers("look_sheet", wish, wish.format)) as answers:
        async for seen in answers:
            found: lists.SheetSeen = seen
            return found
    raise FileProblem("The file could not be read")


def prepare_sheet(plan: lists.SheetPlan) -> AsyncGenerator[lists.SheetChunk, None]:
    """Yield the chunks of a file for a list or a table; raises :class:`FileProblem`. Close it with ``aclosing``."""
    return _answers("prepare_sheet", plan, plan.format)


def _existing(path: str) -> Path:
    if not os.path.isfile(path):
        raise FileProblem("The uploaded file is gone; upload it again")
    return Path(path)


def _answers(task: str, wish: Any, how: FileFormat) -> AsyncGenerator[Any, None]:
    size = os.path.getsize(_existing(wish.path))
    inline = how.kind != "xlsx" and (task.startswith("look") or size <= INLINE_BYTES)
    return _in_thread(task, wish) if inline else _ahead(_in_process(task, wish))


async def _in_thread(task: str, wish: Any) -> AsyncGenerator[Any, None]:
    run, _, _ = _TASKS[task]
    answers = run(wish)
    while True:
        found = await anyio.to_thread.run_sync(next, answers, None)
        if found is None:
            return
        yield found


async def _in_process(task: str, wish: Any) -> AsyncGenerator[Any, None]:
    decoder = msgspec.msgpack.Decoder(_TASKS[task][2])
    frames = msgspec.msgpack.Decoder(_Frame)
    with tempfile.TemporaryFile() as errors:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "fidelia.profiles.imports.child",
            task,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
            preexec_fn=die_with_parent(signal.SIGKILL),
            limit=1 << 20,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(msgspec.msgpack.encode(wish))
            process.stdin.close()
            while True:
                try:
                    size = int.from_bytes(await process.stdout.readexactly(_HEADER), "big")
                    frame = frames.decode(await process.stdout.readexactly(size))
                except asyncio.IncompleteReadError:
                    break
                if frame.problem is not None:
                    raise FileProblem(frame.problem)
                yield decoder.decode(frame.result)
            if await process.wait() != 0:
                errors.seek(0)
                tail = errors.read()[-2000:].decode(errors="replace")
                log.warning("reading a file broke off", code=process.returncode, error=tail)
                raise FileProblem("The file is broken, or asks for more memory than it may have")
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await asyncio.shield(process.wait())


async def _ahead(answers: AsyncGenerator[T, None]) -> AsyncGenerator[T, None]:
    """Take answers before they are asked for, so that the other process never waits for us."""
    queue: asyncio.Queue[tuple[T | None, BaseException | None]] = asyncio.Queue(_AHEAD)

    async def fill() -> None:
        try:
            async for answer in answers:
                await queue.put((answer, None))
            await queue.put((None, None))
        except Exception as exc:  # noqa: BLE001 (carried over to the reader, who raises it)
            await queue.put((None, exc))

    task = asyncio.create_task(fill())
    try:
        while True:
            answer, error = await queue.get()
            if error is not None:
                raise error
            if answer is None:
                return
            yield answer
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await answers.aclose()


# -- the other side ------------------------------------------------------------------------------------------------


def _send(out: IO[bytes], frame: bytes) -> None:
    out.write(len(frame).to_bytes(_HEADER, "big"))
    out.write(frame)
    out.flush()


def main(task: str, source: IO[bytes], out: IO[bytes]) -> None:
    """Run a task and write its answers; a file that cannot be read is an answer too."""
    run, kind, _ = _TASKS[task]
    try:
        for answer in run(msgspec.msgpack.decode(source.read(), type=kind)):
            _send(out, msgspec.msgpack.encode({"result": answer}))
    except Problem as exc:
        _send(out, msgspec.msgpack.encode({"problem": exc.detail}))


if __name__ == "__main__":
    gc.disable()  # nothing here makes cycles, and looking for them costs a fifth of the time
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    answers_to = os.fdopen(os.dup(1), "wb", buffering=1 << 20)
    os.dup2(2, 1)  # whatever a library prints must not get between the frames
    main(sys.argv[1], sys.stdin.buffer, answers_to)
