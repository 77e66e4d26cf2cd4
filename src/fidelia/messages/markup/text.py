"""The plain text of a mail, made from its HTML while that still holds tokens in place of expressions."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping

from .scan import VOID, Protected, Token, tokens

_BLOCK = frozenset(
    "p div table tr h1 h2 h3 h4 h5 h6 ul ol blockquote section article header footer center hr pre form".split()
)
_SKIP = frozenset("head style script title noscript xml".split())
_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)


class _Writer:
    def __init__(self, protected: Protected, links: Mapping[str, str]) -> None:
        self._protected = protected
        self._links = links
        self._only = re.compile(rf"\s*{protected.prefix}\d+z\s*")
        self._parts: list[str] = []
        self._stack: list[tuple[str, bool]] = []
        self._anchors: list[tuple[str, int]] = []

    @property
    def hidden(self) -> bool:
        return bool(self._stack) and self._stack[-1][1]

    def token(self, token: Token, text: str) -> None:
        if token.kind == "open":
            self._open(token)
        elif token.kind == "close":
            self._close(token.name)
        elif self.hidden:
            return
        elif token.kind == "text":
            self._parts.append(re.sub(r"\s+", " ", html.unescape(text[token.start : token.end])))
        elif token.kind == "comment" and self._only.fullmatch(text, token.start + 4, token.end - 3):
            self._parts.append(text[token.start + 4 : token.end - 3].strip())

    def _open(self, token: Token) -> None:
        style = token.get("style")
        hidden = self.hidden or token.name in _SKIP or (style is not None and bool(_HIDDEN.search(style.value)))
        if token.name == "br" and not hidden:
            self._parts.append("\n")
        elif token.name == "img" and not hidden:
            alt = token.get("alt")
            self._parts.append(html.unescape(alt.value) if alt else "")
        elif token.name in _BLOCK and not hidden:
            self._parts.append("\n\n" if token.name in ("p", "h1", "h2", "h3") else "\n")
        elif token.name == "li" and not hidden:
            self._parts.append("\n- ")
        elif token.name == "a" and not hidden:
            href = token.get("href")
            self._anchors.append((href.value if href else "", len(self._parts)))
        elif token.name == "td" and not hidden:
            self._parts.append(" ")
        if token.name not in VOID and not token.self_closing:
            self._stack.append((token.name, hidden))

    def _close(self, name: str) -> None:
        if not any(open_ == name for open_, _ in self._stack):
            return
        hidden = False
        while self._stack:
            open_, hidden = self._stack.pop()
            if open_ == name:
                break
        if hidden:
            return
        if name in _BLOCK:
            self._parts.append("\n\n" if name in ("p", "h1", "h2", "h3") else "\n")
        elif name == "a" and self._anchors:
            href, since = self._anchors.pop()
            self._address(href, "".join(self._parts[since:]).strip())

    def _address(self, href: str, label: str) -> None:
        target = self._links.get(href, html.unescape(href))
        plain = target.removeprefix("mailto:").removeprefix("tel:")
        if target and not target.startswith("#") and label != plain:
            self._parts.append(f" ({target}) " if label else target)

    def text(self) -> str:
        lines = [re.sub(r"[ \t\xa0]+", " ", line).strip() for line in "".join(self._parts).split("\n")]
        return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"


def plain_text(markup: str, protected: Protected, links: Mapping[str, str]) -> str:
    """Return the readable text of HTML; ``links`` maps an ``href`` as it stands to what the text shows instead."""
    writer = _Writer(protected, links)
    for token in tokens(markup):
        writer.token(token, markup)
    return writer.text()
