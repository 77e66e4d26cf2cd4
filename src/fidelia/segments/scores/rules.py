"""Pure decisions of scores: groups and ranks, the fields they fill, what a definition may be.

*Groups.* People are put in order from the worst to the best and divided into groups of equal size: quintiles when
there are five (Arthur M. Hughes, "Strategic Database Marketing", for recency, frequency and monetary value each by
itself). With ``b`` people before somebody of ``n`` in all, the group of ``g`` is ``1 + ⌊g·b/n⌋``. Where all values
differ, sizes differ by one at most, as with SQL's NTILE. People with the same value have the same group, that of the
first of them: nobody is better off than somebody who did the same, so a group may stay empty beside many ties.

*Rank.* With ``a`` people who are better, the rank is ``100 − ⌊100·a/n⌋``: 100 is the best, and "rank above 90" holds
for those whom fewer than a tenth are ahead of: the top 10 %. RFM is ordered by the sum of the three groups, equal sums
by amount, then by orders, then by the last order.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from fidelia import profiles
from fidelia.kernel.errors import FieldError

from .. import rules as segment_rules
from .model import PartKey, ScoreFigure, ScoreRow

MAX_GROUPS = 10
MAX_DAYS = 3660
MAX_PREFIX = 40
KEEPER = "score:{}"
NUMBERS = ("integer", "float")
PREFIX = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)
CURRENCY = re.compile(r"[A-Z]{3}")
#: Figures that are amounts, so that only orders in one currency can be told from each other.
AMOUNTS = ("orders_sum", "orders_average")
FIGURES: Mapping[str, str] = {
    "orders_sum": "the sum of their orders",
    "orders_count": "their number of orders",
    "orders_average": "their average order",
}


def group_of(before: int, people: int, groups: int) -> int:
    """Return the group, from 1, of whom ``before`` of ``people`` are worse; those with the same value share it."""
    return 1 + groups * before // people


def rank_of(ahead: int, people: int) -> int:
    """Return the rank, 1 to 100, of whom ``ahead`` of ``people`` are better."""
    return 100 - 100 * ahead // people


def whole(now: datetime) -> datetime:
    """Cut a moment to milliseconds, as times are stored in the history."""
    return now.astimezone(UTC).replace(microsecond=now.microsecond // 1000 * 1000)


def days_before(now: datetime, days: int, timezone: str) -> datetime:
    """Return the same time of day so many days earlier, by the calendar of a time zone."""
    local = now.astimezone(ZoneInfo(timezone))
    return datetime.combine(local.date() - timedelta(days=days), local.timetz()).astimezone(UTC)


def separator(groups: int) -> str:
    """Return what stands between the groups of "555": nothing, unless a group has two digits."""
    return "-" if groups > 9 else ""


def parts_of(row: ScoreRow) -> tuple[PartKey, ...]:
    """Return what a score divides people by."""
    return ("recency", "frequency", "monetary") if row.kind == "rfm" else ("value",)


def counts_amounts(row: ScoreRow) -> bool:
    """Tell whether a currency matters."""
    return row.kind == "rfm" or (row.figure is not None and row.figure.of in AMOUNTS)


def names_of(kind: str, prefix: str) -> list[str]:
    """Return the names of the fields that a score fills, in the order of :func:`fields_of`."""
    if kind == "rfm":
        return [f"{prefix}_recency", f"{prefix}_frequency", f"{prefix}_monetary", prefix, f"{prefix}_rank"]
    return [prefix, f"{prefix}_rank"]


def fields_of(row: ScoreRow) -> list[profiles.Field]:
    """Return the fields that a score fills."""
    best, name = row.groups, row.name
    words = {
        "recency": f"1 to {best}: {best} bought most recently",
        "frequency": f"1 to {best}: {best} has most orders",
        "monetary": f"1 to {best}: {best} spent most",
        "rank": "1 to 100: 100 is the best; above 90 is the top 10 %",
    }
    if row.kind == "rfm":
        example = separator(best).join([str(best)] * 3)
        labels = [
            ("integer", f"{name}: recency", words["recency"]),
            ("integer", f"{name}: frequency", words["frequency"]),
            ("integer", f"{name}: monetary", words["monetary"]),
            ("string", name, f"Recency, frequency and monetary together: {example} is the best"),
            ("integer", f"{name}: rank", words["rank"]),
        ]
    else:
        labels = [
            ("integer", name, f"1 to {best} by {figure_words(row.figure)}: {best} is the highest"),
            ("integer", f"{name}: rank", words["rank"]),
        ]
    return [
        profiles.Field(
            name=field,
            type=type_,
            label=label[:100],
            description=f"{text}. Filled by the score {name}; missing where there is nothing to judge by",
            keeper=KEEPER.format(row.id),
        )
        for field, (type_, label, text) in zip(names_of(row.kind, row.prefix), labels, strict=True)
    ]


def figure_words(figure: ScoreFigure | None) -> str:
    """Return a quantile's figure in words."""
    if figure is None:
        return ""
    if figure.of == "events":
        return f"events {figure.event}"
    return f"the field {figure.field}" if figure.of == "field" else FIGURES[figure.of]


def sentence(row: ScoreRow) -> str:
    """Return a score in words."""
    when = "ever" if row.days is None else f"in the last {row.days} days"
    money = ""
    if counts_amounts(row):
        money = f", amounts in {row.currency}" if row.currency else ", amounts in the currency most orders are in"
    groups = "1 group" if row.groups == 1 else f"{row.groups} groups"
    if row.kind == "rfm":
        return f"Recency, frequency and monetary value of orders {when}, {groups} each{money}"
    if row.figure is not None and row.figure.of == "field":
        return f"{groups.capitalize()} by {figure_words(row.figure)}"
    return f"{groups.capitalize()} by {figure_words(row.figure)} {when}{money}"


def faults(row: ScoreRow, database: profiles.Database, events: frozenset[str], today: date) -> list[FieldError]:
    """Return what is wrong with a definition, but for the names of its fields."""
    errors = []
    if not row.name.strip() or len(row.name) > 60 or not row.name.isprintable():
        errors.append(FieldError("/name", "A name has 1 to 60 characters"))
    if not PREFIX.fullmatch(row.prefix) or len(row.prefix) > MAX_PREFIX:
        errors.append(
            FieldError("/prefix", f"This starts with a small letter and holds a-z, 0-9 and _, {MAX_PREFIX} at most")
        )
    if not 1 <= row.groups <= MAX_GROUPS:
        errors.append(FieldError("/groups", f"Choose 1 to {MAX_GROUPS} groups"))
    if row.days is not None and not 1 <= row.days <= MAX_DAYS:
        errors.append(FieldError("/days", f"Look back 1 to {MAX_DAYS:,} days, or over everything"))
    if row.currency is not None and not CURRENCY.fullmatch(row.currency):
        errors.append(FieldError("/currency", "A currency has three capital letters, like EUR"))
    elif row.currency is not None and not counts_amounts(row):
        errors.append(FieldError("/currency", "This figure is no amount, so it has no currency"))
    errors += _figure_faults(row, database, events)
    return errors + segment_rules.schedule_errors(row.schedule, today)


def _figure_faults(row: ScoreRow, database: profiles.Database, events: frozenset[str]) -> list[FieldError]:
    figure = row.figure
    if row.kind == "rfm":
        return [] if figure is None else [FieldError("/figure", "RFM has three figures of its own")]
    if figure is None:
        return [FieldError("/figure", "Say what people are divided by")]
    errors = []
    if figure.of == "events":
        if figure.event is None or figure.event not in events:
            errors.append(FieldError("/figure/event", "There are no events of this type"))
    elif figure.event is not None:
        errors.append(FieldError("/figure/event", "Only a number of events has a type of event"))
    if figure.of == "field":
        field = database.field(figure.field or "")
        if field is None or field.builtin or field.type not in NUMBERS:
            errors.append(FieldError("/figure/field", "This must be a number field of the database"))
        elif field.keeper == KEEPER.format(row.id):
            errors.append(FieldError("/figure/field", "A score cannot be worked out from itself"))
        if row.days is not None:
            errors.append(FieldError("/days", "A field is what it is now: it has no days to look back"))
    elif figure.field is not None:
        errors.append(FieldError("/figure/field", "Only the figure of a field names one"))
    return errors


def broken(row: ScoreRow, database: profiles.Database) -> list[str]:
    """Return what keeps a stored score from being computed."""
    names = names_of(row.kind, row.prefix)
    if row.figure is not None and row.figure.field is not None:
        names.append(row.figure.field)
    return [f"there is no field {name}" for name in names if database.field(name) is None]
