"""A channel in the browser, built without code: from a preset to a broadcast with sent and failed messages."""

from __future__ import annotations

import itertools
import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.up import wait_until

from .conftest import SERVICES, Site, new_context, serious_findings, sign_in

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("browser")]
TOKEN = "123456:good-token"
BLOCKED = 1000003


class _Bot(BaseHTTPRequestHandler):
    """Answers as the Bot API does; one person has blocked the bot."""

    protocol_version = "HTTP/1.1"
    got: list[dict[str, Any]] = []
    numbers = itertools.count(1)

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path != f"/bot{TOKEN}/sendMessage":
            self._answer(401, {"ok": False, "error_code": 401, "description": "Unauthorized"})
        elif asked["chat_id"] == str(BLOCKED):
            described = "Forbidden: bot was blocked by the user"
            self._answer(403, {"ok": False, "error_code": 403, "description": described})
        else:
            self.got.append(asked)
            chat = {"id": int(asked["chat_id"]), "type": "private"}
            self._answer(200, {"ok": True, "result": {"message_id": next(self.numbers), "chat": chat}})

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        raw = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing of what was asked."""


@pytest.fixture(scope="module")
def bot() -> Iterator[str]:
    """A Bot-API-shaped server on an address of this machine that is opened below."""
    server = ThreadingHTTPServer((SERVICES, 0), _Bot)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://{SERVICES}:{server.server_port}"
    server.shutdown()
    server.server_close()


def made(api: httpx.Client, path: str, body: dict[str, Any]) -> dict[str, Any]:
    reply = api.post(path, json=body)
    assert reply.is_success, f"{path}: {reply.text}"
    return dict(reply.json())


def choose(page: Page, label: str, option: str) -> None:
    page.get_by_role("combobox", name=label).click()
    page.get_by_role("option", name=option, exact=True).click()


def build(page: Page, site: Site, bot: str) -> int:
    """Make the channel from its preset and fill in what it needs; return its id."""
    page.goto(f"{site.url}/settings/channels")
    expect(page.get_by_text("Reach people where they read")).to_be_visible()
    page.get_by_role("button", name="New channel").first.click()
    drawer = page.get_by_role("dialog")
    drawer.get_by_role("radio", name=re.compile("^Telegram bot")).click()
    drawer.get_by_label("Name", exact=True).fill("Bot of the shop")
    drawer.get_by_role("button", name="Make channel").click()
    expect(drawer.get_by_text(re.compile(r"/api/v1/channels/telegram/inbound/\S{20,}"))).to_be_visible()
    assert serious_findings(page) == []
    drawer.get_by_role("button", name="Set up Bot of the shop").click()
    expect(page.get_by_role("heading", name="Bot of the shop")).to_be_visible()
    expect(page.get_by_text("Nothing can be sent yet")).to_be_visible()

    page.get_by_role("textbox", name="Token of the bot").fill(TOKEN)
    page.get_by_role("textbox", name="Address of the Bot API").fill(bot)
    page.get_by_label("Send unencrypted").check()
    preview = page.get_by_role("complementary", name="Preview")
    expect(preview.get_by_text(f"POST {bot}/bot•••••/sendMessage")).to_be_visible()
    expect(preview.get_by_label("Body of the request")).to_contain_text('"chat_id": "123456789"')
    preview.get_by_label("Status of the answer").fill("403")
    preview.get_by_label("Body of the answer").fill('{"ok": false, "description": "bot was blocked by the user"}')
    expect(preview.get_by_text("Their subscription on this channel would end")).to_be_visible()
    assert serious_findings(page) == []
    page.get_by_role("button", name="Save channel").click()
    expect(page.get_by_text("Bot of the shop saved")).to_be_visible()
    expect(page.get_by_role("textbox", name="Token of the bot")).to_have_value("")
    return int(page.url.rpartition("/")[2].partition("?")[0])


def try_out(page: Page) -> None:
    """Send one message to somebody who takes it, and one to somebody who does not."""
    page.get_by_role("button", name="Try it").click()
    drawer = page.get_by_role("dialog")
    drawer.get_by_role("textbox", name="Chat id").fill("1000001")
    drawer.get_by_role("textbox", name="Text", exact=True).fill("Are you there?")
    drawer.get_by_role("button", name="Send one message").click()
    verdict = drawer.get_by_role("region", name="Verdict")
    expect(verdict.get_by_text("The provider has taken the message")).to_be_visible()
    assert [(asked["chat_id"], asked["text"]) for asked in _Bot.got] == [("1000001", "Are you there?")]
    assert TOKEN not in drawer.inner_text()
    assert serious_findings(page) == []
    drawer.get_by_role("textbox", name="Chat id").fill(str(BLOCKED))
    drawer.get_by_role("button", name="Send one message").click()
    expect(verdict.get_by_text("Forbidden: bot was blocked by the user")).to_be_visible()
    drawer.get_by_role("button", name="Close").click()


def people(site: Site) -> tuple[int, int]:
    """A database of three people with a chat each; return it and the resource they subscribed to."""
    with site.api() as api:
        database = made(api, "/databases", {"name": "Chats"})["id"]
        items = [{"email": f"p{n}@chat.example", "first_name": f"Tove {n}"} for n in range(1, 4)]
        answer = made(api, f"/databases/{database}/profiles/upsert", {"matching": "email", "items": items})
        resource = made(api, "/resources", {"name": "Shop news", "channels": ["email", "telegram"]})["id"]
        for n, item in enumerate(answer["items"], start=1):
            about = {"database_id": database, "resource_id": resource, "channel": "telegram"}
            made(api, "/subscriptions", about | {"profile_id": item["profile_id"], "contact": str(1_000_000 + n)})
    return int(database), int(resource)


def write(page: Page, site: Site) -> None:
    """Write a template for the channel, and publish it."""
    page.goto(f"{site.url}/templates")
    page.get_by_role("button", name="New template").first.click()
    drawer = page.get_by_role("dialog")
    drawer.get_by_label("Name", exact=True).fill("Hello from the bot")
    drawer.get_by_role("radio", name=re.compile("^Bot of the shop")).click()
    drawer.get_by_role("button", name="Make template").click()
    expect(page.get_by_role("heading", name="Hello from the bot")).to_be_visible()
    text = page.get_by_role("textbox", name="Text", exact=True)
    text.fill("Hello ")
    page.get_by_role("button", name="Insert a value into Text").click()
    page.get_by_role("menuitem", name=re.compile("^First name")).click()
    expect(text).to_have_value('Hello {{ profile.first_name | default("") }}')
    bubble = page.get_by_role("group", name="Preview")
    expect(bubble).to_contain_text(re.compile("Hello Tove [123]"))
    page.get_by_role("textbox", name="Words on the button").fill("x" * 65)
    expect(page.get_by_text("This is longer than the channel allows")).to_be_visible()
    page.get_by_role("textbox", name="Words on the button").fill("See it")
    page.get_by_role("textbox", name="Address of the button").fill("https://shop.example/new")
    expect(bubble).to_contain_text("See it")
    template = page.url.rpartition("/")[2].partition("?")[0]
    with site.api() as api:
        wait_until(lambda: api.get(f"/templates/{template}").json()["fields"].get("button_url"))
    assert serious_findings(page) == []
    page.get_by_role("button", name="Publish version 1").click()
    expect(page.get_by_text("Version 1 is published")).to_be_visible()


def test_from_a_preset_to_a_broadcast(browser: Browser, site: Site, bot: str) -> None:
    with new_context(browser) as context:
        page = context.new_page()
        sign_in(page, site)
        channel = build(page, site, bot)
        try_out(page)
        database, resource = people(site)
        page.evaluate("id => localStorage.setItem('fidelia.database', String(id))", database)
        write(page, site)

        page.goto(f"{site.url}/mailings/new")
        page.get_by_label("Name", exact=True).fill("News by bot")
        choose(page, "Channel", "Bot of the shop")
        choose(page, "Message", "Hello from the bot")
        page.get_by_role("button", name="Make mailing").click()
        expect(page.get_by_role("heading", name="News by bot")).to_be_visible()
        expect(page.get_by_label("From, address")).to_have_count(0)
        choose(page, "Resource", "Shop news")
        page.get_by_role("button", name="Save mailing").click()
        expect(page.get_by_role("button", name="Send to 3 people")).to_be_visible()
        assert serious_findings(page) == []
        mailing = int(page.url.rpartition("/")[2].partition("?")[0])
        with site.api() as api:
            api.patch(f"/mailings/{mailing}", json={"undo_seconds": 0}).raise_for_status()
            page.get_by_role("button", name="Send to 3 people").click()
            wait_until(lambda: api.get(f"/mailings/{mailing}").json()["state"] == "done", 90)
            report = api.get(f"/mailings/{mailing}/report").json()
            assert (report["sent"], report["failed"], report["audience"]) == (2, 1, 3), report
            said = api.get("/subscriptions", params={"database": database, "resource": resource}).json()["items"]
        assert {s["contact"]: s["status"] for s in said if s["channel"] == "telegram"}[str(BLOCKED)] != "subscribed"
        sent = {asked["chat_id"]: asked for asked in _Bot.got[1:]}
        assert sorted(sent) == ["1000001", "1000002"]
        assert sent["1000002"]["text"] == "Hello Tove 2"
        assert sent["1000002"]["reply_markup"]["inline_keyboard"][0][0]["text"] == "See it"

        expect(page.get_by_role("main").get_by_text("Done", exact=True).first).to_be_visible()
        expect(page.get_by_text("Forbidden: bot was blocked by the user").first).to_be_visible()
        assert serious_findings(page) == []
        page.get_by_role("main").get_by_role("link", name="1 failed").click()
        page.wait_for_url(re.compile("tab=people"))
        expect(page.get_by_text("Tove 3").first).to_be_visible()
        page.goto(f"{site.url}/settings/channels/{channel}")
        used = page.get_by_role("region", name="Used by")
        for name in ("Hello from the bot", "News by bot", "Shop news"):
            expect(used.get_by_role("link", name=name)).to_be_visible()
