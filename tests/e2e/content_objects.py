"""Objects of the pictures that go into templates: fragments, a feed, a template that uses them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .objects import Objects

FOOTER = (
    '<mj-section background-color="#E8E6DF">\n  <mj-column>\n    <mj-text align="center" font-size="12px">\n'
    "      Fjord Outfitters, Strandgata {n}, Bergen<br />\n"
    '      <a href="{{{{ links.unsubscribe }}}}">Unsubscribe</a>\n'
    "    </mj-text>\n  </mj-column>\n</mj-section>\n"
)
BODY = (
    '<mjml><mj-body>\n<mj-section><mj-column>\n<mj-text font-size="22px">Hello {{ profile.first_name | '
    'default("friend") }}</mj-text>\n</mj-column></mj-section>\n{% include "footer" %}\n</mj-body></mjml>\n'
)


def content(objects: Objects) -> dict[str, object]:
    """A fragment that was changed since a template with files was published with it, and a feed."""
    fragment, new = objects.named(
        "/fragments", "Footer", {"key": "footer", "format": "mjml", "body": FOOTER.format(n=1)}
    )
    feed, _ = objects.named(
        "/feeds",
        "Weather on the coast",
        {"key": "weather", "url": "https://192.0.43.8/weather?city={{ profile.city }}", "headers": {"X-Key": "x"}},
    )
    letter, made = objects.named("/templates", "Letter with a footer", {"subject": "Cold days", "body": BODY})
    if made:
        files = {"file": ("Prisliste høst 2026.pdf", b"%PDF-1.7\n" + b"x" * 240_000)}
        objects.api.post(f"/templates/{letter}/attachments", files=files).raise_for_status()
        objects.send(f"/templates/{letter}/publish", {})
    if new:
        objects.api.patch(f"/fragments/{fragment}", json={"body": FOOTER.format(n=12)}).raise_for_status()
    return {"fragment": fragment, "feed": feed, "letter": letter}
