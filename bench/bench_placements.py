"""How fast pages get the content of a slot, through HTTP, beside the health check of the same server in the same run.

Two placements compete in one slot, one limited to so many showings for each person, the other not, with a control group. Visitors are
signed and drawn at random; requests come at a fixed rate, whether earlier ones are answered or not. Reach: p99 of 25 ms at 100 requests/s.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.up import Up

from fidelia.messages.kinds.placement.rules import sign

REACH = 25.0
SITE = "https://shop.example.org"
AGENT = "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"


def prepared(api: httpx.Client, people: int) -> tuple[str, str]:
    """Make the people, the site and the placements; return the write key and the site's secret."""

    def made(path: str, body: Any) -> Any:
        return api.post(path, json=body).raise_for_status().json()

    database = made("/databases", {"name": "bench"})["id"]
    for start in range(0, people, 10_000):
        items = [{"external_id": f"c{n}", "first_name": f"Name {n}"} for n in range(start, min(start + 10_000, people))]
        made(f"/databases/{database}/profiles/upsert", {"matching": "external_id", "items": items})
    key = made(
        "/write-keys", {"database_id": database, "name": "s", "kind": "browser", "domains": ["shop.example.org"]}
    )
    secret = made(f"/placements/sites/{key['id']}/secret", {})["secret"]
    slot = made("/placements/slots", {"database_id": database, "key": "hero", "name": "Hero"})["id"]
    body = '<p>Hi {{ profile.first_name | default("you") }}</p><a href="https://shop.example.org/a">Shop</a>'
    draft = {"name": "t", "subject": "-", "format": "html", "body": body, "database_id": database}
    template = made("/templates", draft)["id"]
    made(f"/templates/{template}/publish", {})
    for settings in ({"priority": 1, "max_shows": 3}, {"priority": 0}):
        plan = {"name": "p", "type": "placement", "database_id": database, "template_id": template, "undo_seconds": 0}
        mailing = made("/mailings", {**plan, "placement": {"slot_id": slot, **settings}})["id"]
        made(f"/mailings/{mailing}/start", {})
        while not api.get(f"/mailings/{mailing}/report").json()["placement"]["live"]:
            time.sleep(0.2)
    return str(key["key"]), str(secret)


async def at_rate(client: httpx.AsyncClient, requests: list[httpx.Request], rate: float) -> list[float]:
    """Send requests at a rate; return how long each took from when it was due, in milliseconds."""
    took: list[float] = []

    async def one(request: httpx.Request, due: float) -> None:
        (await client.send(request)).raise_for_status()
        took.append((time.perf_counter() - due) * 1000)

    begun, tasks = time.perf_counter(), []
    for n, request in enumerate(requests):
        due = begun + n / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        tasks.append(asyncio.create_task(one(request, due)))
    await asyncio.gather(*tasks)
    return sorted(took)


def told(name: str, took: list[float]) -> float:
    p99 = took[int(len(took) * 0.99)]
    print(f"{name:<28} median {statistics.median(took):6.1f} ms   p99 {p99:6.1f} ms   worst {took[-1]:6.1f} ms")
    return p99


async def measured(url: str, key: str, secret: str, asked: argparse.Namespace) -> float:
    headers = {"Origin": SITE, "User-Agent": AGENT, "Content-Type": "text/plain"}
    expires, draw = int(time.time()) + 3600, random.Random(7)
    limits = httpx.Limits(max_connections=64, max_keepalive_connections=64)
    async with httpx.AsyncClient(base_url=url, limits=limits, timeout=30) as client:

        def content() -> httpx.Request:
            visitor = sign(secret, f"user:c{draw.randrange(asked.people)}", expires)
            body = json.dumps({"slots": ["hero"], "visitor": visitor})
            return client.build_request("POST", f"/s/{key}/slots", content=body, headers=headers)

        count = int(asked.rate * asked.seconds)
        await at_rate(client, [content() for _ in range(100)], asked.rate)  # connections, plans, caches
        reference = await at_rate(client, [client.build_request("GET", "/health") for _ in range(count)], asked.rate)
        found = await at_rate(client, [content() for _ in range(count)], asked.rate)
    told(f"health, {asked.rate:.0f}/s", reference)
    return told(f"content of a slot, {asked.rate:.0f}/s", found)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--rate", type=float, default=100.0)
    parser.add_argument("--seconds", type=float, default=20.0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fidelia-bench-") as folder:
        token = Path(folder) / "token"
        up = Up(Path(folder) / "data", "--token-file", str(token)).ready()
        try:
            url = up.run()["url"]
            head = {"Authorization": f"Bearer {token.read_text().strip()}"}
            with httpx.Client(base_url=f"{url}/api/v1", headers=head, timeout=120) as api:
                key, secret = prepared(api, asked.people)
            p99 = asyncio.run(measured(url, key, secret, asked))
        finally:
            up.end()
    print(f"p99 {p99:.1f} ms of {REACH:.0f} ms to reach")
    return 0 if p99 <= REACH else 1


if __name__ == "__main__":
    sys.exit(main())
