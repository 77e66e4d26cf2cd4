"""Segments: static, dynamic and updatable groups of profiles. The face of the capability.

``segment_people`` and ``condition_people`` give the people of a segment or a condition as they are now (they ask
ClickHouse, so in the core only), ``members`` the stored list.
"""

from .bulk import counted as bulk_figures
from .bulk import forget_people as forget_in_bulk
from .bulk import merge_people as merge_in_bulk
from .control import (
    EVERYBODY,
    PURCHASES,
    ControlWarning,
    Division,
    Drawing,
    Purchases,
    PurchaseSource,
    Split,
    SplitWarning,
    StratumField,
    StratumOut,
    StratumSplit,
    Verdict,
    all_keys,
    assign,
    comparing,
    control_people,
    divisions,
    kept_back,
    label_of,
    measure,
    millionths,
    order_of,
    present_history,
    split,
    wording,
)
from .control import counted as control_figures
from .control import field_used_by as control_used_by
from .control import forget_people as forget_in_control
from .control import summary as strata_summary
from .control import words as split_words
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
from .products import CATALOGUE, PRODUCT_VOCABULARY, PRODUCTS_USED_BY, ProductCard, ProductSegment, product_lists
from .projection import BITMAPS, ListedPeople
from .scores import counted as score_figures
from .scores import field_used_by as score_used_by
from .service import books
from .service.figures import counted as segment_figures
from .service.fill import Filling, fill
from .service.lists import Added, Removed, add_import, add_members, clear, forget_people, members, remove_members
from .service.manage import (
    Change,
    Definition,
    archive_segment,
    change_segment,
    create_segment,
    database_used_by,
    detail,
    event_type_used_by,
    restore_segment,
    used_by,
)
from .service.merging import merge_people, split_people
from .service.people import condition_people, people_among, segment_people
from .service.personal import personal_data
from .service.preview import Unsaved
from .service.question import TABLES, USED_BY, VOCABULARY, Question, ask, vocabulary
from .service.recalculate import recalculate
from .service.results import ImportLists
from .service.sources import source_used_by
from .store.members import versions as list_versions
from .store.segments import get as get_segment
from .store.segments import names

__all__ = [
    "BITMAPS",
    "CATALOGUE",
    "EVERYBODY",
    "PRODUCTS_USED_BY",
    "PRODUCT_VOCABULARY",
    "PURCHASES",
    "TABLES",
    "USED_BY",
    "VOCABULARY",
    "Added",
    "Calculation",
    "Change",
    "ControlWarning",
    "Definition",
    "Division",
    "Drawing",
    "Filling",
    "ImportLists",
    "ListedPeople",
    "ProductCard",
    "ProductSegment",
    "PurchaseSource",
    "Purchases",
    "Question",
    "Removed",
    "Segment",
    "SegmentDetail",
    "SegmentLogEntry",
    "SegmentRange",
    "SegmentRun",
    "SegmentSchedule",
    "SegmentType",
    "Source",
    "Split",
    "SplitWarning",
    "StratumField",
    "StratumOut",
    "StratumSplit",
    "Unsaved",
    "Verdict",
    "add_import",
    "add_members",
    "all_keys",
    "archive_segment",
    "ask",
    "assign",
    "books",
    "bulk_figures",
    "change_segment",
    "clear",
    "comparing",
    "condition_people",
    "control_figures",
    "control_people",
    "control_used_by",
    "create_segment",
    "database_used_by",
    "detail",
    "divisions",
    "event_type_used_by",
    "fill",
    "forget_in_bulk",
    "forget_in_control",
    "forget_people",
    "get_segment",
    "kept_back",
    "label_of",
    "list_versions",
    "measure",
    "members",
    "merge_in_bulk",
    "merge_people",
    "millionths",
    "names",
    "order_of",
    "people_among",
    "personal_data",
    "present_history",
    "product_lists",
    "recalculate",
    "remove_members",
    "restore_segment",
    "score_figures",
    "score_used_by",
    "segment_figures",
    "segment_people",
    "source_used_by",
    "split",
    "split_people",
    "split_words",
    "strata_summary",
    "used_by",
    "vocabulary",
    "wording",
]
