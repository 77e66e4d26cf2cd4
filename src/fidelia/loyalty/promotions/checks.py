"""Checking what a promotion says: every amount, name and condition, all faults at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import msgspec

from fidelia import conditions, events, profiles, segments
from fidelia.conditions import Checked, SegmentRef, Vocabulary
from fidelia.kernel.errors import FieldError, Problem, invalid
from fidelia.kernel.money import exponent, parse_amount
from fidelia.platform.postgres import Tx

from ..programs import LevelGroup, PointType, Program, level_groups, point_types, program
from .happening import event_faults
from .model import Kind, PromotionDefinition
from .rewards import (
    DISCOUNTS,
    MONEY,
    POINT_AMOUNTS,
    POINTS,
    RATES,
    TRIGGERED,
    GrantLevel,
    PointsFixed,
    PointsSpent,
)
from .store import parts as store
from .vocabulary import draft_vocabulary

FITTING = {"discount": DISCOUNTS, "points": POINTS, "trigger": TRIGGERED}
MAX_LIMITS = 20
_TOLD = {"discount": "a discount promotion", "points": "a points promotion", "trigger": "a trigger promotion"}


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """What promotions of a program may name."""

    program: Program
    timezone: str
    vocabulary: Vocabulary
    types: Mapping[str, PointType]
    levels: tuple[LevelGroup, ...]
    groups: Mapping[int, str]
    order_segments: Mapping[int, tuple[str, dict[str, Any]]]
    segments: Mapping[int, SegmentRef]
    #: Types of events by name, with their words; only where a definition waits for one.
    events: Mapping[str, str]


class Understood(msgspec.Struct, frozen=True, kw_only=True):
    """The conditions of a definition, typed: the promotion's own, those of a line, and all that an order must meet."""

    condition: Checked | None
    products: Checked | None
    whole: Checked | None


async def scope_of(tx: Tx, program_id: int, definitions: Iterable[PromotionDefinition] = ()) -> Scope:
    """Return what promotions of a program may name, and the segments that these definitions name; raise 404."""
    owner = await program(tx, program_id)
    database = await profiles.get_database(tx, owner.database_id)
    whole: Vocabulary = await tx.engines.port(segments.VOCABULARY)(tx, owner.database_id)
    orders = {one.id: (one.name, one.condition) for one in await store.order_segments(tx, owner.database_id)}
    definitions = list(definitions)
    types = await events.event_types(tx, owner.database_id) if any(one.event for one in definitions) else []
    trees = [tree for one in definitions for tree in (one.condition, one.products) if tree]
    return Scope(
        program=owner,
        timezone=database.timezone,
        vocabulary=draft_vocabulary(whole),
        types=await point_types(tx, program_id),
        levels=tuple(await level_groups(tx, program_id)),
        groups={group.id: group.name for group in await store.groups(tx, program_id)},
        order_segments=orders,
        segments=await named_segments(tx, owner.database_id, [*trees, *(tree for _, tree in orders.values())]),
        events={type_.name: type_.label for type_ in types},
    )


async def named_segments(tx: Tx, database_id: int, trees: Iterable[dict[str, Any]]) -> dict[int, SegmentRef]:
    """Return the segments of people that conditions name; those of other databases and dynamic ones are left out."""
    ids: set[int] = set()
    for tree in trees:
        try:
            ids.update(conditions.segments_in(conditions.decode(tree)))
        except Problem:  # told with its place when the condition itself is checked
            continue
    found = {}
    for id_ in ids:
        try:
            segment = await segments.get_segment(tx, id_)
        except Problem:
            continue
        if segment.database_id == database_id and segment.type != "dynamic":
            found[id_] = SegmentRef(id_, segment.name)
    return found


def understand(scope: Scope, kind: Kind, definition: PromotionDefinition) -> Understood:
    """Check a definition whole; raise 422 with every fault and its place."""
    errors = [
        *_reward_faults(scope, kind, definition),
        *_other_faults(scope, kind, definition),
        *event_faults(definition, kind, scope.events),
    ]
    subject = "profile" if kind == "trigger" else "order"
    own = _checked(scope, definition.condition, subject, "/condition", errors)
    products = _checked(scope, definition.products, "line", "/products", errors)
    if definition.products is not None and kind == "trigger":
        errors.append(FieldError("/products", "A trigger promotion has no order, and so no products"))
    if errors:
        raise invalid(*errors)
    parts = [part for part in (definition.condition, *_hours(definition)) if part is not None]
    if definition.order_segment_id is not None and kind != "trigger":
        parts.append(scope.order_segments[definition.order_segment_id][1])
    if not parts:
        return Understood(condition=None, products=products, whole=None)
    tree = parts[0] if len(parts) == 1 else {"kind": "all", "of": parts}
    return Understood(condition=own, products=products, whole=_checked(scope, tree, subject, "/condition", None))


def check_condition(
    scope_vocabulary: Vocabulary,
    tree: dict[str, Any],
    subject: str,
    pointer: str,
    named: Mapping[int, SegmentRef],
) -> Checked:
    """Check a condition on live facts; raise 422 with a pointer for each fault."""
    condition = conditions.decode(tree)
    faults = [
        FieldError(f"{pointer}{path}/state", "Here only who is in the segment now is known")
        for path, node in conditions.walk(condition)
        if isinstance(node, conditions.Member) and node.state != "now"
    ]
    faults += [
        FieldError(f"{pointer}{path}/of/segment", "A dynamic segment keeps no list: choose a static or updatable one")
        for path, node in conditions.walk(condition)
        if isinstance(node, conditions.Member) and node.subject == "profile"
        if node.of.segment is not None and node.of.segment not in named
    ]
    if faults:
        raise invalid(*faults)
    return conditions.check(
        condition, scope_vocabulary, subject=subject, live_only=True, segments=named.get, pointer=pointer
    )


def _checked(
    scope: Scope, tree: dict[str, Any] | None, subject: str, pointer: str, errors: list[FieldError] | None
) -> Checked | None:
    if tree is None:
        return None
    try:
        return check_condition(scope.vocabulary, tree, subject, pointer, scope.segments)
    except Problem as problem:
        if errors is None:
            raise
        told = problem.errors or (FieldError(pointer, problem.detail),)
        errors.extend(
            one if one.pointer.startswith(pointer) else FieldError(pointer + one.pointer, one.message) for one in told
        )
        return None


def _hours(definition: PromotionDefinition) -> Iterable[dict[str, Any]]:
    hours = definition.hours
    if hours is None:
        return
    if hours.weekdays:
        yield {"kind": "compare", "field": "now.weekday", "op": "in", "value": list(hours.weekdays)}
    rules = [
        {"kind": "compare", "field": "now.time", "op": op, "value": value}
        for op, value in (("gte", hours.start), ("lt", hours.end))
        if value is not None
    ]
    overnight = hours.start is not None and hours.end is not None and hours.start > hours.end
    if rules:
        yield {"kind": "any" if overnight else "all", "of": rules}


def amount(text: str, pointer: str, places: int, errors: list[FieldError], *, least: Decimal | None = None) -> Decimal:
    """Read an amount that is not below nought, or above ``least``; note what is wrong with it."""
    try:
        value = parse_amount(text, pointer, places=places)
    except Problem as problem:
        errors.extend(problem.errors)
        return Decimal(0)
    if value < 0 or (least is not None and value <= least):
        errors.append(FieldError(pointer, "This must be more than nought" if least is not None else "Not below nought"))
    return value


def _reward_faults(  # noqa: PLR0912 one per kind of fault
    scope: Scope, kind: Kind, definition: PromotionDefinition
) -> Iterable[FieldError]:
    reward, errors = definition.reward, list[FieldError]()
    if not isinstance(reward, FITTING[kind]):
        fitting = ", ".join(str(one.__struct_config__.tag) for one in FITTING[kind])
        return [FieldError("/reward/kind", f"This is nothing that {_TOLD[kind]} gives; it gives one of: {fitting}")]
    for name in MONEY.get(type(reward), ()):
        if (value := getattr(reward, name)) is not None:
            if definition.currency is None:
                errors.append(FieldError("/currency", "Say in which currency its money is"))
                break
            amount(value, f"/reward/{name}", exponent(definition.currency), errors, least=Decimal(0))
    point_type = scope.types.get(getattr(reward, "points", ""))
    if hasattr(reward, "points"):
        if point_type is None:
            known = ", ".join(scope.types) or "none yet"
            errors.append(FieldError("/reward/points", f"The program has no such points; it has: {known}"))
        for name in POINT_AMOUNTS.get(type(reward), ()):
            if (value := getattr(reward, name)) is not None:
                places = 4 if point_type is None else point_type.places
                amount(value, f"/reward/{name}", places, errors, least=Decimal(0))
    if type(reward) in RATES:
        name, most = RATES[type(reward)]
        if amount(getattr(reward, name), f"/reward/{name}", 4, errors, least=Decimal(0)) > most:
            errors.append(FieldError(f"/reward/{name}", f"This is {most:,} at most"))
    if isinstance(reward, PointsFixed | PointsSpent) and kind != "trigger":
        if reward.amount is None:
            errors.append(FieldError("/reward/amount", "Say how many points"))
        errors.extend(
            FieldError(f"/reward/{name}", "Only a trigger promotion has bounds for the caller's amount")
            for name in ("least", "most")
            if getattr(reward, name) is not None
        )
    free, every = getattr(reward, "free", 0), getattr(reward, "every", 1)
    if free > every:
        errors.append(FieldError("/reward/free", "Of so few items not so many can be free"))
    if isinstance(reward, GrantLevel) and not any(
        group.key == reward.group and any(level.key == reward.level for level in group.levels) for group in scope.levels
    ):
        errors.append(FieldError("/reward/level", "The program has no such level"))
    return errors


def _other_faults(scope: Scope, kind: Kind, definition: PromotionDefinition) -> Iterable[FieldError]:
    errors = list[FieldError]()
    start, end = definition.starts_at, definition.ends_at
    for name, at in (("starts_at", start), ("ends_at", end)):
        if at is not None and at.tzinfo is None:
            errors.append(FieldError(f"/{name}", "A time needs its zone, like 2026-11-01T10:00:00Z"))
            return errors
    if start is not None and end is not None and end <= start:
        errors.append(FieldError("/ends_at", "The end comes after the start"))
    if definition.group_id is not None and definition.group_id not in scope.groups:
        errors.append(FieldError("/group_id", f"There is no exclusion group {definition.group_id}"))
    if definition.order_segment_id is not None and definition.order_segment_id not in scope.order_segments:
        errors.append(FieldError("/order_segment_id", f"There is no order segment {definition.order_segment_id}"))
    if len(definition.limits) > MAX_LIMITS:
        errors.append(FieldError("/limits", f"A promotion has {MAX_LIMITS} limits at most"))
    seen = set()
    for n, limit in enumerate(definition.limits):
        places = {"uses": 0, "points": 4, "money": exponent(definition.currency or "EUR")}[limit.what]
        amount(limit.most, f"/limits/{n}/most", places, errors)
        if limit.what == "money" and definition.currency is None:
            errors.append(FieldError("/currency", "Say in which currency its money is"))
        key = limit.what, limit.per, limit.period
        if key in seen:
            errors.append(FieldError(f"/limits/{n}", "There is such a limit already"))
        seen.add(key)
    if kind == "trigger":
        errors.extend(
            FieldError(f"/{name}", "A trigger promotion has no order")
            for name in ("group_id", "order_segment_id", "code_pool_id")
            if getattr(definition, name) is not None
        )
    return errors
