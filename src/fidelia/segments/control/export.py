"""The report as a file: CSV, or a workbook with a sheet for the figures, the strata and the course."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import xlsxwriter

from ..service.sheets import cell
from .report import ControlMetric, ControlReport

Row = Sequence[str | int | float | None]
_EFFECT = ["Control group", "The others", "Difference", "From", "To", "Relative", "Relative from", "Relative to"]


def tables(report: ControlReport) -> list[tuple[str, list[Row]]]:
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


def as_csv(report: ControlReport) -> bytes:
    """Return the tables one below another, an empty line between them; cells like formulas are made harmless."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    for n, (_, rows) in enumerate(tables(report)):
        if n:
            writer.writerow([])
        writer.writerows([[cell(value) for value in row] for row in rows])
    return text.getvalue().encode()


def as_xlsx(report: ControlReport) -> bytes:
    """Return a workbook with a sheet for each table; texts are written as texts, never as formulas."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as book:
        bold = book.add_format({"bold": True})
        for name, rows in tables(report):
            sheet = book.add_worksheet(name)
            sheet.set_column(0, 0, 32)
            for y, row in enumerate(rows):
                for x, value in enumerate(row):
                    form = bold if y == 0 and name != "About" else None
                    if isinstance(value, int | float):
                        sheet.write_number(y, x, value, form)
                    elif value is not None:
                        sheet.write_string(y, x, value, form)
    return target.getvalue()


def _effect(m: ControlMetric) -> list[float | None]:
    return [m.control, m.rest, m.difference, m.low, m.high, m.relative, m.relative_low, m.relative_high]


def _unit(m: ControlMetric, report: ControlReport) -> str:
    return (report.currency or "") if m.unit == "money" else m.unit
