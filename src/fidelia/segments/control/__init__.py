"""Control groups: people whom no message reaches, so that one sees what messages change.

The stratified split (:mod:`.rules`) serves the global group of a database and the local ones of campaigns alike.
``control_people`` gives the members of a database's group as a bitmap, for conditions that ask for them.
"""

from . import comparing, measure, wording
from .assigning import Drawing, assign, order_of, summary, words
from .measure import Verdict
from .model import ControlWarning, StratumField, StratumOut
from .people import counted
from .report import PURCHASES, PurchaseSource, present_history
from .rules import Split, SplitWarning, StratumSplit, millionths, split
from .service import control_people, field_used_by, forget_people, kept_back
from .store_clickhouse import Purchases
from .strata import EVERYBODY, Division, all_keys, divisions, label_of

__all__ = [
    "EVERYBODY",
    "PURCHASES",
    "ControlWarning",
    "Division",
    "Drawing",
    "PurchaseSource",
    "Purchases",
    "Split",
    "SplitWarning",
    "StratumField",
    "StratumOut",
    "StratumSplit",
    "Verdict",
    "all_keys",
    "assign",
    "comparing",
    "control_people",
    "counted",
    "divisions",
    "field_used_by",
    "forget_people",
    "kept_back",
    "label_of",
    "measure",
    "millionths",
    "order_of",
    "present_history",
    "split",
    "summary",
    "wording",
    "words",
]
