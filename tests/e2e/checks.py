"""One function a row: what is asked of a page, and what is wrong with it. What runs in the page is in checklist.js."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from playwright.sync_api import Browser, BrowserContext, Page, Request, Route

from .conftest import Site, new_context, sign_in
from .pages import Shot

SCRIPT = Path(__file__).with_name("checklist.js").read_text()
#: Asked by the frame around every page; held or refused, nothing at all can be shown.
ZONE = re.compile(r"[A-Z]\w+/[A-Z]\w+|UTC")
FRAME = re.compile(r"/api/v1/(session|auth|me|setup|events|jobs/stream|jobs/events)\b")
#: Seconds within which a page shows what it is about.
SPEED = 1.0
PHONE, DESK = 360, 1280


def for_recipients(shot: Shot) -> bool:
    """Tell whether the page is one that recipients of messages see: no frame, no data of the application."""
    return shot.path.startswith("/t/")


class Seen(NamedTuple):
    """A page as it first stood: what it said, what it asked, and after how many seconds."""

    state: dict[str, Any]
    lines: set[str]
    asked: list[str]
    seconds: float


class Visit:
    """The browser's windows, signed in: a wide one for most rows and a phone."""

    def __init__(self, browser: Browser, site: Site) -> None:
        self.browser, self.site = browser, site
        self.windows: dict[int, tuple[BrowserContext, Page]] = {}
        self.asked: list[str] = []
        self.waiting: set[Request] = set()
        self.standing: Shot | None = None
        self.of: Shot | None = None
        self.first = Seen({}, set(), [], 0)
        self.refused: set[tuple[str, str]] = set()

    def at(self, width: int) -> Page:
        """Return the window of that width."""
        if width not in self.windows:
            context = new_context(self.browser, width=width, height=800)
            context.add_init_script(SCRIPT)
            page = context.new_page()
            page.on("request", self.note)
            page.on("requestfinished", self.answered)
            page.on("requestfailed", self.answered)
            sign_in(page, self.site)
            self.settle(page)  # what Home asks for is no part of the next page
            self.windows[width] = context, page
        return self.windows[width][1]

    def note(self, request: Request) -> None:
        if request.method == "GET" and "/api/v1/" in request.url and request.resource_type != "eventsource":
            self.asked.append(request.url)
            self.waiting.add(request)

    def answered(self, request: Request) -> None:
        self.waiting.discard(request)

    def open(self, shot: Shot, width: int = DESK) -> Page:
        """Load the page, do on it what its picture shows, and wait until it stands still."""
        page = self.load(shot, width)
        if shot.act:
            shot.act(page)
            page.wait_for_timeout(300)
        return page

    def load(self, shot: Shot, width: int = DESK) -> Page:
        """Load the page as it comes."""
        page = self.at(width)
        if width == DESK:
            self.standing = None
        self.asked.clear()
        self.waiting.clear()
        page.goto(f"{self.site.url}{shot.path}")
        self.settle(page)
        return page

    def look(self, shot: Shot) -> Page:
        """Return the page as it stands, loaded once for all rows that change nothing on it."""
        if self.standing == shot:
            return self.at(DESK)
        page = self.load(shot)
        self.shown = shot
        self.first = Seen(ask(page, "state"), set(ask(page, "lines")), list(self.asked), ask(page, "since"))
        if shot.act:
            shot.act(page)
            page.wait_for_timeout(300)
        self.standing = self.of = shot
        return page

    def facts(self, shot: Shot) -> Seen:
        """Return how the page first stood; it may stand otherwise by now."""
        if self.of != shot:
            self.look(shot)
        return self.first

    def settle(self, page: Page, most: float = 8) -> None:
        """Wait until the heading stands and nothing has loaded for a moment."""
        until, quiet = time.monotonic() + most, 0
        while quiet < 3 and time.monotonic() < until:
            page.wait_for_timeout(90)
            asked = len(self.asked)
            still = asked == len(self.asked) and not self.waiting
            quiet = quiet + 1 if ask(page, "settled") and still else 0

    def again(self) -> None:
        """Begin with fresh windows."""
        self.close()
        self.windows.clear()
        self.standing = None

    def close(self) -> None:
        for context, _ in self.windows.values():
            context.close()


def ask(page: Page, name: str) -> Any:
    """Ask the page one of the questions of checklist.js."""
    return page.evaluate(f"window.__checks.{name}()")


def address(visit: Visit, shot: Shot) -> list[str] | None:
    """Title, heading and breadcrumb agree; a reload, and leaving and coming back, restore what was there."""
    if for_recipients(shot) or shot.act:  # without what is done on it the page is another picture's
        return None
    first, page = visit.facts(shot).state, visit.at(DESK)
    faults = []
    title = re.sub(r"^\d+ % ", "", first["title"]).split(" – ")[0]
    if title != first["crumb"] or not first["title"].endswith("Fidelia"):
        faults.append(f'the title says "{first["title"]}", the breadcrumb "{first["crumb"]}"')
    if first["crumb"] != first["h1"] and not (first["crumb"] and shot.name in SENTENCES):
        faults.append(f'the heading says "{first["h1"]}", the breadcrumb "{first["crumb"]}"')
    if first["headings"] != 1:
        faults.append(f"{first['headings']} headings of the first level")
    visit.standing = None
    page.goto(f"{visit.site.url}{shot.path}")
    visit.settle(page)
    faults += differences("a reload", first, ask(page, "state"))
    if shot.path == "/":
        return faults
    ask(page, "leave")
    page.wait_for_timeout(250)
    visit.settle(page)
    page.go_back()
    page.wait_for_timeout(150)
    visit.settle(page)
    return faults + differences("Back", first, ask(page, "state"))


#: Their heading is a sentence or a greeting, so the breadcrumb names them otherwise.
SENTENCES = {"home", "search", "search-found", "search-nobody", "missing", "no-object", "mail"}


def differences(after: str, first: dict[str, Any], now: dict[str, Any]) -> list[str]:
    found = []
    for what in ("h1", "title", "tab", "drawer", "inputs", "text"):
        if first[what] != now[what]:
            at = next((i for i, (a, b) in enumerate(zip(first[what], now[what], strict=False)) if a != b), 0)
            was, is_ = (side[what][max(0, at - 15) : at + 45] for side in (first, now))
            found.append(f'after {after} the {what} is another: "{was}" became "{is_}"')
    return found


def loading(visit: Visit, shot: Shot) -> list[str] | None:
    """While its requests are held back a page shows that it loads, and says nothing that it does not know."""
    if for_recipients(shot) or shot.act:
        return None
    known_lines, page = visit.facts(shot).lines, visit.at(DESK)
    visit.standing = None
    held: list[Route] = []

    def hold(route: Route) -> None:
        if route.request.method != "GET" or FRAME.search(route.request.url):
            route.continue_()
        else:
            held.append(route)

    page.route("**/api/v1/**", hold)
    faults = []
    try:
        page.goto(f"{visit.site.url}{shot.path}")
        page.wait_for_selector("h1", state="attached", timeout=10_000)
        for wave in range(4):
            page.wait_for_timeout(450)
            if not held:
                break
            lines = set(ask(page, "lines"))
            if wave == 0 and not known_lines <= lines and not ask(page, "skeletons"):
                faults.append("nothing shows that it loads")
            fresh = {line for line in lines - known_lines if not any(known.startswith(line) for known in known_lines)}
            said = [line for line in fresh if not re.search(r"…$|Loading|^–$", line)]
            faults += [f'says "{line[:60]}" before it knows' for line in said]
            zero = [line for line in lines if re.match(r"^0([ ,.%]|$)", line)]
            faults += [f'shows "{line[:60]}" while unknown' for line in zero if line not in known_lines]
            waiting, held[:] = list(held), []
            for route in waiting:
                route.continue_()
    finally:
        page.unroute_all(behavior="ignoreErrors")
        for route in held:
            route.continue_()
    return list(dict.fromkeys(faults))


def failing(visit: Visit, shot: Shot) -> list[str] | None:
    """Each request of the page fails once: its panel says so, the heading and the rest stand."""
    if for_recipients(shot):
        return None
    page, first = visit.at(DESK), visit.facts(shot)
    asked = {re.sub(r"^.*?/api/v1", "", url) for url in first.asked if not FRAME.search(url)}
    kind = re.sub(r"\d+", "#", shot.path.partition("?")[0])
    faults = []
    for path in sorted({url.partition("?")[0] for url in asked}):
        pair = (kind, re.sub(r"\d+", "#", path))
        if pair in visit.refused or (path in SHELL and shot.name != "home"):
            continue
        visit.refused.add(pair)
        visit.standing = None
        page.route(re.compile(re.escape(f"/api/v1{path}") + r"(\?|$)"), refuse)
        try:
            page.goto(f"{visit.site.url}{shot.path}")
            visit.settle(page, 4)
            until = time.monotonic() + 4  # a slow machine says it later
            while not tells(page, first) and time.monotonic() < until:
                page.wait_for_timeout(250)
            if not ask(page, "state")["h1"]:
                faults.append(f"without {path} the page has no heading")
            if ask(page, "blank"):
                faults.append(f"without {path} the page is blank")
            elif not tells(page, first):
                faults.append(f"without {path} nothing is said")
        finally:
            page.unroute_all(behavior="ignoreErrors")
    return faults


def tells(page: Page, first: Seen) -> bool:
    """Whether the page says that something is missing, or shows a dash in place of a figure."""
    return bool(ask(page, "complaints")) or "–" in set(ask(page, "lines")) - first.lines


#: Read by the frame on every page: failing once, on the first page, is enough.
SHELL = {"/databases", "/databases/1/counters", "/jobs", "/notices", "/views"}


def refuse(route: Route) -> None:
    """Answer a question with a refusal that is the server's own fault."""
    if route.request.method != "GET":
        return route.continue_()
    told = '{"type":"about:blank","title":"Broken","status":500,"detail":"It broke on purpose."}'
    return route.fulfill(status=500, content_type="application/problem+json", body=told)


def keyboard(visit: Visit, shot: Shot) -> list[str] | None:
    """Tab reaches everything, the focus is seen, nothing holds it; Escape closes what lies above and keeps it."""
    page = visit.look(shot)
    visit.standing = None
    todo = int(ask(page, "begin"))
    faults: list[str] = []
    stuck, editor = 0, False
    for _ in range(min(todo + 40, 290) if todo > 1 else 0):  # day, month and year of one date are stops of their own
        if editor:  # Tab indents in it, and it says how to leave
            page.keyboard.press("Escape")
        page.keyboard.press("Tab")
        now = ask(page, "step")
        editor = now.get("editor", False)
        if now["at"] == "body" or (now["at"] == "again" and not now["same"]):
            break
        stuck = stuck + 1 if now["at"] == "again" else 0
        if stuck >= (8 if re.match(r"input\[(date|time|datetime-local)\]|iframe", now.get("who", "")) else 2):
            faults.append(f"the focus cannot leave {now['who']}")
            break
        if now["at"] == "new":
            if not now["ring"]:
                page.wait_for_timeout(60)  # an editor draws its own ring a moment later
            if not now["ring"] and not ask(page, "ring"):
                faults.append(f"no ring around {now['who']}")
            if now["out"] or now["under"]:
                faults.append(f"{now['who']} has the focus {'out of sight' if now['out'] else 'under ' + now['under']}")
    missed = ask(page, "missed") if 1 < todo <= 248 else []
    faults += [f"Tab does not reach {who}" for who in missed[:6]]
    if ask(page, "open"):
        if ask(page, "expanded"):  # the first closes the list of choices
            page.keyboard.press("Escape")
            page.wait_for_timeout(150)
        page.keyboard.press("Escape")
        page.wait_for_timeout(450)
        if ask(page, "open"):
            faults.append("Escape does not close it")
        elif ask(page, "focus") is None:
            faults.append("after Escape the focus is nowhere")
    return faults


def names(visit: Visit, shot: Shot) -> list[str] | None:
    """Controls have names, tables have headers, and one polite region speaks."""
    page = visit.look(shot)
    faults: list[str] = [f"no name: {control}" for control in ask(page, "names")] + ask(page, "tables")
    polite = ask(page, "polite")
    if len(polite) > 1:
        faults.append(f"{len(polite)} polite live regions: {', '.join(polite)}")
    return faults


def widths(visit: Visit, shot: Shot) -> list[str] | None:
    """Nothing is wider than the window, at twice the text too; targets are large enough; nothing moves."""
    faults = []
    for width in (DESK, PHONE):
        page = visit.look(shot) if width == DESK else visit.open(shot, width)
        faults += [f"{width} px: {wide}" for wide in [ask(page, "sideways")] if wide]
        faults += [f"{width} px: {who} moves in spite of reduced motion" for who in ask(page, "moving")]
        if width == PHONE:
            small = ask(page, "targets")
            faults += [f"{width} px: {len(small)} too small to touch: {', '.join(small[:3])}"] if small else []
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        page.wait_for_timeout(250)
        faults += [f"{width} px at twice the text: {wide}" for wide in [ask(page, "sideways")] if wide]
        page.evaluate("document.documentElement.style.fontSize = ''")
    return list(dict.fromkeys(faults))


def colours(visit: Visit, shot: Shot) -> list[str] | None:
    """Every colour is one of the theme's."""
    return None if for_recipients(shot) else list(ask(visit.look(shot), "colours"))


def times(visit: Visit, shot: Shot) -> list[str] | None:
    """A clock says its zone, in its text or in the tooltip of its `time`."""
    if for_recipients(shot):
        return None
    page = visit.look(shot)
    faults: list[str] = [f'no zone: "{text}"' for text in ask(page, "clocks")]
    moment = page.locator("main time:visible")
    if not page.locator("[aria-modal=true]").count():
        for at in range(min(moment.count(), 1)):
            if ZONE.search(moment.nth(at).inner_text()):
                continue
            moment.nth(at).hover(timeout=1500)
            page.wait_for_timeout(250)
            told = page.locator("[role=tooltip]").all_inner_texts()
            if not any(ZONE.search(text) for text in told):
                faults.append(f"the tooltip of {moment.nth(at).inner_text()!r} has no zone: {told}")
    return list(dict.fromkeys(faults))


def speed(visit: Visit, shot: Shot) -> list[str] | None:
    """The content stands within a second once the installation is warm, and nothing is asked three times."""
    if for_recipients(shot):
        return None
    first = visit.facts(shot)
    best, often = first.seconds, {url: n for url, n in Counter(first.asked).items() if n > 2}
    if best > SPEED:  # the machine may have been busy
        best = min(best, ask(visit.load(shot), "since"))
    faults = [f"content after {best:.1f} s"] if best > SPEED else []
    return faults + [f"{url.partition('/api/v1')[2][:80]} asked {n} times" for url, n in often.items()]


#: Rows that change nothing on the page come first: they share one load.
CHECKS: dict[str, Callable[[Visit, Shot], list[str] | None]] = {
    "names": names,
    "widths": widths,
    "colours": colours,
    "times": times,
    "keyboard": keyboard,
    "address": address,
    "loading": loading,
    "failing": failing,
    "speed": speed,
}
