"""Who may: the promotions that fit a draft order, and the reason for each that does not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fidelia.conditions import Asking, Facts, values_at

from .bits import each_bit
from .compiled import Compiled, Conditions
from .model import Draft, Left, Line, Member, Reason, Trace


class Fitting:
    """What fits: ``bits`` of promotions; ``lines`` that each product condition lets by, ``whole`` are all of them.

    ``trace`` tells of the others, in the order of trying; what it says of those that fit means nothing yet.
    """

    __slots__ = ("bits", "lines", "trace", "whole")

    def __init__(self, bits: int, lines: list[list[int]], whole: list[int], trace: list[Trace]) -> None:
        self.bits = bits
        self.lines = lines
        self.whole = whole
        self.trace = trace


def fit(compiled: Compiled, draft: Draft, member: Member | None, asking: Asking, left: Mapping[int, Left]) -> Fitting:
    """Find the promotions that fit an order; the first reason that holds is told of each other one."""
    trace = compiled.rejected["condition"].copy()  # which most that do not fit fail
    bits = compiled.every

    def reject(out: int, reason: Reason) -> int:
        out &= bits
        if out:
            known = compiled.rejected[reason]
            for i in each_bit(out):
                trace[i] = known[i]
        return bits & ~out

    bits = reject(~compiled.active, "inactive")
    if compiled.timed:
        early, late = compiled.out_of_time(asking.at.now)
        bits = reject(early, "not_started")
        bits = reject(late, "ended")
    if member is None:
        bits = reject(compiled.members, "no_member")
    bits = reject(~compiled.traits(draft.currency).bits, "currency")
    for pool, needed in compiled.coded.items():
        if pool not in draft.codes:
            bits = reject(needed, "code")
    for promotion, limits in left.items():
        i = compiled.places.get(promotion)
        if i is not None:
            for most, reason in _LIMITS:
                known = getattr(limits, most)
                if known is not None and known <= 0:
                    bits = reject(1 << i, reason)
    bits &= _holding(compiled, draft.facts, asking, bits)
    lines = _lines(compiled, draft.lines, asking)
    none = 0
    for n, of_it in enumerate(compiled.by_products):
        if not lines[n]:
            none |= of_it
    bits = reject(none, "products")
    return Fitting(bits, lines, list(range(len(draft.lines))), trace)


_LIMITS: tuple[tuple[str, Reason], ...] = (
    ("uses", "limit_uses"),
    ("money", "limit_money"),
    ("points", "limit_points"),
)


def _tabled(conditions: Conditions, facts: Facts, among: int) -> int:
    """Return the conditions among some that their tables let by."""
    for table in conditions.tables:
        if not among:
            break
        found = table.others
        for value in values_at(facts, table.place):
            found |= table.values.get(value, 0)
        among &= found
    return among


def _holding(compiled: Compiled, facts: Facts, asking: Asking, bits: int) -> int:
    """Return the promotions whose condition on the order holds; those not in ``bits`` are not asked."""
    conditions = compiled.conditions
    found = _tabled(conditions, facts, conditions.all)
    holding = compiled.unconditional
    prepared, of = conditions.prepared, compiled.of_condition
    asks = conditions.asks
    while found:
        low = found & -found
        n = low.bit_length() - 1
        found ^= low
        of_it = of[n]
        if of_it & bits and (not low & asks or prepared[n].holds(facts, asking)):
            holding |= of_it
    return holding


def _lines(compiled: Compiled, lines: Sequence[Line], asking: Asking) -> list[list[int]]:
    """Return for each product condition the lines that it lets by."""
    conditions, remembered = compiled.products, compiled.remembered
    found: list[list[int]] = [[] for _ in conditions.prepared]
    if not found:
        return found
    live = conditions.all & ~remembered
    for i, line in enumerate(lines):
        known = compiled.items.get(line.item) if line.item is not None else None
        if known is None:
            known = _met(conditions, line.facts, asking, remembered)
            if line.item is not None:
                compiled.remember(line.item, known)
        for n in known:
            found[n].append(i)
        if live:
            for n in _met(conditions, line.facts, asking, live):
                found[n].append(i)
    return found


def _met(conditions: Conditions, facts: Facts, asking: Asking, among: int) -> tuple[int, ...]:
    """Return the conditions among some that a line meets."""
    among = _tabled(conditions, facts, among)
    asks, prepared = conditions.asks, conditions.prepared
    met = []
    while among:
        low = among & -among
        n = low.bit_length() - 1
        among ^= low
        if not low & asks or prepared[n].holds(facts, asking):
            met.append(n)
    return tuple(met)
