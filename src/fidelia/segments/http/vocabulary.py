"""Routes of the vocabulary: what conditions of a database may speak of."""

from __future__ import annotations

from typing import Annotated

from litestar import Controller, get
from litestar.params import QueryParameter

from fidelia import conditions
from fidelia.conditions import VocabularyInfo
from fidelia.platform.postgres import Tx

from ..service import question


class VocabularyController(Controller):
    """The fields, events, links and operators that a condition may use."""

    path = "/vocabulary"
    tags = ("Segments",)

    @get("/", opt={"right": "segments:read"}, summary="What conditions of a database may use")
    async def read(
        self, tx: Tx, database: Annotated[int, QueryParameter(name="database", description="The profile database")]
    ) -> VocabularyInfo:
        """Return everything an editor of conditions is drawn from."""
        return conditions.describe(await question.vocabulary(tx, database))
