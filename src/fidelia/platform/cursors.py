"""psycopg's pipeline, but what it sends leaves in one packet: statements, BEGIN before the first, and the Sync.

psycopg itself looks at the socket, sends and wakes the server for each statement and twice more at the end, and waits
for BEGIN. It uses psycopg's inner parts: ``tests/platform/test_together.py`` tells when an upgrade has changed them.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from datetime import date
from decimal import Decimal
from typing import Any

import psycopg
from psycopg.adapt import Transformer
from psycopg.generators import send
from psycopg.pq import TransactionStatus


class Cursor(psycopg.AsyncCursor[Any]):
    """psycopg's cursor; within a pipeline its statements wait in the connection's buffer until the block ends."""

    def _execute_gen(
        self, query: Any, params: Any = None, *, prepare: bool | None = None, binary: bool | None = None
    ) -> Generator[Any, Any, None]:
        """Put a statement of a pipeline into the buffer; execute any other."""
        connection = self._conn
        pipeline = connection._pipeline
        if pipeline is None:
            yield from super()._execute_gen(query, params, prepare=prepare, binary=binary)
            return
        if self.closed:
            raise psycopg.InterfaceError("the cursor is closed")
        self._reset()
        self._tx = Transformer(self)
        if not connection.autocommit and connection.pgconn.transaction_status == TransactionStatus.IDLE:
            yield from connection._exec_command(connection._get_tx_start_command())
        yield from self._maybe_prepare_gen(self._convert_query(query, params), prepare=prepare, binary=binary)
        yield from connection._prepared.maintain_gen(connection)
        self._last_query = query
        queue = pipeline.command_queue
        while queue:
            queue.popleft()()


class Pipeline(psycopg.AsyncPipeline):
    """psycopg's pipeline, ended by one packet and one wait."""

    def _exit_gen(self) -> Generator[Any, Any, None]:
        """Send all that waits, and take in all answers; raise what the first statement raised."""
        try:
            while self.command_queue:
                self.command_queue.popleft()()
            self.pgconn.pipeline_sync()
            self.result_queue.append(None)
            yield from send(self.pgconn)
        finally:
            yield from self._fetch_gen(flush=False)


def use_pipeline(connection: psycopg.AsyncConnection[Any]) -> None:
    """Have the next block of ``connection.pipeline()`` be ours, unless one is open."""
    if connection._pipeline is None:
        connection._pipeline = Pipeline(connection)


def leave_pipeline(connection: psycopg.AsyncConnection[Any]) -> None:
    """Forget a pipeline whose blocks have ended, or that was never entered: the connection was broken already."""
    if connection._pipeline is not None and connection._pipeline.level == 0:
        connection._pipeline = None


def plain_array(values: Iterable[int | Decimal | date]) -> str:
    """Write numbers or days as PostgreSQL's text of an array, for ``%s::int[]``; a list costs ten times that."""
    return f"{{{','.join(map(str, values))}}}"


def text_array(values: Iterable[str]) -> str:
    """Write texts as PostgreSQL's text of an array, for ``%s::text[]``."""
    quoted = ('"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' for value in values)
    return f"{{{','.join(quoted)}}}"
