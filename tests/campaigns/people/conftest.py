"""A database of people in cities and ages with a static segment, and a campaign on it, without the API."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any

import pytest
import sqlalchemy as sa
from pyroaring import BitMap

from fidelia import profiles, segments
from fidelia.access import Actor
from fidelia.campaigns.people import job
from fidelia.campaigns.people.admission import admit
from fidelia.campaigns.store import campaigns as store
from fidelia.campaigns.store import people as lists
from fidelia.campaigns.tables import campaign_activity
from fidelia.platform.engines import Engines
from fidelia.platform.jobs.runner import run_job
from fidelia.profiles import Field
from fidelia.worker import tasks as _tasks

assert _tasks.MODULES  # declares the jobs
SYSTEM = Actor.system()
STRATA = [
    {"field": "city", "lists": [{"values": ["oslo"]}, {"values": ["Bergen", "TRONDHEIM"], "name": "West and north"}]},
    {"field": "age", "ranges": [{"to": 30}, {"from": 30, "to": 50}, {"from": 50}]},
]
_numbers = itertools.count(1)


class Shop:
    """A database with people 1 … 600, of whom 1 … 400 are on a static segment, and one campaign."""

    def __init__(self, engines: Engines, database: int, segment: int, campaign: int) -> None:
        self.engines = engines
        self.database = database
        self.segment = segment
        self.campaign = campaign

    async def build(self) -> Any:
        """Start the campaign, and wait for its audience."""
        async with self.engines.tx() as tx:
            await store.update(tx, self.campaign, {"state": "building"})
            made = await job.ask(tx, SYSTEM, self.campaign)
        await run_job(self.engines, made.id)
        async with self.engines.tx() as tx:
            return await job.RUNS.last(tx, self.campaign)

    async def tick(self) -> None:
        """Let time pass until the audience is looked at, and wait for that."""
        await job.tick(self.engines)
        async with self.engines.tx() as tx:
            run = await job.RUNS.open_of(tx, self.campaign)
        if run is not None and run.job_id is not None:
            await run_job(self.engines, run.job_id)

    async def set(self, **values: Any) -> None:
        async with self.engines.tx() as tx:
            await store.update(tx, self.campaign, values)

    async def people(self) -> lists.People:
        async with self.engines.tx() as tx:
            return await lists.people(tx, self.campaign)

    async def strata(self) -> lists.Strata:
        async with self.engines.tx() as tx:
            return await lists.strata(tx, self.campaign)

    async def admit(self, ids: Iterable[int], source: Any = "audience", activity: int = 9) -> BitMap:
        async with self.engines.tx() as tx:
            return await admit(tx, self.campaign, BitMap(ids), source=source, activity=activity)

    async def join(self, ids: Iterable[int]) -> None:
        async with self.engines.tx() as tx:
            await segments.add_members(tx, SYSTEM, self.segment, ids)

    async def leave(self, ids: Iterable[int]) -> None:
        async with self.engines.tx() as tx:
            await segments.remove_members(tx, SYSTEM, self.segment, ids)

    def mailing(self, number: int) -> int:
        """Return the id of a mailing that no other campaign has; mailings themselves are not needed here."""
        return self.campaign * 100 + number

    async def activity(self, mailing: int, widens: Iterable[str] = (), exempt: bool = False) -> None:
        async with self.engines.tx() as tx:
            await tx.execute(
                sa.insert(campaign_activity).values(
                    campaign_id=self.campaign,
                    kind="mailing",
                    object_id=mailing,
                    widens=list(widens),
                    exempt=exempt,
                    attached_at=tx.now,
                )
            )

    async def events(self, type_: str) -> list[tuple[int, str, str, int]]:
        """Return (profile, group, source, mailing) of the campaign's events, in the order of profiles."""
        await self.engines.catch_up()
        rows = await self.engines.clickhouse.query(
            f"select profile, props.group::String, props.source::String, mailing from e_{self.database} final"
            " where type = {t:String} and campaign = {c:UInt32} order by profile, at",
            {"t": type_, "c": self.campaign},
        )
        return [(int(profile), str(group), str(source), int(mailing)) for profile, group, source, mailing in rows]


async def new_shop(engines: Engines, count: int = 600, listed: int = 400, **more: Any) -> Shop:
    """Make people, a segment, and a draft campaign that keeps back a tenth by city and age."""
    async with engines.tx() as tx:
        number = next(_numbers)
        database = await profiles.create_database(
            tx,
            SYSTEM,
            name=f"campaigns {number}",
            timezone="Europe/Oslo",
            fields=(Field(name="age", type="integer"), Field(name="vip", type="boolean")),
        )
        raw = await tx.raw()
        columns = {field.name: field.column for field in database.fields}
        # Every tenth has no city, every seventh no age; Paris stands in no list.
        await raw.execute(
            f"insert into {database.table} (id, version, email, city, {columns['age']}, {columns['vip']}, status,"
            " created_at, updated_at) select g, 1, 'p' || g || '@example.com',"
            " case when g %% 10 > 0 then (array['Oslo', 'Bergen', 'trondheim', 'Paris'])[g %% 4 + 1] end,"
            " case when g %% 7 > 0 then 18 + g %% 60 end, g %% 2 = 0, 'subscribed', %s, %s"
            " from generate_series(1, %s) g",
            (tx.now, tx.now, count),
        )
        await raw.execute(
            "update profile_database set last_profile_id = %s, profile_count = %s where id = %s",
            (count, count, database.id),
        )
        tx.mark_dirty("profiles", database.id, range(1, count + 1))
        segment = await segments.create_segment(
            tx, SYSTEM, segments.Definition(database_id=database.id, name=f"listed {number}", type="static")
        )
        await segments.add_members(tx, SYSTEM, segment.id, range(1, listed + 1))
        values = {
            "database_id": database.id,
            "segment_id": segment.id,
            "name": f"Winter {number}",
            "share": 100_000,
            "strata": STRATA,
            "salt": f"salt {number}",
            **more,
        }
        campaign = await store.insert(tx, values)
    return Shop(engines, database.id, segment.id, campaign)


@pytest.fixture
async def shop(engines: Engines) -> Shop:
    """600 people, 400 of them on the segment of a draft campaign that keeps back a tenth."""
    return await new_shop(engines)
