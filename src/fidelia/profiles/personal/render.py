"""A page that a person can read, made of what is held about them. Without scripts, and nothing is fetched. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1d2430}"
    "h1{font-size:1.6rem}h2{margin-top:2.5rem;border-bottom:1px solid #d5d9e0;padding-bottom:.3rem;font-size:1.2rem}"
    "table{border-collapse:collapse;width:100%;margin:.5rem 0}th,td{text-align:left;vertical-align:top;"
    "padding:.3rem .8rem .3rem 0;border-bottom:1px solid #eceff3;overflow-wrap:anywhere}th{color:#5a6472;"
    "font-weight:500;width:14rem}.none{color:#5a6472}details{margin:.4rem 0}"
)


def page(title: str, intro: str, sections: Mapping[str, Any]) -> str:
    """Return an HTML document with a section for each of these values."""
    body = "".join(f"<section><h2>{escape(name)}</h2>{_value(value)}</section>" for name, value in sections.items())
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<style>{_STYLE}</style></head><body><h1>{escape(title)}</h1><p>{escape(intro)}</p>{body}</body></html>"
    )


def words(name: str) -> str:
    """Return the name of a member as people say it."""
    return name.replace("_", " ").strip().capitalize()


def _value(value: Any) -> str:
    if value is None or value in ("", [], {}):
        return '<span class="none">Nothing</span>'
    if isinstance(value, Mapping):
        rows = "".join(f"<tr><th>{escape(words(str(k)))}</th><td>{_value(v)}</td></tr>" for k, v in value.items())
        return f"<table>{rows}</table>"
    if isinstance(value, Sequence) and not isinstance(value, str):
        if all(not isinstance(item, Mapping | list) for item in value):
            return escape(", ".join(_plain(item) for item in value))
        return "".join(
            f"<details><summary>{escape(_summary(item))}</summary>{_value(item)}</details>" for item in value
        )
    return escape(_plain(value))


def _summary(item: Any) -> str:
    if not isinstance(item, Mapping):
        return _plain(item)[:80]
    shown = [_plain(v) for v in item.values() if v not in (None, "") and not isinstance(v, Mapping | list)]
    return " · ".join(shown[:4])[:120] or "Entry"


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
