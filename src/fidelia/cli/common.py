"""What every command shares: options, settings, sentences to people."""

from __future__ import annotations

import contextlib
import gc
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from fidelia.settings import Settings

Data = Annotated[
    Path | None, typer.Option("--data", metavar="DIR", help="Data folder [default: ./fidelia-data]", show_default=False)
]
Config = Annotated[Path | None, typer.Option("--config", metavar="FILE", help="TOML file with settings")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask")]


class CliError(Exception):
    """A command failed; the text is for the person who ran it."""


def load_settings(
    data: Path | None, config: Path | None, *, host: str | None = None, port: int | None = None
) -> Settings:
    """Return the settings of a command; raise :class:`~fidelia.settings.SettingsError` naming each wrong key."""
    from fidelia.settings import load

    folder = str(data) if data is not None else None
    return load(config, overrides={"data": {"dir": folder}, "server": {"host": host, "port": port}})


@contextlib.contextmanager
def quick_imports() -> Iterator[None]:
    """Load a long-running process's modules without looking for garbage among what stays, now and later."""
    from fidelia.platform.process import settle_memory

    gc.disable()
    try:
        yield
    finally:
        settle_memory()
        gc.enable()


def say(text: str = "") -> None:
    """Write a line of the command's result."""
    print(text, flush=True)


def note(text: str) -> None:
    """Write a line about how it goes, apart from the result."""
    print(text, file=sys.stderr, flush=True)


def confirm(question: str) -> None:
    """Ask before something that cannot be undone; raise :class:`CliError` without a clear yes."""
    if not sys.stdin.isatty():
        raise CliError(f"{question} Say --yes to go on without being asked.")
    if not typer.confirm(question):
        raise CliError("Nothing was done.")


def table(headings: list[str], rows: list[list[str]]) -> None:
    """Write rows under headings: aligned on a terminal, tab-separated otherwise."""
    if not sys.stdout.isatty():
        for row in rows:
            say("\t".join(row))
        return
    from rich.console import Console
    from rich.table import Table

    drawn = Table(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        drawn.add_column(heading)
    for row in rows:
        drawn.add_row(*row)
    Console().print(drawn)
