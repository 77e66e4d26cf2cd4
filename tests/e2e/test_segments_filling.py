"""A static segment filled once from rules, people found from the keyboard, and the control group, in the browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from .conftest import Site, serious_findings

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("browser")]


@pytest.fixture(scope="module")
def club(site: Site) -> int:
    """A database of twelve people, four of them in Oslo."""
    with site.api() as api:
        database = int(api.post("/databases", json={"name": "Filling club"}).raise_for_status().json()["id"])
        people = [
            {"external_id": f"c{n}", "email": f"c{n}@club.example", "city": "Oslo" if n < 4 else "Voss"}
            for n in range(12)
        ]
        body = {"matching": "external_id", "items": people}
        api.post(f"/databases/{database}/profiles/upsert", json=body).raise_for_status()
    return database


def test_a_static_list_is_filled_once_from_rules(page: Page, site: Site, club: int) -> None:
    with site.api() as api:
        body = {"database_id": club, "name": "Oslo once", "type": "static"}
        segment = int(api.post("/segments", json=body).raise_for_status().json()["id"])
    page.goto(f"{site.url}/segments/{segment}")
    page.get_by_role("link", name="Fill from rules").click()
    page.get_by_role("button", name="Add a rule: Include").click()
    page.get_by_role("combobox", name="Search what a rule can ask").fill("city")
    page.keyboard.press("Enter")
    page.wait_for_function("document.activeElement.closest('[data-node]') !== null")
    page.keyboard.type("Oslo")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("forecast")).to_have_text("4 people enter")
    expect(page.get_by_role("switch", name="Start scenarios and triggers")).not_to_be_checked()
    assert serious_findings(page) == []
    page.get_by_role("button", name="Fill the list").first.click()
    page.wait_for_url(f"**/segments/{segment}")
    expect(page.get_by_text("c3@club.example").first).to_be_visible()


def test_people_are_found_from_the_keyboard_alone(page: Page, site: Site, club: int) -> None:
    page.goto(f"{site.url}/segments")
    page.get_by_role("heading", name="Segments").wait_for()
    page.keyboard.press("Control+k")
    expect(page.get_by_role("textbox", name="Search or jump to")).to_be_focused()
    page.keyboard.type("email:c7@club.example")
    expect(page.get_by_role("dialog").get_by_text("c7@club.example").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/databases/{club}/profiles/*")


def test_the_control_group_is_made_and_accessible(page: Page, site: Site, club: int) -> None:
    page.goto(f"{site.url}/databases/{club}/control-group")
    page.get_by_role("button", name="Keep back 5 %").click()
    expect(page.get_by_role("combobox", name="What reaches the group too")).to_be_visible()
    assert serious_findings(page) == []
    page.get_by_role("button", name="Draw control group").first.click()
    expect(page.get_by_role("tab").first).to_be_visible()
    assert serious_findings(page) == []
