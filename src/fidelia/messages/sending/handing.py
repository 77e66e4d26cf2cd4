"""Gives recipients what their messages hand out (promo codes), before they are queued at their desk."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec

from fidelia.platform.engines import Engines
from fidelia.platform.races import patiently

from ..model import MessageKey, Recipient, Run
from ..ports import hand_out, handouts, laid_over


class Handing:
    """What one run hands out, as one of its senders gives it. A run that hands out nothing costs nothing."""

    def __init__(self, engines: Engines, run: Run, uses: Collection[str]) -> None:
        self._engines, self._run, self._uses = engines, run, uses
        self._needed = any(handout.wanted(uses) for handout in handouts(engines))

    @property
    def needed(self) -> bool:
        """Tell whether messages of the run hand anything out."""
        return self._needed

    async def give(self, ready: Sequence[Recipient]) -> tuple[list[Recipient], dict[MessageKey, str]]:
        """Return who can be written to, with what they are given, and why others get no message.

        What is given is written before the message is: a message that is made again has the same.
        """
        return await patiently(lambda: self._give(ready))

    async def _give(self, ready: Sequence[Recipient]) -> tuple[list[Recipient], dict[MessageKey, str]]:
        keys = [recipient.key for recipient in ready]
        async with self._engines.tx() as tx:
            handed = await hand_out(tx, self._run.database_id, self._run.id, keys, self._uses)
        served = [
            msgspec.structs.replace(recipient, roots=laid_over(recipient.roots, handed.values[recipient.key]))
            for recipient in ready
            if recipient.key in handed.values
        ]
        return served, dict(handed.refused)
