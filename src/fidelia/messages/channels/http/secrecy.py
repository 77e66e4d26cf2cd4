"""Secrets that must not be seen: marks in place of them, and dots wherever an answer repeats one."""

from __future__ import annotations

import json
import secrets as random
from collections.abc import Iterable, Mapping
from urllib.parse import quote, quote_plus

from .model import AnswerShown, ChannelDefinition, HeaderLine, RequestShown, Scalar
from .request import Built
from .values import plain

DOTS = "•••••"
#: Shorter ones stand in answers by chance.
_SHORTEST = 4
MOST_SHOWN = 20_000


def marked(definition: ChannelDefinition, settings: Mapping[str, Scalar]) -> tuple[dict[str, Scalar], list[str]]:
    """Return the values of settings with a mark for each secret, and the marks: digits, which nothing changes."""
    values = dict(settings)
    marks = []
    for field in definition.settings:
        if field.type == "secret":
            mark = "7" + "".join(random.choice("0123456789") for _ in range(30))
            values[field.key] = mark
            marks.append(mark)
    return values, marks


class Hider:
    """Puts dots in place of secrets, in every form in which an answer may repeat them."""

    def __init__(self, secrets: Iterable[Scalar]) -> None:
        forms: set[str] = set()
        for value in secrets:
            text = plain(value)
            if len(text) >= _SHORTEST:
                forms |= {text, quote(text, safe=""), quote_plus(text), json.dumps(text)[1:-1]}
        self._forms = sorted(forms, key=len, reverse=True)

    def hide(self, text: str) -> str:
        """Return a text without the secrets."""
        for form in self._forms:
            text = text.replace(form, DOTS)
        return text


def shown(built: Built, hider: Hider) -> RequestShown:
    """Return a request as people may see it."""
    headers = [
        HeaderLine(name, DOTS if name in built.secret_headers else hider.hide(value))
        for name, value in sorted(built.headers.items())
    ]
    body = "" if built.body is None else built.body[:MOST_SHOWN].decode("utf-8", "replace")
    return RequestShown(method=built.method, url=hider.hide(built.url), headers=headers, body=hider.hide(body))


def answer_shown(status: int, headers: Mapping[str, str], body: bytes, took: float, hider: Hider) -> AnswerShown:
    """Return an answer as people may see it."""
    lines = [HeaderLine(name, hider.hide(value)) for name, value in sorted(headers.items()) if name != "set-cookie"]
    text = body[:MOST_SHOWN].decode("utf-8", "replace").replace("\x00", "")
    return AnswerShown(status=status, headers=lines, body=hider.hide(text), duration_ms=round(took * 1000))
