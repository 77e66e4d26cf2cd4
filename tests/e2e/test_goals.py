"""Goals from a real page: a mail's link leads to a shop whose script tells what its visitor did."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.up import wait_until

from .conftest import Site, new_context

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("browser")]

_PAGE = """<!doctype html><html><head><title>Shop</title><script>
window.fidelia = window.fidelia || {{ q: [], goal: function () {{ this.q.push(['goal', arguments]); }} }};
fidelia.goal('early', 2);
</script><script async src="{script}"></script></head>
<body><h1>Shop</h1><button id="buy">Buy</button><div style="height: 4000px"></div></body></html>"""


class _Shop(BaseHTTPRequestHandler):
    """Every address is a page with the script."""

    script = ""

    def do_GET(self) -> None:
        body = _PAGE.format(script=self.script).encode()
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


def mail_to(site: Site, shop: str) -> tuple[int, int, str]:
    """Send a mail with a link to the shop; return the database, the mailing, and the address of the click."""
    with site.api() as api:

        def made(path: str, body: Any) -> Any:
            return api.post(path, json=body).raise_for_status().json()

        database = made("/databases", {"name": f"Goals {shop}"})["id"]
        person = {"email": "ann@example.com", "first_name": "Ann"}
        made(f"/databases/{database}/profiles", {**person, "status": "subscribed"})
        leave = '<a href="{{ links.unsubscribe }}">Stop</a>'
        body = f'<p>Hi</p><p><a href="http://{shop}/landing?x=1">Shop</a> {leave}</p>'
        draft = {"name": f"T {shop}", "subject": "Hi", "body": body, "format": "html", "database_id": database}
        template = made("/templates", draft)["id"]
        made(f"/templates/{template}/publish", {})
        plan = {"name": "Shop", "database_id": database, "template_id": template, "from_email": "shop@example.org"}
        mailing = made("/mailings", {**plan, "undo_seconds": 0})["id"]
        made(f"/mailings/{mailing}/start", {})

        def mails() -> Any:
            return api.get("/mailbox", params={"mailing": mailing}).raise_for_status().json()["items"]

        wait_until(lambda: bool(mails()))
        mail = api.get(f"/mailbox/{mails()[0]['id']}").raise_for_status().json()
        found = re.search(r'href="([^"]*/t/c/[^"]+)"', mail["html"])
        assert found
        return database, mailing, found[1].replace("&amp;", "&")


def test_what_a_visitor_does_on_a_page_lands_on_the_mailing(browser: Browser, site: Site, shop: str) -> None:
    database, mailing, click = mail_to(site, shop)
    with site.api() as api:
        goals: list[dict[str, Any]] = [
            {"key": "early", "default_value": "1", "currency": "EUR"},
            {"key": "landed", "conditions": [{"when": "address", "contains": "/LANDING"}]},
            {"key": "stayed", "conditions": [{"when": "seconds", "seconds": 1, "contains": "/landing"}]},
            {"key": "scrolled", "conditions": [{"when": "scroll", "percent": 90}]},
            {"key": "bought", "default_value": "30", "currency": "EUR",
             "conditions": [{"when": "click", "selector": "#buy"}]},
            {"key": "never", "conditions": [{"when": "address", "contains": "/elsewhere"}]},
        ]  # fmt: skip
        for goal in goals:
            body = {"database_id": database, "name": goal["key"], **goal}
            api.post("/goals", json=body).raise_for_status()
        key = {"database_id": database, "name": "shop", "kind": "browser", "domains": [shop]}
        secret = api.post("/write-keys", json=key).raise_for_status().json()["key"]
    _Shop.script = f"{site.url}/s/{secret}.js"

    quiet = new_context(browser)
    quiet.add_init_script("Object.defineProperty(navigator, 'globalPrivacyControl', { value: true })")
    told: list[str] = []
    asked_not = quiet.new_page()
    asked_not.on("request", lambda request: told.append(request.url) if "/events" in request.url else None)
    asked_not.goto(f"http://{shop}/landing")
    asked_not.wait_for_function("typeof window.fidelia.optOut === 'function'")
    asked_not.click("#buy")
    assert asked_not.evaluate("Object.keys(localStorage).length") == 0
    quiet.close()
    assert told == []

    context = new_context(browser)
    faults: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(click)
    page.wait_for_url(f"http://{shop}/landing?x=1")  # the token has left the address
    page.click("#buy")
    page.click("#buy")
    page.mouse.wheel(0, 9000)
    page.wait_for_timeout(1500)
    page.goto(f"http://{shop}/later")  # the message is remembered, the goals are armed anew
    page.wait_for_function("typeof window.fidelia.message === 'function' && window.fidelia.message() !== ''")
    page.evaluate("window.fidelia.goal('unknown goal')")
    page.click("#buy")
    page.wait_for_timeout(500)
    assert context.cookies() == []
    context.close()
    assert faults == []

    with site.api() as api:

        def counted() -> dict[str, int]:
            found = api.get(f"/mailings/{mailing}/conversions").raise_for_status().json()
            return {goal["goal"]: goal["figures"]["count"] for goal in found["goals"]}

        expected = {"early": 2, "landed": 1, "stayed": 1, "scrolled": 1, "bought": 2}
        wait_until(lambda: counted() == expected, 60)
        found = api.get(f"/mailings/{mailing}/conversions").json()
        assert found["total"]["people"] == 1
        assert found["total"]["revenue"] == [{"currency": "EUR", "amount": "64.00"}]
        assert [one["by"] for one in found["by"]] == ["token"]
