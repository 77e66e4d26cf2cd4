"""Gives recipients what their messages show of feeds, before they are queued at their desk."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec

from fidelia.platform.engines import Engines

from ..content.feeds.values import FeedValues
from ..markup.refers import FEEDS, feeds_used
from ..model import MessageKey, Recipient, Run


class Feeding:
    """The feeds of one run, as one of its senders shows them. A run without feeds costs nothing."""

    def __init__(self, engines: Engines, run: Run, uses: Collection[str]) -> None:
        keys = feeds_used(uses)
        self._values = FeedValues(engines, run.database_id, keys, run.id) if keys else None

    @property
    def needed(self) -> bool:
        """Tell whether messages of the run show feeds."""
        return self._values is not None

    async def give(self, ready: Sequence[Recipient]) -> tuple[list[Recipient], dict[MessageKey, str], set[MessageKey]]:
        """Return who can be written to, with their feeds; why others get no message; who has to wait for theirs."""
        assert self._values is not None
        shown = await self._values.of(sorted({recipient.profile_id for recipient in ready}))
        served, refused, later = list[Recipient](), dict[MessageKey, str](), set[MessageKey]()
        for recipient in ready:
            profile = recipient.profile_id
            if profile in shown.refused:
                refused[recipient.key] = shown.refused[profile]
            elif profile in shown.later:
                later.add(recipient.key)
            else:
                roots = {**recipient.roots, FEEDS: shown.values[profile]}
                served.append(msgspec.structs.replace(recipient, roots=roots))
        return served, refused, later

    async def close(self) -> None:
        """Close the connections."""
        if self._values is not None:
            await self._values.__aexit__(None, None, None)
