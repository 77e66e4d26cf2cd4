"""Orders through the program: worked out beforehand, placed, returned, cancelled. The face.

``preorder(tx, order, now=None) -> Calculated`` writes nothing. ``commit(tx, actor, order) -> Committed`` places an
order once. ``follow_order`` is what the market tells of changes (port ``ORDER_EFFECTS``). ``load``, ``calculate`` and
``shown`` are the parts of a preorder, for who sets some of them by hand.
"""

from .calculate import calculate, preorder, shown
from .commit import commit
from .context import Context, load, profile_of
from .effects import follow_order
from .foretell import foretell_refund
from .model import Calculated, Committed, DraftLine, DraftOrder, OrderCommit, StoredCalculation, TraceEntry
from .people import forget_people, merge_people

__all__ = [
    "Calculated",
    "Committed",
    "Context",
    "DraftLine",
    "DraftOrder",
    "OrderCommit",
    "StoredCalculation",
    "TraceEntry",
    "calculate",
    "commit",
    "follow_order",
    "foretell_refund",
    "forget_people",
    "load",
    "merge_people",
    "preorder",
    "profile_of",
    "shown",
]
