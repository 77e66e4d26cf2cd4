"""What a person should know about the markup they wrote, each with its line."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

from .known import ATTRIBUTES, FORBIDDEN, allowed, suggest
from .model import Severity, TemplateProblem
from .scan import VOID, Protected, Token, tokens

MAX_DEPTH = 100
MAX_PROBLEMS = 100
_SCHEME = re.compile(r"^\s*([a-zA-Z][a-zA-Z0-9+.-]*):")
_OPTIONAL_CLOSE = frozenset("p li td th tr tbody thead tfoot option dt dd colgroup html head body".split())

Report = Callable[[Severity, str, str, int], None]


class Linter:
    """Walks the pieces of one source and collects problems."""

    def __init__(self, protected: Protected, *, mjml: bool) -> None:
        self._protected = protected
        self._mjml = mjml
        self._open: list[tuple[str, int]] = []
        self.problems: list[TemplateProblem] = []

    def run(self) -> list[TemplateProblem]:
        """Return the problems of the markup, in the order of its lines."""
        first = True
        for token in tokens(self._protected.text):
            if token.kind == "open":
                if first and self._mjml and token.name != "mjml":
                    self._say("error", "root", "An MJML template begins with <mjml>", token.start)
                first = False
                self._opened(token)
            elif token.kind == "close":
                self._closed(token)
            elif token.kind == "text":
                self._text(token)
            if len(self.problems) >= MAX_PROBLEMS:
                break
        if self._mjml:
            if first:
                self._say("error", "root", "An MJML template begins with <mjml>", 0)
            for name, position in self._open:
                self._say("error", "unclosed", f"<{name}> is never closed", position)
        return self.problems

    def _say(self, severity: Severity, code: str, message: str, position: int) -> None:
        line = self._protected.line(position)
        self.problems.append(TemplateProblem(severity, code, message, "body", line))

    def _opened(self, token: Token) -> None:
        name = token.name
        if name == "mj-include":
            self._say("error", "include", "mj-include is not possible: files are never read", token.start)
        elif name.startswith("mj") and (name == "mjml" or name.startswith("mj-")):
            self._element(token)
        if name in FORBIDDEN:
            self._say("error", "forbidden", f"<{name}> is not possible in a mail", token.start)
        self._attributes(token)
        if token.self_closing or name in VOID:
            return
        self._open.append((name, token.start))
        if len(self._open) == MAX_DEPTH + 1:
            self._say("error", "depth", f"Elements are nested more than {MAX_DEPTH} deep", token.start)

    def _element(self, token: Token) -> None:
        if not self._mjml:
            self._say(
                "warning", "mjml_in_html", f"<{token.name}> is MJML, but this template is plain HTML", token.start
            )
            return
        if token.name not in ATTRIBUTES:
            hint = suggest(token.name, ATTRIBUTES)
            self._say("error", "unknown_element", f"<{token.name}> is unknown{hint}", token.start)
            return
        defaults = any(name == "mj-attributes" for name, _ in self._open)
        for attribute in token.attributes:
            if self._protected.prefix in attribute.name:
                message = "A template expression may stand inside an attribute's value, not in place of an attribute"
                self._say("error", "attribute_expression", message, attribute.start)
            elif not allowed(token.name, attribute.name, defaults=defaults):
                hint = suggest(attribute.name, ATTRIBUTES[token.name])
                message = f"<{token.name}> has no attribute {attribute.name}{hint}"
                self._say("warning", "unknown_attribute", message, attribute.start)

    def _attributes(self, token: Token) -> None:
        for attribute in token.attributes:
            if self._mjml and not attribute.quoted:
                message = f'The value of {attribute.name} needs quotes: {attribute.name}="{attribute.value}"'
                self._say("error", "quotes", message, attribute.start)
            if attribute.name.startswith("on") and len(attribute.name) > 4:
                self._say(
                    "error", "forbidden", f"{attribute.name} (a script) is not possible in a mail", attribute.start
                )
        link = token.get("href")
        if link is not None and token.name not in ("link", "mj-font"):
            self._link(html.unescape(link.value), link.start, token.name)
        if token.name in ("img", "mj-image", "mj-carousel-image"):
            if token.get("alt") is None:
                message = f"<{token.name}> has no alt text: who sees no images reads nothing"
                self._say("warning", "image_alt", message, token.start)
            source = token.get("src")
            if source is None or not source.value.strip():
                self._say("warning", "image_source", f"<{token.name}> has no src", token.start)

    def _link(self, url: str, position: int, name: str) -> None:
        text = url.strip()
        if not text or text == "#":
            self._say("warning", "empty_link", f"A link of <{name}> leads nowhere", position)
            return
        reason = refuse_link(self._protected.restore(text))
        if reason and not text.startswith(self._protected.prefix):
            self._say("error", "link", reason, position)

    def _closed(self, token: Token) -> None:
        names = [name for name, _ in self._open]
        if token.name not in names:
            if self._mjml and token.name not in VOID:
                self._say("error", "unopened", f"</{token.name}> closes nothing", token.start)
            return
        while self._open:
            name, position = self._open.pop()
            if name == token.name:
                return
            if self._mjml:
                self._say("error", "unclosed", f"<{name}> is not closed before </{token.name}>", position)
            elif name not in _OPTIONAL_CLOSE:
                self._say("warning", "unclosed", f"<{name}> is not closed before </{token.name}>", position)

    def _text(self, token: Token) -> None:
        if not self._mjml or (self._open and self._open[-1][0] in ("mj-style", "style", "mj-title", "mj-preview")):
            return
        stray = self._protected.text.find("<", token.start, token.end)
        if stray >= 0:
            self._say("error", "stray", "This < begins no element; write &lt; for the sign itself", stray)


def refuse_link(url: str) -> str | None:
    """Return why an address may not be a link's target, or ``None`` when it may (http, https, mailto, tel, #)."""
    text = url.strip()
    if text.startswith(("#", "{{", "{%")):
        return None
    scheme = _SCHEME.match(text)
    if scheme is None:
        return f"The link {text[:80]} needs its full address, beginning with https://"
    if scheme[1].lower() not in ("http", "https", "mailto", "tel"):
        return f"A link may begin with https:, http:, mailto: or tel:, not with {scheme[1]}:"
    if scheme[1].lower() in ("http", "https") and not re.match(r"^\s*https?://[^/\s]", text, re.IGNORECASE):
        return f"The link {text[:80]} names no host"
    return None
