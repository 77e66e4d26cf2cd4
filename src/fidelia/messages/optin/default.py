"""The confirmation mail that a resource begins with."""

from __future__ import annotations

from typing import Any

_BODY = """<mjml>
  <mj-head>
    <mj-attributes>
      <mj-all font-family="Helvetica, Arial, sans-serif" />
      <mj-text font-size="16px" line-height="1.5" color="#1a1b1e" />
    </mj-attributes>
  </mj-head>
  <mj-body background-color="#f1f3f5">
    <mj-section background-color="#ffffff" padding="32px 16px">
      <mj-column>
        <mj-text font-size="22px" font-weight="700">Please confirm your subscription</mj-text>
        <mj-text>Hello{% if profile.first_name %} {{ profile.first_name }}{% endif %},</mj-text>
        <mj-text>this address was entered to receive <b>{{ vars.resource }}</b>. Was it you? Then press the
          button.</mj-text>
        <mj-button href="{{ confirm_url }}" background-color="#1864ab" color="#ffffff" font-size="16px"
          inner-padding="12px 24px" align="left">Confirm my subscription</mj-button>
        <mj-text font-size="14px" color="#5c5f66">It was not you, or you have changed your mind? Do nothing: without
          your confirmation you get no further mail. The link is good for {{ vars.days }} days.</mj-text>
      </mj-column>
    </mj-section>
  </mj-body>
</mjml>
"""


def confirmation_template(resource: str) -> dict[str, Any]:
    """Return the built-in confirmation mail of a resource as a draft of a template."""
    return {
        "name": f"Confirm: {resource}"[:200],
        "description": "Asks people to confirm their subscription. It must hold {{ confirm_url }}.",
        "format": "mjml",
        "subject": "Please confirm your subscription to {{ vars.resource }}",
        "preheader": "One click, and you are on the list.",
        "body": _BODY,
        "variables": {"resource": resource, "days": "7"},
    }
