"""Templates of channels whose messages consist of fields: each is a text of its own, checked and rendered alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import minijinja

from .compile import check_expressions, compile_source, syntax_of
from .includes import as_text
from .model import (
    MAX_SOURCE,
    Compiled,
    CompileReply,
    FieldShape,
    Rendered,
    TemplateLink,
    TemplateProblem,
    TemplateSource,
)
from .render import FUEL, CannotRender, cannot_render, context
from .scan import Protected, protect

_URL = re.compile(r"https?://[^\s<>\"'\[\]{}|\\^`]+", re.IGNORECASE)
_AFTER = ".,;:!?)*_~"
_OWN_LINK = re.compile(r"\{\{[-+]?\s*(?:links\.\w+|preferences_url|confirm_url)\s*[-+]?\}\}")
MAX_FIELD = 100_000


def compile_any(source: TemplateSource) -> CompileReply:
    """Check and compile a template, a mail or one of fields."""
    return compile_source(source) if source.shape is None else compile_fields(source, source.shape)


def compile_fields(source: TemplateSource, shape: list[FieldShape]) -> CompileReply:
    """Check and compile a template of fields. Never raises for what is written in it."""
    problems: list[TemplateProblem] = []
    uses: set[str] = set()
    links: dict[str, TemplateLink] = {}
    made: dict[str, str] = {}
    fragments: dict[str, int] = {}
    known = {field.key for field in shape}
    for key in source.content.keys() - known:
        if source.content[key].strip():
            message = f"Messages of this channel have no field {key} any more"
            problems.append(TemplateProblem("warning", "unknown_part", message, f"fields.{key}"))
    for field in shape:
        text, part = source.content.get(field.key, ""), f"fields.{field.key}"
        if len(text) > MAX_SOURCE:
            problems.append(TemplateProblem("error", "size", f"{field.label} is too long", part))
            continue
        if not text.strip():
            if field.required:
                problems.append(TemplateProblem("error", "required", f"{field.label} is required", part))
            continue
        whole, included, faults = as_text(text, part, source.outside)
        fragments |= included
        text, found = whole.text, list[TemplateProblem]()
        used = check_expressions(part, text, source, found)
        problems += [*faults, *(whole.located(problem) for problem in found)]
        if used is None:
            continue
        uses |= used
        if "links.web_version" in used:
            message = "Only mails have a web version: links.web_version leads nowhere here"
            problems.append(TemplateProblem("error", "unknown_link", message, part))
        made[field.key] = _tracked(field, text, links)
        broken = syntax_of(made[field.key], part)
        if broken is not None:
            message = f"An expression stands where an address is made: {broken.message}"
            problems.append(TemplateProblem("error", "expression", message, part))
    stopped = any(p.severity == "error" and p.code in ("size", "syntax", "expression") for p in problems)
    if stopped:
        return CompileReply(problems)
    compiled = Compiled(
        subject="",
        preheader="",
        html="",
        text="",
        links=list(links.values()),
        uses=sorted(uses),
        variables=dict(source.variables),
        content=made,
        fragments=fragments,
    )
    return CompileReply(problems, compiled)


def _tracked(field: FieldShape, text: str, links: dict[str, TemplateLink]) -> str:
    """Put expressions in place of addresses: of all of an address field, of those that stand in a text."""
    if field.type == "url":
        return _tracked_whole(text.strip(), links)
    if field.type not in ("text", "long_text"):
        return text
    protected = protect(text)
    parts, at = [], 0
    for found in _URL.finditer(protected.text):
        url = _until_statement(protected, found[0]).rstrip(_AFTER)
        parts += [protected.text[at : found.start()], _link(protected, url, links)]
        at = found.start() + len(url)
    return protected.restore("".join([*parts, protected.text[at:]]))


def _until_statement(protected: Protected, url: str) -> str:
    """Return an address as far as it goes: expressions may be part of it, the end of an ``if`` is none."""
    for token in protected.pattern.finditer(url):
        if not protected.expressions[int(token[1])].startswith("{{"):
            return url[: token.start()]
    return url


def _tracked_whole(text: str, links: dict[str, TemplateLink]) -> str:
    if _OWN_LINK.fullmatch(text):
        return text
    protected = protect(text)
    if not protected.expressions:
        return protected.restore(_link(protected, text, links))
    link = links.setdefault(text, TemplateLink(len(links), text, dynamic=True))
    return f"{{% set _u %}}{text}{{% endset %}}{{% if _u|trim %}}{{{{ _click({link.no}, _u) }}}}{{% endif %}}"


def _link(protected: Protected, url: str, links: dict[str, TemplateLink]) -> str:
    plain = protected.restore(url)
    dynamic = protected.pattern.search(url) is not None
    link = links.setdefault(plain, TemplateLink(len(links), plain, dynamic=dynamic))
    if not dynamic:
        return protected.token(f"{{{{ _t[{link.no}] }}}}")
    return protected.token(f"{{% set _u %}}{plain}{{% endset %}}{{{{ _click({link.no}, _u) }}}}")


class FieldRenderer:
    """The fields of one template, parsed once."""

    def __init__(self, compiled: Compiled) -> None:
        self.compiled = compiled
        self._environment = minijinja.Environment(  # type: ignore[call-overload]  # semi_strict is not in its stubs
            templates={f"{key}.txt": text for key, text in compiled.content.items()},
            undefined_behavior="semi_strict",
            fuel=FUEL,
            keep_trailing_newline=True,
        )

    def fields(self, values: Mapping[str, Any]) -> dict[str, str]:
        """Return the text of each field, as it is and without escapes; raise :class:`CannotRender`."""
        return {key: self._field(key, values) for key in self.compiled.content}

    def _field(self, key: str, values: Mapping[str, Any]) -> str:
        try:
            made: str = self._environment.render_template(f"{key}.txt", **values)
        except minijinja.TemplateError as exc:
            raise cannot_render(exc) from None
        if len(made) > MAX_FIELD:
            raise CannotRender(f"A field of the message would have more than {MAX_FIELD:,} characters")
        return made.strip()


def preview_fields(
    renderer: FieldRenderer, roots: Mapping[str, Mapping[str, Any]], links: Mapping[str, str]
) -> Rendered:
    """Render every field without tracking; an impossible one becomes ``error``."""
    compiled = renderer.compiled
    addresses = [link.url for link in compiled.links]
    filled = context(compiled, roots, links=links, addresses=addresses, click=lambda no, url: url)
    try:
        return Rendered(fields=renderer.fields(filled))
    except CannotRender as exc:
        return Rendered(error=str(exc))
