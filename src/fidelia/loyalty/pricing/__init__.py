"""The calculation of an order: promotions, arbitration, points. Pure: whole numbers in, whole numbers out (ADR 0021).

``compile_program(program) -> Compiled``
    once per version of a program: indexes by what conditions ask for, conditions prepared. Raises ``ValueError`` for a
    promotion whose numbers make no sense.
``calculate(compiled, draft, member, ask, now, tz, left=…) -> Result``
    the order worked out, with the trace of every promotion. The same arguments always give the same result.
    ``left`` maps promotions to what is left of their limits.
``partners_of(compiled, draft, now, tz)``
    the partner of each line that is a partner's.
"""

from __future__ import annotations

from .calculate import calculate, compile_program
from .compiled import Compiled
from .model import (
    MOST_NODES,
    UNIT,
    Accrued,
    Ask,
    Draft,
    Group,
    Left,
    Line,
    LineResult,
    Member,
    Mode,
    Partner,
    PointType,
    Program,
    Reason,
    Redeemed,
    Result,
    Search,
    Status,
    Terms,
    Trace,
)
from .partners import partners_of
from .rewards import (
    RATE,
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
    Reward,
    SetPrice,
)

__all__ = [
    "MOST_NODES",
    "RATE",
    "UNIT",
    "Accrued",
    "AllowRedeem",
    "AmountOff",
    "Ask",
    "Compiled",
    "Draft",
    "FreeDelivery",
    "Gift",
    "GrantLevel",
    "Group",
    "IssueCode",
    "Left",
    "Line",
    "LineResult",
    "Member",
    "Mode",
    "NthFree",
    "Partner",
    "PercentOff",
    "PointType",
    "PointsFixed",
    "PointsMultiplier",
    "PointsPerItem",
    "PointsPerMoney",
    "PointsPercent",
    "Program",
    "Reason",
    "Redeemed",
    "Result",
    "Reward",
    "Search",
    "SetPrice",
    "Status",
    "Terms",
    "Trace",
    "calculate",
    "compile_program",
    "partners_of",
]
