"""An order worked out to be looked at: nothing is written, whoever it is for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from time import perf_counter
from typing import Any

import msgspec

from fidelia.conditions import Row
from fidelia.kernel.errors import invalid_field
from fidelia.kernel.money import parse_amount
from fidelia.platform.postgres import Tx

from .. import orders, pricing, programs
from ..promotions import Ready
from .model import InventedParticipant, Mode, OtherMode, TestedOrder, TestOrder

_OWN = frozenset({"participant", "at", "mode"})


async def work_out(tx: Tx, program_id: int, asked: TestOrder) -> TestedOrder:
    """Work a basket out with the promotions of a program; raise 404, and 422 for what cannot be read."""
    program = await programs.program(tx, program_id)
    if asked.participant is not None and (asked.profile is not None or asked.match is not None):
        raise invalid_field("/participant", "Choose somebody who exists, or make somebody up, not both")
    if asked.at is not None and asked.at.tzinfo is None:
        raise invalid_field("/at", "A moment needs its time zone")
    order = orders.DraftOrder(
        database=program.database_id,
        **{name: getattr(asked, name) for name in asked.__struct_fields__ if name not in _OWN},
    )
    at = asked.at or tx.now
    profile_id = await orders.profile_of(tx, order)
    context = await orders.load(tx, order, program, profile_id, at)
    known = context.ready
    assert known is not None  # a program was given
    if asked.participant is not None:
        levels = {group.key: [level.key for level in group.levels] for group in await _groups(tx, program.id)}
        context = _as_if(context, known, asked.participant, levels)
    mode: Mode = asked.mode or program.mode
    other: Mode = "best" if mode == "priority" else "priority"
    context = _in_mode(context, known, mode)
    started = perf_counter()
    result = orders.calculate(context, at)
    took = (perf_counter() - started) * 1000
    shown = orders.shown(order, context, result)
    instead = _in_mode(context, known, other)
    return TestedOrder(
        at=at,
        mode=mode,
        took_ms=round(took, 2),
        result=shown,
        other=_other(order, instead, at, other, shown),
    )


async def _groups(tx: Tx, program_id: int) -> list[programs.LevelGroup]:
    return await programs.level_groups(tx, program_id)


def _in_mode(context: orders.Context, known: Ready, mode: Mode) -> orders.Context:
    """Return the context with another way to choose between promotions."""
    if known.compiled.program.mode == mode:
        return msgspec.structs.replace(context, ready=known)
    compiled = pricing.compile_program(msgspec.structs.replace(known.compiled.program, mode=mode))
    return msgspec.structs.replace(context, ready=msgspec.structs.replace(known, compiled=compiled))


def _other(
    order: orders.DraftOrder, context: orders.Context, at: datetime, mode: Mode, first: orders.Calculated
) -> OtherMode:
    result = orders.calculate(context, at)
    shown = orders.shown(order, context, result)

    def applied(found: orders.Calculated) -> list[int]:
        return [entry.promotion for entry in found.trace if entry.status == "applied"]

    differs = (shown.final, shown.points.accrue, applied(shown)) != (first.final, first.points.accrue, applied(first))
    return OtherMode(mode, shown.final, shown.points.accrue, applied(shown), differs)


def _as_if(
    context: orders.Context, known: Ready, who: InventedParticipant, levels: Mapping[str, list[str]]
) -> orders.Context:
    """Return the context as if somebody who was made up had come to the till."""
    root = f"loyalty.{known.program.external_id}"
    fields: dict[str, Any] = dict(who.fields)
    points: dict[int, int] = {}
    for key, text in who.points.items():
        point_type = known.type_of(key)
        if point_type is None:
            raise invalid_field(f"/participant/points/{key}", f"There are no points {key!r}")
        amount = parse_amount(text, f"/participant/points/{key}", places=point_type.places)
        if amount < 0:
            raise invalid_field(f"/participant/points/{key}", "Points are nought or more")
        points[point_type.id] = int(amount.scaleb(point_type.places))
        fields[f"{root}.points.{key}.active"] = amount
    for one in known.types.values():
        fields.setdefault(f"{root}.points.{one.key}.active", Decimal(0))
        fields[f"{root}.points.{one.key}.pending"] = Decimal(0)
    for key, level in who.levels.items():
        if level not in levels.get(key, ()):
            raise invalid_field(f"/participant/levels/{key}", f"There is no level {level!r} in {key!r}")
        fields[f"{root}.levels.{key}"] = level
    facts = context.draft.facts
    inside = frozenset(who.segments)
    facts = msgspec.structs.replace(
        facts,
        fields={**facts.fields, "number": who.orders + 1},
        links={**facts.links, "profile": (Row(fields=fields),)},
        segments={id_: id_ in inside for id_ in known.segments},
    )
    return msgspec.structs.replace(
        context,
        member=who.member,
        buyer=pricing.Member(points=points) if who.member else None,
        draft=msgspec.structs.replace(context.draft, facts=facts),
    )
