"""Routes of value lists and data tables."""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

from .lists import ValueListController
from .loads import ListLoadController
from .rows import DataRowController
from .tables import DatabaseTableController, DataTableController

routers: list[ControllerRouterHandler] = [
    ValueListController,
    DatabaseTableController,
    DataTableController,
    DataRowController,
    ListLoadController,
]

__all__ = ["routers"]
