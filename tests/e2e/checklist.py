"""The mechanical rows of "before a page is done", for every page: `python -m tests.e2e.checklist`.

It writes page × row to ./screens/checklist.md after each page, prints what it found, and ends with 1 when it found
anything. Rows: address (title, heading and breadcrumb agree; reload and Back restore the page), loading, failing (one
request answered with 500), keyboard, names (for the screen reader), widths (1280 and 360 px, twice the text, touch,
reduced motion), colours, times, speed. Whether the words, the consequences and the sums are right is for people to see.
`--only NAME…` takes fewer pages (`long-*`: all that begin so), `--rows NAME…` fewer rows, `--part 1/2` every second
page; `--url URL --password WORD --token TOKEN` an installation that runs already.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import sys
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from .checks import CHECKS, Visit
from .conftest import FLAGS, ROOT, Site, chromium
from .long_names import long_names
from .pages import FULL, Shot
from .screens import filled, load_demo, running

Table = dict[str, dict[str, list[str] | None]]


def examine(browser: Browser, site: Site, shots: list[Shot], rows: list[str], keep: Callable[[Table], None]) -> Table:
    """Go through the pages and `keep` the table after each; what is None was not asked of that page."""
    found: Table = {}
    visit = Visit(browser, site)
    for shot in shots:
        found[shot.name] = {}
        for row in rows:
            try:
                faults = CHECKS[row](visit, shot)
            except (PlaywrightError, AssertionError) as error:
                faults = [f"it could not be looked at: {str(error).splitlines()[0]}"]
                visit.again()
            found[shot.name][row] = faults
            for fault in faults or []:
                print(f"{shot.name} · {row}: {fault}", flush=True)
        keep(found)
    visit.close()
    return found


def written(table: Table, rows: list[str]) -> str:
    """Return the table as Markdown: ✓, – where the row asks nothing of the page, or the number of faults."""
    head = [f"| page | {' | '.join(rows)} |", f"|---|{'---|' * len(rows)}"]
    lines = []
    for name, found in table.items():
        cells = ["–" if (faults := found.get(row)) is None else str(len(faults) or "✓") for row in rows]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    details = [f"- {name} · {row}: {f}" for name, found in table.items() for row in rows for f in found.get(row) or []]
    return "\n".join([*head, *lines, "", *details, ""])


def main() -> int:
    """Examine the pages that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--target", type=Path, default=ROOT / "screens" / "checklist.md")
    parser.add_argument("--only", nargs="*", default=[], help="names of pages")
    parser.add_argument("--rows", nargs="*", default=list(CHECKS), choices=list(CHECKS))
    parser.add_argument("--part", default="1/1", help="2/3: the second of three parts")
    parser.add_argument("--url", help="a running installation with the demo, instead of one of our own")
    parser.add_argument("--token")
    parser.add_argument("--password")
    asked = parser.parse_args()
    asked.target.parent.mkdir(parents=True, exist_ok=True)
    part, parts = (int(n) for n in asked.part.split("/"))

    def keep(table: Table) -> None:
        asked.target.write_text(written(table, asked.rows))
        asked.target.with_suffix(".json").write_text(json.dumps(table, indent=1, ensure_ascii=False))

    def run(site: Site) -> Table:
        pages = [*filled(FULL, site), *long_names(site)]
        wanted = [page for page in pages if not asked.only or any(fnmatch.fnmatch(page.name, o) for o in asked.only)]
        chosen = wanted[part - 1 :: parts]
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
            try:
                return examine(browser, site, chosen, asked.rows, keep)
            finally:
                browser.close()

    if asked.url:
        table = run(Site(asked.url, asked.token, asked.password))
    else:
        with running() as site:
            load_demo(site)
            table = run(site)
    faults = [f for found in table.values() for row in found.values() for f in row or []]
    print(f"{len(table)} pages × {len(asked.rows)} rows in {asked.target}, {len(faults)} findings")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
