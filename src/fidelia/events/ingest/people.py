"""Whose events they are: from keys to profiles, through the face of ``profiles``."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from fidelia import profiles
from fidelia.access import Actor
from fidelia.kernel.errors import Problem
from fidelia.kernel.ids import MAX_PROFILE_ID
from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx

_ALIAS = {"phone": "phones"}
_PORT = "events.databases"
_LATELY_SECONDS = 1.0


async def databases(tx: Tx, numbers: Iterable[int]) -> dict[int, profiles.Database]:
    """Return those of these databases that exist, as they are now."""
    found = {}
    for number in sorted(set(numbers)):
        try:
            found[number] = await profiles.get_database(tx, number)
        except Problem as exc:
            if exc.status != 404:
                raise
    return found


class _Lately:
    def __init__(self) -> None:
        self.known: dict[int, tuple[float, profiles.Database]] = {}


async def databases_lately(tx: Tx, numbers: Iterable[int]) -> dict[int, profiles.Database]:
    """Return those of these databases that existed within the last second, for those who do not look at fields.

    One that was deleted meanwhile shows itself by its table, which is gone: call :func:`forget_databases` then.
    """
    lately: _Lately = tx.engines.ports.setdefault(_PORT, _Lately())
    now = time.monotonic()
    found = {n: known[1] for n in set(numbers) if (known := lately.known.get(n)) and known[0] > now}
    for number, database in (await databases(tx, set(numbers) - set(found))).items():
        lately.known[number] = (now + _LATELY_SECONDS, database)
        found[number] = database
    return dict(sorted(found.items()))


def forget_databases(engines: Engines) -> None:
    """Look databases up again."""
    engines.ports.pop(_PORT, None)


def match_key(database: profiles.Database, name: str, value: Any) -> Any:
    """Return the stored value to match people by; raise ``ValueError`` with a sentence."""
    if name == "profile_id":
        if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= MAX_PROFILE_ID:
            return value
        raise ValueError("This must be the number of a profile")
    field = database.field(_ALIAS.get(name, name))
    if field is None or field.read_only or field.type in ("object", "objects"):
        raise ValueError("Match by profile_id, email, phone, external_id or the name of a field")
    key = profiles.read_key(field, value)
    if key is None:
        raise ValueError("A value is needed")
    if field.type == "tags" and isinstance(key, list):
        return key[0]
    return key


async def create_by_key(tx: Tx, actor: Actor, database_id: int, name: str, keys: Sequence[Any]) -> dict[Any, int | str]:
    """Make a profile for each key that nobody has; return for each key its profile, or why there is none."""
    field = _ALIAS.get(name, name)
    items = [{field: [key] if field == "phones" else _json(key)} for key in keys]
    done = await profiles.upsert(tx, actor, database_id, items, matching=name, mode="upsert")
    return {
        key: item.profile_id or "; ".join(error.message for error in item.errors) or "No profile could be made"
        for key, item in zip(keys, done.items, strict=True)
    }


def _json(value: Any) -> Any:
    """Return a stored value as it would stand in JSON."""
    return value.isoformat() if isinstance(value, date | datetime) else value
