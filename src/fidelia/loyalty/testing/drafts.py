"""What a version of a promotion would do: to a basket while it is written, to saved cases once it is published."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from fidelia.kernel.errors import FieldError, Problem, conflict, invalid, invalid_field
from fidelia.platform.postgres import Tx

from .. import promotions
from ..orders import Calculated, TraceEntry
from ..promotions import Kind, PromotionDefinition, Supposed
from . import cases
from .expected import CaseDifference, differences, expectation
from .model import Mode, TestOrder
from .service import load
from .shelf import Shelf


class DraftAsked(TestOrder, frozen=True, kw_only=True):
    """A basket, and what a promotion would say: a ``promotion`` of the program, or (null) one that is not stored.

    It is taken as if it were in force and active.
    """

    kind: Kind
    definition: PromotionDefinition
    promotion: int | None = None


class DraftSums(msgspec.Struct, frozen=True):
    """What comes of the basket in all."""

    final: str
    discount: str
    accrue: dict[str, str]


class TriedDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What a version would do to a basket: ``step`` is what became of it and why, ``before`` as things stand.

    ``differences`` are told from what comes of the basket now to what would.
    """

    at: datetime
    mode: Mode
    currency: str
    step: TraceEntry
    before: DraftSums
    after: DraftSums
    differences: list[CaseDifference]


class CheckedCase(msgspec.Struct, frozen=True, kw_only=True):
    """What publishing would do to a saved case: ``before`` and ``after`` are what it comes to; null: nothing.

    ``failed`` could not be worked out then; ``problem`` says why.
    """

    case: int
    name: str
    state: Literal["same", "changed", "failed"]
    currency: str
    before: str | None
    after: str | None
    differences: list[CaseDifference]
    problem: str


class PublishCheck(msgspec.Struct, frozen=True, kw_only=True):
    """The saved cases of a program as publishing a promotion would leave them: of all ``cases`` those ``checked``.

    A trigger promotion has no part in orders: none is checked.
    """

    at: datetime
    cases: int
    checked: int
    changed: int
    failed: int
    items: list[CheckedCase]


async def try_draft(tx: Tx, program_id: int, asked: DraftAsked) -> TriedDraft:
    """Work a basket out as things stand, and as they would be with a version; raise 404, 422. Writes nothing."""
    if asked.kind == "trigger":
        raise invalid_field("/kind", "A trigger promotion has no order to be tried on")
    await _check(tx, program_id, asked.kind, asked.definition)
    supposed = Supposed(promotion=asked.promotion, kind=asked.kind, definition=asked.definition)
    loaded = await load(tx, program_id, asked, Shelf(supposed))
    before, after = (await load(tx, program_id, asked, Shelf())).shown(), loaded.shown()
    return TriedDraft(
        at=loaded.at,
        mode=loaded.mode,
        currency=after.currency,
        step=next(entry for entry in after.trace if entry.promotion == supposed.id),
        before=_sums(before),
        after=_sums(after),
        differences=differences(expectation(before), after),
    )


def _sums(found: Calculated) -> DraftSums:
    return DraftSums(found.final, found.discount, found.points.accrue)


async def check(
    tx: Tx,
    promotion_id: int,
    definition: PromotionDefinition | None = None,
    at: datetime | None = None,
    ids: list[int] | None = None,
) -> PublishCheck:
    """Work saved cases out as things stand and as if the draft (or a ``definition``) were published.

    Published now or ``at`` a moment to come, which is also when cases without a moment of their own are worked out.
    Writes nothing. Raise 404, 409 without a draft, 422.
    """
    found = await promotions.promotion(tx, promotion_id)
    if found.state == "archived":
        raise conflict("The promotion is archived")
    if at is not None and at.tzinfo is None:
        raise invalid_field("/at", "A time needs its zone, like 2026-11-01T10:00:00Z")
    if at is not None and at < tx.now:
        raise invalid_field("/at", "A version cannot be in force since a moment that is over")
    if definition is None:
        stored = await promotions.versions(tx, promotion_id)
        definition = next((one.definition for one in stored if one.state == "draft"), None)
    if definition is None:
        raise conflict("There is no draft to publish: change the promotion first")
    await _check(tx, found.program_id, found.kind, definition)
    since = at or tx.now
    every = await cases.every(tx, found.program_id)
    chosen = [] if found.kind == "trigger" else [one for one in every if ids is None or one.id in ids]
    supposed = Supposed(promotion=promotion_id, kind=found.kind, definition=definition, since=since)
    now, then = Shelf(), Shelf(supposed)
    items = [await _checked(tx, one, since, now, then) for one in chosen]
    return PublishCheck(
        at=since,
        cases=len(every),
        checked=len(items),
        changed=sum(one.state == "changed" for one in items),
        failed=sum(one.state == "failed" for one in items),
        items=items,
    )


async def _checked(tx: Tx, case: cases.TestCase, since: datetime, now: Shelf, then: Shelf) -> CheckedCase:
    order = case.order if case.order.at is not None else msgspec.structs.replace(case.order, at=since)
    before = await cases.attempt(tx, case.program_id, order, now)
    after = await cases.attempt(tx, case.program_id, order, then)
    found: list[CaseDifference] = []
    state: Literal["same", "changed", "failed"] = "changed"
    if isinstance(after, str):
        state = "failed"
    elif not isinstance(before, str):
        found = differences(expectation(before), after)
        state = "changed" if found else "same"
    return CheckedCase(
        case=case.id,
        name=case.name,
        state=state,
        currency=case.expected.currency,
        before=None if isinstance(before, str) else before.final,
        after=None if isinstance(after, str) else after.final,
        differences=found,
        problem=after if isinstance(after, str) else "",
    )


async def _check(tx: Tx, program_id: int, kind: Kind, definition: PromotionDefinition) -> None:
    try:
        await promotions.check_definition(tx, program_id, kind, definition)
    except Problem as problem:
        if not problem.errors:
            raise
        raise invalid(*(FieldError(f"/definition{one.pointer}", one.message) for one in problem.errors)) from None
