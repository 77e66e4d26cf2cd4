"""Every router, listed once. Paths inside are relative to ``/api/v1``; those of ``ROOT`` stand at the root."""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

from fidelia.access.http import routers as access
from fidelia.market.http import CategoryController, OrderController, ProductController
from fidelia.platform.jobs.http import JobController
from fidelia.profiles.http import routers as profiles
from fidelia.profiles.ingest.http import UpsertController

API: list[ControllerRouterHandler] = [
    *access,
    CategoryController,
    OrderController,
    ProductController,
    JobController,
    *profiles,
    UpsertController,
]

ROOT: list[ControllerRouterHandler] = []
