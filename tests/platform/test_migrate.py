"""Migrations: new, older, newer, tried without being applied, and two processes at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from fidelia.platform import migrate
from fidelia.platform.clickhouse import ClickHouse
from fidelia.platform.engines import Engines
from fidelia.platform.migrate import MigrationError

TITLES = ["0001_first", "0002_second"]


@pytest.fixture
def dsn(pg_dsn: str) -> Iterator[str]:
    """An empty database."""
    with psycopg.connect(pg_dsn, autocommit=True) as connection:
        connection.execute("create database migrate_test")
    yield psycopg.conninfo.make_conninfo(pg_dsn, dbname="migrate_test")
    with psycopg.connect(pg_dsn, autocommit=True) as connection:
        connection.execute("drop database migrate_test with (force)")


@pytest.fixture
async def ch(fresh: Engines, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ClickHouse:
    """An empty ClickHouse database, and two migrations of our own."""
    assert fresh.ch is not None
    folder = tmp_path / "ch"
    folder.mkdir()
    for n, title in enumerate(TITLES, 1):
        statement = f"-- makes table {n};\nCREATE TABLE IF NOT EXISTS m{n}\n(a UInt8) ENGINE = MergeTree ORDER BY a;\n"
        (folder / f"{title}.sql").write_text(statement * n)
    monkeypatch.setattr(migrate, "MIGRATIONS", tmp_path)
    await fresh.ch.command("DROP TABLE IF EXISTS schema_migrations SYNC")
    return fresh.ch


def tables(dsn: str) -> int:
    with psycopg.connect(dsn) as connection:
        row = connection.execute("select count(*) from pg_tables where schemaname = 'public'").fetchone()
    assert row is not None
    return int(row[0])


def test_the_files_are_the_chain_that_alembic_sees() -> None:
    config = Config()
    config.set_main_option("script_location", str(migrate.MIGRATIONS / "pg"))
    config.set_main_option("path_separator", "os")
    chain = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]
    assert [step.version for step in migrate.postgres_steps()] == chain[::-1]
    assert migrate.clickhouse_steps() is not None


def test_a_new_database_gets_everything(dsn: str) -> None:
    before = migrate.postgres_status(dsn)
    assert before.is_new
    assert migrate.upgrade_postgres(dsn) == before.pending == migrate.postgres_steps()
    after = migrate.postgres_status(dsn)
    assert (after.applied, after.pending) == (migrate.postgres_steps()[-1].version, ())
    after.require_current()
    assert migrate.upgrade_postgres(dsn) == ()


def test_a_dry_run_applies_nothing(dsn: str) -> None:
    assert migrate.upgrade_postgres(dsn, dry_run=True) == migrate.postgres_steps()
    assert tables(dsn) == 0
    assert migrate.postgres_status(dsn).is_new


def test_an_older_database_is_refused_with_what_to_run(dsn: str) -> None:
    migrate.upgrade_postgres(dsn)
    steps = migrate.postgres_steps()
    with psycopg.connect(dsn) as connection:
        connection.execute("update alembic_version set version_num = %s", (steps[-2].version,))
    status = migrate.postgres_status(dsn)
    assert status.pending == steps[-1:]
    with pytest.raises(MigrationError, match=rf"{steps[-1].title}.*fidelia upgrade"):
        status.require_current()


def test_a_newer_database_is_refused(dsn: str) -> None:
    migrate.upgrade_postgres(dsn)
    with psycopg.connect(dsn) as connection:
        connection.execute("update alembic_version set version_num = '9999'")
    for call in (migrate.postgres_status, migrate.upgrade_postgres):
        with pytest.raises(MigrationError, match="made by a newer release"):
            call(dsn)


def test_two_processes_at_once_apply_it_once(dsn: str) -> None:
    done: list[int] = []
    threads = [threading.Thread(target=lambda: done.append(len(migrate.upgrade_postgres(dsn)))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == [0, 0, len(migrate.postgres_steps())]


def test_a_failing_migration_leaves_nothing(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(connection: object) -> None:
        upgrade(connection)  # type: ignore[arg-type]
        raise RuntimeError("the last step failed")

    upgrade = migrate._alembic_upgrade
    monkeypatch.setattr(migrate, "_alembic_upgrade", broken)
    with pytest.raises(RuntimeError):
        migrate.upgrade_postgres(dsn)
    assert tables(dsn) == 0


async def test_clickhouse_new_older_and_again(ch: ClickHouse) -> None:
    assert (await migrate.clickhouse_status(ch)).is_new
    assert [step.title for step in await migrate.upgrade_clickhouse(ch, dry_run=True)] == TITLES
    assert not await ch.scalar("EXISTS TABLE m1")
    assert [step.title for step in await migrate.upgrade_clickhouse(ch)] == TITLES
    (await migrate.clickhouse_status(ch)).require_current()
    assert await migrate.upgrade_clickhouse(ch) == ()
    assert await ch.query("SELECT version, name FROM schema_migrations ORDER BY version") == [
        (1, TITLES[0]),
        (2, TITLES[1]),
    ]
    (migrate.MIGRATIONS / "ch" / "0003_third.sql").write_text("SELECT 1")
    with pytest.raises(MigrationError, match="0003_third"):
        (await migrate.clickhouse_status(ch)).require_current()


async def test_clickhouse_made_by_a_newer_release(ch: ClickHouse) -> None:
    await migrate.upgrade_clickhouse(ch)
    await ch.insert_columns("schema_migrations", ["version", "name"], [[9], ["0009_future"]])
    with pytest.raises(MigrationError, match="newer release"):
        await migrate.clickhouse_status(ch)


async def test_clickhouse_after_a_kill_in_the_middle(ch: ClickHouse) -> None:
    await ch.command("CREATE TABLE m1 (a UInt8) ENGINE = MergeTree ORDER BY a")  # applied, not yet noted
    await migrate.upgrade_clickhouse(ch)
    assert (await migrate.clickhouse_status(ch)).applied == "0002"


@pytest.mark.parametrize("name", ["3_x.sql", "0004_gap.sql", "0001_twice.sql"])
async def test_misnamed_files_are_refused(ch: ClickHouse, name: str) -> None:
    (migrate.MIGRATIONS / "ch" / name).write_text("SELECT 1")
    with pytest.raises(MigrationError):
        migrate.clickhouse_steps()


def test_statements_end_with_a_semicolon_at_the_end_of_a_line() -> None:
    text = "-- a; comment\nSELECT ';' AS a;\n\nSELECT 2 -- b\n;  \nSELECT 3"
    assert migrate.split_statements(text) == ["SELECT ';' AS a", "SELECT 2 -- b", "SELECT 3"]
