"""Queries of imports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from pyroaring import BitMap

from fidelia.kernel.errors import not_found
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.jobs import Ending, outcomes
from fidelia.platform.listing import folded, or_none, sorted_rows
from fidelia.platform.postgres import Tx

from .model import CheckResult, ColumnMapping, Counts, ImportOptions, ImportOut, ImportReason
from .readers import FileFormat
from .tables import profile_import, profile_import_chunk

_COUNTS = ("rows", "created", "updated", "unchanged", "rejected", "duplicates")
#: Large, and of no interest to callers.
_HIDDEN = ("people", "created_people", "updated_people")
_SHOWN = [
    *(c for c in profile_import.c if c.name not in _HIDDEN),
    profile_import.c.created_people.is_not(None).label("people_kept"),
]
#: What is told of single rows: why it was refused, that somebody came twice, what else is worth knowing.
REPORTS = ("rejected", "duplicates", "notes")
_ACTIVE = ("queued", "running", "checking")


def as_import(row: Any) -> ImportOut:
    """Turn a row into what callers see."""
    return ImportOut(
        id=row.id,
        database_id=row.database_id,
        file_name=row.file_name,
        file_size=row.file_size,
        state=row.state,
        format=msgspec.convert(row.format, FileFormat),
        columns=row.columns,
        mapping=msgspec.convert(row.mapping, list[ColumnMapping]),
        options=msgspec.convert(row.options, ImportOptions),
        counts=Counts(**{name: getattr(row, name) for name in _COUNTS}),
        # Until it is done, its chunks know.
        people_known=row.people_kept or (row.state != "done" and row.started_at is not None),
        kept_consents=row.kept_consents,
        total=row.total,
        check=msgspec.convert(row.check_result, CheckResult) if row.check_result else None,
        reasons=msgspec.convert(row.reasons, list[ImportReason]),
        error=row.error,
        job_id=row.job_id,
        actor=row.actor,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
    )


async def insert(tx: Tx, values: dict[str, Any]) -> int:
    """Store a new import and return its id."""
    query = sa.insert(profile_import).values({**values, "created_at": tx.now})
    return int(await tx.scalar(query.returning(profile_import.c.id)))


async def find(tx: Tx, import_id: int, *, lock: bool = False) -> Any:
    """Return the row of an import; raise 404."""
    query = sa.select(*_SHOWN).where(profile_import.c.id == import_id)
    row = await tx.first(query.with_for_update() if lock else query) if 0 < import_id < 2**31 else None
    if row is None:
        raise not_found("Import", import_id)
    return row


async def current(tx: Tx, row: Any) -> ImportOut:
    """Return an import as :func:`currents` does."""
    return (await currents(tx, [row]))[0]


async def currents(tx: Tx, rows: Sequence[Any]) -> list[ImportOut]:
    """Return imports; one whose job has ended without saying so (killed for good, cancelled early) ends with it."""
    ended = await _ended(tx, rows)
    return [
        msgspec.structs.replace(as_import(row), state=ended[row.id][0], error=ended[row.id][1])
        if row.id in ended
        else as_import(row)
        for row in rows
    ]


async def _ended(tx: Tx, rows: Sequence[Any]) -> dict[int, tuple[Ending, str | None]]:
    active = {row.id: row for row in rows if row.state in _ACTIVE and row.job_id is not None}
    found = await outcomes(tx, [row.job_id for row in active.values()]) if active else {}
    return {
        id_: (state, row.error or error)
        for id_, row in active.items()
        if row.job_id in found
        for state, error in [found[row.job_id]]
    }


async def settle(tx: Tx) -> None:
    """Note of imports that their job has ended without saying so, so that what is kept of them can be forgotten."""
    rows = await tx.all(sa.select(*_SHOWN).where(profile_import.c.state.in_(_ACTIVE)).with_for_update(skip_locked=True))
    for import_id, (state, error) in (await _ended(tx, rows)).items():
        await update(tx, import_id, state=state, error=error, finished_at=tx.now)


async def update(tx: Tx, import_id: int, **values: Any) -> None:
    """Change columns of an import."""
    await tx.execute(sa.update(profile_import).where(profile_import.c.id == import_id).values(values))


async def delete(tx: Tx, import_id: int) -> None:
    """Remove an import with all that is known of its rows."""
    await tx.execute(sa.delete(profile_import).where(profile_import.c.id == import_id))


_i = profile_import.c
#: As the imports are shown: one that did not run has no figures, and its time is when it was made.
_RAN = _i.state.not_in(("new", "checking", "checked"))
_SORTS: Mapping[str, sa.ColumnElement[Any]] = {
    "id": _i.id,
    "file_name": folded(_i.file_name),
    "total": or_none(_i.total),
    **{
        name: sa.case((_RAN, _i[name]), else_=sa.literal(-1, sa.BigInteger))
        for name in ("created", "updated", "rejected")
    },
    "actor": folded(_i.actor),
    "at": sa.func.coalesce(_i.started_at, _i.created_at),
}


async def page(tx: Tx, request: PageRequest, database_id: int) -> Page[ImportOut]:
    """Return a page of a database's imports, the newest first if not sorted; ``q`` looks into the file's name."""
    c = profile_import.c
    query = sa.select(*_SHOWN).where(c.database_id == database_id)
    if request.q:
        query = query.where(c.file_name.icontains(request.q, autoescape=True))
    total = await tx.scalar(sa.select(sa.func.count()).select_from(query.subquery()))
    rows, cursor = await sorted_rows(tx, query, request, sorts=_SORTS, key=c.id, default="-id")
    return Page(await currents(tx, rows), cursor, total)


async def mapping_of_twin(tx: Tx, database_id: int, header_hash: str) -> list[ColumnMapping] | None:
    """Return the mapping of the last import that ran with the same header, if any."""
    c = profile_import.c
    found = await tx.scalar(
        sa.select(c.mapping)
        .where(c.database_id == database_id, c.header_hash == header_hash, c.started_at.is_not(None))
        .order_by(c.id.desc())
        .limit(1)
    )
    return msgspec.convert(found, list[ColumnMapping]) if found else None


# -- chunks ----------------------------------------------------------------------------------------------------------


class People(msgspec.Struct):
    """Everybody whom the rows read so far were about, by what became of them."""

    created: BitMap = msgspec.field(default_factory=BitMap)
    updated: BitMap = msgspec.field(default_factory=BitMap)
    unchanged: BitMap = msgspec.field(default_factory=BitMap)

    @property
    def all(self) -> BitMap:
        """Return everybody."""
        return self.created | self.updated | self.unchanged

    def counts(self, rows: int, rejected: int) -> Counts:
        """Count each person once, as what the last row about them made of them; the sum is ``rows``."""
        created, updated = len(self.created), len(self.updated - self.created)
        everybody = len(self.all)
        return Counts(
            rows=rows,
            created=created,
            updated=updated,
            unchanged=everybody - created - updated,
            rejected=rejected,
            duplicates=rows - rejected - everybody,
        )


async def people(tx: Tx, import_id: int) -> People:
    """Return whom the chunks that are written were about."""
    c = profile_import_chunk.c
    found = People()
    for row in await tx.all(sa.select(c.created, c.updated, c.unchanged).where(c.import_id == import_id)):
        found.created |= BitMap.deserialize(row.created)
        found.updated |= BitMap.deserialize(row.updated)
        found.unchanged |= BitMap.deserialize(row.unchanged)
    return found


async def add_chunk(tx: Tx, import_id: int, number: int, people: People, reports: dict[str, bytes | None]) -> None:
    """Keep what a chunk did, in the transaction that did it."""
    await tx.execute(
        sa.insert(profile_import_chunk).values(
            import_id=import_id,
            number=number,
            created=people.created.serialize(),
            updated=people.updated.serialize(),
            unchanged=people.unchanged.serialize(),
            **reports,
        )
    )


async def finish_chunks(tx: Tx, import_id: int) -> None:
    """Forget what only a resume needs; chunks without reports go."""
    c = profile_import_chunk.c
    mine = c.import_id == import_id
    await tx.execute(sa.delete(profile_import_chunk).where(mine, *(c[kind].is_(None) for kind in REPORTS)))
    await tx.execute(sa.update(profile_import_chunk).where(mine).values(created=b"", updated=b"", unchanged=b""))


async def next_block(tx: Tx, import_id: int, kind: str, after: int) -> tuple[int, bytes] | None:
    """Return the next packed report (``rejected``, ``duplicates``, ``notes``) after a chunk, with its number."""
    c = profile_import_chunk.c
    row = await tx.first(
        sa.select(c.number, c[kind].label("block"))
        .where(c.import_id == import_id, c.number > after, c[kind].is_not(None))
        .order_by(c.number)
        .limit(1)
    )
    return (row.number, row.block) if row else None


async def add_keys(tx: Tx, import_id: int, hashes: Sequence[int]) -> int:
    """Remember keys of new people during a check; return how many were not known."""
    raw = await tx.raw()
    cursor = await raw.execute(
        "insert into profile_import_key select %s, h from unnest(%s::bigint[]) h on conflict do nothing",
        (import_id, list(hashes)),
    )
    return cursor.rowcount


async def add_owned(tx: Tx, import_id: int, owned: Sequence[tuple[int, int]]) -> list[int]:
    """Remember during a check who has which unique value; return the positions of values that others have."""
    raw = await tx.raw()
    params = {"id": import_id, "h": [h for h, _ in owned], "o": [o for _, o in owned]}
    await raw.execute(
        "insert into profile_import_key select %(id)s, h, o from unnest(%(h)s::bigint[], %(o)s::bigint[]) g (h, o)"
        " on conflict do nothing",
        params,
    )
    cursor = await raw.execute(
        "select g.n - 1 from unnest(%(h)s::bigint[], %(o)s::bigint[]) with ordinality g (h, o, n)"
        " join profile_import_key k on k.import_id = %(id)s and k.key_hash = g.h where k.owner <> g.o order by 1",
        params,
    )
    return [row[0] for row in await cursor.fetchall()]


async def forget_keys(tx: Tx, import_id: int) -> None:
    """Forget the keys of a check."""
    await tx.execute(sa.text("delete from profile_import_key where import_id = :id"), {"id": import_id})


async def file_keys(tx: Tx) -> set[str]:
    """Return the keys of all files that imports refer to."""
    return set(await _scalars(tx, sa.select(profile_import.c.file_key)))


async def stale(tx: Tx, before: Any) -> list[str]:
    """Return the file keys of imports that ended, or never began, before a moment."""
    c = profile_import.c
    ended = sa.func.coalesce(c.finished_at, c.created_at) < before
    return await _scalars(tx, sa.select(c.file_key).where(ended, c.state.not_in(_ACTIVE)))


async def forget_reports(tx: Tx, before: Any) -> None:
    """Remove what is known of single rows of imports that ended before a moment, however they ended."""
    i, c = profile_import.c, profile_import_chunk.c
    old = sa.select(i.id).where(i.finished_at < before)
    await tx.execute(sa.delete(profile_import_chunk).where(c.import_id.in_(old.where(i.state == "done"))))
    known = sa.or_(*(c[kind].is_not(None) for kind in REPORTS))
    others = sa.update(profile_import_chunk).where(c.import_id.in_(old.where(i.state.not_in(_ACTIVE))), known)
    await tx.execute(others.values(dict.fromkeys(REPORTS)))  # whom the rows were about stays


async def _scalars(tx: Tx, query: sa.Select[Any]) -> list[Any]:
    return [row[0] for row in await tx.all(query)]
