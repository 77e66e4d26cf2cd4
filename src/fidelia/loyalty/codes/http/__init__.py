"""Routes of promo codes."""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

from .codes import CodeController
from .filling import FillingController
from .pools import PoolController
from .worth import PersonCodeController, WorthController

routers: list[ControllerRouterHandler] = [
    PoolController,
    FillingController,
    CodeController,
    WorthController,
    PersonCodeController,
]
