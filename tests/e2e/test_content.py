"""What goes into a template, in the browser: a fragment, a part for a segment, a feed, a file; and the mails."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from tests.up import wait_until

from .conftest import SERVICES, Site, new_context, serious_findings, sign_in

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("browser")]
BODY = '<p>Hello</p>\n<p><a href="{{ links.unsubscribe }}">Stop</a></p>\n'
PDF: FilePayload = {"name": "Prisliste høst.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7\n" + b"x" * 5000}
TOOL: FilePayload = {"name": "invoice.pdf", "mimeType": "application/pdf", "buffer": b"MZ\x90\x00"}


class _Weather(BaseHTTPRequestHandler):
    """Says how cold it is."""

    def do_GET(self) -> None:
        body = json.dumps({"city": [{"name": "Oslo", "temp": -7}], "source": None}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing of what was asked."""


@pytest.fixture(scope="module")
def weather() -> Iterator[str]:
    """The address of a service on an address of this machine that is opened below."""
    server = ThreadingHTTPServer((SERVICES, 0), _Weather)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://{SERVICES}:{server.server_port}/weather.json"
    server.shutdown()
    server.server_close()


def _people_segment_template(site: Site) -> tuple[int, int]:
    """Two people, one of them in a segment, and a draft; return the database and the template."""
    with site.api() as api:

        def made(path: str, body: object) -> int:
            return int(api.post(path, json=body).raise_for_status().json()["id"])

        database = made("/databases", {"name": "Content"})
        people = [{"email": f"p{n}@content.example", "status": "subscribed"} for n in (1, 2)]
        body = {"matching": "email", "mode": "upsert", "items": people}
        api.post(f"/databases/{database}/profiles/upsert", json=body).raise_for_status()
        gold = made("/segments", {"database_id": database, "name": "Gold members", "type": "static"})
        api.post(f"/segments/{gold}/members/add", json={"profile_ids": [1]}).raise_for_status()
        letter = {"name": "Letter", "format": "html", "subject": "News", "body": BODY, "database_id": database}
        return database, made("/templates", letter)


def _insert(page: Page, group: str, option: str) -> None:
    """Put something where the cursor stands: at the end of the body."""
    body = page.get_by_role("textbox", name="Body")
    body.click()
    body.press("Control+End")
    page.get_by_role("combobox", name="Insert").click()
    expect(page.get_by_role("listbox", name="Insert").get_by_text(group, exact=True)).to_be_visible()
    page.get_by_role("option", name=option, exact=True).click()


def test_from_parts_to_a_mail(browser: Browser, site: Site, weather: str) -> None:
    database, template = _people_segment_template(site)
    with new_context(browser) as context:
        page = context.new_page()
        page.set_default_timeout(20_000)
        sign_in(page, site)
        page.evaluate("id => localStorage.setItem('fidelia.database', String(id))", database)

        page.goto(f"{site.url}/templates/fragments")
        page.get_by_role("button", name="New fragment").first.click()
        drawer = page.get_by_role("dialog")
        drawer.get_by_label("Name", exact=True).fill("Legal text")
        expect(drawer.get_by_label("Key", exact=True)).to_have_value("legal-text")
        drawer.get_by_role("radio", name="Plain text").check()
        assert serious_findings(page) == []
        drawer.get_by_role("button", name="Make fragment").click()
        page.wait_for_url(re.compile(r"/templates/fragments/\d+$"))
        fragment = page.url
        page.get_by_role("textbox", name="Body").fill("Prices with {{ vat }} % VAT")
        page.get_by_role("button", name="Save version 2").click()
        expect(page.get_by_text("Version 2", exact=True)).to_be_visible()
        expect(page.get_by_text("Line 1: vat is unknown")).to_be_visible()
        page.get_by_role("textbox", name="Body").fill("Prices with 25 % VAT")
        page.get_by_role("button", name="Save version 3").click()
        expect(page.get_by_text("Version 3", exact=True)).to_be_visible()
        assert serious_findings(page) == []

        page.goto(f"{site.url}/templates/feeds")
        page.get_by_role("button", name="New feed").first.click()
        drawer = page.get_by_role("dialog")
        drawer.get_by_label("Name", exact=True).fill("Weather")
        address = drawer.get_by_role("textbox", name="Address")
        address.fill("http://127.0.0.1:1/")
        drawer.get_by_role("button", name="Make feed").click()
        expect(drawer.get_by_text(re.compile("loopback")).first).to_be_visible()
        address.fill(weather)
        drawer.get_by_role("button", name="Make feed").click()
        page.wait_for_url(re.compile(r"/templates/feeds/\d+$"))
        page.get_by_role("button", name="Fetch now").click()
        page.get_by_role("button", name="Open 0").click()
        expect(page.get_by_text("-7", exact=True)).to_be_visible()
        assert serious_findings(page) == []

        page.goto(f"{site.url}/templates/{template}")
        _insert(page, "Fragments", "Legal text (Plain text)")
        _insert(page, "Only for members of", "Gold members")
        page.get_by_role("textbox", name="Body").press("ArrowUp")
        page.keyboard.type("Thank you for your loyalty")
        _insert(page, "Feeds", "Weather")
        drawer = page.get_by_role("dialog")
        drawer.get_by_role("button", name="Open 0").click()
        assert serious_findings(page) == []
        drawer.get_by_role("button", name="Insert feeds.weather.city[0].temp").click()
        shown = page.frame_locator("iframe[title=Preview]")
        expect(shown.get_by_text("Prices with 25 % VAT")).to_be_visible()
        expect(shown.get_by_text("-7")).to_be_visible()
        expect(shown.get_by_text("Thank you for your loyalty")).to_be_visible()
        page.get_by_role("button", name="Next person").click()
        expect(shown.get_by_text("Thank you for your loyalty")).to_have_count(0)

        page.locator("input[type=file]").set_input_files(TOOL)
        expect(page.get_by_role("alert").filter(has_text="a program")).to_be_visible()
        page.locator("input[type=file]").set_input_files(PDF)
        expect(page.get_by_role("link", name="Prisliste høst.pdf")).to_be_visible()
        expect(page.locator("#content").get_by_text(re.compile("^Draft saved"))).to_be_visible()
        assert serious_findings(page) == []
        page.get_by_role("button", name="Publish version 1").click()
        expect(page.get_by_text("Version 1 is published")).to_be_visible()

        page.goto(fragment)
        page.get_by_role("textbox", name="Body").fill("Prices with 12 % VAT")
        page.get_by_role("button", name="Save version 4").click()
        expect(page.get_by_role("button", name="Send 1 template with version 4")).to_be_visible()
        page.goto(f"{site.url}/templates/{template}")
        expect(page.get_by_text("A fragment was changed since")).to_be_visible()
        page.get_by_role("button", name="Send it with the newest").click()
        expect(page.get_by_text("Version 2 is sent from now on")).to_be_visible()
        expect(page.get_by_text("A fragment was changed since")).to_have_count(0)

    texts = _sent(site, database, template)
    assert all("Prices with 12 % VAT" in text and "-7" in text for text in texts.values())
    assert "loyalty" in texts["p1@content.example"]
    assert "loyalty" not in texts["p2@content.example"]


def _sent(site: Site, database: int, template: int) -> dict[str, str]:
    """Send the template to everybody and return the texts that arrived, by address."""
    with site.api() as api:
        body = {"name": "News", "database_id": database, "template_id": template, "from_email": "shop@content.example"}
        mailing = api.post("/mailings", json=body).raise_for_status().json()["id"]
        api.post(f"/mailings/{mailing}/start", json={"undo_seconds": 0}).raise_for_status()
        wait_until(lambda: api.get(f"/mailings/{mailing}").json()["state"] == "done", 120)
        caught = api.get("/mailbox", params={"mailing": mailing}).raise_for_status().json()["items"]
        return {m["recipients"][0]: api.get(f"/mailbox/{m['id']}").json()["text"] for m in caught}
