"""What one can be a member of: kinds that capabilities register, and where the members of each are found.

Members of a segment are looked up by its id. Every other kind keeps bitmaps in the same table under numbers of its
own, above all ids of segments: ``base + step × id + group``. A capability registers its kind (and so makes
``member`` of it possible) once it writes these bitmaps, and the events of entering and leaving if it has any.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

#: Numbers of bitmaps from here on are of no segment. Every kind has a range of 2²⁶ of them.
RESERVED = 1 << 31
_RANGE = 1 << 26
BASES: Mapping[str, int] = {
    key: RESERVED + n * _RANGE
    for n, key in enumerate(("global_control", "campaign", "scenario", "program", "product_segment"))
}


def control_number(database_id: int) -> int:
    """Return the number of the bitmap of a database's global control group."""
    if not 0 < database_id < _RANGE:
        raise ValueError(f"{database_id} is no id of a database")
    return BASES["global_control"] + database_id


class MembershipKind(msgspec.Struct, frozen=True, kw_only=True):
    """Something one can be a member of.

    ``subject`` says whose ids the bitmaps hold: people's, or those of a subject that rows of others lead to, such as
    ``product``. A condition then says in ``subject`` where the id is read: ``product`` (the row itself, or the one row
    it leads to) or a field of a row that holds it, like ``line.product``.

    ``key`` is the member of ``of`` in a condition (``segment``, ``campaign``, ``global_control`` …). ``names`` are
    the words for each id there is (for ``segment`` others look them up). ``groups`` are the choices of ``group`` with
    the number of each. ``past`` says that bitmaps of everybody who was ever a member are kept beside (column
    ``ever``); without it only ``now`` can be asked. ``entered`` and ``left`` name the types of events, ``property`` the
    one that holds the id; without them nobody knows when. ``base`` and ``step`` say where bitmaps are (see above).
    """

    key: str
    label: str
    subject: str = "profile"
    names: Mapping[int, str] = {}
    groups: Mapping[str, int] = {}
    past: bool = False
    entered: str = ""
    left: str = ""
    property: str = ""
    base: int = 0
    step: int = 1

    def number(self, id_: int, group: str | None) -> int:
        """Return the number of the bitmap of the members; raise ``ValueError`` when there is none for such an id."""
        found = self.base + self.step * id_ + (self.groups[group] if group is not None else 0)
        if self.base and not self.base <= found < self.base + _RANGE:
            raise ValueError(f"{id_} is too large")
        return found
