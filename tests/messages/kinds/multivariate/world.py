"""Multivariate mailings for tests: set up, started, reacted to, waited for."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

import httpx

from fidelia.kernel.clock import FixedClock
from fidelia.messages.service import running
from fidelia.messages.tracking.hits import Hit, HitBuffer
from fidelia.platform.engines import Engines

from ...test_mailings import AGENT, ok, run_jobs, sums, template

WAIT = 3_600
BODY = '<p>Hi {{ profile.first_name | default("friend") }}</p><p><a href="https://shop.example.org/%s">Go</a>'
BODY += ' <a href="{{ links.unsubscribe }}">Stop</a> <a href="{{ links.web_version }}">Web</a></p>'


async def templates(api: httpx.AsyncClient, count: int = 2) -> list[int]:
    return [
        await template(api, name=f"Variant {n}", subject=f"Subject {n}", format="html", body=BODY % n)
        for n in range(count)
    ]


async def multivariate(api: httpx.AsyncClient, database: int, variants: list[int], **test: Any) -> int:
    settings = {"share": 40, "metric": "clicked", "wait": WAIT, **test}
    body = {
        "name": "Which subject",
        "type": "multivariate",
        "database_id": database,
        "undo_seconds": 0,
        "from_email": "shop@example.org",
        "split": {"variants": [{"template_id": id_} for id_ in variants], "test": settings},
    }
    return (await ok(await api.post("/api/v1/mailings", json=body), 201))["id"]


async def start(engines: Engines, api: httpx.AsyncClient, mailing_id: int) -> None:
    await ok(await api.post(f"/api/v1/mailings/{mailing_id}/start", json={}))
    await run_jobs(engines)
    await running.tick(engines)


async def rows(engines: Engines, mailing_id: int) -> dict[int, tuple[str, int]]:
    """State and variant by profile."""
    async with engines.db.hot() as raw:
        cursor = await raw.execute(
            "select profile_id, state::text, variant from delivery d join mailing_run r on r.id = d.run_id"
            " where r.mailing_id = %s",
            (mailing_id,),
        )
        return {profile: (state, variant) for profile, state, variant in await cursor.fetchall()}


async def run_id_of(engines: Engines, mailing_id: int) -> int:
    async with engines.db.hot() as raw:
        row = await (await raw.execute("select id from mailing_run where mailing_id = %s", (mailing_id,))).fetchone()
    return int(row[0])


async def hit(
    engines: Engines, mailing_id: int, profiles: list[int], kind: str, agent: str = AGENT["User-Agent"]
) -> None:
    """Let people open or click, as the tracking pages count it."""
    run = await run_id_of(engines, mailing_id)
    now = engines.clock.now()
    buffer = HitBuffer.of(engines)
    await asyncio.gather(
        *(buffer.add(Hit(run, p, 0, kind, now, 0 if kind == "clicked" else -1, "", agent)) for p in profiles)
    )


async def pass_time(engines: Engines, clock: FixedClock, seconds: int) -> None:
    clock.advance(timedelta(seconds=seconds))
    await running.tick(engines)
    await run_jobs(engines)
    await running.tick(engines)


async def report_of(api: httpx.AsyncClient, mailing_id: int) -> dict:
    found = await ok(await api.get(f"/api/v1/mailings/{mailing_id}/report"))
    sums(found)
    return found


async def mails(api: httpx.AsyncClient, mailing_id: int) -> dict[str, str]:
    """Subjects by recipient; nobody has two."""
    found = await ok(await api.get("/api/v1/mailbox", params={"mailing": mailing_id, "limit": 1000}))
    assert max(Counter(m["recipients"][0] for m in found["items"]).values(), default=1) == 1
    return {m["recipients"][0]: m["subject"] for m in found["items"]}
