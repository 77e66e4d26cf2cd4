"""Mail servers and virtual senders in the browser: made, tested, and seen in where mails went."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.messages.sink import Sink
from tests.up import open_folder

from .conftest import Site, new_context, open_site, serious_findings, sign_in

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("browser")]
BODY = "<p>Hello</p><p><a href='{{ links.unsubscribe }}'>Leave</a></p>"


@pytest.fixture(scope="module")
def sinks() -> Iterator[tuple[Sink, Sink]]:
    """Two mail servers on a loop of their own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    both = (Sink(accounts={"shop": "right"}), Sink())
    for sink in both:
        asyncio.run_coroutine_threadsafe(sink.start(), loop).result(10)
    yield both
    for sink in both:
        asyncio.run_coroutine_threadsafe(sink.stop(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@pytest.fixture(scope="module")
def opened() -> Iterator[Site]:
    """An installation whose operator lets mail servers stand on this machine."""
    with open_folder("fidelia-senders-") as folder:
        config = folder / "fidelia.toml"
        config.write_text('[security]\nallow_networks = "127.0.0.1/32"\n')
        with open_site(folder, "--config", str(config)) as site:
            yield site


@pytest.fixture(scope="module")
def mailing(opened: Site) -> int:
    """A mailing to 60 people, every third of them at gmail.com."""
    with opened.api() as api:
        database = api.post("/databases", json={"name": "Shop"}).raise_for_status().json()["id"]
        people = [{"email": f"p{n}@{'gmail.com' if n % 3 == 0 else 'example.com'}"} for n in range(60)]
        api.post(f"/databases/{database}/profiles/upsert", json={"matching": "email", "items": people})
        body = {"name": "News", "format": "html", "subject": "Hello", "body": BODY, "database_id": database}
        template = api.post("/templates", json=body).raise_for_status().json()["id"]
        api.post(f"/templates/{template}/publish").raise_for_status()
        body = {"name": "Shared out", "database_id": database, "template_id": template, "undo_seconds": 0}
        return int(
            api.post("/mailings", json=body | {"from_email": "shop@example.org"}).raise_for_status().json()["id"]
        )


def add_server(page: Page, name: str, port: int, user: str = "", password: str = "") -> None:
    page.get_by_role("button", name="New mail server").first.click()
    drawer = page.get_by_role("dialog")
    drawer.get_by_label("Name", exact=True).fill(name)
    drawer.get_by_label("Server", exact=True).fill("127.0.0.1")
    drawer.get_by_label("Port", exact=True).fill(str(port))
    drawer.get_by_role("combobox", name="Encryption").click()
    page.get_by_role("option", name="None: anybody on the way can read along").click()
    if user:
        drawer.get_by_label("User", exact=True).fill(user)
        drawer.get_by_label("Password", exact=True).fill(password)
    drawer.get_by_role("button", name="Make server").click()
    expect(drawer.get_by_role("button", name="Test connection")).to_be_visible()


def test_from_two_servers_to_where_mails_went(
    browser: Browser, opened: Site, sinks: tuple[Sink, Sink], mailing: int
) -> None:
    one, two = sinks
    with new_context(browser) as context:
        page = context.new_page()
        sign_in(page, opened)
        page.goto(f"{opened.url}/settings/mail-servers")
        add_server(page, "MX one", one.port, "shop", "wrong")
        drawer = page.get_by_role("dialog")
        drawer.get_by_role("button", name="Test connection").click()
        expect(drawer.get_by_text("Sign-in: 535 no")).to_be_visible()
        drawer.get_by_role("button", name="Edit server").click()
        drawer.get_by_label("Password", exact=True).fill("right")
        drawer.get_by_role("button", name="Save server").click()
        drawer.get_by_role("button", name="Test connection").click()
        expect(drawer.get_by_text("The server takes mails")).to_be_visible()
        assert serious_findings(page) == []
        drawer.get_by_role("button", name="Close").click()
        add_server(page, "MX two", two.port)
        page.get_by_role("dialog").get_by_role("button", name="Close").click()

        page.goto(f"{opened.url}/settings/senders")
        page.get_by_role("button", name="New virtual sender").first.click()
        page.get_by_label("Name", exact=True).fill("By domain")
        page.get_by_role("button", name="Add rule").click()
        rule = page.get_by_role("group", name="Rule 1", exact=True)
        domains = rule.get_by_role("combobox", name="Domains of recipients")
        domains.fill("gmail.com")
        domains.press("Enter")
        choose(page, rule.get_by_role("combobox", name="Mail server"), "MX two")
        rest = page.get_by_role("group", name="Default rule")
        choose(page, rest.get_by_role("combobox", name="Mail server"), "MX one")
        rest.get_by_role("button", name="Share with another server").click()
        choose(page, rest.get_by_role("combobox", name="Mail server").nth(1), "MX two")
        rest.get_by_role("button", name="Share evenly").click()
        assert serious_findings(page) == []
        page.get_by_role("button", name="Make virtual sender").click()
        expect(page.get_by_role("heading", name="By domain", level=1)).to_be_visible()

        page.goto(f"{opened.url}/mailings/{mailing}")
        choose(page, page.get_by_role("combobox", name="Virtual sender"), "By domain")
        expect(page.get_by_text("to gmail.com: MX two; the rest: 50 % MX one, 50 % MX two")).to_be_visible()
        page.get_by_role("button", name="Save mailing").click()
        expect(page.get_by_text("Mailing saved")).to_be_visible()
        with opened.api() as api:
            api.post(f"/mailings/{mailing}/start", json={}).raise_for_status()
        page.goto(f"{opened.url}/mailings/{mailing}?tab=report")
        table = page.get_by_role("region", name="Sent by").last
        expect(table.get_by_role("row").filter(has_text="MX two")).to_be_visible()
        page.get_by_text("60", exact=True).first.wait_for()
        with opened.api() as api:
            report = api.get(f"/mailings/{mailing}/report").json()
        assert report["sent"] == 60
        assert {s["server"]: s["sent"] for s in report["senders"]} == {
            "MX one": len(one.accepted),
            "MX two": len(two.accepted),
        }
        assert not any(address.endswith("gmail.com") for address in one.accepted)
        assert len(one.accepted) >= 5
        table.get_by_role("row").filter(has_text="MX one").get_by_role("link").first.click()
        mine = page.get_by_role("row").filter(has_text="MX one, shop@example.org")
        expect(mine).to_have_count(len(one.accepted))
        expect(page.get_by_role("row").filter(has_text="MX two")).to_have_count(0)


def choose(page: Page, select: object, option: str) -> None:
    select.click()  # type: ignore[attr-defined]
    page.get_by_role("option", name=option, exact=True).click()
