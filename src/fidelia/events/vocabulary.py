"""What conditions may say of history: types of events with their properties, built-in, declared and learned."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from fidelia.conditions import EventTable, EventType, Field, Vocabulary, json_property
from fidelia.platform.postgres import Tx

from . import rules
from .catalogue import BUILTIN, CATEGORIES, COLUMNS, BuiltinType, label_of
from .model import EventTypeOut
from .projection import events_table
from .service.types import event_types

_COLUMN_SQL: Mapping[str, str] = {
    "mailing": "nullIf(mailing, 0)",
    "campaign": "nullIf(campaign, 0)",
    "scenario": "nullIf(scenario, 0)",
    "template": "nullIf(template, 0)",
    "channel": "nullIf(toString(channel), '')",
    "link": "nullIf(link, '')",
    "total": "total",
}
_ONLY_SHOWN = frozenset(name for name in BUILTIN if name.startswith("order."))


async def vocabulary(tx: Tx, database_id: int, *, skip: Collection[str] = _ONLY_SHOWN) -> Vocabulary:
    """Return what events offer to conditions of a database; raise 404.

    ``skip`` names types that another capability declares itself; by default those of orders, which the market does.
    """
    found = await event_types(tx, database_id)
    return Vocabulary(
        events=tuple(_event_type(item) for item in found if item.name not in skip),
        event_table=EventTable(table=events_table(database_id)),
        categories=tuple(dict.fromkeys(CATEGORIES.values())),
    )


def _event_type(item: EventTypeOut) -> EventType:
    known = BUILTIN.get(item.name)
    fields = [_field(p.name, p.type, p.label, known, CATEGORIES[item.group]) for p in item.properties]
    return EventType(
        name=item.name,
        label=item.label,
        category=CATEGORIES[item.group],
        properties=tuple(field for field in fields if field is not None),
        open=known is None or known.open,
        one=known.one if known else "time",
        many=known.many if known else "times",
    )


def _field(name: str, type_: str, label: str, known: BuiltinType | None, category: str) -> Field | None:
    if known is not None and name in COLUMNS and name in known.properties:
        return Field(
            name=f"event.{name}",
            type=COLUMNS[name],
            label=label,
            sql=_COLUMN_SQL[name],
            category=category,
            live=False,
        )
    if not rules.PROPERTY.fullmatch(name):
        return None
    return json_property(name, "float" if type_ == "decimal" else type_, label or label_of(name), category=category)
