"""Processes that kill themselves at a chosen point, and what is left for the next one."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

from fidelia.platform.engines import Engines
from fidelia.platform.jobs import runner, store
from fidelia.platform.jobs.registry import Queue

from .warm import ROOT, warm

P = ParamSpec("P")
R = TypeVar("R")

__all__ = ["ROOT", "again", "killing", "run_child"]


def killing(original: Callable[P, Awaitable[R]], wanted: int, *, before: bool = False) -> Callable[P, Awaitable[R]]:
    """Return a function that kills its process with SIGKILL at the ``wanted``-th call: after it, or ``before`` it."""
    calls = 0

    async def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        nonlocal calls
        calls += 1
        mine = calls  # others may call while this one waits
        if before and mine == wanted:
            os.kill(os.getpid(), signal.SIGKILL)
        result = await original(*args, **kwargs)
        if mine == wanted:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    return wrapped


async def again(engines: Engines, queue: Queue) -> None:
    """Do the jobs that a dead process has left, as the next one does."""
    async with engines.tx() as tx:
        stalled = [row.id for row in await store.stalled(tx, -3600)]
    await runner.recover(engines)
    for job in stalled:
        async with engines.tx() as tx:
            await store.requeue(tx, job, queue, None)
        await runner.run_job(engines, job)


def run_child(module: str, engines: Engines, folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    """Run a module of the tests (``tests.…``) as a process over the same PostgreSQL, to its end."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = warm.start(module, engines.db.dsn, str(folder), *args, stdout=out.fileno(), stderr=err.fileno())
        try:
            code = child.wait(180)
        finally:
            child.kill()
            child.wait()
        out.seek(0)
        err.seek(0)
        return subprocess.CompletedProcess([module, *args], code, out.read().decode(), err.read().decode())
