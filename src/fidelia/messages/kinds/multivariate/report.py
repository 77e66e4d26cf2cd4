"""What the report of a run says about its variants and their test."""

from __future__ import annotations

from collections.abc import Sequence

from fidelia.platform.postgres import Tx

from ...model import Run
from . import rules, service, store
from .model import Decision, SplitTest, TestReport, VariantFigures, VariantReport


async def split_report(tx: Tx, run: Run) -> tuple[list[VariantReport], TestReport | None]:
    """Return the figures of each variant as of now, and those of the test, if the run has one."""
    if not run.plan.variants:
        return [], None
    figures = await service.seen(tx.engines, run, tx.now)
    names = await store.versions(tx, [variant.version_id for variant in run.plan.variants])
    made = _reports(run, names, figures)
    test = run.plan.test
    if test is None:
        return made, None
    _, decision = await store.decision_of(tx, run.id)
    decision = decision or Decision()
    held = decision.held
    if decision.state in service.OPEN:
        held = len(await store.held(await tx.raw(), run.id)) if decision.held else 0
    frozen = decision.figures or figures
    return made, _test(test, decision, _reports(run, names, frozen), frozen, held)


def _test(
    test: SplitTest,
    decision: Decision,
    variants: list[VariantReport],
    figures: Sequence[VariantFigures],
    held: int,
) -> TestReport:
    leader, confidence = decision.leader, decision.confidence
    if not decision.figures:  # as it looks now
        found = rules.standing(test.metric, figures)
        leader = found.leaders[0] if len(found.leaders) == 1 and found.reacted else None
        confidence = found.confidence if leader is not None else None
    return TestReport(
        state=decision.state,
        metric=test.metric,
        event=test.event,
        minimum=test.confidence,
        decides_at=decision.decides_at if decision.state in ("sending", "waiting") else None,
        extended=decision.extended,
        leader=leader,
        confidence=confidence,
        winner=decision.winner,
        why=decision.why,
        by=decision.by,
        decided_at=decision.decided_at,
        held=held,
        variants=variants,
    )


def _reports(run: Run, names: dict[int, tuple[str, str]], figures: Sequence[VariantFigures]) -> list[VariantReport]:
    return [_report(run, names, found) for found in figures]


def _report(run: Run, names: dict[int, tuple[str, str]], found: VariantFigures) -> VariantReport:
    plan = run.plan.variants[found.variant - 1]
    name, subject = names.get(plan.version_id, ("", ""))
    return VariantReport(
        variant=found.variant,
        template_id=plan.template_id,
        template_name=name,
        subject=plan.subject or subject,
        from_name=plan.from_name or run.plan.from_name,
        people=found.people,
        waiting=found.waiting,
        sent=found.sent,
        failed=found.failed,
        blocked=found.blocked,
        unknown=found.unknown,
        delivered=found.delivered,
        bounced=found.bounced,
        unsubscribed=found.unsubscribed,
        complained=found.complained,
        opened=rules.wilson(found.opened, found.delivered),
        clicked=rules.wilson(found.clicked, found.delivered),
        clicks_of_opens=rules.wilson(found.clicked, found.opened),
        goal=rules.wilson(found.goals, found.delivered) if found.goals is not None else None,
        revenue=f"{found.revenue:.2f}" if found.revenue is not None else None,
        currency=found.currency,
    )
