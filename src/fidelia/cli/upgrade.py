"""``fidelia upgrade``: bring the schema of both engines to this release."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from .common import Config, Data, Yes, confirm, load_settings, note, say

if TYPE_CHECKING:
    from fidelia.platform.migrate import Step
    from fidelia.settings import Settings


def upgrade(
    data: Data = None,
    config: Config = None,
    yes: Yes = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Try the migrations and apply none")] = False,
) -> None:
    """Apply the migrations of this release to both engines. Stop the platform and make a backup first."""
    settings = load_settings(data, config)
    with _engines(settings) as resolved:
        pending = _apply(resolved, dry_run=True)
        if not pending:
            say("Both engines are up to date.")
            return
        for step in pending:
            say(f"{step.engine:<10}  {step.title}")
        if dry_run:
            say(f"{len(pending)} migrations would be applied; those of PostgreSQL were tried and rolled back.")
            return
        if not yes:
            confirm(f"Apply {len(pending)} migrations? They cannot be undone without a backup.")
        _apply(resolved, dry_run=False)
        say(f"{len(pending)} migrations were applied.")


@contextlib.contextmanager
def _engines(settings: Settings) -> Iterator[Settings]:
    """Hold the data folder and run what is embedded; give the settings with the address of PostgreSQL."""
    from fidelia.platform.files import DataFolder
    from fidelia.platform.pgserver import PostgresServer

    folder = DataFolder(settings.data_dir)
    folder.prepare()
    with folder.lock("fidelia upgrade"):
        if not settings.embedded_postgres:
            yield settings
            return
        server = PostgresServer(folder, settings.postgres)
        try:
            yield settings.replace("postgres", dsn=server.start(note))
        finally:
            server.stop()


def _apply(settings: Settings, *, dry_run: bool) -> list[Step]:
    from fidelia.platform.migrate import upgrade_postgres

    return [
        *upgrade_postgres(settings.postgres.dsn, dry_run=dry_run),
        *asyncio.run(_apply_clickhouse(settings, dry_run=dry_run)),
    ]


async def _apply_clickhouse(settings: Settings, *, dry_run: bool) -> tuple[Step, ...]:
    from fidelia.platform.clickhouse import ClickHouse
    from fidelia.platform.migrate import upgrade_clickhouse

    ch = ClickHouse(settings)
    await ch.open()
    try:
        return await upgrade_clickhouse(ch, dry_run=dry_run)
    finally:
        await ch.close()
