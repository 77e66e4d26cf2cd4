"""Reports as tables for a file: what each is about, then everything that the page shows."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any

import msgspec

from fidelia.segments import books

from .model import (
    LoyaltyBuyers,
    LoyaltyCodes,
    LoyaltyLevels,
    LoyaltyLiability,
    LoyaltyMembers,
    LoyaltyPartners,
    LoyaltyPoints,
    LoyaltyPromotions,
)
from .period import LoyaltyPeriod

Cell = str | int | float | None
#: Fields that are texts of numbers stay texts in the API; in a workbook they are numbers.
_TEXTS = frozenset({"points", "name", "key", "currency", "pool", "partner", "external_id", "kind", "state"})


def tables(report: Any) -> list[books.Table]:
    """Return a report as named tables; the first row of each is its head, but of the first."""
    return _TABLES[type(report)](report)


def _about(what: str, period: LoyaltyPeriod, *more: Sequence[Cell]) -> books.Table:
    made = period.as_of.isoformat().replace("+00:00", "Z")
    rows: list[books.Row] = [
        [what],
        ["From", period.first.isoformat()],
        ["To", period.last.isoformat()],
        ["By", period.by],
        ["Time zone", period.timezone],
        ["As of", made],
        *more,
    ]
    return "About", rows


def _liability(report: LoyaltyLiability) -> list[books.Table]:
    sums = [[f"Outstanding, {one.currency}", number(one.money)] for one in report.total]
    types = report.types
    return [
        _about("Outstanding points", report.period, *sums),
        ("Point types", sheet(types, without=("steps", "ages", "expiries", "forecast", "breakage"))),
        ("Course", nested((one.name, one.steps) for one in types)),
        ("Age", nested((one.name, one.ages) for one in types)),
        ("Expiry", nested((one.name, one.expiries) for one in types)),
        ("Forecast", nested((one.name, one.forecast) for one in types)),
        ("Breakage", nested((one.name, [one.breakage]) for one in types)),
    ]


def _points(report: LoyaltyPoints) -> list[books.Table]:
    types = report.types
    parts = ("causes", "promotions", "channels", "regions", "levels")
    return [
        _about("Points that moved", report.period),
        ("Point types", nested((one.name, [one.total]) for one in types)),
        ("Worth", sheet(types, without=("total", "steps", *parts))),
        ("Course", nested((one.name, one.steps) for one in types)),
        *((part.capitalize(), nested((one.name, getattr(one, part)) for one in types)) for part in parts),
    ]


def _members(report: LoyaltyMembers) -> list[books.Table]:
    whole = ("members", "joined", "left", "active", "buying")
    return [
        _about("Members", report.period, *([name.capitalize(), getattr(report, name)] for name in whole)),
        ("Course", sheet(report.steps)),
        ("Levels", nested(((one.name, one.levels) for one in report.levels), "Level group")),
        ("Ways in", sheet(report.sources)),
    ]


def _levels(report: LoyaltyLevels) -> list[books.Table]:
    course: list[books.Row] = [["Level group", "First", "Last", "Level", "Members"]]
    moves: list[books.Row] = [["Level group", "From", "To", "Moves"]]
    for group in report.groups:
        called: dict[int | None, str] = {level.id: level.name for level in group.levels} | {None: "None"}
        names = [*(level.name for level in group.levels), "None"]
        for step in group.steps:
            days = [step.first.isoformat(), step.last.isoformat()]
            course += [[group.name, *days, name, n] for name, n in zip(names, step.members, strict=True)]
        moves += [[group.name, called.get(m.source), called.get(m.target), m.moves] for m in group.moves]
    counts = nested(((one.name, one.steps) for one in report.groups), "Level group", without=("members",))
    return [
        _about("Levels", report.period),
        ("Members by level", course),
        ("Course", counts),
        ("Moves", moves),
        ("Causes", nested(((one.name, one.causes) for one in report.groups), "Level group")),
    ]


def _promotions(report: LoyaltyPromotions) -> list[books.Table]:
    every = [("All orders", [report.total]), ("With a promotion", [report.used]), ("Without", [report.other])]
    beside: list[tuple[str, Sequence[msgspec.Struct]]] = []
    for one in report.promotions:
        beside += [(f"{one.name}: with", [one.used]), (f"{one.name}: without", [one.other])]
    course = [
        (f"{step.first} to {step.last}, {name}", [sums])
        for step in report.steps
        for name, sums in (("with", step.used), ("without", step.other))
    ]
    return [
        _about("Promotions", report.period, ["Currency", report.currency]),
        ("Orders", nested(every, "Orders")),
        ("Promotions", nested(beside, "Promotion")),
        ("Shares", sheet(report.promotions, without=("used", "other", "points", "steps"))),
        ("Points", nested(((one.name, one.points) for one in report.promotions), "Promotion")),
        ("Course", nested(course, "Step")),
        ("Course of promotions", nested(((one.name, one.steps) for one in report.promotions), "Promotion")),
    ]


def _buyers(report: LoyaltyBuyers) -> list[books.Table]:
    course = [
        (f"{step.first} to {step.last}, {name}", [sums])
        for step in report.steps
        for name, sums in (("members", step.members), ("others", step.others))
    ]
    shares = [["Members' share of orders", report.share_of_orders], ["of revenue", report.share_of_revenue]]
    return [
        _about("Members and others", report.period, ["Currency", report.currency], *shares),
        ("Whole period", nested([("Members", [report.members]), ("Others", [report.others])], "Buyers")),
        ("Course", nested(course, "Step")),
    ]


def _partners(report: LoyaltyPartners) -> list[books.Table]:
    partners = report.partners
    steps = [(f"{one.name}, {step.first} to {step.last}", step) for one in partners for step in one.steps]
    return [
        _about("Settlement with partners", report.period),
        ("Partners", sheet(partners, without=("revenue", "points", "balances", "steps"))),
        ("Balances", nested(((one.name, one.balances) for one in partners), "Partner")),
        ("Points", nested(((one.name, one.points) for one in partners), "Partner")),
        ("Revenue", nested(((one.name, one.revenue) for one in partners), "Partner")),
        ("Course", nested(((name, [step]) for name, step in steps), "Step", without=("points", "balances"))),
        ("Course of points", nested(((name, step.points) for name, step in steps), "Step")),
        ("Course of balances", nested(((name, step.balances) for name, step in steps), "Step")),
    ]


def _codes(report: LoyaltyCodes) -> list[books.Table]:
    return [
        _about("Promo codes", report.period),
        ("All pools", sheet([report.total])),
        ("Pools", sheet(report.pools, without=("steps",))),
        ("Course", nested(((one.name, one.steps) for one in report.pools), "Pool")),
    ]


def nested(
    parts: Iterable[tuple[str, Sequence[msgspec.Struct]]], head: str = "Points", without: Sequence[str] = ()
) -> list[books.Row]:
    """Return rows of several parts in one table, each with its part's name first."""
    rows: list[books.Row] = []
    for name, items in parts:
        found = sheet(items, without)
        if found and not rows:
            rows.append([head, *found[0]])
        rows += [[name, *row] for row in found[1:]]
    return rows


def sheet(items: Sequence[msgspec.Struct], without: Sequence[str] = ()) -> list[books.Row]:
    """Return structs as rows below their fields' names."""
    if not items:
        return []
    names = [name for name in items[0].__struct_fields__ if name not in without]
    head: books.Row = [name.replace("_", " ").capitalize() for name in names]
    return [head, *([cell(name, getattr(item, name)) for name in names] for item in items)]


def cell(name: str, value: Any) -> Cell:
    """Return a field as a cell: days as texts, decimal texts as numbers."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str) and (name not in _TEXTS or (name == "points" and number(value) is not None)):
        return number(value) if number(value) is not None else value
    return value  # type: ignore[no-any-return]


def number(text: str | None) -> float | None:
    """Read a decimal text; null of anything else, also of points whose key is ``inf`` or ``nan``."""
    try:
        value = math.nan if text is None else float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


_TABLES: dict[type, Callable[[Any], list[books.Table]]] = {
    LoyaltyLiability: _liability,
    LoyaltyPoints: _points,
    LoyaltyMembers: _members,
    LoyaltyLevels: _levels,
    LoyaltyPromotions: _promotions,
    LoyaltyBuyers: _buyers,
    LoyaltyPartners: _partners,
    LoyaltyCodes: _codes,
}
