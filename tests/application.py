"""The application over engines of a test; making one takes a second, so one that nobody uses any more is used again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from litestar import Litestar

from fidelia.api.app import create_app
from fidelia.platform.engines import Engines
from fidelia.platform.jobs.stream import JobFeed

_free: list[tuple[object, Litestar]] = []


@contextmanager
def application(engines: Engines) -> Iterator[Litestar]:
    """Lend an application whose requests go to these engines; nobody else has it meanwhile."""
    limits = engines.settings.limits
    place = next((n for n, (made_for, _) in enumerate(_free) if made_for == limits), None)
    if place is None:
        app = create_app(engines)
    else:
        _, app = _free.pop(place)
        for name in app.state.dict():
            delattr(app.state, name)
        app.state.engines, app.state.job_feed = engines, JobFeed(engines)
    try:
        yield app
    finally:
        _free.append((limits, app))
