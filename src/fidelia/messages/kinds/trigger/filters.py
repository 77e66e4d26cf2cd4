"""Filters of events: conditions on what happened (``trigger.<property>``) and on the person's own fields."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from fidelia import conditions, events, profiles, segments
from fidelia.conditions import Checked, Condition, Facts, Field, Link, Row, Subject, Vocabulary
from fidelia.kernel.errors import FieldError, invalid
from fidelia.platform.listeners import CaughtEvent
from fidelia.platform.postgres import Tx

#: A field of its own for each person of whom nothing is loaded.
_NOBODY: Mapping[str, Any] = {}
_REFUSED = (
    "Here only what happened (trigger.…) and fields of the person can be looked at; put anything else into a segment"
    " and choose it under who gets the mailing"
)


class Filter(msgspec.Struct, frozen=True):
    """A checked condition of one trigger: what it needs of people, and which properties are amounts."""

    checked: Checked
    timezone: str
    fields: list[str]
    amounts: frozenset[str]

    def holds(self, event: CaughtEvent, person: Mapping[str, Any], now: datetime) -> bool:
        """Tell whether an event of somebody with these values passes."""
        properties = dict(event.properties)
        for name in self.amounts & properties.keys():
            properties[name] = _amount(properties[name])
        facts = Facts(fields=person, links={"trigger": (Row(fields=properties),)})
        return conditions.evaluate(self.checked, facts, now, self.timezone)


async def filter_of(
    tx: Tx, database: profiles.Database, type_: events.EventTypeOut | None, condition: Condition, pointer: str = ""
) -> Filter:
    """Check the condition of a trigger on events of a type; raise 422 with a pointer for each fault."""
    if refused := list(_refused(condition, pointer)):
        raise invalid(*refused)
    whole: Vocabulary = await tx.engines.port(segments.VOCABULARY)(tx, database.id)
    words = _vocabulary(whole, database, type_)
    checked = conditions.check(condition, words, live_only=True, pointer=pointer)
    needed = {name.removeprefix("profile.").split("[")[0].split(".")[0] for name in checked.references.fields}
    lists = {link for link in checked.references.links if link != "trigger"}
    amounts = [f.name.removeprefix("trigger.") for f in words.subject["trigger"].fields if f.type == "decimal"]
    known = [field.name for field in database.fields if field.name in needed | lists]
    return Filter(checked, database.timezone, known, frozenset(amounts))


def _refused(condition: Condition, pointer: str) -> Iterable[FieldError]:
    for path, node in conditions.walk(condition):
        match node:
            case conditions.Occurred() | conditions.Member():
                yield FieldError(f"{pointer}{path}", _REFUSED)
            case conditions.Compare(value=dict() as other) if "field" not in other:
                yield FieldError(f"{pointer}{path}/value", _REFUSED)


def _vocabulary(whole: Vocabulary, database: profiles.Database, type_: events.EventTypeOut | None) -> Vocabulary:
    person = whole.subject["profile"]
    own = tuple(field for field in person.fields if database.field(person.key(field.name)) is not None)
    declared = [p for p in type_.properties if p.declared] if type_ is not None else []
    happened = Subject(
        name="trigger",
        label="What happened",
        table="trigger",
        props="props",
        fields=tuple(Field(name=f"trigger.{p.name}", type=p.type, label=p.label) for p in declared),
    )
    link = Link(name="trigger", of="profile", to="trigger", key="id", single=True, live=True)
    return conditions.merge(Vocabulary(subjects=(msgspec.structs.replace(person, fields=own), happened), links=(link,)))


async def values_of(
    tx: Tx, database: profiles.Database, filters: Sequence[Filter], ids: Iterable[int]
) -> Mapping[int, Mapping[str, Any]]:
    """Return what filters need to know of people, by id; somebody who is gone is left out."""
    fields = sorted({name for one in filters for name in one.fields})
    if not fields:
        return dict.fromkeys(ids, _NOBODY)
    return {row["id"]: row for row in await profiles.read_many(tx, database.id, ids, fields)}


def _amount(value: Any) -> Any:
    """Return an amount as it is compared; events carry them as texts or numbers."""
    if isinstance(value, str | float):
        with suppress(InvalidOperation):
            return Decimal(str(value))
    return value
