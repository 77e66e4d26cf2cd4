"""What is done with segments in the browser: unsaved rules change people, tags find segments again."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from .conftest import Site, serious_findings

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("browser")]


@pytest.fixture(scope="module")
def club(site: Site) -> int:
    """A database of twelve people, four of them in Oslo, with three segments."""
    with site.api() as api:
        fields = [{"name": "rank", "type": "integer", "label": "Rank"}]
        body = {"name": "Acting club", "fields": fields}
        database = int(api.post("/databases", json=body).raise_for_status().json()["id"])
        people = [
            {"external_id": f"c{n}", "email": f"c{n}@acting.example", "city": "Oslo" if n < 4 else "Voss"}
            for n in range(12)
        ]
        upsert = {"matching": "external_id", "items": people}
        api.post(f"/databases/{database}/profiles/upsert", json=upsert).raise_for_status()
        for name in ("Spring fair", "Autumn fair", "Staff"):
            made = {"database_id": database, "name": name, "type": "static", "tags": ["fair"] if "fair" in name else []}
            api.post("/segments", json=made).raise_for_status()
    return database


def test_people_who_were_just_counted_are_changed_without_saving(page: Page, site: Site, club: int) -> None:
    page.goto(site.url)
    page.evaluate("id => localStorage.setItem('fidelia.database', String(id))", club)
    page.goto(f"{site.url}/segments/new?type=dynamic")
    page.get_by_role("button", name="Add a rule: Include").click()
    page.get_by_role("combobox", name="Search what a rule can ask").fill("city")
    page.keyboard.press("Enter")
    page.wait_for_function("document.activeElement.closest('[data-node]') !== null")
    page.keyboard.type("Oslo")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("count")).to_have_text("4")
    page.get_by_role("button", name="More actions").first.click()
    page.get_by_role("menuitem", name="Change these people…").click()
    page.wait_for_url(f"**/databases/{club}/bulk-updates/new?rules=*")
    expect(page.get_by_role("heading", level=1)).to_have_text("Change many people")
    expect(page.get_by_role("main").get_by_text("Oslo").first).to_be_visible()
    page.get_by_role("combobox", name="Field").click()
    page.get_by_role("option", name="Rank").click()
    page.get_by_role("textbox", name="New value").fill("7")
    page.get_by_role("button", name="Change 4 people").click()
    page.wait_for_url(re.compile(rf"/databases/{club}/bulk-updates/\d+$"))
    expect(page.get_by_role("main").get_by_text("Done", exact=True).first).to_be_visible()
    with site.api() as api:
        found = api.get(f"/databases/{club}/profiles", params={"limit": 100}).raise_for_status().json()["items"]
        assert api.get("/segments", params={"database": club}).json()["total"] == 3  # nothing was saved
    assert {p["external_id"] for p in found if p["rank"] == 7} == {"c0", "c1", "c2", "c3"}


def test_segments_are_tagged_and_found_by_their_tags(page: Page, site: Site, club: int) -> None:
    page.goto(site.url)
    page.evaluate("id => localStorage.setItem('fidelia.database', String(id))", club)
    page.goto(f"{site.url}/segments")
    page.get_by_role("checkbox", name="Staff").check()
    page.get_by_role("button", name="Tag 1 segment").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("combobox", name="Add").fill("internal")
    page.keyboard.press("Enter")
    assert serious_findings(page) == []
    dialog.get_by_role("button", name="Change tags").click()
    expect(page.get_by_text("internal").first).to_be_visible()
    page.get_by_role("button", name="Tag", exact=True).click()
    page.get_by_role("menuitemcheckbox", name="fair").click()
    page.keyboard.press("Escape")
    expect(page.get_by_text("2 of 2 segments").first).to_be_visible()
    expect(page.get_by_role("link", name="Staff")).to_have_count(0)
    assert serious_findings(page) == []
    page.get_by_role("link", name="Spring fair").click()
    page.get_by_role("link", name="fair: everything with this tag").click()
    expect(page.get_by_text("2 of 2 segments").first).to_be_visible()
