"""A campaign of a real retailer, replayed: its households, three mailings, a control group, expansion, its orders.

Everything goes through the API and the real sending; every figure of the report is what pandas and SciPy make of the
data set, of who was kept back, and of what the test itself had people do.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pandas as pd
import pytest

from fidelia import market
from fidelia.campaigns.people import listening
from fidelia.kernel.clock import FixedClock
from fidelia.messages.conversions import catching
from fidelia.messages.mailbox.server import MailboxServer
from fidelia.messages.tracking.hits import Hit, HitBuffer
from fidelia.platform.engines import Engines
from fidelia.worker import tasks

from ...conftest import NOW, api_client
from ...messages.test_mailings import mailing, ok, run_jobs, template
from ...oracle.world import read
from . import independent
from .test_figures import naive, same

assert tasks.MODULES
ZONE = "America/Chicago"
CAMPAIGN, GUESTS = 18, 13  # what households were sent in the data set
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
BROWSER = "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"


class Journey:
    """The replay. ``every`` takes each so many households only."""

    def __init__(self, api: httpx.AsyncClient, engines: Engines, every: int) -> None:
        assert isinstance(engines.clock, FixedClock)
        self.api, self.engines, self.clock = api, engines, engines.clock
        about = read("campaign_descriptions").set_index("campaign_id").loc[CAMPAIGN]
        first = about["start_date"].to_pydatetime().replace(tzinfo=UTC)
        self.shift = ((NOW - first) // timedelta(days=7) + 1) * timedelta(days=7)
        self.start = first + self.shift + 15 * HOUR
        self.end = about["end_date"].to_pydatetime().replace(tzinfo=UTC) + self.shift + 15 * HOUR
        self.until = self.end + 7 * DAY
        sent = read("campaigns")
        bought = (
            read("transactions")
            .groupby("basket_id")
            .agg(
                household_id=("household_id", "first"),
                at=("transaction_timestamp", "first"),
                total=("sales_value", "sum"),
            )
        )
        ids = sorted(bought["household_id"].unique())[::every]
        bought = bought[bought["household_id"].isin(ids)]
        bought = bought.assign(at=bought["at"].astype("datetime64[ms]") + self.shift, total=bought["total"].round(2))
        inside = bought["at"].between(naive_(self.start - 30 * DAY), naive_(self.until + 10 * DAY))
        self.baskets = bought[inside & (bought["total"] >= 0)].reset_index()
        self.households = pd.DataFrame({"household": ids, "profile": range(1, len(ids) + 1)})
        known = read("demographics")[["household_id", "income", "household_size"]]
        self.households = self.households.merge(known, left_on="household", right_on="household_id", how="left")
        self.households["unsubscribed"] = self.households["household"] % 25 == 0
        self.received = {
            number: set(self._profiles(sent[sent["campaign_id"] == number]["household_id"]))
            for number in (CAMPAIGN, GUESTS)
        }
        self.touches: list[tuple[int, int, int, str, datetime]] = []
        self.entered: dict[int, datetime] = {}
        self.sources: dict[int, tuple[str, int]] = {}
        self.mailings: list[int] = []
        self.sent: dict[int, set[int]] = {}

    def _profiles(self, households: Iterable[int]) -> list[int]:
        mine = self.households[self.households["household"].isin(set(households))]
        return [int(profile) for profile in mine["profile"]]

    async def call(self, path: str, body: Any = None, status: int = 200) -> Any:
        if body is None:
            return await ok(await self.api.get(f"/api/v1{path}"), status)
        return await ok(await self.api.post(f"/api/v1{path}", json=body), status)

    # -- what is done ---------------------------------------------------------------------------------------------

    async def load(self) -> None:
        """Make the database with its people, the segments, and the campaign."""
        fields = [
            {"name": name, "type": "enum", "options": sorted(self.households[name].dropna().unique())}
            for name in ("income", "household_size")
        ]
        made = await self.call("/databases", {"name": "journey", "timezone": ZONE, "fields": fields}, 201)
        self.database = made["id"]
        items = [
            {
                "external_id": str(row.household),
                "email": f"h{row.household}@example.com",
                "status": "unsubscribed" if row.unsubscribed else "subscribed",
                **{name: v for name in ("income", "household_size") if isinstance(v := getattr(row, name), str)},
            }
            for row in self.households.itertuples()
        ]
        body = {"matching": "external_id", "mode": "upsert", "items": items}
        done = await self.call(f"/databases/{self.database}/profiles/upsert", body)
        assert [item["profile_id"] for item in done["items"]] == list(self.households["profile"]), done["items"][:3]
        self.segments = {number: await self._segment(number) for number in self.received}
        strata = [{"field": "income"}, {"field": "household_size"}]
        campaign = {
            "name": "Replay",
            "database_id": self.database,
            "segment_id": self.segments[CAMPAIGN],
            "control": {"percent": 10, "strata": strata},
            "cost": "2500.00",
            "currency": "USD",
        }
        self.campaign = (await self.call("/campaigns", campaign, 201))["id"]
        layout = await template(self.api)
        for name, widens, segment in (
            ("Announcement", [], self.segments[CAMPAIGN]),
            ("For friends", ["audience"], self.segments[GUESTS]),
            ("Last days", ["clicked"], None),
        ):
            id_ = await mailing(self.api, self.database, layout, name=name, segment_id=segment)
            await self.call(f"/campaigns/{self.campaign}/activities", {"id": id_, "widens": widens}, 201)
            self.mailings.append(id_)

    async def _segment(self, number: int) -> int:
        body = {"database_id": self.database, "name": f"Sent {number}", "type": "static"}
        made = await self.call("/segments", body, 201)
        ids = sorted(self.received[number])
        for at in range(0, len(ids), 1000):
            await self.call(f"/segments/{made['id']}/members/add", {"profile_ids": ids[at : at + 1000]})
        return int(made["id"])

    async def run(self) -> None:
        """Live through it: the start, the three mailings with what people do, the orders, the end."""
        await catching.round_of(self.engines)
        self.clock.set(self.start)
        await self.call(f"/campaigns/{self.campaign}/activate", {})
        await run_jobs(self.engines)
        self._came(self.received[CAMPAIGN], "segment", 0)
        await self._send(0, self.start + HOUR)
        self.clock.set(self.start + 14 * DAY)
        self._came(self.received[GUESTS], "audience", self.mailings[1])
        await self._send(1, self.start + 14 * DAY)
        clicked = await self._send(2, self.start + 35 * DAY)
        self._came(clicked, "clicked", self.mailings[2])
        orders = [
            market.OrderIn(
                match={"external_id": str(row.household_id)},
                external_id=str(row.basket_id),
                placed_at=row.at.to_pydatetime().replace(tzinfo=UTC),
                currency="USD",
                status="delivered",
                lines=[market.LineIn(product="groceries", quantity=1, total=f"{row.total:.2f}")],
            )
            for row in self.baskets.itertuples()
        ]
        self.clock.set(self.end)
        await self.call(f"/campaigns/{self.campaign}/complete", {})
        self.clock.set(self.until + 11 * DAY)
        for at in range(0, len(orders), 2000):
            async with self.engines.tx() as tx:
                assert (await market.upsert_orders(tx, self.database, orders[at : at + 2000])).rejected == 0
        await self.engines.catch_up()
        await catching.round_of(self.engines)

    def _came(self, people: Iterable[int], source: str, activity: int) -> None:
        for profile in people:
            if profile not in self.entered:
                self.entered[profile] = self.clock.now()
                self.sources[profile] = (source, activity)

    async def _send(self, n: int, at: datetime) -> set[int]:
        """Send a mailing; have every third recipient open it some hours later and every eighth click."""
        id_ = self.mailings[n]
        self.clock.set(at)
        await self.call(f"/mailings/{id_}/start", {})
        await run_jobs(self.engines)
        run = (await self.call(f"/mailings/{id_}"))["run_id"]
        async with self.engines.db.hot() as raw:
            cursor = await raw.execute("select profile_id from delivery where run_id = %s and state = 'sent'", (run,))
            who = {int(row[0]) for row in await cursor.fetchall()}
        self.sent[id_] = who
        hits = HitBuffer.of(self.engines)
        opened = {profile: at + (1 + profile % 50) * HOUR for profile in who if profile % 3 == n}
        clicked = {profile: at + (1 + profile % 50) * HOUR + 5 * MINUTE for profile in who if profile % 8 == n}
        self.clock.set(at + 3 * DAY)
        for kind, done, link in (("opened", opened, -1), ("clicked", clicked, 0)):
            found = [Hit(run, one, 0, kind, moment, link=link, user_agent=BROWSER) for one, moment in done.items()]
            await asyncio.gather(*(hits.add(hit) for hit in found))
            self.touches += [(profile, run, id_, kind, moment) for profile, moment in done.items()]
        self.touches += [(profile, run, id_, "sent", at) for profile in who]
        await self.engines.catch_up()
        await listening.round_of(self.engines)
        return set(clicked)

    # -- what pandas makes of it ----------------------------------------------------------------------------------

    async def sides(self) -> set[int]:
        """Return who is kept back, as the campaign's page lists them."""
        kept, cursor = set(), ""
        while True:
            page = await self.call(f"/campaigns/{self.campaign}/audience?side=control&limit=1000{cursor}")
            kept |= {item["profile_id"] for item in page["items"]}
            if page["next_cursor"] is None:
                return kept
            cursor = f"&cursor={page['next_cursor']}"

    def people(self, kept: set[int]) -> pd.DataFrame:
        found = self.households.assign(entered=self.households["profile"].map(self.entered)).dropna(subset="entered")
        missing = {"income": "no Income", "household_size": "no Household size"}
        words = [found[name].fillna(absent) for name, absent in missing.items()]
        found = found.assign(epoch=1, stratum=words[0] + " · " + words[1], kept=found["profile"].isin(kept))
        return naive(found[["profile", "epoch", "stratum", "kept", "entered"]].copy(), "entered")

    def orders(self) -> pd.DataFrame:
        mine = self.baskets.merge(self.households, left_on="household_id", right_on="household")
        return mine.assign(currency="USD")[["profile", "at", "currency", "total"]]


def naive_(moment: datetime) -> pd.Timestamp:
    return pd.Timestamp(moment).tz_convert("UTC").tz_localize(None)


@pytest.fixture
async def open_api(fresh: Engines) -> AsyncIterator[httpx.AsyncClient]:
    server = MailboxServer(fresh)
    await server.start()
    async with api_client(fresh) as client:
        yield client
    await server.stop()


@pytest.mark.parametrize(
    "every", [pytest.param(4, id="a-quarter"), pytest.param(1, id="whole", marks=pytest.mark.prove)]
)
async def test_a_real_campaign_replayed(fresh: Engines, open_api: httpx.AsyncClient, every: int) -> None:
    journey = Journey(open_api, fresh, every)
    await journey.load()
    await journey.run()
    report = await journey.call(f"/campaigns/{journey.campaign}/report")
    kept = await journey.sides()
    people, orders = journey.people(kept), journey.orders()
    check_split(journey, kept)
    check_recipients(journey, kept, report)
    check_effects(journey, people, orders, report)
    check_activities(journey, kept, orders, report)
    check_days(journey, people, orders, report)


def check_split(journey: Journey, kept: set[int]) -> None:
    """Each stratum of the first audience gave a tenth to within one person; later waves fill up what was there."""
    everybody = journey.people(kept)
    first = everybody[everybody["entered"] == naive_(journey.start)]
    assert len(first) == len(journey.received[CAMPAIGN])
    for part in (first, everybody):
        sizes = part.groupby("stratum")["kept"].agg(["sum", "size"])
        assert ((sizes["sum"] - sizes["size"] / 10).abs() <= 1).all()
    assert abs(len(kept) - len(everybody) / 10) <= len(set(everybody["stratum"])) / 2


def check_recipients(journey: Journey, kept: set[int], report: dict[str, Any]) -> None:
    """Who got each mailing, and why the others did not, by plain sets."""
    households = journey.households
    no = {int(profile) for profile in households[households["unsubscribed"]]["profile"]}
    everybody = {int(profile) for profile in households["profile"]}
    segment, guests = journey.received[CAMPAIGN], journey.received[GUESTS]
    inside = segment | guests
    aimed = [segment, guests, everybody]
    # The last one is widened by clicks, so it reaches outsiders too: whoever clicks comes in.
    may = [segment - kept, guests - kept, everybody - (kept & inside)]
    for n, id_ in enumerate(journey.mailings):
        assert journey.sent[id_] == may[n] - no
        reasons = {one["reason"]: one["people"] for one in report["left_out"] if one["id"] == id_}
        wanted = {"campaign_control": len(aimed[n] & kept & inside), "status": len(may[n] & no)}
        assert reasons == {reason: count for reason, count in wanted.items() if count}
        one = report["activities"][n]
        assert (one["selected"], one["left_out"]) == (len(aimed[n]), sum(wanted.values()))
    inflow = {(one["source"], one["activity"]): one for one in report["inflow"]}
    came = pd.Series(journey.sources)
    assert set(inflow) == set(came)
    for way, one in inflow.items():
        mine = {profile for profile, source in journey.sources.items() if source == way}
        assert (one["people"], one["control"]) == (len(mine), len(mine & kept))


def check_effects(journey: Journey, people: pd.DataFrame, orders: pd.DataFrame, report: dict[str, Any]) -> None:
    counted = independent.within(people, orders, naive_(journey.until))
    found = independent.each(people, counted, "USD")
    assert (report["currency"], report["running"], report["global_control"]) == ("USD", False, 0)
    assert report["until"] == journey.until.isoformat().replace("+00:00", "Z")
    parts = [(report["control"], report["test"], report["metrics"], found)]
    for part in report["strata"]:
        parts.append((part["control"], part["test"], part["metrics"], found[found["stratum"] == part["label"]]))
    assert {part["label"] for part in report["strata"]} == set(found["stratum"])
    for control, test, metrics, rows in parts:
        same(control, independent.arm(rows, kept=True), "control")
        same(test, independent.arm(rows, kept=False), "test")
        inside, out = independent.compared(rows, 0.1)
        if rows is found:
            assert report["unmatched"] == out
        if not inside["kept"].any() or not inside[inside["kept"]]["bought"].any():
            assert {metric["verdict"] for metric in metrics} == {"too_few"}
            continue
        wanted = independent.metrics(inside, money=True)
        for metric in metrics:
            same(metric, wanted[metric["key"]], metric["key"])
    assert report["verdict"] == report["metrics"][0]["verdict"]
    assert f"{report['metrics'][0]['test'] * 100:.1f} % of the test group bought" in report["headline"]


def check_activities(journey: Journey, kept: set[int], orders: pd.DataFrame, report: dict[str, Any]) -> None:
    touched = naive(pd.DataFrame(journey.touches, columns=["profile", "run", "mailing", "way", "at"]), "at")
    given = independent.attributed(orders, touched)
    for one in report["activities"]:
        mine, theirs = touched[touched["mailing"] == one["id"]], given[given["mailing"] == one["id"]]
        ways = mine["way"].value_counts()
        wanted = {
            **{way: int(ways[way]) for way in ("sent", "opened", "clicked")},
            "delivered": int(ways["sent"]),
            **dict.fromkeys(("failed", "blocked", "bounced", "unsubscribed", "complained"), 0),
            "converted": theirs["profile"].nunique(),
            "conversions": len(theirs),
            "revenue": float(round(theirs["total"].sum(), 2)),
            "brought": sum(activity == one["id"] for _, activity in journey.sources.values()),
        }
        same(one, wanted, one["name"])
    assert report["total"]["conversions"] == len(given)
    assert report["total"]["converted"] == given["profile"].nunique()
    inside = touched[touched["profile"].isin(journey.entered)]
    reach = {way: inside[inside["way"] == way]["profile"].nunique() for way in ("sent", "opened", "clicked")}
    assert report["reach"] == {
        "audience": len(journey.entered),
        "test": len(set(journey.entered) - kept),
        "control": len(kept),
        "withheld": 0,
        "reached": reach["sent"],
        "opened": reach["opened"],
        "clicked": reach["clicked"],
        "unsubscribed": 0,
        "converted": given[given["profile"].isin(journey.entered)]["profile"].nunique(),
    }
    (channel,) = report["channels"]
    assert (channel["channel"], channel["people"]) == ("email", touched["profile"].nunique())
    revenue = next(metric for metric in report["metrics"] if metric["key"] == "revenue")
    assert revenue["verdict"] == "too_few", "amounts are not judged by some hundred people kept back"
    assert report["money"] == {
        "cost": "2500.00",
        "attributed": f"{given['total'].sum():.2f}",
        **dict.fromkeys(("incremental", "incremental_low", "incremental_high", "profit", "return_on_cost")),
    }


def check_days(journey: Journey, people: pd.DataFrame, orders: pd.DataFrame, report: dict[str, Any]) -> None:
    counted = independent.within(people, orders, naive_(journey.until))
    local = [
        moments.dt.tz_localize("UTC").dt.tz_convert(ZONE).dt.date.astype(str)
        for moments in (counted["at"], people["entered"])
    ]
    counted, people = counted.assign(day=local[0]), people.assign(day=local[1])
    first = counted.groupby("profile").agg(day=("day", "min"), kept=("kept", "first"))
    touched = naive(pd.DataFrame(journey.touches, columns=["profile", "run", "mailing", "way", "at"]), "at")
    touched["day"] = touched["at"].dt.tz_localize("UTC").dt.tz_convert(ZONE).dt.date.astype(str)
    assert len(report["days"]) == (journey.until - journey.start).days + 1
    for day in report["days"]:
        for kept, name in ((True, "control"), (False, "test")):
            there = ((people["day"] <= day["day"]) & (people["kept"] == kept)).sum()
            bought = ((first["day"] <= day["day"]) & (first["kept"] == kept)).sum()
            spent = counted[(counted["day"] <= day["day"]) & (counted["kept"] == kept)]["total"].sum()
            assert day[f"{name}_share"] == pytest.approx(bought / there)
            assert day[f"{name}_revenue"] == pytest.approx(spent / there)
        assert day["joined"] == (people["day"] == day["day"]).sum()
        for way in ("sent", "opened", "clicked"):
            assert day[way] == ((touched["day"] == day["day"]) & (touched["way"] == way)).sum(), (way, day["day"])
