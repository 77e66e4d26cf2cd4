"""From what a person writes to what the renderer fills in: MJML, HTML, inlined CSS, tracked links, Jinja sources."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass

import css_inline
import minijinja
import mrml
import msgspec

from .as_reference import with_alternatives, with_inner_heights
from .includes import with_fragments
from .known import suggest
from .lint import Linter
from .model import (
    CLIP_BYTES,
    LINKS,
    MAX_SOURCE,
    ROOTS,
    Compiled,
    CompileReply,
    TemplateLink,
    TemplateProblem,
    TemplateSource,
)
from .refers import FEEDS, IN_SEGMENT, segments_in
from .scan import RAW, Protected, protect, tokens
from .text import plain_text

_OWN_LINK = re.compile(r"\{\{[-+]?\s*(?:links\.\w+|preferences_url|confirm_url)\s*[-+]?\}\}")
_BODY = re.compile(r"<body\b[^>]*>", re.IGNORECASE)
_BODY_END = re.compile(r"</body\s*>", re.IGNORECASE)
_INLINER = css_inline.CSSInliner(load_remote_stylesheets=False, keep_style_tags=False, keep_at_rules=True)
#: Fills the line that mail programs show after the subject, so that no text of the body follows the preheader.
_FILLER = ("&#847;&zwnj;&nbsp;" * 20 + "\n") * 3  # in lines that may be sent as they are


def compile_source(source: TemplateSource) -> CompileReply:
    """Check and compile a template. Never raises for what is written in it: everything wrong is a problem."""
    for part in ("body", "text", "subject", "preheader"):
        if len(getattr(source, part)) > MAX_SOURCE:
            return _refused(f"The {part} is longer than {MAX_SOURCE:,} characters", "size", part)
    whole, parts, fragments, problems = with_fragments(source)
    reply = _compile(whole)
    compiled = reply.compiled
    if compiled is not None and fragments:
        compiled = msgspec.structs.replace(compiled, fragments=fragments)
    if not parts:
        return CompileReply(reply.problems, compiled)
    located = [parts[p.part].located(p) if p.part in parts else p for p in reply.problems]
    return CompileReply(_sorted([*problems, *located]), compiled)


def _compile(source: TemplateSource) -> CompileReply:
    problems: list[TemplateProblem] = []
    uses = _check_expressions(source, problems)
    if source.body.rfind("<!--") > source.body.rfind("-->"):
        line = source.body.count("\n", 0, source.body.rfind("<!--")) + 1
        problems.append(TemplateProblem("error", "unclosed", "A comment <!-- is never closed", line=line))
    if any(p.part == "body" and p.code in ("syntax", "unclosed") for p in problems):
        return CompileReply(_sorted(problems))  # what is open until the end would mislead every later look
    protected = protect(source.body)
    problems += Linter(protected, mjml=source.format == "mjml").run()
    if not source.body.strip():
        problems.append(TemplateProblem("error", "empty", "The template has no content yet"))
    if any(p.severity == "error" and p.code not in _STILL_COMPILES for p in problems):
        return CompileReply(_sorted(problems))
    try:
        markup = _to_html(source, protected)
    except (OSError, ValueError, css_inline.InlineError) as exc:
        problems.append(TemplateProblem("error", "markup", f"The markup cannot be read: {exc}"))
        return CompileReply(_sorted(problems))
    compiled = _finish(source, protected, markup, uses)
    for name, part in (("html", compiled.html), ("text", compiled.text)):
        broken = syntax_of(part, "body")
        if broken is not None:
            message = f"An expression does not survive the making of the {name} part: {broken.message}"
            problems.append(TemplateProblem("error", "expression", message))
    _check_result(compiled, problems)
    errors = any(p.severity == "error" and p.code not in _STILL_COMPILES for p in problems)
    return CompileReply(_sorted(problems), None if errors else compiled)


#: Errors that keep a template from being published but not from being looked at.
_STILL_COMPILES = frozenset(
    {"unknown_field", "unknown_root", "unknown_link", "unknown_variable", "link", "unknown_element"}
    | {"unknown_segment", "unknown_feed"}
)


def _refused(message: str, code: str, part: str = "body") -> CompileReply:
    return CompileReply([TemplateProblem("error", code, message, part)])


def _sorted(problems: list[TemplateProblem]) -> list[TemplateProblem]:
    order = ("subject", "preheader", "body", "text")
    return sorted(problems, key=lambda p: (order.index(p.part), p.line or 0, p.severity))


# -- expressions ----------------------------------------------------------------------------------------------------


def syntax_of(text: str, part: str) -> TemplateProblem | None:
    """Return what is wrong with the expressions of a text as such, if anything is."""
    environment = minijinja.Environment()
    try:
        environment.add_template("part.txt", text)
    except minijinja.TemplateError as exc:
        return TemplateProblem("error", "syntax", str(exc.detail or exc.kind), part, exc.line)
    return None


def _check_expressions(source: TemplateSource, problems: list[TemplateProblem]) -> list[str]:
    uses: set[str] = set()
    for part in ("subject", "preheader", "body", "text"):
        text = getattr(source, part)
        used = check_expressions(part, text, source, problems)
        if used is not None:
            uses |= used
            _check_subjects_lines(part, text, problems)
    return sorted(uses)


def check_expressions(part: str, text: str, source: TemplateSource, problems: list[TemplateProblem]) -> set[str] | None:
    """Check what a text uses and return it, or ``None`` when it cannot be read."""
    broken = syntax_of(text, part)
    if broken is not None:
        problems.append(broken)
        return None
    names = minijinja.Environment().undeclared_variables_in_str(text, nested=True)
    for name in sorted(names):
        problem = _unknown(name, source)
        if problem is not None:
            code, message = problem
            problems.append(TemplateProblem("error", code, message, part, _line_of(text, name)))
    return (names | _segments(part, text, source, problems)) - {IN_SEGMENT}


def _segments(part: str, text: str, source: TemplateSource, problems: list[TemplateProblem]) -> set[str]:
    """Return the segments that a text asks for, as uses."""
    asked, vague = segments_in(text)
    if vague:
        message = f"{IN_SEGMENT} takes the number of a segment: {IN_SEGMENT}(12)"
        line = _line_at(text, rf"(?<![\w.]){IN_SEGMENT}(?!\s*\(\s*\d+\s*\))")
        problems.append(TemplateProblem("error", "segment", message, part, line))
    for segment in sorted(asked):
        reason = source.outside.refused.get(f"{IN_SEGMENT}.{segment}")
        if reason is not None:
            line = _line_at(text, rf"{IN_SEGMENT}\s*\(\s*{segment}\s*\)")
            problems.append(TemplateProblem("error", "unknown_segment", reason, part, line))
    return {f"{IN_SEGMENT}.{segment}" for segment in asked}


def _check_subjects_lines(part: str, text: str, problems: list[TemplateProblem]) -> None:
    if part == "subject" and not text.strip():
        problems.append(TemplateProblem("warning", "no_subject", "The subject is empty", part))
    if part in ("subject", "preheader") and ("\n" in text.strip() or "\r" in text.strip()):
        problems.append(TemplateProblem("error", "line_break", f"The {part} must be one line", part))


def _unknown_feed(key: str, source: TemplateSource) -> tuple[str, str] | None:
    if not key:
        return "feed", f"Say which feed: {FEEDS}.weather"
    reason = source.outside.refused.get(f"{FEEDS}.{key}")
    return None if reason is None else ("unknown_feed", reason)


_FUNCTIONS = (IN_SEGMENT, "range", "dict", "namespace", "debug", "loop", "caller", "lipsum", "cycler", "joiner")


def _unknown(name: str, source: TemplateSource) -> tuple[str, str] | None:
    root, _, rest = name.partition(".")
    first = rest.split(".")[0]
    if root == FEEDS:
        return _unknown_feed(first, source)
    if root not in ROOTS:
        if root in _FUNCTIONS:
            return None
        hint = suggest(root, ROOTS)
        if not hint and source.fields and root in source.fields:
            hint = f", did you mean profile.{root}?"
        return "unknown_root", f"{root} is unknown{hint}"
    known: dict[str, tuple[str, Iterable[str], str]] = {
        "links": ("unknown_link", LINKS, f"links.{first} is unknown"),
        "vars": ("unknown_variable", source.variables, f"The variable {first} is not defined"),
    }
    if source.fields is not None:
        known["profile"] = ("unknown_field", (*source.fields, "id"), f"{first} is unknown")
    if not first or root not in known or first in known[root][1]:
        return None
    code, names, message = known[root]
    return code, message + suggest(first, names)


def _line_of(text: str, name: str) -> int | None:
    dotted = r"\s*\.\s*".join(re.escape(piece) for piece in name.split("."))
    alone = r"(?!\s*\.)" if name == FEEDS else ""
    return _line_at(text, rf"(?<![\w.]){dotted}(?!\w){alone}")


def _line_at(text: str, pattern: str) -> int | None:
    found = re.search(pattern, text)
    return text.count("\n", 0, found.start()) + 1 if found else None


# -- markup ---------------------------------------------------------------------------------------------------------


def _commented(protected: Protected, text: str) -> str:
    """Turn tokens that stand in running text into comments: those may stand anywhere, in tables too."""
    parts: list[str] = []
    raw = ""
    for token in tokens(text):
        piece = text[token.start : token.end]
        if token.kind == "text" and not raw:
            piece = protected.pattern.sub(lambda m: f"<!--{m[0]}-->", piece)
        elif token.kind == "open" and token.name in RAW and not token.self_closing:
            raw = token.name
        elif token.kind == "close" and token.name == raw:
            raw = ""
        parts.append(piece)
    return "".join(parts)


def _rows_in_bodies(text: str) -> str:
    """Write ``<tbody>`` where a table begins with an expression and a row, or the reader puts it inside a loop."""
    parts: list[str] = []
    tables: list[_Table] = []
    for token in tokens(text):
        piece = text[token.start : token.end]
        table = tables[-1] if tables else None
        if token.kind == "close" and token.name in _TABLES and table is not None:
            if tables.pop().wrapped:
                parts.append("</tbody>")
        elif table is not None and table.fresh and (token.kind != "text" or piece.strip()):
            if token.kind == "comment":
                table.expression = True
            else:
                table.fresh = False
                if token.kind == "open" and token.name == "tr" and table.expression:
                    parts.insert(table.at, "<tbody>")
                    table.wrapped = True
        parts.append(piece)
        if token.kind == "open" and token.name in _TABLES and not token.self_closing:
            tables.append(_Table(len(parts)))
    return "".join(parts)


_TABLES = ("table", "mj-table")


@dataclass
class _Table:
    """An open table: where its content begins in the output, and what has been seen of it."""

    at: int
    fresh: bool = True
    expression: bool = False
    wrapped: bool = False


def _to_html(source: TemplateSource, protected: Protected) -> str:
    text = _rows_in_bodies(_commented(protected, protected.text))
    if source.format == "mjml":
        options = mrml.RenderOptions(fonts={})  # a default font is no reason to call a server when a mail is opened
        text = with_inner_heights(text)
        text = str(mrml.to_html(text, mrml.ParserOptions(include_loader=mrml.noop_loader()), options).content)
        text = with_alternatives(text)
    return str(_INLINER.inline(_rows_in_bodies(text)))


def _finish(source: TemplateSource, protected: Protected, markup: str, uses: list[str]) -> Compiled:
    markup, links, shown = _tracked(markup, protected)
    text = source.text.strip() or protected.restore(plain_text(markup, protected, shown))
    markup = re.sub(rf"<!--\s*({protected.prefix}\d+z)\s*-->", r"\1", markup)
    preheader = " ".join(source.preheader.split())
    if preheader:
        lead = protect(preheader)
        hidden = lead.restore(html.escape(lead.text))
        box = (
            '<div style="display:none;max-height:0;overflow:hidden;mso-hide:all;font-size:1px;line-height:1px">'
            f"{hidden}{_FILLER}</div>"
        )
        body = _BODY.search(markup)
        at = body.end() if body else 0
        markup = markup[:at] + protected.token(box) + markup[at:]
    ends = list(_BODY_END.finditer(markup))
    at = ends[-1].start() if ends else len(markup)
    markup = markup[:at] + protected.token("{{ _pixel }}") + markup[at:]
    return Compiled(
        subject=" ".join(source.subject.split()),
        preheader=preheader,
        html=protected.restore(markup),
        text=text if text.endswith("\n") else text + "\n",
        links=links,
        uses=uses,
        variables=dict(source.variables),
        attachments=source.attachments,
    )


def _tracked(markup: str, protected: Protected) -> tuple[str, list[TemplateLink], dict[str, str]]:
    """Put an expression in place of each web link; return the links and what the text part shows for each."""
    links: dict[str, TemplateLink] = {}
    shown: dict[str, str] = {}
    parts: list[str] = []
    last = 0
    for token in tokens(markup):
        href = token.get("href") if token.kind == "open" and token.name in ("a", "area") else None
        if href is None:
            continue
        value = protected.restore(html.unescape(href.value)).strip()
        dynamic = bool(protected.pattern.search(href.value))
        if not value or value.startswith("#") or _OWN_LINK.fullmatch(value):
            continue
        if not dynamic and not value.lower().startswith(("http://", "https://")):
            continue
        link = links.setdefault(value, TemplateLink(len(links), value, dynamic))
        if dynamic:
            made = protected.restore(href.value.strip())
            call = f"{{{{ _click({link.no}, _u) }}}}"
            here = protected.token(f"{{% set _u %}}{made}{{% endset %}}{call}")
            shown[here] = protected.token(f"{{% set _u %}}{value}{{% endset %}}{call}")
        else:
            here = protected.token(f"{{{{ _l[{link.no}]|safe }}}}")
            shown[here] = protected.token(f"{{{{ _t[{link.no}] }}}}")
        parts += [markup[last : href.start], f'"{here}"']
        last = href.end
    parts.append(markup[last:])
    return "".join(parts), list(links.values()), shown


def _check_result(compiled: Compiled, problems: list[TemplateProblem]) -> None:
    size = len(compiled.html.encode())
    if size > CLIP_BYTES:
        message = f"The mail is {size // 1024} KB; above 102 KB Gmail cuts it off, and with it the unsubscribe link"
        problems.append(TemplateProblem("warning", "size", message))
    if not compiled.unsubscribable and not compiled.confirms:
        message = 'There is no unsubscribe link: add <a href="{{ links.unsubscribe }}">'
        problems.append(TemplateProblem("warning", "no_unsubscribe", message))
