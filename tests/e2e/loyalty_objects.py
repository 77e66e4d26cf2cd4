"""A loyalty program for the pages: two kinds of points, four levels, a partner, members on every level; and a draft."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.up import wait_until

if TYPE_CHECKING:
    from .objects import Objects

LEVELS = [
    {"name": "Basic", "threshold": "0"},
    {"name": "Silver", "threshold": "500", "benefits": ["Free delivery"]},
    {"name": "Gold", "threshold": "1500", "benefits": ["Free delivery", "Early access to sales"]},
    {"name": "Platinum", "threshold": "4000", "benefits": ["Free delivery", "A gift on the birthday"]},
]
EARNED = {1: "620", 2: "1740", 3: "90", 5: "4100", 7: "455"}


def programs(objects: Objects) -> dict[str, object]:
    """Make what is missing; return the ids that the addresses of the pages need."""
    at = {"database_id": objects.database, "description": "For everybody who shops with us"}
    draft, _ = objects.named("/loyalty/programs", "Coffee club", at | {"audience": "manual"})
    club, new = objects.named("/loyalty/programs", "Club", at)
    if new:
        _set_up(objects, f"/loyalty/programs/{club}")
    group = objects.items(f"/loyalty/programs/{club}/level-groups")[0]["id"]
    return {"program": club, "program_draft": draft, "level_group": group}


def _set_up(objects: Objects, path: str) -> None:
    expiry = {"kind": "end_of", "unit": "month", "period": "P12M"}
    stars = {"name": "Stars", "ratio": "1", "ratio_currency": "USD", "initial": "10", "delay": "P14D", "expiry": expiry}
    objects.send(f"{path}/points", stars)
    miles = objects.send(f"{path}/points", {"name": "Miles", "kind": "qualification", "places": 0})["id"]
    group = {"name": "Status", "point_type_id": miles, "levels": LEVELS, "entry": "basic", "downgrade": "one_step"}
    group |= {"review": {"kind": "dates", "dates": ["01-01"]}, "reset": {"when": "at_review"}, "grace_days": 30}
    objects.send(f"{path}/level-groups", group)
    objects.send(f"{path}/partners", {"name": "Mugs & Co", "multiplier": "2", "share": "50", "currency": "USD"})
    job = objects.send(f"{path}/activate")["job"]["id"]
    wait_until(lambda: objects.api.get(f"/jobs/{job}").json()["state"] == "done", 120)
    for profile, amount in EARNED.items():
        objects.send(
            f"{path}/members/{profile}/accrue", {"points": "miles", "amount": amount, "reference": f"m{profile}"}
        )
