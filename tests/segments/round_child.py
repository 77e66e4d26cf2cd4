"""A process with its own ClickHouse over a given PostgreSQL, which recalculates and may be killed at a chosen point.

``DSN FOLDER JOB POINT N`` kills itself with SIGKILL at the N-th time it reaches POINT: ``asked``
(rules are answered), ``swapping`` (inside the transaction of a swap, everything written), ``swapped`` (after its
commit). ``DSN FOLDER again`` does what stalled jobs are left; ``DSN FOLDER drain`` prints who entered and left, by
segment, from the history.
"""

from __future__ import annotations

import asyncio
import json
import sys

from fidelia.platform.jobs import runner
from fidelia.segments.service import round as rounds
from fidelia.segments.service import shared
from fidelia.settings import Settings
from fidelia.wiring import open_engines
from fidelia.worker import tasks
from tests.killing import again, killing

assert tasks.MODULES


async def main(dsn: str, folder: str, what: str, point: str = "", wanted: str = "0") -> None:
    settings = Settings().replace("postgres", dsn=dsn).replace("data", dir=folder)
    if point == "asked":
        shared.Shared.prepare = killing(shared.Shared.prepare, int(wanted))  # type: ignore[method-assign]
    elif point == "swapping":
        rounds.put = killing(rounds.put, int(wanted))  # type: ignore[attr-defined]
    elif point == "swapped":
        rounds._Round.place = killing(rounds._Round.place, int(wanted))  # type: ignore[method-assign]
    async with open_engines(settings, clickhouse=True) as engines:
        if what == "drain":
            assert engines.drain is not None
            await engines.drain.flush()
            rows = await engines.clickhouse.query(
                "select props.segment::UInt32, type, groupArraySorted(1000)(profile), count() - uniqExact(profile)"
                " from e_1 where startsWith(type, 'segment.') group by 1, 2 order by 1, 2"
            )
            sys.stdout.write(
                json.dumps([[int(s), str(t), [int(p) for p in who], int(twice)] for s, t, who, twice in rows])
            )
        elif what == "again":
            await again(engines, "core")
        else:
            await runner.run_job(engines, what)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
