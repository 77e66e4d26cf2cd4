"""Fills a compiled template in for one recipient."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import minijinja

from .lint import refuse_link
from .model import URLS, Compiled, Rendered
from .refers import IN_SEGMENT

#: Steps of the template machine per part; an honest mail takes a few hundred.
FUEL = 100_000
MAX_OUTPUT = 2_000_000
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]+")

_EMPTY: Mapping[str, Mapping[str, Any]] = {
    root: {} for root in ("event", "campaign", "loyalty", "market", "subscription", "feeds")
}

Click = Callable[[int, str], str]


class CannotRender(Exception):
    """This recipient cannot get this message; the text is the reason, for a person."""


class Renderer:
    """The parts of one template, parsed once."""

    def __init__(self, compiled: Compiled) -> None:
        self.compiled = compiled
        self._environment = minijinja.Environment(  # type: ignore[call-overload]  # semi_strict is not in its stubs
            templates={
                "subject.txt": compiled.subject,
                "preheader.txt": compiled.preheader,
                "body.html": compiled.html,
                "body.txt": compiled.text,
            },
            undefined_behavior="semi_strict",
            fuel=FUEL,
            keep_trailing_newline=True,
        )

    def subject(self, context: Mapping[str, Any]) -> str:
        """Return the subject as one line without control characters."""
        return _one_line(self._part("subject.txt", context))

    def preheader(self, context: Mapping[str, Any]) -> str:
        """Return the line that mail programs show after the subject."""
        return _one_line(self._part("preheader.txt", context))

    def html(self, context: Mapping[str, Any]) -> str:
        """Return the HTML part. ``context`` holds the roots, and ``_l``, ``_click`` and ``_pixel``."""
        return self._part("body.html", context)

    def text(self, context: Mapping[str, Any]) -> str:
        """Return the text part."""
        made = self._part("body.txt", context).replace(" \n", "\n")
        while "\n\n\n" in made:  # expressions that gave nothing leave their lines
            made = made.replace("\n\n\n", "\n\n")
        return made

    def _part(self, name: str, context: Mapping[str, Any]) -> str:
        try:
            made: str = self._environment.render_template(name, **context)
        except minijinja.TemplateError as exc:
            raise cannot_render(exc) from None
        if len(made) > MAX_OUTPUT:
            raise CannotRender(f"The message would have more than {MAX_OUTPUT:,} characters")
        return made


def _one_line(text: str) -> str:
    return _CONTROL.sub(" ", text).strip()


def cannot_render(exc: minijinja.TemplateError) -> CannotRender:
    """Return what the template machine refused, in words for a person."""
    return CannotRender(_reason(exc))


def _reason(exc: minijinja.TemplateError) -> str:
    if exc.kind == "OutOfFuel":
        return "The template does too much work: a loop that is far too long"
    cause = exc.__cause__ or exc.__context__
    if isinstance(cause, CannotRender):
        return str(cause)
    detail = str(exc.detail or exc.message or exc.kind)
    found = re.search(r"`([^`]+)` is undefined", detail)
    if found:
        return f"{found[1]} is missing"
    if "recursion limit" in detail:
        return "The template calls itself without end"
    return detail


def context(
    compiled: Compiled,
    roots: Mapping[str, Mapping[str, Any]],
    *,
    links: Mapping[str, str],
    addresses: Sequence[str],
    click: Click,
    pixel: str = "",
    escaped: Sequence[str] | None = None,
) -> dict[str, Any]:
    """Return what a renderer needs for one recipient.

    ``roots`` maps a root to its values, where a missing value has no key (``in_segment``: whether somebody is in each
    segment asked for, by its number); ``links`` are unsubscribe, web_version,
    preferences, and confirm in mails that ask to; ``addresses`` are the static links in order, ``escaped`` the same as
    attributes hold them, when known; ``click`` makes the address of a dynamic one; ``pixel`` is the address of the open
    image, or empty.
    """

    def dynamic(no: int, url: Any) -> str:
        marked = isinstance(url, minijinja.Markup)
        plain = (html.unescape(str(url)) if marked else str(url)).strip()
        reason = refuse_link(plain)
        if reason is not None:
            raise CannotRender(reason)
        address = click(no, plain) if plain.lower().startswith("http") else plain
        return _marked(address) if marked else address

    image = ""
    if IN_SEGMENT in roots:
        roots = {**roots, IN_SEGMENT: _membership(roots[IN_SEGMENT])}
    if pixel:
        image = minijinja.safe(f'<img src="{html.escape(pixel)}" width="1" height="1" alt="" style="display:block">')
    return {
        **_EMPTY,
        **roots,
        "vars": {**compiled.variables, **roots["vars"]} if "vars" in roots else compiled.variables,
        "links": {name: _marked(url) for name, url in links.items()},
        **{name: _marked(links[link]) for name, link in URLS.items() if link in links},
        "_l": [html.escape(url) for url in addresses] if escaped is None else escaped,
        "_t": addresses,
        "_click": dynamic,
        "_pixel": image,
    }


def _membership(known: Mapping[str, Any]) -> Any:
    """Return the function that tells whether somebody is in a segment; ``known`` has an answer for each asked for."""

    def in_segment(number: int) -> bool:
        found = known.get(str(number))
        if found is None:
            raise CannotRender(f"Nobody knows who is in the segment {number}")
        return bool(found)

    return in_segment


def _marked(url: str) -> Any:
    """Escape an address for an attribute ourselves: the engine would also write every slash as an entity."""
    return minijinja.safe(html.escape(url))


def preview(renderer: Renderer, roots: Mapping[str, Mapping[str, Any]], links: Mapping[str, str]) -> Rendered:
    """Render every part without tracking; an impossible one becomes ``error``."""
    compiled = renderer.compiled
    addresses = [link.url for link in compiled.links]
    filled = context(compiled, roots, links=links, addresses=addresses, click=lambda no, url: url)
    try:
        return Rendered(
            renderer.subject(filled), renderer.preheader(filled), renderer.html(filled), renderer.text(filled)
        )
    except CannotRender as exc:
        return Rendered(error=str(exc))
