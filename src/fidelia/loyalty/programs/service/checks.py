"""What may be said of programs and their parts. Faults have a pointer each; what is read here is ready to be stored."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from datetime import date, timedelta
from decimal import Decimal

from fidelia import profiles, segments
from fidelia.conditions import Duration, parse_duration
from fidelia.kernel.errors import FieldError, Problem, conflict, invalid_field
from fidelia.kernel.money import parse_amount
from fidelia.platform.postgres import Tx

from ..lifetime import plus_months
from ..model import Expiry, Program, Reset, Review

MAX_NAME = 200
MAX_DESCRIPTION = 2000
KEY = re.compile("[a-z][a-z0-9_]{0,49}")
KEY_RULE = "A key has small letters, digits and _, begins with a letter, 50 characters at most"
CURRENCY = re.compile("[A-Z]{3}")
_DAY = re.compile(r"(\d\d)-(\d\d)")
_SOME_DAY = date(2025, 1, 1)
LONGEST = Duration(months=12 * 100)


class Faults(list[FieldError]):
    """Faults as they are found; what could not be read has a stand-in, since nothing is stored when there is one."""

    def say(self, pointer: str, message: str) -> None:
        """Note a fault."""
        self.append(FieldError(pointer, message))

    def number(self, text: str | None, pointer: str, *, places: int = 4, least: Decimal | None = None) -> Decimal:
        """Read a decimal text; 0 for none, or for one with a fault."""
        if text is None:
            return Decimal(0)
        try:
            found = parse_amount(text, pointer, places=places)
        except Problem as exc:
            self.extend(exc.errors)
            return Decimal(0)
        if least is not None and found < least:
            self.say(pointer, f"This must be {least} at least")
        return found

    def optional(self, text: str | None, pointer: str, *, places: int = 4) -> Decimal | None:
        """Read a decimal text above 0, or none."""
        if text is None:
            return None
        found = self.number(text, pointer, places=places)
        if found <= 0 and not any(fault.pointer == pointer for fault in self):
            self.say(pointer, "This must be more than 0; leave it empty for none")
        return found

    def name(self, name: str, what: str, pointer: str = "/name") -> str:
        """Check a name of something."""
        if not name.strip():
            self.say(pointer, f"Enter a name for the {what}")
        elif len(name) > MAX_NAME:
            self.say(pointer, f"A name may have {MAX_NAME} characters at most")
        elif any(unicodedata.category(letter) in ("Cc", "Cs") for letter in name):
            self.say(pointer, "A name is text without line breaks and control characters")
        return name.strip()

    def key(self, given: str | None, name: str, taken: Collection[str], pointer: str = "/key") -> str:
        """Return a key: the one that is given, or one made of the name that nobody has."""
        if given is None:
            return free_key(name, taken)
        if not KEY.fullmatch(given):
            self.say(pointer, KEY_RULE)
        elif given in taken:
            self.say(pointer, f"Another one here has the key {given}")
        return given

    def currency(self, currency: str | None, pointer: str) -> None:
        """Check a currency's code."""
        if currency is not None and not CURRENCY.fullmatch(currency):
            self.say(pointer, "A currency is three capital letters, like EUR")

    def duration(self, text: str | None, pointer: str, *, days: bool = False) -> Duration:
        """Read an ISO 8601 duration; with ``days`` one of whole days. None for one with a fault."""
        if text is None:
            return Duration()
        try:
            found = parse_duration(text)
        except ValueError as exc:
            self.say(pointer, str(exc))
            return Duration()
        if found == Duration():
            self.say(pointer, "This is no time at all; leave it empty instead")
        elif days and not found.whole_days:
            self.say(pointer, 'Say it in days, months or years, like "P12M"')
        elif rough_days(found) > rough_days(LONGEST):
            self.say(pointer, "100 years at most")
        return found

    def day_of_year(self, text: str, pointer: str) -> None:
        """Check a day like 12-31."""
        match = _DAY.fullmatch(text)
        try:
            assert match is not None
            date(2024, int(match[1]), int(match[2]))
        except (AssertionError, ValueError):
            self.say(pointer, "A day of the year is written like 12-31 (month, day)")

    def expiry(self, expiry: Expiry, delay: Duration, today: date) -> None:
        """Check when points lapse: after they can be used, and not in the past."""
        at = "/expiry"
        wants = {"after": ("period",), "fixed": ("on",), "end_of": ("unit",)}.get(expiry.kind, ())
        for name in wants:
            if getattr(expiry, name) is None:
                self.say(f"{at}/{name}", "Say when: this is missing")
        allowed = (*wants, "period") if expiry.kind == "end_of" else wants
        for name in ("period", "unit", "on"):
            if name not in allowed and getattr(expiry, name) is not None:
                self.say(f"{at}/{name}", f"Points that lapse {_WORDS[expiry.kind]} have no {name} here")
        if expiry.period is not None and "period" in allowed:
            period = self.duration(expiry.period, f"{at}/period", days=expiry.kind == "end_of")
            if expiry.kind == "after" and period != Duration() and rough_days(period) <= rough_days(delay):
                self.say(f"{at}/period", "Points would lapse before they can be used: make this longer than the wait")
        if expiry.on is not None and expiry.kind == "fixed":
            self._fixed(expiry.on, f"{at}/on", today)

    def _fixed(self, on: str, pointer: str, today: date) -> None:
        if len(on) == 5:
            self.day_of_year(on, pointer)
            return
        try:
            found = date.fromisoformat(on)
        except ValueError:
            self.say(pointer, "A day is written like 2027-12-31, or 12-31 for every year")
            return
        if len(on) != 10 or not today <= found <= date(2298, 12, 31):
            self.say(pointer, "This day is over, or too far away")

    def review(self, review: Review) -> None:
        """Check when levels are reviewed."""
        if review.kind == "every":
            if review.months is None or not 1 <= review.months <= 120:
                self.say("/review/months", "Say after how many months: 1 to 120")
            if review.start is None:
                self.say("/review/start", "Count the months from joining, or from when the level was reached")
        elif review.kind == "dates":
            if not 1 <= len(review.dates) <= 24:
                self.say("/review/dates", "Name 1 to 24 days of the year, like 01-01")
            for number, text in enumerate(review.dates):
                self.day_of_year(text, f"/review/dates/{number}")

    def reset(self, reset: Reset, review: Review, mode: str) -> None:
        """Check when counting begins anew."""
        if reset.when == "date":
            if reset.date is None:
                self.say("/reset/date", "Name a day of the year, like 01-01")
            else:
                self.day_of_year(reset.date, "/reset/date")
        if reset.when == "at_review" and review.kind == "none":
            self.say("/reset/when", "Levels are never reviewed here: choose when they are, or another moment")
        if mode == "period":
            if review.kind == "none":
                self.say("/review/kind", "Points of a period are counted from review to review: say when that is")
            if reset.when not in ("none", "at_review"):
                self.say("/reset/when", "Points of a period are counted anew at every review, at no other moment")


_WORDS = {"never": "never", "after": "after a period", "fixed": "on a day", "end_of": "at the end of a period"}


def rough_days(span: Duration) -> float:
    """Return about how many days a duration has, to compare two."""
    day = plus_months(_SOME_DAY, min(span.months, 4800)) + timedelta(days=span.days)
    return (day - _SOME_DAY).days + span.seconds / 86400


def free_key(name: str, taken: Collection[str]) -> str:
    """Return a key made of a name, with a number behind it when somebody has that one."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    stem = re.sub("[^a-z0-9]+", "_", plain).strip("_")[:44]
    stem = stem if stem and stem[0].isalpha() else f"x_{stem}".rstrip("_")
    found, number = stem, 2
    while found in taken:
        found, number = f"{stem}_{number}", number + 1
    return found


def description_fault(text: str) -> list[FieldError]:
    """Return what is wrong with a description."""
    if len(text) > MAX_DESCRIPTION or "\x00" in text:
        return [FieldError("/description", f"A description may have {MAX_DESCRIPTION} characters at most")]
    return []


async def database_of(tx: Tx, database_id: int) -> profiles.Database:
    """Return the database a program is made for; raise 422."""
    try:
        return await profiles.get_database(tx, database_id if 0 < database_id < 2**31 else 0)
    except Problem as exc:
        raise invalid_field("/database_id", f"There is no database {database_id}") from exc


async def segment_of(tx: Tx, database_id: int, segment_id: int) -> segments.Segment:
    """Return the segment whose people are to be members; raise 422 saying what to do instead of another."""
    at = "/segment_id"
    try:
        found = await segments.get_segment(tx, segment_id if 0 < segment_id < 2**31 else 0)
    except Problem as exc:
        raise invalid_field(at, f"There is no segment {segment_id}") from exc
    if found.database_id != database_id:
        raise invalid_field(at, f"The segment {found.name} belongs to another database")
    if found.archived_at is not None:
        raise invalid_field(at, f"The segment {found.name} is archived: bring it back, or choose another")
    if found.type == "dynamic":
        said = f"{found.name} is dynamic and keeps no list: choose a static or an updatable segment"
        raise invalid_field(at, said)
    return found


def refuse_archived(program: Program) -> None:
    """Raise 409 for an archived program."""
    if program.state == "archived":
        raise conflict(f"The program {program.name} is archived: bring it back to change it")
