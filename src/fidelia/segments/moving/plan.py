"""What one definition becomes: pure, before anything is stored."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from fidelia import conditions, profiles

from ..model import SegmentRange, SegmentSchedule, SegmentType
from ..service.manage import Definition
from .compare import Node
from .model import Block, LostRule, OldSegment, Outcome, SegmentProposal
from .rules import Translator

#: When what was “recalculated daily” is recalculated here, by the clock of its database.
DAILY_AT = "04:00"
_WHOLE = (0, 99)
Databases = Callable[[int | None], profiles.Database | None]
Translators = Callable[[profiles.Database], Translator]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be made: ``parts`` first, dynamic segments of one block each; then the segment itself."""

    outcome: Outcome
    name: str
    type: SegmentType
    description: str = ""
    database_id: int = 0
    condition: Node | None = None
    range: SegmentRange | None = None
    limit: int | None = None
    tags: tuple[str, ...] = ()
    parts: tuple[Definition, ...] = ()
    notes: tuple[str, ...] = ()
    lost: tuple[LostRule, ...] = ()
    proposals: tuple[SegmentProposal, ...] = ()

    def definition(self, parts: Mapping[int, int]) -> Definition:
        """Return the segment itself; ``parts`` are the ids of the parts. Raises 422 for a condition out of bounds."""
        condition = self.condition
        if self.parts:
            members = [{"kind": "member", "of": {"segment": parts[n]}} for n in range(len(self.parts))]
            condition = {"kind": "any", "of": members}
        return Definition(
            database_id=self.database_id,
            name=self.name,
            type=self.type,
            description=self.description,
            condition=None if condition is None else conditions.decode(condition),
            range=self.range,
            limit=self.limit,
            tags=self.tags,
            schedule=SegmentSchedule(at=DAILY_AT) if self.type == "updatable" else None,
        )


def planned(old: OldSegment, was: str, database: Databases, translator: Translators) -> Plan:
    """Return what a definition becomes."""
    type_: SegmentType = "updatable" if was == "updatable" else "static" if was == "static" else "dynamic"
    lists = list(dict.fromkeys(block.list_id for block in old.segment)) or [old.list_id]
    if len(lists) > 1:
        return _split(old, type_, lists, database, translator)
    list_id = lists[0] if lists[0] is not None else old.list_id
    here = database(list_id)
    if here is None:
        why = f"Which database the number {list_id} is here is not known: say so"
        return Plan(outcome="refused", name=old.name, type=type_, lost=(LostRule("list_id", str(list_id), why),))
    if type_ == "static":
        return _static(old, here, translator)
    if not any(block.queries for block in old.segment):
        why = "It has no rules, and a segment of this kind is nothing but its rules"
        return Plan(outcome="refused", name=old.name, type=type_, lost=(LostRule("segment", "", why),))
    return _rules(old, type_, here, translator(here))


def _rules(old: OldSegment, type_: SegmentType, here: profiles.Database, reads: Translator) -> Plan:
    """A segment with rules for one database."""
    nodes = [_block(reads, block, n) for n, block in enumerate(old.segment)]
    common = Plan(
        outcome="converted", name=old.name, type=type_, description=old.description, database_id=here.id
    )  # fmt: skip
    notes = [*reads.notes]
    if type_ == "updatable":
        notes.insert(0, f"It is recalculated every day at {DAILY_AT}; choose another time in its schedule")
    if reads.lost:
        read = [node for node in nodes if node is not None]
        rest = None if not read else read[0] if len(read) == 1 else {"kind": "any", "of": read}
        proposals = (_proposal(old.name, type_, old.segment[0].list_id, here.id, rest),) if rest else ()
        if rest:
            notes.append("What could be read is proposed as a start: without the rest it would name other people")
        return msgspec.structs.replace(
            common, outcome="refused", lost=tuple(reads.lost), notes=tuple(notes), proposals=proposals
        )
    whole = [node if node is not None else {"kind": "always"} for node in nodes]
    blocks = old.segment
    if len(blocks) > 1 and any(_sampled(block) for block in blocks):
        notes.append(
            "Each of its blocks has a range or limit of its own, so each became a segment, and this joins them"
        )
        parts = tuple(
            Definition(
                database_id=here.id,
                name=f"{old.name} · part {n + 1}",
                type="dynamic",
                condition=conditions.decode(node),
                range=_range(block),
                limit=block.limit or None,
            )
            for n, (block, node) in enumerate(zip(blocks, whole, strict=True))
        )
        return msgspec.structs.replace(common, parts=parts, notes=tuple(notes))
    if _sampled(blocks[0]):
        notes.append("Range and limit keep their size; which people they pick is drawn anew")
    return msgspec.structs.replace(
        common,
        condition=whole[0] if len(whole) == 1 else {"kind": "any", "of": whole},
        range=_range(blocks[0]),
        limit=blocks[0].limit or None,
        notes=tuple(notes),
    )


def _static(old: OldSegment, here: profiles.Database, translator: Translators) -> Plan:
    """A list: its people are not in a definition, only the rules that had filled it once."""
    reads = translator(here)
    notes = ["It is empty: a definition does not hold the people of a list. Import them, or fill it from rules"]
    proposals: tuple[SegmentProposal, ...] = ()
    nodes = [node for n, block in enumerate(old.segment) if (node := _block(reads, block, n)) is not None]
    if nodes and not reads.lost:
        notes.append("The rules that had filled it are proposed: fill it from them once, if that is what you want")
        node = nodes[0] if len(nodes) == 1 else {"kind": "any", "of": nodes}
        proposals = (_proposal(old.name, "static", old.segment[0].list_id, here.id, node),)
    return Plan(
        outcome="converted", name=old.name, type="static", description=old.description, database_id=here.id,
        notes=(*notes, *reads.notes), lost=tuple(reads.lost), proposals=proposals,
    )  # fmt: skip


def _split(
    old: OldSegment, type_: SegmentType, lists: list[int | None], database: Databases, translator: Translators
) -> Plan:
    """A segment of several databases: it is not made, but how to split it is proposed."""
    proposals: list[SegmentProposal] = []
    lost: list[LostRule] = []
    for list_id in lists:
        here = database(list_id)
        name = f"{old.name} ({here.name if here is not None else f'database {list_id}'})"
        condition: Node | None = None
        if here is not None:
            reads = translator(here)
            own = [(n, block) for n, block in enumerate(old.segment) if block.list_id == list_id]
            nodes = [node for n, block in own if (node := _block(reads, block, n)) is not None]
            lost += reads.lost
            condition = nodes[0] if len(nodes) == 1 else {"kind": "any", "of": nodes} if nodes else None
        proposals.append(_proposal(name, type_, list_id, here.id if here is not None else None, condition))
    note = f"A segment belongs to one database here, and this one spans {len(lists)}: make the proposed ones instead"
    return Plan(
        outcome="proposed", name=old.name, type=type_, notes=(note,), lost=tuple(lost), proposals=tuple(proposals)
    )


def _block(reads: Translator, block: Block, n: int) -> Node | None:
    """Return the rules of a block; ``None`` when it has none or all were lost."""
    return reads.group(block.queries, block.condition, f"segment[{n}].queries")


def _sampled(block: Block) -> bool:
    return (block.percent_from, block.percent_to) != _WHOLE or block.limit > 0


def _range(block: Block) -> SegmentRange | None:
    """Return the buckets of a block; the last one is included there and not here."""
    if (block.percent_from, block.percent_to) == _WHOLE:
        return None
    return SegmentRange(block.percent_from, block.percent_to + 1)


def _proposal(
    name: str, type_: SegmentType, list_id: int | None, database_id: int | None, condition: dict[str, Any] | None
) -> SegmentProposal:
    return SegmentProposal(name=name, type=type_, database=list_id, database_id=database_id, condition=condition)
