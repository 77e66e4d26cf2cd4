"""A request that gets no connection in time: refused for now, nothing to be rolled back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any, cast

import pytest
import sqlalchemy as sa

from fidelia.platform.engines import Engines
from fidelia.platform.http.edge import Edge


@asynccontextmanager
async def _none_is_free(_: Any) -> AsyncIterator[None]:
    raise sa.exc.TimeoutError("QueuePool limit of size 10 overflow 0 reached")
    yield


async def test_a_transaction_that_was_never_opened_is_not_closed() -> None:
    edge = Edge(cast(Engines, SimpleNamespace(db=SimpleNamespace(tx=_none_is_free))))
    with pytest.raises(sa.exc.TimeoutError):
        await edge.begin()
    await edge.finish(commit=False)
    await edge.finish(commit=True)
