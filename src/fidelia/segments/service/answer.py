"""From a question to the people: ClickHouse is asked, nested segments are worked out first, samples are drawn."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from pyroaring import BitMap

from fidelia import conditions
from fidelia.conditions import Checked, Given, NodeCount, Query, Stored
from fidelia.platform.clickhouse import (
    ClickHouse,
    ClickHouseError,
    QueryCancelled,
    bitmap_parameter,
    decode_bitmap,
)
from fidelia.platform.drain import Drain
from fidelia.platform.engines import Engines

from ..store import clickhouse as store
from .cache import Key, answers, key_of, tables
from .question import TABLES, MakeTables, Question
from .turns import asker, turns

#: Questions of people who build a rule are asked as of the end of such a step, so that kept answers serve longer.
STEP_SECONDS = 30
_TOGETHER = 24


def rounded(now: datetime) -> datetime:
    """Return the end of the present step: no earlier than now, so that nothing that has happened is left out."""
    over = now.timestamp() % STEP_SECONDS
    return now if over == 0 else now + timedelta(seconds=STEP_SECONDS - over)


async def catch_up(engines: Engines, database_id: int, *, wait: bool) -> None:
    """Bring every write acknowledged before now to ClickHouse; ``wait`` takes as long as it takes.

    Raises :class:`~fidelia.platform.drain.DrainBehind` without ``wait`` when too much waits.
    """
    if wait and isinstance(engines.drain, Drain):
        await engines.drain.flush()
    else:
        await engines.catch_up()
    make_tables: MakeTables = engines.port(TABLES)
    await make_tables(engines, database_id)


async def answer(engines: Engines, question: Question, now: datetime, *, tag: str | None = None) -> BitMap:
    """Return the people for whom a question holds, as a bitmap of one's own. Needs :func:`catch_up` before."""
    return await sample(engines.clickhouse, question, await answer_all(engines, question, now, tag=tag), tag)


async def answer_all(engines: Engines, question: Question, now: datetime, *, tag: str | None = None) -> BitMap:
    """Return the people before range and limit; the bitmap must not be changed."""
    segments = await resolved(engines, question, now, tag)
    query = conditions.compile(question.checked, now, question.timezone, segments=segments)
    return (await ask(engines, {"": query}, tag))[""]


async def answer_among(
    engines: Engines, question: Question, among: BitMap, now: datetime, *, tag: str | None = None
) -> BitMap:
    """Return for which of some people a question without a limit holds; the answer is not kept."""
    segments = await resolved(engines, question, now, tag)
    query = conditions.compile(
        question.checked, now, question.timezone, scope=bitmap_parameter(among), segments=segments
    )
    found = await engines.clickhouse.bitmap(query.text, query.params, tag=tag)
    return await sample(engines.clickhouse, question, found, tag)


async def answer_nodes(
    engines: Engines, question: Question, now: datetime, *, tag: str | None = None
) -> tuple[BitMap, tuple[NodeCount, ...], int]:
    """Return the people before range and limit, the figures of every node, and how many there are in all."""
    segments = await resolved(engines, question, now, tag)
    queries = conditions.compile_nodes(question.checked, now, question.timezone, segments=segments)
    bitmaps = await ask(engines, queries.queries, tag)
    counts = await asyncio.to_thread(conditions.node_counts, queries, bitmaps)
    return conditions.node_answer(queries, bitmaps), counts, len(bitmaps[""])


async def resolved(
    engines: Engines, question: Question, now: datetime, tag: str | None
) -> dict[int, Checked | Stored | Given]:
    """Say what each segment that is referred to stands for: its list, its rules, or people drawn on the spot."""
    done: dict[int, Checked | Stored | Given] = {
        id_: question.rules[id_] if id_ in question.rules else Stored(id_) for id_ in question.segments
    }
    seen: set[int] = set()

    async def settle(id_: int) -> None:
        """Draw the sample of a dynamic segment, those it leads to before it."""
        if id_ in seen or id_ not in question.rules:
            return
        seen.add(id_)
        inner, segment = question.rules[id_], question.segments[id_]
        for below in inner.references.segments:
            await settle(below)
        if segment.range is not None or segment.limit is not None:
            query = conditions.compile(inner, now, question.timezone, segments=done)
            found = (await ask(engines, {"": query}, tag))[""]
            few = await store.draw(engines.clickhouse, segment.database_id, found, segment.range, segment.limit, tag)
            done[id_] = Given(bitmap_parameter(few))

    for id_ in question.checked.references.segments:
        await settle(id_)
    return done


def given_people(how: Given) -> BitMap:
    """Read back the people of a segment that was drawn on the spot."""
    return decode_bitmap(base64.b64decode(how.bitmap))


async def ask(engines: Engines, queries: Mapping[str, Query], tag: str | None) -> dict[str, BitMap]:
    """Answer queries, from memory where nothing they read has changed. The bitmaps must not be changed."""
    found, _ = await ask_each(engines, queries, tag, patient=False)
    return found


async def ask_each(
    engines: Engines,
    queries: Mapping[str, Query],
    tag: str | None,
    *,
    patient: bool = True,
    seconds: float | None = None,
) -> tuple[dict[str, BitMap], dict[str, ClickHouseError]]:
    """Answer queries as :func:`ask` does; return the answers, and what stood against the others.

    Without ``patient`` the first that fails stops the others and is raised. ``seconds`` is how long each may take,
    when that is less than any question may.
    """
    most = engines.settings.clickhouse.query_timeout_seconds
    timeout = None if seconds is None else min(seconds, most)
    ch, kept, places = engines.clickhouse, answers(engines), turns(engines)
    at = await store.marks(ch, tables(queries.values()))
    keys = {name: key_of(query, at) for name, query in queries.items()}
    found = {key: answer for key in set(keys.values()) if (answer := kept.get(key)) is not None}
    missing = {keys[name]: query for name, query in queries.items() if keys[name] not in found}
    failed: dict[Key, ClickHouseError] = {}
    who = tag or asker.get()

    async def one(query: Query, count: int) -> list[BitMap]:
        async with places.turn(who):
            if count == 1:
                return [await ch.bitmap(query.text, query.params, tag=tag, timeout=timeout)]
            return await ch.bitmaps(query.text, query.params, tag=tag, timeout=timeout)

    async def some(part: Sequence[tuple[Key, Query]]) -> None:
        try:
            got = await one(conditions.together([q for _, q in part]) if len(part) > 1 else part[0][1], len(part))
        except ClickHouseError as exc:
            if not patient or isinstance(exc, QueryCancelled):
                raise
            if len(part) > 1:  # let each be asked alone, so that only the one at fault goes without an answer
                for single in part:
                    await some([single])
            else:
                failed[part[0][0]] = exc
            return
        for (key, _), answer in zip(part, got, strict=True):
            found[key] = answer
            kept.put(key, answer)

    running = [asyncio.create_task(some(part)) for part in _shared(missing)]
    try:
        await asyncio.gather(*running)
    except BaseException:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        raise
    return (
        {name: found[key] for name, key in keys.items() if key in found},
        {name: failed[key] for name, key in keys.items() if key in failed},
    )


def _shared(queries: Mapping[Key, Query]) -> Iterator[list[tuple[Key, Query]]]:
    """Put scans of one source together, so that its rows are read once; what takes longest comes first."""
    scans: dict[str, list[tuple[Key, Query]]] = {}
    for key, query in queries.items():
        if query.scan is None:
            yield [(key, query)]
        else:
            scans.setdefault(query.scan.source, []).append((key, query))
    for parts in scans.values():
        for start in range(0, len(parts), _TOGETHER):
            yield parts[start : start + _TOGETHER]


async def sample(ch: ClickHouse, question: Question, found: BitMap, tag: str | None = None) -> BitMap:
    """Return those within the question's range, and of them the first up to its limit; a bitmap of one's own."""
    return await store.draw(ch, question.database_id, found, question.range, question.limit, tag)
