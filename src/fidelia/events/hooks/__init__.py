"""Outgoing hooks: every event to an address, in signed batches, in order, at least once.

The worker's loop (:func:`send_forever`) takes what the drain has caught for each hook into the hook's own queue, and
sends each queue by itself: a receiver that is slow or dead holds up nobody else's.
"""

from .model import Hook, HookDelivery, HookEvent, HookMessage
from .service.manage import create_hook, database_used_by, event_type_used_by
from .service.people import forget_people, personal_data
from .service.sending import Sender, send_forever

__all__ = [
    "Hook",
    "HookDelivery",
    "HookEvent",
    "HookMessage",
    "Sender",
    "create_hook",
    "database_used_by",
    "event_type_used_by",
    "forget_people",
    "personal_data",
    "send_forever",
]
