"""Quiet hours at the moment of sending: whoever sleeps is put off without counting a try."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from fidelia.platform.postgres import Tx

from ..model import MessageKey, Run
from . import rules
from .moments import zones_of


class Hours:
    """What a sender asks before it sends, for the quiet hours of one run."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._quiet = run.plan.timing.quiet
        self._database = ZoneInfo(run.plan.timezone)
        self._zones: dict[MessageKey, ZoneInfo] = {}

    async def asleep(self, tx: Tx, keys: Iterable[MessageKey]) -> dict[MessageKey, datetime]:
        """Return the messages that must not be sent now, and until when; the others are remembered until taken."""
        if self._quiet is None:
            return {}
        keys = list(keys)
        own = await zones_of(tx, self._run, {key.profile_id for key in keys})
        put_off = {}
        for key in keys:
            zone = own.get(key.profile_id, self._database)
            due = rules.awake(self._quiet, tx.now, zone)
            if due > tx.now:
                put_off[key] = due
            else:
                self._zones[key] = zone
        return put_off

    def too_late(self, key: MessageKey, now: datetime) -> datetime | None:
        """Return until when a message is put off whose quiet hours have begun while it waited its turn."""
        zone = self._zones.pop(key, None)
        if self._quiet is None or zone is None or not rules.is_quiet(self._quiet, now, zone):
            return None
        return rules.awake(self._quiet, now, zone)
