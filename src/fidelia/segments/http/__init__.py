"""Routes of segments."""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

from .calculate import CalculateController
from .members import MemberController
from .segments import SegmentController
from .vocabulary import VocabularyController

routers: tuple[ControllerRouterHandler, ...] = (
    VocabularyController,
    CalculateController,
    SegmentController,
    MemberController,
)
