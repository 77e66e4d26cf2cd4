"""The report as tables for a file: what it is about, then everything that the page shows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from fidelia.segments import books

from .model import CampaignActivityReport, CampaignMetric, CampaignReport, CampaignSide

_EFFECT = ("Control group", "Test group", "Difference", "From", "To", "Relative", "Relative from", "Relative to")
_EXTRA = ("Extra", "Extra from", "Extra to", "Verdict", "In words")
_ACTIVITY = (
    "selected",
    "left_out",
    "sent",
    "delivered",
    "failed",
    "blocked",
    "bounced",
    "opened",
    "clicked",
    "unsubscribed",
    "complained",
    "converted",
    "conversions",
)


def tables(report: CampaignReport) -> list[books.Table]:
    """Return the report as named tables; the first row of each is its head, but of the first."""
    return [
        ("About", _about(report)),
        ("Figures", _figures(report)),
        ("Strata", _strata(report)),
        ("Course", _course(report)),
        ("Activities", _activities(report)),
        ("Channels", _channels(report)),
        ("Left out", _left_out(report)),
        ("Inflow", _inflow(report)),
    ]


def _about(report: CampaignReport) -> list[books.Row]:
    money, reach = report.money, report.reach
    return [
        [report.name, report.headline],
        ["From", _moment(report.since)],
        ["To", _moment(report.until)],
        ["As of", _moment(report.as_of)],
        ["State", report.state],
        ["Success", "orders" if report.goal is None else report.goal],
        ["Currency", report.currency],
        ["Kept back", None if report.control is None else report.control.people],
        ["In the test group", None if report.test is None else report.test.people],
        ["Nobody to compare with", report.unmatched],
        ["In the global control group", report.global_control],
        ["Ever in the campaign", reach.audience],
        ["Reached", reach.reached],
        ["Opened", reach.opened],
        ["Clicked", reach.clicked],
        ["Unsubscribed", reach.unsubscribed],
        ["Converted by a message", reach.converted],
        ["Withheld by the global control group", reach.withheld],
        ["Cost", _amount(money.cost)],
        ["Revenue of conversions by messages", _amount(money.attributed)],
        ["Extra revenue", _amount(money.incremental)],
        ["Extra revenue from", _amount(money.incremental_low)],
        ["Extra revenue to", _amount(money.incremental_high)],
        ["Profit", _amount(money.profit)],
        ["Profit by cost", money.return_on_cost],
        *([warning.kind, warning.message] for warning in report.warnings),
    ]


def _figures(report: CampaignReport) -> list[books.Row]:
    head: list[books.Row] = [["Figure", "Unit", *_EFFECT, *_EXTRA]]
    return head + [[m.label, _unit(m, report), *_effect(m), *_rest(m)] for m in report.metrics]


def _strata(report: CampaignReport) -> list[books.Row]:
    sides = [
        f"{side}: {what}" for side in ("Control", "Test") for what in ("people", "converted", "conversions", "revenue")
    ]
    rows: list[books.Row] = [["Stratum", *sides, "Figure", *_EFFECT, "Verdict"]]
    for part in report.strata:
        sums = [*_sums(part.control), *_sums(part.test)]
        rows += [[part.label, *sums, m.label, *_effect(m), m.verdict] for m in part.metrics] or [[part.label, *sums]]
    return rows


def _course(report: CampaignReport) -> list[books.Row]:
    head = ["Day", "Sent", "Opened", "Clicked", "Joined", "Conversions", "Revenue"]
    rows: list[books.Row] = [
        [*head, "Control: converted", "Test: converted", "Control: revenue each", "Test: revenue each"]
    ]
    for day in report.days:
        done = [day.sent, day.opened, day.clicked, day.joined, day.conversions, float(day.revenue)]
        course = [day.control_share, day.test_share, day.control_revenue, day.test_revenue]
        rows.append([day.day.isoformat(), *done, *course])
    return rows


def _activities(report: CampaignReport) -> list[books.Row]:
    names = [name.replace("_", " ").capitalize() for name in _ACTIVITY]
    rows: list[books.Row] = [["Activity", "Type", "Channel", "State", *names, "Revenue", "Brought"]]
    return rows + [_activity(one) for one in (*report.activities, report.total)]


def _activity(one: CampaignActivityReport) -> books.Row:
    counts = [getattr(one, name) for name in _ACTIVITY]
    return [one.name, one.type, one.channel, one.state, *counts, float(one.revenue), one.brought]


def _channels(report: CampaignReport) -> list[books.Row]:
    counts = ("activities", "people", "sent", "delivered", "opened", "clicked", "unsubscribed", "converted")
    names = (*counts, "conversions")
    rows: list[books.Row] = [["Channel", *(name.capitalize() for name in names), "Revenue"]]
    return rows + [[one.name, *(getattr(one, name) for name in names), float(one.revenue)] for one in report.channels]


def _left_out(report: CampaignReport) -> list[books.Row]:
    rows: list[books.Row] = [["Activity", "Figure", "Reason", "People"]]
    return rows + [[one.name, one.figure.replace("_", " "), one.words, one.people] for one in report.left_out]


def _inflow(report: CampaignReport) -> list[books.Row]:
    rows: list[books.Row] = [["Source", "Activity", "People", "Test", "Control"]]
    return rows + [[one.source, one.name, one.people, one.test, one.control] for one in report.inflow]


def _effect(m: CampaignMetric) -> list[float | None]:
    return [m.control, m.test, m.difference, m.low, m.high, m.relative, m.relative_low, m.relative_high]


def _rest(m: CampaignMetric) -> Sequence[float | str | None]:
    return [m.extra, m.extra_low, m.extra_high, m.verdict, m.sentence]


def _sums(side: CampaignSide) -> list[float]:
    return [side.people, side.converted, side.conversions, float(side.revenue)]


def _unit(m: CampaignMetric, report: CampaignReport) -> str:
    return (report.currency or "") if m.unit == "money" else m.unit


def _amount(text: str | None) -> float | None:
    return None if text is None else float(text)


def _moment(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
