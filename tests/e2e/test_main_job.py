"""The main job by hand: people from a file, a segment of them, a message, a mailing, what it did, and leaving."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from .conftest import Site, new_context, serious_findings, sign_in

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("browser")]

READER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
#: A faster click is counted as a machine's; the product compares with the moment of sending.
A_PERSON = 2.5
NAMES = "Ada Bo Cleo Dag Eva Finn Gro Hans Ida Jon Kari Lars Mona Nils Olga Per Ragna Sven Tove Unni".split()
IN_OSLO = 12


def people() -> bytes:
    """Make a file as a shop would export it: twenty people, twelve of them in Oslo."""
    lines = ["E-mail;First name;Last name;City"]
    lines += [
        f"{name.lower()}@example.com;{name};Berg;{'Oslo' if at < IN_OSLO else 'Bergen'}"
        for at, name in enumerate(NAMES)
    ]
    return "\n".join(lines).encode()


def looked_at(page: Page) -> None:
    """A page that somebody works on has nothing serious for axe, once what fades in or out has done so."""
    expect(page.locator(".mantine-Skeleton-root")).to_have_count(0)
    assert serious_findings(page) == [], page.url


def as_a_person(sent: str) -> None:
    """Let the time pass that tells a person's click from a machine's."""
    age = (datetime.now(UTC) - datetime.fromisoformat(sent)).total_seconds()
    time.sleep(max(0.0, A_PERSON - age))


def make_database(page: Page, site: Site, name: str) -> int:
    page.goto(f"{site.url}/databases")
    page.get_by_role("button", name="New database").first.click()
    drawer = page.get_by_role("dialog")
    drawer.get_by_label("Name").fill(name)
    drawer.get_by_role("button", name="Make database").click()
    page.wait_for_url(re.compile(r"/databases/\d+$"))
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    looked_at(page)
    return int(page.url.rsplit("/", 1)[1])


def import_people(page: Page, site: Site, database: int) -> None:
    page.goto(f"{site.url}/databases/{database}/imports/new")
    looked_at(page)
    page.locator("input[type=file]").set_input_files(
        {"name": "customers.csv", "mimeType": "text/csv", "buffer": people()}
    )
    page.wait_for_url(re.compile(r"/imports/\d+$"))
    for column in ("E-mail", "First name", "Last name", "City"):
        expect(page.get_by_role("combobox", name=f"Field for {column}")).to_have_value(column)
    looked_at(page)
    page.get_by_role("button", name="Check the whole file").click()
    expect(page.get_by_text("20 would be created")).to_be_visible()
    page.get_by_role("button", name="Import 20 rows").click()
    expect(page.get_by_text("20 created")).to_be_visible()
    looked_at(page)
    page.get_by_role("link", name="See the 20 people of this file").click()
    expect(page.get_by_role("link", name="Ada Berg")).to_be_visible()
    looked_at(page)
    page.get_by_role("link", name="Ada Berg").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ada Berg")
    expect(page.get_by_text("Profile created")).to_be_visible()
    looked_at(page)


def make_segment(page: Page, site: Site, name: str) -> int:
    page.goto(f"{site.url}/segments/new")
    page.get_by_role("button", name="Blank").click()
    page.get_by_role("textbox", name="Name", exact=True).fill(name)
    page.get_by_role("button", name="Add a rule: Include").click()
    page.get_by_role("combobox", name="Search what a rule can ask").fill("city")
    page.get_by_role("option", name=re.compile("^City")).first.click()
    page.get_by_label("Value of City").last.fill("Oslo")
    page.get_by_label("Value of City").last.press("Tab")
    expect(page.get_by_test_id("count")).to_have_text(str(IN_OSLO), timeout=15_000)
    looked_at(page)
    page.get_by_role("button", name="Create segment").click()
    page.wait_for_url(re.compile(r"/segments/\d+"))
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    return int(urlsplit(page.url).path.rsplit("/", 1)[1])


def make_template(page: Page, site: Site, name: str) -> int:
    page.goto(f"{site.url}/templates")
    page.get_by_role("button", name="New template").first.click()
    page.wait_for_url(re.compile(r"/templates/\d+$"))
    page.get_by_role("textbox", name="Name", exact=True).fill(name)
    page.get_by_role("textbox", name="Subject", exact=True).fill("News for {{ profile.first_name }}")
    expect(page.locator("#content").get_by_text("Draft saved")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    expect(page.frame_locator("iframe[title=Preview]").get_by_text("Hello Ada")).to_be_visible()
    looked_at(page)
    page.get_by_role("button", name="Publish version 1").click()
    expect(page.get_by_role("button", name="Publish version 2")).to_be_visible()
    return int(page.url.rsplit("/", 1)[1])


def make_mailing(page: Page, site: Site, name: str, segment: str, template: str) -> int:
    page.goto(f"{site.url}/mailings/new")
    page.get_by_role("textbox", name="Name", exact=True).fill(name)
    for label, choice in (("Who gets it", segment), ("Message", template)):
        page.get_by_role("combobox", name=label).click()
        page.get_by_role("option", name=choice, exact=True).click()
    looked_at(page)
    page.get_by_role("button", name="Make mailing").click()
    page.wait_for_url(re.compile(r"/mailings/\d+$"))
    return int(page.url.rsplit("/", 1)[1])


def send(page: Page, site: Site, mailing: int) -> None:
    """Start it, take it back in time, then start it without a time to undo."""
    page.get_by_role("button", name=f"Send to {IN_OSLO} people").click()
    expect(page.get_by_text("Starts in 0:")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("button", name=f"Send to {IN_OSLO} people")).to_be_visible()
    looked_at(page)
    with site.api() as api:
        api.patch(f"/mailings/{mailing}", json={"undo_seconds": 0}).raise_for_status()
    page.reload()
    page.get_by_role("button", name=f"Send to {IN_OSLO} people").click()
    expect(page.get_by_role("tab", name="Report")).to_be_visible()
    expect(page.get_by_text(f"{IN_OSLO} sent")).to_be_visible()
    looked_at(page)


def test_from_a_file_of_people_to_a_counted_click(page: Page, site: Site) -> None:
    page.set_default_timeout(15_000)
    database = make_database(page, site, "Corner shop")
    import_people(page, site, database)
    make_segment(page, site, "People in Oslo")
    make_template(page, site, "October news")
    mailing = make_mailing(page, site, "News of October", "People in Oslo", "October news")
    send(page, site, mailing)

    page.goto(f"{site.url}/mailbox?q=ada@example.com")
    page.get_by_role("link", name="News for Ada").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("News for Ada")
    looked_at(page)
    button = page.frame_locator("iframe").get_by_role("link", name="See it in the shop")
    expect(button).to_be_visible()
    tracked = button.get_attribute("href") or ""
    assert tracked.startswith(site.url), tracked
    as_a_person(page.locator("time").first.get_attribute("datetime") or "")
    followed = httpx.get(tracked, headers=READER)
    assert followed.status_code == 302
    assert followed.headers["location"].startswith("https://example.com")

    page.goto(f"{site.url}/mailings/{mailing}")
    clicked = page.get_by_role("link", name=re.compile("^Clicked"))
    expect(clicked).to_contain_text("1 of 12", timeout=30_000)
    clicked.click()
    expect(page.get_by_role("link", name="Ada Berg")).to_be_visible()
    looked_at(page)


@pytest.fixture(scope="module")
def mails(site: Site) -> Iterator[list[dict[str, Any]]]:
    """Three mails that were sent, as the mailbox keeps them; with the links that a mail program reads."""
    with site.api() as api:

        def made(path: str, body: dict[str, Any]) -> dict[str, Any]:
            return dict(api.post(path, json=body).raise_for_status().json())

        database = made("/databases", {"name": "Leaving"})["id"]
        for name in NAMES[:3]:
            made(f"/databases/{database}/profiles", {"email": f"{name.lower()}@leave.example", "status": "subscribed"})
        body = '<p>Hello</p><p><a href="{{ links.unsubscribe }}">Leave</a></p>'
        template = made("/templates", {"name": "Short", "subject": "Hello", "format": "html", "body": body})["id"]
        made(f"/templates/{template}/publish", {})
        mailing = made(
            "/mailings",
            {
                "name": "Short",
                "database_id": database,
                "template_id": template,
                "from_name": "The <Shop>",
                "undo_seconds": 0,
            },
        )["id"]
        made(f"/mailings/{mailing}/start", {})
        deadline = time.monotonic() + 30
        found: list[dict[str, Any]] = []
        while len(found) < 3 and time.monotonic() < deadline:
            found = api.get("/mailbox", params={"mailing": mailing}).raise_for_status().json()["items"]
        assert len(found) == 3
        yield [api.get(f"/mailbox/{mail['id']}").raise_for_status().json() for mail in found]


def header(mail: dict[str, Any], name: str) -> str:
    """Return one header of a mail."""
    return str(next(h["value"] for h in mail["headers"] if h["name"].lower() == name.lower()))


def status_of(site: Site, mail: dict[str, Any]) -> str:
    """Return whether the receiver of a mail still wants mails."""
    with site.api() as api:
        mailing = api.get(f"/mailings/{mail['mailing_id']}").raise_for_status().json()
        path = f"/databases/{mailing['database_id']}/profiles/{mail['profile_id']}"
        return str(api.get(path).raise_for_status().json()["status"])


def test_one_click_of_the_mail_program_unsubscribes(site: Site, mails: list[dict[str, Any]]) -> None:
    mail = mails[0]
    assert header(mail, "List-Unsubscribe-Post") == "List-Unsubscribe=One-Click"
    link = header(mail, "List-Unsubscribe").strip("<>")
    assert status_of(site, mail) == "subscribed"
    reply = httpx.post(link, data={"List-Unsubscribe": "One-Click"})
    assert reply.status_code == 200
    assert status_of(site, mail) == "unsubscribed"
    again = httpx.post(link, data={"List-Unsubscribe": "One-Click"})
    assert again.status_code == 200


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_behind_the_link_asks_before_it_unsubscribes(
    browser: Browser, site: Site, mails: list[dict[str, Any]], scheme: str
) -> None:
    mail = mails[1 if scheme == "light" else 2]
    context = new_context(browser, width=360, scheme=scheme)
    page = context.new_page()
    page.goto(header(mail, "List-Unsubscribe").strip("<>"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Unsubscribe?")
    expect(page.get_by_text("The <Shop>")).to_be_visible()
    assert serious_findings(page) == []
    assert status_of(site, mail) == "subscribed", "looking at the page changes nothing"
    page.get_by_role("button", name="Unsubscribe").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You are unsubscribed")
    assert serious_findings(page) == []
    assert status_of(site, mail) == "unsubscribed"
    context.close()


def test_a_phone_has_room_for_every_page_of_a_mailing(
    browser: Browser, site: Site, mails: list[dict[str, Any]]
) -> None:
    context = new_context(browser, width=360)
    page = context.new_page()
    sign_in(page, site)
    mailing = mails[0]["mailing_id"]
    for path in (
        f"/mailings/{mailing}",
        f"/mailings/{mailing}?tab=people",
        f"/mailbox/{mails[0]['id']}",
        "/mailings/new",
    ):
        page.goto(f"{site.url}{path}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        looked_at(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{path} scrolls sideways"
    context.close()
