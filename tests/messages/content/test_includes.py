"""Fragments in templates: put in their place before anything else, and problems told where a person finds them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fidelia.messages.markup.compile import compile_source
from fidelia.messages.markup.fields import FieldRenderer, compile_any, preview_fields
from fidelia.messages.markup.includes import MAX_DEPTH, with_fragments
from fidelia.messages.markup.model import FieldShape, FragmentSource, Outside, TemplateProblem, TemplateSource
from fidelia.messages.markup.refers import refers_of
from fidelia.messages.markup.render import Renderer, preview

LINKS = {"unsubscribe": "https://example.com/u"}
PAGE = '<p>Hi</p>\n{% include "footer" %}\n<p><a href="{{ links.unsubscribe }}">Stop</a></p>'


def source(
    body: str, kind: str = "html", known: list[str] | None = None, **fragments: FragmentSource
) -> TemplateSource:
    return TemplateSource(kind, body, "Hello", outside=Outside(fragments, known or list(fragments)))  # type: ignore[arg-type]


def html(text: str, version: int = 1) -> FragmentSource:
    return FragmentSource("html", text, version)


def codes(made: TemplateSource) -> list[tuple[str, int | None, int | None]]:
    return [(p.code, p.line, p.fragment_line) for p in compile_source(made).problems]


def test_a_fragment_is_part_of_the_template() -> None:
    footer = html('<p>{{ profile.city }} <a href="https://shop.example.org/f">Shop</a></p>', 3)
    reply = compile_source(source(PAGE, footer=footer))
    assert reply.problems == []
    compiled = reply.compiled
    assert compiled is not None
    assert compiled.fragments == {"footer": 3}
    assert "profile.city" in compiled.uses
    assert [link.url for link in compiled.links] == ["https://shop.example.org/f"]
    shown = preview(Renderer(compiled), {"profile": {"city": "Köln"}}, LINKS)
    assert "<p>Köln <a href=" in shown.html
    assert "Köln Shop (https://shop.example.org/f)" in shown.text


def test_problems_stand_at_the_line_that_is_wrong() -> None:
    footer = html("<p>fine</p>\n<p>\n{{ nobody.x }}</p>")
    reply = compile_source(source(PAGE + "\n{{ vars.missing }}", footer=footer))
    found = {p.code: p for p in reply.problems}
    assert (found["unknown_root"].line, found["unknown_root"].fragment, found["unknown_root"].fragment_line) == (
        2,
        "footer",
        3,
    )
    assert found["unknown_root"].message.startswith("In the fragment footer, line 3: nobody is unknown")
    assert (found["unknown_variable"].line, found["unknown_variable"].fragment) == (4, None)


def test_what_cannot_be_included_is_told_and_left_out() -> None:
    reply = compile_source(source(PAGE, known=["foter"]))
    assert [(p.code, p.line) for p in reply.problems] == [("unknown_fragment", 2)]
    assert "did you mean foter?" in reply.problems[0].message
    assert reply.compiled is not None
    assert codes(source("{% include name %}" + PAGE, footer=html("x"))) == [("include", 1, None)]
    assert codes(source(PAGE, footer=FragmentSource("mjml", "<mj-text>x</mj-text>", 1))) == [
        ("fragment_format", 2, None)
    ]
    subject = TemplateSource(
        "html", PAGE, '{% include "footer" %}', outside=Outside({"footer": html("<b>x</b>")}, ["footer"])
    )
    assert [(p.code, p.part) for p in compile_source(subject).problems] == [
        ("no_subject", "subject"),
        ("fragment_format", "subject"),
    ] or [p.part for p in compile_source(subject).problems] == ["subject", "subject"]


def test_raw_and_comments_include_nothing() -> None:
    body = '{% raw %}{% include "x" %}{% endraw %}{# {% include "y" %} #}<a href="{{ links.unsubscribe }}">Stop</a>'
    assert refers_of([body]).fragments == []
    compiled = compile_source(source(body)).compiled
    assert compiled is not None
    assert '{% include "x" %}' in preview(Renderer(compiled), {}, LINKS).html


def test_templates_that_include_themselves_end() -> None:
    assert codes(source(PAGE, footer=html('a\n{% include "footer" %}')))[0] == ("fragment_cycle", 2, 2)
    two = {"footer": html('{% include "b" %}'), "b": html('{% include "footer" %}')}
    assert codes(source(PAGE, **two))[0] == ("fragment_cycle", 2, 1)
    chain = {f"f{n}": html(f'{{% include "f{n + 1}" %}}') for n in range(MAX_DEPTH + 3)}
    deep = source(PAGE.replace("footer", "f0"), **chain)
    assert codes(deep)[0] == ("fragment_depth", 2, 1)


def test_fragments_that_double_again_and_again_end_soon() -> None:
    bombs = {f"f{n}": html(f'{{% include "f{n + 1}" %}}' * 50) for n in range(4)} | {"f4": html("x" * 10_000)}
    reply = compile_source(source(PAGE.replace("footer", "f0"), **bombs))
    assert [p.code for p in reply.problems if p.severity == "error"] == ["fragment_size"]


def test_text_is_escaped_in_markup_and_not_in_text() -> None:
    note = FragmentSource("text", "Tom & {{ profile.name }} <3", 1)
    made = TemplateSource(
        "html",
        '<p>{% include "note" %}</p><a href="{{ links.unsubscribe }}">Stop</a>',
        '{% include "note" %}',
        text='{% include "note" %} {{ links.unsubscribe }}',
        outside=Outside({"note": note}, ["note"]),
    )
    compiled = compile_source(made).compiled
    assert compiled is not None
    shown = preview(Renderer(compiled), {"profile": {"name": "<b>"}}, LINKS)
    assert "Tom &amp; &lt;b&gt; &lt;3" in shown.html
    assert shown.subject == "Tom & <b> <3"
    assert shown.text.startswith("Tom & <b> <3")


def test_mjml_fragments_are_compiled_with_the_template() -> None:
    footer = FragmentSource("mjml", "<mj-section><mj-column><mj-text>Foot</mj-text></mj-column></mj-section>\n", 2)
    body = (
        '<mjml><mj-body><mj-section><mj-column><mj-text>Top <a href="{{ links.unsubscribe }}">Stop</a></mj-text>'
        '</mj-column></mj-section>\n{% include "footer" %}\n</mj-body></mjml>'
    )
    reply = compile_source(source(body, "mjml", footer=footer))
    assert reply.problems == []
    assert reply.compiled is not None
    assert "<mj-" not in reply.compiled.html
    assert "Foot" in reply.compiled.html
    broken = FragmentSource("mjml", "<mj-section>\n<mj-colum></mj-colum></mj-section>", 2)
    assert ("unknown_element", 2, 2) in codes(source(body, "mjml", footer=broken))


@given(
    st.lists(
        st.sampled_from(['{% include "a" %}', '{% include "b" %}', "\n", "x", " ", "{{ profile.id }}", "{# c #}"])
    ),
    st.lists(st.sampled_from(['{% include "b" %}', "\n", "y", "<b>", "{% raw %}r{% endraw %}"])),
    st.text(alphabet="z\n<&", max_size=6),
)
def test_places_agree_with_the_text(top: list[str], a: list[str], b: str) -> None:
    """Every letter of a fragment is located in that fragment, at the line where it stands there."""
    fragments = {"a": html("".join(a)), "b": FragmentSource("html", b, 1)}
    body = "".join(top)
    whole, parts, _, _ = with_fragments(source(body, **fragments))
    if not parts:
        assert whole.body == body
        return

    lines = whole.body.split("\n")
    for number, text in enumerate(lines, 1):
        located = parts["body"].located(TemplateProblem("error", "x", "m", "body", number))
        if located.fragment is None:
            assert located.line is not None
            assert 1 <= located.line <= body.count("\n") + 1
        else:
            assert located.fragment_line is not None
            own = fragments[located.fragment].body.split("\n")
            assert 1 <= located.fragment_line <= len(own)
            first = text.strip()[:1]
            assert first == "" or first in own[located.fragment_line - 1]


def test_segments_and_feeds_are_found_and_refused() -> None:
    body = (
        "{% if in_segment(12) and not in_segment( 7 ) %}a{% endif %}{{ feeds.weather.city[0] }}\n"
        '{{ "in_segment(99) feeds.never" }}{# in_segment(98) #}\n'
        '{% if in_segment(profile.id) %}x{% endif %}{{ feeds }}<a href="{{ links.unsubscribe }}">Stop</a>'
    )
    named = refers_of([body])
    assert (named.segments, named.feeds) == ([7, 12], ["weather"])
    made = TemplateSource(
        "html", body, "s", outside=Outside(refused={"in_segment.7": "It is gone", "feeds.weather": "No such feed"})
    )
    found = {(p.code, p.line) for p in compile_source(made).problems}
    assert found == {("unknown_segment", 1), ("unknown_feed", 1), ("segment", 3), ("feed", 3)}


def test_who_is_in_a_segment_reads_another_text() -> None:
    body = '{% if in_segment(12) %}gold{% else %}plain{% endif %}<a href="{{ links.unsubscribe }}">Stop</a>'
    compiled = compile_source(TemplateSource("html", body, "s")).compiled
    assert compiled is not None
    assert "in_segment.12" in compiled.uses
    assert "in_segment" not in compiled.uses
    renderer = Renderer(compiled)
    assert "gold" in preview(renderer, {"in_segment": {"12": True}}, LINKS).html
    assert "plain" in preview(renderer, {"in_segment": {"12": False}}, LINKS).html
    assert preview(renderer, {"in_segment": {}}, LINKS).error == "Nobody knows who is in the segment 12"


def test_fields_of_other_channels_take_fragments_segments_and_feeds() -> None:
    shape = [FieldShape("text", "Text", "long_text", True)]
    note = FragmentSource("text", "Tom & {{ feeds.weather.now }}\nhttps://shop.example.org/n", 4)
    text = 'Hi\n{% include "note" %}{% if in_segment(7) %} gold{% endif %}'
    made = TemplateSource("html", "", shape=shape, content={"text": text}, outside=Outside({"note": note}, ["note"]))
    compiled = compile_any(made).compiled
    assert compiled is not None
    assert compiled.fragments == {"note": 4}
    assert {"in_segment.7", "feeds.weather.now"} <= set(compiled.uses)
    assert [link.url for link in compiled.links] == ["https://shop.example.org/n"]
    roots = {"feeds": {"weather": {"now": -3}}, "in_segment": {"7": True}}
    assert preview_fields(FieldRenderer(compiled), roots, LINKS).fields == {
        "text": "Hi\nTom & -3\nhttps://shop.example.org/n gold"
    }
    wrong = TemplateSource("html", "", shape=shape, content={"text": "a\n{{ nobody }}"})
    assert [(p.line, p.fragment) for p in compile_any(wrong).problems] == [(2, None)]
    broken = FragmentSource("text", "x\n{{ nobody }}", 4)
    inside = TemplateSource(
        "html", "", shape=shape, content={"text": text}, outside=Outside({"note": broken}, ["note"])
    )
    assert [(p.part, p.line, p.fragment_line) for p in compile_any(inside).problems] == [("fields.text", 2, 2)]
