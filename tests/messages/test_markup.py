"""The template compiler: what it makes, what it tells, and what hostile templates do to it (nothing)."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fidelia.messages.markup import scan
from fidelia.messages.markup.compile import compile_source
from fidelia.messages.markup.lint import refuse_link
from fidelia.messages.markup.model import TemplateSource
from fidelia.messages.markup.render import CannotRender, Renderer, context, preview
from fidelia.messages.markup.sandbox import work

LINKS = {"unsubscribe": "https://u.example/x", "web_version": "https://w.example", "preferences": "https://p.example"}
OUT = '<a href="{{ links.unsubscribe }}">Stop</a>'


def mjml(inner: str) -> str:
    return f"<mjml><mj-body><mj-section><mj-column>{inner}</mj-column></mj-section></mj-body></mjml>"


def problems(body: str, format_: str = "html", **more) -> list[tuple[str, int | None, str]]:
    found = compile_source(TemplateSource(format_, body + (OUT if format_ == "html" else ""), "s", **more)).problems
    return [(p.code, p.line, p.message) for p in found if p.code != "no_unsubscribe"]


def made(body: str, format_: str = "html", **more):
    reply = compile_source(TemplateSource(format_, body, **{"subject": "s", **more}))
    assert reply.compiled is not None, reply.problems
    return reply.compiled


def shown(body: str, format_: str = "html", *, profile=None, **more):
    return preview(Renderer(made(body, format_, **more)), {"profile": profile or {}}, LINKS)


def test_mjml_becomes_html_with_expressions_in_place() -> None:
    body = mjml(
        "<mj-text>Hi {{ profile.first_name | default('friend') }}"
        + "{% if profile.age and profile.age > 30 %} &amp; all{% endif %}</mj-text>"
        + "{% if profile.city == 'Oslo' %}<mj-text>Only Oslo</mj-text>{% endif %}"
        + "<mj-table>{% for i in [1, 2] %}<tr><td>{{ i }}</td></tr>{% endfor %}</mj-table>"
    )
    rich = shown(body, "mjml", profile={"first_name": "<Ada>", "age": 41, "city": "Oslo"})
    assert rich.error is None
    assert "Hi &lt;Ada&gt; &amp; all" in rich.html
    assert "Only Oslo" in rich.html
    assert rich.html.count("<tbody><tr><td") >= 1
    rows = re.search(r"<table[^>]*table-layout[^>]*>(.*?)</table>", rich.html, re.DOTALL)[1]
    assert re.sub(r"<td[^>]*>", "<td>", rows) == "<tbody><tr><td>1</td></tr><tr><td>2</td></tr></tbody>"
    plain = shown(body, "mjml", profile={"city": "Bergen"})
    assert "Hi friend" in plain.html
    assert "Only Oslo" not in plain.html
    assert "fonts.googleapis" not in plain.html


def test_css_is_inlined_and_media_rules_stay() -> None:
    html = shown("<style>p{color:red}@media(max-width:9px){p{color:blue}}</style><p>{{ 1 }}</p>").html
    assert '<p style="color: red;">1</p>' in html
    assert "@media" in html


def test_missing_values_block_with_the_name() -> None:
    assert shown("<p>{{ profile.city }}</p>").error == "profile.city is missing"
    assert shown("<p>{{ profile.city | default('x') }}</p>").error is None
    assert "no" in shown("<p>{% if profile.city %}yes{% else %}no{% endif %}</p>").html
    assert shown("<p>x</p>", subject="Hi {{ profile.name }}").error == "profile.name is missing"
    assert shown("<p>{{ loyalty.club.points }}</p>").error == "loyalty.club is missing"


def test_variables_have_defaults() -> None:
    compiled = made("<p>{{ vars.brand }}</p>", variables={"brand": "Corner <shop>"})
    assert "Corner &lt;shop&gt;" in preview(Renderer(compiled), {}, LINKS).html
    assert "Other" in preview(Renderer(compiled), {"vars": {"brand": "Other"}}, LINKS).html


def test_links_are_numbered_and_replaced() -> None:
    compiled = made(
        '<a href="https://a.example/?x=1&amp;y=2">A</a><a href="https://a.example/?x=1&y=2">again</a>'
        '<a href="mailto:a@b.co">m</a><a href="#top">t</a>'
        '<a href="https://b.example/{{ profile.id }}?q=1&amp;r=2">B</a>' + OUT
    )
    assert [(link.url, link.dynamic) for link in compiled.links] == [
        ("https://a.example/?x=1&y=2", False),
        ("https://b.example/{{ profile.id }}?q=1&r=2", True),
    ]
    clicks = []
    filled = context(
        compiled,
        {"profile": {"id": '7"><b>'}},
        links=LINKS,
        addresses=["https://t.example/c/1", ""],
        click=lambda no, url: clicks.append((no, url)) or f"https://t.example/c/{no}?u=1&v=2",
        pixel="https://t.example/o/1",
    )
    renderer = Renderer(compiled)
    html = renderer.html(filled)
    assert html.count('href="https://t.example/c/1"') == 2
    assert 'href="https://t.example/c/1?u=1&amp;v=2"' in html
    assert set(clicks) == {(1, 'https://b.example/7"><b>?q=1&r=2')}
    assert 'href="mailto:a@b.co"' in html
    assert '<img src="https://t.example/o/1"' in html
    text = renderer.text(filled)
    assert "A (https://t.example/c/1)" in text
    assert "B (https://t.example/c/1?u=1&v=2)" in text
    assert "Stop (https://u.example/x)" in text


def test_a_link_made_of_a_value_may_not_be_a_script() -> None:
    body = '<a href="{{ profile.site }}">x</a>'
    assert "may begin with" in shown(body, profile={"site": "javascript:alert(1)"}).error
    assert shown(body, profile={"site": "https://ok.example"}).error is None


def test_the_text_part_reads_well() -> None:
    text = shown(
        "<style>p{}</style><h1>Big  news</h1><p>One<br>two &amp; <b>three</b></p><ul><li>a</li><li>b</li></ul>"
        '<div style="display:none">hidden</div><img src="https://x.example/i.png" alt="A cup"><!-- secret -->'
    ).text
    assert text == "Big news\n\nOne\ntwo & three\n\n- a\n- b\nA cup\n"
    assert shown("<p>x</p>", text="Own {{ 1 + 1 }} & <b>").text == "Own 2 & <b>\n"


def test_subjects_are_one_line_without_controls() -> None:
    rich = shown("<p>x</p>", subject="Hi {{ profile.name }}", profile={"name": "A\r\nBcc: x@y.co\x00"})
    assert rich.subject == "Hi A Bcc: x@y.co"
    assert problems("<p>x</p>", preheader="a\nb")[0][0] == "line_break"


def test_the_preheader_is_hidden_text_before_everything() -> None:
    html = shown("<p>Body</p>", preheader="Look <here> {{ profile.n }}", profile={"n": "<x>"}).html
    assert "Look &lt;here&gt; &lt;x&gt;" in html
    assert html.index("Look") < html.index("Body")


@pytest.mark.parametrize(
    ("body", "format_", "code", "line"),
    [
        ("<p>\n{{ profile.last_nme }}</p>", "html", "unknown_field", 2),
        ("<p>{{ usr.x }}</p>", "html", "unknown_root", 1),
        ("<p>\n\n{{ links.unsubscrbe }}</p>", "html", "unknown_link", 3),
        ("<p>{{ vars.brnd }}</p>", "html", "unknown_variable", 1),
        ("<p>\n{{ x</p>", "html", "syntax", 2),
        ("<p>{% for %}</p>", "html", "syntax", 1),
        ('<a href="javascript:x">a</a>', "html", "link", 1),
        ('<p></p>\n<a href="/relative">a</a>', "html", "link", 2),
        ('<a href="https://">a</a>', "html", "link", 1),
        ('<a href="data:text/html,x">a</a>', "html", "link", 1),
        ('<a href="#">a</a>', "html", "empty_link", 1),
        ('<img src="https://x.example/a.png">', "html", "image_alt", 1),
        ("<script>1</script>", "html", "forbidden", 1),
        ('<p onclick="x()">a</p>', "html", "forbidden", 1),
        ("<p>x</p>\n<!-- open", "html", "unclosed", 2),
        (mjml("\n<mj-txt>x</mj-txt>"), "mjml", "unknown_element", 2),
        (mjml('<mj-text colour="red">x</mj-text>'), "mjml", "unknown_attribute", 1),
        (mjml("<mj-text>\na < b</mj-text>"), "mjml", "stray", 2),
        (mjml("<mj-text><img src=x alt='a'></mj-text>"), "mjml", "quotes", 1),
        (mjml('<mj-include path="/etc/passwd" />'), "mjml", "include", 1),
        ("<mjml><mj-body><mj-section>\n<mj-column></mj-section></mj-body></mjml>", "mjml", "unclosed", 2),
        ("<mjml><mj-body></mj-body>", "mjml", "unclosed", 1),
        ("<p>x</p>", "mjml", "root", 1),
        (mjml("<mj-text {{ profile.id }}>x</mj-text>"), "mjml", "attribute_expression", 1),
        ("<div>" * 101 + "</div>" * 101, "html", "depth", 1),
        ("<p>" + "x" * 110_000 + "</p>", "html", "size", None),
        ("", "mjml", "empty", None),
    ],
)
def test_problems_name_the_line(body: str, format_: str, code: str, line: int | None) -> None:
    found = problems(body, format_, fields=["id", "last_name", "first_name"], variables={"brand": ""})
    assert (code, line) in [(c, at) for c, at, _ in found], found


def test_problems_suggest() -> None:
    text = " ".join(
        m for *_, m in problems("{{ profile.last_nme }} {{ first_name }}", fields=["last_name", "first_name"])
    )
    assert "did you mean last_name?" in text
    assert "did you mean profile.first_name?" in text
    assert "did you mean mj-text?" in problems(mjml("<mj-txt>x</mj-txt>"), "mjml")[0][2]


def test_a_good_template_has_no_problems() -> None:
    body = mjml(
        '<mj-text>Hi {{ profile.first_name | default("you") }}</mj-text>'
        '<mj-image src="https://x.example/a.png" alt="A" />'
        f'<mj-button href="https://x.example">Go</mj-button><mj-text>{OUT}</mj-text>'
    )
    reply = compile_source(TemplateSource("mjml", body, "Hi", "pre", fields=["first_name"]))
    assert reply.problems == []


DOUBLING = "{% set a = 'xxxxxxxxxxxxxxxx' %}" + "{% set a = a ~ a %}" * 45 + "{{ a }}"
GROWING = (
    "{% set ns = namespace(a='xxxxxxxx') %}{% for i in range(60) %}{% set ns.a = ns.a ~ ns.a %}{% endfor %}{{ ns.a }}"
)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}", "too much work"),
        ("{% macro f(n) %}{{ f(n + 1) }}{% endmacro %}{{ f(1) }}", "calls itself without end"),
        ("{{ range(100000000000) }}", "too many elements"),
        ("{{ 'a' * 100000000000 }}", "too large"),
        ("{% include '/etc/passwd' %}", "There is no fragment"),
        ("{% extends '/etc/passwd' %}", "does not exist"),
        ("{{ profile.__class__ }}", "missing"),
        (DOUBLING, "far too much memory"),
        (GROWING, "far too much memory"),
    ],
)
async def test_hostile_templates_are_told_off(body: str, words: str) -> None:
    reply = await work(TemplateSource("html", body, "s"), [{"profile": {}, "links": LINKS}])
    told = [p.message for p in reply.reply.problems] + [r.error or "" for r in reply.rendered]
    assert any(words in text for text in told), told


@pytest.mark.parametrize(
    "body",
    [
        "<div>" * 20_000,
        "<" * 100_000,
        "<a " * 50_000,
        '<a href="' * 30_000,
        "{{" * 50_000,
        "{#" * 50_000,
        "<!--" * 50_000,
    ],
)
async def test_broken_markup_of_any_size_is_answered(body: str) -> None:
    for format_ in ("html", "mjml"):
        reply = await work(TemplateSource(format_, body, "s"), [{"profile": {}}])
        assert reply.reply.problems


async def test_too_long_a_source_is_refused() -> None:
    reply = await work(TemplateSource("html", "x" * 600_000, "s"))
    assert reply.reply.problems[0].code == "size"
    assert reply.reply.compiled is None


def test_render_failures_name_the_reason_only() -> None:
    renderer = Renderer(made("<p>{{ 1 / 0 }}</p>"))
    with pytest.raises(CannotRender):
        renderer.html(context(renderer.compiled, {}, links=LINKS, addresses=[], click=lambda no, url: url))


PIECES = st.sampled_from(
    [
        "<p>",
        "</p>",
        "{{ profile.id }}",
        "{% if profile.id %}",
        "{% endif %}",
        "x",
        "\n",
        "<!--",
        "-->",
        '<a href="',
        "https://x.example",
        '">',
        "</a>",
        "{# c #}",
        "&amp;",
        "<table>",
        "<tr>",
        "zqx1z",
        "<style>",
        "</style>",
        "'",
        '"',
        "<",
    ]
)


@given(st.lists(PIECES, max_size=25))
@settings(max_examples=150, deadline=None)
def test_any_soup_compiles_or_is_a_problem(pieces: list[str]) -> None:
    reply = compile_source(TemplateSource("html", "".join(pieces), "s"))
    assert reply.compiled is not None or any(p.severity == "error" for p in reply.problems)


@given(st.text(max_size=200))
@settings(max_examples=150, deadline=None)
def test_protected_sources_come_back(text: str) -> None:
    protected = scan.protect(text)
    assert protected.restore(protected.text) == text
    joined = "".join(protected.text[t.start : t.end] for t in scan.tokens(protected.text))
    assert joined == protected.text


@pytest.mark.parametrize("url", ["https://a.b", "HTTP://A.B/c", "mailto:a@b.c", "tel:+47", "#x"])
def test_links_that_may_be(url: str) -> None:
    assert refuse_link(url) is None


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", " JavaScript:x", "data:x", "vbscript:x", "//evil.example", "file:///etc", "x", "https:/x"],
)
def test_links_that_may_not(url: str) -> None:
    assert refuse_link(url) is not None
