"""What is wrong with a definition, each fault at its member. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import re2

from fidelia.kernel.errors import FieldError
from fidelia.platform.fetch import FetchProblem, check_headers, read_url

from .model import (
    ChannelAuth,
    ChannelDefinition,
    ChannelRequest,
    ContactSpec,
    ContentField,
    InboundMapping,
    NamedValue,
    SettingField,
    ValueCondition,
)
from .placeholders import PlaceholderRefused, Text, read
from .values import PathRefused, steps

#: Values of a message that are there whatever the channel.
MESSAGE = ("message.id", "message.mailing", "message.profile", "inbound.url")
MOST_NODES, DEEPEST = 2_000, 32
_LITERAL = re.compile(r"https?://[^/?#\s${}]+(?=[/?]|$)")
_SETTING = re.compile(r"\$\{settings\.([a-z][a-z0-9_]*)\}")
_NAMES = "username password token header token_url client_id client_secret scope"
_WANTED: Mapping[str, tuple[str, ...]] = {
    "none": (),
    "basic": ("username", "password"),
    "bearer": ("token",),
    "header": ("header", "token"),
    "oauth2": ("token_url", "client_id", "client_secret"),
}
_SECRETS = ("password", "token", "client_secret")


class Checker:
    """Collects what is wrong with a definition."""

    def __init__(self, definition: ChannelDefinition) -> None:
        self._definition = definition
        self.errors: list[FieldError] = []
        self._secret = {s.key for s in definition.settings if s.type == "secret"}
        self._url = {s.key for s in definition.settings if s.type == "url"}
        self._settings = {f"settings.{s.key}" for s in definition.settings}
        self._known = {"contact", *MESSAGE, *self._settings, *(f"content.{c.key}" for c in definition.content)}
        self.used: set[str] = set()

    def run(self) -> list[FieldError]:
        """Return every fault, with pointers below ``/definition``."""
        definition = self._definition
        self._contact(definition.contact)
        self._content(definition.content)
        self._setting_fields(definition.settings)
        self._request(definition.request)
        self._auth(definition.auth)
        self._answer()
        self._inbound(definition.inbound)
        if "contact" not in self.used:
            self._add("/request", "The request does not say who gets the message: put ${contact} into it")
        return self.errors

    def _add(self, at: str, message: str) -> None:
        self.errors.append(FieldError(f"/definition{at}", message))

    # -- what people and administrators fill in ---------------------------------------------------------------------

    def _contact(self, contact: ContactSpec) -> None:
        if contact.pattern:
            try:
                re2.compile(contact.pattern)
            except re2.error as exc:
                self._add("/contact/pattern", f"This is no regular expression: {_words(exc)}")

    def _content(self, fields: list[ContentField]) -> None:
        self._unique("/content", (field.key for field in fields))
        for n, field in enumerate(fields):
            values = [option.value for option in field.options]
            if field.type == "choice" and not values:
                self._add(f"/content/{n}/options", "A choice needs values to choose from")
            if field.type != "choice" and values:
                self._add(f"/content/{n}/options", "Only a choice has values to choose from")
            if len(set(values)) < len(values):
                self._add(f"/content/{n}/options", "Two of the values are the same")
            if field.max_length is not None and field.type not in ("text", "long_text", "url"):
                self._add(f"/content/{n}/max_length", "Only texts and addresses have a greatest length")

    def _setting_fields(self, fields: list[SettingField]) -> None:
        self._unique("/settings", (field.key for field in fields))
        for n, field in enumerate(fields):
            at = f"/settings/{n}/default"
            if field.type == "secret" and field.default:
                self._add(at, "A secret has no default: everybody who sees channels would see it")
            elif field.default and (fault := setting_fault(field, field.default)):
                self._add(at, fault)

    def _unique(self, at: str, keys: Iterable[str]) -> None:
        seen: set[str] = set()
        for n, key in enumerate(keys):
            if key in seen:
                self._add(f"{at}/{n}/key", f"There is a field {key} already")
            seen.add(key)

    # -- the request ------------------------------------------------------------------------------------------------

    def _request(self, request: ChannelRequest) -> None:
        self._address("/request/url", request.url, request.allow_http)
        self._named("/request/query", request.query)
        self._named("/request/headers", request.headers)
        self._header_names(request.headers)
        if request.method == "GET" and request.body != "none":
            self._add("/request/body", "A GET request has no body")
        if request.body == "json":
            self._tree(request.json)
        elif request.body == "form":
            self._named("/request/form", request.form)
        elif request.body == "text":
            self._text("/request/text", request.text)
            if not request.content_type.isascii() or not request.content_type.isprintable():
                self._add("/request/content_type", "This is no type of content")

    def _address(self, at: str, url: str, allow_http: bool) -> None:
        text = self._text(at, url)
        if text is None:
            return
        setting = _SETTING.match(url)
        if setting is not None:
            if setting[1] not in self._url:
                self._add(at, f"Only a setting of the type address can begin the address; {setting[1]} is none")
            rest = url[setting.end() :]
            if rest and rest[0] not in "/?":
                self._add(at, "After the setting that the address begins with, / or ? has to follow")
            return
        literal = _LITERAL.match(url)
        if literal is None:
            self._add(at, "An address begins with https:// and a host, or with a setting: ${settings.url}")
            return
        try:
            read_url(literal[0])
        except FetchProblem as exc:
            self._add(at, exc.detail)
        if literal[0].startswith("http://") and not allow_http:
            self._add(at, "Without encryption anybody on the way reads the messages: use https://, or allow http")
        if "#" in re.sub(r"\$#?\{[^}]*\}", "", url):
            self._add(at, "An address that is called has no part after #")

    def _named(self, at: str, pairs: list[NamedValue]) -> None:
        for n, pair in enumerate(pairs):
            self._text(f"{at}/{n}/value", pair.value)
            if "${" in pair.name:
                self._add(f"{at}/{n}/name", "A name cannot hold placeholders")

    def _header_names(self, headers: list[NamedValue]) -> None:
        seen: set[str] = set()
        for n, header in enumerate(headers):
            try:
                check_headers({header.name: ""})
            except FetchProblem as exc:
                self._add(f"/request/headers/{n}/name", exc.detail)
            if header.name.lower() in seen:
                self._add(f"/request/headers/{n}/name", f"There are two headers {header.name}")
            seen.add(header.name.lower())

    def _tree(self, tree: Any) -> None:
        fault = _too_much(tree)
        if fault is not None:
            self._add("/request/json", fault)
            return
        for at, text in _texts(tree, "/request/json"):
            self._text(at, text, typed=True)

    # -- proof ------------------------------------------------------------------------------------------------------

    def _auth(self, auth: ChannelAuth) -> None:
        wanted = _WANTED[auth.kind]
        for name in _NAMES.split():
            value = getattr(auth, name)
            at = f"/auth/{name}"
            if name not in wanted and not (name == "scope" and auth.kind == "oauth2"):
                continue
            if name != "scope" and not value:
                self._add(at, "This is needed to sign in")
            elif name in _SECRETS:
                known = _SETTING.fullmatch(value)
                if known is None or known[1] not in self._secret:
                    self._add(at, "Name a secret setting here and nothing else, such as ${settings.token}")
            elif name == "header":
                self._header_at(at, value)
            elif name == "token_url":
                self._address(at, value, self._definition.request.allow_http)
            else:
                self._text(at, value, only=self._settings)

    def _header_at(self, at: str, name: str) -> None:
        try:
            check_headers({name: ""})
        except FetchProblem as exc:
            self._add(at, exc.detail)

    # -- what comes back --------------------------------------------------------------------------------------------

    def _answer(self) -> None:
        answer = self._definition.answer
        self._path("/answer/reason", answer.reason)
        self._path("/answer/retry_after", answer.retry_after)
        self._paths("/answer/message_id", answer.message_id)
        for n, rule in enumerate(answer.rules):
            self._conditions(f"/answer/rules/{n}/conditions", rule.conditions)
            if rule.unsubscribes and rule.outcome != "failed":
                self._add(f"/answer/rules/{n}/unsubscribes", "Only a message that failed ends a subscription")
        if answer.otherwise != "sent" and all(rule.outcome != "sent" for rule in answer.rules):
            self._add("/answer/rules", "No answer would mean that a message was sent")

    def _inbound(self, inbound: InboundMapping) -> None:
        for name in ("items", "contact", "at", "reason", "event_id"):
            self._path(f"/inbound/{name}", getattr(inbound, name))
        self._paths("/inbound/message_id", inbound.message_id)
        for n, rule in enumerate(inbound.rules):
            self._conditions(f"/inbound/rules/{n}/conditions", rule.conditions)
            self._paths(f"/inbound/rules/{n}/message_id", rule.message_id)
            self._path(f"/inbound/rules/{n}/contact", rule.contact)
        if not inbound.active:
            return
        if not inbound.rules:
            self._add("/inbound/rules", "Say which events the provider tells")
        named = [inbound.message_id, *(rule.message_id for rule in inbound.rules)]
        if inbound.whose == "provider" and any(named) and not self._definition.answer.message_id:
            text = "Events name the provider's message, so say in the answer where it stands"
            self._add("/answer/message_id", text)
        if inbound.whose == "ours" and any(named) and "message.id" not in self.used:
            self._add("/inbound/whose", "The request does not tell the provider our ${message.id}")
        signature = inbound.signature
        if signature.kind != "none":
            self._header_at("/inbound/signature/header", signature.header)
            if signature.secret not in self._secret:
                self._add("/inbound/signature/secret", "Choose a secret setting that the provider signs with")

    def _conditions(self, at: str, conditions: list[ValueCondition]) -> None:
        for n, condition in enumerate(conditions):
            self._path(f"{at}/{n}/path", condition.path)
            if (condition.op in ("is_present", "is_missing")) != (condition.value is None):
                self._add(f"{at}/{n}/value", "Enter a value" if condition.value is None else "No value goes with this")

    def _paths(self, at: str, paths: list[str]) -> None:
        for n, path in enumerate(paths):
            self._path(f"{at}/{n}", path)
            if not path.strip():
                self._add(f"{at}/{n}", "Say where it stands")

    def _path(self, at: str, path: str) -> None:
        try:
            steps(path)
        except PathRefused as exc:
            self._add(at, str(exc))

    # -- texts ------------------------------------------------------------------------------------------------------

    def _text(self, at: str, text: str, *, typed: bool = False, only: set[str] | None = None) -> Text | None:
        if "\x00" in text:
            self._add(at, "A text cannot hold the character NUL")
            return None
        try:
            made = read(text)
        except PlaceholderRefused as exc:
            self._add(at, str(exc))
            return None
        for found in made.placeholders:
            known = self._known if only is None else only
            for name in found.names:
                if name not in known:
                    self._add(at, _unknown(name, known))
            if found.typed and not typed:
                self._add(at, "$# keeps the type of a value, which only JSON has")
            self.used.update(found.names)
        return made


def definition_faults(definition: ChannelDefinition) -> list[FieldError]:
    """Return everything that is wrong with a definition."""
    return Checker(definition).run()


def setting_fault(field: SettingField, value: Any) -> str | None:
    """Return why a value cannot be that of a setting, or ``None`` when it can."""
    if field.type == "boolean":
        return None if isinstance(value, bool) or value in ("true", "false") else "This is either true or false"
    if field.type == "number":
        return "This is no number" if isinstance(value, bool) or not _is_number(value) else None
    if not isinstance(value, str) or "\x00" in value or len(value) > 10_000:
        return "Enter a text of 10,000 characters at most"
    return _address_fault(value) if field.type == "url" else None


def _address_fault(value: str) -> str | None:
    try:
        read_url(value)
    except FetchProblem as exc:
        return exc.detail
    return "The beginning of an address holds neither ? nor #" if "?" in value or "#" in value else None


def narrowed(before: ChannelDefinition, after: ChannelDefinition, *, templates: bool) -> list[FieldError]:
    """Return what may not be changed of the content of a channel, whatever its templates say.

    A required field never becomes optional. While there are ``templates``, none of them goes, and none changes its
    type but between short and long text.
    """
    errors = []
    now = {field.key: (n, field) for n, field in enumerate(after.content)}
    for old in before.content:
        n, new = now.get(old.key, (-1, None))
        if new is None:
            if old.required and templates:
                message = f"{old.label} ({old.key}) is required and templates hold it: it cannot be taken away"
                errors.append(FieldError("/definition/content", message))
            continue
        if old.required and not new.required:
            message = f"{old.label} is required and cannot become optional: providers refuse messages without it"
            errors.append(FieldError(f"/definition/content/{n}/required", message))
        texts = {"text", "long_text"}
        if templates and new.type != old.type and not {old.type, new.type} <= texts:
            message = f"Templates hold {old.label}: its type cannot change any more"
            errors.append(FieldError(f"/definition/content/{n}/type", message))
    return errors


def newly_required(before: ChannelDefinition, after: ChannelDefinition) -> Iterator[tuple[int, ContentField]]:
    """Yield the fields that templates have to fill in now and did not have to before."""
    known = {field.key for field in before.content if field.required}
    return ((n, field) for n, field in enumerate(after.content) if field.required and field.key not in known)


def removed(before: ChannelDefinition, after: ChannelDefinition) -> list[ContentField]:
    """Return the fields that are gone."""
    kept = {field.key for field in after.content}
    return [field for field in before.content if field.key not in kept]


def _is_number(value: Any) -> bool:
    if isinstance(value, int | float):
        return True
    return isinstance(value, str) and re.fullmatch(r"-?\d{1,15}(\.\d{1,9})?", value) is not None


def _too_much(tree: Any) -> str | None:
    count, level = 0, [tree]
    for _ in range(DEEPEST):
        count += len(level)
        if count > MOST_NODES:
            return f"The tree has more than {MOST_NODES:,} values"
        level = [
            child
            for node in level
            for child in (node.values() if isinstance(node, dict) else node if isinstance(node, list) else ())
        ]
        if not level:
            return None
    return f"The tree is more than {DEEPEST} levels deep"


def _texts(tree: Any, at: str) -> Iterator[tuple[str, str]]:
    if isinstance(tree, str):
        yield at, tree
    elif isinstance(tree, list):
        for n, item in enumerate(tree):
            yield from _texts(item, f"{at}/{n}")
    elif isinstance(tree, dict):
        for name, item in tree.items():
            yield from _texts(item, f"{at}/{name.replace('~', '~0').replace('/', '~1')}")


def _unknown(name: str, known: Iterable[str]) -> str:
    root = name.partition(".")[0]
    near = sorted(other for other in known if other.partition(".")[0] == root) or sorted(known)
    return f"${{{name}}} is unknown; there is {', '.join(f'${{{other}}}' for other in near[:12])}"


def _words(exc: Exception) -> str:
    said = exc.args[0] if exc.args else exc
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
