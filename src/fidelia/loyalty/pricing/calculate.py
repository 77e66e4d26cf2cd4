"""The calculation of an order, from what fits to the result with its trace."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from fidelia.conditions import Asking

from .bits import each_bit
from .compiled import Compiled
from .engine import Chosen, Engine, Outcome, factors_of
from .matching import Fitting, fit
from .model import Ask, Draft, Left, LineResult, Member, Program, Result, Search
from .search import best

_NOTHING: Mapping[int, Left] = {}


def compile_program(program: Program) -> Compiled:
    """Make a program ready to be asked many times; raises ``ValueError`` for numbers that make no sense."""
    return Compiled(program)


def calculate(
    compiled: Compiled,
    draft: Draft,
    member: Member | None,
    ask: Ask,
    now: datetime,
    tz: str,
    *,
    left: Mapping[int, Left] = _NOTHING,
) -> Result:
    """Work an order out (see ADR 0021).

    ``member`` is ``None`` for a buyer who is none; ``now`` must be aware, ``tz`` is the database's time zone. ``left``
    maps promotions to what is left of their limits. Raises ``MissingFact`` when a condition asks for facts that were
    not loaded, ``ValueError`` for a line that costs less than nothing.
    """
    for line in draft.lines:
        if line.base < 0 or line.quantity <= 0:
            raise ValueError(f"Line {line.id}: a line costs nothing or more, and has a quantity")
    asking = Asking(now, tz)
    fitting = fit(compiled, draft, member, asking, left)
    factors = factors_of(compiled, fitting.lines, len(draft.lines), asking.at.now)
    engine = Engine(compiled, draft, member, ask, left, factors)
    candidates = _candidates(compiled, fitting)
    search: Search | None = None
    if compiled.program.mode == "best":
        outcome, search = best(engine, candidates, fitting.bits, compiled.program.most_nodes)
        for i, _ in candidates:
            fitting.trace[i] = compiled.not_best[i]  # what was chosen is told below
    else:
        outcome = engine.run(candidates)
    return _result(compiled, draft, fitting, outcome, search)


def _candidates(compiled: Compiled, fitting: Fitting) -> list[Chosen]:
    bits, of, lines = fitting.bits, compiled.of_products, [*fitting.lines, fitting.whole]  # no condition is the last
    if bits.bit_count() * 4 < len(of):
        return [(i, lines[of[i]]) for i in each_bit(bits)]
    return [(i, lines[of[i]]) for i, bit in enumerate(bin(bits)[:1:-1]) if bit == "1"]


def _result(compiled: Compiled, draft: Draft, fitting: Fitting, outcome: Outcome, search: Search | None) -> Result:
    trace = fitting.trace
    for i, told in outcome.trace.items():
        trace[i] = told
    applied: list[list[tuple[int, int]]] = [[] for _ in draft.lines]
    for i in outcome.applied:
        told = outcome.trace[i]
        if told.measure == "total":
            for line, cut in told.lines:
                applied[line].append((told.promotion, cut))
    paid = [0] * len(draft.lines)
    for row in outcome.redeem:
        for line, _, money in row.lines:
            paid[line] += money
    lines = tuple(
        LineResult(line.id, line.base, line.base - amount - points, points, amount, tuple(cut))
        for line, amount, points, cut in zip(draft.lines, outcome.amounts, paid, applied, strict=True)
    )
    total = sum([line.base for line in draft.lines]) + draft.delivery
    final = sum(outcome.amounts) + outcome.delivery
    pools = (compiled.terms[i].pool for i in outcome.applied)
    return Result(
        lines=lines,
        total=total,
        discount=total - final - sum(paid),
        delivery=outcome.delivery,
        final=final,
        redeem=tuple(outcome.redeem),
        accrue=tuple(outcome.accrue),
        max_redeem=outcome.most,
        gifts=tuple(outcome.gifts),
        codes=tuple(outcome.codes),
        levels=tuple(outcome.levels),
        used=tuple(dict.fromkeys(pool for pool in pools if pool is not None)),
        trace=tuple(trace),
        search=search,
    )
