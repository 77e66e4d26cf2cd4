"""Definitions in, segments and a report out; one that fails takes no other with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import msgspec

from fidelia import profiles
from fidelia.access import Actor
from fidelia.kernel.errors import Problem, invalid_field
from fidelia.platform.postgres import Tx

from ..service import manage
from ..service.question import ask
from .compare import CannotCarry, segments_in
from .model import (
    CALCULATED,
    LEFT_BEHIND,
    LostRule,
    MadeSegment,
    MovedSegment,
    OldSegment,
    Outcome,
    SegmentImportMaps,
    SegmentImportReport,
    UnknownReference,
)
from .plan import Plan, planned
from .rules import Translator
from .tags import tags_of
from .words import SEGMENT_TYPES, plain

MOST = 1000
_READ = frozenset(OldSegment.__struct_fields__)


async def import_definitions(
    tx: Tx, actor: Actor, definitions: Sequence[Mapping[str, Any]], maps: SegmentImportMaps, *, dry_run: bool = False
) -> SegmentImportReport:
    """Make a segment of every definition that can be carried whole, and say what became of each.

    A definition is made whole or not at all: one that would name other people without a part that has no meaning here
    is refused. ``dry_run`` makes nothing and says the same. Raises 422 for more than a thousand definitions, 404 for a
    database in ``maps`` that is not here.
    """
    if len(definitions) > MOST:
        raise invalid_field("/definitions", f"At most {MOST:,} definitions at once")
    for id_ in sorted(set(maps.databases.values())):
        await profiles.get_database(tx, id_)
    mover = _Mover(tx, actor, maps, dry_run)
    try:
        async with tx.savepoint():
            moved = await mover.run(definitions)
            if dry_run:
                raise _Undo
    except _Undo:
        pass
    counts: dict[Outcome, int] = dict.fromkeys(("converted", "proposed", "refused", "unreadable"), 0)
    for item in moved:
        counts[item.outcome] += 1
    return SegmentImportReport(
        dry_run=dry_run,
        converted=counts["converted"],
        proposed=counts["proposed"],
        refused=counts["refused"],
        unreadable=counts["unreadable"],
        items=tuple(moved),
        unknown=tuple(sorted(mover.unknown.union(*(reads.unknown for reads in mover.readers)))),
    )


class _Undo(Exception):
    """Takes back what a dry run made."""


class _Mover:
    def __init__(self, tx: Tx, actor: Actor, maps: SegmentImportMaps, dry_run: bool) -> None:
        self.tx = tx
        self.actor = actor
        self.maps = maps
        self.dry_run = dry_run
        self.databases: dict[int, profiles.Database] = {}
        self.made: dict[int, int] = {}
        self.listed: set[int] = set()
        self.only: int | None = None
        self.readers: list[Translator] = []
        self.unknown: set[UnknownReference] = set()

    async def run(self, definitions: Sequence[Mapping[str, Any]]) -> list[MovedSegment]:
        read: dict[int, OldSegment] = {}
        raw: dict[int, Mapping[str, Any]] = {}
        where: dict[int, int] = {}
        moved: dict[int, MovedSegment] = {}
        for n, definition in enumerate(definitions):
            try:
                old = msgspec.convert(definition, OldSegment, strict=False)
                if old.id in read:
                    raise ValueError(f"The number {old.id} is in the file twice")
            except (msgspec.ValidationError, ValueError) as exc:
                moved[n] = _unreadable(definition, str(exc))
                continue
            read[old.id], raw[old.id], where[old.id] = old, definition, n
        self.listed = {old.id for old in read.values() if old.is_static}
        for database in await profiles.list_databases(self.tx):
            self.databases[database.id] = database
        lists = {id_ for old in read.values() for id_ in lists_of(old)}
        if len(lists) <= 1 and len(self.databases) == 1:
            self.only = next(iter(self.databases))
        for id_ in in_order(read):
            moved[where[id_]] = await self.move(read[id_], raw[id_])
        return [moved[n] for n in range(len(definitions))]

    def database(self, list_id: int | None) -> profiles.Database | None:
        """Return the database here that a number of theirs stands for."""
        found = self.maps.databases.get(str(list_id), self.only)
        if found is None and list_id is not None:
            self.unknown.add(UnknownReference("databases", str(list_id)))
        return None if found is None else self.databases[found]

    async def move(self, old: OldSegment, raw: Mapping[str, Any]) -> MovedSegment:
        """Make one segment; return what became of it."""
        was = "updatable" if old.is_static and old.is_refresh_daily else "static" if old.is_static else "dynamic"
        behind = [
            LEFT_BEHIND.get(key, f"“{key}” means nothing here and stays behind")
            for key, value in raw.items()
            if key not in _READ and key not in CALCULATED and value
        ]
        plan = planned(old, was, self.database, self.translator)
        tags, told_of_tags = tags_of(old.ui_tags, plan.outcome)
        plan = msgspec.structs.replace(plan, tags=tags)
        notes = tuple(dict.fromkeys([*plan.notes, *told_of_tags, *behind]))
        told = MovedSegment(
            id=old.id, name=old.name, was=was, outcome=plan.outcome, became=None, parts=(), sentence="", notes=notes,
            lost=plan.lost, proposals=plan.proposals,
        )  # fmt: skip
        if plan.outcome != "converted":
            return told
        try:
            async with self.tx.savepoint():
                became, parts, sentence = await self.make(plan)
        except Problem as exc:
            faults = tuple(LostRule(e.pointer, plan.name, e.message) for e in exc.errors)
            lost = (*plan.lost, *(faults or (LostRule("", plan.name, exc.detail),)))
            return msgspec.structs.replace(told, outcome="refused", lost=lost)
        self.made[old.id] = became.id or 0
        if self.dry_run:
            became = msgspec.structs.replace(became, id=None)
            parts = [msgspec.structs.replace(part, id=None) for part in parts]
        return msgspec.structs.replace(told, became=became, parts=tuple(parts), sentence=sentence)

    def translator(self, database: profiles.Database) -> Translator:
        """Return a translator for one database that knows what was made so far."""
        fields = {field.name: field.type for field in database.fields}
        reads = Translator(self.maps, fields, self.made, frozenset(self.listed))
        self.readers.append(reads)
        return reads

    async def make(self, plan: Plan) -> tuple[MadeSegment, list[MadeSegment], str]:
        """Store the parts and the segment itself."""
        parts = [await self.store(part) for part in plan.parts]
        ids = {n: part.id for n, part in enumerate(parts)}
        whole = plan.definition({n: id_ for n, id_ in ids.items() if id_ is not None})
        became = await self.store(whole)
        sentence = ""
        if whole.condition is not None:
            sentence = (await ask(self.tx, whole.database_id, whole.condition)).text.text
        return became, parts, sentence

    async def store(self, definition: manage.Definition) -> MadeSegment:
        segment = await manage.create_segment(self.tx, self.actor, definition)
        return MadeSegment(segment.id, segment.name, segment.type, segment.database_id)


def lists_of(old: OldSegment) -> set[int]:
    """Return the databases a definition speaks of, by their numbers there."""
    found = {block.list_id for block in old.segment} | {old.list_id}
    return {id_ for id_ in found if id_ is not None}


def in_order(read: Mapping[int, OldSegment]) -> list[int]:
    """Return the ids so that a segment comes after those it refers to; circles are cut where they close."""
    done: dict[int, None] = {}
    open_: set[int] = set()

    def visit(id_: int) -> None:
        if id_ in done or id_ in open_ or id_ not in read:
            return
        open_.add(id_)
        for other in referred(read[id_]):
            visit(other)
        open_.discard(id_)
        done[id_] = None

    for id_ in read:
        visit(id_)
    return list(done)


def referred(old: OldSegment) -> list[int]:
    """Return the ids of the segments a definition refers to."""
    found: list[int] = []
    waiting = [rule for block in old.segment for rule in block.queries]
    while waiting:
        rule = waiting.pop()
        waiting += rule.child
        if plain(rule.type or rule.name) in SEGMENT_TYPES:
            with suppress(CannotCarry):  # it is told when the rule itself is read
                found += segments_in(rule)
    return found


def _unreadable(definition: Mapping[str, Any], why: str) -> MovedSegment:
    id_, name = definition.get("id"), definition.get("name")
    return MovedSegment(
        id=id_ if isinstance(id_, int) else None,
        name=name if isinstance(name, str) else "",
        was="",
        outcome="unreadable",
        became=None,
        parts=(),
        sentence="",
        notes=(),
        lost=(LostRule("", "", why),),
        proposals=(),
    )
