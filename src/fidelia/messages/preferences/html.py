"""The frame of the pages, and the pieces that they are made of. Every text is escaped here."""

from __future__ import annotations

import html
from collections.abc import Iterable

from .words import Words

_STYLE = """
:root{color-scheme:light dark;--ink:#1a1b1e;--soft:#5c5f66;--ground:#f4f5f7;--card:#fff;--line:#d4d7dd;--main:#1864ab;
--on:#fff;--good:#2b6a30;--good-bg:#e9f6ea;--bad:#b02a1c;--bad-bg:#fdecea;--edge:#868e96}
@media(prefers-color-scheme:dark){:root{--ink:#e9ecef;--soft:#adb5bd;--ground:#141517;--card:#1f2124;--line:#3a3d42;
--main:#74c0fc;--on:#10181f;--good:#8ce99a;--good-bg:#17301b;--bad:#ffa8a0;--bad-bg:#3a1a17;--edge:#868e96}}
*{box-sizing:border-box}
body{font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;margin:0;color:var(--ink);
background:var(--ground);overflow-wrap:anywhere}
main{max-width:38rem;margin:0 auto;padding:1.5rem 1rem 4rem}
header{font-weight:700;padding-bottom:1rem}
h1{font-size:1.6rem;line-height:1.25;margin:.25rem 0}
h2{font-size:1.15rem;margin:2rem 0 .75rem}
h3{font-size:1rem;margin:0}
p{margin:.35rem 0}
.soft{color:var(--soft);font-size:.925rem}
span.soft{white-space:nowrap}
.card{background:var(--card);border:1px solid var(--line);border-radius:.75rem;padding:1rem;margin:0 0 .75rem}
.note{border-radius:.5rem;padding:.75rem 1rem;margin:1rem 0;background:var(--good-bg);color:var(--good)}
.note.bad{background:var(--bad-bg);color:var(--bad)}
.note.plain{background:var(--card);border:1px dashed var(--edge);color:var(--ink)}
.row{display:flex;flex-wrap:wrap;gap:.5rem;align-items:center;margin-top:.75rem}
.field{margin:0 0 1rem}
label{display:block;font-weight:600;margin-bottom:.25rem}
input[type=text],input[type=date],select{font:inherit;color:inherit;background:var(--card);border:1px solid var(--edge);
border-radius:.5rem;padding:.55rem .7rem;min-height:2.75rem;width:100%}
.row select{width:auto}
input[aria-invalid=true],select[aria-invalid=true]{border:2px solid var(--bad)}
.error{color:var(--bad);font-size:.925rem;margin:.25rem 0 0}
button,.button{font:inherit;font-weight:600;min-height:2.75rem;padding:.5rem 1.1rem;border-radius:.5rem;cursor:pointer;
border:1px solid var(--main);background:var(--main);color:var(--on);text-decoration:none;display:inline-block}
button.plain,.button.plain{background:transparent;color:var(--main)}
:focus-visible{outline:3px solid #e8590c;outline-offset:2px}
a{color:var(--main)}
.last{margin-top:2rem}
.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
"""


def esc(text: object) -> str:
    """Write a text for HTML, also inside an attribute."""
    return html.escape(str(text))


def frame(language: str, title: str, body: str, *, logo: str = "", say: Words | None = None) -> str:
    """Return a whole page. With ``say`` it says that it is only a preview."""
    banner = f'<p class="note plain" role="note">{esc(say("preview"))}</p>' if say is not None else ""
    top = f"<header>{esc(logo)}</header>" if logo else ""
    return (
        f'<!doctype html><html lang="{esc(language)}"><head><meta charset="utf-8"><title>{esc(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">'
        f"<style>{_STYLE}</style></head><body><main>{top}{banner}<h1>{esc(title)}</h1>{body}</main></body></html>"
    )


def message(text: str, *, bad: bool = False) -> str:
    """Return what happened, read aloud at once."""
    return f'<p class="note{" bad" if bad else ""}" role="{"alert" if bad else "status"}">{esc(text)}</p>'


def button(text: str, action: str, *, plain: bool = False, about: str = "") -> str:
    """Return a button of a form; ``about`` says, for those who only hear it, what it acts on."""
    kind = ' class="plain"' if plain else ""
    more = f'<span class="hidden"> – {esc(about)}</span>' if about else ""
    return f'<button type="submit" name="action" value="{esc(action)}"{kind}>{esc(text)}{more}</button>'


def hidden(**values: object) -> str:
    """Return what a form sends along."""
    return "".join(f'<input type="hidden" name="{esc(n)}" value="{esc(v)}">' for n, v in values.items())


def form(body: str, *, kind: str = "") -> str:
    """Return a form that posts to its own page."""
    return f'<form method="post"{f" class={kind}" if kind else ""}>{body}</form>'


def options(pairs: Iterable[tuple[str, str]], chosen: str) -> str:
    """Return the options of a choice."""
    return "".join(
        f'<option value="{esc(value)}"{" selected" if value == chosen else ""}>{esc(text)}</option>'
        for value, text in pairs
    )
