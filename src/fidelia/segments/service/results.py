"""Static segments that imports fill by themselves (a port of profiles)."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from fidelia.access import Actor
from fidelia.kernel.errors import Problem, conflict, invalid_field
from fidelia.platform.postgres import Tx

from ..store import members as members_store
from ..store import segments as store
from .lists import add_import, refuse_unless_static


class ImportLists:
    """What scheduled imports need of static segments."""

    async def check(self, tx: Tx, actor: Actor, database_id: int, segment_id: int) -> None:
        """Raise 403, 404, 409 or 422 unless the actor may have this list of the database filled."""
        actor.require("segments:update")
        segment = await store.find(tx, segment_id)
        if segment is None or segment.database_id != database_id:
            raise invalid_field("/target/segment", "There is no such segment in this database")
        try:
            refuse_unless_static(segment)
        except Problem as exc:
            raise invalid_field("/target/segment", exc.detail) from exc

    async def put(
        self, tx: Tx, actor: Actor, segment_id: int, import_id: int, *, replace: bool, triggers: bool
    ) -> tuple[int, int]:
        """Put the people of a finished import on a list; return how many entered and left. Raise 404 or 409."""
        if await store.find(tx, segment_id) is None:
            raise conflict("the segment is gone")
        before = await members_store.members(tx, segment_id)
        await add_import(tx, actor, segment_id, import_id, replace=replace, triggers=triggers)
        after = await members_store.members(tx, segment_id)
        return len(after - before), len(before - after)

    async def names(self, tx: Tx, ids: Collection[int]) -> Mapping[int, str]:
        """Return the names of lists."""
        return await store.names(tx, ids) if ids else {}
