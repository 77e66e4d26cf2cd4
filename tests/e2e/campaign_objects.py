"""Campaigns for the pictures: one that runs, with three activities, guests, orders and a verdict, and a draft."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tests.up import wait_until

if TYPE_CHECKING:
    from .objects import Objects

#: Of the small demo's people so many are on the list; the broadcast goes to some of them and to those outside.
LISTED, NEAR = 160, range(81, 201)
#: Of those who get it, and of those who are kept back, such a share buys.
BUY, BUY_ANYWAY = 0.45, 0.22
STRATA = [
    {
        "field": "income",
        "lists": [
            {"values": ["Under 15K", "15-24K", "25-34K", "35-49K"], "name": "under 50K"},
            {"values": ["50-74K", "75-99K", "100-124K", "125-149K"], "name": "50K to 150K"},
        ],
    }
]


def campaigns(objects: Objects) -> dict[str, object]:
    """Make what is missing; return the ids that the addresses of the pages need."""
    listed = _list(objects, "Winter guests", range(1, LISTED + 1))
    at = {"database_id": objects.database, "segment_id": listed}
    control = {"percent": 30, "strata": STRATA}
    draft, _ = objects.named("/campaigns?q=Spring", "Spring cleaning", at | {"control": control, "tags": ["seasonal"]})
    body = at | {"control": control, "tags": ["seasonal"], "cost": "450.00", "currency": "USD"}
    body |= {"description": "Fill the shop between the years: an offer, a reminder, and thanks for the order"}
    running, new = objects.named("/campaigns?q=Winter", "Winter evenings", body)
    if new:
        _run(objects, running)
    return {"campaign": running, "campaign_draft": draft}


def _list(objects: Objects, name: str, people: range) -> int:
    body = {"database_id": objects.database, "type": "static"}
    made, new = objects.named(f"/segments?q={name.replace(' ', '%20')}", name, body)
    if new:
        objects.send(f"/segments/{made}/members/add", {"profile_ids": list(people)})
    return int(made)


def _run(objects: Objects, campaign: int) -> None:
    """Start it, send its broadcast to some of it and some outside, and let people buy."""
    reached = _list(objects, "Near the shop", NEAR)
    mailing = {"database_id": objects.database, "template_id": 1, "undo_seconds": 0}
    offer = objects.send("/mailings", mailing | {"name": "Winter offer", "segment_id": reached})["id"]
    triggers = [{"kind": "event", "type": "order.paid"}]
    thanks = objects.send("/mailings", mailing | {"name": "Winter thanks", "type": "trigger", "triggers": triggers})[
        "id"
    ]
    schedule = {"at": "09:00", "weekdays": ["friday"]}
    weekly = objects.send("/mailings", mailing | {"name": "Winter Friday", "type": "recurring", "schedule": schedule})[
        "id"
    ]
    for number, widens, exempt in ((offer, ["audience"], False), (thanks, [], True), (weekly, ["clicked"], False)):
        body: dict[str, Any] = {"kind": "mailing", "id": number, "widens": widens, "exempt": exempt}
        objects.send(f"/campaigns/{campaign}/activities", body)
    objects.api.post(f"/campaigns/{campaign}/activate").raise_for_status()
    wait_until(lambda: objects.api.get(f"/campaigns/{campaign}").json()["state"] == "active", 120)
    for number in (thanks, weekly, offer):
        objects.send(f"/mailings/{number}/start", {})
    wait_until(lambda: objects.api.get(f"/mailings/{offer}").json()["state"] == "done", 300)
    _react(objects, offer)
    _buy(objects, campaign)


def _react(objects: Objects, mailing: int) -> None:
    """Some open what they got, and some of them click, later than machines do."""
    time.sleep(3)
    agent = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}
    for n, mail in enumerate(objects.items(f"/mailbox?mailing={mailing}&limit=30")):
        html = str(objects.api.get(f"/mailbox/{mail['id']}").raise_for_status().json()["html"])
        links = re.findall(r'"([^"]*/t/o/[^"]+)"', html)[:1]
        links += re.findall(r'"([^"]*/t/c/[^"]+)"', html)[:1] if n % 3 == 0 else []
        for link in links:
            objects.api.get(link, headers=agent)


def _buy(objects: Objects, campaign: int) -> None:
    now = datetime.now(UTC).isoformat()
    orders = []
    for side, share in (("test", BUY), ("control", BUY_ANYWAY)):
        people = people_of(objects, campaign, side)
        orders += [
            {
                "external_id": f"winter-{campaign}-{person}", "placed_at": now, "profile": person,
                "status": "paid", "currency": "USD",
                "lines": [{"product": "25671", "quantity": 1, "price": f"{12 + person % 60}.{person % 10}0"}],
            }
            for person in people[: round(len(people) * share)]
        ]  # fmt: skip
    objects.send("/market/orders", {"database": objects.database, "items": orders})


def people_of(objects: Objects, campaign: int, side: str) -> list[int]:
    """Return who is on a side of a campaign."""
    found: list[int] = []
    path, cursor = f"/campaigns/{campaign}/audience", ""
    while True:
        page = objects.api.get(path, params={"side": side, "limit": 1000, **({"cursor": cursor} if cursor else {})})
        page.raise_for_status()
        found += [item["profile_id"] for item in page.json()["items"]]
        cursor = page.json()["next_cursor"]
        if not cursor:
            return found
