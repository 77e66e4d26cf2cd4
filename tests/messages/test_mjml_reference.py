"""MJML as the reference compiler makes it: the same tags, attributes and styles in the same order, for every template
of the folder ``mjml``.

Both results are read as mail programs would (tables, Outlook's conditional comments). What no program looks at is left
out: names of classes, white space, two comments with the same condition side by side, attributes that HTML does not
have (``vertical-align``).
"""

from __future__ import annotations

import json
import re
import subprocess
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import css_inline
import pytest

from .test_markup import shown

FOLDER = Path(__file__).parent / "mjml"
TEMPLATES = sorted(path.stem for path in FOLDER.glob("*.mjml"))
KEPT = frozenset(
    "href src alt width height align valign bgcolor colspan role style border cellpadding cellspacing background dir"
    " target".split()
)
_CONDITION = re.compile(r"\s*\[if ([^\]]+)\]>(.*)<!\[endif\]\s*$", re.DOTALL)
_INLINER = css_inline.CSSInliner(load_remote_stylesheets=False, keep_style_tags=True, keep_at_rules=True)
Piece = tuple[str, object]


@cache
def reference() -> dict[str, str]:
    def run(*command: str) -> str:
        done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, timeout=240, check=False)
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout

    if not (FOLDER / "node_modules" / "mjml").exists():
        run("npm", "ci", "--no-audit", "--no-fund")
    return dict(json.loads(run("node", "compile.cjs")))


def declarations(style: str) -> tuple[tuple[str, str], ...]:
    pairs = (part.partition(":") for part in style.replace('"', "").replace("'", "").split(";") if ":" in part)
    return tuple(sorted((name.strip().lower(), re.sub(r"\s+", "", value.lower())) for name, _, value in pairs))


class Reader(HTMLParser):
    """Lists what stands in the body of a page; conditional comments are opened."""

    def __init__(self, *, inside: bool = False) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[Piece] = []
        self._inside = inside

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = self._inside or tag == "body"
        if not self._inside:
            return
        kept: dict[str, object] = {name: (value or "").strip() for name, value in attrs if name in KEPT}
        kept["style"] = declarations(str(kept.get("style", "")))
        self.pieces.append((f"<{tag}>", tuple(sorted(kept.items(), key=lambda item: item[0]))))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag != "body"
        if self._inside and tag not in ("img", "br", "hr"):
            self.pieces.append((f"</{tag}>", ()))

    def handle_data(self, data: str) -> None:
        if self._inside and data.strip():
            self.pieces.append(("text", " ".join(data.split())))

    def handle_comment(self, data: str) -> None:
        found = _CONDITION.match(data)
        if not self._inside or found is None:
            return
        condition = re.sub(r"\s+", "", found[1])
        if self.pieces and self.pieces[-1] == ("endif", condition):
            self.pieces.pop()
        else:
            self.pieces.append(("if", condition))
        self.pieces += read(found[2], inside=True)
        self.pieces.append(("endif", condition))


def read(page: str, *, inside: bool = False) -> list[Piece]:
    reader = Reader(inside=inside)
    reader.feed(page)
    reader.close()
    return reader.pieces


def widths(page: str) -> set[tuple[str, str]]:
    """Return what the page says of its columns on wide screens."""
    return {
        (name, re.sub(r"\s+", "", body).rstrip(";"))
        for name, body in re.findall(r"[^-](\.mj-column-[\w-]+)\s*\{([^}]*)\}", page)
    }


def test_there_are_enough_templates() -> None:
    assert len(TEMPLATES) >= 10
    used = set(re.findall(r"<(mj-[\w-]+)", "".join((FOLDER / f"{name}.mjml").read_text() for name in TEMPLATES)))
    assert used >= {
        f"mj-{name}"
        for name in "accordion button column divider group hero image navbar raw section social spacer table text"
        " wrapper attributes class style breakpoint preview title".split()
    }


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_same_structure(name: str) -> None:
    ours = shown((FOLDER / f"{name}.mjml").read_text(), "mjml")
    assert ours.error is None
    expected = _INLINER.inline(reference()[name])
    assert read(ours.html) == read(expected)
    assert widths(ours.html) == widths(expected)
