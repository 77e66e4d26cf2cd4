"""Serves the built web application: hashed assets for ever, every other path the application's page."""

from __future__ import annotations

from pathlib import Path

from litestar import Response, get
from litestar.datastructures import CacheControlHeader
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.static_files import create_static_files_router
from litestar.types import ControllerRouterHandler

WEB_DIST = Path(__file__).parent.parent / "web_dist"
RESERVED = ("api", "v1", "t", "assets", "health", "ready", "metrics")
SECURITY = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data: blob: https: http:; style-src 'self' 'unsafe-inline'; "
        "font-src 'self' data:; script-src 'self'; worker-src 'self' blob:; frame-src 'self' blob: data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-cache",
}
NOT_BUILT = """<!doctype html><meta charset="utf-8"><title>Fidelia</title>
<body style="font:16px/1.5 system-ui;max-width:40rem;margin:4rem auto;padding:0 1rem">
<h1>The API is running; the web application was not built</h1>
<p>This installation came from the sources without a build of the web application. Build it with Node 20 or newer:
<pre>cd web &amp;&amp; npm ci &amp;&amp; npm run build</pre>
<p>The API's description is at <a href="/api/docs">/api/docs</a>."""


def _page() -> str:
    index = WEB_DIST / "index.html"
    return index.read_text("utf-8") if index.exists() else NOT_BUILT


@get(
    ["/", "/{path:path}"],
    opt={"public": True},
    include_in_schema=False,
    name="web",
)
async def page(path: FromPath[str] = "") -> Response[str]:
    """Return the application's page for any path that is not another part of the server."""
    first = path.strip("/").split("/", 1)[0]
    if first in RESERVED:
        raise NotFoundException
    name = path.strip("/")
    if name in {"favicon.svg", "favicon.ico", "robots.txt"}:
        file = WEB_DIST / name
        if not file.exists():
            raise NotFoundException
        kind = "image/svg+xml" if name.endswith("svg") else "text/plain" if name.endswith("txt") else "image/x-icon"
        return Response(file.read_text("utf-8"), media_type=kind, headers={"Cache-Control": "max-age=86400"})
    return Response(_page(), media_type="text/html", headers=SECURITY)


def web_routes() -> list[ControllerRouterHandler]:
    """Return the routes of the web application, with its assets when it was built."""
    routes: list[ControllerRouterHandler] = [page]
    assets = WEB_DIST / "assets"
    if assets.exists():
        routes.append(
            create_static_files_router(
                "/assets",
                directories=[assets],
                opt={"public": True},
                cache_control=CacheControlHeader(max_age=31_536_000, immutable=True),
                include_in_schema=False,
            )
        )
    return routes
