"""Pictures of every page: `make screens` writes them to ./screens, at 1280 and 360 px, light and dark, empty and full.

`python -m tests.e2e.screens --only mailings --full` takes fewer. Findings of axe are printed and make it fail.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from .conftest import FLAGS, ROOT, Site, new_context, serious_findings, sign_in, start_site, stop

EMPTY = [
    ("sign-in", "/sign-in"),
    ("home", "/"),
    ("databases", "/databases"),
    ("mailings", "/mailings"),
    ("templates", "/templates"),
    ("mailbox", "/mailbox"),
    ("segments", "/segments"),
    ("products", "/market/products"),
    ("orders", "/market/orders"),
    ("consent", "/resources"),
    ("jobs", "/jobs"),
]
FULL = [
    *EMPTY[1:],
    ("database", "/databases/{database}"),
    ("profiles", "/databases/{database}/profiles"),
    ("profile", "/databases/{database}/profiles/1"),
    ("profile-orders", "/databases/{database}/profiles/1?tab=orders"),
    ("profile-fields", "/databases/{database}/profiles/1?tab=fields"),
    ("imports", "/databases/{database}/imports"),
    ("import-new", "/databases/{database}/imports/new"),
    ("segment-new", "/segments/new"),
    ("segment", "/segments/{segment}"),
    ("segment-edit", "/segments/{segment}/edit"),
    ("template", "/templates/1"),
    ("mailing-new", "/mailings/new"),
    ("mailing-report", "/mailings/{mailing}"),
    ("mailing-people", "/mailings/{mailing}?tab=people"),
    ("mail", "/mailbox/{mail}"),
    ("product", "/market/products/{product}"),
    ("order", "/market/orders/{order}"),
    ("stop-lists", "/resources?tab=stop"),
    ("account", "/settings/account"),
    ("users", "/settings/users"),
    ("roles", "/settings/roles"),
    ("tokens", "/settings/tokens"),
    ("audit", "/settings/audit"),
    ("installation", "/settings/installation"),
]


@contextmanager
def running() -> Iterator[Site]:
    """Start an installation in a folder of its own."""
    folder = Path(tempfile.mkdtemp(prefix="fidelia-screens-"))
    folder.chmod(0o711)
    site = start_site(folder)
    try:
        yield site
    finally:
        stop(site.process)
        shutil.rmtree(folder, ignore_errors=True)


def names(site: Site) -> dict[str, object]:
    """Find one object of each kind."""
    with site.api() as api:
        demo = api.get("/demo").json()

        def first(path: str) -> object:
            items = api.get(path).json()["items"]
            return items[0]["id"] if items else 0

        database = demo["database_id"]
        return {
            "database": database,
            "segment": demo["segments"][0],
            "mailing": demo["mailing_id"],
            "mail": first("/mailbox?limit=1"),
            "product": first("/market/products?q=coffee&limit=1"),
            "order": first(f"/market/orders?database={database}&sort=-total&limit=1"),
        }


def shoot(browser: Browser, site: Site, pages: list[tuple[str, str]], target: Path, kind: str) -> list[str]:
    """Take the pictures; return what axe and the browser found wrong."""
    faults: list[str] = []
    for width in (1280, 360):
        for scheme in ("light", "dark"):
            context = new_context(browser, width=width, scheme=scheme, height=800)
            page = context.new_page()
            here = f"{kind} {width} {scheme}"
            page.on("pageerror", lambda error, here=here, faults=faults: faults.append(f"{here}: {error}"))
            signed = False
            for name, path in pages:
                if name != "sign-in" and not signed:
                    sign_in(page, site)
                    signed = True
                page.goto(f"{site.url}{path}")
                settle(page)
                page.screenshot(path=target / f"{name}-{kind}-{width}-{scheme}.png", full_page=width == 1280)
                faults += [f"{here} {name}: {finding}" for finding in serious_findings(page)]
                if page.evaluate("document.documentElement.scrollWidth > innerWidth + 1"):
                    faults.append(f"{here} {name}: the page scrolls sideways")
            context.close()
    return faults


def settle(page: Page) -> None:
    """Wait until nothing loads any more; event streams never end, so the network is not asked."""
    page.get_by_role("heading", level=1).first.wait_for()
    page.wait_for_timeout(700)  # a skeleton shows only after a moment, and then goes
    expect(page.locator(".mantine-Skeleton-root")).to_have_count(0, timeout=20_000)
    page.evaluate("document.fonts.ready")
    page.wait_for_timeout(200)


def main() -> int:
    """Take the pictures that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--target", type=Path, default=ROOT / "screens")
    parser.add_argument("--only", nargs="*", default=[], help="names of pages")
    parser.add_argument("--full", action="store_true", help="only the full installation")
    parser.add_argument("--url", help="a running installation with the demo, instead of one of our own")
    parser.add_argument("--token")
    parser.add_argument("--password")
    asked = parser.parse_args()
    asked.target.mkdir(parents=True, exist_ok=True)

    def chosen(pages: list[tuple[str, str]]) -> list[tuple[str, str]]:
        return [page for page in pages if not asked.only or page[0] in asked.only]

    faults: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        if asked.url:
            site = Site(asked.url, asked.token, asked.password, Path(), subprocess.Popen(["true"]))
            found = names(site)
            faults += shoot(browser, site, [(n, p.format(**found)) for n, p in chosen(FULL)], asked.target, "full")
        else:
            with running() as site:
                if not asked.full:
                    faults += shoot(browser, site, chosen(EMPTY), asked.target, "empty")
                with site.api() as api:
                    site.wait_for_job(api.post("/demo", json={"small": True}).json()["job"]["id"], 600)
                found = names(site)
                faults += shoot(browser, site, [(n, p.format(**found)) for n, p in chosen(FULL)], asked.target, "full")
        browser.close()
    for fault in faults:
        print(fault)
    print(f"{len(list(asked.target.glob('*.png')))} pictures in {asked.target}, {len(faults)} findings")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
