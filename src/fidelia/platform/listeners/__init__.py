"""Listeners: objects that act on events, such as a trigger mailing or a hook.

What a listener waits for is copied for it in the same transaction in which the drain lets go of the events, and deleted
in the same transaction in which the listener has acted: an event is acted on once, whatever is killed in between. Each
listener has a queue of its own, so that a flood for one does not hold up the others.
"""

from .catch import catch
from .consume import Handler, consume, dealt_with, look_ahead, put_off
from .model import Caught, CaughtEvent, Listener
from .registry import hold, listen, listeners_of, unlisten, waiting

__all__ = [
    "Caught",
    "CaughtEvent",
    "Handler",
    "Listener",
    "catch",
    "consume",
    "dealt_with",
    "hold",
    "listen",
    "listeners_of",
    "look_ahead",
    "put_off",
    "unlisten",
    "waiting",
]
