"""A scheduled import in the browser, from the address of a file to the people of its first run."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Browser, expect

from .conftest import SERVICES, Site, new_context, serious_findings, sign_in

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("browser")]
#: A title stands above the header, the letters are of Windows, the amounts have a comma.
FILE = "Customers of the shop\r\nE-mail;First name;Spent\r\nbjorg@x.example;Bjørg;12,5\r\nada@x.example;Ada;7\r\n"


class _Shop(BaseHTTPRequestHandler):
    """Gives everybody the file."""

    def do_GET(self) -> None:
        body = FILE.encode("cp1252")
        self.send_response(200)
        self.send_header("Content-Type", "text/csv")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing of what was asked."""


@pytest.fixture(scope="module")
def shop() -> Iterator[str]:
    """The address of a file on an address of this machine that is opened below."""
    server = ThreadingHTTPServer((SERVICES, 0), _Shop)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://{SERVICES}:{server.server_port}/customers.csv"
    server.shutdown()
    server.server_close()


def test_from_the_address_to_the_first_run(browser: Browser, site: Site, shop: str) -> None:
    with site.api() as api:
        fields = [{"name": "spent", "type": "float", "label": "Spent"}]
        database = api.post("/databases", json={"name": "Fetched", "fields": fields}).raise_for_status().json()["id"]
    context = new_context(browser)
    page = context.new_page()
    sign_in(page, site)
    page.goto(f"{site.url}/databases/{database}/import-schedules/new")
    page.get_by_label("Name", exact=True).fill("Customers every night")
    page.get_by_label("Address of the file").fill(shop)
    page.get_by_role("button", name="Test the source").click()
    expect(page.get_by_role("button", name="Test again")).to_be_visible()

    page.get_by_role("checkbox", name="Always in the same way").check()
    for label, option in (("Columns are separated by", "Semicolon"), ("Encoding", "Western Europe (Windows-1252)")):
        page.get_by_role("combobox", name=label).click()
        page.get_by_role("option", name=option).first.click()
    page.get_by_label("Lines above to leave out").fill("1")
    page.get_by_role("button", name="Test again").click()
    expect(page.get_by_role("cell", name="Bjørg").first).to_be_visible()
    expect(page.get_by_role("combobox", name="Field for E-mail")).to_have_value("E-mail")
    expect(page.get_by_role("combobox", name="Field for Spent")).to_have_value("Spent")
    expect(page.get_by_role("combobox", name="Numbers in Spent are written like")).to_have_value(
        "1234,5 (decimal comma)"
    )
    assert serious_findings(page) == []
    page.get_by_role("button", name="Create scheduled import").first.click()
    expect(page.get_by_role("button", name="Run now")).to_be_visible()
    how = "CSV · CP1252 · separated by semicolons · with a header · 1 line left out above"
    expect(page.get_by_text(how)).to_be_visible()

    page.get_by_role("button", name="Run now").click()
    expect(page.get_by_text("Done").first).to_be_visible()
    assert serious_findings(page) == []
    context.close()
    with site.api() as api:
        found = api.get(f"/databases/{database}/profiles", params={"sort": "id"}).raise_for_status().json()["items"]
    assert [(p["email"], p["first_name"], p["spent"]) for p in found] == [
        ("bjorg@x.example", "Bjørg", 12.5),
        ("ada@x.example", "Ada", 7.0),
    ]
