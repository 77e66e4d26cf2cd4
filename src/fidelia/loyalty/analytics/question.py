"""What every report begins with: the program, the period, whose and which points, read as one picture of the data."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from fidelia import profiles, segments
from fidelia.kernel.days import parse_day
from fidelia.kernel.errors import invalid_field
from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx

from .. import programs
from ..programs import LevelGroup, PointType, Program
from .period import By, Steps, cut
from .store import filters as store


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked: days as texts, point type by key, level and segment by id, promotion by id, channel and region by
    external id, pool of codes by id. What a report has no use for is left out of account there.
    """

    program_id: int
    first: str | None = None
    last: str | None = None
    by: By = "month"
    points: str | None = None
    level: int | None = None
    segment: int | None = None
    promotion: int | None = None
    channel: str | None = None
    region: str | None = None
    currency: str | None = None
    pool: int | None = None


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A question that makes sense. ``types`` are the point types it is about, ``people`` those of the segment."""

    program: Program
    zone: ZoneInfo
    steps: Steps
    types: list[PointType]
    groups: list[LevelGroup]
    wanted: Wanted
    level_group: int | None
    people: list[int] | None
    region_id: int | None

    @property
    def filters(self) -> dict[str, Any]:
        """Return the values that queries take, by name."""
        return {
            "program": self.program.id,
            "database": self.program.database_id,
            "types": [one.id for one in self.types],
            "since": self.steps.since,
            "until": self.steps.until,
            "starts": self.steps.starts,
            "level": self.wanted.level,
            "level_group": self.level_group,
            "people": self.people,
            "promotion": self.wanted.promotion,
            "channel": self.wanted.channel,
            "region": self.region_id,
        }


@asynccontextmanager
async def asking(engines: Engines, wanted: Wanted) -> AsyncIterator[tuple[Tx, Asked]]:
    """Read the question and open the transaction that answers it: every query in it sees the same data.

    Raises 404 for a program that is not there; 422 beside what cannot be.
    """
    people = None
    if wanted.segment is not None:
        people = await _segment(engines, wanted.program_id, wanted.segment)
    async with engines.tx() as tx:
        await store.begin(tx)
        yield tx, await _read(tx, wanted, people)


async def _segment(engines: Engines, program_id: int, segment_id: int) -> list[int]:
    async with engines.tx() as tx:
        program = await programs.program(tx, program_id)
        known = await segments.names(tx, [segment_id])
        if segment_id not in known or (await segments.get_segment(tx, segment_id)).database_id != program.database_id:
            raise invalid_field("/segment", "The program's database has no such segment")
    return list(await segments.segment_people(engines, segment_id))


async def _read(tx: Tx, wanted: Wanted, people: list[int] | None) -> Asked:
    program = await programs.program(tx, wanted.program_id)
    zone = ZoneInfo((await profiles.get_database(tx, program.database_id)).timezone)
    steps = cut(parse_day(wanted.first, "/from"), parse_day(wanted.last, "/to"), wanted.by, zone, tx.now)
    types = await programs.point_types(tx, program.id, archived=True)
    if wanted.points is not None and wanted.points not in types:
        known = ", ".join(types)
        raise invalid_field("/points", f"This program's points are {known}" if known else "There are no points yet")
    groups = await programs.level_groups(tx, program.id)
    level_group = None
    if wanted.level is not None:
        found = [group.id for group in groups for level in group.levels if level.id == wanted.level]
        if not found:
            raise invalid_field("/level", "This program has no such level")
        level_group = found[0]
    if wanted.promotion is not None and not await store.has_promotion(tx, program.id, wanted.promotion):
        raise invalid_field("/promotion", "This program has no such promotion")
    region_id = None
    if wanted.region is not None:
        region_id = await store.region(tx, wanted.region)
        if region_id is None:
            raise invalid_field("/region", "There is no such region")
    return Asked(
        program=program,
        zone=zone,
        steps=steps,
        types=[one for one in types.values() if wanted.points in (None, one.key)],
        groups=groups,
        wanted=wanted,
        level_group=level_group,
        people=people,
        region_id=region_id,
    )
