"""A triggered mailing by hand: what sets it off, the start, an event of a program, the mail, the report."""

from __future__ import annotations

import re
import time
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from .conftest import Site, serious_findings

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("browser")]

BODY = (
    "<p>Hi {{ profile.first_name }}, you are on {{ event.level }} now.</p>"
    '<p><a href="{{ links.unsubscribe }}">Unsubscribe</a></p>'
)


def made(api: httpx.Client, path: str, body: dict[str, Any]) -> dict[str, Any]:
    reply = api.post(path, json=body)
    assert reply.status_code < 300, reply.text
    return dict(reply.json()) if reply.content else {}


def people_and_template(api: httpx.Client) -> tuple[int, int]:
    """A database of two people, one of them in Oslo, and a published template."""
    database = made(api, "/databases", {"name": f"Levels {time.time():.0f}"})["id"]
    items = [
        {"email": "ada@example.com", "first_name": "Ada", "city": "Oslo"},
        {"email": "bo@example.com", "first_name": "Bo", "city": "Bergen"},
    ]
    made(api, f"/databases/{database}/profiles/upsert", {"matching": "email", "mode": "upsert", "items": items})
    content = {"name": f"Level {database}", "subject": "Level {{ event.level }}", "format": "html", "body": BODY}
    template = made(api, "/templates", content)["id"]
    made(api, f"/templates/{template}/publish", {})
    return database, template


def eventually(look: Any, seconds: float = 60) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.5)
    raise AssertionError("it did not happen in time")


def test_an_event_sends_the_mail_that_was_set_up(site: Site, page: Page) -> None:
    with site.api() as api:
        database, template = people_and_template(api)
        body = {"name": "Level up", "type": "trigger", "database_id": database, "template_id": template}
        mailing = made(api, "/mailings", {**body, "undo_seconds": 0})["id"]

        page.goto(f"{site.url}/mailings/{mailing}")
        page.get_by_role("button", name="Add a trigger").click()
        page.get_by_role("menuitem", name=re.compile("^Event")).click()
        trigger = page.get_by_role("group", name="Trigger 1")
        trigger.get_by_label("Event", exact=True).fill("custom.level")
        trigger.get_by_role("button", name="Only when").click()
        line = trigger.get_by_role("group", name="Only when, line 1")
        line.get_by_label("Property").fill("level")
        line.get_by_label("Value").fill("gold")
        page.get_by_role("button", name="Add a trigger").click()
        page.get_by_role("menuitem", name=re.compile("^API call")).click()
        expect(page.get_by_label("Example of a call")).to_contain_text(f"/mailings/{mailing}/trigger")
        assert serious_findings(page) == []
        page.get_by_role("button", name="Save mailing").click()
        expect(page.get_by_text("Mailing saved")).to_be_visible()
        stored = api.get(f"/mailings/{mailing}").json()["triggers"]
        assert [t["kind"] for t in stored] == ["event", "call"]
        where = {"kind": "compare", "field": "trigger.level", "op": "eq", "value": "gold"}
        assert {name: stored[0]["where"][name] for name in where} == where

        page.get_by_role("button", name=re.compile("^(Start|Activate)")).click()
        expect(page.get_by_text("custom.level, when level is gold")).to_be_visible()
        assert api.get(f"/mailings/{mailing}").json()["state"] == "active"

        events = [
            {"id": f"l{database}-1", "type": "custom.level", "match": {"email": mail}, "properties": {"level": level}}
            for mail, level in (("ada@example.com", "gold"), ("bo@example.com", "silver"))
        ]
        events[1]["id"] = f"l{database}-2"
        made(api, "/events", {"database": database, "events": events})
        made(api, "/events", {"database": database, "events": events})
        mails = eventually(lambda: api.get("/mailbox", params={"mailing": mailing}).json()["items"])
        assert [(mail["subject"], mail["recipients"]) for mail in mails] == [("Level gold", ["ada@example.com"])]
        assert "you are on gold now" in api.get(f"/mailbox/{mails[0]['id']}").text
        made(
            api, f"/mailings/{mailing}/trigger", {"match": {"email": "bo@example.com"}, "properties": {"level": "tin"}}
        )
        eventually(lambda: api.get(f"/mailings/{mailing}/report").json()["sent"] == 2)

        page.reload()
        expect(page.get_by_text("Set off").locator("..")).to_contain_text("2")
        assert serious_findings(page) == []
        page.get_by_role("tab", name="People").click()
        expect(page.get_by_role("link", name=re.compile("Ada"))).to_be_visible()
        page.get_by_role("tab", name="Report").click()
        page.get_by_role("button", name="Pause").click()
        expect(page.get_by_text("what happens meanwhile is kept")).to_be_visible()
        assert len(api.get("/mailbox", params={"mailing": mailing}).json()["items"]) == 2, "each event once"
