"""Moving in: segment definitions in the shape of the reference platform's API become ours, each with a report."""

from .model import (
    LostRule,
    MadeSegment,
    MovedSegment,
    SegmentImportMaps,
    SegmentImportReport,
    SegmentProposal,
    UnknownReference,
)
from .service import import_definitions

__all__ = [
    "LostRule",
    "MadeSegment",
    "MovedSegment",
    "SegmentImportMaps",
    "SegmentImportReport",
    "SegmentProposal",
    "UnknownReference",
    "import_definitions",
]
