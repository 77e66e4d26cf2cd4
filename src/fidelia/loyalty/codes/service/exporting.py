"""The codes of a pool as a CSV file, streamed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime

from fidelia import profiles
from fidelia.platform.engines import Engines

from ..model import CodeState, PromoPool
from ..store import codes as store
from ..store import pools as pools_store

_COLUMNS = ("code", "state", "profile_id", "attached_at", "activated_at", "expires_at", "uses", "created_at")


async def export(engines: Engines, pool_id: int, state: CodeState | None) -> tuple[str, AsyncIterator[bytes]]:
    """Return the name of the file and its bytes; raise 404."""
    async with engines.tx() as tx:
        pool = await pools_store.get(tx, pool_id)
    return f"codes-{pool.short_name}.csv", _lines(engines, pool, state)


async def _lines(engines: Engines, pool: PromoPool, state: CodeState | None) -> AsyncIterator[bytes]:
    keys = [field.key for field in pool.fields]
    yield _line([*_COLUMNS, *keys])
    async for rows in store.some(engines, pool.id, state):
        yield b"".join(
            _line([*(_text(getattr(row, name)) for name in _COLUMNS), *(row.extra.get(key, "") for key in keys)])
            for row in rows
        )


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return "" if value is None else str(value)


def _line(cells: list[str]) -> bytes:
    return profiles.files.csv_line(cells).encode()
