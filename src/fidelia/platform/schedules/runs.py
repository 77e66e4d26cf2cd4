"""The runs of one kind of object: noted when they are asked for, done by a job, never two of one object at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Generic, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on, insert

from fidelia.kernel.paging import Page, PageRequest, cursor_id, encode_cursor

from .. import jobs
from ..engines import Engines
from ..jobs import Ending, JobContext, JobRef
from ..postgres import Tx, as_struct
from .model import ENDED, OPEN, EndState, Noted, RunState, Started, Work

R_co = TypeVar("R_co", bound=Noted, covariant=True)


class Runs(Generic[R_co]):
    """The runs of one kind of object, in a table of theirs.

    ``table`` has the columns id, state, source, actor, job_id, queued_at, finished_at and error, and in ``owner`` the
    id of the object; a unique index lets an object have one queued or running row only. Rows are read as ``shown``, a
    Struct whose fields are named as columns are, but for those in ``renamed`` (field: column). ``unsaid`` is why a run
    failed whose job ended without giving a reason.
    """

    def __init__(
        self,
        table: sa.Table,
        shown: type[R_co],
        *,
        owner: str,
        unsaid: str,
        renamed: Mapping[str, str] | None = None,
    ) -> None:
        self._table = table
        self._c = table.c
        self._owner: sa.Column[int] = table.c[owner]
        self._shown = shown
        self._unsaid = unsaid
        names = {name: name for name in shown.__struct_fields__} | dict(renamed or {})
        self._columns = [table.c[column].label(name) for name, column in names.items()]

    # -- beginning ----------------------------------------------------------------------------------------------------

    async def ask(self, tx: Tx, owner_id: int, work: Work, *, source: str, actor: str) -> JobRef:
        """Have a run started now; while one waits or works, return the job of that one."""
        await self.settle(tx, [owner_id])
        while True:
            run = await self.open_of(tx, owner_id)
            if run is not None and run.job_id is not None:
                found = await jobs.get(tx, run.job_id)
                return JobRef(found.id, found.kind, found.title, found.state)
            started = await self.start(tx, owner_id, work, source=source, actor=actor)
            if started is not None:
                return started.job

    async def start(self, tx: Tx, owner_id: int, work: Work, *, source: str, actor: str) -> Started | None:
        """Note a run and create its job; ``None`` while another run of the object waits or works."""
        run_id = await self.add(tx, owner_id, source=source, actor=actor, columns=work.columns)
        if run_id is None:
            return None
        made = await jobs.create(
            tx,
            kind=work.kind,
            title=work.title,
            actor=actor,
            args={**work.args, "run_id": run_id},
            database_id=work.database_id,
            link=work.link,
            lock=work.lock,
        )
        await self.set_job(tx, [run_id], made.id)
        return Started(run_id, made)

    async def add(
        self, tx: Tx, owner_id: int, *, source: str, actor: str, columns: Mapping[str, object] | None = None
    ) -> int | None:
        """Note that a run was asked for; return its id, or ``None`` while another of the object waits or works.

        Where two processes ask in the same moment, the second waits here until the first has committed.
        """
        values = {**(columns or {}), self._owner.name: owner_id, "source": source, "actor": actor}
        stmt = insert(self._table).values(**values, state="queued", queued_at=tx.now).on_conflict_do_nothing()
        found = await tx.scalar(stmt.returning(self._c.id))
        return None if found is None else int(found)

    async def set_job(self, tx: Tx, run_ids: Iterable[int], job_id: str) -> None:
        """Note which job does some runs."""
        await tx.execute(sa.update(self._table).where(self._c.id.in_(list(run_ids))).values(job_id=job_id))

    async def begin(self, tx: Tx, run_id: int, columns: Mapping[str, object] | None = None) -> bool:
        """Mark a run as running (again, after a crash); ``False`` when it has ended or its object is gone."""
        return await self._change(tx, run_id, {**(columns or {}), "state": "running"})

    # -- ending -------------------------------------------------------------------------------------------------------

    async def end(
        self,
        tx: Tx,
        run_id: int,
        state: EndState,
        error: str | None = None,
        columns: Mapping[str, object] | None = None,
    ) -> bool:
        """Note how a run ended, and what it found; ``False`` when it had ended already, and nothing is changed."""
        ended = {"state": state, "finished_at": tx.now, "error": error}
        return await self._change(tx, run_id, {**(columns or {}), **ended})

    @asynccontextmanager
    async def telling(self, ctx: JobContext, run_id: int, said: Callable[[BaseException], str]) -> AsyncIterator[None]:
        """Note how a run ends whose work is done inside, unless it ends well; ``said`` puts the reason in words.

        A process that stops is no end: another begins the job again. The exception goes on.
        """

        async def told(ending: Ending, exc: BaseException) -> None:
            async with ctx.tx() as tx:
                await self.end(tx, run_id, ending, None if ending == "cancelled" else said(exc))

        async with ctx.telling(told):
            yield

    async def settle(self, tx: Tx, owner_ids: Collection[int] | None = None) -> None:
        """Note how runs ended whose job ended without a word: its process died too often, or it was never begun."""
        stmt = sa.select(self._c.id, self._c.job_id).where(self._c.state.in_(OPEN)).order_by(self._c.id)
        rows = await tx.all(stmt if owner_ids is None else stmt.where(self._owner.in_(owner_ids)))
        ended = await jobs.outcomes(tx, [row.job_id for row in rows], self._unsaid) if rows else {}
        for row in rows:
            if row.job_id in ended:
                await self.end(tx, row.id, *ended[row.job_id])

    async def outcome(self, tx: Tx, job_id: str | None) -> tuple[Ending, str | None] | None:
        """Return how a job ended that did not say so beside its run, and why; ``None`` while it waits or works."""
        return await jobs.outcome(tx, job_id, self._unsaid)

    async def settle_all(self, engines: Engines) -> None:
        """Do :meth:`settle` for every object, in a transaction of its own."""
        async with engines.tx() as tx:
            await self.settle(tx)

    async def _change(self, tx: Tx, run_id: int, values: Mapping[str, object]) -> bool:
        mine = sa.and_(self._c.id == run_id, self._c.state.in_(OPEN))
        return (await tx.execute(sa.update(self._table).where(mine).values(values))).rowcount > 0

    # -- reading ------------------------------------------------------------------------------------------------------

    async def find(self, tx: Tx, run_id: int, *, lock: bool = False) -> R_co | None:
        """Return a run, or ``None`` when its object is gone; ``lock`` lets nobody else end it."""
        stmt = sa.select(*self._columns).where(self._c.id == run_id)
        row = await tx.first(stmt.with_for_update() if lock else stmt)
        return None if row is None else as_struct(row, self._shown)

    async def open(self, tx: Tx, owner_ids: Collection[int] | None = None) -> list[R_co]:
        """Return the runs that wait or work, of all objects or some, the oldest first."""
        stmt = sa.select(*self._columns).where(self._c.state.in_(OPEN)).order_by(self._c.id)
        rows = await tx.all(stmt if owner_ids is None else stmt.where(self._owner.in_(owner_ids)))
        return [as_struct(row, self._shown) for row in rows]

    async def open_of(self, tx: Tx, owner_id: int) -> R_co | None:
        """Return the run of an object that waits or works."""
        return next(iter(await self.open(tx, [owner_id])), None)

    async def newest(self, tx: Tx, owner_ids: Collection[int], states: Collection[RunState] = ENDED) -> dict[int, R_co]:
        """Return by object the newest run in one of some states; by default the newest that has ended."""
        stmt = (
            sa.select(self._owner.label("_of"), *self._columns)
            .ext(distinct_on(self._owner))
            .where(self._owner.in_(owner_ids), self._c.state.in_(states))
            .order_by(self._owner, self._c.id.desc())
        )
        return {row._of: as_struct(row, self._shown) for row in await tx.all(stmt)}  # more columns do no harm

    async def last(self, tx: Tx, owner_id: int, states: Collection[RunState] = ENDED) -> R_co | None:
        """Return an object's newest run in one of some states; by default the newest that has ended."""
        return (await self.newest(tx, [owner_id], states)).get(owner_id)

    async def page(self, tx: Tx, owner_id: int, request: PageRequest) -> Page[R_co]:
        """Return a page of an object's runs, the newest first (or by ``sort=id`` the oldest). Raises 422."""
        request.sort_key(("id",), "-id")
        down = request.sort is None or request.descending
        where = [self._owner == owner_id]
        total = await tx.scalar(sa.select(sa.func.count()).select_from(self._table).where(*where))
        edge = cursor_id(request)
        if edge is not None:
            where.append(self._c.id < edge if down else self._c.id > edge)
        order = self._c.id.desc() if down else self._c.id.asc()
        rows = await tx.all(sa.select(*self._columns).where(*where).order_by(order).limit(request.limit + 1))
        items = [as_struct(row, self._shown) for row in rows[: request.limit]]
        return Page(items, encode_cursor([items[-1].id]) if len(rows) > request.limit else None, total)
