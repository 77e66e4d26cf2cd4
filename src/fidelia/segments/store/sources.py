"""Which segments compare with a value list or a data table."""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from fidelia import profiles
from fidelia.platform.postgres import Tx

from ..tables import segment


async def using_source(tx: Tx, ref: profiles.SourceRef) -> list[tuple[str, bool]]:
    """Return names of the segments whose conditions refer to it, and whether each is archived."""
    variables: dict[str, Any] = {"table": ref.table}
    if ref.list is not None:
        path, variables = "$.** ? (@.list == $list)", {"list": ref.list}
    elif ref.column:
        path, variables = "$.** ? (@.table == $table && @.column == $column)", {**variables, "column": ref.column}
    else:
        path = "$.** ? (@.table == $table)"
    test = sa.text("jsonb_path_exists(condition, cast(:path as jsonpath), cast(:vars as jsonb))").bindparams(
        path=path, vars=msgspec.json.encode(variables).decode()
    )
    where: list[Any] = [test]
    if ref.list is None:
        where.append(segment.c.database_id == ref.database_id)
    rows = await tx.all(
        sa.select(segment.c.name, segment.c.archived_at)
        .where(*where)
        .order_by(segment.c.archived_at.is_not(None), segment.c.name)
    )
    return [(row.name, row.archived_at is not None) for row in rows]
