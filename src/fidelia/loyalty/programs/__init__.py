"""Programs and what they are made of: point types, level groups, partners. The face.

``program``, ``active_program``, ``point_types``, ``level_groups``, ``partners`` read; ``lifetime`` says from when to
when points can be used. What is here knows nobody who is in a program: see ``members``.
"""

from .lifetime import lifetime, next_day_of_year, plus_months
from .model import (
    Audience,
    ClawBack,
    Expiry,
    Level,
    LevelGroup,
    Mode,
    Partner,
    PointKind,
    PointRounding,
    PointType,
    PriceBase,
    Program,
    ProgramState,
    Reset,
    Review,
)
from .ports import LINE_CHECK, LineCheck
from .service.checks import Faults
from .service.levels import GroupChange, GroupSettings
from .service.levels import checked as checked_group
from .service.levels import merged as merged_group
from .service.manage import CONSUMER, ENROL, enrol_all, set_arbitration
from .service.used import database_used_by, segment_used_by
from .store.parts import get_level_group as level_group
from .store.parts import get_point_type as point_type
from .store.parts import level_groups, partners, point_types
from .store.programs import active as active_program
from .store.programs import every as programs
from .store.programs import get as program
from .store.programs import names, segment_versions
from .store.programs import seen as seen_segment
from .store.setting import Setting, setting

__all__ = [
    "CONSUMER",
    "ENROL",
    "LINE_CHECK",
    "Audience",
    "ClawBack",
    "Expiry",
    "Faults",
    "GroupChange",
    "GroupSettings",
    "Level",
    "LevelGroup",
    "LineCheck",
    "Mode",
    "Partner",
    "PointKind",
    "PointRounding",
    "PointType",
    "PriceBase",
    "Program",
    "ProgramState",
    "Reset",
    "Review",
    "Setting",
    "active_program",
    "checked_group",
    "database_used_by",
    "enrol_all",
    "level_group",
    "level_groups",
    "lifetime",
    "merged_group",
    "names",
    "next_day_of_year",
    "partners",
    "plus_months",
    "point_type",
    "point_types",
    "program",
    "programs",
    "seen_segment",
    "segment_used_by",
    "segment_versions",
    "set_arbitration",
    "setting",
]
