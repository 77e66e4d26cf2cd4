"""The route that tells whom a figure counts."""

from __future__ import annotations

from litestar import Controller, get
from litestar.params import FromPath

from fidelia.access import Actor
from fidelia.platform.postgres import Tx

from . import service
from .model import Figure


class FigureController(Controller):
    """Figures of people."""

    path = "/databases/{database_id:int}/figures"
    tags = ("Profiles",)

    @get("/{key:str}", opt={"right": "profiles:read"}, summary="Tell whom a figure counts")
    async def read(self, tx: Tx, actor: Actor, database_id: FromPath[int], key: FromPath[str]) -> Figure:
        """Return what a figure is and how many of its people there are now; ``?figure=`` of profiles lists them.

        ``import:5:created|updated|unchanged|all``, ``bulk:7:changed|unchanged|refused``, ``score:3:with|without``,
        ``score:3:recency:5``, ``segment:5:run:12:entered|left``, ``segment:5:log:3``, ``field:city:any|none``,
        ``field:status:bounced``, ``control:people|assigned|others``, ``control:run:9:assigned|kept``.
        """
        return await service.get_figure(tx, actor, database_id, key)
