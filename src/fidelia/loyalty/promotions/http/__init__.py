"""Routes of promotions, their groups and arbitration, and of order segments."""

from .arrangement import ArbitrationController, PromotionGroupController
from .firing import FiringController
from .promotions import ProgramPromotionController, PromotionController
from .segments import OrderSegmentController

API = [
    ProgramPromotionController,
    PromotionController,
    PromotionGroupController,
    ArbitrationController,
    FiringController,
    OrderSegmentController,
]
