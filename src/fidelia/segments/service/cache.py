"""Answers kept in memory: a bitmap per query, good for as long as the tables it reads stay as they are."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterable, Mapping

from pyroaring import BitMap

from fidelia.conditions import Query
from fidelia.platform.engines import Engines

MAX_BYTES = 96 << 20
_OVERHEAD = 500
PORT = "segments.answers"
_NAME = re.compile(r"\b[a-z][a-z0-9_]*\b")

Key = tuple[str, tuple[tuple[str, int], ...]]


def tables(queries: Iterable[Query]) -> set[str]:
    """Return the names of all tables that queries read, and other words of them.

    Any table counts, whoever declares it: what is not looked at here would go stale unnoticed.
    """
    return {name for query in queries for name in _NAME.findall(query.text)}


def key_of(query: Query, at: Mapping[str, int]) -> Key:
    """Return the key of a query's answer: what is asked, and the marks of the tables it reads."""
    read = sorted(set(_NAME.findall(query.text)) & at.keys())
    return query.key, tuple((name, at[name]) for name in read)


class Answers:
    """The least recently used go first when there are too many."""

    def __init__(self, most: int = MAX_BYTES) -> None:
        self._most = most
        self._kept: OrderedDict[Key, tuple[BitMap, int]] = OrderedDict()
        self._bytes = 0
        self.hits = 0
        self.misses = 0

    def get(self, key: Key) -> BitMap | None:
        """Return the answer; it must not be changed."""
        found = self._kept.get(key)
        if found is None:
            self.misses += 1
            return None
        self._kept.move_to_end(key)
        self.hits += 1
        return found[0]

    def put(self, key: Key, answer: BitMap) -> None:
        """Keep an answer."""
        size = len(answer.serialize()) + _OVERHEAD
        if size > self._most // 4:
            return
        before = self._kept.pop(key, None)
        self._bytes += size - (before[1] if before else 0)
        self._kept[key] = (answer, size)
        while self._bytes > self._most:
            _, (_, gone) = self._kept.popitem(last=False)
            self._bytes -= gone


def answers(engines: Engines) -> Answers:
    """Return the answers this process keeps."""
    kept: Answers = engines.ports.setdefault(PORT, Answers())
    return kept
