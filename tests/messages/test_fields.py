"""Templates whose messages consist of fields: what stands in each, and which addresses in them are followed."""

from __future__ import annotations

from fidelia.messages.markup.fields import FieldRenderer, compile_fields, preview_fields
from fidelia.messages.markup.model import FieldShape, TemplateSource

SHAPE = [FieldShape("text", "Text", "long_text", True), FieldShape("button", "Button", "url", False)]


def source(**content: str) -> TemplateSource:
    return TemplateSource(format="mjml", body="", content=content, shape=SHAPE)


def test_an_address_field_and_addresses_in_a_text_are_followed_and_shown_as_they_are() -> None:
    written = {"text": "See https://shop.example/a.", "button": "https://shop.example/b"}
    compiled = compile_fields(source(**written), SHAPE).compiled
    assert compiled is not None
    assert [(link.no, link.url) for link in compiled.links] == [
        (0, "https://shop.example/a"),
        (1, "https://shop.example/b"),
    ]
    assert compiled.content["button"] == "{{ _t[1] }}"
    assert preview_fields(FieldRenderer(compiled), {}, {}).fields == written


def test_a_required_field_that_is_empty_is_named() -> None:
    (problem,) = compile_fields(source(button="https://shop.example/b"), SHAPE).problems
    assert (problem.severity, problem.part, problem.code) == ("error", "fields.text", "required")
