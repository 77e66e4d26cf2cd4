"""The moments of a run's people, when its ledger is filled."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from fidelia import profiles
from fidelia.kernel.errors import invalid_field
from fidelia.platform.postgres import Tx

from ..model import Run
from ..store import waiting
from . import rules


class Moments:
    """When each person of a run is due; made with :meth:`of`, asked chunk by chunk in the order of ids."""

    def __init__(self, run: Run, begins: datetime, taken: dict[int, int]) -> None:
        plan = run.plan
        self._run = run
        self._database = ZoneInfo(plan.timezone)
        self._timing = plan.timing
        self._allotment = rules.Allotment(plan.timing, begins, plan.at or begins, self._database, taken)

    @classmethod
    async def of(cls, tx: Tx, run: Run, people: int, begins: datetime | None = None) -> Moments:
        """Return the moments of a run for so many people, beginning at ``begins`` (by default when the run began).

        What the run's rows have been given already is counted. Raise 422 when it would take longer than a year.
        """
        begins = begins or run.started_at or tx.now
        cycles = run.plan.timing.cycles
        if cycles is None:
            return cls(run, begins, {})
        if rules.cycles_needed(cycles, people) * cycles.hours > rules.HORIZON.total_seconds() / 3600:
            raise invalid_field("/timing/cycles", rules.too_slow(people))
        return cls(run, begins, await waiting.by_cycle(await tx.raw(), run.id, begins, cycles.hours))

    async def give(self, tx: Tx, profile_ids: Sequence[int]) -> list[datetime]:
        """Return when each of these people is due; the same people may be asked for only once."""
        if not self._timing.local_time and self._timing.quiet is None and self._timing.cycles is None:
            return [tx.now] * len(profile_ids)
        zones = await zones_of(tx, self._run, profile_ids)
        return [self._allotment.moment(zones.get(profile, self._database)) for profile in profile_ids]


async def zones_of(tx: Tx, run: Run, profile_ids: Iterable[int]) -> dict[int, ZoneInfo]:
    """Return whose clock is not the database's, where a run's timing asks for it."""
    timing = run.plan.timing
    if not timing.local_time and (timing.quiet is None or timing.quiet.zone == "database"):
        return {}
    rows = await profiles.read_many(tx, run.database_id, profile_ids, ["timezone"])
    return {row["id"]: rules.zone_of(row["timezone"], run.plan.timezone) for row in rows if row["timezone"]}
