"""What listeners are given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec
from pyroaring import BitMap

from ..outbox import EventLine

_decoder = msgspec.json.Decoder(EventLine)


class Listener(msgspec.Struct, frozen=True):
    """Who listens: ``object_id`` is the consumer's own number, ``trouble`` why its oldest events still wait."""

    id: int
    consumer: str
    object_id: int
    database_id: int | None
    types: list[str]
    attempts: int
    trouble: str | None


class CaughtEvent(NamedTuple):
    """An event as it happened. ``id`` is the same however often it is told."""

    profile_id: int
    type: str
    at: datetime
    id: str
    properties: Mapping[str, Any]


class Caught(msgspec.Struct, frozen=True):
    """A chunk of events of one database, at most :data:`catch.CHUNK`, in the order in which they were written.

    Events of many people at once come as one ``payload`` without a profile, and a bitmap.
    """

    seq: int
    database_id: int
    rows: int
    payload: str
    profiles: BitMap | None

    def events(self) -> Iterator[CaughtEvent]:
        """Yield the events one by one."""
        for written in self.payload.split("\n"):
            line = _decoder.decode(written)
            at = datetime.fromisoformat(line.at).replace(tzinfo=UTC)
            if self.profiles is None:
                yield CaughtEvent(line.profile, line.type, at, line.id, line.props)
            else:
                for profile in self.profiles:
                    yield CaughtEvent(profile, line.type, at, f"{line.id}-{profile}", line.props)
