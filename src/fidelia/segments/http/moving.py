"""The route that takes definitions of another platform."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Controller, post

from fidelia.access import Actor
from fidelia.platform.http import Body, Strict
from fidelia.platform.postgres import Tx

from ..moving import SegmentImportMaps, SegmentImportReport, import_definitions


class SegmentImportIn(Body, frozen=True):
    """Definitions as the other platform's ``segments/get`` returns them, and what its ids mean here."""

    definitions: Annotated[list[dict[str, Any]], msgspec.Meta(max_length=1000)]
    maps: SegmentImportMaps | None = None
    dry_run: bool = False


class SegmentImportController(Controller):
    """Moving in."""

    path = "/segments/import"
    tags = ("Segments",)

    @post(
        "/",
        dto=Strict[SegmentImportIn],
        return_dto=None,
        status_code=200,
        opt={"right": "segments:create"},
        summary="Take over definitions of another platform",
    )
    async def take_over(self, tx: Tx, actor: Actor, data: SegmentImportIn) -> SegmentImportReport:
        """Make a segment of every definition that can be carried whole; tell what became of each, and why not."""
        maps = data.maps or SegmentImportMaps()
        return await import_definitions(tx, actor, data.definitions, maps, dry_run=data.dry_run)
