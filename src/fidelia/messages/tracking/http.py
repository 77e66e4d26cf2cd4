"""Routes of tracking, at the root and open to everybody: a signed token is all that they trust."""

from __future__ import annotations

import asyncio
import base64
import contextlib
from typing import Annotated, Any
from urllib.parse import quote, urlsplit, urlunsplit

import structlog
from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath, QueryParameter

from fidelia import events
from fidelia.kernel.errors import Problem
from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx

from ..channels.email.compose import Composer
from ..content.showing import shown_to
from ..kinds.multivariate.compiled import compiled_of
from ..kinds.trigger.causes import root_for
from ..markup.lint import refuse_link
from ..markup.render import CannotRender
from ..model import MessageKey, Recipient
from ..ports import further_roots, handed_to, laid_over
from ..sending.recipients import read_values
from ..sending.values import with_utm
from ..service.outlet import signer
from ..store import runs
from ..store import tracking as tracking_store
from ..store.tracking import RunFacts
from . import leave, pages
from .edge import CLOSED, form_of, page
from .hits import Hit, HitBuffer
from .tokens import Token

log = structlog.get_logger(__name__)

#: How long a redirect waits for its count to be durable; then it goes on and the count follows.
PATIENCE = 0.5
Target = Annotated[str | None, QueryParameter(name="u", description="Where a link made per recipient leads; signed")]
_SAFE = "%/:=&?~#+!$,;'@()*[]"
_PIXEL = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
_MESSAGE = {
    **CLOSED,
    "Content-Security-Policy": "default-src 'none'; img-src https: http: data:; style-src 'unsafe-inline'; sandbox"
    " allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation",
}


async def _count(engines: Engines, request: Request[Any, Any, Any], token: Token, kind: str, url: str = "") -> None:
    """Count a hit; whatever goes wrong, the recipient does not notice."""
    agent = "" if request.method == "HEAD" else request.headers.get("user-agent", "")[:500]
    hit = Hit(token.run, token.profile, token.occasion, kind, engines.clock.now(), token.link, url, agent)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(asyncio.shield(HitBuffer.of(engines).add(hit)), PATIENCE)


async def run_of(engines: Engines, kind: str, text: str) -> tuple[Token, RunFacts] | None:
    """Return what a token of this kind says and the run that it is of, or ``None`` when it is not one of ours."""
    token = (await signer(engines)).read(kind, text)
    if token is None:
        return None
    run = await HitBuffer.of(engines).facts(token.run)
    return (token, run) if run is not None else None


class TrackingController(Controller):
    """Where the links of mails lead."""

    path = "/t"
    tags = ("Tracking",)
    opt = {"public": True}
    include_in_schema = True

    @get("/o/{token:str}", summary="Open image", media_type="image/gif")
    async def opened(self, request: Request[Any, Any, Any], engines: Engines, token: FromPath[str]) -> Response[bytes]:
        """Return a transparent image, always, and count the open of a valid token."""
        known = (await signer(engines)).read("o", token)
        if known is not None:
            await _count(engines, request, known, "opened")
        return Response(_PIXEL, media_type="image/gif", headers=CLOSED)

    @get("/c/{token:str}", summary="Click on a link", status_code=302, media_type="text/html")
    async def clicked(
        self, request: Request[Any, Any, Any], engines: Engines, token: FromPath[str], u: Target = None
    ) -> Response[str]:
        """Redirect to where the mail's link leads; nothing but what was signed or published is ever redirected to."""
        known = (await signer(engines)).read("c", token, u or "")
        if known is None:
            return page(pages.unknown(), 404)
        run = await HitBuffer.of(engines).facts(known.run)
        target = u
        if run is not None and u is None:
            target = run.links.get(known.link)
            target = with_utm(target, run.plan.utm) if target else None
        where = location(target) if target and refuse_link(target) is None else None
        if run is None or target is None or where is None:
            return page(pages.unknown(), 404)
        await _count(engines, request, known, "clicked", run.links.get(known.link, target))
        where = await _landing(engines, run, known, where)
        return Response("", status_code=302, headers={**CLOSED, "Location": where}, media_type="text/html")

    @get("/u/{token:str}", summary="Unsubscribe page", media_type="text/html")
    async def ask(self, tx: Tx, engines: Engines, token: FromPath[str]) -> Response[str]:
        """Ask for confirmation, in the language of the reader: looking at this page changes nothing."""
        known = await run_of(engines, "u", token)
        if known is None:
            return page(pages.unknown(), 404)
        look = await pages.look_of(tx, known[1].database_id, known[0].profile)
        return page(pages.confirm(look, _sender(known[1])))

    @post("/u/{token:str}", summary="Unsubscribe (also one-click, RFC 8058)", status_code=200, media_type="text/html")
    async def unsubscribe(
        self, request: Request[Any, Any, Any], tx: Tx, engines: Engines, token: FromPath[str]
    ) -> Response[str]:
        """Unsubscribe at once: by the page's button, or by a mail program's one-click request."""
        known = await run_of(engines, "u", token)
        if known is None:
            return page(pages.unknown(), 404)
        form = await form_of(request)
        one_click = form.get("List-Unsubscribe") == ["One-Click"]
        await leave.unsubscribe(tx, known[1], known[0], "one-click" if one_click else "unsubscribe page")
        look = await pages.look_of(tx, known[1].database_id, known[0].profile)
        return page(pages.done(look, _sender(known[1])))

    @get("/w/{token:str}", summary="Web version of a message", media_type="text/html")
    async def web_version(self, tx: Tx, engines: Engines, token: FromPath[str]) -> Response[str]:
        """Show a message in the browser as its recipient would get it now."""
        known = await run_of(engines, "w", token)
        if known is None:
            return page(pages.unknown(), 404)
        found, run = known
        try:
            message = (found.run, found.profile, found.occasion)
            sent = (await tracking_store.sent_at(await tx.raw(), [message])).get(message)
            variant = sent.variant if sent is not None else 0
            if variant:
                compiled = await compiled_of(tx, run.plan.variants[variant - 1])
            else:
                compiled = await runs.compiled(tx, run.version_id)
            values = await read_values(tx, run.database_id, compiled, [found.profile])
            cause = await root_for(tx, run.run_id, MessageKey(found.profile, found.occasion), compiled)
            content = await shown_to(tx, run, compiled.uses, found.profile)
            others = await further_roots(tx, run.database_id, run.plan, [found.profile], compiled.uses)
            content |= {root: values_of.get(found.profile, {}) for root, values_of in others.items()}
            key = MessageKey(found.profile, found.occasion)
            content = laid_over(content, await handed_to(tx, run.database_id, run.run_id, key, compiled.uses))
            roots = {"profile": values[found.profile], "subscription": {}, **cause, **content}
            composer = Composer(run.plan, compiled, await signer(engines), run.run_id, variant=variant)
            rendered = composer.render(Recipient(found.profile, "", roots, occasion=found.occasion))
        except (CannotRender, KeyError, Problem) as exc:
            log.info("a web version cannot be shown", run=run.run_id, reason=str(exc))
            return page(pages.cannot_show(await pages.look_of(tx, run.database_id, found.profile)), 410)
        return page(rendered.html, headers=_MESSAGE)


async def _landing(engines: Engines, run: RunFacts, known: Token, where: str) -> str:
    """Return an address of one of one's own sites with the token by which goals there find this message."""
    if not run.plan.track_clicks:
        return where
    sites = await events.site_domains(engines, run.database_id)
    if not sites:
        return where
    token = (await signer(engines)).token("g", known.run, known.profile, known.occasion)
    return events.with_message(where, token, sites)


def _sender(run: RunFacts) -> str:
    return run.plan.from_name or run.plan.from_email


def location(url: str) -> str | None:
    """Return an address as a header takes it, all ASCII; ``None`` for one that could be read in two ways."""
    parts = urlsplit(url.strip())
    if not url.isprintable() or "\\" in parts.netloc or not parts.hostname:
        return None
    host = parts.netloc
    if not host.isascii():
        try:
            host = host.encode("idna").decode("ascii")
        except UnicodeError:
            return None
    rest = urlunsplit(("", "", parts.path, parts.query, parts.fragment))
    return f"{parts.scheme}://{host}{quote(rest, safe=_SAFE)}"
