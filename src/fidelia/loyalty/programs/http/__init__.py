"""Routes of programs."""

from .levels import LevelGroupController
from .partners import PartnerController
from .points import PointTypeController
from .programs import ProgramController

API = [ProgramController, PointTypeController, LevelGroupController, PartnerController]
