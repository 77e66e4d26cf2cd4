"""What the segments of a round share: one moment, the answer to each rule, the people of each segment they refer to."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime

from pyroaring import BitMap

from fidelia import conditions
from fidelia.conditions import Checked, Given, NodeQueries, Stored
from fidelia.platform.clickhouse import ClickHouseError, bitmap_parameter
from fidelia.platform.engines import Engines

from ..store import clickhouse as store
from . import answer
from .question import Question

#: Queries of values that are missing are for the figures of an editor.
_ONLY_SHOWN = "missing:"


class Shared:
    """Answers rules of many questions of one database as of one moment, each once."""

    def __init__(self, engines: Engines, now: datetime, tag: str | None, seconds: float) -> None:
        self.engines = engines
        self.now = now
        self.tag = tag
        self.seconds = seconds
        self._drawn: dict[int, Given] = {}
        self._nodes: dict[int, NodeQueries] = {}
        self._found: dict[str, BitMap] = {}
        self._failed: dict[str, ClickHouseError] = {}

    async def resolved(self, question: Question) -> dict[int, Checked | Stored | Given]:
        """Say what each segment that a question refers to stands for; dynamic ones are worked out once a round."""
        done: dict[int, Checked | Stored | Given] = {
            id_: Stored(id_) for id_ in question.segments if id_ not in question.rules
        }

        async def settle(id_: int) -> None:
            if id_ in done:
                return
            inner, segment = question.rules[id_], question.segments[id_]
            for below in inner.references.segments:
                await settle(below)
            if id_ not in self._drawn:
                nodes = conditions.compile_nodes(inner, self.now, question.timezone, segments=done)
                await self._ask([nodes])
                found = self._answer(nodes)
                if segment.range is not None or segment.limit is not None:
                    ch = self.engines.clickhouse
                    found = await store.draw(ch, segment.database_id, found, segment.range, segment.limit, self.tag)
                self._drawn[id_] = Given(bitmap_parameter(found))
            done[id_] = self._drawn[id_]

        for id_ in question.checked.references.segments:
            await settle(id_)
        return done

    async def prepare(self, questions: Sequence[Question]) -> None:
        """Ask the rules of all questions, each once; what fails is raised by :meth:`people` of who needs it."""
        for question in questions:
            segments: Mapping[int, Checked | Stored | Given] = await self.resolved(question)
            self._nodes[id(question)] = conditions.compile_nodes(
                question.checked, self.now, question.timezone, segments=segments
            )
        await self._ask([self._nodes[id(question)] for question in questions])

    async def people(self, question: Question) -> BitMap:
        """Return who is in, within range and limit, as a bitmap of one's own; needs :meth:`prepare`.

        Raises:
            ClickHouseError: one of the rules could not be answered.
        """
        found = await asyncio.to_thread(self._answer, self._nodes.pop(id(question)))
        return await answer.sample(self.engines.clickhouse, question, found, self.tag)

    async def _ask(self, many: Sequence[NodeQueries]) -> None:
        wanted = {
            query.key: query
            for nodes in many
            for name, query in nodes.queries.items()
            if not name.startswith(_ONLY_SHOWN)
        }
        wanted = {key: query for key, query in wanted.items() if key not in self._found and key not in self._failed}
        found, failed = await answer.ask_each(self.engines, wanted, self.tag, seconds=self.seconds)
        self._found |= found
        self._failed |= failed

    def _answer(self, nodes: NodeQueries) -> BitMap:
        bitmaps = {}
        for name, query in nodes.queries.items():
            if name.startswith(_ONLY_SHOWN):
                continue
            key = query.key
            if key in self._failed:
                raise self._failed[key]
            bitmaps[name] = self._found[key]
        return conditions.node_answer(nodes, bitmaps)
