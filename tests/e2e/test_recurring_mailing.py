"""A recurring mailing in the browser: its kind, its schedule, its hours, a launch by hand, what that launch did."""

from __future__ import annotations

import calendar
import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from .conftest import Site, serious_findings
from .test_main_job import looked_at

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("browser")]
BODY = '<p>Hello</p><p><a href="{{ links.unsubscribe }}">Stop</a></p>'


def _people_and_template(site: Site) -> int:
    """A database with three people, and a published template; return the database."""
    with site.api() as api:

        def made(path: str, body: object) -> int:
            return int(api.post(path, json=body).raise_for_status().json()["id"])

        database = made("/databases", {"name": "Weekly readers", "timezone": "Europe/Oslo"})
        people = [{"email": f"reader{n}@weekly.example", "status": "subscribed"} for n in range(3)]
        body = {"matching": "email", "mode": "upsert", "items": people}
        api.post(f"/databases/{database}/profiles/upsert", json=body).raise_for_status()
        template = {"name": "Weekly letter", "format": "html", "subject": "This week", "body": BODY}
        api.post(f"/templates/{made('/templates', template)}/publish").raise_for_status()
        return database


def test_set_up_started_launched_and_read(page: Page, site: Site) -> None:
    page.set_default_timeout(15_000)
    # Days that are far off in every zone: by people's local times, a launch begins half a day before the day does here.
    first, second = (f"{datetime.now(UTC) + timedelta(days=days):%A}" for days in (3, 5))
    both = " and ".join(day for day in calendar.day_name if day in (first, second))
    database = _people_and_template(site)
    page.evaluate("id => localStorage.setItem('fidelia.database', String(id))", database)
    page.goto(f"{site.url}/mailings/new?type=recurring")
    expect(page.get_by_role("radio", name=re.compile("^Recurring"))).to_be_checked()
    page.get_by_role("textbox", name="Name", exact=True).fill("Letter of the week")
    page.get_by_role("combobox", name="Message").click()
    page.get_by_role("option", name="Weekly letter", exact=True).click()
    looked_at(page)
    page.get_by_role("button", name="Make mailing").click()
    page.wait_for_url(re.compile(r"/mailings/\d+$"))
    mailing = int(page.url.rsplit("/", 1)[1])

    expect(page.get_by_text("Say on which days and at what time it is launched")).to_be_visible()
    page.get_by_role("switch", name="Launch on a schedule").check()
    page.get_by_role("group", name="Only on these days").get_by_text(first[:2], exact=True).click()
    page.get_by_label("At", exact=True).fill("09:00")
    expect(page.get_by_text(re.compile(rf"Next: {first[:3]} \d+ \w+ \d{{4}}, 09:00 · {first[:3]} "))).to_be_visible()
    page.get_by_role("switch", name="At each person’s local time").check()
    page.get_by_role("switch", name="Quiet hours").check()
    page.get_by_label("From", exact=True).fill("23:59")
    page.get_by_label("To", exact=True).fill("23:58")  # all day but a minute: nobody is written to by the clock now
    expect(page.get_by_text("not between 23:59 and 23:58 where they are")).to_be_visible()
    page.get_by_role("switch", name="Quiet hours").uncheck()
    looked_at(page)
    page.get_by_role("button", name="Save mailing").click()
    expect(page.get_by_text("Mailing saved")).to_be_visible()
    page.get_by_role("button", name="Start", exact=True).click()

    expect(page.get_by_role("heading", name=f"Launched every {first} at 09:00 Europe/Oslo")).to_be_visible()
    expect(page.get_by_text("It has not been launched yet.")).to_be_visible()
    page.get_by_role("button", name="Launch now…").click()
    expect(page.get_by_text("3 people get it now, beside its schedule.")).to_be_visible()
    page.get_by_role("button", name="Launch now", exact=True).click()
    row = page.get_by_role("row").filter(has_text="Done")
    expect(row).to_have_count(1)
    looked_at(page)
    row.get_by_role("link").first.click()
    expect(page.get_by_role("tab", name="Report", selected=True)).to_be_visible()
    expect(page.get_by_text("3 sent")).to_be_visible()
    expect(page.get_by_role("combobox", name="Launch")).to_have_value(re.compile("the latest"))
    looked_at(page)

    page.get_by_role("button", name="Pause", exact=True).click()
    expect(page.get_by_text("Paused. Nothing is launched until you resume it.")).to_be_visible()
    page.get_by_role("tab", name="Setup").click()
    page.get_by_role("group", name="Only on these days").get_by_text(second[:2], exact=True).click()
    page.get_by_role("button", name="Save mailing").click()
    expect(page.get_by_text("Mailing saved").last).to_be_visible()
    page.get_by_role("button", name="Resume", exact=True).click()
    page.get_by_role("tab", name="Launches").click()
    expect(page.get_by_role("heading", name=f"Launched every {both} at 09:00 Europe/Oslo")).to_be_visible()

    page.goto(f"{site.url}/mailings")
    listed = page.get_by_role("row").filter(has_text="Letter of the week")
    expect(listed).to_contain_text("Recurring")
    expect(listed).to_contain_text("Active")
    with site.api() as api:
        runs = api.get(f"/mailings/{mailing}/runs").raise_for_status().json()["items"]
    assert [(run["phase"], run["sent"]) for run in runs] == [("done", 3)]
    assert serious_findings(page) == []
