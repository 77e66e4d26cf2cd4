"""A multivariate mailing in the browser: two variants, a test, a winner chosen by hand, and the rest gets it."""

from __future__ import annotations

import re
import time
from collections import Counter
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.up import wait_until

from .conftest import Site, serious_findings

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("browser")]
AGENT = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}
BODY = (
    '<p>{} for {{{{ profile.first_name | default("you") }}}}</p><p><a href="https://shop.example/{}">Look</a>'
    ' <a href="{{{{ links.unsubscribe }}}}">Leave</a></p>'
)


def split_mailing(site: Site, name: str = "Tested club", people: int = 12) -> tuple[int, int]:
    """Make a database of people, two templates, and an empty multivariate mailing; return database and mailing."""
    with site.api() as api:
        database = int(api.post("/databases", json={"name": name}).raise_for_status().json()["id"])
        items = [{"email": f"t{n}@tested.example", "first_name": f"Tove {n}"} for n in range(people)]
        api.post(f"/databases/{database}/profiles/upsert", json={"matching": "email", "items": items})
        for name, word in (("Spring letter", "spring"), ("Autumn letter", "autumn")):
            body = {"name": name, "subject": f"Your {word}", "format": "html", "body": BODY.format(name, word)}
            made = api.post("/templates", json={**body, "database_id": database}).raise_for_status().json()
            api.post(f"/templates/{made['id']}/publish").raise_for_status()
        mailing = {"name": "Which letter", "type": "multivariate", "database_id": database, "undo_seconds": 0}
        return database, int(api.post("/mailings", json=mailing).raise_for_status().json()["id"])


def choose(page: Page, label: str, option: str) -> None:
    page.get_by_role("combobox", name=label).click()
    page.get_by_role("option", name=option, exact=True).click()


def set_up(page: Page) -> None:
    """Fill in the variants and the test."""
    choose(page, "Template of A", "Spring letter")
    choose(page, "Template of B", "Autumn letter")
    page.get_by_role("textbox", name="Subject of B").fill("For {{ profile.first_name }}")
    page.get_by_role("textbox", name="Part of the audience in percent").fill("50")
    choose(page, "What decides", "the most people who opened it")
    page.get_by_role("button", name="Save mailing").click()
    expect(page.get_by_text("each of A, B goes to 3 people, and the winner to 6 people")).to_be_visible()


def mails_of(site: Site, mailing: int) -> list[dict[str, Any]]:
    with site.api() as api:
        found = api.get("/mailbox", params={"mailing": mailing, "limit": 100}).raise_for_status().json()["items"]
        return [api.get(f"/mailbox/{mail['id']}").raise_for_status().json() for mail in found]


def react(site: Site, mail: dict[str, Any]) -> None:
    """Open a mail and click its first link, as its recipient does."""
    pixel = re.search(r'src="([^"]*/t/o/[^"]+)"', mail["html"])
    link = re.search(r'href="([^"]*/t/c/[^"]+)"', mail["html"])
    assert pixel is not None
    assert link is not None
    for found in (pixel, link):
        url = urlsplit(site.url)._replace(path=urlsplit(found[1]).path).geturl()
        assert httpx.get(url, headers=AGENT).status_code in (200, 302)


def test_two_variants_are_tested_and_the_chosen_one_goes_to_the_rest(page: Page, site: Site) -> None:
    _, mailing = split_mailing(site)
    page.goto(f"{site.url}/mailings/{mailing}")
    set_up(page)
    page.get_by_role("button", name="Compare the variants").click()
    for name in ("Variant A", "Variant B"):
        expect(page.frame_locator(f"iframe[title='{name}']").locator("p").first).to_contain_text("letter for")
    assert serious_findings(page) == []
    page.get_by_role("button", name="Send to 12 people").click()
    expect(page.get_by_role("main").get_by_text("6 people wait for the winner")).to_be_visible()
    wait_until(lambda: len(mails_of(site, mailing)) == 6, 60)
    tested = mails_of(site, mailing)
    assert Counter(mail["subject"].split()[0] for mail in tested) == {"Your": 3, "For": 3}
    time.sleep(2.5)  # who reacts at once is taken for a machine
    for mail in tested:
        if mail["subject"].startswith("For"):
            react(site, mail)
    expect(page.get_by_text(re.compile("B leads and is .* % sure"))).to_be_visible()
    expect(page.get_by_role("main").get_by_text(re.compile("Decides .*; 6 people wait for the winner"))).to_be_visible()
    assert serious_findings(page) == []
    page.get_by_role("button", name="Send B to the rest").click()
    page.get_by_role("dialog").get_by_role("button", name="Send B").click()
    expect(page.get_by_role("main").get_by_text(re.compile("B won .* and went to 6 more"))).to_be_visible()
    expect(page.get_by_role("main").get_by_text("Done", exact=True).first).to_be_visible()
    mails = mails_of(site, mailing)
    assert Counter(mail["subject"].split()[0] for mail in mails) == {"Your": 3, "For": 9}
    assert set(Counter(mail["recipients"][0] for mail in mails).values()) == {1}
    with site.api() as api:
        report = api.get(f"/mailings/{mailing}/report").raise_for_status().json()
    assert [(v["sent"], v["opened"]["people"], v["clicked"]["people"]) for v in report["variants"]] == [
        (3, 0, 0),
        (9, 3, 3),
    ]
    page.get_by_role("region", name="Variants").get_by_role("link", name="3").first.click()
    page.wait_for_url(re.compile("tab=people"))
    expect(page.get_by_text("tested.example").first).to_be_visible()
    assert serious_findings(page) == []
