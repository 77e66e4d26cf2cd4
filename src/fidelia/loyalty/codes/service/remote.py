"""Codes that another service makes: it is asked for so many at a time, through the guarded way out."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from fidelia.access import SecretError
from fidelia.kernel.errors import Problem
from fidelia.platform.engines import Engines
from fidelia.platform.fetch import Fetcher, FetchLimits, FetchProblem
from fidelia.platform.postgres import Tx

from ..model import PromoPool
from .headers import opened
from .importing import CodeIn

SECONDS = 60.0
MOST_BYTES = 8_000_000


class CodesAsked(msgspec.Struct, frozen=True):
    """What a service is sent. The same ``request`` means the same codes: it was asked before and not heard."""

    pool: str
    count: int
    request: str


class _Answer(msgspec.Struct, frozen=True):
    codes: list[str | CodeIn]


async def headers_of(tx: Tx, pool: PromoPool) -> dict[str, str]:
    """Return what a pool's service is called with; raise 409 when its secrets cannot be read."""
    try:
        return await opened(tx, pool.id)
    except SecretError as exc:
        raise Problem(409, "The service cannot be called", str(exc)) from exc


async def fetch(
    engines: Engines, pool: PromoPool, headers: Mapping[str, str], count: int, request: str
) -> list[CodeIn]:
    """Return the codes that a pool's service gives, ``count`` at most. Raises a problem that tells what went wrong."""
    body = msgspec.json.encode(CodesAsked(pool.short_name, count, request))
    sent = {"accept": "application/json", **headers, "content-type": "application/json"}
    limits = FetchLimits(connect_seconds=10, read_seconds=SECONDS, total_seconds=SECONDS)
    try:
        async with Fetcher(engines.settings, connections=1) as fetcher:
            answer = await fetcher.call(
                "POST", pool.remote_url or "", headers=sent, body=body, limits=limits, keep=MOST_BYTES
            )
    except FetchProblem as exc:
        raise _failed(f"The service cannot be reached: {exc.detail}") from exc
    if not 200 <= answer.status < 300:
        raise _failed(f"The service answered with status {answer.status}")
    try:
        found = msgspec.json.decode(answer.body, type=_Answer).codes
    except msgspec.DecodeError as exc:
        raise _failed(f'The service must answer like {{"codes": ["A1", …]}}: {exc}') from exc
    return [CodeIn(one) if isinstance(one, str) else one for one in found[:count]]


def _failed(detail: str) -> Problem:
    return Problem(502, "The service gives no codes", detail)
