"""Routes of databases, fields, profiles, resources, subscriptions and stop lists."""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

from ..preferences.http import PreferenceCenterController
from .databases import DatabaseController
from .profiles import ProfileController
from .resources import ResourceController
from .search import SearchController
from .subscriptions import SubscriptionController
from .suppression import SuppressionController

routers: list[ControllerRouterHandler] = [
    DatabaseController,
    PreferenceCenterController,
    ProfileController,
    ResourceController,
    SearchController,
    SubscriptionController,
    SuppressionController,
]

__all__ = ["routers"]
