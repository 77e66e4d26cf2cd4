"""Is it alive, can it serve, what does it count: ``/health``, ``/ready``, ``/metrics``."""

from __future__ import annotations

import secrets
from typing import Any

import msgspec
import sqlalchemy as sa
from litestar import Request, Response, get
from litestar.types import ControllerRouterHandler
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector, CollectorRegistry

from fidelia.kernel.errors import forbidden, unavailable
from fidelia.platform.engines import Engines

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost", "testclient"})


class Health(msgspec.Struct, frozen=True):
    """The process runs."""

    status: str


@get("/health", opt={"public": True}, summary="The process is alive", tags=["Operation"])
async def health() -> Health:
    """Answer as long as the event loop turns."""
    return Health("ok")


@get("/ready", opt={"public": True}, summary="Both engines answer", tags=["Operation"])
async def ready(engines: Engines) -> Health:
    """Ask both engines; 503 names the one that does not answer."""
    try:
        async with engines.tx() as tx:
            await tx.scalar(sa.text("select 1"))
    except Exception as exc:
        raise unavailable(f"PostgreSQL does not answer: {type(exc).__name__}") from exc
    if engines.ch is None:
        raise unavailable("ClickHouse is not open yet")
    try:
        await engines.ch.ping()
    except Exception as exc:
        raise unavailable(f"ClickHouse does not answer: {type(exc).__name__}") from exc
    return Health("ready")


class _Figures(Collector):
    def __init__(self, figures: dict[str, tuple[str, float]]) -> None:
        self._figures = figures

    def collect(self) -> Any:
        for name, (text, value) in self._figures.items():
            yield GaugeMetricFamily(name, text, value=value)


@get("/metrics", opt={"public": True}, include_in_schema=False)
async def metrics(request: Request[Any, Any, Any], engines: Engines) -> Response[bytes]:
    """Figures for Prometheus, on loopback or with the token of ``security.metrics_token``."""
    token = engines.settings.security.metrics_token
    given = request.headers.get("authorization", "").removeprefix("Bearer ")
    allowed = bool(token) and secrets.compare_digest(token.encode(), given.encode())
    if not allowed and (request.client is None or request.client.host not in LOOPBACK):
        raise forbidden("Metrics are for loopback, or for a caller with security.metrics_token")
    async with engines.tx() as tx:
        jobs = await tx.all(sa.text("select state, count(*) as number from job group by state"))
    figures: dict[str, tuple[str, float]] = {
        f"fidelia_jobs_{row.state}": (f"Jobs that are {row.state}", float(row.number)) for row in jobs
    }
    if engines.drain is not None:
        figures["fidelia_drain_waiting_rows"] = ("Rows that wait for ClickHouse", float(await engines.drain.behind()))
        figures["fidelia_drain_moved_rows"] = ("Rows moved since the start", float(engines.drain.moved))
        figures["fidelia_drain_failures"] = ("Drain passes that failed since the start", float(engines.drain.failures))
    own = CollectorRegistry()
    own.register(_Figures(figures))
    return Response(generate_latest(REGISTRY) + generate_latest(own), media_type=CONTENT_TYPE_LATEST)


health_routes: list[ControllerRouterHandler] = [health, ready, metrics]
