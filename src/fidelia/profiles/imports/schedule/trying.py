"""Trying a source before it is stored: its first rows, and where its columns would go."""

from __future__ import annotations

from pathlib import Path

import anyio.to_thread
from msgspec import UNSET, UnsetType

from fidelia.access import Actor
from fidelia.kernel.errors import FieldError, invalid
from fidelia.platform.engines import Engines
from fidelia.platform.files import Files

from ...service.databases import get_database
from .. import child
from .. import mapping as mappings
from ..model import ColumnMapping, ImportOptions, ImportPreview
from ..parse import Look, Seen, as_mapping
from ..readers import FileFormat
from ..upload import AREA
from . import rules, service, store
from .model import ImportSource, SourceSample, SqlSource
from .sources import SQL_FORMAT, Sample, sample

SHOWN_ROWS = 20


async def try_source(
    engines: Engines,
    actor: Actor,
    database_id: int,
    source: ImportSource,
    *,
    secret: str | UnsetType | None,
    schedule_id: int | None,
    how: FileFormat | None,
    mapping: list[ColumnMapping] | None,
    options: ImportOptions,
) -> SourceSample:
    """Fetch the first rows of a source, which need not be stored; nothing is written.

    Without a new ``secret`` the one of ``schedule_id`` is used, if the source leads to the same server. No transaction
    is open while the source is waited for. Raises 403, 404, 422.
    """
    actor.require("profiles:update")
    async with engines.tx() as tx:
        database = await get_database(tx, database_id)
        given = None if secret is UNSET else secret
        if schedule_id is not None:
            row = await store.find(tx, schedule_id)
            if secret is UNSET and row.database_id == database_id and row.secret is not None:
                if not rules.same_door(row.source, source):
                    text = "The source leads to another server now: enter its password or token"
                    raise invalid(FieldError("/secret", text))
                given = service.secret_of(tx, row)
    errors = rules.source_errors(source, has_secret=given is not None) + rules.secret_errors(given)
    if how is not None:
        errors += mappings.format_errors(how)
    if errors:
        raise invalid(*errors)
    files = Files(engines.files)
    key = files.new_key(AREA)
    try:
        found = await sample(engines, source, given, key)
        if found.rows == 0:
            return SourceSample(columns=found.columns, types=found.types, rows=[], size=0, whole=True, preview=None)
        path = str(files.path(key))
        wanted = SQL_FORMAT if isinstance(source, SqlSource) else how
        seen = await child.look(Look(path=path, database=database, format=wanted, mapping=mapping, options=options))
    finally:
        await anyio.to_thread.run_sync(Path.unlink, files.path(key), True)
    items = mapping if mapping is not None else [as_mapping(c.name, c.suggestion) for c in seen.columns]
    return SourceSample(
        columns=seen.names,
        types=found.types,
        rows=[list(row) for row in seen.sample],
        size=found.size,
        whole=found.whole,
        preview=ImportPreview(
            format=seen.format,
            sheets=seen.sheets,
            columns=seen.columns,
            mapping=items,
            options=options,
            rows=seen.rows,
            estimated_rows=_estimate(seen, found),
            exact=seen.exact and found.whole,
            warnings=mappings.warnings(database, items, options),
        ),
    )


def _estimate(seen: Seen, found: Sample) -> int | None:
    """Return about how many rows there are; of a beginning nothing can be said."""
    return seen.estimated_rows if found.whole else None
