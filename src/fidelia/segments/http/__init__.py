"""Routes of segments."""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

from .calculate import CalculateController
from .columns import ColumnController
from .files import ExportController, FileController
from .filling import FillingController
from .history import HistoryController
from .members import MemberController
from .moving import SegmentImportController
from .segments import SegmentController
from .tagging import SegmentTagController
from .vocabulary import VocabularyController

routers: tuple[ControllerRouterHandler, ...] = (
    VocabularyController,
    CalculateController,
    ColumnController,
    SegmentController,
    SegmentTagController,
    MemberController,
    FillingController,
    HistoryController,
    FileController,
    ExportController,
    SegmentImportController,
)
