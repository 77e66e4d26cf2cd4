"""An order worked out to be looked at: nothing is written, whoever it is for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from ipaddress import IPv6Address
from time import perf_counter
from typing import Any

import msgspec

from fidelia import conditions, profiles
from fidelia.kernel.errors import invalid_field, not_found
from fidelia.kernel.money import amount_text, round_money
from fidelia.platform.postgres import Tx

from .. import orders, programs
from ..promotions import Ready
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
from .shelf import Shelf

OTHER: Mapping[Mode, Mode] = {"priority": "best", "best": "priority"}
_OWN = frozenset({"participant", "at", "mode", "versions", "promotion", "kind", "definition"})
MAX_SEEN = 200
FIRST, LAST = datetime(1970, 1, 2, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


class Loaded(msgspec.Struct, frozen=True):
    """A basket with all that its calculation looks at."""

    order: orders.DraftOrder
    context: orders.Context
    known: Ready
    at: datetime
    mode: Mode

    def shown(self) -> orders.Calculated:
        """Work it out."""
        return orders.shown(self.order, self.context, orders.calculate(self.context, self.at))


async def work_out(tx: Tx, program_id: int, asked: TestOrder) -> TestedOrder:
    """Work a basket out with the promotions of a program; raise 404, and 422 for what cannot be read."""
    shelf = Shelf()
    loaded = await load(tx, program_id, asked, shelf)
    started = perf_counter()
    result = orders.calculate(loaded.context, loaded.at)
    took = (perf_counter() - started) * 1000
    shown = orders.shown(loaded.order, loaded.context, result)
    return TestedOrder(
        at=loaded.at,
        mode=loaded.mode,
        took_ms=round(took, 2),
        result=shown,
        other=other_way(loaded, shelf, shown),
    )


async def only_result(tx: Tx, program_id: int, asked: TestOrder, shelf: Shelf | None = None) -> orders.Calculated:
    """Work a basket out and nothing besides; raise 404, 422."""
    return (await load(tx, program_id, asked, Shelf() if shelf is None else shelf)).shown()


async def why(tx: Tx, program_id: int, asked: WhyAsked) -> TestWhy:
    """Explain the conditions of one promotion for a basket, by the rules that decided; raise 404, 422."""
    loaded = await load(tx, program_id, asked, Shelf())
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
    known = await Shelf().take(tx, program, asked.versions, moment_of(tx, asked.at))
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


def moment_of(tx: Tx, at: datetime | None) -> datetime:
    """Return the moment that was asked for, now without one; raise 422."""
    if at is None:
        return tx.now
    if at.tzinfo is None:
        raise invalid_field("/at", "A moment needs its time zone")
    if not FIRST <= at <= LAST:
        raise invalid_field("/at", f"A moment lies between {FIRST.year} and {LAST.year}")
    return at


async def load(tx: Tx, program_id: int, asked: TestOrder, shelf: Shelf) -> Loaded:
    """Read all that a basket's calculation looks at, its promotions from the shelf; raise 404, 422."""
    program = await programs.program(tx, program_id)
    if asked.participant is not None and (asked.profile is not None or asked.match is not None):
        raise invalid_field("/participant", "Choose somebody who exists, or make somebody up, not both")
    at = moment_of(tx, asked.at)
    values: dict[str, Any] = {name: getattr(asked, name) for name in asked.__struct_fields__ if name not in _OWN}
    order = orders.DraftOrder(database=program.database_id, **values)
    known = await shelf.take(tx, program, asked.versions, at)
    profile_id = await orders.profile_of(tx, order)
    context = await orders.load(tx, order, program, profile_id, at, known)
    if asked.participant is not None:
        fields = fields_of(await profiles.get_database(tx, program.database_id), asked.participant)
        groups = await programs.level_groups(tx, program.id)
        levels = {group.key: [level.key for level in group.levels] for group in groups}
        context = as_if(context, known, asked.participant, fields, levels)
    mode: Mode = asked.mode or program.mode
    context = msgspec.structs.replace(context, ready=shelf.in_mode(known, mode))
    return Loaded(order, context, known, at, mode)


def other_way(loaded: Loaded, shelf: Shelf, first: orders.Calculated) -> OtherMode:
    """Return what the other way to choose would give, beside what came of the basket."""
    known, other = loaded.known, OTHER[loaded.mode]
    context = msgspec.structs.replace(loaded.context, ready=shelf.in_mode(known, other))
    shown = msgspec.structs.replace(loaded, context=context).shown()

    def applied(found: orders.Calculated) -> list[int]:
        return [entry.promotion for entry in found.trace if entry.status == "applied"]

    differs = (shown.final, shown.points.accrue, applied(shown)) != (first.final, first.points.accrue, applied(first))
    more = round_money(_worth(known, shown) - _worth(known, first), first.currency)
    return OtherMode(
        other,
        shown.final,
        shown.points.accrue,
        applied(shown),
        differs,
        amount_text(more, first.currency),
        _less(shown.points.accrue, first.points.accrue),
    )


def _worth(known: Ready, found: orders.Calculated) -> Decimal:
    """Return what promotions are worth to the customer, in the order's currency: the best choice has the most."""
    worth = Decimal(found.discount)
    for one in known.types.values():
        if one.ratio is not None and one.ratio_currency == found.currency:
            worth += one.ratio * Decimal(found.points.accrue.get(one.key, "0"))
    for gift in found.gifts:
        reward = known.rewards[gift.promotion]
        if known.currencies[gift.promotion] == found.currency:
            worth += Decimal(getattr(reward, "worth", None) or 0)
    return worth


def _less(points: Mapping[str, str], others: Mapping[str, str]) -> dict[str, str]:
    found = {key: Decimal(points.get(key, "0")) - Decimal(others.get(key, "0")) for key in {**others, **points}}
    return {key: amount_text(by) for key, by in found.items() if by}
