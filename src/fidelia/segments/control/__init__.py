"""Control groups: people whom no message reaches, so that one sees what messages change.

The stratified split (:mod:`.rules`) serves the global group of a database and the local ones of campaigns alike.
``control_people`` gives the members of a database's group as a bitmap, for conditions that ask for them.
"""

from .people import counted
from .report import PURCHASES
from .rules import Split, SplitWarning, StratumSplit, millionths, split
from .service import control_people, field_used_by, forget_people, kept_back

__all__ = [
    "PURCHASES",
    "Split",
    "SplitWarning",
    "StratumSplit",
    "control_people",
    "counted",
    "field_used_by",
    "forget_people",
    "kept_back",
    "millionths",
    "split",
]
