"""The test page: an order worked out for an existing or an invented participant, at any moment. Writes no orders.

``work_out(tx, program_id, asked) -> TestedOrder``. Saved cases: ``save_case`` keeps an order with what comes of it,
``run_cases(tx, program_id, ids=None) -> list[CaseRun]`` tells which give something else by now.
"""

from .cases import CaseRun, TestCase
from .cases import run as run_cases
from .cases import save as save_case
from .model import InventedParticipant, OtherMode, TestedOrder, TestOrder
from .service import work_out

__all__ = [
    "CaseRun",
    "InventedParticipant",
    "OtherMode",
    "TestCase",
    "TestOrder",
    "TestedOrder",
    "run_cases",
    "save_case",
    "work_out",
]
