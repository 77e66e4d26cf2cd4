"""Routes of events."""

from .events import EventController
from .history import HistoryController
from .keys import WriteKeyController
from .segment import segment_routes
from .types import EventTypeController

API = [EventController, EventTypeController, WriteKeyController, HistoryController]
ROOT = segment_routes

__all__ = ["API", "ROOT"]
