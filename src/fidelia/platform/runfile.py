"""``run.json``: how other commands find the installation that runs on a data folder.

It holds the address, the supervisor's process id and a token that is valid for this run only. Whoever may read the
file (mode 0600, its owner) may act as the actor ``cli``.
"""

from __future__ import annotations

import contextlib
import hmac
import os
import secrets
from datetime import datetime

import msgspec

from .files import DataFolder

#: How the web process of a supervisor learns this run's token.
TOKEN_VARIABLE = "FIDELIA_LOCAL_TOKEN"  # noqa: S105 (a name, not a secret)


class Run(msgspec.Struct, frozen=True):
    """A running installation. ``started_at`` changes when its processes are started again."""

    url: str
    pid: int
    token: str
    version: str
    started_at: datetime
    processes: dict[str, int | None] = {}


def new_token() -> str:
    """Return a token for one run."""
    return "fl_" + secrets.token_urlsafe(32)


def is_local_token(token: str) -> bool:
    """Tell whether a bearer token is this run's own (used by ``access``); compares in constant time."""
    expected = os.environ.get(TOKEN_VARIABLE, "")
    return bool(expected) and hmac.compare_digest(expected.encode(), token.encode())


def write(folder: DataFolder, run: Run) -> None:
    """Announce the running installation."""
    temporary = folder.run_file.with_suffix(".new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.encode(run) + b"\n")
    temporary.replace(folder.run_file)


def remove(folder: DataFolder) -> None:
    """Take the announcement back."""
    folder.run_file.unlink(missing_ok=True)


def find(folder: DataFolder) -> Run | None:
    """Return the installation that runs on a folder; what a killed one has left does not count."""
    with contextlib.suppress(OSError, msgspec.DecodeError):
        run = msgspec.json.decode(folder.run_file.read_bytes(), type=Run)
        if folder.is_locked():
            return run
    return None
