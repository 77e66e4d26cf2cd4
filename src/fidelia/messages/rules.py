"""Pure decisions about mailings: what may follow what, how to try again, who is a machine."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from datetime import timedelta

#: Where people may take a mailing from each state, by verb. Begun or resumed, it is ``active`` when its kind is lasting
#: and ``sending`` otherwise, until its run has ended.
NEXT: Mapping[str, Mapping[str, str]] = {
    "draft": {"start": "starting", "schedule": "scheduled"},
    "scheduled": {"unschedule": "draft"},
    "starting": {"unschedule": "draft"},
    "active": {"pause": "paused", "stop": "stopped"},
    "sending": {"pause": "paused", "stop": "stopped"},
    "paused": {"stop": "stopped"},
    "done": {},
    "stopped": {},
    "failed": {"start": "starting", "schedule": "scheduled"},  # nothing of it was sent: it may be tried again
}
STATES = tuple(NEXT)
EDITABLE = ("draft", "failed")
#: What of a paused mailing may be changed too, by kind: each launch of a recurring one takes what is set then.
_REVISED = {"recurring": ("paused",)}
AT_WORK = ("scheduled", "starting", "active", "sending", "paused")

MAX_ATTEMPTS = 6
_DELAYS = (60, 300, 900, 1800, 3600)
#: So many refusals in a row without one success mean that something is wrong with the message or the sender.
REFUSALS_IN_A_ROW = 50

#: Reactions sooner than this after the hand-over come from scanners: nobody opens a mail that fast.
MACHINE_SECONDS = 2.0
#: A repeated hit of the same kind within this time is the same act (a proxy that fetches twice, a double click).
REPEAT_SECONDS = 10.0
_MACHINES = re.compile(
    r"bot\b|crawl|spider|scan|preview|barracuda|mimecast|proofpoint|safelinks|symantec|trendmicro|python-|curl/|wget/"
    r"|go-http-client|java/|okhttp|headless|monitor|validator|facebookexternalhit|slurp",
    re.IGNORECASE,
)


def after(state: str, verb: str) -> str | None:
    """Return the state that follows a verb, or ``None`` when the verb is not possible now."""
    return NEXT.get(state, {}).get(verb)


def editable(kind: str, state: str, names: Container[str]) -> bool:
    """Tell whether settings may be changed in a state; the database only before anything has begun."""
    return state in EDITABLE or (state in _REVISED.get(kind, ()) and "database_id" not in names)


def retry_after(attempts: int, asked: float = 0) -> timedelta | None:
    """Return how long to wait after so many tries (this one included), or ``None`` when none is left.

    ``asked``: the seconds that the other side wants us to wait, 0 when it does not say; more than a day is not heeded.
    """
    if attempts >= MAX_ATTEMPTS:
        return None
    return timedelta(seconds=min(asked, 86_400.0) if asked > 0 else _DELAYS[min(attempts, len(_DELAYS)) - 1])


def is_machine(kind: str, user_agent: str, seconds_since_sent: float | None) -> bool:
    """Tell whether a reaction is a machine's: by its name, or because nobody could be that fast.

    The image proxies of Gmail, Yahoo and Outlook fetch when a person opens the mail: they count as people.
    """
    if kind == "opened" and re.search(r"GoogleImageProxy|YahooMailProxy|ggpht", user_agent):
        return False
    if not user_agent or _MACHINES.search(user_agent):
        return True
    return seconds_since_sent is not None and seconds_since_sent < MACHINE_SECONDS
