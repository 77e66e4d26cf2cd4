"""kill -9 in a split, in an expansion and in a launch: it goes on to the same groups and the same recipients."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import sqlalchemy as sa
from pyroaring import BitMap

from fidelia import segments
from fidelia.campaigns.people import job
from fidelia.campaigns.people.admission import Draw
from fidelia.campaigns.store import campaigns as store
from fidelia.campaigns.store import people as lists
from fidelia.kernel.clock import SystemClock
from fidelia.messages.mailbox.server import MailboxServer
from fidelia.platform.engines import Engines
from fidelia.platform.files import DataFolder
from fidelia.platform.jobs.runner import run_job
from fidelia.platform.postgres import Database
from fidelia.settings import Settings
from fidelia.wiring import wire
from tests.events.test_killed import Place
from tests.killing import run_child
from tests.messages.conftest import mailbox
from tests.messages.test_mailings import mailing, ok, run_jobs, template
from tests.up import Up, open_folder, wait_until

from .people.conftest import SYSTEM, Shop, new_shop

__all__ = ["mailbox"]
child = partial(run_child, "tests.campaigns.campaign_child")
SALT = "whoever dies"


def killed(done: Any) -> None:
    assert done.returncode == -signal.SIGKILL, done.stderr[-3000:]


async def building(engines: Engines) -> tuple[Shop, str]:
    """A campaign that is being started, and its job."""
    shop = await new_shop(engines, salt=SALT, state="building")
    async with engines.tx() as tx:
        return shop, (await job.ask(tx, SYSTEM, shop.campaign)).id


async def same(one: Shop, other: Shop) -> None:
    """Both campaigns have the same people on the same sides in the same strata, and each was told of once."""
    mine, theirs = await one.people(), await other.people()
    for name in lists.LISTS:
        assert getattr(mine, name) == getattr(theirs, name), name
    assert mine.control
    assert await one.strata() == await other.strata()
    told, wanted = await one.events("campaign.entered"), await other.events("campaign.entered")
    assert [row[:3] for row in told] == [row[:3] for row in wanted]
    assert [row[0] for row in told] == list(mine.assigned)


# -- at every point, once -------------------------------------------------------------------------------------------


PROVE = pytest.mark.prove


@pytest.mark.parametrize(
    "point",
    [
        pytest.param("strata", marks=PROVE),
        pytest.param("lists", marks=PROVE),
        "told",
        pytest.param("active", marks=PROVE),
        "built",
    ],
)
async def test_a_split_is_killed(engines: Engines, tmp_path: Path, point: str) -> None:
    undisturbed = await new_shop(engines, salt=SALT)
    await undisturbed.build()
    shop, job_id = await building(engines)
    killed(child(engines, tmp_path, job_id, point, "1"))
    if point != "built":
        async with engines.tx() as tx:
            begun = await job.RUNS.open_of(tx, shop.campaign)
            state = (await store.get(tx, shop.campaign)).state
        assert begun is not None
        assert (state, begun.state) == ("building", "running")
        assert await shop.people() == lists.nobody(), "all of it or nothing"
        assert not await shop.strata()
    again = child(engines, tmp_path, "again")
    assert again.returncode == 0, again.stderr[-3000:]
    async with engines.tx() as tx:
        run = await job.RUNS.last(tx, shop.campaign)
        state = (await store.get(tx, shop.campaign)).state
    assert run is not None
    assert (state, run.state, run.joined, run.kept_back) == ("active", "done", 400, 40)
    await same(shop, undisturbed)


class Launch:
    """An active campaign of 400 people, and a broadcast of it to all 600 that takes the others in."""

    def __init__(self, shop: Shop, api: httpx.AsyncClient, mailing_id: int) -> None:
        self.shop = shop
        self.api = api
        self.mailing = mailing_id

    async def start(self) -> str:
        """Start it; return the job that works out its audience."""
        path = f"/api/v1/mailings/{self.mailing}"
        await ok(await self.api.post(f"{path}/start", json={}))
        stmt = sa.text("select id from job where state = 'queued' and kind = 'mailings.audience'")
        async with self.shop.engines.tx() as tx:
            return str((await tx.one(stmt)).id)

    async def recipients(self) -> dict[int, str]:
        """Return whom the ledger holds, and what became of it."""
        stmt = sa.text(
            "select d.profile_id, d.state::text from delivery d join mailing_run r on r.id = d.run_id"
            " where r.mailing_id = :m"
        )
        async with self.shop.engines.tx() as tx:
            rows = await tx.all(stmt, {"m": self.mailing})
        assert len({row.profile_id for row in rows}) == len(rows), "somebody stands there twice"
        return {row.profile_id: row.state for row in rows}

    async def mails(self) -> Counter[str]:
        found: Counter[str] = Counter()
        params: dict[str, Any] = {"mailing": self.mailing, "limit": 1000}
        page = await ok(await self.api.get("/api/v1/mailbox", params=params))
        for mail in page["items"]:
            found.update(mail["recipients"])
        return found


async def launched(engines: Engines, api: httpx.AsyncClient, **widening: Any) -> Launch:
    shop = await new_shop(engines, salt=SALT)
    await shop.build()
    made = await mailing(api, shop.database, await template(api), name=f"Launch {shop.campaign}")
    body = {"kind": "mailing", "id": made, "widens": ["audience"], **widening}
    reply = await api.post(f"/api/v1/campaigns/{shop.campaign}/activities", json=body)
    assert reply.is_success, reply.text
    return Launch(shop, api, made)


@pytest.mark.parametrize(
    ("point", "count"),
    [
        ("strata", 1),  # in the split of those who come by the launch
        pytest.param("entries", 1, marks=PROVE),
        pytest.param("admitted", 1, marks=PROVE),
        pytest.param("worked out", 1, marks=PROVE),
        pytest.param("kept", 1, marks=PROVE),
        ("filled", 3),  # some of the ledger is there
    ],
)
async def test_an_expansion_and_a_launch_are_killed(
    engines: Engines, api: httpx.AsyncClient, mailbox: MailboxServer, tmp_path: Path, point: str, count: int
) -> None:
    undisturbed = await launched(engines, api)
    await run_job(engines, await undisturbed.start())
    launch = await launched(engines, api)
    job_id = await launch.start()
    killed(child(engines, tmp_path, job_id, point, str(count)))
    before = await launch.shop.people()
    if point in ("strata", "entries"):
        assert before.audience == BitMap(range(1, 401)), "nobody is half in"
        assert not await launch.recipients()
    else:
        assert before.audience == BitMap(range(1, 601))
    again = child(engines, tmp_path, "again")
    assert again.returncode == 0, again.stderr[-3000:]
    await same(launch.shop, undisturbed.shop)
    found = await launch.shop.people()
    assert len(found.control) == 60
    assert set(await launch.recipients()) == set(await undisturbed.recipients()) == set(found.test)
    await run_jobs(engines)
    assert set((await launch.recipients()).values()) == {"sent"}
    assert await launch.mails() == Counter({f"p{person}@example.com": 1 for person in found.test})


# -- the whole platform, at any moment ------------------------------------------------------------------------------

PEOPLE, LISTED, REACHED, OUTSIDE = 30_000, 20_000, 1_000, 600
CITIES = ("Oslo", "Bergen", "Trondheim")
STRATA = [{"field": "city", "lists": [{"values": ["Oslo"]}, {"values": ["Bergen"]}]}]
ROUNDS = int(os.environ.get("FIDELIA_CAMPAIGN_ROUNDS", "10"))


class Winter(Place):
    """An installation with many people, where campaigns are started and launched while its processes die."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.token_file = folder.with_name("token")
        self.up = Up(folder, "--token-file", str(self.token_file)).ready()
        self.token = self.token_file.read_text().strip()
        self.database = int(self.call("POST", "/databases", json={"name": "winter"})["id"])
        for start in range(1, PEOPLE + 1, 10_000):
            items = [
                {"external_id": f"u{n}", "email": f"p{n}@example.com", "city": CITIES[n % 3]}
                for n in range(start, start + 10_000)
            ]
            body = {"matching": "external_id", "mode": "upsert", "items": items}
            assert self.call("POST", f"/databases/{self.database}/profiles/upsert", json=body)["created"] == 10_000
        self.listed = self.segment("listed", range(1, LISTED + 1))
        first = LISTED - (REACHED - OUTSIDE) + 1
        self.reached = range(first, first + REACHED)
        self.few = self.segment("few", self.reached)
        content = {"name": "t", "format": "html", "subject": "Hi", "body": '<a href="{{ links.unsubscribe }}">x</a>'}
        self.template = int(self.call("POST", "/templates", json=content)["id"])
        self.call("POST", f"/templates/{self.template}/publish")

    def segment(self, name: str, people: range) -> int:
        body = {"database_id": self.database, "name": name, "type": "static"}
        made = self.call("POST", "/segments", json=body)
        number = int(made.get("segment", made)["id"])
        self.call("POST", f"/segments/{number}/members/add", json={"profile_ids": list(people)})
        return number

    def campaign(self, number: int) -> tuple[int, int]:
        """A draft with a control group, and a broadcast of it to people of whom most are outside."""
        body = {"name": f"Winter {number}", "database_id": self.database, "segment_id": self.listed}
        body |= {"control": {"percent": 10, "strata": STRATA}}
        campaign = int(self.call("POST", "/campaigns", json=body)["id"])
        body = {"name": f"News {number}", "database_id": self.database, "template_id": self.template}
        body |= {"segment_id": self.few, "from_email": "shop@example.org"}
        mailing = int(self.call("POST", "/mailings", json=body)["id"])
        body = {"kind": "mailing", "id": mailing, "widens": ["audience"]}
        self.call("POST", f"/campaigns/{campaign}/activities", json=body)
        return campaign, mailing

    def until(self, path: str, state: str) -> None:
        def there() -> bool:
            try:
                return str(self.call("GET", path)["state"]) == state
            except (httpx.TransportError, OSError, KeyError):
                return False

        try:
            wait_until(there, 120)
        except AssertionError:
            raise AssertionError(f"{path} is not {state}:\n{self.up.output()[-5000:]}") from None

    @asynccontextmanager
    async def engines(self) -> AsyncIterator[Engines]:
        """The installation's PostgreSQL, from outside."""
        socket = DataFolder(self.folder).run / "postgres"
        db = Database(f"postgresql://fidelia@/postgres?host={quote(str(socket), safe='/')}", pool_size=2)
        await db.open()
        opened = Engines(settings=Settings(), db=db, clock=SystemClock())
        wire(opened)
        try:
            yield opened
        finally:
            await db.close()


def expected(salt: str, waves: list[BitMap]) -> BitMap:
    """Return who is kept back when people come in these waves, by the split alone."""
    strata: lists.Strata = {}
    control = BitMap()
    for people in waves:
        found: dict[str, BitMap] = {}
        for person in people:
            # The parts of the field: Oslo, Bergen, another one.
            found.setdefault(str(person % 3 + 1), BitMap()).add(person)
        _, made, strata = segments.assign(Draw(100_000, None, salt, 1), strata, control, found, str)
        control = made.control
    return control


@pytest.fixture
def winter() -> Iterator[Winter]:
    with open_folder("fidelia-winter-") as root:
        made = Winter(root / "data")
        try:
            yield made
        finally:
            made.up.end()


@pytest.mark.prove
async def test_ten_campaigns_while_everything_dies(winter: Winter) -> None:
    """Each is killed while it is started and again while its broadcast is launched; groups are those of the split."""
    seed = random.SystemRandom().randrange(1_000_000)
    chance = random.Random(seed)
    names = winter.names()
    assert {"core", "worker", "sender", "postgres", "supervisor"} <= set(names)
    first = ["worker", "postgres", "core", "supervisor", "all"]
    then = ["core", "postgres", "sender", "worker", "all"]
    for number in range(ROUNDS):
        campaign, mailing_id = winter.campaign(number)
        for victim, act in ((first[number % 5], "activate"), (then[number % 5], "start")):
            if act == "activate":
                winter.call("POST", f"/campaigns/{campaign}/activate")
            else:
                winter.call("POST", f"/mailings/{mailing_id}/start", json={"undo_seconds": 0})
            moment = chance.random() * 0.8
            time.sleep(moment)
            print(f"seed {seed}, round {number}: kill -9 {victim} {moment:.2f} s into {act}", flush=True)
            winter.kill(names if victim == "all" else [victim])
            winter.recovered()
            if act == "activate":
                winter.until(f"/campaigns/{campaign}", "active")
                await check(winter, campaign, [BitMap(range(1, LISTED + 1))])
        winter.until(f"/mailings/{mailing_id}", "done")
        outside = BitMap(winter.reached) - BitMap(range(1, LISTED + 1))
        control = await check(winter, campaign, [BitMap(range(1, LISTED + 1)), outside])
        await check_recipients(winter, mailing_id, BitMap(winter.reached) - control)


async def check(winter: Winter, campaign: int, waves: list[BitMap]) -> BitMap:
    """Check the groups of a campaign against the split alone, each told of once; return who is kept back."""
    async with winter.engines() as engines, engines.tx() as tx:
        row = await store.get(tx, campaign)
        found = await lists.people(tx, campaign)
        strata = await lists.strata(tx, campaign)
        entries = [entry.people for entry in await lists.entries(tx, campaign)]
    everybody = BitMap.union(*waves)
    assert found.audience == found.assigned == everybody
    assert found.control == expected(row.salt, waves)
    assert sum(len(people) for _, people in strata.values()) == len(everybody)
    assert sum(map(len, entries)) == len(everybody)
    body = {"kind": "occurred", "event": "campaign.entered", "count": {"op": "eq", "value": 1}}
    body["where"] = {"kind": "compare", "field": "event.campaign", "op": "eq", "value": campaign}
    asked = {"database_id": winter.database, "condition": body, "limit": 1}
    assert winter.call("POST", "/segments/calculate", json=asked)["count"] == len(everybody), "told of once each"
    return found.control


async def check_recipients(winter: Winter, mailing_id: int, wanted: BitMap) -> None:
    stmt = sa.text(
        "select d.profile_id, d.state::text from delivery d join mailing_run r on r.id = d.run_id"
        " where r.mailing_id = :m"
    )
    async with winter.engines() as engines, engines.tx() as tx:
        rows = [(row.profile_id, row.state) for row in await tx.all(stmt, {"m": mailing_id})]
    assert len(rows) == len(wanted)
    assert {profile for profile, _ in rows} == set(wanted)
    states = Counter(state for _, state in rows)
    assert set(states) <= {"sent", "unknown"}, states
    assert states["unknown"] <= 20, "more than stood between two connections"
    got: Counter[str] = Counter()
    cursor: dict[str, str] = {}
    while True:
        page = winter.call("GET", "/mailbox", params={"mailing": mailing_id, "limit": 1000, **cursor})
        for mail in page["items"]:
            got.update(mail["recipients"])
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert not got or max(got.values()) == 1, "somebody got it twice"
    sent = {f"p{profile}@example.com" for profile, state in rows if state == "sent"}
    assert sent <= set(got), json.dumps(sorted(sent - set(got))[:10])
    assert set(got) <= {f"p{profile}@example.com" for profile in wanted}
