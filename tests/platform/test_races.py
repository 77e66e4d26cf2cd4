"""Writing again what others broke off."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import psycopg
import pytest
import sqlalchemy as sa

from fidelia.platform import races
from fidelia.platform.races import patiently

DEADLOCK = psycopg.errors.DeadlockDetected("deadlock detected")


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(races, "PAUSE_SECONDS", 0)


def failing(times: int, exc: Exception) -> tuple[Callable[[], Awaitable[str]], list[int]]:
    calls: list[int] = []

    async def write() -> str:
        calls.append(1)
        if len(calls) <= times:
            raise exc
        return "written"

    return write, calls


@pytest.mark.parametrize("exc", [DEADLOCK, sa.exc.OperationalError("update …", {}, DEADLOCK)])
async def test_it_is_tried_again(exc: Exception) -> None:
    write, calls = failing(5, exc)
    assert await patiently(write) == "written"
    assert len(calls) == 6
    write, calls = failing(6, exc)
    with pytest.raises(type(exc)):
        await patiently(write)
    assert len(calls) == 6


@pytest.mark.parametrize(
    "exc",
    [
        psycopg.errors.UniqueViolation("twice"),
        sa.exc.IntegrityError("insert …", {}, psycopg.errors.UniqueViolation("twice")),
        ValueError("no"),
    ],
)
async def test_what_a_second_try_would_meet_again_is_raised_at_once(exc: Exception) -> None:
    write, calls = failing(1, exc)
    with pytest.raises(type(exc)):
        await patiently(write)
    assert len(calls) == 1
