"""Segments in the browser: building by clicks and keys, the live size, drafts, saving, lists, and the reasons why."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Browser, Page, expect

from .conftest import Site, new_context, serious_findings, sign_in
from .shop import condition, count, open_shop

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("browser")]


@pytest.fixture(scope="module")
def shop(site: Site) -> int:
    return open_shop(site, "Segment shop")


@pytest.fixture
def builder(page: Page, site: Site, shop: int) -> Page:
    """An empty builder for that database."""
    page.evaluate("id => localStorage.setItem('fidelia.database', String(id))", shop)
    page.goto(f"{site.url}/segments/new?type=dynamic")
    expect(count(page)).to_have_text("40")
    return page


def add_rule(page: Page, search: str, key: str = "a") -> None:
    page.get_by_role("heading", level=1).focus()
    page.keyboard.press(key)
    page.get_by_role("combobox", name="Search what a rule can ask").fill(search)
    page.keyboard.press("Enter")
    expect(page.get_by_role("combobox", name="Search what a rule can ask")).to_have_count(0)
    page.wait_for_function("document.activeElement.closest('[data-node]') !== null")


def add_city(page: Page, *cities: str) -> None:
    add_rule(page, "city")
    for city in cities:
        page.keyboard.type(city)
        page.keyboard.press("Enter")


def test_a_segment_is_built_by_keys_counted_while_typing_and_saved(builder: Page, site: Site) -> None:
    page = builder
    add_city(page, "Oslo")
    expect(count(page)).to_have_text("20")
    add_rule(page, "bought")
    page.get_by_label("Number of orders").fill("1")
    expect(count(page)).to_have_text("5")
    add_rule(page, "external id", "Shift+A")
    page.keyboard.type("s0")
    page.keyboard.press("Enter")
    expect(count(page)).to_have_text("4")
    expect(page.get_by_text("without those whose external id is s0")).to_be_visible()
    assert serious_findings(page) == []
    page.get_by_label("Name", exact=True).fill("Oslo buyers")
    page.keyboard.press("Control+s")
    page.wait_for_url(re.compile(r"/segments/\d+$"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Oslo buyers")
    stored = condition(site, "Oslo buyers")
    assert [node["kind"] for node in stored["of"]] == ["all", "not"]
    assert stored["of"][1]["of"]["of"][0] == {
        "kind": "compare",
        "field": "profile.external_id",
        "op": "in",
        "value": ["s0"],
    }
    assert serious_findings(page) == []


def test_what_is_unfinished_is_not_counted_and_cannot_be_saved(builder: Page) -> None:
    page = builder
    add_city(page, "Oslo")
    add_rule(page, "first name")
    expect(page.get_by_text("1 rule is unfinished and not counted")).to_be_visible()
    expect(count(page)).to_have_text("20")
    page.get_by_label("Name", exact=True).fill("Half done")
    page.get_by_role("button", name="Create segment").click()
    expect(page.get_by_role("combobox", name="Value of First name")).to_be_focused()
    assert page.url.endswith("type=dynamic")


def test_moves_groups_and_undo_by_keyboard_keep_the_focus(builder: Page) -> None:
    page = builder
    add_city(page, "Oslo")
    add_rule(page, "last name")
    page.keyboard.type("Berg")
    page.keyboard.press("Enter")
    handle = page.get_by_role("button", name="Move or change: Last name is one of Berg")
    handle.focus()
    page.keyboard.press("Alt+ArrowUp")
    expect(handle).to_be_focused()
    rules = page.get_by_role("group", name=re.compile("^(City|Last name) "))
    expect(rules.first).to_have_accessible_name("Last name is one of Berg")
    page.keyboard.press("Control+g")
    expect(page.get_by_role("group", name="any of, 2 rules")).to_be_visible()
    expect(count(page)).to_have_text("20")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("group", name="any of, 2 rules")).to_have_count(0)
    handle.focus()
    page.keyboard.press("Delete")
    expect(handle).to_have_count(0)
    expect(page.get_by_role("button", name="Move or change: City is one of Oslo")).to_be_focused()


def test_a_draft_survives_a_reload(builder: Page) -> None:
    page = builder
    add_city(page, "Oslo", "Bergen")
    expect(count(page)).to_have_text("30")
    page.wait_for_timeout(600)  # the draft is written a moment after the last keystroke
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    expect(page.get_by_text("Your draft from")).to_be_visible()
    expect(count(page)).to_have_text("30")
    page.get_by_role("button", name="Discard draft").click()
    expect(count(page)).to_have_text("40")


def test_people_without_a_value_are_named_and_can_be_included(builder: Page) -> None:
    page = builder
    add_city(page, "Oslo")
    page.get_by_label("How City compares").select_option("not_in")
    expect(count(page)).to_have_text("10")
    page.get_by_role("button", name="Include them").click()
    expect(count(page)).to_have_text("20")


def test_the_json_is_the_same_condition_and_wrong_places_are_marked(builder: Page) -> None:
    page = builder
    add_city(page, "Oslo")
    page.get_by_text("JSON", exact=True).click()
    editor = page.get_by_role("textbox", name="Condition as JSON")
    expect(editor).to_contain_text("profile.city")
    wrong = {"kind": "compare", "field": "profile.town", "op": "in", "value": ["Oslo"]}
    editor.click()
    page.keyboard.press("Control+a")  # `fill` selects past the editor, which may not have seen it yet
    page.keyboard.insert_text(json.dumps(wrong))
    expect(page.get_by_text("There is no field profile.town here").first).to_be_visible()
    page.get_by_text("Builder", exact=True).click()
    expect(page.get_by_role("alert").filter(has_text="There is no field profile.town here")).to_be_visible()


def test_a_static_list_takes_people_by_hand_and_tells_who_did(page: Page, site: Site, shop: int) -> None:
    page.evaluate("id => localStorage.setItem('fidelia.database', String(id))", shop)
    page.goto(f"{site.url}/segments/new")
    page.get_by_role("radio", name=re.compile("^Static")).click()
    page.get_by_label("Name", exact=True).fill("Tasting panel")
    page.get_by_role("button", name="Create segment").click()
    expect(page.get_by_role("heading", name="Nobody is in this segment")).to_be_visible()
    page.get_by_label("Add people by e-mail or id").fill("s3@example.com")
    page.get_by_role("button", name="Add people").click()
    expect(page.get_by_role("link", name="Name3")).to_be_visible()
    page.get_by_role("tab", name="Log").click()
    expect(page.get_by_text("Added").first).to_be_visible()
    assert serious_findings(page) == []


def test_an_archived_segment_comes_back_by_undo(page: Page, site: Site, shop: int) -> None:
    body = {"database_id": shop, "name": "Short lived", "type": "dynamic", "condition": {"kind": "always"}}
    with site.api() as api:
        made = api.post("/segments", json=body).raise_for_status().json()
    page.evaluate("id => localStorage.setItem('fidelia.database', String(id))", shop)
    page.goto(f"{site.url}/segments/{made['id']}")
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Archive segment").click()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("link", name="Short lived")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_the_builder_is_accessible(browser: Browser, site: Site, shop: int, width: int, scheme: str) -> None:
    context = new_context(browser, width=width, scheme=scheme)
    page = context.new_page()
    sign_in(page, site)
    page.evaluate("id => localStorage.setItem('fidelia.database', String(id))", shop)
    page.goto(f"{site.url}/segments/new?type=updatable&start=lapsed")
    expect(count(page)).to_have_text("0")
    assert serious_findings(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"
    page.get_by_role("button", name="Add a rule: Include").click()
    expect(page.get_by_role("listbox").get_by_role("option").first).to_be_visible()
    assert serious_findings(page) == []
    context.close()
