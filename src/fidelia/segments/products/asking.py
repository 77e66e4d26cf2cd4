"""From a condition on products to a question, and from there to the products."""

from __future__ import annotations

import time
from itertools import islice

from pyroaring import BitMap

from fidelia import conditions
from fidelia.conditions import Condition, Vocabulary
from fidelia.kernel.errors import FieldError, Problem, conflict, invalid
from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx

from ..service import answer
from ..service.question import Question
from ..service.refusals import in_words
from ..vocabulary import product_memberships
from . import store
from .model import WORDS, Entity, ProductCalculation, ProductSegment
from .ports import CATALOGUE, PRODUCT_VOCABULARY, Catalogue, ProductVocabulary

MAX_SHOWN = 200
#: The catalogue belongs to no database.
NOWHERE = 0
ZONE = "UTC"


async def vocabulary(tx: Tx, entity: Entity) -> Vocabulary:
    """Return what conditions on products, or on SKUs, may speak of."""
    port: ProductVocabulary = tx.engines.port(PRODUCT_VOCABULARY)
    words = await port(tx)
    if entity not in words.subject:
        raise conflict(f"There are no {WORDS[entity][1]} that conditions could speak of")
    return conditions.merge(words, Vocabulary(memberships=await product_memberships(tx)))


async def ask(
    tx: Tx,
    entity: Entity,
    condition: Condition,
    *,
    own: int | None = None,
    limit: int | None = None,
    timezone: str | None = None,
) -> Question:
    """Check a condition on products; ``own`` is the segment it belongs to, which it must not lead back to.

    Raises 422 with a pointer below ``/condition`` for each fault.
    """
    words = await vocabulary(tx, entity)
    checked = conditions.check(condition, words, subject=entity, pointer="/condition")
    trail = await _way_back(tx, condition, own)
    if trail:
        raise invalid(FieldError("/condition", f"A segment cannot lead back to itself: {' → '.join(trail)}"))
    return Question(NOWHERE, "the catalogue", timezone or ZONE, checked, {}, {}, None, limit)


async def ask_segment(tx: Tx, segment: ProductSegment) -> Question:
    """Return the question of a stored segment; raise 409 when its rules no longer fit the vocabulary."""
    if segment.condition is None:
        raise conflict(f"The segment {segment.name} is a list and has no rules")
    zone = segment.schedule.timezone if segment.schedule else None
    try:
        return await ask(tx, segment.entity, segment.condition, own=segment.id, limit=segment.limit, timezone=zone)
    except Problem as exc:
        if exc.status != 422:
            raise
        text = f"The rules of the segment {segment.name} cannot be worked out any more: {exc.detail}"
        raise conflict(text, *exc.errors, segment=segment.id) from exc


def said(question: Question) -> conditions.Sentence:
    """Return the condition of a question in words."""
    entity: Entity = question.checked.subject  # type: ignore[assignment]
    many = WORDS[entity][1]
    return conditions.sentence(question.checked, subjects=many[0].upper() + many[1:])


async def calculate(
    engines: Engines, entity: Entity, condition: Condition, *, limit: int | None, rows: int, nodes: bool
) -> ProductCalculation:
    """Count and show the products for which a condition holds now. Raises 422, 503."""
    began = time.perf_counter()
    async with engines.tx() as tx:
        question = await ask(tx, entity, condition, limit=limit)
    with in_words():
        await answer.catch_up(engines, NOWHERE, wait=False)
        now = answer.rounded(engines.clock.now())
        if nodes:
            matched, counts, total = await answer.answer_nodes(engines, question, now)
        else:
            matched, counts, total = await answer.answer_all(engines, question, now), None, None
        found = await answer.sample(engines.clickhouse, question, matched)
    async with engines.tx() as tx:
        catalogue: Catalogue = tx.engines.port(CATALOGUE)
        preview = await catalogue.cards(tx, entity, list(islice(found, min(rows, MAX_SHOWN))))
    sentence = said(question)
    return ProductCalculation(
        count=len(found),
        matched=len(matched),
        total=total,
        preview=preview,
        nodes=None if counts is None else list(counts),
        sentence=sentence.text,
        spans=sentence.spans,
        as_of=now,
        took_ms=round((time.perf_counter() - began) * 1000),
    )


async def find_all(engines: Engines, question: Question, *, tag: str | None = None) -> BitMap:
    """Return the products of a question, however much has to reach ClickHouse before."""
    await answer.catch_up(engines, NOWHERE, wait=True)
    return await answer.answer(engines, question, engines.clock.now(), tag=tag)


async def _way_back(tx: Tx, condition: Condition, own: int | None) -> list[str]:
    """Follow the segments that rules name; return the names on the way back to ``own``."""
    if own is None:
        return []
    trails: dict[int, list[str]] = {}
    wanted: dict[int, list[str]] = {id_: [] for id_ in conditions.row_segments_in(condition)}
    while wanted:
        found = {segment.id: segment for segment in await store.some(tx, wanted)}
        if own in wanted:
            name = found[own].name if own in found else "this segment"
            return [*wanted[own], name]
        trails |= wanted
        wanted = {
            below: [*trails[segment.id], segment.name]
            for segment in found.values()
            if segment.condition is not None
            for below in conditions.row_segments_in(segment.condition)
            if below not in trails
        }
    return []
