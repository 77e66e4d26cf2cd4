"""Checks of a split: values before they are stored, and what a start needs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from fidelia.kernel.errors import FieldError, Problem, invalid
from fidelia.platform.postgres import Tx

from ...channels.email.address import has_control
from ...store import templates as templates_store
from .compiled import subject_uses
from .model import MOST_TESTED, MOST_VARIANTS, Split, SplitTest

MOST_WAIT = 90 * 86_400
LEAST_WAIT = 60


async def checked_split(tx: Tx, split: Split, kind: str, database_id: int) -> Any:
    """Return a split as it is stored; raise 422 with everything that is wrong with it."""
    errors: list[FieldError] = []
    most = MOST_TESTED if kind == "multivariate" else MOST_VARIANTS
    if len(split.variants) > most:
        errors.append(FieldError("/split/variants", f"There may be {most} variants at most"))
    for n, variant in enumerate(split.variants[:most]):
        at = f"/split/variants/{n}"
        errors += [
            FieldError(f"{at}/{name}", "This text holds a line break or another control character")
            for name in ("subject", "from_name")
            if has_control(getattr(variant, name))
        ]
        try:
            template = await templates_store.get(tx, variant.template_id)
            if variant.subject and not has_control(variant.subject):
                await subject_uses(tx, variant.subject, template.variables, database_id, f"{at}/subject")
        except Problem as exc:
            if exc.status == 404:
                errors.append(FieldError(f"{at}/template_id", "There is no such template"))
            errors += exc.errors
    if split.test is not None:
        if kind != "multivariate":
            errors.append(FieldError("/split/test", "Only a multivariate mailing has a test"))
        errors += _test_errors(split.test)
    if errors:
        raise invalid(*errors)
    return msgspec.to_builtins(split)


def _test_errors(test: SplitTest) -> list[FieldError]:
    errors = []
    if (test.share is None) == (test.count is None):
        errors.append(FieldError("/split/test/share", "Say the part of the audience, or the number of people"))
    if test.share is not None and not 0 < test.share <= 100:
        errors.append(FieldError("/split/test/share", "The part is between 0 and 100 percent"))
    if test.count is not None and not 2 <= test.count <= 10_000_000:
        errors.append(FieldError("/split/test/count", "The test needs two people at least"))
    if test.metric != "manual" and (test.wait is None) == (test.until is None):
        errors.append(FieldError("/split/test/wait", "Say how long to wait, or until when"))
    if test.wait is not None and not LEAST_WAIT <= test.wait <= MOST_WAIT:
        errors.append(FieldError("/split/test/wait", "The wait is between a minute and 90 days"))
    if test.until is not None and test.until.tzinfo is None:
        errors.append(FieldError("/split/test/until", "A time needs its zone, like 2026-11-24T09:00:00Z"))
    if test.extend and test.wait is None:
        errors.append(FieldError("/split/test/extend", "Only a wait can be extended, not a moment"))
    if test.confidence and not 50 <= test.confidence < 100:
        errors.append(FieldError("/split/test/confidence", "The confidence is between 50 and 99.99 percent"))
    if has_control(test.event):
        errors.append(FieldError("/split/test/event", "This text holds a control character"))
    return errors


def variants_faults(split: Split | None) -> list[FieldError]:
    """Return what keeps the variants themselves from being sent; none without a split."""
    if split is None or len(split.variants) >= 2:
        return []
    return [FieldError("/split/variants", "Add a second variant, or send one template to everybody")]


def test_faults(split: Split | None, now: datetime) -> list[FieldError]:
    """Return what of the test of a multivariate mailing is missing."""
    if split is None or len(split.variants) < 2:
        return [FieldError("/split/variants", "Choose two templates or more to compare")] if split is None else []
    test = split.test
    if test is None:
        return [FieldError("/split/test", "Say who gets the test, and how the winner is found")]
    if test.metric == "goal" and not test.event.strip():
        return [FieldError("/split/test/event", "Choose the event that is the goal")]
    if test.until is not None and test.until <= now:
        return [FieldError("/split/test/until", "The moment of the decision has passed")]
    return []


test_faults.__test__ = False  # type: ignore[attr-defined]
