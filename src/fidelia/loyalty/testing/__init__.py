"""The test page: an order worked out for an existing or an invented participant, at any moment. Writes nothing.

``work_out(tx, program_id, asked) -> TestedOrder``.
"""

from .model import InventedParticipant, OtherMode, TestedOrder, TestOrder
from .service import work_out

__all__ = ["InventedParticipant", "OtherMode", "TestOrder", "TestedOrder", "work_out"]
