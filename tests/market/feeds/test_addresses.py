"""Feeds at an address: looked at, fetched by the clock, not loaded twice, switched off when they fail."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from fidelia.kernel.clock import FixedClock
from fidelia.market.feeds import running
from fidelia.platform.jobs.runner import run_job
from fidelia.platform.notices import open_notices
from tests.web_server import WebServer, web_server

from . import files
from .conftest import Market

OFFERS = [files.item(n, color="red") for n in ("h1", "h2")]


@pytest.fixture
async def server() -> AsyncIterator[WebServer]:
    async with web_server() as running_:
        running_.page("/feed.xml", files.rss(OFFERS).encode(), kind="application/xml", etag='"1"')
        yield running_


def url(server: WebServer, path: str = "/feed.xml", **more: Any) -> dict[str, Any]:
    return {"kind": "url", "url": server.url(path), **more}


async def test_the_first_offers_are_shown_before_anything_is_stored(market: Market, server: WebServer) -> None:
    mapping = [{"name": "color", "field": "property.colour"}, {"name": "link", "field": None}]
    look = await market.send("POST", "/feeds/preview", {"source": url(server), "mapping": mapping})
    assert (look["format"], look["whole"], len(look["offers"])) == ("google_xml", True, 2)
    names = {n["name"]: (n["field"], n["known"], n["offers"]) for n in look["names"]}
    assert names["title"] == ("name", True, 2)
    assert names["color"] == ("property.colour", False, 2)
    assert names["link"] == (None, True, 2)
    assert look["offers"][0]["properties"] == {"colour": "red"}
    assert (await market.get("/feeds?q=nothing"))["total"] == 0
    file = await market.upload("id\ttitle\tprice\n1\tBeans\ttwelve\n", name="feed.txt")
    assert file["format"] == "google_table"
    body = {"source": {"kind": "file", "name": "feed.txt"}, "file": file["file"]}
    look = await market.send("POST", "/feeds/preview", body)
    assert [(r["line"], r["field"]) for r in look["rejected"]] == [(2, "price")]
    server.page("/page.xml", b"<html/>", kind="text/html")
    refused = await market.send("POST", "/feeds/preview", {"source": url(server, "/page.xml")}, 422)
    assert refused["errors"][0]["pointer"] == "/source/url"
    inside = {"source": {"kind": "url", "url": f"http://127.0.0.1:{server.port}/feed.xml"}}
    refused = await market.send("POST", "/feeds/preview", inside, 422)
    assert refused["errors"][0]["pointer"] == "/source/url"


async def test_the_clock_loads_it_and_what_is_the_same_is_left(
    market: Market, server: WebServer, clock: FixedClock
) -> None:
    feed = await market.feed(source=url(server), schedule={"at": "06:00", "every_hours": 12})
    assert feed["next_run_at"] == "2026-11-16T18:00:00Z"
    clock.set(datetime(2026, 11, 16, 18, 1, tzinfo=UTC))
    assert await running.start_due(market.engines) == [feed["id"]]
    assert await running.start_due(market.engines) == []
    due = await market.get(f"/feeds/{feed['id']}")
    assert (due["next_run_at"], due["open_run"]["source"]) == ("2026-11-17T06:00:00Z", "schedule")
    await run_job(market.engines, due["open_run"]["job_id"])
    assert (await market.get(f"/feeds/{feed['id']}"))["last_run"]["created"] == 2
    same = await market.run(feed["id"])
    assert (same["state"], same["note"]) == ("skipped", "The feed has not changed since it was loaded last")
    assert (await market.run(feed["id"], force=True))["unchanged"] == 2
    off = await market.send("PATCH", f"/feeds/{feed['id']}", {"active": False})
    assert off["next_run_at"] is None
    await market.send("PATCH", f"/feeds/{feed['id']}", {"version": 1, "name": "x"}, 409)


async def test_it_signs_in_and_the_secret_goes_nowhere_else(market: Market, server: WebServer) -> None:
    source = url(server, auth="bearer")
    refused = await market.feed(source=source, status=422)
    assert refused["errors"][0]["pointer"] == "/secret"
    feed = await market.feed(source=source, secret="s3cret")
    assert feed["secret_set"]
    assert "s3cret" not in str(feed)
    await market.run(feed["id"])
    assert server.asked[-1].headers["authorization"] == "Bearer s3cret"
    elsewhere = {"source": {"kind": "url", "url": "https://evil.example/feed.xml", "auth": "bearer"}}
    refused = await market.send("PATCH", f"/feeds/{feed['id']}", elsewhere, 422)
    assert refused["errors"][0]["pointer"] == "/secret"
    refused = await market.send("POST", "/feeds/preview", elsewhere | {"feed": feed["id"]}, 422)
    assert refused["errors"][0]["pointer"] == "/secret"


async def test_a_feed_that_fails_again_and_again_is_switched_off(market: Market, server: WebServer) -> None:
    feed = await market.feed(name="Lost", source=url(server, "/gone.xml"), schedule={"at": "06:00"}, stop_after=3)
    for n in (1, 2, 3):
        run = await market.run(feed["id"])
        assert (run["state"], "answers 404" in run["error"]) == ("failed", True)
        assert (await market.get(f"/feeds/{feed['id']}"))["failures"] == n
    off = await market.get(f"/feeds/{feed['id']}")
    assert (off["active"], off["next_run_at"]) == (False, None)
    assert off["stopped"].startswith("It failed 3 times in a row")
    async with market.engines.tx() as tx:
        assert "The feed Lost failed 3 times in a row" in [n.title for n in await open_notices(tx)]


async def test_what_does_not_fit_is_refused_where_it_stands(market: Market, server: WebServer) -> None:
    mapping = [{"name": "a", "field": "colour"}, {"name": "a", "field": "property.Bad Key"}]
    refused = await market.feed(
        source=url(server), name=" ", mapping=mapping, schedule={"at": "06:00", "timezone": "X"}, status=422
    )
    pointers = [e["pointer"] for e in refused["errors"]]
    assert pointers == ["/name", "/mapping/0/field", "/mapping/1/name", "/mapping/1/field", "/schedule/timezone"]
    no_file = {"source": {"kind": "file", "name": "x"}, "file": "feeds/00000000000000000000000000000000"}
    refused = await market.feed(**no_file, schedule={"at": "06:00"}, status=422)
    assert [e["pointer"] for e in refused["errors"]] == ["/file", "/schedule"]
    await market.feed(source=url(server), name="Taken")
    await market.feed(source=url(server), name="taken", status=409)
    await market.get("/feeds/999", 404)
    await market.get("/feed-runs/999", 404)
