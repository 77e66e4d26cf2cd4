"""No route without a rule of access, whatever engines it would run on."""

from __future__ import annotations

from fidelia.access.http import check_routes
from fidelia.api.app import create_app
from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Database
from fidelia.settings import Settings


def test_every_route_declares_who_may_call_it() -> None:
    engines = Engines(settings=Settings(), db=Database("postgresql://nobody@/none?host=/nowhere"))
    check_routes(create_app(engines))
