"""Segments: static, dynamic and updatable groups of profiles. The face of the capability.

``calculate`` gives the people of a segment or a condition as they are now, ``members`` the stored list.
"""

from .model import (
    Calculation,
    Segment,
    SegmentDetail,
    SegmentLogEntry,
    SegmentRange,
    SegmentRun,
    SegmentSchedule,
    SegmentType,
    Source,
)
from .service.manage import (
    Change,
    Definition,
    archive_segment,
    change_segment,
    create_segment,
    database_used_by,
    detail,
    restore_segment,
)
from .service.question import TABLES, USED_BY, VOCABULARY, Question, ask, vocabulary

__all__ = [
    "TABLES",
    "USED_BY",
    "VOCABULARY",
    "Calculation",
    "Change",
    "Definition",
    "Question",
    "Segment",
    "SegmentDetail",
    "SegmentLogEntry",
    "SegmentRange",
    "SegmentRun",
    "SegmentSchedule",
    "SegmentType",
    "Source",
    "archive_segment",
    "ask",
    "change_segment",
    "create_segment",
    "database_used_by",
    "detail",
    "restore_segment",
    "vocabulary",
]
