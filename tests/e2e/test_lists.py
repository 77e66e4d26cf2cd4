"""Lists in the browser: views that one person shares and another opens, sorting, searching, what a file holds."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from .conftest import Site, new_context, serious_findings
from .shop import open_shop

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("browser")]
LONG = "seven words make a good password"


def colleague(browser: Browser, site: Site, email: str, name: str, *, width: int = 1280) -> Page:
    """Sign in as another person, who may only look."""
    with site.api() as api:
        found = api.get("/users", params={"q": email}).raise_for_status().json()["items"]
        if not found:
            body = {"email": email, "name": name, "roles": ["viewer"], "password": LONG}
            api.post("/users", json=body).raise_for_status()
    page = new_context(browser, width=width).new_page()
    page.goto(f"{site.url}/sign-in")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password", exact=True).fill(LONG)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/sign-in" not in url)
    return page


def test_a_view_is_shared_and_somebody_else_opens_it(browser: Browser, site: Site, page: Page) -> None:
    with site.api() as api:
        for name in ("Fair in Oslo", "Fair in Bergen", "Closed shops"):
            found = api.get("/value-lists", params={"q": name}).json()["items"]
            if not found:
                api.post("/value-lists", json={"name": name}).raise_for_status()
    page.goto(f"{site.url}/value-lists")
    page.get_by_role("searchbox", name="Search lists").fill("fair")
    expect(page.get_by_role("link", name="Closed shops")).to_have_count(0)
    page.get_by_role("columnheader", name="List").get_by_role("button").click()  # the other way round: Oslo first
    expect(page.get_by_role("columnheader", name="List")).to_have_attribute("aria-sort", "descending")
    page.get_by_role("button", name="Columns").click()
    page.get_by_role("menuitemcheckbox", name="Holds").click()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Views", exact=True).click()
    page.get_by_role("menuitem", name="Save as a view…").click()
    page.get_by_label("Name").fill("Fairs")
    page.get_by_label("Show it to everybody").check()
    page.get_by_role("button", name="Save view").click()
    tab = page.get_by_role("button", name="Fairs")
    expect(tab).to_have_attribute("aria-pressed", "true")
    expect(tab.get_by_label("shared by you")).to_be_visible()
    address = page.url

    other = colleague(browser, site, "bo@example.com", "Bo Dahl")
    other.goto(f"{site.url}/value-lists")
    expect(other.get_by_role("link", name="Closed shops")).to_be_visible()
    shared = other.get_by_role("button", name="Fairs")
    expect(shared.get_by_label("shared by", exact=False)).to_be_visible()
    shared.click()
    rows = other.locator("[data-row-link]")
    expect(rows).to_have_text(["Fair in Oslo", "Fair in Bergen"])
    expect(other.get_by_role("columnheader", name="Holds")).to_have_count(0)
    expect(other.get_by_role("searchbox")).to_have_value("fair")
    assert serious_findings(other) == []
    # It is another's: it can be changed for oneself, put back, and kept under a name of one's own; never overwritten.
    other.get_by_role("searchbox").fill("oslo")
    expect(rows).to_have_text(["Fair in Oslo"])
    expect(other.get_by_role("button", name="Save", exact=True)).to_have_count(0)
    other.get_by_role("button", name="Views", exact=True).click()
    expect(other.get_by_role("menuitem")).to_have_text(["Save as a view…"])
    other.keyboard.press("Escape")
    other.get_by_role("button", name="Reset").click()
    expect(rows).to_have_text(["Fair in Oslo", "Fair in Bergen"])
    # The whole address and one that names nothing but the view both open it.
    view = address.split("view=")[1].split("&")[0]
    for link in (address, f"{site.url}/value-lists?view={view}"):
        other.goto(link)
        expect(rows).to_have_text(["Fair in Oslo", "Fair in Bergen"])
        expect(other.get_by_role("button", name="Reset")).to_have_count(0)
        expect(shared).to_have_attribute("aria-pressed", "true")
    phone = colleague(browser, site, "bo@example.com", "Bo Dahl", width=360)
    phone.goto(f"{site.url}/value-lists?view={view}")
    expect(phone.locator("[data-row-link]")).to_have_text(["Fair in Oslo", "Fair in Bergen"])
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"
    phone.context.close()

    # Its owner takes it back: nobody else has it any more.
    page.get_by_role("button", name="Views", exact=True).click()
    page.get_by_role("menuitem", name="Rename or share Fairs…").click()
    page.get_by_label("Show it to everybody").uncheck()
    page.get_by_role("button", name="Save view").click()
    expect(tab.get_by_label("shared by you")).to_have_count(0)
    other.goto(f"{site.url}/value-lists")
    expect(other.get_by_role("link", name="Closed shops")).to_be_visible()
    expect(other.get_by_role("button", name="Fairs")).to_have_count(0)
    other.context.close()


@pytest.mark.parametrize(
    "path", ["/databases", "/value-lists", "/value-lists?tab=tables", "/resources", "/resources?tab=stop"]
)
def test_every_kind_of_list_keeps_views(site: Site, page: Page, path: str) -> None:
    database = open_shop(site, f"keeps {path}")
    with site.api() as api:
        name = "".join(letter for letter in path if letter.isalpha())
        api.post("/value-lists", json={"name": name})
        api.post("/resources", json={"name": name, "channels": ["email"]})
        columns = [{"name": "city", "type": "text"}]
        api.post(
            f"/databases/{database}/data-tables", json={"name": name, "columns": columns, "key": "city"}
        ).raise_for_status()
    page.evaluate("id => localStorage.setItem('fidelia.database', String(id))", database)
    page.goto(f"{site.url}{path}")
    expect(page.locator("[data-row-link]").first).to_be_visible()
    page.get_by_role("button", name="Views", exact=True).click()
    page.get_by_role("menuitem", name="Save as a view…").click()
    page.get_by_label("Name").fill(f"Mine {path}")
    page.get_by_role("button", name="Save view").click()
    expect(page.get_by_role("button", name=f"Mine {path}", exact=True)).to_have_attribute("aria-pressed", "true")
    page.reload()
    expect(page.get_by_role("button", name=f"Mine {path}", exact=True)).to_have_attribute("aria-pressed", "true")


def test_the_next_tab_starts_anew(site: Site, page: Page) -> None:
    open_shop(site, "tabs")
    page.goto(f"{site.url}/resources?tab=stop&q=glob&sort=-size")
    expect(page.get_by_role("columnheader", name="Entries")).to_have_attribute("aria-sort", "descending")
    page.get_by_role("tab", name="Resources").click()
    expect(page.get_by_role("searchbox", name="Search resources")).to_have_value("")
    assert "sort" not in page.url
    assert "q=" not in page.url


def test_jobs_and_imports_are_sorted(site: Site, page: Page) -> None:
    database = open_shop(site, "sorted")
    for name, people in (("b.csv", 1), ("a.csv", 3), ("c.csv", 2)):
        content = "email\n" + "".join(f"{name}{n}@example.com\n" for n in range(people))
        with site.api() as api:
            mapping = '[{"column": "email", "field": "email"}]'
            reply = api.post(
                f"/databases/{database}/imports", files={"file": (name, content)}, data={"mapping": mapping}
            )
            site.wait_for_job(reply.raise_for_status().json()["job"]["id"])
    page.goto(f"{site.url}/databases/{database}/imports")
    rows = page.locator("[data-row-link]")
    expect(rows).to_have_text(["c.csv", "a.csv", "b.csv"])
    expect(page.get_by_role("columnheader", name="When")).to_have_attribute("aria-sort", "descending")
    page.get_by_role("columnheader", name="File").get_by_role("button").click()
    expect(rows).to_have_text(["a.csv", "b.csv", "c.csv"])
    page.get_by_role("columnheader", name="Rows").get_by_role("button").click()
    expect(rows).to_have_text(["b.csv", "c.csv", "a.csv"])
    page.reload()
    expect(rows).to_have_text(["b.csv", "c.csv", "a.csv"])
    page.goto(f"{site.url}/jobs?sort=title")
    expect(rows.first).to_be_visible()
    titles = [text for text in rows.all_inner_texts() if text.startswith("Import")]
    assert titles == sorted(titles, key=str.lower)
    assert serious_findings(page) == []


def test_the_mailbox_says_how_many_mails_go(site: Site, page: Page) -> None:
    page.goto(f"{site.url}/mailbox")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    with site.api() as api:
        total = api.get("/mailbox", params={"limit": 1}).raise_for_status().json()["total"]
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Empty mailbox…").click()
    words = "1 mail" if total == 1 else f"{total} mails"
    expect(page.get_by_role("dialog", name=f"Delete {words}?")).to_be_visible()
    page.get_by_role("button", name="Keep the mails").click()


def test_five_segments_at_most_are_compared(site: Site, page: Page) -> None:
    database = open_shop(site, "compared")
    with site.api() as api:
        made = [
            api.post("/segments", json={"name": f"Kept {n}", "database_id": database, "type": "static"}).json()["id"]
            for n in range(7)
        ]
    page.evaluate("id => localStorage.setItem('fidelia.database', String(id))", database)
    page.goto(f"{site.url}/segments?q=Kept")
    for n in range(6):
        page.get_by_role("checkbox", name=f"Select Kept {n}").click()
    bar = page.get_by_role("region", name="Selection")
    expect(bar.get_by_text("5 segments at most can be compared: take 1 out")).to_be_visible()
    expect(page.get_by_role("button", name="Compare 6 segments")).to_be_disabled()
    page.get_by_role("checkbox", name="Select Kept 0").click()
    expect(page.get_by_role("button", name="Compare 5 segments")).to_be_enabled()
    page.goto(f"{site.url}/segments/compare?ids={','.join(map(str, made))}")
    told = page.get_by_role("alert").filter(has_text="5 segments at most can be compared")
    expect(told).to_contain_text("Kept 5, Kept 6 are left out")


def test_members_have_one_choice_of_columns(site: Site, page: Page) -> None:
    database = open_shop(site, "columns")
    with site.api() as api:
        body = {"name": "Choice", "database_id": database, "type": "static"}
        segment = api.post("/segments", json=body).raise_for_status().json()["id"]
        ids = [p["id"] for p in api.get(f"/databases/{database}/profiles").raise_for_status().json()["items"][:3]]
        api.post(f"/segments/{segment}/members/add", json={"profile_ids": ids}).raise_for_status()
    page.goto(f"{site.url}/segments/{segment}?tab=members")
    expect(page.locator("[data-row-link]")).to_have_count(3)
    expect(page.get_by_role("button", name="Columns")).to_have_count(1)
    page.get_by_role("button", name="Columns").click()
    page.get_by_role("menuitemcheckbox", name="Language").click()
    expect(page.get_by_role("columnheader", name="Language")).to_be_visible()


def test_the_file_of_a_mailings_people_holds_what_is_shown(site: Site, page: Page, tmp_path: Path) -> None:
    database = open_shop(site, "file")
    with site.api() as api:
        text = '<p>Hi <a href="{{ links.unsubscribe }}">out</a></p>'
        body = {"name": "T", "format": "html", "subject": "Hi", "body": text}
        template = api.post("/templates", json=body).raise_for_status().json()
        api.post(f"/templates/{template['id']}/publish", json={}).raise_for_status()
        body = {
            "name": "File", "database_id": database, "template_id": template["id"], "from_email": "shop@example.com",
            "undo_seconds": 0,
        }  # fmt: skip
        mailing = api.post("/mailings", json=body).raise_for_status().json()["id"]
        api.post(f"/mailings/{mailing}/start", json={}).raise_for_status()
    page.goto(f"{site.url}/mailings/{mailing}?tab=people")
    expect(page.locator("[data-row-link]").first).to_be_visible()
    page.get_by_role("searchbox").fill("s7@example.com")
    expect(page.locator("[data-row-link]")).to_have_count(1)
    with page.expect_download() as loading:
        page.get_by_role("button", name="Export the people found").click()
    loading.value.save_as(tmp_path / "people.csv")
    with (tmp_path / "people.csv").open() as file:
        assert [row["email"] for row in csv.DictReader(file)] == ["s7@example.com"]
    page.get_by_role("button", name="Clear search").click()
    expect(page.get_by_role("button", name="Export all people")).to_be_visible()
