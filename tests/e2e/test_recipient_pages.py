"""What recipients see, in a real browser with scripts switched off, from the mail to the last button."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.up import wait_until

from .conftest import Site, new_context, serious_findings

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("browser")]


def confirmation(api: httpx.Client, address: str) -> str:
    """Wait for the mail that asks an address to confirm, and return its link."""
    found: list[dict[str, Any]] = []

    def came() -> bool:
        found[:] = [m for m in api.get("/mailbox").json()["items"] if address in m["recipients"]]
        return bool(found)

    wait_until(came, 60)
    link = re.search(r"http://[^\s\"'<>)\\]+/t/y/[\w-]+", api.get(f"/mailbox/{found[0]['id']}").text)
    assert link is not None
    return link[0]


def look(browser: Browser, addresses: list[str]) -> None:
    """Have axe look at the pages in every size and scheme; none may scroll sideways."""
    for width in (1280, 360):
        for scheme in ("light", "dark"):
            context = new_context(browser, width=width, scheme=scheme)
            page = context.new_page()
            for address in addresses:
                page.goto(address)
                assert serious_findings(page) == [], (address, width, scheme)
                assert not page.evaluate("document.documentElement.scrollWidth > innerWidth + 1")
            context.close()


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).click()


def test_confirm_pause_change_and_leave_without_scripts(browser: Browser, site: Site) -> None:
    with site.api() as api:
        database = api.post("/databases", json={"name": "Recipients"}).raise_for_status().json()["id"]
        person = {"email": "lovelace@letters.example", "first_name": "Ada", "last_name": "Lovelace"}
        upsert = {"matching": "email", "mode": "upsert", "items": [person]}
        api.post(f"/databases/{database}/profiles/upsert", json=upsert).raise_for_status()
        news = api.post("/resources", json={"name": "Letters"}).raise_for_status().json()["id"]
        api.patch(f"/resources/{news}/double-opt-in", json={"enabled": True}).raise_for_status()
        wish = {"database_id": database, "profile_id": 1, "resource_id": news, "status": "unconfirmed"}
        number = api.post("/subscriptions", json=wish).raise_for_status().json()["id"]

        def subscription() -> dict[str, Any]:
            return dict(api.get(f"/subscriptions/{number}").json())

        link = confirmation(api, "lovelace@letters.example")
        context = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 740})
        page = context.new_page()
        page.goto(link)
        assert subscription()["status"] == "unconfirmed"
        press(page, "Confirm my subscription")
        expect(page.get_by_role("status")).to_contain_text("You are subscribed to Letters")
        assert subscription()["opt_in"]["source"] == "double opt-in"

        page.get_by_role("link", name="See your preferences").click()
        own = page.url
        page.get_by_label("Pause Letters for").select_option("60")
        press(page, "Pause")
        expect(page.get_by_role("status")).to_contain_text("Letters is paused until")
        assert subscription()["paused_until"]
        press(page, "Resume now")
        assert subscription()["paused_until"] is None
        page.get_by_label("First name").fill("Augusta")
        press(page, "Save details")
        expect(page.get_by_role("status")).to_contain_text("saved")
        assert api.get(f"/databases/{database}/profiles/1").json()["first_name"] == "Augusta"
        press(page, "Unsubscribe from everything")
        assert subscription()["status"] == "subscribed"
        press(page, "Unsubscribe from everything")
        expect(page.get_by_role("status")).to_contain_text("unsubscribed from everything")
        assert subscription()["status"] == "unsubscribed"
        press(page, "Subscribe")
        expect(page.get_by_role("status")).to_contain_text("Please confirm")
        context.close()
        sample = api.get(f"/databases/{database}/preference-center/preview").json()["url"]
        look(browser, [own, link, sample, f"{site.url}/t/p/no-such-link"])
