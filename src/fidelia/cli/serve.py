"""``fidelia serve``: one role, on external engines or as a child of the supervisor."""

from __future__ import annotations

import asyncio
import importlib
import os
import socket
from collections.abc import Coroutine
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .common import CliError, Config, note, quick_imports
from .failures import told

if TYPE_CHECKING:
    from fidelia.settings import Settings


_MODULES = (
    "fidelia.api.serve",
    "fidelia.messages",
    "fidelia.worker.inbound",
    "fidelia.worker.serve",
    "fidelia.worker.tasks",
)


class Role(StrEnum):
    """What a process does."""

    web = "web"
    worker = "worker"
    sender = "sender"
    mailbox = "mailbox"
    bounces = "bounces"


def serve(
    role: Annotated[Role, typer.Option(help="What this process does")],
    config: Config = None,
) -> None:
    """Run one role on external engines; start as many of each as you need."""
    if code := serve_role(role, config):
        raise typer.Exit(code)


def serve_role(role: str, config: Path | None = None) -> int:
    """Run one role until a signal; return the exit code of the process."""
    from fidelia.platform import logs
    from fidelia.platform.files import DataFolder, use_temporary_folder
    from fidelia.platform.migrate import MigrationError
    from fidelia.platform.supervisor import FATAL_EXIT
    from fidelia.settings import RUNTIME_VARIABLE, SettingsError, load

    try:
        settings = load(config)
        if settings.embedded and RUNTIME_VARIABLE not in os.environ:
            raise CliError(
                "serve needs external engines: set postgres.dsn and clickhouse.dsn, or run everything with: fidelia up"
            )
        logs.configure(settings.log, role)
        folder = DataFolder(settings.data_dir)
        folder.prepare()
        use_temporary_folder(folder.temporary)
        with quick_imports():
            main = _coroutine(Role(role), settings)
        _run(main)
    except (MigrationError, SettingsError) as exc:
        note(f"fidelia: {exc}")
        return FATAL_EXIT
    return 0


def serve_forked(role: str) -> int:
    """Run one role in a copy of the supervisor, and tell of failures as a command does."""
    with told():
        return serve_role(role)


def load_roles() -> None:
    """Import what the roles need, for processes that are copied from this one."""
    with quick_imports():
        for module in _MODULES:
            importlib.import_module(module)


def _coroutine(role: Role, settings: Settings) -> Coroutine[Any, Any, None]:
    from fidelia.platform.supervisor import LISTEN_VARIABLE

    if role is not Role.mailbox:
        from fidelia.worker import tasks

        assert tasks.MODULES  # every process knows all jobs: it starts some and runs those of its queue
    if role is Role.web:
        from fidelia.api.serve import serve_web

        descriptor = os.environ.get(LISTEN_VARIABLE)
        if descriptor:
            return serve_web(settings, sockets=[socket.socket(fileno=int(descriptor))])
        return serve_web(settings, lambda: note(f"ready {settings.url}"))
    if role is Role.mailbox:
        from fidelia.messages import serve_mailbox

        return serve_mailbox(settings)
    if role is Role.bounces:
        from fidelia.worker.inbound import serve_bounces

        return serve_bounces(settings)
    from fidelia.worker.serve import serve_jobs

    return serve_jobs(settings, "worker" if role is Role.worker else "sender")


def _run(main: Coroutine[Any, Any, None]) -> None:
    try:
        import uvloop
    except ImportError:  # not on Windows
        asyncio.run(main)
    else:
        uvloop.run(main)
