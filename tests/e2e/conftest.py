"""A running platform and a real browser: `fidelia up` in a folder of its own, Chromium from the system."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.up import Up, open_folder, wait_until

if TYPE_CHECKING:
    from playwright._impl._api_structures import SetCookieParam  # the public module does not export it

ROOT = Path(__file__).parents[2]
SERVICES = "127.0.0.2"
FLAGS = [
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-color-profile=srgb",
    "--font-render-hinting=none",
    # Pages live for seconds: optimizing their code, and collecting what they will leave anyway, took a seventh of all.
    "--js-flags=--no-turbofan --no-maglev --min-semi-space-size=32",
]
_sessions: dict[str, list[SetCookieParam]] = {}
expect.set_options(timeout=45_000)  # a slow machine is no fault of the page
PASSWORD = re.compile(r"password (\S+)")


@dataclass
class Site:
    """A running installation: its address, an owner's token, and the first user's password."""

    url: str
    token: str
    password: str

    def api(self) -> httpx.Client:
        """Return a client with all rights."""
        return httpx.Client(
            base_url=f"{self.url}/api/v1", headers={"Authorization": f"Bearer {self.token}"}, timeout=60
        )

    def wait_for_job(self, job_id: str, seconds: float = 120) -> dict[str, Any]:
        """Follow a job to its end; fail when it fails."""
        deadline = time.monotonic() + seconds
        with self.api() as api:
            while time.monotonic() < deadline:
                job = dict(api.get(f"/jobs/{job_id}").raise_for_status().json())
                if job["state"] not in {"queued", "running"}:
                    assert job["state"] == "done", job
                    return job
                time.sleep(0.1)
        raise AssertionError(f"the job {job_id} did not end in {seconds} s")


def chromium() -> str | None:
    """Return where Chromium is: the shell without windows of its own where there is one, which starts pages sooner."""
    return shutil.which("chromium-headless-shell") or shutil.which("chromium")


@contextmanager
def open_site(folder: Path, *options: str) -> Iterator[Site]:
    """Start `fidelia up` on a folder, and stop it in the end."""
    token_file = folder / "token"
    up = Up(folder / "data", "--token-file", str(token_file), *options).ready()
    try:
        wait_until(lambda: PASSWORD.search(up.output()) or token_file.exists())
        password = PASSWORD.search(up.output())
        yield Site(up.run()["url"], token_file.read_text().strip(), password[1] if password else "")
    finally:
        up.end()


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    """An installation shared by the browser tests. Services of theirs may stand on one address of this machine."""
    with open_folder("fidelia-e2e-") as folder:
        config = folder / "fidelia.toml"
        config.write_text(f'[security]\nallow_networks = "{SERVICES}/32"\n')
        with open_site(folder, "--config", str(config)) as running:
            yield running


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for the run."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield started
        started.close()


def new_context(browser: Browser, *, width: int = 1280, scheme: str = "light", height: int = 900) -> BrowserContext:
    """Open a context as a person's browser would be: a size, a colour scheme, no animation, a language and a zone."""
    return browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
        locale="en-GB",
        timezone_id="Europe/Oslo",
        has_touch=width < 500,
    )


def sign_in(page: Page, site: Site) -> None:
    """Be signed in as the first user, and at home; the form is filled in once for each installation."""
    known = _sessions.get(site.url)
    if known is not None:
        page.context.add_cookies(known)
        if page.context.request.get(f"{site.url}/api/v1/auth/me").ok:
            page.goto(site.url)
            return
        page.context.clear_cookies()
    page.goto(f"{site.url}/sign-in")
    page.get_by_label("E-mail").fill("admin@localhost")
    page.get_by_label("Password", exact=True).fill(site.password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/sign-in" not in url)
    _sessions[site.url] = cast("list[SetCookieParam]", page.context.cookies())


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    """A page signed in as the first user; a test fails on what the browser's console calls an error."""
    context = new_context(browser)
    opened = context.new_page()
    faults: list[str] = []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    sign_in(opened, site)
    yield opened
    print(f"at the end: {opened.url}\n{opened.locator('body').inner_text()[:3000]}")  # shown when the test failed
    context.close()
    assert faults == []


def findings_now(page: Page) -> list[str]:
    """Run axe on the page as it stands; return what it calls serious or critical."""
    source = (ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js").read_text()
    page.evaluate(source)
    found = page.evaluate("async () => (await axe.run(document, {resultTypes: ['violations']})).violations")
    return [
        f"{v['id']}: {v['help']} ({', '.join(str(n['target'][0]) for n in v['nodes'][:3])})"
        for v in found
        if v["impact"] in {"serious", "critical"}
    ]


def serious_findings(page: Page, within: float = 10.0) -> list[str]:
    """Return what axe calls serious or critical once what loads, counts or fades has done so.

    Something that fades in or out is of low contrast while it does; it must be well within `within` seconds.
    """
    deadline = time.monotonic() + within
    while (found := findings_now(page)) and time.monotonic() < deadline:
        page.wait_for_timeout(250)
    return found
