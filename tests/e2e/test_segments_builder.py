"""The builder's main job in the browser: twelve nested rules by mouse and by keyboard alone, and what follows them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from .conftest import Site, serious_findings
from .shop import condition, count, open_shop

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("browser")]
#: What the twelve rules ask: search words, and values to type where a rule is not finished as it comes.
INCLUDE: list[tuple[str, tuple[str, ...]]] = [("city", ("Oslo", "Bergen")), ("bought", ())]
ANY: list[tuple[str, tuple[str, ...]]] = [("e-mail", ("s2@example.com",)), ("external id", ("s0",))]
ALL: list[tuple[str, tuple[str, ...]]] = [("first name", ("Name4",)), ("created", ())]
LAST: tuple[str, tuple[str, ...]] = ("updated", ())
EXCLUDE: list[tuple[str, tuple[str, ...]]] = [
    ("external id", ("s9",)),
    ("message opened", ()),
    ("page viewed", ()),
    ("city", ("Voss",)),
    ("link clicked", ()),
]


@pytest.fixture(scope="module")
def shop(site: Site) -> int:
    return open_shop(site, "Builder shop")


@pytest.fixture
def opened(page: Page, site: Site, shop: int) -> Callable[[str], Page]:
    """Open an address with that database at hand."""
    page.evaluate("id => localStorage.setItem('fidelia.database', String(id))", shop)

    def go(path: str) -> Page:
        page.goto(f"{site.url}{path}")
        return page

    return go


def search(page: Page) -> Locator:
    return page.get_by_role("combobox", name="Search what a rule can ask")


def make(site: Site, shop: int, name: str, **more: Any) -> int:
    with site.api() as api:
        body = {"database_id": shop, "name": name, "type": "dynamic", **more}
        return int(api.post("/segments", json=body).raise_for_status().json()["id"])


def city(*names: str) -> dict[str, Any]:
    return {"kind": "compare", "field": "profile.city", "op": "in", "value": list(names)}


def typed(page: Page, values: tuple[str, ...]) -> None:
    """Type values into the rule that has just been added and has the focus."""
    page.wait_for_function("document.activeElement.closest('[data-node]') !== null")
    for value in values:
        page.keyboard.type(value)
        page.keyboard.press("Enter")


def by_mouse(page: Page, button: str | re.Pattern[str], rule: tuple[str, tuple[str, ...]]) -> None:
    page.get_by_role("button", name=button).last.click()
    picked(page, rule)


def picked(page: Page, rule: tuple[str, tuple[str, ...]]) -> None:
    search(page).fill(rule[0])
    page.get_by_role("listbox", name="What a rule can ask").get_by_role("option").first.click()
    expect(search(page)).to_have_count(0)
    typed(page, rule[1])


def by_keys(page: Page, key: str, rule: tuple[str, tuple[str, ...]]) -> None:
    """A or Shift A from wherever the focus is, search, Enter; then the handle has the focus."""
    page.keyboard.press(key)
    expect(search(page)).to_be_focused()
    page.keyboard.type(rule[0])
    page.keyboard.press("Enter")
    expect(search(page)).to_have_count(0)
    typed(page, rule[1])
    back_to(page, "document.activeElement.dataset.handle !== undefined")


def back_to(page: Page, wanted: str) -> None:
    for _ in range(300):
        if page.evaluate(wanted):
            return
        page.keyboard.press("Shift+Tab")
    raise AssertionError(f"Shift Tab never led to: {wanted}")


def test_twelve_rules_by_mouse_and_by_keyboard_alone_are_the_same(
    opened: Callable[[str], Page], site: Site, shop: int
) -> None:
    page = opened("/segments/new?type=dynamic")
    expect(count(page)).to_have_text("40")
    for rule in INCLUDE:
        by_mouse(page, "Add a rule: Include", rule)
    page.get_by_role("button", name="Add a group: Include").click()
    picked(page, ANY[0])
    by_mouse(page, re.compile("^Add a rule: any of"), ANY[1])
    page.get_by_role("button", name=re.compile("^Add a group: any of")).click()
    picked(page, ALL[0])
    by_mouse(page, re.compile("^Add a rule: all of"), ALL[1])
    by_mouse(page, re.compile("^Add a rule: any of"), LAST)
    for rule in EXCLUDE:
        by_mouse(page, "Add a rule: Exclude", rule)
    expect(count(page)).to_have_text("2")
    sentence = page.get_by_role("paragraph").filter(has_text="whose city is Oslo or Bergen")
    expect(sentence).to_contain_text("without those whose external id is s9")
    figures = page.get_by_role("group", name="City is one of Oslo, Bergen").first
    expect(figures).to_contain_text("30")
    funnel = page.get_by_role("region", name="Which rule cuts how many")
    expect(funnel.get_by_role("listitem").first).to_have_text(re.compile("Everybody.*40"))
    expect(funnel).to_contain_text("−22, the most")
    page.get_by_label("Name", exact=True).fill("By mouse")
    page.get_by_role("button", name="Create segment").click()
    page.wait_for_url(re.compile(r"/segments/\d+$"))

    page = opened("/segments/new?type=dynamic")
    expect(count(page)).to_have_text("40")
    page.keyboard.press("Escape")
    for rule in INCLUDE:
        by_keys(page, "a", rule)
    by_keys(page, "a", ANY[0])
    by_keys(page, "a", ANY[1])
    page.keyboard.press("Control+g")  # the last one groups with the one before
    expect(page.get_by_role("group", name="any of, 2 rules")).to_be_visible()
    for rule in (*ALL, LAST):
        by_keys(page, "a", rule)
        page.keyboard.press("]")
    expect(page.get_by_role("group", name="any of, 5 rules")).to_be_visible()
    back_to(page, "document.activeElement.closest('[data-node]')?.ariaLabel?.startsWith('First name') ?? false")
    back_to(page, "document.activeElement.dataset.handle !== undefined")
    page.keyboard.press("Control+g")
    expect(page.get_by_role("group", name="all of, 2 rules")).to_be_visible()
    for rule in EXCLUDE:
        by_keys(page, "Shift+A", rule)
    expect(count(page)).to_have_text("2")
    back_to(page, "document.activeElement.dataset.path === 'name'")
    page.keyboard.type("By keyboard")
    page.keyboard.press("Control+s")
    page.wait_for_url(re.compile(r"/segments/\d+$"))
    assert condition(site, "By keyboard") == condition(site, "By mouse")


def test_a_rule_offers_real_values_and_tells_how_many_have_none(opened: Callable[[str], Page]) -> None:
    page = opened("/segments/new?type=dynamic")
    expect(count(page)).to_have_text("40")
    by_mouse(page, "Add a rule: Include", ("city", ()))
    options = page.get_by_role("listbox", name="Values of City")
    expect(options.get_by_role("option")).to_have_text([re.compile("Oslo.*20"), re.compile("Bergen.*10")])
    expect(page.get_by_text("75.0 % filled · 10 people have none")).to_be_visible()
    options.get_by_role("option", name="Bergen").click()
    expect(count(page)).to_have_text("10")
    assert serious_findings(page) == []


def test_rules_are_imported_from_a_segment_copied_and_explained(
    opened: Callable[[str], Page], site: Site, shop: int
) -> None:
    make(site, shop, "Oslo people", condition=city("Oslo"))
    page = opened("/segments/new?type=dynamic")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    expect(count(page)).to_have_text("40")
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Import rules from a segment…").click()
    page.get_by_role("combobox", name="Segment").fill("Oslo")
    page.get_by_role("option", name="Oslo people").click()
    page.get_by_role("button", name="Import 1 rule").click()
    expect(count(page)).to_have_text("20")
    page.get_by_role("button", name="Move or change: City is one of Oslo").click()
    page.get_by_role("menuitem", name="Copy as JSON").click()
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Paste rules").click()
    expect(page.get_by_role("group", name="City is one of Oslo")).to_have_count(2)
    page.get_by_role("region", name="Test a person").get_by_role("textbox").fill("s1@example.com")
    page.get_by_role("region", name="Test a person").get_by_role("button", name="Why?").click()
    why = page.get_by_role("dialog", name="Why in, why not")
    expect(why.get_by_text("Not in this segment")).to_be_visible()
    expect(why.get_by_text("saw Bergen").first).to_be_visible()
    assert serious_findings(page) == []


def test_three_segments_are_compared_and_a_part_opens_as_a_segment(
    opened: Callable[[str], Page], site: Site, shop: int
) -> None:
    oslo = make(site, shop, "Compare Oslo", condition=city("Oslo"))
    both = make(site, shop, "Compare both", condition=city("Oslo", "Bergen"))
    make(site, shop, "Compare buyers", condition={"kind": "related", "link": "orders"})
    page = opened(f"/segments/compare?ids={oslo},{both}")
    expect(page.get_by_role("heading", name="20 of 30 people are in both of them")).to_be_visible()
    page.get_by_role("combobox", name="Segments").fill("buyers")
    page.get_by_role("option", name="Compare buyers").click()
    expect(page.get_by_role("heading", name="5 of 32 people are in all of them")).to_be_visible()
    assert serious_findings(page) == []
    page.get_by_role("link", name="Open as segment: only Compare buyers").click()
    expect(count(page)).to_have_text("2")


def test_an_updatable_segment_is_scheduled_run_changed_and_tells_its_history(
    opened: Callable[[str], Page], site: Site
) -> None:
    page = opened("/segments/new?type=updatable")
    expect(count(page)).to_have_text("40")
    by_mouse(page, "Add a rule: Include", ("city", ("Oslo",)))
    page.get_by_label("Name", exact=True).fill("Refilled")
    days = page.get_by_role("group", name="Only on these days")
    for day in ("Mo", "Fr"):
        days.get_by_text(day, exact=True).click()
    page.get_by_label("At", exact=True).fill("04:30")
    page.get_by_role("button", name="Create segment").click()
    page.wait_for_url(re.compile(r"/segments/\d+$"))
    page.get_by_role("tab", name="Schedule").click()
    expect(page.get_by_role("heading", name="Every Monday and Friday at 04:30 Europe/Oslo")).to_be_visible()
    expect(page.locator("#content").get_by_text("20 people", exact=True)).to_be_visible()  # the first filling has ended
    page.get_by_role("tab", name="Size and flow").click()
    expect(page.get_by_role("heading", name="How many people are in it?")).to_be_visible()
    expect(page.get_by_role("heading", name="How long did it take?")).to_be_visible()
    assert serious_findings(page) == []

    page.get_by_role("link", name="Edit rules").click()
    expect(count(page)).to_have_text("20")
    page.get_by_role("combobox", name="Value of City").fill("Bergen")
    page.keyboard.press("Enter")
    expect(count(page)).to_have_text("30")
    page.keyboard.press("Control+s")
    expect(page.get_by_test_id("diff")).to_have_text(
        "10 people will enter and 0 people leave, 20 stay: 30 people in all."
    )
    page.get_by_role("button", name="Save and run now").click()
    page.wait_for_url(re.compile(r"/segments/\d+$"))
    expect(page.locator("#content").get_by_text("30 people", exact=True)).to_be_visible()
    page.get_by_role("tab", name="Runs").click()
    expect(page.get_by_role("row")).to_have_count(3)  # the heading and two runs


def test_who_saved_first_is_told_and_either_version_can_be_kept(
    opened: Callable[[str], Page], site: Site, shop: int
) -> None:
    made = make(site, shop, "Two editors", condition=city("Oslo"))
    page = opened(f"/segments/{made}/edit")
    expect(count(page)).to_have_text("20")
    with site.api() as api:
        api.patch(f"/segments/{made}", json={"condition": city("Bergen")}).raise_for_status()
    page.get_by_role("combobox", name="Value of City").fill("Voss")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Save segment").first.click()
    conflict = page.get_by_role("alert").filter(has_text="changed this segment")
    expect(conflict).to_contain_text("whose city is Bergen")
    conflict.get_by_role("button", name="Keep mine").click()
    page.wait_for_url(re.compile(rf"/segments/{made}$"))
    assert condition(site, "Two editors")["value"] == ["Oslo", "Voss"]

    page = opened(f"/segments/{made}/edit")
    expect(count(page)).to_have_text("20")
    with site.api() as api:
        api.patch(f"/segments/{made}", json={"condition": city("Bergen")}).raise_for_status()
    page.get_by_role("combobox", name="Value of City").fill("Asker")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Save segment").first.click()
    page.get_by_role("button", name="Take theirs").click()
    expect(count(page)).to_have_text("10")
    assert condition(site, "Two editors")["value"] == ["Bergen"]
