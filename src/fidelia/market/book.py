"""What was set up, as checks of products and orders read it: one look at the database for a whole batch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from fidelia.platform.postgres import Asked, Tx

from .fields import TypedField
from .model import Entity, LineKind
from .statuses import BUILT_IN

_READ = """
select coalesce((select array_agg(code) from market_currency where active), '{}'),
    coalesce((select jsonb_object_agg(t.external_id, jsonb_build_array(t.id, c.external_id))
        from market_touchpoint t join market_channel c on c.id = t.channel_id where t.database_id = %(database)s
        and t.archived_at is null and c.archived_at is null), '{}')::text,
    coalesce((select jsonb_object_agg(external_id, id) from market_region where archived_at is null), '{}')::text,
    coalesce((select jsonb_object_agg(external_id, kind) from market_line_status), '{}')::text,
    coalesce((select jsonb_agg(jsonb_build_object('entity', entity, 'key', key, 'type', type, 'required', required,
        'initial', initial) order by id) from market_field where archived_at is null), '[]')::text
"""


class Book(NamedTuple):
    """Currencies switched on, touchpoints of the database ``(id, channel)``, regions, statuses of lines, typed fields.

    Keys are external ids; ``statuses`` has those built in too.
    """

    currencies: frozenset[str]
    touchpoints: Mapping[str, tuple[int, str]]
    regions: Mapping[str, int]
    statuses: Mapping[str, LineKind]
    fields: Mapping[Entity, list[TypedField]]


class _Row(TypedField, frozen=True):
    entity: Entity


async def read_book(tx: Tx, database_id: int = 0) -> Book:
    """Return what was set up; touchpoints are those of the database."""
    return await (await ask_book(tx, database_id)).answer()


async def ask_book(tx: Tx, database_id: int) -> Asked[Book]:
    """Ask for what :func:`read_book` returns, together with other questions."""
    return await tx.ask(_READ, {"database": database_id}, lambda rows: _book(*rows[0]))


def _book(currencies: list[str], touchpoints: str, regions: str, statuses: str, declared: str) -> Book:
    fields: dict[Entity, list[TypedField]] = {"product": [], "sku": [], "order": [], "line": []}
    for field in msgspec.json.decode(declared, type=list[_Row]):
        fields[field.entity].append(field)
    known: dict[str, LineKind] = dict(BUILT_IN.values())
    return Book(
        frozenset(currencies),
        msgspec.json.decode(touchpoints, type=dict[str, tuple[int, str]]),
        msgspec.json.decode(regions, type=dict[str, int]),
        msgspec.json.decode(statuses, type=dict[str, LineKind]) | known,
        fields,
    )
