"""The test page: an order worked out for an existing or an invented participant, at any moment. Writes no orders.

``work_out(tx, program_id, asked) -> TestedOrder``. Saved cases: ``save_case`` keeps an order with what comes of it,
``run_cases(tx, program_id, ids=None) -> list[CaseRun]`` tells which give something else by now.
``try_draft`` tells what a promotion that is being written would do to a basket, ``check`` which saved cases publishing
it would change, ``other_way_of_late`` what the other way to choose between promotions would give to the last orders.
"""

from .cases import CaseRun, TestCase
from .cases import run as run_cases
from .cases import save as save_case
from .drafts import DraftAsked, PublishCheck, TriedDraft, check, try_draft
from .late import OtherWay, other_way_of_late
from .model import InventedParticipant, OtherMode, TestedOrder, TestOrder
from .service import work_out

__all__ = [
    "CaseRun",
    "DraftAsked",
    "InventedParticipant",
    "OtherMode",
    "OtherWay",
    "PublishCheck",
    "TestCase",
    "TestOrder",
    "TestedOrder",
    "TriedDraft",
    "check",
    "other_way_of_late",
    "run_cases",
    "save_case",
    "try_draft",
    "work_out",
]
