"""Slots and placements for the pictures: one that was seen, clicked and closed, and one that is being set up."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from fidelia.messages.kinds.placement.rules import sign
from tests.up import wait_until

if TYPE_CHECKING:
    from .objects import Objects

_AGENT = "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"
_HOST = "shop.example.org"
_BODY = """<div style="font-family:sans-serif;padding:24px;background:#EAF3EE;color:#123">
<h2 style="margin:0 0 8px">For you, {{ profile.first_name | default("friend") }}</h2>
<p style="margin:0 0 16px">Two bags of coffee, one of them on us.</p>
<a href="https://shop.example.org/coffee" style="background:#12644E;color:#fff;padding:10px 18px">Take it</a></div>"""


def placements(objects: Objects) -> dict[str, object]:
    """Make what is missing; return the ids that the addresses of the pages need."""
    database = objects.database
    at = {"database_id": database}
    slot, _ = objects.named(
        f"/placements/slots?database={database}", "Top of the home page", at | {"key": "hero", "width": 640}
    )
    objects.named(f"/placements/slots?database={database}", "Beside the basket", at | {"key": "basket", "width": 280})
    draft = at | {"subject": "Coffee", "format": "html", "body": _BODY}
    template, new = objects.named("/templates?q=Coffee%20on%20the%20site", "Coffee on the site", draft)
    if new:
        objects.send(f"/templates/{template}/publish", {})
    plan = at | {"type": "placement", "template_id": template}
    rules = {"slot_id": slot, "max_shows": 3, "closable": True, "priority": 5}
    made, _ = objects.named("/mailings?q=Coffee%20for%20spring", "Coffee for spring", plan | {"placement": rules})
    shown, new = objects.named("/mailings?q=Coffee%20for%20two", "Coffee for two", plan | {"placement": rules})
    if new:
        objects.send(f"/mailings/{shown}/start", {"undo_seconds": 0})
        wait_until(lambda: objects.api.get(f"/mailings/{shown}/report").json()["placement"]["live"], 60)
        _seen(objects, 9)
    return {"slot": slot, "placement": shown, "placement_draft": made}


def _seen(objects: Objects, many: int) -> None:
    """Have people see it on the site, and some of them close it."""
    body = {"database_id": objects.database, "name": "Shop", "kind": "browser", "domains": [_HOST]}
    key = objects.send("/write-keys", body)
    secret = objects.send(f"/placements/sites/{key['id']}/secret", {})["secret"]
    url = f"{objects.site.url}/s/{key['key']}/slots"

    def post(path: str, told: dict[str, Any]) -> Any:
        headers = {"Origin": f"https://{_HOST}", "User-Agent": _AGENT, "Content-Type": "text/plain"}
        return objects.api.post(f"{url}{path}", content=json.dumps(told), headers=headers).raise_for_status()

    for profile in range(1, many + 1):
        visitor = sign(secret, f"profile:{profile}", int(time.time()) + 600)
        content = post("", {"slots": ["hero"], "visitor": visitor}).json()["slots"].get("hero")
        if content is None:  # somebody who does not want to be addressed
            continue
        whats = ["shown", "closed"] if profile % 4 == 0 else ["shown"]
        post("/told", {"told": [{"token": content["token"], "what": what} for what in whats]})
