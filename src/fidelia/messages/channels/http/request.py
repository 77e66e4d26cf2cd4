"""From a definition and values to a request, in which no value leaves its place. Pure."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode, urlsplit
from xml.sax.saxutils import escape as xml_escape

import msgspec

from .model import ChannelDefinition, NamedValue, Scalar
from .placeholders import Placeholder, Text, fill_tree, read, read_tree

#: What may stand in a segment of a path as it is (RFC 3986); everything else is written as ``%xx``.
_SEGMENT = ":@!$&'()*+,;=~-._"
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_NOT_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
MOST_BODY = 1_000_000
TYPES = {"json": "application/json", "form": "application/x-www-form-urlencoded"}
FORM = "application/x-www-form-urlencoded"


class CannotBuild(Exception):
    """No request can be made of these values; the text says why, for a person."""


@dataclass(frozen=True, slots=True)
class Built:
    """A request. ``secret_headers`` are the names of those that prove who it is from."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes | None
    secret_headers: frozenset[str] = field(default_factory=frozenset)


class RequestMaker:
    """Makes the requests of one channel; everything of the definition is read once.

    ``settings`` are all values of settings, secrets too; ``inbound_url`` is the address of the provider's events.
    """

    def __init__(self, definition: ChannelDefinition, settings: Mapping[str, Scalar], inbound_url: str = "") -> None:
        request = definition.request
        self._request, self._auth = request, definition.auth
        self.fixed: dict[str, Any] = {f"settings.{key}": value for key, value in settings.items()}
        for setting in definition.settings:
            if setting.default and setting.type != "secret":
                self.fixed.setdefault(f"settings.{setting.key}", setting.default)
        if inbound_url:
            self.fixed["inbound.url"] = inbound_url
        self._base, self._path, self._query = _address(request.url)
        self._parameters = _read_all(request.query)
        self._headers = _read_all(request.headers)
        self._form = _read_all(request.form) if request.body == "form" else []
        self._json = read_tree(request.json) if request.body == "json" else None
        self._text = read(request.text) if request.body == "text" else None
        self._escape = _escape_for(request.content_type)
        self._proof = self._proven()

    def build(self, values: Mapping[str, Any]) -> Built:
        """Return the request for the values of one message (``contact``, ``content.…``, ``message.…``).

        Raises:
            CannotBuild: a value is missing that has to be there, or cannot stand where it should.
        """
        filled = {**self.fixed, **values}
        headers = {"content-type": self._content_type()} if self._request.body != "none" else {}
        for name, text in self._headers:
            value = text.fill(filled)
            if value is not None:
                headers[name.lower()] = header_value(name, value)
        headers |= self._proof
        body = self._body(filled)
        if body is not None and len(body) > MOST_BODY:
            raise CannotBuild(f"The request would have more than {MOST_BODY:,} bytes")
        return Built(self._request.method, self._url(filled), headers, body, frozenset(self._proof))

    def base(self) -> str:
        """Return where requests go to, as far as nothing of a message is in it; raise :class:`CannotBuild`."""
        return base_of(self._base, self.fixed)

    def token_url(self) -> str:
        """Return where tokens are got from; raise :class:`CannotBuild`."""
        base, path, query = _address(self._auth.token_url)
        text = base_of(base, self.fixed) + _whole(path, self.fixed, _SEGMENT)
        return text + (f"?{_whole(query, self.fixed, '')}" if query.parts != ("",) else "")

    def setting(self, text: str) -> str:
        """Return a text of the definition that holds settings only."""
        return read(text).fill(self.fixed) or ""

    def _content_type(self) -> str:
        if self._request.body == "text":
            return self._request.content_type or "text/plain; charset=utf-8"
        return TYPES[self._request.body]

    def _url(self, filled: Mapping[str, Any]) -> str:
        base = base_of(self._base, filled)
        path = _whole(self._path, filled, _SEGMENT)
        if any(segment in (".", "..") for segment in path.split("/")):
            raise CannotBuild("A value makes the address lead to another place")
        query = [_whole(self._query, filled, "")] if self._query.parts != ("",) else []
        pairs = _pairs(self._parameters, filled)
        if pairs:
            query.append(urlencode(pairs, quote_via=quote))
        return base + path + ("?" + "&".join(query) if query else "")

    def _body(self, filled: Mapping[str, Any]) -> bytes | None:
        kind = self._request.body
        if kind == "json":
            return msgspec.json.encode(fill_tree(self._json, filled))
        if kind == "form":
            return urlencode(_pairs(self._form, filled)).encode()
        if self._text is not None:
            return (self._text.fill(filled, self._escape) or "").encode()
        return None

    def _proven(self) -> dict[str, str]:
        auth = self._auth
        if auth.kind == "basic":
            pair = f"{self.setting(auth.username)}:{self.setting(auth.password)}"
            return {"authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
        if auth.kind == "bearer":
            return {"authorization": header_value("Authorization", f"Bearer {self.setting(auth.token)}")}
        if auth.kind == "header":
            return {auth.header.lower(): header_value(auth.header, self.setting(auth.token))}
        return {}


def header_value(name: str, value: str) -> str:
    """Return a value that may stand in a header; raise :class:`CannotBuild`."""
    if _CONTROL.search(value):
        raise CannotBuild(f"The header {name} would hold a line break or another control character")
    if not value.isascii() or len(value) > 8_000:
        raise CannotBuild(f"The header {name} would hold more than plain letters, or be too long")
    return value


def _address(url: str) -> tuple[Text, Text, Text]:
    """Cut an address into what says where to connect to, the path, and the query."""
    text, _, query = url.strip().partition("?")
    if text.startswith("${"):
        end = text.find("}") + 1
    else:
        start = text.find("://") + 3
        slash = text.find("/", start)
        end = slash if slash >= 0 else len(text)
    return read(text[:end]), read(text[end:]), read(query)


def base_of(base: Text, filled: Mapping[str, Any]) -> str:
    """Return scheme and host, and the beginning of the path that a setting adds."""
    made = base.fill(filled)
    if not made:
        raise CannotBuild("The address of the provider is not set")
    if isinstance(base.parts[0], Placeholder):
        parts = urlsplit(made)
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
            raise CannotBuild("The address of the provider has to begin with https:// and hold neither ? nor #")
    return made.rstrip("/")


def _whole(text: Text, filled: Mapping[str, Any], safe: str) -> str:
    """Fill a part of an address in, in which nothing may be missing."""
    parts = []
    for part in text.parts:
        if isinstance(part, str):
            parts.append(part)
            continue
        value = part.text(filled)
        if value is None:
            raise CannotBuild(f"{part.names[0]} is missing, and the address needs it")
        parts.append(quote(value, safe=safe))
    return "".join(parts)


def _read_all(pairs: list[NamedValue]) -> list[tuple[str, Text]]:
    return [(pair.name, read(pair.value)) for pair in pairs]


def _pairs(pairs: list[tuple[str, Text]], filled: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(name, value) for name, text in pairs if (value := text.fill(filled)) is not None]


def _escape_for(content_type: str) -> Callable[[str], str]:
    kind = content_type.partition(";")[0].strip().lower()
    if kind.endswith("xml"):
        return lambda text: xml_escape(_NOT_XML.sub(" ", text), {'"': "&quot;", "'": "&apos;"})
    if kind.endswith("json"):
        return lambda text: msgspec.json.encode(text).decode()[1:-1]
    if kind == FORM:
        return lambda text: quote(text, safe="")
    return str
