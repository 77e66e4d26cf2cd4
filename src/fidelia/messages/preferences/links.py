"""Links to the preference centre: of one person, and samples that hold nobody's data."""

from __future__ import annotations

from fidelia.platform.engines import Engines

from ..service.outlet import signer


async def person_link(engines: Engines, database_id: int, profile_id: int) -> str:
    """Return the address of somebody's page; whoever has it can see and change what the page allows."""
    signs = await signer(engines)
    return f"{signs.base}/t/p/{signs.token('e', database_id, profile_id)}"


async def sample_link(engines: Engines, database_id: int, page: str = "p") -> str:
    """Return the address of a page with made-up details: ``p`` the preference centre, ``y`` the confirmation."""
    signs = await signer(engines)
    return f"{signs.base}/t/{page}/{signs.token('s', database_id, 0)}"
