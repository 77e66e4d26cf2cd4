"""A client of chDB for the tests of conditions: no PostgreSQL, no application."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from fidelia.platform.clickhouse import ClickHouse
from fidelia.platform.files import DataFolder
from fidelia.settings import Settings


@pytest.fixture(scope="session")
def ch_client(base_settings: Settings) -> Iterator[Any]:
    """A ClickHouse client, set up as the platform does it, in a database of its own (chDB has one folder a process)."""
    folder = DataFolder(base_settings.data_dir)
    folder.prepare()
    platform = ClickHouse(base_settings)
    config = folder.run / "clickhouse.xml"
    if not config.exists():
        config.write_text(platform._engine_config(), encoding="utf-8")
    admin = platform._connect()
    admin.command("create database if not exists conditions")
    client = ClickHouse(base_settings, database="conditions")._connect()
    yield client
    client.close()
    admin.command("drop database conditions sync")
    admin.close()
