"""Somebody who was made up, in place of who buys."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from fidelia import profiles
from fidelia.conditions import Row
from fidelia.kernel.errors import FieldError, invalid, invalid_field
from fidelia.kernel.money import parse_amount

from .. import orders, pricing
from ..promotions import Ready
from .model import InventedParticipant


def fields_of(database: profiles.Database, who: InventedParticipant) -> dict[str, Any]:
    """Return the fields of somebody made up, read as their types want; raise 422 for each that does not fit."""
    found: dict[str, Any] = {}
    errors: list[FieldError] = []
    for name, value in who.fields.items():
        field = database.field(name)
        if field is None:
            errors.append(FieldError(f"/participant/fields/{name}", f"People have no field {name}"))
            continue
        try:
            # what Fidelia or a score keeps may be made up, too
            found[name] = field.kind.read(value) if field.read_only else profiles.read_value(field, value)
        except ValueError as exc:
            errors.append(FieldError(f"/participant/fields/{name}", str(exc)))
    if errors:
        raise invalid(*errors)
    return found


def as_if(
    context: orders.Context,
    known: Ready,
    who: InventedParticipant,
    fields: Mapping[str, Any],
    levels: Mapping[str, list[str]],
) -> orders.Context:
    """Return the context as if somebody made up had come to the till; ``levels`` are the keys by level group.

    Raise 422 for points and levels that the program does not have.
    """
    root = f"loyalty.{known.program.external_id}"
    found: dict[str, Any] = dict(fields)
    points: dict[int, int] = {}
    for key, text in who.points.items():
        point_type = known.type_of(key)
        if point_type is None:
            raise invalid_field(f"/participant/points/{key}", f"There are no points {key!r}")
        amount = parse_amount(text, f"/participant/points/{key}", places=point_type.places)
        if amount < 0:
            raise invalid_field(f"/participant/points/{key}", "Points are nought or more")
        points[point_type.id] = int(amount.scaleb(point_type.places))
        found[f"{root}.points.{key}.active"] = amount
    for one in known.types.values():
        found.setdefault(f"{root}.points.{one.key}.active", Decimal(0))
        found[f"{root}.points.{one.key}.pending"] = Decimal(0)
    for key, level in who.levels.items():
        if level not in levels.get(key, ()):
            raise invalid_field(f"/participant/levels/{key}", f"There is no level {level!r} in {key!r}")
        found[f"{root}.levels.{key}"] = level
    facts = context.draft.facts
    inside = frozenset(who.segments)
    facts = msgspec.structs.replace(
        facts,
        fields={**facts.fields, "number": who.orders + 1},
        links={**facts.links, "profile": (Row(fields=found),)},
        segments={id_: id_ in inside for id_ in known.segments},
    )
    return msgspec.structs.replace(
        context,
        member=who.member,
        buyer=pricing.Member(points=points) if who.member else None,
        draft=msgspec.structs.replace(context.draft, facts=facts),
    )
