"""A fragment by itself: a template around it, to check it and to look at it. Pure."""

from __future__ import annotations

import re

import msgspec

from ...markup.includes import prefix
from ...markup.model import CompileReply, FragmentSource, Outside, TemplateProblem, TemplateSource

#: What a fragment need not have.
_OF_TEMPLATES = frozenset({"no_unsubscribe", "no_subject", "empty", "root"})
_VARIABLE = re.compile(r"\bvars\.([A-Za-z_]\w*)", re.ASCII)
_TAG = re.compile(r"(?:\s|<!--.*?-->|\{#.*?#\}|\{%.*?%\})*<\s*(mj-[a-z-]+)", re.DOTALL)
_SECTIONS = frozenset({"mj-section", "mj-wrapper", "mj-hero"})
_COLUMNS = frozenset({"mj-column", "mj-group"})
_HEAD = frozenset(
    "mj-attributes mj-style mj-font mj-title mj-preview mj-breakpoint mj-html-attributes mj-class".split()
)


def alone(key: str, found: FragmentSource, outside: Outside, fields: list[str] | None) -> TemplateSource:
    """Return a template that holds nothing but a fragment."""
    included = f'{{% include "{key}" %}}'
    line = f"\n{included}\n"  # of its own: problems are told by their lines
    named = {name for fragment in outside.fragments.values() for name in _VARIABLE.findall(fragment.body)}
    if found.format == "mjml":
        body = _mjml(found.body, line)
    elif found.format == "text":
        body = f'<div style="white-space:pre-line;font-family:sans-serif">{line}</div>'
    else:
        body = f"<div>{line}</div>"
    return TemplateSource(
        format="mjml" if found.format == "mjml" else "html",
        body=body,
        subject="-",
        text=included if found.format == "text" else "",
        variables={name: f"[{name.replace('_', ' ')}]" for name in sorted(named)},
        fields=fields,
        outside=outside,
    )


def _mjml(body: str, included: str) -> str:
    first = _TAG.match(body)
    name = first[1] if first else ""
    if name in _HEAD:
        sample = "<mj-section><mj-column><mj-text>Text</mj-text></mj-column></mj-section>"
        return f"<mjml><mj-head>{included}</mj-head><mj-body>{sample}</mj-body></mjml>"
    inner = included
    if not name:
        inner = f"<mj-text>{inner}</mj-text>"
    if name not in _COLUMNS | _SECTIONS:
        inner = f"<mj-column>{inner}</mj-column>"
    if name not in _SECTIONS:
        inner = f"<mj-section>{inner}</mj-section>"
    return f"<mjml><mj-body>{inner}</mj-body></mjml>"


def own_problems(key: str, reply: CompileReply) -> list[TemplateProblem]:
    """Return the problems of a fragment that was compiled alone, at its own lines."""
    found = []
    for problem in reply.problems:
        if problem.code in _OF_TEMPLATES and problem.fragment is None:
            continue
        if problem.part == "text" and problem.code != "fragment_format":
            continue  # the same again
        line, message = problem.fragment_line, problem.message
        if problem.fragment == key and line is not None:
            message = message.removeprefix(prefix(key, line))
            found.append(TemplateProblem(problem.severity, problem.code, message, "body", line))
        else:
            found.append(msgspec.structs.replace(problem, part="body", line=None))
    return found
