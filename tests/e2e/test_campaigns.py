"""A campaign by hand: its people, who is kept back, three activities, the start, mails, orders, the uplift, the end."""

from __future__ import annotations

import re
import time
from collections import Counter
from datetime import UTC, datetime
from typing import Any, NamedTuple

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from .conftest import Site, serious_findings
from .test_trigger_mailing import eventually, made

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("browser")]

BODY = (
    '<p>Hi {{ profile.first_name }}</p><p><a href="https://shop.example/">Shop</a></p>'
    '<p><a href="{{ links.unsubscribe }}">Unsubscribe</a></p>'
)
#: On the list, and outside of it; a broadcast to everybody takes those in as well.
LISTED, OUTSIDE = 300, 100
KEPT = 30
#: Who buys: of 120 who are kept back, and of 280 who get the mails.
BUY_ANYWAY, BUY = 15, 140


class Shop(NamedTuple):
    """What is there before the campaign."""

    name: str
    database: int
    template: int
    #: A draft that can be attached, one that was sent, one of another database.
    news: int
    old: int
    foreign: int


@pytest.fixture(scope="module")
def shop(site: Site) -> Shop:
    name = f"Winter shop {time.time():.0f}"
    with site.api() as api:
        database = made(api, "/databases", {"name": name})["id"]
        items = [
            {
                "external_id": f"w{n}", "email": f"w{n}.{database}@example.com", "first_name": f"Name{n}",
                "gender": "female" if n % 2 else "male",
            }
            for n in range(1, LISTED + OUTSIDE + 1)
        ]  # fmt: skip
        made(api, f"/databases/{database}/profiles/upsert", {"matching": "external_id", "items": items})
        lists = {}
        for title, people in (("Loyal customers", range(1, LISTED + 1)), ("One of us", range(1, 2))):
            body = {"database_id": database, "name": title, "type": "static"}
            reply = made(api, "/segments", body)
            lists[title] = reply.get("segment", reply)["id"]
            made(api, f"/segments/{lists[title]}/members/add", {"profile_ids": list(people)})
        rule = {"kind": "compare", "field": "profile.gender", "op": "eq", "value": "female"}
        made(api, "/segments", {"database_id": database, "name": "Women", "type": "dynamic", "condition": rule})
        content = {"name": f"Letter {database}", "subject": "Winter", "format": "html", "body": BODY}
        template = made(api, "/templates", content)["id"]
        made(api, f"/templates/{template}/publish", {})
        plan = {"database_id": database, "template_id": template, "undo_seconds": 0}
        news = made(api, "/mailings", {**plan, "name": f"Winter news {database}"})["id"]
        old = made(api, "/mailings", {**plan, "name": f"Autumn news {database}", "segment_id": lists["One of us"]})[
            "id"
        ]
        made(api, f"/mailings/{old}/start", {})
        eventually(lambda: api.get(f"/mailings/{old}").json()["state"] == "done")
        other = made(api, "/databases", {"name": f"{name} abroad"})["id"]
        foreign = made(api, "/mailings", {"name": f"Foreign news {database}", "database_id": other})["id"]
    return Shop(name, database, template, news, old, foreign)


def looked_at(page: Page) -> None:
    expect(page.locator(".mantine-Skeleton-root")).to_have_count(0)
    assert serious_findings(page) == [], page.url


def make_campaign(page: Page, site: Site, shop: Shop, name: str) -> int:
    """Choose for whom it is; what cannot be chosen says why."""
    page.evaluate("id => localStorage.setItem('fidelia.database', String(id))", shop.database)
    page.goto(f"{site.url}/campaigns")
    page.get_by_role("link", name="New campaign").or_(page.get_by_role("button", name="New campaign")).first.click()
    page.wait_for_url(re.compile(r"/campaigns/new"))
    moving = page.get_by_role("list", name="Segments that cannot be chosen as they are")
    expect(moving.get_by_role("listitem").filter(has_text="Women")).to_contain_text("a split would not hold")
    page.get_by_role("radio", name=f"Loyal customers, {LISTED} people").click()
    page.get_by_role("textbox", name="Name", exact=True).fill(name)
    page.get_by_label("Keep back", exact=True).fill(str(KEPT))
    expect(page.get_by_role("main").get_by_text("90 people are kept back")).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="kept back")).to_contain_text("90 people are kept back")
    looked_at(page)
    page.get_by_role("button", name="Make campaign").click()
    page.wait_for_url(re.compile(r"/campaigns/\d+$"))
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    return int(page.url.rsplit("/", 1)[1])


def tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=re.compile(f"^{name}")).click()
    expect(page.get_by_role("tab", name=re.compile(f"^{name}"), selected=True)).to_be_visible()


def balance(page: Page) -> None:
    """Have both sides mirror the list by gender; what that makes is shown before it is saved."""
    tab(page, "Audience")
    page.get_by_role("button", name="Divide by a field").click()
    expect(page.get_by_role("combobox", name="Field").first).to_have_value("Gender")
    strata = page.get_by_role("region", name="Strata as they would be")
    expect(strata.get_by_role("row").filter(has_text="female")).to_contain_text("150")
    expect(strata.get_by_role("row").filter(has_text="female")).to_contain_text("45")
    looked_at(page)
    page.get_by_role("button", name="Save control group").click()
    expect(page.get_by_text("Control group saved")).to_be_visible()


def attach(page: Page, shop: Shop) -> None:
    """Attach a draft; what was sent already, and what is of another database, cannot be and says why."""
    tab(page, "Activities")
    page.get_by_role("button", name="Attach an existing one").click()
    drawer = page.get_by_role("dialog")
    items = drawer.get_by_role("list", name="Activities")
    old = items.get_by_role("listitem").filter(has_text=f"Autumn news {shop.database}")
    expect(old).to_contain_text("It has run already")
    expect(old.get_by_role("button", name=re.compile("^Attach"))).to_have_count(0)
    looked_at(page)
    drawer.get_by_role("textbox", name="Find an activity").fill(f"news {shop.database}")
    foreign = items.get_by_role("listitem").filter(has_text=f"Foreign news {shop.database}")
    expect(foreign).to_contain_text("It uses another database")
    drawer.get_by_role("button", name=f"Attach Winter news {shop.database}").click()
    taken = items.get_by_role("listitem").filter(has_text=f"Winter news {shop.database}")
    expect(taken).to_contain_text("It is in this campaign already")
    drawer.get_by_role("button", name="Done").click()
    expect(page.get_by_role("link", name=f"Winter news {shop.database}")).to_be_visible()


def add_new(page: Page, site: Site, campaign: int, name: str, kind: str) -> int:
    """Make a mailing of a kind inside the campaign."""
    page.goto(f"{site.url}/campaigns/{campaign}?tab=activities")
    page.get_by_role("button", name="New mailing here").first.click()
    drawer = page.get_by_role("dialog")
    drawer.get_by_role("textbox", name="Name", exact=True).fill(name)
    drawer.get_by_role("radio", name=re.compile(f"^{kind}")).click()
    looked_at(page)
    drawer.get_by_role("button", name="Make mailing").click()
    page.wait_for_url(re.compile(r"/mailings/\d+$"))
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    return int(page.url.rsplit("/", 1)[1])


def widen(page: Page, site: Site, campaign: int, shop: Shop) -> None:
    """Let the broadcast take in whoever it is launched to."""
    page.goto(f"{site.url}/campaigns/{campaign}?tab=activities")
    name = f"Winter news {shop.database} widens the audience"
    page.get_by_role("button", name=f"{name}: no").click()
    way = page.get_by_role("checkbox", name=re.compile("^whoever it is launched to"))
    with page.expect_response(lambda reply: reply.request.method == "PATCH") as stored:
        way.click()
        expect(way).to_be_checked()  # at once: nobody waits for the server
    assert stored.value.ok
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name=f"{name}: launch")).to_be_visible()
    looked_at(page)


def start(page: Page, site: Site, campaign: int, name: str) -> None:
    page.goto(f"{site.url}/campaigns/{campaign}")
    page.get_by_role("button", name="Start campaign…").click()
    question = page.get_by_role("dialog", name=f"Start {name}?")
    expect(question).to_contain_text("can get what the campaign sends")
    expect(question).to_contain_text("210")
    question.get_by_role("button", name="Start campaign", exact=True).click()
    steps = page.get_by_role("list", name="How far the campaign is")
    expect(steps.locator("[aria-current=step]")).to_contain_text("Active")
    tab(page, "Audience")
    strata = page.get_by_role("region", name="Strata with their people")
    expect(strata.get_by_role("row").filter(has_text="female")).to_contain_text("45")
    looked_at(page)


def people_on(api: httpx.Client, campaign: int, side: str) -> list[int]:
    page = api.get(f"/campaigns/{campaign}/audience", params={"side": side, "limit": 1000}).raise_for_status().json()
    return [item["profile_id"] for item in page["items"]]


def mails_of(api: httpx.Client, mailing: int) -> Counter[str]:
    """Return how often each address got a mail of a mailing."""
    page = api.get("/mailbox", params={"mailing": mailing, "limit": 1000}).raise_for_status().json()
    return Counter(address for mail in page["items"] for address in mail["recipients"])


def buy(api: httpx.Client, shop: Shop, people: list[int]) -> None:
    now = datetime.now(UTC).isoformat()
    orders = [
        {
            "external_id": f"{shop.database}-{person}", "placed_at": now, "profile": person, "status": "paid",
            "lines": [{"product": "skates", "quantity": 1, "price": f"{20 + person % 50}.00"}],
        }
        for person in people
    ]  # fmt: skip
    made(api, "/market/orders", {"database": shop.database, "items": orders})


def row(page: Page, region: str, text: str | re.Pattern[str]) -> Locator:
    return page.get_by_role("region", name=region).get_by_role("row").filter(has_text=text)


def test_from_a_list_to_a_proved_uplift(page: Page, site: Site, shop: Shop) -> None:
    page.set_default_timeout(20_000)
    name = f"Winter {shop.database}"
    campaign = make_campaign(page, site, shop, name)
    balance(page)
    attach(page, shop)
    thanks = add_new(page, site, campaign, "Winter thanks", "Triggered")
    weekly = add_new(page, site, campaign, "Winter Fridays", "Recurring")
    widen(page, site, campaign, shop)

    with site.api() as api:
        ready = {"template_id": shop.template, "undo_seconds": 0}
        triggers = [{"kind": "event", "type": "order.paid"}]
        api.patch(f"/mailings/{thanks}", json={**ready, "triggers": triggers}).raise_for_status()
        schedule = {"at": "09:00", "weekdays": ["friday"]}
        api.patch(f"/mailings/{weekly}", json={**ready, "schedule": schedule}).raise_for_status()
        refused = api.post(f"/mailings/{shop.news}/start", json={})
        assert refused.status_code in (409, 422)
        page.goto(f"{site.url}/mailings/{shop.news}")
        expect(page.get_by_text(re.compile(f"Start the campaign {name} first")).first).to_be_visible()
        assert mails_of(api, shop.news) == Counter()

        start(page, site, campaign, name)
        for mailing in (thanks, weekly):
            made(api, f"/mailings/{mailing}/start", {})
        page.goto(f"{site.url}/mailings/{shop.news}")
        expect(page.get_by_role("link", name=name)).to_be_visible()
        page.get_by_role("button", name=re.compile(r"^Send to \d+ people$")).click()
        sent = LISTED + OUTSIDE - 120
        expect(page.get_by_role("link", name=f"{sent} sent")).to_be_visible(timeout=60_000)
        control, test = people_on(api, campaign, "control"), people_on(api, campaign, "test")
        assert (len(control), len(test)) == (120, sent), "the guests were split as well"
        mails = mails_of(api, shop.news)
        assert mails == Counter({f"w{n}.{shop.database}@example.com": 1 for n in test}), "each of the test group once"
        expect(page.get_by_role("row").filter(has_text="campaign's control group")).to_contain_text("120")

        buy(api, shop, test[:BUY] + control[:BUY_ANYWAY])
        # Thanks for the order go to those who get the campaign, not to those who are kept back and bought all the same.
        eventually(lambda: sum(mails_of(api, thanks).values()) == BUY)
        bought = {f"w{n}.{shop.database}@example.com" for n in test[:BUY]}
        assert set(mails_of(api, thanks)) == bought

        read_the_uplift(page, site, campaign, name, shop)
        complete(page, site, campaign, name)
        assert api.get(f"/mailings/{thanks}").json()["state"] in ("stopped", "done")
        report: dict[str, Any] = api.get(f"/campaigns/{campaign}/report").json()
        assert (report["control"]["converted"], report["test"]["converted"]) == (BUY_ANYWAY, BUY)
        assert report["verdict"] == "higher"


def read_the_uplift(page: Page, site: Site, campaign: int, name: str, shop: Shop) -> None:
    page.goto(f"{site.url}/campaigns/{campaign}?tab=report")
    expect(page.get_by_role("heading", name="The campaign works so far")).to_be_visible()
    figures = row(page, "Both sides compared", "People who bought")
    expect(figures).to_contain_text("140 of 280")
    expect(figures).to_contain_text("15 of 120")
    expect(figures).to_contain_text("higher")
    expect(row(page, "Both sides compared", "Revenue a person")).to_contain_text("too few")
    activity = row(page, "Figures of each activity", f"Winter news {shop.database}")
    expect(activity).to_contain_text("280")
    ways = page.get_by_role("row").filter(has_text=re.compile(f"Winter news {shop.database}")).filter(has_text="30")
    expect(ways.last).to_contain_text("100")
    looked_at(page)
    with page.expect_download() as begun:
        page.get_by_role("link", name="CSV").click()
    assert "People who bought" in begun.value.path().read_text()
    # The overview says it too.
    page.goto(f"{site.url}/campaigns/{campaign}")
    expect(page.get_by_role("tab", name=re.compile("^Overview"), selected=True)).to_be_visible()
    looked_at(page)


def complete(page: Page, site: Site, campaign: int, name: str) -> None:
    page.goto(f"{site.url}/campaigns/{campaign}")
    page.get_by_role("button", name="Complete…").click()
    question = page.get_by_role("dialog", name=f"Complete {name}?")
    expect(question).to_contain_text("400 people leave")
    expect(question).to_contain_text("Winter thanks")
    question.get_by_role("textbox").fill(name)
    question.get_by_role("button", name="Complete campaign").click()
    steps = page.get_by_role("list", name="How far the campaign is")
    expect(steps.locator("[aria-current=step]")).to_contain_text("Completed")
    tab(page, "Activities")
    expect(page.get_by_role("button", name="Attach an existing one")).to_have_count(0)
    tab(page, "Report")
    expect(page.get_by_role("heading", name=re.compile("^The campaign work"))).to_be_visible()
    looked_at(page)
