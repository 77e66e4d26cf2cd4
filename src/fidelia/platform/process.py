"""How a long-running process keeps house."""

from __future__ import annotations

import gc

#: New containers until garbage is looked for; Python's own 700 suits programs that are over in a moment.
_ENOUGH = 50_000


def settle_memory() -> None:
    """Look for garbage less often, and never again among what has been loaded by now: that stays until the end."""
    gc.freeze()
    gc.set_threshold(_ENOUGH, 20, 50)
