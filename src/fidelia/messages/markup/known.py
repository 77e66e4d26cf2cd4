"""The MJML elements and attributes that exist, because the compiler itself takes unknown ones in silence."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_COMMON = _set("css-class mj-class name id")
_PADDING = _set("padding padding-top padding-bottom padding-left padding-right")
_BORDER = _set("border border-top border-bottom border-left border-right border-radius")
_INNER = _set(
    "inner-padding inner-border inner-border-top inner-border-bottom inner-border-left inner-border-right "
    "inner-border-radius inner-background-color"
)
_FONT = _set(
    "font-family font-size font-style font-weight line-height letter-spacing color text-decoration text-transform"
)
_BACKGROUND = _set(
    "background-color background-url background-repeat background-size background-position "
    "background-position-x background-position-y"
)
_LINK = _set("href target rel title")
_SECTION = _PADDING | _BORDER | _BACKGROUND | _set("direction full-width text-align")
_IMAGE = _set("src srcset sizes alt width height max-height usemap")

ATTRIBUTES: dict[str, frozenset[str]] = {
    "mjml": _set("owa lang dir"),
    "mj-head": frozenset(),
    "mj-attributes": frozenset(),
    "mj-all": frozenset(),
    "mj-class": frozenset(),
    "mj-breakpoint": _set("width"),
    "mj-font": _set("href"),
    "mj-html-attributes": frozenset(),
    "mj-selector": _set("path"),
    "mj-html-attribute": frozenset(),
    "mj-preview": frozenset(),
    "mj-style": _set("inline"),
    "mj-title": frozenset(),
    "mj-body": _set("background-color width"),
    "mj-raw": _set("position"),
    "mj-section": _SECTION,
    "mj-wrapper": _SECTION | _set("gap"),
    "mj-group": _set("width vertical-align background-color direction"),
    "mj-column": _PADDING | _BORDER | _INNER | _set("background-color vertical-align width direction"),
    "mj-hero": _PADDING
    | _BACKGROUND
    | _set("background-height background-width height mode vertical-align width border-radius inner-background-color")
    | _set("inner-padding inner-padding-top inner-padding-bottom inner-padding-left inner-padding-right"),
    "mj-text": _PADDING | _FONT | _set("align container-background-color height vertical-align"),
    "mj-button": _PADDING
    | _FONT
    | _BORDER
    | _LINK
    | _set("align background-color container-background-color height inner-padding text-align vertical-align width"),
    "mj-image": _PADDING
    | _BORDER
    | _LINK
    | _IMAGE
    | _set("align container-background-color fluid-on-mobile font-size"),
    "mj-divider": _PADDING | _set("align border-color border-style border-width container-background-color width"),
    "mj-spacer": _PADDING | _set("container-background-color height"),
    "mj-table": _PADDING
    | _FONT
    | _set("align border cellpadding cellspacing container-background-color role table-layout width"),
    "mj-social": _PADDING
    | _FONT
    | _set(
        "align border-radius container-background-color icon-size icon-height icon-padding inner-padding mode "
        "table-layout text-padding"
    ),
    "mj-social-element": _PADDING
    | _FONT
    | _LINK
    | _set("align alt background-color border-radius icon-height icon-padding icon-position icon-size sizes src srcset")
    | _set("text-padding vertical-align"),
    "mj-navbar": _PADDING
    | _set("align base-url hamburger ico-align ico-open ico-close ico-color ico-font-family ico-font-size")
    | _set("ico-line-height ico-padding ico-padding-top ico-padding-bottom ico-padding-left ico-padding-right")
    | _set("ico-text-decoration ico-text-transform"),
    "mj-navbar-link": _PADDING | _FONT | _LINK,
    "mj-accordion": _PADDING
    | _set("border container-background-color font-family icon-align icon-height icon-position icon-unwrapped-alt")
    | _set("icon-unwrapped-url icon-width icon-wrapped-alt icon-wrapped-url"),
    "mj-accordion-element": _set("background-color border font-family icon-align icon-height icon-position")
    | _set("icon-unwrapped-alt icon-unwrapped-url icon-width icon-wrapped-alt icon-wrapped-url"),
    "mj-accordion-title": _PADDING | _set("background-color color font-family font-size font-weight"),
    "mj-accordion-text": _PADDING
    | _set("background-color color font-family font-size font-weight letter-spacing line-height"),
    "mj-carousel": _PADDING
    | _set("align border-radius container-background-color icon-width left-icon right-icon tb-border tb-border-radius")
    | _set("tb-hover-border-color tb-selected-border-color tb-width thumbnails"),
    "mj-carousel-image": _LINK | _set("src alt border-radius tb-border tb-border-radius thumbnails-src"),
}
#: Inside ``mj-attributes`` any attribute of any element may get a default.
ANY = frozenset().union(*ATTRIBUTES.values())
#: What mail programs remove or refuse, and what must never be let through.
FORBIDDEN = frozenset({"script", "iframe", "object", "embed", "applet", "frame", "frameset", "base"})


def allowed(tag: str, attribute: str, *, defaults: bool) -> bool:
    """Tell whether an MJML element takes an attribute; ``defaults`` when it stands inside ``mj-attributes``."""
    if attribute in _COMMON or attribute.startswith(("data-", "aria-")):
        return True
    return attribute in (ANY if defaults else ATTRIBUTES[tag])


def suggest(word: str, known: Iterable[str]) -> str:
    """Return ``", did you mean …?"`` for a word near a known one, else nothing."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f", did you mean {near[0]}?" if near else ""
