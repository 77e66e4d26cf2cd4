"""From definitions to requests: placeholders, and values that want to be more than values."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fidelia.messages.channels.http.content import content_values
from fidelia.messages.channels.http.model import ChannelDefinition
from fidelia.messages.channels.http.placeholders import PlaceholderRefused, fill_tree, read, read_tree
from fidelia.messages.channels.http.presets import PRESETS
from fidelia.messages.channels.http.request import CannotBuild, RequestMaker
from fidelia.messages.channels.http.rules import definition_faults

from .world import definition

VALUES: dict[str, Any] = {
    "contact": "42",
    "content.text": 'He said "hi"\n</x> & ${contact}',
    "content.silent": True,
    "content.price": 12.5,
    "content.count": 3,
    "settings.token": "a:b/c?d",
}
HOSTILE = st.text(st.characters(codec="utf-8"), max_size=60) | st.sampled_from(
    [
        '"}',
        "\r\nX-Evil: 1",
        "..",
        ".",
        "a/../b",
        "a&b=c",
        "?x=1#y",
        "%2e%2e",
        "</text><x>",
        "\x00",
        "${contact}",
        "'",
        "\\",
    ]
)


def made(**parts: Any) -> ChannelDefinition:
    return msgspec.convert(definition(**parts), ChannelDefinition)


def faults(**parts: Any) -> dict[str, str]:
    return {error.pointer.removeprefix("/definition"): error.message for error in definition_faults(made(**parts))}


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("to ${contact}!", "to 42!"),
        ("${content.missing or contact}", "42"),
        ("${ contact | digits }", "42"),
        ("$${contact} is ${contact}", "${contact} is 42"),
        ("${content.missing}", None),
        ("a ${content.missing} b", "a  b"),
        ("$5 and {x}", "$5 and {x}"),
        ("${content.silent}/${content.price}/${content.count}", "true/12.5/3"),
    ],
)
def test_placeholders(text: str, filled: str | None) -> None:
    assert read(text).fill(VALUES) == filled


@pytest.mark.parametrize(
    "text", ["${", "${contact", "${Contact}", "${contact|sha1}", "a $#{content.price}", "${a.b.c}"]
)
def test_what_is_no_placeholder_is_refused(text: str) -> None:
    with pytest.raises(PlaceholderRefused):
        read(text)


def test_json_keeps_types_and_leaves_out_what_is_missing() -> None:
    tree = {
        "silent": "$#{content.silent}",
        "price": "$#{content.price}",
        "text": "${content.price}",
        "none": "${content.missing}",
        "keyboard": [[{"text": "${content.missing}", "url": "$#{content.missing}"}]],
        "empty": [],
        "fixed": {"n": 1, "null": None},
        "items": ["${content.missing}", "a ${content.missing}"],
    }
    assert fill_tree(read_tree(tree), VALUES) == {
        "silent": True,
        "price": 12.5,
        "text": "12.5",
        "empty": [],
        "fixed": {"n": 1, "null": None},
        "items": ["a "],
    }


@given(HOSTILE)
def test_no_value_leaves_its_place(text: str) -> None:
    """Whatever stands in a value, it comes out of the other side's parser as it went in, or nothing is sent."""
    parts: dict[str, Any] = {
        "url": "https://api.example.org/send/${content.text}/end?q=${content.text}",
        "query": [{"name": "p", "value": "${content.text}"}],
        "headers": [{"name": "X-Text", "value": "<${content.text}>"}],
        "json": {"a": "${content.text}", "b": "<${content.text}>", "c": 1},
        "form": [{"name": "f", "value": "<${content.text}>"}, {"name": "g", "value": "1"}],
    }
    for body in ("json", "form"):
        requests = RequestMaker(made(request={**parts, "body": body}), {})
        try:
            built = requests.build({"contact": "1", "content.text": text})
        except CannotBuild:
            continue
        url = urlsplit(built.url)
        assert (url.scheme, url.netloc, url.fragment) == ("https", "api.example.org", "")
        assert url.path.startswith("/send/")
        assert url.path.count("/") == 3
        assert parse_qs(url.query, keep_blank_values=True) == {"q": [text], "p": [text]}
        assert built.headers["x-text"] == f"<{text}>"
        assert "\r" not in built.headers["x-text"]
        assert "\n" not in built.headers["x-text"]
        assert built.body is not None
        if body == "json":
            assert json.loads(built.body) == {"a": text, "b": f"<{text}>", "c": 1}
        else:
            assert parse_qs(built.body.decode(), keep_blank_values=True) == {"f": [f"<{text}>"], "g": ["1"]}


@pytest.mark.parametrize("value", ["..", ".", "a\r\nb", "ü", "x" * 9_000])
def test_what_cannot_stand_somewhere_is_not_sent(value: str) -> None:
    parts = {"url": "https://api.example.org/send/x", "headers": [{"name": "X-Text", "value": "${content.text}"}]}
    if value.startswith("."):
        parts = {"url": "https://api.example.org/send/${content.text}/x", "headers": []}
    with pytest.raises(CannotBuild):
        RequestMaker(made(request=parts), {}).build({"contact": "1", "content.text": value})


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/xml", '<t a="&lt;/t&gt;&quot;&amp;&apos;">x</t>'),
        ("text/plain", '<t a="</t>"&\'">x</t>'),
    ],
)
def test_text_bodies_are_escaped_by_their_type(kind: str, body: str) -> None:
    request = {
        "body": "text",
        "text": '<t a="${content.text}">x</t>',
        "content_type": kind,
        "url": "https://x.example/",
    }
    built = RequestMaker(made(request=request), {}).build({"contact": "1", "content.text": "</t>\"&'"})
    assert built.body == body.encode()
    assert built.headers["content-type"] == kind


def test_proof_of_who_sends() -> None:
    settings = {"token": "t o", "user": "me", "api_url": "https://x.example"}
    kinds = [{"key": "token", "type": "secret"}, {"key": "user", "type": "text"}, {"key": "api_url", "type": "url"}]
    fields = [{"label": "x", "required": True, "default": "", "help": "", **kind} for kind in kinds]
    for kind, header in (("basic", "Basic bWU6dCBv"), ("bearer", "Bearer t o")):
        auth = {
            "kind": kind,
            "username": "${settings.user}",
            "password": "${settings.token}",
            "token": "${settings.token}",
        }
        found = made(settings=fields, auth=auth, request={"url": "${settings.api_url}/x", "json": {"to": "${contact}"}})
        assert definition_faults(found) == []
        built = RequestMaker(found, settings).build({"contact": "1"})
        assert built.headers["authorization"] == header
        assert built.secret_headers == {"authorization"}


# -- what is wrong with definitions ---------------------------------------------------------------------------------


def test_presets_are_nothing_but_definitions_without_faults() -> None:
    for preset in PRESETS.values():
        assert definition_faults(preset.definition) == []
        again = msgspec.convert(msgspec.to_builtins(preset.definition), ChannelDefinition, strict=True)
        assert again == preset.definition


@pytest.mark.parametrize(
    ("part", "changes", "pointer", "words"),
    [
        ("request", {"url": "ftp://x.example/"}, "/request/url", "https://"),
        ("request", {"url": "https://${contact}/x"}, "/request/url", "host"),
        ("request", {"url": "https://x.example${contact}/"}, "/request/url", "host"),
        ("request", {"url": "${settings.token}/x"}, "/request/url", "type address"),
        ("request", {"url": "${settings.api_url}x"}, "/request/url", "/ or ?"),
        ("request", {"url": "http://x.example/", "allow_http": False}, "/request/url", "encryption"),
        ("request", {"url": "https://u:p@x.example/"}, "/request/url", "password"),
        ("request", {"url": "https://x.example/#${contact}"}, "/request/url", "#"),
        ("request", {"json": {"a": "${content.nothing}"}}, "/request/json/a", "unknown"),
        ("request", {"json": {"a/b": ["${contact}", "${"]}}, "/request/json/a~1b/1", "placeholder"),
        ("request", {"json": {"a": "hello"}}, "/request", "who gets"),
        ("request", {"headers": [{"name": "Host", "value": "x"}]}, "/request/headers/0/name", "Fidelia itself"),
        ("request", {"headers": [{"name": "A: b", "value": "x"}]}, "/request/headers/0/name", "no name"),
        ("request", {"headers": [{"name": "X-A", "value": "$#{contact}"}]}, "/request/headers/0/value", "JSON"),
        ("request", {"method": "GET"}, "/request/body", "no body"),
        ("auth", {"kind": "bearer", "token": "in-the-clear"}, "/auth/token", "secret setting"),
        ("auth", {"kind": "bearer", "token": "${settings.api_url}"}, "/auth/token", "secret setting"),
        ("auth", {"kind": "oauth2", "client_id": "x"}, "/auth/token_url", "needed"),
        ("answer", {"reason": "a..b"}, "/answer/reason", "path"),
        ("answer", {"rules": []}, "/answer/rules", "sent"),
        ("inbound", {"rules": []}, "/inbound/rules", "events"),
        ("inbound", {"whose": "ours", "message_id": ["x"]}, "/inbound/whose", "message.id"),
        ("contact", {"pattern": "(a"}, "/contact/pattern", "regular"),
    ],
)
def test_faults_are_told_at_their_place(part: str, changes: dict[str, Any], pointer: str, words: str) -> None:
    found = faults(**{part: changes})
    assert pointer in found, found
    assert words in found[pointer]


def test_a_path_in_a_condition_is_checked() -> None:
    rule = {"statuses": [], "conditions": [{"path": "ok", "op": "eq", "value": None}], "outcome": "sent"}
    rule |= {"reason": "", "unsubscribes": False}
    assert faults(answer={"rules": [rule]}) == {"/answer/rules/0/conditions/0/value": "Enter a value"}


# -- content --------------------------------------------------------------------------------------------------------


def field(key: str, type_: str, **more: Any) -> dict[str, Any]:
    made = {"key": key, "label": key.title(), "type": type_, "required": False, "max_length": None, "options": []}
    return {**made, "help": "", **more}


@pytest.mark.parametrize(
    ("shape", "text", "value"),
    [
        (field("a", "text"), " x \n y ", "x y"),
        (field("a", "long_text"), " x \r\n y ", "x \n y"),
        (field("a", "number"), "12.50", 12.5),
        (field("a", "number"), "12", 12),
        (field("a", "boolean"), "False", False),
        (field("a", "url"), "https://x.example/?a=1", "https://x.example/?a=1"),
        (field("a", "choice", options=[{"value": "x", "label": "X"}]), "x", "x"),
        (field("a", "text"), "  ", None),
    ],
)
def test_content_becomes_values(shape: dict[str, Any], text: str, value: Any) -> None:
    found = content_values(made(content=[shape]), {"a": text})
    assert found == ({} if value is None else {"content.a": value})
    assert all(type(v) is type(value) for v in found.values())


@pytest.mark.parametrize(
    ("shape", "text", "words"),
    [
        (field("a", "text", required=True), " ", "is empty"),
        (field("a", "text", max_length=3), "four", "4 characters"),
        (field("a", "number"), "1e5", "no number"),
        (field("a", "number"), "NaN", "no number"),
        (field("a", "boolean"), "maybe", "neither"),
        (field("a", "url"), "javascript:alert(1)", "no address"),
        (field("a", "choice", options=[{"value": "x", "label": "X"}]), "y", "cannot be"),
    ],
)
def test_content_that_is_not_what_its_field_takes(shape: dict[str, Any], text: str, words: str) -> None:
    with pytest.raises(CannotBuild, match=words):
        content_values(made(content=[shape]), {"a": text})
