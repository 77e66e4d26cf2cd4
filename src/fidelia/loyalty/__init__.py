"""Loyalty: programs with points, levels and promotions, worked out on orders.

The face for who sets a program up and fills it from outside. Its parts have faces of their own, for each other and for
the wiring: see ``programs``, ``members``, ``ledger``, ``promotions``, ``codes``, ``orders``.
"""

from .codes import give as give_codes
from .codes.model import CodeExpiry
from .codes.rules import draw as draw_codes
from .codes.service.checks import Settings as PoolSettings
from .codes.service.importing import CodeIn, import_codes
from .codes.service.pools import create as create_pool
from .ledger import Accrual, Because, Redemption, accrue, balances, redeem
from .members import enrol, settle_levels
from .members import lock as lock_members
from .orders import DraftLine, DraftOrder, OrderCommit, commit, preorder
from .programs import Expiry
from .programs.service.levels import GroupSettings, LevelSettings, create_group
from .programs.service.manage import Settings as ProgramSettings
from .programs.service.manage import activate as activate_program
from .programs.service.manage import create as create_program
from .programs.service.partners import PartnerSettings, create_partner
from .programs.service.points import PointSettings, create_points
from .promotions import (
    AmountOff,
    PercentOff,
    PointsMultiplier,
    PointsPerMoney,
    PromotionDefinition,
    PromotionLimit,
)
from .promotions.service.manage import create as create_promotion
from .promotions.service.manage import publish as publish_promotion
from .promotions.service.parts import create_group as create_exclusion

__all__ = [
    "Accrual",
    "AmountOff",
    "Because",
    "CodeExpiry",
    "CodeIn",
    "DraftLine",
    "DraftOrder",
    "Expiry",
    "GroupSettings",
    "LevelSettings",
    "OrderCommit",
    "PartnerSettings",
    "PercentOff",
    "PointSettings",
    "PointsMultiplier",
    "PointsPerMoney",
    "PoolSettings",
    "ProgramSettings",
    "PromotionDefinition",
    "PromotionLimit",
    "Redemption",
    "accrue",
    "activate_program",
    "balances",
    "commit",
    "create_exclusion",
    "create_group",
    "create_partner",
    "create_points",
    "create_pool",
    "create_program",
    "create_promotion",
    "draw_codes",
    "enrol",
    "give_codes",
    "import_codes",
    "lock_members",
    "preorder",
    "publish_promotion",
    "redeem",
    "settle_levels",
]
