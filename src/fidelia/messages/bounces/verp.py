"""Return paths of our own: the envelope sender of each mail carries its signed token (VERP)."""

from __future__ import annotations

LOCAL = "bounces"
#: What a token looks like, as a regular expression.
TOKEN = r"[A-Za-z0-9_-]{16,64}"  # noqa: S105 (a pattern)
#: Mailboxes of the return path's domain that take complaints; what they get is matched by the mail that it quotes.
SHARED = (LOCAL, "complaints", "abuse", "postmaster")


def return_path(token: str, domain: str) -> str:
    """Return the envelope sender of the message that the token names."""
    return f"{LOCAL}+{token}@{domain}"


def token_of(address: str) -> str | None:
    """Return the token in a return path, or ``None``. It is not checked here."""
    local = address.rpartition("@")[0]
    name, plus, token = local.partition("+")
    return token if plus and name.lower() == LOCAL and token else None
