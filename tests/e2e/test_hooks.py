"""A hook in the browser: made, tried, fed, watched; and a type of event that is deleted."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Browser, expect
from standardwebhooks import Webhook

from tests.up import wait_until

from .conftest import SERVICES, Site, new_context, serious_findings, sign_in

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("browser")]


class _Receiver(BaseHTTPRequestHandler):
    """Takes everything, and remembers it."""

    got: list[tuple[dict[str, str], bytes]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
        self.send_response(200)
        self.send_header("Content-Length", "6")
        self.end_headers()
        self.wfile.write(b"thanks")

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing of what was asked."""


@pytest.fixture(scope="module")
def receiver() -> Iterator[str]:
    """The address of a receiver on an address of this machine that is opened below."""
    server = ThreadingHTTPServer((SERVICES, 0), _Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://{SERVICES}:{server.server_port}/events"
    server.shutdown()
    server.server_close()


def test_from_a_new_hook_to_its_deliveries(browser: Browser, site: Site, receiver: str) -> None:
    with site.api() as api:
        database = api.post("/databases", json={"name": "Hooked"}).raise_for_status().json()["id"]
    with new_context(browser) as context:
        page = context.new_page()
        sign_in(page, site)
        page.goto(f"{site.url}/settings/hooks")
        page.get_by_role("button", name="New hook").first.click()
        drawer = page.get_by_role("dialog")
        drawer.get_by_label("Name", exact=True).fill("Warehouse")
        drawer.get_by_label("Address", exact=True).fill(receiver)
        drawer.get_by_label("Send unencrypted").check()
        drawer.get_by_role("button", name="Add header").click()
        drawer.get_by_role("textbox", name="Header").fill("X-Key")
        drawer.get_by_label("Value", exact=True).fill("s3cret")
        drawer.get_by_label("Wait for more, at most").fill("0")
        assert serious_findings(page) == []
        drawer.get_by_role("button", name="Make hook").click()
        secret = page.get_by_text("whsec_").inner_text().strip()
        page.get_by_role("button", name="I stored it").click()
        expect(page.get_by_role("heading", name="Warehouse")).to_be_visible()

        page.get_by_role("button", name="Send test event").click()
        expect(page.get_by_text("The receiver took the test event (200)")).to_be_visible()
        headers, body = _Receiver.got[0]
        told = Webhook(secret).verify(body, headers)
        assert (told["kind"], headers["x-key"]) == ("test", "s3cret")

        with site.api() as api:
            person = {"external_id": "a", "email": "ada@x.example"}
            api.post(
                f"/databases/{database}/profiles/upsert", json={"matching": "external_id", "items": [person]}
            ).raise_for_status()
            event = {"type": "custom.quiz", "match": {"email": "ada@x.example"}, "properties": {"score": 7}}
            api.post("/events", json={"database": database, "events": [event]}).raise_for_status()
        wait_until(lambda: any(b"custom.quiz" in got for _, got in _Receiver.got))
        quiz = next(
            event for _, got in _Receiver.got for event in json.loads(got)["events"] if event["type"] == "custom.quiz"
        )
        assert (quiz["profile"]["email"], quiz["properties"]) == ("ada@x.example", {"score": 7})
        page.reload()
        expect(page.get_by_text("Delivered", exact=True).first).to_be_visible()
        assert serious_findings(page) == []
        page.get_by_role("row").nth(1).click()
        drawer = page.get_by_role("dialog")
        expect(drawer.get_by_text("thanks")).to_be_visible()
        expect(drawer.get_by_text("custom.quiz").first).to_be_visible()
        assert serious_findings(page) == []


def test_an_event_type_is_defined_and_deleted(browser: Browser, site: Site) -> None:
    with site.api() as api:
        database = api.post("/databases", json={"name": "Games"}).raise_for_status().json()["id"]
    with new_context(browser) as context:
        page = context.new_page()
        sign_in(page, site)
        page.goto(f"{site.url}/databases/{database}/event-types")
        page.get_by_role("button", name="Define type").first.click()
        drawer = page.get_by_role("dialog")
        drawer.get_by_label("Name", exact=True).fill("played")
        drawer.get_by_label("What it means").fill("Somebody played a round")
        drawer.get_by_role("button", name="Add property").click()
        drawer.get_by_role("textbox", name="Property").fill("points")
        assert serious_findings(page) == []
        drawer.get_by_role("button", name="Define type").click()
        expect(drawer.get_by_role("button", name="Delete…")).to_be_visible()  # it is there, and no form any more
        expect(drawer.get_by_text("Somebody played a round")).to_be_visible()
        with site.api() as api:
            condition = {"kind": "occurred", "event": "custom.played"}
            body = {"database_id": database, "name": "Players", "type": "dynamic", "condition": condition}
            api.post("/segments", json=body).raise_for_status()
        page.reload()
        expect(drawer.get_by_text("segment Players")).to_be_visible()
        assert serious_findings(page) == []
        drawer.get_by_role("button", name="Delete…").click()
        expect(page.get_by_text("These hear nothing of it any more:")).to_be_visible()
        page.get_by_role("button", name="Delete event type").click()
        expect(drawer.get_by_role("button", name="Restore")).to_be_visible()
        with site.api() as api:
            found = api.get("/event-types", params={"database": database, "builtin": False}).json()["items"]
            assert found == []
            words = api.get("/vocabulary", params={"database": database}).json()
            assert "custom.played" not in json.dumps(words)
