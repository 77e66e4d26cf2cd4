"""What makes the comparison worse, or is easily misread, in sentences. Pure."""

from __future__ import annotations

from datetime import timedelta

from fidelia.segments import ControlWarning

from .facts import Facts, History

#: People need time to react: a verdict sooner than this is an early one.
SHORT = timedelta(days=14)


def warnings(known: Facts, history: History, unmatched: int) -> list[ControlWarning]:
    """Return the warnings of a report; ``unmatched`` people have nobody to be compared with."""
    row, period = known.campaign, known.period
    found: list[tuple[str, str]] = []
    if known.has_group:
        found += _of_comparison(known, unmatched)
    if row.completed_at is not None and period.open:
        days = f"{row.window_days} days" if row.window_days != 1 else "a day"
        found.append(("window", f"The campaign is over, but what people do counts for {days} after its end"))
    elif period.open and known.has_group:
        text = "The campaign is still running: judge at its end. Who stops as soon as the verdict pleases finds effects"
        found.append(("running", f"{text} where there are none"))
    if row.cost is not None and row.currency is not None and row.currency != history.currency:
        text = f"The cost is in {row.currency}, the report in {history.currency}: they are not set against each other"
        found.append(("currency", text))
    if row.goal is not None and known.goal is None:
        found.append(("goal", f"There is no goal {row.goal} any more: what was reached before still counts"))
    return [ControlWarning(kind=kind, message=text) for kind, text in found]


def _of_comparison(known: Facts, unmatched: int) -> list[tuple[str, str]]:
    found = []
    if unmatched:
        text = f"{_people(unmatched)} in strata that keep nobody back; they are not compared"
        found.append(("unmatched", text))
    if known.before:
        text = f"{_people(len(known.before))} in before there was this control group; they are not compared"
        found.append(("before", text))
    if known.dropped:
        text = f"{_people(len(known.dropped))} in the global control group; they count on neither side"
        found.append(("global_control", text))
    exempt = [row.name for row in known.figures.mailings if row.id in known.exempt and row.runs]
    if exempt:
        names = ", ".join(exempt)
        verb = "reaches" if len(exempt) == 1 else "reach"
        found.append(("exempt", f"{names} {verb} the control group too: what it does is no part of the difference"))
    if known.period.until - known.period.since < SHORT:
        text = "The period is short: people need time to react. Judge after two weeks or more"
        found.append(("short", text))
    return found


def _people(count: int) -> str:
    return "1 person is" if count == 1 else f"{count:,} people are"
