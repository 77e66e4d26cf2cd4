"""Why somebody is in a segment or not: the verdict on every rule with the value it saw."""

from __future__ import annotations

from datetime import datetime
from ipaddress import IPv6Address
from typing import Any

import msgspec
from pyroaring import BitMap

from fidelia import conditions, profiles
from fidelia.conditions import Given, TextSpan, Verdict
from fidelia.kernel.errors import not_found
from fidelia.kernel.ids import MAX_PROFILE_ID
from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx

from .. import rules
from ..model import SegmentRange
from ..store import members as members_store
from ..store import segments as store
from . import answer, facts
from .preview import Unsaved
from .question import Question, ask, ask_segment
from .refusals import in_words

MAX_SEEN = 200


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """Why somebody is in or not.

    ``member``: whether they are in the segment; for a stored list that is what the list says. ``holds``: whether the
    rules hold for them now (null for a list without rules). ``in_range``: whether they belong to the segment's random
    part (null without one); a ``limit`` may still leave them out. ``rules`` are verdicts on every node, parents first;
    ``failed`` counts the rules directly below the top that do not hold.
    """

    profile_id: int
    member: bool
    holds: bool | None
    in_range: bool | None
    rules: list[Verdict]
    failed: int
    sentence: str
    spans: tuple[TextSpan, ...]
    as_of: datetime


async def explain(
    engines: Engines, what: Unsaved | int, profile_id: int, *, wait: bool = True, tag: str | None = None
) -> Explanation:
    """Explain one person's place. Raises 404 for the segment or profile, 409, 422, 503."""
    async with engines.tx() as tx:
        now = tx.now
        question, listed, database_id = await _question(tx, what)
        if not 0 < profile_id <= MAX_PROFILE_ID or not await profiles.exists(tx, database_id, [profile_id]):
            raise not_found("Profile", profile_id)
    if question is None:
        assert listed is not None
        return Explanation(
            profile_id=profile_id, member=profile_id in listed, holds=None, in_range=None, rules=[], failed=0,
            sentence="", spans=(), as_of=now,
        )  # fmt: skip
    with in_words():
        await answer.catch_up(engines, database_id, wait=wait)
        verdicts = await _verdicts(engines, question, profile_id, now, tag)
        holds = verdicts[0].holds
        member = profile_id in listed if listed is not None else holds
        if listed is None and holds and question.limit is not None:
            member = profile_id in await answer.answer(engines, question, now, tag=tag)
    inside = _in_range(question.database_id, question.range, profile_id)
    top = verdicts[0].path
    said = question.text
    return Explanation(
        profile_id=profile_id,
        member=member and (listed is not None or inside is not False),
        holds=holds,
        in_range=inside,
        rules=verdicts,
        failed=sum(not v.holds for v in verdicts if v.path.startswith(f"{top}/of/") and v.path.count("/") == 2),
        sentence=said.text,
        spans=said.spans,
        as_of=now,
    )


async def _question(tx: Tx, what: Unsaved | int) -> tuple[Question | None, BitMap | None, int]:
    if isinstance(what, Unsaved):
        question = await ask(tx, what.database_id, what.condition, range=what.range, limit=what.limit)
        return question, None, what.database_id
    segment = await store.get(tx, what)
    listed = None if segment.type == "dynamic" else await members_store.members(tx, what)
    own = await ask_segment(tx, segment) if segment.condition is not None else None
    return own, listed, segment.database_id


async def _verdicts(
    engines: Engines, question: Question, profile_id: int, now: datetime, tag: str | None
) -> list[Verdict]:
    resolved = await answer.resolved(engines, question, now, tag)
    dynamic = {id_: how for id_, how in resolved.items() if isinstance(how, conditions.Checked)}
    stored: dict[int, bool] = {}
    async with engines.tx() as tx:
        lists = await members_store.members_of(tx, [id_ for id_ in resolved if id_ not in dynamic])
    for id_, how in resolved.items():
        if isinstance(how, Given):
            stored[id_] = profile_id in answer.given_people(how)
        elif id_ not in dynamic:
            stored[id_] = profile_id in lists.get(id_, ())
    asked = facts.Need.of([question.checked, *dynamic.values()])
    known = await facts.load(engines.clickhouse, question.checked.vocabulary, asked, profile_id, stored, tag)
    if known is None:
        raise not_found("Profile", profile_id)
    known = await facts.look_up(engines.clickhouse, question.checked, known, now, question.timezone, dynamic, tag)
    found = conditions.explain(question.checked, known, now, question.timezone, dynamic)
    return [msgspec.structs.replace(verdict, seen=plain(verdict.seen)) for verdict in found]


def _in_range(database_id: int, part: SegmentRange | None, profile_id: int) -> bool | None:
    if part is None:
        return None
    first, last = rules.edges(part)
    return first <= rules.position(rules.sampling_key(database_id), profile_id) <= last


def plain(value: Any) -> Any:
    """Return a value that a rule saw as JSON: amounts as text, long lists and texts cut."""
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value[:MAX_SEEN]]
    if isinstance(value, str):
        return value[:MAX_SEEN]
    if isinstance(value, IPv6Address):
        return str(value.ipv4_mapped or value)
    return msgspec.to_builtins(value)
