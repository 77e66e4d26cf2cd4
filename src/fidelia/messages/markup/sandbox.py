"""Compiles and previews templates in a process of its own, so that a hostile one harms nothing but itself."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import structlog

from .model import CompileReply, TemplateProblem, TemplateSource, WorkReply, WorkRequest

log = structlog.get_logger(__name__)

TIMEOUT = 15.0
_CHILD = str(Path(__file__).with_name("child.py"))
_slots: dict[asyncio.AbstractEventLoop, asyncio.Semaphore] = {}


async def work(source: TemplateSource, contexts: Sequence[Mapping[str, Any]] = ()) -> WorkReply:
    """Compile a template and render it for each context (roots, and ``links``); what kills the process is a problem."""
    loop = asyncio.get_running_loop()
    slot = _slots.setdefault(loop, asyncio.Semaphore(2))
    request = msgspec.json.encode(WorkRequest(source, [dict(c) for c in contexts]))
    async with slot:
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",
            _CHILD,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            output, errors = await asyncio.wait_for(child.communicate(request), TIMEOUT)
        except TimeoutError:
            return _fatal("The template takes too long to be made")
        finally:
            if child.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    child.kill()
                await child.wait()
    if child.returncode == 0:
        return msgspec.json.decode(output, type=WorkReply)
    return _fatal(_died(child.returncode or 0, errors))


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
