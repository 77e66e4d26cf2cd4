"""The script as a key's sites get it: with the key's goals inside, small, and the same until something changes."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from fidelia.platform.engines import Engines

from ...service.keys import use_key
from ...store.keys import KeyRow
from .. import store
from ..model import Goal

_SOURCE = Path(__file__).with_name("script.js")
_PORT = "events.site_goals"
#: Name of the port that lists who adds to the script of a database: a function ``(api, settings, refused)`` in
#: JavaScript, or nothing where the database has no use for it.
SITE_PARTS = "events.site_parts"
SitePart = Callable[[Engines, int], Awaitable[str]]
_KEEP_SECONDS = 10.0
_KEEP_MOST = 1_000


class Script(NamedTuple):
    """A script's text, and by what a browser knows that it is still the same."""

    text: bytes
    etag: str


class _Kept:
    def __init__(self) -> None:
        self.goals: dict[int, tuple[float, dict[str, Goal]]] = {}
        self.source = ""


def _kept(engines: Engines) -> _Kept:
    found: _Kept = engines.ports.setdefault(_PORT, _Kept())
    return found


async def browser_key(engines: Engines, key: str, weight: int) -> KeyRow | None:
    """Return a live key for browsers and count against its rate; ``None`` for any other. Raise 429."""
    found = await use_key(engines, key, weight) if len(key) <= 100 else None
    return found if found is not None and found.kind == "browser" else None


async def site_goals(engines: Engines, database_id: int) -> dict[str, Goal]:
    """Return the goals that can be reached in a database, as they were some seconds ago at most."""
    kept = _kept(engines).goals
    found = kept.get(database_id)
    if found is None or found[0] < time.monotonic():
        async with engines.tx() as tx:
            found = time.monotonic() + _KEEP_SECONDS, await store.of_database(tx, database_id)
        if len(kept) >= _KEEP_MOST:
            kept.clear()
        kept[database_id] = found
    return found[1]


def forget_goals(engines: Engines) -> None:
    """Look the goals up again at their next use."""
    _kept(engines).goals.clear()


async def script_of(engines: Engines, key: KeyRow) -> Script:
    """Return the script of a key."""
    kept = _kept(engines)
    goals = await site_goals(engines, key.database_id)
    kept.source = kept.source or minified(_SOURCE.read_text(encoding="utf-8"))
    declared = [
        {"key": goal.key, "conditions": msgspec.to_builtins(goal.conditions)}
        for goal in goals.values()
        if goal.conditions
    ]
    told = {
        "base": engines.settings.url.rstrip("/"),
        "key": key.key,
        "database": key.database_id,
        "privacy": key.heeds_privacy,
        "goals": declared,
    }
    parts: Sequence[SitePart] = engines.ports.get(SITE_PARTS, ())
    added = [made for part in parts if (made := await part(engines, key.database_id))]
    text = f"{kept.source}({in_script(told)},window,document,[{','.join(added)}]);\n".encode()
    return Script(text, hashlib.blake2b(text, digest_size=12).hexdigest())


def in_script(value: object) -> str:
    """Write JSON so that it can stand in a script, whatever page includes it."""
    text = msgspec.json.encode(value).decode()
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text


def minified(source: str) -> str:
    """Return a script without comments of whole lines and without indentation."""
    lines = (line.strip() for line in source.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))
