"""What scheduled imports need of capabilities above: a static list that the people of a run go to."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Protocol

from fidelia.access import Actor
from fidelia.platform.postgres import Tx

RESULT_LIST = "profiles.result_list"


class ResultList(Protocol):
    """Static segments, as far as imports fill them."""

    async def check(self, tx: Tx, actor: Actor, database_id: int, segment_id: int) -> None:
        """Raise 403, 404, 409 or 422 unless the actor may have this list of the database filled."""
        ...

    async def put(
        self, tx: Tx, actor: Actor, segment_id: int, import_id: int, *, replace: bool, triggers: bool
    ) -> tuple[int, int]:
        """Put the people of a finished import on a list; return how many entered and left. Raise 404 or 409."""
        ...

    async def names(self, tx: Tx, ids: Collection[int]) -> Mapping[int, str]:
        """Return the names of lists."""
        ...
