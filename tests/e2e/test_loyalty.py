"""A loyalty program by hand: points, levels, promotions, an order that is tried, a member, their card, what is owed."""

from __future__ import annotations

import re
import time
from typing import Any, NamedTuple

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from .conftest import Site, serious_findings
from .test_trigger_mailing import made

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("browser")]

#: What the till sells; ten bags are 125.00 EUR.
BEANS = {"external_id": "beans", "name": "Coffee beans", "price": "12.50", "currency": "EUR"}


class Shop(NamedTuple):
    """What is there before the program: people and goods."""

    database: int
    ada: int
    beans: str


@pytest.fixture(scope="module")
def shop(site: Site) -> Shop:
    with site.api() as api:
        database = made(api, "/databases", {"name": f"Loyal shop {time.time():.0f}", "timezone": "Europe/Oslo"})["id"]
        items = [
            {"external_id": f"{name}-{database}", "email": f"{name}.{database}@example.com", "first_name": name.title()}
            for name in ("ada", "bo")
        ]
        people = made(api, f"/databases/{database}/profiles/upsert", {"matching": "external_id", "items": items})
        beans = f"beans-{database}"
        made(api, "/market/products", {"items": [BEANS | {"external_id": beans}]})
    return Shop(database, people["items"][0]["profile_id"], beans)


def looked_at(page: Page) -> None:
    expect(page.locator(".mantine-Skeleton-root")).to_have_count(0)
    assert serious_findings(page) == [], page.url


def tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=re.compile(f"^{name}")).click()
    expect(page.get_by_role("tab", name=re.compile(f"^{name}"), selected=True)).to_be_visible()


def choose(where: Page | Locator, page: Page, label: str, option: str | re.Pattern[str]) -> None:
    """Choose an option of a select."""
    where.get_by_role("combobox", name=label, exact=True).click()
    page.get_by_role("option", name=option).click()


def make_program(page: Page, site: Site, shop: Shop) -> int:
    page.evaluate("id => localStorage.setItem('fidelia.database', String(id))", shop.database)
    page.goto(f"{site.url}/loyalty/programs")
    page.get_by_role("link", name="New program").or_(page.get_by_role("button", name="New program")).first.click()
    page.wait_for_url(re.compile(r"/programs/new"))
    page.get_by_role("textbox", name="Name", exact=True).fill("Bean club")
    page.get_by_role("radio", name="Only who is added").click()
    looked_at(page)
    page.get_by_role("button", name="Make program").click()
    page.wait_for_url(re.compile(r"/programs/\d+$"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Bean club")
    return int(page.url.rsplit("/", 1)[1])


def add_points(page: Page) -> None:
    """Stars are worth 0.10 EUR each; miles only lead to levels."""
    tab(page, "Points")
    page.get_by_role("button", name="Add points").click()
    drawer = page.get_by_role("dialog")
    drawer.get_by_role("textbox", name="Name", exact=True).fill("Stars")
    drawer.get_by_role("textbox", name="One is worth").fill("0.10")
    drawer.get_by_role("textbox", name="Usable after").fill("0")
    expect(drawer.get_by_text(re.compile("100 points earned"))).to_be_visible()
    looked_at(page)
    drawer.get_by_role("button", name="Add points").click()
    expect(drawer).to_have_count(0)
    page.get_by_role("button", name="Add points").click()
    drawer.get_by_role("radio", name="Qualification").click()
    drawer.get_by_role("textbox", name="Name", exact=True).fill("Miles")
    drawer.get_by_role("button", name="Add points").click()
    expect(drawer).to_have_count(0)
    expect(page.get_by_role("tab", name=re.compile("^Points.*2"))).to_be_visible()


def add_levels(page: Page) -> None:
    """Basic, Silver from 100 miles and Gold from 500."""
    tab(page, "Levels")
    page.get_by_role("button", name="Add levels").click()
    drawer = page.get_by_role("dialog")
    drawer.get_by_role("textbox", name="Name of the group").fill("Status")
    drawer.get_by_role("group", name="Silver").get_by_label("From points").fill("100")
    drawer.get_by_role("group", name="Gold").get_by_label("From points").fill("500")
    looked_at(page)
    drawer.get_by_role("button", name="Add levels").click()
    expect(drawer).to_have_count(0)
    expect(page.get_by_text("Silver").first).to_be_visible()
    looked_at(page)


def add_group(page: Page, site: Site, program: int) -> None:
    """Of the discounts on an order only one shall win."""
    page.goto(f"{site.url}/loyalty/promotions?program={program}")
    page.get_by_role("textbox", name="New group").fill("Order discounts")
    page.get_by_role("button", name="Add group").click()
    expect(page.get_by_role("cell", name="Order discounts", exact=True)).to_be_visible()
    looked_at(page)


def add_promotion(page: Page, site: Site, program: int, name: str, gives: str, **fields: str) -> None:
    """Write one from the empty page and publish it; ``fields`` are those of its reward, and its group."""
    page.goto(f"{site.url}/loyalty/promotions?program={program}")
    page.get_by_role("button", name="New promotion").first.click()
    page.wait_for_url(re.compile(r"/promotions/new"))
    if "type" in fields:
        page.get_by_role("radiogroup", name="Kind of promotion").get_by_text("Points", exact=True).click()
    page.get_by_role("textbox", name="Name", exact=True).fill(name)
    choose(page, page, "Gives", re.compile(f"^{gives}$"))
    for label, value in fields.items():
        if label == "group":
            choose(page, page, "Exclusion group", re.compile(f"^{value}"))
        elif label == "type":
            choose(page, page, "Points", value)
        else:
            page.get_by_role("textbox", name=label, exact=True).fill(value)
    if gives == "Percent off":
        looked_at(page)
    page.get_by_role("button", name="Save as draft").click()
    page.wait_for_url(re.compile(r"/promotions/\d+$"))
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    page.get_by_role("button", name="Publish now").click()
    expect(page.get_by_text("Version 1 is published")).to_be_visible()


def add_promotions(page: Page, site: Site, program: int) -> None:
    """Ten percent or five euros off, whichever comes first; a star and a mile for each euro."""
    add_group(page, site, program)
    add_promotion(page, site, program, "Ten percent off", "Percent off", Percent="10", group="Order discounts")
    add_promotion(page, site, program, "Five euros off", "Money off", Amount="5.00", group="Order discounts")
    per = {"Points": "1", "For every": "1.00"}
    add_promotion(page, site, program, "A star a euro", "Points for money spent", type="Stars", **per)
    add_promotion(page, site, program, "A mile a euro", "Points for money spent", type="Miles", **per)
    page.goto(f"{site.url}/loyalty/promotions?program={program}")
    lane = page.get_by_role("region", name="Order discounts: only one wins")
    expect(lane.get_by_role("link")).to_have_text(["Ten percent off", "Five euros off"])
    expect(page.get_by_text("Active", exact=True)).to_have_count(4)
    looked_at(page)


def activate(page: Page, site: Site, program: int) -> None:
    page.goto(f"{site.url}/loyalty/programs/{program}")
    page.get_by_role("button", name="Activate…").click()
    page.get_by_role("dialog", name="Activate Bean club?").get_by_role("button", name="Activate program").click()
    expect(page.get_by_text("Active", exact=True).first).to_be_visible()
    looked_at(page)


def try_an_order(page: Page, site: Site, program: int, shop: Shop) -> None:
    """Four bags for somebody made up: what they cost, what each promotion did, and why one did nothing."""
    page.goto(f"{site.url}/loyalty/programs/{program}?tab=test")
    page.get_by_role("combobox", name="Product or SKU").or_(page.get_by_label("Product or SKU")).first.fill(shop.beans)
    page.keyboard.press("Escape")
    page.get_by_label("Quantity").fill("4")
    expect(page.get_by_test_id("to-pay")).to_have_text("€45.00")
    expect(page.get_by_text(re.compile("earns 45.00 Stars points"))).to_be_visible()
    applied = page.get_by_role("list", name="Applied", exact=True).get_by_role("listitem")
    expect(applied).to_have_count(3)
    expect(applied.first).to_contain_text("1. Ten percent off")
    expect(applied.first).to_contain_text("€50.00 → €45.00")
    others = page.get_by_role("list", name="Not applied").get_by_role("listitem")
    expect(others).to_have_count(1)
    expect(others).to_contain_text("Five euros off")
    expect(others).to_contain_text("arbitrated away")
    expect(others).to_contain_text("Another promotion of its group came first: Ten percent off")
    looked_at(page)


def add_a_member(page: Page, site: Site, program: int, shop: Shop) -> None:
    page.goto(f"{site.url}/loyalty/programs/{program}?tab=members")
    page.get_by_role("button", name="Add members").first.click()
    drawer = page.get_by_role("dialog")
    drawer.get_by_role("textbox", name="People").fill(f"ada.{shop.database}@example.com")
    looked_at(page)
    drawer.get_by_role("button", name="Add members").click()
    expect(page.get_by_text("1 person joined")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="Ada")).to_contain_text("Basic")
    looked_at(page)


def buy(api: httpx.Client, shop: Shop, name: str, bags: int) -> int:
    """Place an order as a till does; return its number."""
    lines = [{"sku": shop.beans, "quantity": bags}]
    asked: dict[str, Any] = {"database": shop.database, "profile": shop.ada, "lines": lines}
    final = made(api, "/market/orders/preorder", asked)["final"]
    agreed = {"external_id": f"{name}-{shop.database}", "final": final, "status": "paid"}
    placed = made(api, "/market/orders/commit", asked | agreed)
    return int(placed["order"])


def read_the_card(page: Page, site: Site, program: int, shop: Shop) -> None:
    """Balance, level and history on the card of the person; more of it beside the list of members."""
    page.goto(f"{site.url}/databases/{shop.database}/profiles/{shop.ada}")
    card = page.get_by_role("region", name="Bean club")
    for kind in ("Stars", "Miles"):
        expect(card.get_by_text(kind, exact=True).locator("..")).to_contain_text("112")
    expect(card).to_contain_text("Silver since")
    expect(card).to_contain_text("112 of 500: 388 to Gold")
    history = page.get_by_role("region", name="History")
    for told in (
        "Joined the program “Bean club”", "Earned 112 stars in “Bean club”", "Earned 112 miles in “Bean club”",
        "Moved up to the level silver in “Bean club”", f"Order first-{shop.database} paid · 112.50 EUR",
    ):  # fmt: skip
        expect(history.get_by_text(told)).to_be_visible()
    looked_at(page)
    card.get_by_role("link", name="Details").click()
    panel = page.get_by_role("dialog", name="Ada")
    expect(panel.get_by_text("Silver").first).to_be_visible()
    looked_at(page)
    page.goto(f"{site.url}/loyalty/programs/{program}?tab=transactions")
    rows = page.get_by_role("row").filter(has_text="Earned")
    expect(rows).to_have_count(2)
    expect(rows.filter(has_text="Stars")).to_contain_text("112.00")
    looked_at(page)


def read_the_order(page: Page, site: Site, order: int) -> None:
    """The order keeps how it was worked out."""
    page.goto(f"{site.url}/market/orders/{order}")
    how = page.get_by_role("region", name="How this was calculated")
    expect(how).to_contain_text("€12.50 off by promotions. Earned 112.00 stars, 112.00 miles.")
    lost = how.get_by_role("row").filter(has_text="Five euros off")
    expect(lost).to_contain_text("Passed over")
    expect(lost).to_contain_text("Another promotion of its group came first: Ten percent off")
    looked_at(page)


def see_what_is_owed(page: Page, site: Site, program: int) -> None:
    """112 stars of 0.10 EUR, as a chart and as its table."""
    page.goto(f"{site.url}/loyalty/analytics?program={program}&tab=liability")
    chart = page.get_by_role("region", name="What is owed: €11.20")
    expect(chart.get_by_role("img", name=re.compile("€11.20 at the end of the last"))).to_be_visible()
    looked_at(page)
    chart.get_by_role("button", name="Show as table").click()
    expect(chart.get_by_role("row").last).to_contain_text("11.2")
    expect(page.get_by_role("region", name="Stars: 112 outstanding")).to_contain_text("€11.20")


def test_a_program_from_nothing_to_what_is_owed(page: Page, site: Site, shop: Shop) -> None:
    page.set_default_timeout(20_000)
    program = make_program(page, site, shop)
    add_points(page)
    add_levels(page)
    add_promotions(page, site, program)
    activate(page, site, program)
    try_an_order(page, site, program, shop)
    add_a_member(page, site, program, shop)
    with site.api() as api:
        order = buy(api, shop, "first", 10)  # 125.00, and 112.50 after the discount
    read_the_card(page, site, program, shop)
    read_the_order(page, site, order)
    see_what_is_owed(page, site, program)
