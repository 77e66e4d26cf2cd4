"""Queries of the ledger, reactions and caught mails about people who are merged."""

from __future__ import annotations

from datetime import UTC
from typing import Any

import psycopg


async def move(raw: psycopg.AsyncConnection[Any], database_id: int, source: int, into: int) -> int:
    """Give the messages of one profile to another where that one had none in the run; return how many."""
    params = {"db": database_id, "source": source, "into": into}
    cursor = await raw.execute(
        """
        with mine as (
            select d.run_id, d.occasion from delivery d join mailing_run r on r.id = d.run_id and r.database_id = %(db)s
            where d.profile_id = %(source)s and d.state not in ('leased', 'handed')
              and not exists (select from delivery x
                where x.run_id = d.run_id and x.profile_id = %(into)s and x.occasion = d.occasion)
            for update of d
        ), moved as (
            update delivery d set profile_id = %(into)s from mine
            where d.run_id = mine.run_id and d.profile_id = %(source)s and d.occasion = mine.occasion returning d.run_id
        ), reactions as (
            update reaction a set profile_id = %(into)s from mine
            where a.run_id = mine.run_id and a.profile_id = %(source)s and a.occasion = mine.occasion
              and not exists (select from reaction x
                where x.run_id = a.run_id and x.profile_id = %(into)s and x.occasion = a.occasion)
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
    await raw.execute(
        "update returned_mail set profile_id = %(into)s where profile_id = %(source)s and database_id = %(db)s", params
    )
    assert row is not None
    return int(row[0])


async def everything(raw: psycopg.AsyncConnection[Any], database_id: int, profile_id: int) -> dict[str, Any]:
    """Return what was sent to somebody, their reactions, caught mails, and what came back."""
    params = {"db": database_id, "id": profile_id}
    sent = await raw.execute(
        "select m.name, d.run_id, d.state::text, d.reason, d.at from delivery d join mailing_run r on r.id = d.run_id"
        " join mailing m on m.id = r.mailing_id where r.database_id = %(db)s and d.profile_id = %(id)s order by d.at",
        params,
    )
    messages = [
        {"at": at.astimezone(UTC), "mailing": name, "run": run, "state": state, "reason": reason}
        for name, run, state, reason, at in await sent.fetchall()
    ]
    seen = await raw.execute(
        "select m.name, a.run_id, a.kind, a.link, a.bot, a.hits, a.first_at, a.last_at from reaction a"
        " join mailing_run r on r.id = a.run_id join mailing m on m.id = r.mailing_id"
        " where r.database_id = %(db)s and a.profile_id = %(id)s order by a.first_at",
        params,
    )
    reactions = [
        {
            "first_at": first.astimezone(UTC),
            "last_at": last.astimezone(UTC),
            "mailing": name,
            "run": run,
            "kind": kind,
            "link": link if link >= 0 else None,
            "by_machine": bot,
            "hits": hits,
        }
        for name, run, kind, link, bot, hits, first, last in await seen.fetchall()
    ]
    caught = await raw.execute(
        "select received_at, sender, recipients, subject from captured_mail where profile_id = %(id)s"
        " and run_id in (select id from mailing_run where database_id = %(db)s) order by received_at",
        params,
    )
    mails = [
        {"at": at.astimezone(UTC), "from": sender, "to": to, "subject": subject}
        for at, sender, to, subject in await caught.fetchall()
    ]
    came_back = await raw.execute(
        "select received_at, outcome, code, reason from returned_mail"
        " where profile_id = %(id)s and database_id = %(db)s order by received_at",
        params,
    )
    returned = [
        {"at": at.astimezone(UTC), "outcome": outcome, "code": code, "reason": reason}
        for at, outcome, code, reason in await came_back.fetchall()
    ]
    return {"messages": messages, "reactions": reactions, "captured_mails": mails, "returned_mails": returned}
