"""An order worked out to be looked at: nothing is written, whoever it is for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from ipaddress import IPv6Address
from time import perf_counter
from typing import Any

import msgspec

from fidelia import conditions, profiles
from fidelia.kernel.errors import invalid_field, not_found
from fidelia.platform.postgres import Tx

from .. import orders, pricing, programs
from ..promotions import Ready, ready, ready_as_if
from .invented import as_if, fields_of
from .model import (
    AskedField,
    AskedSegment,
    FactsAsked,
    Mode,
    OtherMode,
    TestedOrder,
    TestFacts,
    TestOrder,
    TestWhy,
    WhyAsked,
    WhyLine,
)

_OWN = frozenset({"participant", "at", "mode", "versions", "promotion"})
MAX_SEEN = 200
FIRST, LAST = datetime(1970, 1, 2, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


class _Loaded(msgspec.Struct, frozen=True):
    """A basket with all that its calculation looks at."""

    order: orders.DraftOrder
    context: orders.Context
    known: Ready
    at: datetime
    mode: Mode


async def work_out(tx: Tx, program_id: int, asked: TestOrder) -> TestedOrder:
    """Work a basket out with the promotions of a program; raise 404, and 422 for what cannot be read."""
    loaded = await _load(tx, program_id, asked)
    other: Mode = "best" if loaded.mode == "priority" else "priority"
    started = perf_counter()
    result = orders.calculate(loaded.context, loaded.at)
    took = (perf_counter() - started) * 1000
    shown = orders.shown(loaded.order, loaded.context, result)
    return TestedOrder(
        at=loaded.at,
        mode=loaded.mode,
        took_ms=round(took, 2),
        result=shown,
        other=_other(loaded, other, shown),
    )


async def only_result(tx: Tx, program_id: int, asked: TestOrder) -> orders.Calculated:
    """Work a basket out and nothing besides; raise 404, 422."""
    loaded = await _load(tx, program_id, asked)
    return orders.shown(loaded.order, loaded.context, orders.calculate(loaded.context, loaded.at))


async def why(tx: Tx, program_id: int, asked: WhyAsked) -> TestWhy:
    """Explain the conditions of one promotion for a basket, by the rules that decided; raise 404, 422."""
    loaded = await _load(tx, program_id, asked)
    known, draft = loaded.known, loaded.context.draft
    if (place := known.compiled.places.get(asked.promotion)) is None:
        raise not_found("Promotion", asked.promotion)
    terms = known.compiled.terms[place]
    rules = [] if terms.condition is None else _verdicts(terms.condition, draft.facts, loaded.at, known.zone)
    lines = []
    if terms.products is not None:
        for line, drafted in zip(draft.lines, loaded.context.lines, strict=True):
            found = _verdicts(terms.products, line.facts, loaded.at, known.zone)
            name = None if drafted.item is None else drafted.item.name
            lines.append(WhyLine(line.id, drafted.key, name, found[0].holds, found))
    return TestWhy(
        promotion=asked.promotion,
        name=known.names[asked.promotion],
        condition=None if terms.condition is None else conditions.encode(terms.condition.condition),
        holds=not rules or rules[0].holds,
        rules=rules,
        products=None if terms.products is None else conditions.encode(terms.products.condition),
        lines=lines,
    )


async def asks(tx: Tx, program_id: int, asked: FactsAsked) -> TestFacts:
    """Return what the promotions look at of who buys; raise 404, 422."""
    program = await programs.program(tx, program_id)
    database = await profiles.get_database(tx, program.database_id)
    known = await _known(tx, program, asked.versions, _moment(tx, asked.at))
    trees = [one for terms in known.compiled.terms for one in (terms.condition, terms.products) if one is not None]
    names = {id_: name for tree in trees for id_, name in tree.segment_names.items()}
    found = [field for name in known.fields if (field := database.field(name)) is not None]
    return TestFacts(
        fields=[AskedField(one.name, one.label or one.name, one.type, list(one.options)) for one in found],
        segments=sorted((AskedSegment(id_, names[id_]) for id_ in known.segments if id_ in names), key=_by_name),
        number=known.numbered,
    )


def _by_name(one: AskedSegment) -> str:
    return one.name.lower()


def _verdicts(
    checked: conditions.Checked, facts: conditions.Facts, at: datetime, zone: str
) -> list[conditions.Verdict]:
    found = conditions.explain(checked, facts, at, zone)
    return [msgspec.structs.replace(one, seen=_plain(one.seen)) for one in found]


def _plain(value: Any) -> Any:
    """Return what a rule saw as JSON: amounts as text, long lists and texts cut."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(inner) for inner in list(value)[:MAX_SEEN]]
    if isinstance(value, IPv6Address):
        return str(value.ipv4_mapped or value)
    return value[:MAX_SEEN] if isinstance(value, str) else msgspec.to_builtins(value)


def _moment(tx: Tx, at: datetime | None) -> datetime:
    if at is None:
        return tx.now
    if at.tzinfo is None:
        raise invalid_field("/at", "A moment needs its time zone")
    if not FIRST <= at <= LAST:
        raise invalid_field("/at", f"A moment lies between {FIRST.year} and {LAST.year}")
    return at


async def _known(tx: Tx, program: programs.Program, versions: Mapping[int, int], at: datetime) -> Ready:
    if versions:
        return await ready_as_if(tx, program, at, versions)
    return await ready(tx, program, None if at == tx.now else at)


async def _load(tx: Tx, program_id: int, asked: TestOrder) -> _Loaded:
    program = await programs.program(tx, program_id)
    if asked.participant is not None and (asked.profile is not None or asked.match is not None):
        raise invalid_field("/participant", "Choose somebody who exists, or make somebody up, not both")
    at = _moment(tx, asked.at)
    values: dict[str, Any] = {name: getattr(asked, name) for name in asked.__struct_fields__ if name not in _OWN}
    order = orders.DraftOrder(database=program.database_id, **values)
    known = await _known(tx, program, asked.versions, at)
    profile_id = await orders.profile_of(tx, order)
    context = await orders.load(tx, order, program, profile_id, at, known)
    if asked.participant is not None:
        fields = fields_of(await profiles.get_database(tx, program.database_id), asked.participant)
        groups = await programs.level_groups(tx, program.id)
        levels = {group.key: [level.key for level in group.levels] for group in groups}
        context = as_if(context, known, asked.participant, fields, levels)
    mode: Mode = asked.mode or program.mode
    return _Loaded(order, _in_mode(context, known, mode), known, at, mode)


def _in_mode(context: orders.Context, known: Ready, mode: Mode) -> orders.Context:
    """Return the context with another way to choose between promotions."""
    if known.compiled.program.mode == mode:
        return msgspec.structs.replace(context, ready=known)
    compiled = pricing.compile_program(msgspec.structs.replace(known.compiled.program, mode=mode))
    return msgspec.structs.replace(context, ready=msgspec.structs.replace(known, compiled=compiled))


def _other(loaded: _Loaded, other: Mode, first: orders.Calculated) -> OtherMode:
    context = _in_mode(loaded.context, loaded.known, other)
    shown = orders.shown(loaded.order, context, orders.calculate(context, loaded.at))

    def applied(found: orders.Calculated) -> list[int]:
        return [entry.promotion for entry in found.trace if entry.status == "applied"]

    differs = (shown.final, shown.points.accrue, applied(shown)) != (first.final, first.points.accrue, applied(first))
    return OtherMode(other, shown.final, shown.points.accrue, applied(shown), differs)
