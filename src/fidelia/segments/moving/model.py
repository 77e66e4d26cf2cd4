"""What comes in (definitions as the reference's ``segments/get`` returns them) and what is told in the end."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from ..model import SegmentType

#: ``converted``: it is here. ``proposed``: it cannot be one segment here; ``proposals`` say how to go on. ``refused``:
#: a part of it has no meaning here, and without it the segment would name other people. ``unreadable``: see ``lost``.
Outcome = Literal["converted", "proposed", "refused", "unreadable"]


class Operand(msgspec.Struct, frozen=True):
    """One named operand of a rule."""

    name: str = ""
    value: Any = None


class Rule(msgspec.Struct, frozen=True):
    """A rule, or a group of them (``child``, joined by ``condition``)."""

    name: str = ""
    type: str = ""
    compo: str = ""
    operator: str = ""
    condition: str = ""
    child: tuple[Rule, ...] = ()
    value: tuple[Operand, ...] = ()


class Block(msgspec.Struct, frozen=True):
    """The rules for one database; ``percent_from``–``percent_to`` of its hundred buckets, both included."""

    list_id: int | None = None
    condition: str = "and"
    percent_from: int = 0
    percent_to: int = 99
    limit: int = 0
    queries: tuple[Rule, ...] = ()


class OldSegment(msgspec.Struct, frozen=True):
    """A definition as the reference keeps it."""

    id: int
    name: str
    description: str = ""
    is_static: bool = False
    is_refresh_daily: bool = False
    list_id: int | None = None
    segment: tuple[Block, ...] = ()
    ui_tags: Any = ()


#: Keys of a definition that are left behind, with the sentence that says so.
LEFT_BEHIND = {
    "Groups": "Its access groups stay behind: what a role may see is decided for all segments here",
    "groups": "Its access groups stay behind: what a role may see is decided for all segments here",
}
#: Keys that say nothing that would be missed.
CALCULATED = frozenset({"count", "count_date", "created", "updated", "error", "error_text"})


class SegmentImportMaps(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the other platform's ids and names mean here: ``{"7": 12}`` says that its 7 is our 12.

    A database that is not named is the only one here, or the one of the same number in ``databases``. ``fields``:
    its field name → ours. ``domain_groups``: the name of a group of mail domains → the domains.
    """

    databases: dict[str, int] = {}
    segments: dict[str, int] = {}
    resources: dict[str, int] = {}
    mailings: dict[str, int] = {}
    templates: dict[str, int] = {}
    fields: dict[str, str] = {}
    domain_groups: dict[str, list[str]] = {}


class LostRule(msgspec.Struct, frozen=True):
    """Something that could not be carried: ``where`` it stood, the ``rule`` as one would say it, and ``why``."""

    where: str
    rule: str
    why: str


class MadeSegment(msgspec.Struct, frozen=True):
    """A segment that was made (``id`` is null in a dry run)."""

    id: int | None
    name: str
    type: SegmentType
    database_id: int


class SegmentProposal(msgspec.Struct, frozen=True, kw_only=True):
    """A segment one could make by hand instead; ``database`` is the reference's number of it."""

    name: str
    type: SegmentType
    database: int | None
    database_id: int | None
    condition: dict[str, Any] | None


class MovedSegment(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one definition. ``parts`` are segments it needs, made beside it; ``notes`` what is different."""

    id: int | None
    name: str
    was: str
    outcome: Outcome
    became: MadeSegment | None
    parts: tuple[MadeSegment, ...]
    sentence: str
    notes: tuple[str, ...]
    lost: tuple[LostRule, ...]
    proposals: tuple[SegmentProposal, ...]


#: The members of :class:`SegmentImportMaps`.
MapKind = Literal["databases", "segments", "resources", "mailings", "templates", "fields", "domain_groups"]


class UnknownReference(msgspec.Struct, frozen=True, order=True):
    """Something the file speaks of that ``maps`` could explain: its kind there, and its number or name."""

    kind: MapKind
    theirs: str


class SegmentImportReport(msgspec.Struct, frozen=True, kw_only=True):
    """The report: every definition in the order of the file, and what the ``maps`` should tell for a better one."""

    dry_run: bool
    converted: int
    proposed: int
    refused: int
    unreadable: int
    items: tuple[MovedSegment, ...]
    unknown: tuple[UnknownReference, ...]
