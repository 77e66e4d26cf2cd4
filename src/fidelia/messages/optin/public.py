"""The page behind a confirmation link. Looking at it confirms nothing: programs look at links before people do."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath

from fidelia import profiles
from fidelia.access import Actor
from fidelia.kernel.errors import Problem
from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx

from ..preferences import html
from ..preferences.html import esc
from ..preferences.links import person_link
from ..preferences.public import MOST_PRESSES, guard, slow, unknown
from ..preferences.words import words
from ..service.outlet import signer
from ..tracking.edge import Limits, address_of, form_of, from_elsewhere, page


class ConfirmController(Controller):
    """Confirming a subscription."""

    path = "/t/y"
    tags = ("Tracking",)
    opt = {"public": True}

    @get("/{token:str}", summary="Page to confirm a subscription", media_type="text/html")
    async def ask(
        self, request: Request[Any, Any, Any], tx: Tx, engines: Engines, token: FromPath[str]
    ) -> Response[str]:
        """Show the button that confirms."""
        request_id = await _entered(request, engines, token)
        if isinstance(request_id, Response):
            return request_id
        return await _show(tx, engines, await profiles.look_at_request(tx, request_id), done=False)

    @post("/{token:str}", summary="Confirm a subscription", status_code=200, media_type="text/html")
    async def confirm(
        self, request: Request[Any, Any, Any], tx: Tx, engines: Engines, token: FromPath[str]
    ) -> Response[str]:
        """Confirm, or ask for a new mail when the link is too old."""
        request_id = await _entered(request, engines, token)
        if isinstance(request_id, Response):
            return request_id
        if Limits.of(engines).count("confirm", request_id) > MOST_PRESSES:
            return slow()
        if from_elsewhere(request):
            return await _show(tx, engines, await profiles.look_at_request(tx, request_id), done=False)
        form = await form_of(request)
        if form.get("action") == ["again"]:
            return await _again(tx, engines, request_id)
        agent = request.headers.get("user-agent", "")
        found = await profiles.confirm(tx, request_id, address_of(request), agent)
        return await _show(tx, engines, found, done=True)


async def _entered(request: Request[Any, Any, Any], engines: Engines, token: str) -> int | Response[str]:
    """Return the request that a link is about, or the answer to whoever does not get in, or only looks at a sample."""
    if (refused := guard(engines, request)) is not None:
        return refused
    signs = await signer(engines)
    if signs.read("s", token) is not None:
        return page(_ask("en", "News", "", sample=True))
    found = signs.read("y", token)
    return found.run if found is not None else unknown(engines, request)


async def _look(tx: Tx, found: profiles.Confirmation) -> tuple[str, str]:
    """Return the language and the logo text of somebody's pages."""
    if found.database_id is None or found.profile_id is None:
        return "en", ""
    person = await profiles.person_page(tx, found.database_id, found.profile_id)
    return (person.language, person.center.logo_text) if person is not None else ("en", "")


async def _show(tx: Tx, engines: Engines, found: profiles.Confirmation, *, done: bool) -> Response[str]:
    language, logo = await _look(tx, found)
    say = words(language)
    name = found.resource_name
    if found.state == "closed":
        body = f"<p>{esc(say('closed_text'))}</p>"
        return page(html.frame(language, say("closed_title"), body, logo=logo), 410)
    if found.state == "expired":
        again = html.form(f'<div class="row">{html.button(say("again"), "again")}</div>')
        body = f"<p>{esc(say('expired_text'))}</p>{again}"
        return page(html.frame(language, say("expired_title"), body, logo=logo), 410)
    if found.state == "confirmed" and not done:
        return page(_ask(language, name, logo))
    text = say("done_join" if found.state == "confirmed" else "already_text", name=name)
    link = await person_link(engines, found.database_id or 0, found.profile_id or 0)
    more = f'<p><a href="{esc(link)}">{esc(say("to_preferences"))}</a></p>'
    return page(html.frame(language, say("confirmed_title"), html.message(text) + more, logo=logo))


def _ask(language: str, name: str, logo: str, *, sample: bool = False) -> str:
    say = words(language)
    press = html.form(f'<div class="row">{html.button(say("confirm"), "confirm")}</div>')
    body = f"<p>{esc(say('confirm_text', name=name))}</p>{press}"
    return html.frame(language, say("confirm_title"), body, logo=logo, say=say if sample else None)


async def _again(tx: Tx, engines: Engines, request_id: int) -> Response[str]:
    found = await profiles.look_at_request(tx, request_id)
    if found.state != "expired":
        return await _show(tx, engines, found, done=False)
    language, logo = await _look(tx, found)
    say = words(language)
    try:
        await profiles.again_for(tx, Actor.system("Confirmation link"), request_id)
    except Problem as exc:
        key = "asked_enough" if exc.status == 429 else "closed_text"
        body = html.message(say(key), bad=True)
        return page(html.frame(language, say("expired_title"), body, logo=logo), exc.status)
    return page(html.frame(language, say("confirm_title"), html.message(say("done_asked")), logo=logo))
