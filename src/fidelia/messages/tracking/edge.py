"""What every page for recipients needs: closed headers, small bodies, a limit on guesses and on presses."""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import Any
from urllib.parse import parse_qs

from litestar import Request, Response

from fidelia.platform.engines import Engines

CLOSED = {
    "Cache-Control": "no-store, max-age=0",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
}
PAGE = {
    **CLOSED,
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self';"
    " frame-ancestors 'none'; base-uri 'none'",
}
MOST_BYTES = 65_536
_PORT = "messages.page_limits"


def page(text: str, status: int = 200, headers: dict[str, str] | None = None) -> Response[str]:
    """Answer with a page that nobody may keep, frame or load anything into."""
    return Response(text, status_code=status, media_type="text/html", headers=headers or PAGE)


async def form_of(request: Request[Any, Any, Any]) -> dict[str, list[str]]:
    """Return what a form has sent, empty values too; what is longer than any honest form is cut off."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            break
    return parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=1_000)


def address_of(request: Request[Any, Any, Any]) -> str:
    """Return where a request comes from."""
    return str(request.client.host) if request.client else "unknown"


def from_elsewhere(request: Request[Any, Any, Any]) -> bool:
    """Tell whether another site makes the browser send this: such a press counts for nothing."""
    return request.headers.get("sec-fetch-site", "none") not in ("same-origin", "none")


class Limits:
    """Counts in this process: so many within a minute for each key, then no more for a while."""

    MOST_KEYS = 20_000
    WINDOW = 60.0

    def __init__(self) -> None:
        self._counts: OrderedDict[tuple[str, object], tuple[float, int]] = OrderedDict()

    @classmethod
    def of(cls, engines: Engines) -> Limits:
        """Return the counts of a process."""
        found = engines.ports.get(_PORT)
        if not isinstance(found, cls):
            found = engines.ports[_PORT] = cls()
        return found

    def count(self, what: str, key: object) -> int:
        """Count one more and return how many there are within the minute."""
        now = time.monotonic()
        since, number = self._counts.pop((what, key), (now, 0))
        if now - since > self.WINDOW:
            since, number = now, 0
        self._counts[what, key] = since, number + 1
        while len(self._counts) > self.MOST_KEYS:
            self._counts.popitem(last=False)
        return number + 1

    def seen(self, what: str, key: object) -> int:
        """Return how many there are within the minute."""
        since, number = self._counts.get((what, key), (0.0, 0))
        return number if time.monotonic() - since <= self.WINDOW else 0
