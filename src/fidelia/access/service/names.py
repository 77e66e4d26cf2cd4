"""Names of those who did something, by the keys that receipts and the like keep of them."""

from __future__ import annotations

from collections.abc import Iterable

from fidelia.platform.postgres import Tx

from ..store import tokens, users

_OTHERS = {"system": "Fidelia", "cli": "Command line"}
_MOST = 2**31


async def actor_names(tx: Tx, keys: Iterable[str]) -> dict[str, str]:
    """Return what the actors of keys such as ``user:3`` are called now; a key of nobody known is its own name."""
    found: dict[str, str] = {}
    for key in set(keys):
        kind, _, number = key.partition(":")
        about = None
        if number.isdecimal() and int(number) < _MOST and kind in {"user", "token"}:
            about = await (users if kind == "user" else tokens).get(tx, int(number))
        found[key] = about.name if about else _OTHERS.get(key, key)
    return found
