"""Promotions made ready for many baskets: compiling them takes longer than asking them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from fidelia.platform.postgres import Tx

from .. import pricing, programs
from ..promotions import Ready, Supposed, ready, ready_as_if
from .model import Mode


class Shelf:
    """What was made ready of one program in one transaction: for each choice of versions and stretch of time once.

    With ``supposed`` everything is as if that version were there.
    """

    def __init__(self, supposed: Supposed | None = None) -> None:
        self._supposed = supposed
        self._kept: dict[tuple[tuple[int, int], ...], list[Ready]] = {}
        self._modes: dict[int, tuple[Ready, Ready]] = {}

    async def take(self, tx: Tx, program: programs.Program, versions: Mapping[int, int], at: datetime) -> Ready:
        """Return the promotions at a moment, with these versions (a number by promotion) in place of what is in force.

        Raises what ``promotions.ready_as_if`` raises.
        """
        kept = self._kept.setdefault(tuple(sorted(versions.items())), [])
        found = next((one for one in kept if one.since <= at < one.until), None)
        if found is None:
            if versions or self._supposed is not None:
                found = await ready_as_if(tx, program, at, versions, self._supposed)
            else:
                found = await ready(tx, program, None if at == tx.now else at)
            kept.append(found)
        return found

    def in_mode(self, known: Ready, mode: Mode) -> Ready:
        """Return promotions with a way to choose between them."""
        if known.compiled.program.mode == mode:
            return known
        kept = self._modes.get(id(known))
        if kept is None:  # there are two ways, and it is kept with what it was made of
            program = msgspec.structs.replace(known.compiled.program, mode=mode)
            made = msgspec.structs.replace(known, compiled=pricing.compile_program(program))
            self._modes[id(known)] = kept = known, made
        return kept[1]
