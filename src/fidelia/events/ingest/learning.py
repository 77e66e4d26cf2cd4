"""Types and properties that nobody declared are learned from the events, so that pickers can offer them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import psycopg

from .. import rules
from ..store import types as store
from ..store.types import Key, TypeRow

_LOOKED_AT = 60
#: Of a type whose names are all known, so many events of a transaction are looked at for the types of their values.
_SAMPLE = 20


class Lesson:
    """Collects what the events of one transaction show that is not known yet."""

    def __init__(self, known: Mapping[Key, TypeRow]) -> None:
        self._known = {key: row.seen for key, row in known.items()}
        self._new: dict[Key, dict[str, str]] = {}
        self._looks: Counter[Key] = Counter()

    def look(self, database: int, type_: str, properties: Mapping[str, Any]) -> None:
        """Take note of an event that was accepted."""
        key = (database, type_)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = {}
            self._new[key] = {}
        if properties.keys() <= known.keys():
            if self._looks[key] >= _SAMPLE:
                return
            self._looks[key] += 1
        for n, (name, value) in enumerate(properties.items()):
            if n >= _LOOKED_AT:
                return
            before = known.get(name)
            if before is None and (len(known) >= rules.MAX_LEARNED_PROPERTIES or not rules.PROPERTY.fullmatch(name)):
                continue
            now = rules.type_of(value)
            if now is None or now == before:
                continue
            joined = rules.joined_type(before, now)
            if joined != before:
                known[name] = joined
                self._new.setdefault(key, {})[name] = joined

    async def write(self, raw: psycopg.AsyncConnection[Any], now: datetime) -> None:
        """Store what is new, within the limit of types per database."""
        if not self._new:
            return
        counts = await store.count(raw, {database for database, _ in self._new})
        known = await store.load(raw, self._new)
        await store.learn(raw, dict(self._within(counts, known)), now)

    def _within(self, counts: dict[int, int], known: Mapping[Key, TypeRow]) -> Iterable[tuple[Key, dict[str, str]]]:
        for key, properties in self._new.items():
            if key not in known:
                if counts.get(key[0], 0) >= rules.MAX_LEARNED_TYPES:
                    continue
                counts[key[0]] = counts.get(key[0], 0) + 1
            yield key, properties
