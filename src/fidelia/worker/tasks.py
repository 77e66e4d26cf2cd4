"""Every module that declares tasks or schedules, listed once; importing this module registers them."""

from __future__ import annotations

from fidelia.platform.jobs import upkeep

MODULES = (upkeep,)
