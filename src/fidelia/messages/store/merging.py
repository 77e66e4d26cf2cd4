"""Queries of the ledger, reactions and caught mails about people who are merged."""

from __future__ import annotations

from typing import Any

import psycopg


async def move(raw: psycopg.AsyncConnection[Any], database_id: int, source: int, into: int) -> int:
    """Give the messages of one profile to another where that one had none in the run; return how many."""
    params = {"db": database_id, "source": source, "into": into}
    cursor = await raw.execute(
        """
        with mine as (
            select d.run_id from delivery d join mailing_run r on r.id = d.run_id and r.database_id = %(db)s
            where d.profile_id = %(source)s and d.state not in ('leased', 'handed')
              and not exists (select from delivery x where x.run_id = d.run_id and x.profile_id = %(into)s)
            for update of d
        ), moved as (
            update delivery d set profile_id = %(into)s from mine
            where d.run_id = mine.run_id and d.profile_id = %(source)s returning d.run_id
        ), reactions as (
            update reaction a set profile_id = %(into)s from mine
            where a.run_id = mine.run_id and a.profile_id = %(source)s
              and not exists (select from reaction x where x.run_id = a.run_id and x.profile_id = %(into)s)
        )
        select count(*) from moved
        """,
        params,
    )
    row = await cursor.fetchone()
    await raw.execute(
        "update captured_mail set profile_id = %(into)s where profile_id = %(source)s"
        " and run_id in (select id from mailing_run where database_id = %(db)s)",
        params,
    )
    assert row is not None
    return int(row[0])
