"""How a failure becomes a sentence and an exit code."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from .common import CliError

_INTERRUPTED = 130  # what Typer makes of Ctrl-C


@contextmanager
def told() -> Iterator[None]:
    """Make one sentence on standard error and ``SystemExit(1)`` of every failure that is to be expected."""
    try:
        yield
    except CliError as exc:
        _fail(str(exc))
    except SystemExit as exc:
        if exc.code == _INTERRUPTED:
            _fail("Stopped")
        raise
    except Exception as exc:
        if isinstance(exc, _expected()):
            _fail(str(exc))
        raise


def _expected() -> tuple[type[Exception], ...]:
    """Return the failures whose text is meant for the person at the command line."""
    from psycopg import OperationalError

    from fidelia.platform.clickhouse import ClickHouseUnavailable
    from fidelia.platform.files import FolderError
    from fidelia.platform.migrate import MigrationError
    from fidelia.platform.pgserver import PostgresError
    from fidelia.platform.supervisor import StartError
    from fidelia.settings import SettingsError

    return (
        ClickHouseUnavailable,
        FolderError,
        MigrationError,
        OperationalError,
        PostgresError,
        SettingsError,
        StartError,
    )


def _fail(text: str) -> None:
    print(f"fidelia: {text}", file=sys.stderr, flush=True)
    raise SystemExit(1)
