"""Migrations of both engines: what is pending, and how it is applied.

PostgreSQL runs all pending migrations in one transaction under an advisory lock: either all are applied or none.
ClickHouse has no such transactions, so its numbered files hold statements that may run twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec

import fidelia.migrations

if TYPE_CHECKING:
    import sqlalchemy as sa

    from .clickhouse import ClickHouse

Engine = Literal["PostgreSQL", "ClickHouse"]

MIGRATIONS = Path(fidelia.migrations.__file__).parent
_LOCK = 0xF1DE11B
_REVISION = re.compile(r"^(revision|down_revision)\s*(?::[^=]+)?=\s*(?:[\"']([^\"']+)[\"']|None)", re.MULTILINE)
_CH_NAME = re.compile(r"^(\d{4})_([a-z0-9_]+)\.sql$")
_CH_TABLE = """
CREATE TABLE IF NOT EXISTS schema_migrations
(version UInt32, name String, applied_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC'))
ENGINE = MergeTree ORDER BY version SETTINGS fsync_after_insert = 1
"""


class MigrationError(Exception):
    """The schema does not fit this release; the text says what to run."""


class Step(msgspec.Struct, frozen=True):
    """One migration: ``version`` as stored in the engine, ``title`` for a person."""

    engine: Engine
    version: str
    title: str


class Status(msgspec.Struct, frozen=True):
    """Where an engine's schema stands: the last applied version (``None`` = new) and the steps to come."""

    engine: Engine
    applied: str | None
    pending: tuple[Step, ...]

    @property
    def is_new(self) -> bool:
        """Tell whether nothing was ever applied."""
        return self.applied is None

    def require_current(self) -> None:
        """Raise :class:`MigrationError` unless nothing is pending."""
        if self.pending:
            raise MigrationError(
                f"The {self.engine} schema is older than this release ({len(self.pending)} migrations to apply, next "
                f"{self.pending[0].title}). Make a backup, then run: fidelia upgrade"
            )


# -- PostgreSQL ----------------------------------------------------------------------------------------------------


def postgres_status(dsn: str) -> Status:
    """Compare the database with the files of this release.

    Raises:
        MigrationError: the database was made by a newer release.
        psycopg.OperationalError: it cannot be reached.
    """
    import psycopg

    with psycopg.connect(dsn, connect_timeout=10) as connection:
        exists = connection.execute("select to_regclass('alembic_version')").fetchone()
        row = connection.execute("select version_num from alembic_version").fetchone() if exists and exists[0] else None
    return _postgres_status(row[0] if row else None)


def upgrade_postgres(dsn: str, *, dry_run: bool = False) -> tuple[Step, ...]:
    """Apply what is pending and return it. A dry run applies it too, and rolls back.

    Blocks while another process migrates.

    Raises:
        MigrationError: a migration failed (nothing is applied then), or the database was made by a newer release.
    """
    import sqlalchemy as sa

    from .postgres import sqlalchemy_url

    engine = sa.create_engine(sqlalchemy_url(dsn), poolclass=sa.NullPool)
    try:
        with engine.connect() as connection, connection.begin() as transaction:
            connection.execute(sa.text("select pg_advisory_xact_lock(:id)"), {"id": _LOCK})
            exists = connection.scalar(sa.text("select to_regclass('alembic_version')"))
            applied = connection.scalar(sa.text("select version_num from alembic_version")) if exists else None
            pending = _postgres_status(applied).pending
            if pending:
                try:
                    _alembic_upgrade(connection)
                except sa.exc.DBAPIError as exc:
                    raise MigrationError(f"A migration failed, and nothing was applied: {exc.orig}") from exc
            if dry_run:
                transaction.rollback()
    finally:
        engine.dispose()
    return pending


def postgres_steps() -> tuple[Step, ...]:
    """Return every migration of this release, first to last, by reading the files (Alembic takes long to import)."""
    by_parent: dict[str | None, tuple[str, str]] = {}
    for path in sorted((MIGRATIONS / "pg" / "versions").glob("[!_]*.py")):
        text = path.read_text(encoding="utf-8")
        found = {name: value or None for name, value in _REVISION.findall(text)}
        revision = found.get("revision")
        if revision is None or "down_revision" not in found:
            raise MigrationError(f"{path.name} does not name its revision and down_revision")
        if found["down_revision"] in by_parent:
            raise MigrationError(f"{path.name} follows the same migration as {by_parent[found['down_revision']][1]}")
        by_parent[found["down_revision"]] = (revision, path.stem)
    steps: list[Step] = []
    current: str | None = None
    while current in by_parent:
        current, title = by_parent[current]
        steps.append(Step("PostgreSQL", current, title))
    if len(steps) != len(by_parent):
        raise MigrationError("The migrations of PostgreSQL do not form one chain")
    return tuple(steps)


def _postgres_status(applied: str | None) -> Status:
    return Status("PostgreSQL", applied, _after("PostgreSQL", applied, postgres_steps()))


def _alembic_upgrade(connection: sa.Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS / "pg"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


# -- ClickHouse ----------------------------------------------------------------------------------------------------


async def clickhouse_status(ch: ClickHouse) -> Status:
    """Compare the engine with the files of this release; raise :class:`MigrationError` when it is newer."""
    exists = await ch.scalar("EXISTS TABLE schema_migrations")
    version = await ch.scalar("SELECT max(version) FROM schema_migrations") if exists else 0
    applied = f"{version:04}" if version else None
    return Status("ClickHouse", applied, _after("ClickHouse", applied, clickhouse_steps()))


async def upgrade_clickhouse(ch: ClickHouse, *, dry_run: bool = False) -> tuple[Step, ...]:
    """Apply what is pending and return it; a dry run only lists it. Safe to repeat after a kill at any point."""
    pending = (await clickhouse_status(ch)).pending
    if dry_run:
        return pending
    await ch.command(_CH_TABLE)
    for step in pending:
        text = (MIGRATIONS / "ch" / f"{step.title}.sql").read_text(encoding="utf-8")
        for statement in split_statements(text):
            await ch.command(statement)
        await ch.insert_columns("schema_migrations", ["version", "name"], [[int(step.version)], [step.title]])
    return pending


def clickhouse_steps() -> tuple[Step, ...]:
    """Return every numbered file of this release, first to last."""
    steps = []
    for path in sorted((MIGRATIONS / "ch").glob("*.sql")):
        match = _CH_NAME.match(path.name)
        if match is None:
            raise MigrationError(f"{path.name} is not named NNNN_words.sql")
        steps.append(Step("ClickHouse", match[1], path.stem))
    versions = [step.version for step in steps]
    if versions != [f"{n:04}" for n in range(1, len(steps) + 1)]:
        raise MigrationError("The migrations of ClickHouse are not numbered 0001, 0002, … without a gap")
    return tuple(steps)


def split_statements(text: str) -> list[str]:
    """Cut a file into statements at each ``;`` that ends a line; comment lines go."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("--")]
    return [part.strip() for part in re.split(r";[ \t]*(?:\n|$)", "\n".join(lines)) if part.strip()]


def _after(engine: Engine, applied: str | None, steps: Iterable[Step]) -> tuple[Step, ...]:
    steps = tuple(steps)
    versions = [step.version for step in steps]
    if applied is None:
        return steps
    if applied not in versions:
        raise MigrationError(
            f"The {engine} schema (version {applied}) was made by a newer release than this one. Install that release "
            "again, or restore a backup made by this one."
        )
    return steps[versions.index(applied) + 1 :]
