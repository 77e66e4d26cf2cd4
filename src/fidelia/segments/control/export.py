"""The report as tables for a file: what it is about, the figures, the strata and the course."""

from __future__ import annotations

from ..service.books import Row, Table
from .report import ControlMetric, ControlReport

_EFFECT = ["Control group", "The others", "Difference", "From", "To", "Relative", "Relative from", "Relative to"]


def tables(report: ControlReport) -> list[Table]:
    """Return the report as named tables; the first row of each is its head."""
    figures: list[Row] = [["Figure", "Unit", *_EFFECT, "Verdict"]]
    figures += [[m.label, _unit(m, report), *_effect(m), m.verdict] for m in report.metrics]
    strata: list[Row] = [
        [
            "Stratum",
            *(
                f"{side}: {what}"
                for side in ("Control", "Others")
                for what in ("people", "buyers", "orders", "revenue")
            ),
            "Figure",
            *_EFFECT,
            "Verdict",
        ]
    ]
    for part in report.strata:
        sums = [
            value
            for side in (part.control, part.rest)
            for value in (side.people, side.buyers, side.orders, float(side.revenue))
        ]
        strata += [[part.label, *sums, m.label, *_effect(m), m.verdict] for m in part.metrics]
    course: list[Row] = [["Day", "Control: bought", "Others: bought", "Control: revenue each", "Others: revenue each"]]
    course += [
        [d.day.isoformat(), d.control_share, d.rest_share, d.control_revenue, d.rest_revenue] for d in report.days
    ]
    about: list[Row] = [
        ["Control group report", report.headline],
        ["From", report.since.isoformat()],
        ["To", report.until.isoformat()],
        ["As of", report.as_of.isoformat()],
        ["Currency", report.currency],
        ["People kept back", report.control.people],
        ["People who may be written to", report.rest.people],
        *([warning.kind, warning.message] for warning in report.warnings),
    ]
    return [("About", about), ("Figures", figures), ("Strata", strata), ("Course", course)]


def _effect(m: ControlMetric) -> list[float | None]:
    return [m.control, m.rest, m.difference, m.low, m.high, m.relative, m.relative_low, m.relative_high]


def _unit(m: ControlMetric, report: ControlReport) -> str:
    return (report.currency or "") if m.unit == "money" else m.unit
