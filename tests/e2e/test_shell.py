"""The frame of the application: sign-in, menu, unknown addresses, colour schemes, accessibility."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from .conftest import Site, new_context, serious_findings, sign_in

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("browser")]


def test_a_wrong_password_does_not_say_which_half_was_wrong(browser: Browser, site: Site) -> None:
    context = new_context(browser)
    page = context.new_page()
    page.goto(f"{site.url}/")
    page.get_by_label("E-mail").fill("admin@localhost")
    page.get_by_label("Password", exact=True).fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert").first).to_be_visible()
    assert "password" in page.get_by_role("alert").first.inner_text().lower()
    context.close()


def test_an_address_that_leads_nowhere_says_so(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/nowhere/at/all")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert serious_findings(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_home_is_accessible(browser: Browser, site: Site, width: int, scheme: str) -> None:
    context = new_context(browser, width=width, scheme=scheme)
    page = context.new_page()
    sign_in(page, site)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert serious_findings(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"
    context.close()
