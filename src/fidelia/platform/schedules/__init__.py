"""Schedules: what runs by itself again and again, and the runs it is noted in.

``rules`` says on which days and at what time something is due, ``Runs`` keeps the runs of one kind of object (one open
run each, done by a job), ``Timetable`` with :func:`start_due` starts what the clock has come to, and
:func:`note_ending` says what failures mean. ``due``, ``settled``, ``same_version``, ``named`` and ``picture`` are what
making and changing such an object is the same in.
"""

from .due import Timetable, start_due
from .endings import note_ending
from .keeping import Fetching, due, named, picture, same_version, settled
from .model import ACTOR, DONE, ENDED, OPEN, SOURCE, EndState, Noted, RunState, Started, Work
from .rules import (
    WEEKDAYS,
    DaySchedule,
    MonthSchedule,
    RepeatedSchedule,
    TimeOfDay,
    Weekday,
    next_run,
    schedule_errors,
    upcoming,
)
from .runs import Runs

__all__ = [
    "ACTOR",
    "DONE",
    "ENDED",
    "OPEN",
    "SOURCE",
    "WEEKDAYS",
    "DaySchedule",
    "EndState",
    "Fetching",
    "MonthSchedule",
    "Noted",
    "RepeatedSchedule",
    "RunState",
    "Runs",
    "Started",
    "TimeOfDay",
    "Timetable",
    "Weekday",
    "Work",
    "due",
    "named",
    "next_run",
    "note_ending",
    "picture",
    "same_version",
    "schedule_errors",
    "settled",
    "start_due",
    "upcoming",
]
