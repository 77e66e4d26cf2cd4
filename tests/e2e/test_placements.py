"""Placements: set up in the browser, seen on a real page of a shop, withdrawn, and nothing of theirs runs there."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from fidelia.messages.kinds.placement.rules import sign
from tests.up import wait_until

from .conftest import Site
from .test_main_job import looked_at

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("browser")]
#: A browser that says that it is driven by a program gets what machines get.
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
_PAGE = """<!doctype html><html><head><title>Shop</title><script async src="{script}"></script></head>
<body data-fidelia-visitor="{visitor}"><h1 id="top">Shop</h1><div style="height:{above}px"></div>
<div data-fidelia-slot="hero" aria-label="Offer">Our own words</div><div style="height:3000px"></div></body></html>"""


class _Shop(BaseHTTPRequestHandler):
    """``/`` has the slot at the top, ``/below`` far down."""

    script = visitor = ""

    def do_GET(self) -> None:
        above = 3000 if self.path.startswith("/below") else 0
        body = _PAGE.format(script=self.script, visitor=self.visitor, above=above).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing of what was asked."""


@pytest.fixture(scope="module")
def shop() -> Iterator[str]:
    """The host of a shop, with its port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Shop)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


class Shown:
    """A database with one customer, a site with its secret, and what the API says of its placements."""

    def __init__(self, site: Site, shop: str, name: str) -> None:
        self.site = site
        self.host = f"http://{shop}"
        self.database = self.made("/databases", {"name": name})["id"]
        person = {"email": "ann@example.com", "first_name": "Ann", "external_id": "ann", "status": "subscribed"}
        self.made(f"/databases/{self.database}/profiles", person)
        key = {"database_id": self.database, "name": "shop", "kind": "browser", "domains": [shop]}
        self.key = self.made("/write-keys", key)
        self.secret = str(self.made(f"/placements/sites/{self.key['id']}/secret", {})["secret"])
        _Shop.script = f"{site.url}/s/{self.key['key']}.js"
        _Shop.visitor = sign(self.secret, "user:ann", int(time.time()) + 600)

    def made(self, path: str, body: Any) -> Any:
        with self.site.api() as api:
            return api.post(path, json=body).raise_for_status().json()

    def template(self, body: str, bad: str = "") -> int:
        draft = {"name": "Offer", "subject": "-", "body": body, "format": "html", "database_id": self.database}
        template = int(self.made("/templates", {**draft, "variables": {"bad": bad}})["id"])
        self.made(f"/templates/{template}/publish", {})
        return template

    def placed(self, body: str, bad: str = "", **settings: Any) -> int:
        slots = {"database_id": self.database, "key": "hero", "name": "Top of the page"}
        placement = {"slot_id": self.made("/placements/slots", slots)["id"], **settings}
        plan = {"name": "Offer", "type": "placement", "database_id": self.database, "placement": placement}
        mailing = int(
            self.made("/mailings", {**plan, "template_id": self.template(body, bad), "undo_seconds": 0})["id"]
        )
        self.made(f"/mailings/{mailing}/start", {})
        wait_until(lambda: self.report(mailing)["placement"]["live"])
        return mailing

    def report(self, mailing: int) -> Any:
        with self.site.api() as api:
            return api.get(f"/mailings/{mailing}/report").raise_for_status().json()


def visitor_of(browser: Browser) -> Page:
    """A page of somebody who visits the shop."""
    return browser.new_context(user_agent=AGENT, viewport={"width": 1000, "height": 700}).new_page()


def test_a_visitor_sees_it_clicks_and_closes(browser: Browser, site: Site, shop: str) -> None:
    shown = Shown(site, shop, "Placements of a shop")
    body = f'<p style="margin:0;height:120px">Hi {{{{ profile.first_name }}}}</p><a href="http://{shop}/sale">Sale</a>'
    mailing = shown.placed(body, closable=True)
    page = visitor_of(browser)
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))

    page.goto(f"{shown.host}/below")
    frame = page.frame_locator("[data-fidelia-slot] iframe")
    expect(frame.get_by_text("Hi Ann")).to_be_attached()
    page.wait_for_timeout(1500)  # far below: nobody has seen it, however long it takes
    assert shown.report(mailing)["sent"] == 0

    page.goto(shown.host)
    expect(frame.get_by_text("Hi Ann")).to_be_visible()
    box = page.locator("[data-fidelia-slot] iframe").bounding_box()
    assert box is not None
    assert 130 <= box["height"] <= 200  # as high as its content
    assert page.locator("[data-fidelia-slot] iframe").get_attribute("title") == "Offer"
    wait_until(lambda: shown.report(mailing)["placement"]["shows"] == 1)

    frame.get_by_role("link", name="Sale").click()
    page.wait_for_url(f"{shown.host}/sale**")  # the whole page goes on, not the frame
    wait_until(lambda: shown.report(mailing)["clicked"]["people"] == 1)

    page.get_by_role("button", name="Close").click()
    expect(page.get_by_text("Our own words")).to_be_visible()
    expect(page.locator("iframe")).to_have_count(0)
    wait_until(lambda: shown.report(mailing)["placement"]["closed"] == 1)
    page.reload()
    page.wait_for_function("typeof window.fidelia.slots === 'function'")
    page.wait_for_load_state("networkidle")
    expect(page.get_by_text("Our own words")).to_be_visible()
    report = shown.report(mailing)
    assert (report["audience"], report["sent"], report["blocked"]) == (1, 1, 0)
    assert faults == []
    page.context.close()


def test_hostile_content_runs_nothing_on_the_site(browser: Browser, site: Site, shop: str) -> None:
    shown = Shown(site, shop, "Hostile placements")
    hostile = (
        "<script>parent.document.title='owned';top.owned=1</script>"
        "<img src=x onerror=\"parent.document.title='owned'\">"
        '<svg onload="parent.owned=1"></svg><iframe srcdoc="<script>top.owned=1</script>"></iframe>'
        '<form action="javascript:top.owned=1"><button>Send</button></form>'
        '<meta http-equiv="refresh" content="0;url=/x"><base href="https://evil.example">'
        '<div style="position:fixed;inset:0;background:red;pointer-events:none;opacity:.5"></div>'
        "<style>#top{display:none}body{height:90000px}</style>"
    )
    body = '<p>Hi</p>{{ vars.bad | safe }}<a href="http://x.example/">ok</a>'
    mailing = shown.placed(body, hostile, max_shows=1)
    page = visitor_of(browser)
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    page.goto(shown.host)
    frame = page.frame_locator("[data-fidelia-slot] iframe").first
    expect(frame.get_by_text("Hi")).to_be_visible()
    frame.get_by_role("button", name="Send").click()
    wait_until(lambda: shown.report(mailing)["placement"]["shows"] == 1)
    assert page.title() == "Shop"
    assert page.evaluate("window.owned") is None
    assert page.url == f"{shown.host}/"
    assert dialogs == []
    expect(page.locator("#top")).to_be_visible()
    box = page.locator("[data-fidelia-slot] iframe").bounding_box()
    assert box is not None
    assert box["height"] <= 20_000
    page.reload()  # once was all
    page.wait_for_function("typeof window.fidelia.slots === 'function'")
    page.wait_for_load_state("networkidle")
    expect(page.get_by_text("Our own words")).to_be_visible()
    page.context.close()


def test_set_up_started_and_withdrawn(page: Page, browser: Browser, site: Site, shop: str) -> None:
    page.set_default_timeout(15_000)
    shown = Shown(site, shop, "Placements by hand")
    shown.template("<h2>Hello {{ profile.first_name | default('you') }}</h2>")
    page.evaluate("id => localStorage.setItem('fidelia.database', String(id))", shown.database)
    page.goto(f"{site.url}/mailings/slots")
    expect(page.get_by_text("Show people what is meant for them")).to_be_visible()
    page.get_by_role("button", name="New slot").first.click()
    page.get_by_role("textbox", name="Name", exact=True).fill("Hero")
    expect(page.get_by_role("textbox", name="Key")).to_have_value("hero")
    page.get_by_role("textbox", name="Width in pixels").fill("640")
    looked_at(page)
    page.get_by_role("button", name="Make slot").click()
    expect(page.get_by_text('<div data-fidelia-slot="hero"></div>')).to_be_visible()
    page.get_by_role("button", name="Replace the secret").click()
    expect(page.get_by_text("Copy it now: it is not shown again")).to_be_visible()
    looked_at(page)

    page.goto(f"{site.url}/mailings/new?type=placement")
    page.get_by_role("textbox", name="Name", exact=True).fill("Spring offer")
    page.get_by_role("combobox", name="Content").click()
    page.get_by_role("option", name="Offer", exact=True).click()
    page.get_by_role("button", name="Make mailing").click()
    page.wait_for_url(re.compile(r"/mailings/\d+$"))
    mailing = int(page.url.rsplit("/", 1)[1])
    expect(page.get_by_text("Choose the slot that it is shown in")).to_be_visible()
    page.get_by_role("combobox", name="Slot").click()
    page.get_by_role("option", name="Hero", exact=True).click()
    page.get_by_role("textbox", name="Times one person sees it, at most").fill("3")
    page.get_by_role("checkbox", name="With a button to close it").check()
    expect(page.get_by_text("Each person sees it 3 times at most, until they close it.")).to_be_visible()
    page.get_by_role("button", name="Save mailing").click()
    expect(page.get_by_text("Mailing saved")).to_be_visible()
    expect(page.get_by_text("In Hero, 640 pixels wide")).to_be_visible()
    expect(page.frame_locator('iframe[title="Preview"]').get_by_text("Hello Ann")).to_be_visible()
    looked_at(page)
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_role("tab", name="Report", selected=True)).to_be_visible()
    wait_until(lambda: shown.report(mailing)["placement"]["live"])

    visitor = visitor_of(browser)
    visitor.goto(shown.host)
    expect(visitor.frame_locator("iframe").get_by_text("Hello Ann")).to_be_visible()
    wait_until(lambda: shown.report(mailing)["sent"] == 1)
    expect(page.get_by_text("1 saw it")).to_be_visible()
    looked_at(page)
    page.get_by_role("button", name="Withdraw now…").click()
    expect(page.get_by_text("From this moment on nobody is shown it. 1 person has seen it")).to_be_visible()
    page.get_by_role("button", name="Withdraw now", exact=True).click()
    expect(page.get_by_text("Stopped").first).to_be_visible()
    visitor.reload()
    visitor.wait_for_function("typeof window.fidelia.slots === 'function'")
    visitor.wait_for_load_state("networkidle")
    expect(visitor.get_by_text("Our own words")).to_be_visible()
    visitor.context.close()
    page.get_by_role("tab", name="People").click()
    expect(page.get_by_role("cell", name="Saw it")).to_be_visible()
    looked_at(page)
