"""``fidelia up``: everything on this machine, in the foreground."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .common import Config, Data, load_settings, note, say
from .serve import load_roles, serve_forked

if TYPE_CHECKING:
    from fidelia.settings import Settings


def up(
    data: Data = None,
    host: Annotated[
        str | None, typer.Option(help="Address to listen on [default: 127.0.0.1]", show_default=False)
    ] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port [default: 8080]", show_default=False)] = None,
    config: Config = None,
    token_file: Annotated[
        Path | None, typer.Option("--token-file", metavar="FILE", help="Write an API token with all rights there")
    ] = None,
    demo: Annotated[
        bool, typer.Option("--demo", help="Load the demo data before saying ready, if they are not there")
    ] = False,
) -> None:
    """Start the engines and every process; stop them all with Ctrl-C."""
    from fidelia.platform.files import DataFolder
    from fidelia.platform.supervisor import Supervisor

    def settings() -> Settings:
        return load_settings(data, config, host=host, port=port)

    hints: list[str] = []

    def prepare(resolved: Settings, is_new: bool) -> None:
        installed = DataFolder(resolved.data_dir).installed
        if is_new or not installed.exists() or (token_file is not None and not token_file.exists()):
            hints.extend(asyncio.run(_first_steps(resolved, token_file)))
            installed.touch()

    def on_ready(url: str) -> None:
        if demo:  # the progress of loading has pushed the first password out of sight
            say(hints[0] if hints else "Sign in as admin@localhost (new password: fidelia user set-password)")
        say(f"ready {url}")

    Supervisor(
        settings(),
        notice=note,
        prepare=prepare,
        on_ready=on_ready,
        reload=settings,
        errand=["demo"] if demo else [],
        load=load_roles,
        serve=serve_forked,
    ).run()


async def _first_steps(settings: Settings, token_file: Path | None) -> list[str]:
    """Make the first user and the token that ``--token-file`` asks for; return how to sign in when that is new."""
    from fidelia import access
    from fidelia.wiring import open_engines

    async with open_engines(settings, clickhouse=False) as engines, engines.tx() as tx:
        admin = await access.ensure_admin(tx)
        made = (
            await access.create_token(tx, access.Actor.cli(), name="fidelia up", roles=["owner"])
            if token_file
            else None
        )
    hints = ["Sign in as {} with the password {} (shown only now)".format(*admin)] if admin else []
    for hint in hints:
        say(hint)
    if token_file is not None and made is not None:
        write_secret(token_file, made[1])
        note(f"An API token with all rights is in {token_file}")
    return hints


def write_secret(path: Path, secret: str) -> None:
    """Write a secret into a file that only its owner can read, whatever it was before."""
    temporary = path.with_name(path.name + ".new")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secret + "\n")
    temporary.replace(path)
