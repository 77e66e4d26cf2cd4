"""A broadcast that is watched: paused, resumed, finished; who was left out, who was blocked, the calendar."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import Page, expect

from .conftest import Site, serious_findings
from .test_trigger_mailing import made

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("browser")]

BODY = "<p>Hi {{ profile.first_name }}</p><p><a href='{{ links.unsubscribe }}'>Unsubscribe</a></p>"
#: At one mail a second, so many leave the time to press Pause.
PEOPLE = 12


def test_paused_resumed_finished_and_explained(site: Site, page: Page) -> None:
    page.set_default_timeout(20_000)
    name = f"Watched {time.time():.0f}"
    with site.api() as api:
        database = made(api, "/databases", {"name": name})["id"]
        items = [{"email": f"w{n}.{database}@example.com", "first_name": f"Name{n}"} for n in range(PEOPLE - 1)]
        items += [{"email": f"nameless.{database}@example.com"}, {"phones": ["+4791234567"], "first_name": "Unmailed"}]
        mailed, unmailed = items[:-1], items[-1:]
        made(api, f"/databases/{database}/profiles/upsert", {"matching": "email", "items": mailed})
        made(api, f"/databases/{database}/profiles/upsert", {"matching": "phone", "items": unmailed})
        content = {"name": name, "subject": "Hi", "format": "html", "body": BODY}
        template = made(api, "/templates", content)["id"]
        made(api, f"/templates/{template}/publish", {})
        body = {"name": name, "type": "broadcast", "database_id": database, "template_id": template, "undo_seconds": 0}
        mailing = made(api, "/mailings", {**body, "rate": 1})["id"]

        page.goto(f"{site.url}/mailings/{mailing}")
        page.get_by_role("button", name=f"Send to {PEOPLE} people").click()
        expect(page.get_by_role("link", name=re.compile(r"^[1-9]\d* sent$"))).to_be_visible()
        page.get_by_role("button", name="Pause", exact=True).click()
        expect(page.get_by_role("button", name="Resume", exact=True)).to_be_visible()
        report = api.get(f"/mailings/{mailing}/report").json()
        assert report["sent"] < PEOPLE - 1, "it was paused in its midst"
        assert serious_findings(page) == []
        page.get_by_role("button", name="Resume", exact=True).click()
        expect(page.get_by_role("link", name=f"{PEOPLE - 1} sent")).to_be_visible(timeout=60_000)
        expect(page.get_by_role("link", name="1 blocked")).to_be_visible()
        expect(page.get_by_role("row").filter(has_text="no e-mail address")).to_contain_text("1")
        report = api.get(f"/mailings/{mailing}/report").json()
        assert (report["sent"], report["blocked"], report["left_out"]) == (PEOPLE - 1, 1, 1), report
        assert len(api.get("/mailbox", params={"mailing": mailing}).json()["items"]) == PEOPLE - 1, "each once"

        page.get_by_role("link", name="1 blocked").click()
        expect(page.get_by_role("tab", name="People", selected=True)).to_be_visible()
        expect(page.get_by_text(re.compile("first_name is missing"))).to_be_visible()
        assert serious_findings(page) == []
        page.evaluate("id => localStorage.setItem('fidelia.database', String(id))", database)
        page.goto(f"{site.url}/mailings/calendar")
        expect(page.get_by_role("link", name=name)).to_be_visible()
        assert serious_findings(page) == []
