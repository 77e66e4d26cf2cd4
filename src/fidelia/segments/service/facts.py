"""Facts of one person for ``evaluate``: what a condition asks for, read by the expressions of the vocabulary.

Everything comes from ClickHouse, from the very columns that the bulk reading compares.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from fidelia import conditions
from fidelia.conditions import Answered, Checked, Event, Facts, Field, Link, Lookup, Row, SourceKey, Subject, Vocabulary
from fidelia.platform.clickhouse import ClickHouse

from ..store import clickhouse as store

#: Rows of one link or type of event that are looked at; nobody has more.
MOST_ROWS = 100_000
_TREES = frozenset({"object", "objects"})


class Need(msgspec.Struct, frozen=True):
    """What several conditions ask for together."""

    fields: frozenset[str]
    events: frozenset[str]
    links: frozenset[str]
    groups: frozenset[int]
    ever: frozenset[int]

    @staticmethod
    def of(conditions: Iterable[Checked]) -> Need:
        """Join what conditions ask for."""
        parts = [checked.references for checked in conditions]
        return Need(
            frozenset().union(*(part.fields for part in parts)),
            frozenset().union(*(part.events for part in parts)),
            frozenset().union(*(part.links for part in parts)),
            frozenset().union(*(part.groups for part in parts)),
            frozenset().union(*(part.ever for part in parts)),
        )


async def load(
    ch: ClickHouse, words: Vocabulary, need: Need, profile_id: int, segments: Mapping[int, bool], tag: str | None
) -> Facts | None:
    """Return the facts of a profile; ``None`` when ClickHouse does not know it."""
    loader = _Loader(ch, words, need, tag)
    home = words.subject["profile"]
    rows = await loader.rows(home, home.id, [profile_id])
    if not rows:
        return None
    (_, row), *_ = rows
    events = await loader.events(profile_id) if need.events else []
    groups = await store.inside(ch, words.segments, "bm", need.groups, profile_id, tag)
    ever = await store.inside(ch, words.segments, "ever", need.ever, profile_id, tag)
    return Facts(fields=row.fields, links=row.links, events=events, segments={**segments, **groups}, ever=ever)


async def look_up(
    ch: ClickHouse,
    checked: Checked,
    known: Facts,
    now: datetime,
    tz: str,
    rules: Mapping[int, Checked],
    tag: str | None,
) -> Facts:
    """Add what lists and data tables hold of a person's values: these are looked for there, never the other way."""
    words = checked.vocabulary
    found: dict[SourceKey, dict[Lookup, bool]] = {}
    while questions := conditions.wanted(checked, known, now, tz, rules):
        for key, asked in questions.items():
            query, order = conditions.lookup_query(words.source[key], asked)
            (row,) = await ch.query(query.text, query.params, tag=tag)
            answers = (bool(answer) for column in row for answer in column)
            found.setdefault(key, {}).update(zip(order, answers, strict=True))
        sources = {key: Answered(answers) for key, answers in found.items()}
        known = msgspec.structs.replace(known, sources=sources)
    return known


class _Loader:
    def __init__(self, ch: ClickHouse, words: Vocabulary, need: Need, tag: str | None) -> None:
        self.ch = ch
        self.words = words
        self.need = need
        self.tag = tag

    async def rows(self, subject: Subject, key: str, values: Sequence[Any]) -> list[tuple[Any, Row]]:
        """Return rows of a subject whose key is one of some values, each with its key and with the rows it leads to."""
        fields = subject.fields
        links = [link for link in self.words.links_of(subject.name) if self.wanted(link)]
        extra = [link.local or subject.id for link in links]
        columns = [key, *(field.sql for field in fields), *extra, subject.order]
        found = await store.rows(
            self.ch, subject.table, columns, key, values, where=subject.where, final=subject.final, limit=MOST_ROWS,
            tag=self.tag,
        )  # fmt: skip
        reached: list[dict[Any, list[Row]]] = []
        for number, link in enumerate(links):
            anchors = list({row[1 + len(fields) + number] for row in found})
            target: dict[Any, list[Row]] = {}
            for value, row in await self.rows(self.words.subject[link.to], link.key, anchors) if anchors else ():
                target.setdefault(value, []).append(row)
            reached.append(target)
        return [
            (
                row[0],
                Row(
                    fields={
                        field.name.removeprefix(f"{subject.name}."): _value(field, value)
                        for field, value in zip(fields, row[1 : 1 + len(fields)], strict=True)
                    },
                    links={link.name: reached[n].get(row[1 + len(fields) + n], []) for n, link in enumerate(links)},
                    id=row[-1],
                ),
            )
            for row in found
        ]

    def wanted(self, link: Link) -> bool:
        """Tell whether some condition goes over a link, and its rows are not at hand in a field."""
        if link.items:
            return False
        if link.name in self.need.links:
            return True
        target = self.words.subject[link.to]
        return link.single and any(
            name == field.name or name.startswith(f"{field.name}[")
            for name in self.need.fields
            for field in target.fields
        )

    async def events(self, profile_id: int) -> list[Event]:
        """Return the events of the types that are asked for."""
        table = self.words.event_table
        if table is None:
            return []
        events: list[Event] = []
        for name in sorted(self.need.events & self.words.event.keys()):
            # What lies in the JSON is read from there; columns of their own are asked for.
            fields = [f for f in self.words.event[name].properties if f"{table.props}." not in f.sql]
            columns = [table.at, "id", f"toJSONString({table.props})", *(field.sql for field in fields)]
            found = await store.rows(
                self.ch, table.table, columns, table.key, [profile_id], where=f"{table.type} = {store.literal(name)}",
                final=table.final, limit=MOST_ROWS, tag=self.tag,
            )  # fmt: skip
            for at, id_, props, *values in found:
                columns_of = {
                    field.name.removeprefix("event."): value for field, value in zip(fields, values, strict=True)
                }
                events.append(Event(type=name, at=at, id=id_, properties={**msgspec.json.decode(props), **columns_of}))
        return events


def _value(field: Field, value: Any) -> Any:
    if field.type in _TREES:
        decoded = msgspec.json.decode(value) if value else None
        return decoded or None
    return list(value) if isinstance(value, tuple) else value
