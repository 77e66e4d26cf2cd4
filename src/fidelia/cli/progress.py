"""Following long work: a bar on a terminal, a line every few seconds otherwise; Ctrl-C cancels it."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any, Self

from .common import CliError, note
from .connect import Api

_POLL_SECONDS = 0.3
_LINE_SECONDS = 5.0
_CANCEL_PATIENCE = 30.0
_ENDED = ("done", "failed", "cancelled")


class Progress:
    """Shows how far some work is; :meth:`show` may be called as often as one likes."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._bar: Any = None
        self._task: Any = None
        self._last_line = time.monotonic()

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
            from rich.progress import Progress as Bar

            self._bar = Bar(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                console=Console(stderr=True),
                transient=True,
            )
            self._bar.start()
            self._task = self._bar.add_task(self._title, total=None)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def show(self, done: int, total: int | None) -> None:
        """Show how much is done, of how much when that is known."""
        if self._bar is not None:
            self._bar.update(self._task, completed=done, total=total)
        elif time.monotonic() - self._last_line >= _LINE_SECONDS:
            self._last_line = time.monotonic()
            share = f" of {total:,} ({done * 100 // total} %)" if total else ""
            note(f"{self._title}: {done:,}{share}")


def follow(api: Api, job: dict[str, Any]) -> dict[str, Any]:
    """Wait for a job and return its result.

    Raises:
        CliError: it failed, or was cancelled.
        KeyboardInterrupt: Ctrl-C; the job was cancelled before.
    """
    path = f"/jobs/{job['id']}"
    with _interruption() as asked, Progress(job["title"]) as progress:
        while (now := api.get(path))["state"] not in _ENDED and not asked:
            progress.show(now["done"], now["total"])
            time.sleep(_POLL_SECONDS)
    if asked and now["state"] not in _ENDED:
        _cancel(api, path)
        raise KeyboardInterrupt
    if now["state"] == "done":
        return dict(now["result"] or {})
    raise CliError(f"{now['title']}: {now['error'] or now['state']}")


@contextmanager
def _interruption() -> Iterator[list[int]]:
    """Have Ctrl-C only leave a note in the list: an exception raised in a library's clean-up would be lost."""
    asked: list[int] = []

    def ask(number: int, frame: FrameType | None) -> None:
        asked.append(number)

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, before)


def _cancel(api: Api, path: str) -> None:
    note("Stopping …")
    api.post(f"{path}/cancel")
    deadline = time.monotonic() + _CANCEL_PATIENCE
    while api.get(path)["state"] not in _ENDED and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
