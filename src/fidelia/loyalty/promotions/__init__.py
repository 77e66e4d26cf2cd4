"""Promotions, their versions, limits and conditions.

``PromotionDefinition`` is what a version says, ``Reward`` what it gives. ``ready(tx, program, now=None) -> Ready`` is a
program's promotions made ready for the calculator; ``ready_as_if`` with drafts, other versions or one that is
``Supposed``. ``promotion`` and ``versions`` read what is stored, ``check_definition`` checks what is not. Limits:
``counter_keys``, ``used`` and ``left_of`` before a calculation, ``takings``, ``hold`` and
``ask_take`` (false: somebody else was faster) within a commit, ``lock_counters`` and
``add_to_counters`` to give back; ``count_use`` keeps the figures.
"""

from .compile import Ready, likely, ready, ready_as_if, ready_in
from .drafts import Supposed, check_definition
from .facts import loyalty_facts, person_facts
from .limits import CounterKey, takings
from .limits import keys as counter_keys
from .limits import left as left_of
from .model import (
    Arbitration,
    Kind,
    OrderSegment,
    Promotion,
    PromotionDefinition,
    PromotionGroup,
    PromotionHours,
    PromotionLimit,
    PromotionLimitUse,
    PromotionLogEntry,
    PromotionUsage,
    PromotionVersion,
)
from .rewards import (
    AllowRedeem,
    AmountOff,
    FreeDelivery,
    Gift,
    GrantLevel,
    IssueCode,
    NthFree,
    PercentOff,
    PointsFixed,
    PointsMultiplier,
    PointsPercent,
    PointsPerItem,
    PointsPerMoney,
    PointsSpent,
    Reward,
    SetPrice,
)
from .service.manage import read as promotion
from .service.manage import versions
from .service.segments import check_lines, check_segment
from .service.used import event_type_used_by, field_used_by, names, product_segment_used_by, segment_used_by
from .store.counters import add as add_to_counters
from .store.counters import ask_open, ask_take, ask_used, count_use, hold, open_missing, used
from .store.counters import give_back as lock_counters
from .store.parts import rules as rules_of
from .store.scene import Scene
from .store.scene import ask_active as ask_scene

__all__ = [
    "AllowRedeem",
    "AmountOff",
    "Arbitration",
    "CounterKey",
    "FreeDelivery",
    "Gift",
    "GrantLevel",
    "IssueCode",
    "Kind",
    "NthFree",
    "OrderSegment",
    "PercentOff",
    "PointsFixed",
    "PointsMultiplier",
    "PointsPerItem",
    "PointsPerMoney",
    "PointsPercent",
    "PointsSpent",
    "Promotion",
    "PromotionDefinition",
    "PromotionGroup",
    "PromotionHours",
    "PromotionLimit",
    "PromotionLimitUse",
    "PromotionLogEntry",
    "PromotionUsage",
    "PromotionVersion",
    "Ready",
    "Reward",
    "Scene",
    "SetPrice",
    "Supposed",
    "add_to_counters",
    "ask_open",
    "ask_scene",
    "ask_take",
    "ask_used",
    "check_definition",
    "check_lines",
    "check_segment",
    "count_use",
    "counter_keys",
    "event_type_used_by",
    "field_used_by",
    "hold",
    "left_of",
    "likely",
    "lock_counters",
    "loyalty_facts",
    "names",
    "open_missing",
    "person_facts",
    "product_segment_used_by",
    "promotion",
    "ready",
    "ready_as_if",
    "ready_in",
    "rules_of",
    "segment_used_by",
    "takings",
    "used",
    "versions",
]
