"""The application factory."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from litestar import Litestar, Router
from litestar.config.compression import CompressionConfig
from litestar.datastructures import State
from litestar.di import Provide
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme

from fidelia import __version__
from fidelia.access.http import AuthMiddleware, check_routes, guard_right, provide_actor
from fidelia.platform.engines import Engines
from fidelia.platform.http import EdgeMiddleware, exception_handlers, provide_page, provide_tx
from fidelia.platform.jobs.stream import JobFeed

from .health import health_routes
from .openapi import openapi_routes
from .routers import API, ROOT
from .web import web_routes


async def provide_engines(state: State) -> Engines:
    """Give a handler the process's engines."""
    engines: Engines = state.engines
    return engines


async def provide_feed(state: State) -> JobFeed:
    """Give a handler the feed of job changes."""
    feed: JobFeed = state.job_feed
    return feed


@contextlib.asynccontextmanager
async def _background(app: Litestar) -> AsyncIterator[None]:
    engines: Engines = app.state.engines
    tasks = [asyncio.create_task(app.state.job_feed.run())]
    try:
        yield
    finally:
        engines.stop.set()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def create_app(engines: Engines, *, debug: bool = False) -> Litestar:
    """Return the web application over opened engines; closing them is the caller's business."""
    limits = engines.settings.limits
    app = Litestar(
        route_handlers=[
            Router(path="/api/v1", route_handlers=API),
            *ROOT,
            *health_routes,
            *openapi_routes,
            *web_routes(),
        ],
        state=State({"engines": engines, "job_feed": JobFeed(engines)}),
        dependencies={
            "tx": Provide(provide_tx),
            "actor": Provide(provide_actor),
            "engines": Provide(provide_engines),
            "feed": Provide(provide_feed),
            "page": Provide(provide_page),
        },
        guards=[guard_right],
        middleware=[AuthMiddleware(), EdgeMiddleware()],
        exception_handlers=exception_handlers,
        request_max_body_size=limits.body_bytes,
        compression_config=CompressionConfig(backend="gzip", minimum_size=2000, gzip_compress_level=5),
        openapi_config=OpenAPIConfig(
            title="Fidelia",
            version=__version__,
            openapi_router=Router(
                path="/api/v1/openapi-raw", route_handlers=[], opt={"right": "settings:read"}, include_in_schema=False
            ),
            render_plugins=[JsonRenderPlugin()],
            components=Components(
                security_schemes={"bearer": SecurityScheme(type="http", scheme="bearer")},
            ),
            security=[{"bearer": []}],
        ),
        lifespan=[_background],
        logging_config=None,
        debug=debug,
        pdb_on_exception=False,
    )
    check_routes(app)
    return app
