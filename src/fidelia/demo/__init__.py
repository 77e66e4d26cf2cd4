"""The demo: a real retailer's year, loaded into this installation by its own means. The face of the capability."""

from .store import DemoState, state

__all__ = ["DemoState", "state"]
