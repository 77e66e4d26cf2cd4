"""The few pages that recipients see: no script, nothing loaded from elsewhere, readable in light and dark."""

from __future__ import annotations

import html

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:12vh auto;padding:0 1.25rem;color:#1a1b1e;"
    "background:#fff}h1{font-size:1.4rem}button{font:inherit;padding:.6rem 1.2rem;border:0;border-radius:.4rem;"
    "background:#1864ab;color:#fff;cursor:pointer}button:focus-visible{outline:3px solid #f08c00}label{display:block;"
    "padding:.4rem 0}small{color:#5c5f66}"
    "@media(prefers-color-scheme:dark){body{background:#1a1b1e;color:#e9ecef}small{color:#a6a7ab}}"
)


def _page(title: str, body: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>'
        f'{html.escape(title)}</title><meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="robots" content="noindex"><style>{_STYLE}</style></head>'
        f"<body><main><h1>{html.escape(title)}</h1>{body}</main></body></html>"
    )


def confirm(sender: str) -> str:
    """Ask before leaving: a program that only looks at the link must not unsubscribe anybody."""
    return _page(
        "Unsubscribe?",
        f"<p>You will get no more mails from {html.escape(sender)}.</p>"
        '<form method="post"><button type="submit">Unsubscribe</button></form>',
    )


def done(sender: str) -> str:
    """Say that it is done."""
    return _page("You are unsubscribed", f"<p>You will get no more mails from {html.escape(sender)}.</p>")


def unknown() -> str:
    """Say that a link is not one of ours, or is cut off."""
    return _page(
        "This link does not work",
        "<p>It may have been cut off by your mail program. Copy the whole address from the mail and try again.</p>",
    )


def cannot_show() -> str:
    """Say that a message can no longer be shown."""
    return _page("This message cannot be shown", "<p>It is no longer available.</p>")
