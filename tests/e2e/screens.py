"""Pictures of every page: `make screens` writes them to ./screens, at 1280 and 360 px, light and dark, empty and full.

`python -m tests.e2e.screens --only mailings --full` takes fewer. Findings of axe are printed and make it fail.
Installations that already run are pictured with `--url URL --password WORD --token TOKEN`, and `--empty` when
nothing is loaded in them.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from playwright.sync_api import Browser, Page, Request, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from tests.up import open_folder

from .conftest import FLAGS, ROOT, Site, chromium, new_context, open_site, serious_findings, sign_in
from .objects import Objects
from .pages import EMPTY, FULL, Shot, forgotten


@contextmanager
def running() -> Iterator[Site]:
    """Start an installation in a folder of its own."""
    with open_folder("fidelia-screens-") as folder, open_site(folder) as site:
        yield site


def load_demo(site: Site) -> None:
    """Load the small demo, and wait for it."""
    with site.api() as api:
        site.wait_for_job(api.post("/demo", json={"small": True}).json()["job"]["id"], 600)


def filled(pages: list[Shot], site: Site) -> list[Shot]:
    """Put the ids of objects into the addresses; objects that are missing are made."""
    with site.api() as api:
        found = Objects(site, api).all()
    return [page._replace(path=page.path.format(**found)) for page in pages]


#: Pages of what is not there say so.
MISSING = {"missing", "no-object", "recipient-unknown"}


class Faults(list[str]):
    """What is wrong, printed as soon as it is seen: a run that is stopped has told what it found."""

    def add(self, *found: str) -> None:
        """Print and keep."""
        for fault in found:
            print(fault, flush=True)
        self.extend(found)


def shoot(
    browser: Browser, site: Site, pages: list[Shot], kind: str, asked: argparse.Namespace, faults: Faults
) -> None:
    """Take the pictures; add what axe and the browser find wrong."""
    target: Path = asked.target
    for width in asked.widths:
        for scheme in asked.schemes:
            context = new_context(browser, width=width, scheme=scheme, height=800)
            page = context.new_page()
            traffic = Traffic(page)
            here = f"{kind} {width} {scheme}"
            page.on("pageerror", partial(tell, faults, here))
            signed = False
            for name, path, act in pages:
                if not name.startswith("sign-in") and not signed:
                    sign_in(page, site)
                    signed = True
                page.set_viewport_size({"width": width, "height": 800})
                traffic.waiting.clear()  # nobody waits any more for what the last page asked
                page.goto(f"{site.url}{path}")
                try:
                    settle(page, traffic)
                    if act:
                        act(page)
                        settle(page, traffic)
                except (PlaywrightError, AssertionError) as error:
                    faults.add(f"{here} {name}: it never settled: {str(error).splitlines()[0]}")
                fit(page, width)
                page.screenshot(path=target / f"{name}-{kind}-{width}-{scheme}.png")
                faults.add(*(f"{here} {name}: {finding}" for finding in serious_findings(page)))
                if page.evaluate("document.documentElement.scrollWidth > innerWidth + 1"):
                    faults.add(f"{here} {name}: the page scrolls sideways")
                if name not in MISSING:
                    faults.add(*(f"{here} {name}: it says “{said}”" for said in unloaded(page)))
            context.close()


def unloaded(page: Page) -> list[str]:
    """Return what the page says it could not load, though nothing was kept from it."""
    return page.get_by_text(re.compile("^Could not load ")).all_inner_texts()


def tell(faults: Faults, here: str, error: PlaywrightError) -> None:
    """Keep what the browser's console calls an error."""
    faults.add(f"{here}: {error}")


def fit(page: Page, width: int) -> None:
    """Make the window as tall as the page, within reason: a picture of a longer page would lose its side bar."""
    height = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": width, "height": max(800, min(int(height), 1700))})


class Traffic:
    """What a page has asked of the API and was not yet told; event streams never end, so they are not counted."""

    def __init__(self, page: Page) -> None:
        self.waiting: set[Request] = set()
        page.on("request", self.asked)
        page.on("requestfinished", self.told)
        page.on("requestfailed", self.told)

    def asked(self, request: Request) -> None:
        """Note a request."""
        if "/api/v1/" in request.url and request.resource_type != "eventsource" and "/stream" not in request.url:
            self.waiting.add(request)

    def told(self, request: Request) -> None:
        """Strike a request that was answered, or given up."""
        self.waiting.discard(request)


def settle(page: Page, traffic: Traffic, most: float = 45) -> None:
    """Wait until nothing loads any more: no question is open and no skeleton shown, for a while."""
    skeletons, quiet, deadline = page.locator(".mantine-Skeleton-root"), 0, time.monotonic() + most
    page.get_by_role("heading", level=1).first.wait_for(timeout=most * 1000)
    while quiet < 5 and time.monotonic() < deadline:
        page.wait_for_timeout(180)  # a skeleton shows only after a moment, and then goes
        quiet = 0 if traffic.waiting or skeletons.count() else quiet + 1
    assert quiet >= 5, f"still waits for {sorted({asked.url for asked in traffic.waiting}) or 'a skeleton to go'}"
    page.evaluate("document.fonts.ready")
    page.wait_for_timeout(200)


def main() -> int:
    """Take the pictures that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--target", type=Path, default=ROOT / "screens")
    parser.add_argument("--only", nargs="*", default=[], help="names of pages")
    parser.add_argument("--full", action="store_true", help="only the full installation")
    parser.add_argument("--empty", action="store_true", help="with --url: the installation is empty")
    parser.add_argument("--widths", nargs="*", type=int, default=[1280, 360])
    parser.add_argument("--schemes", nargs="*", default=["light", "dark"])
    parser.add_argument("--url", help="a running installation with the demo, instead of one of our own")
    parser.add_argument("--token")
    parser.add_argument("--password")
    asked = parser.parse_args()
    asked.target.mkdir(parents=True, exist_ok=True)

    def chosen(pages: list[Shot]) -> list[Shot]:
        return [page for page in pages if not asked.only or page.name in asked.only]

    faults = Faults()
    faults.add(*(f"no picture shows {route}" for route in forgotten()))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        if asked.url:
            site = Site(asked.url, asked.token, asked.password)
            if asked.empty:
                shoot(browser, site, chosen(EMPTY), "empty", asked, faults)
            else:
                shoot(browser, site, filled(chosen(FULL), site), "full", asked, faults)
        else:
            with running() as site:
                if not asked.full:
                    shoot(browser, site, chosen(EMPTY), "empty", asked, faults)
                load_demo(site)
                shoot(browser, site, filled(chosen(FULL), site), "full", asked, faults)
        browser.close()
    print(f"{len(list(asked.target.glob('*.png')))} pictures in {asked.target}, {len(faults)} findings")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
