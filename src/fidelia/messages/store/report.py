"""Queries of reports: figures of one run, and the people behind each."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import psycopg

Raw = psycopg.AsyncConnection[Any]


async def reactions(raw: Raw, run_id: int) -> dict[tuple[str, bool], tuple[int, int]]:
    """Return (people, hits) by (kind, machine)."""
    cursor = await raw.execute(
        "select kind, bot, count(distinct profile_id), sum(hits) from reaction where run_id = %s group by 1, 2",
        (run_id,),
    )
    return {(kind, bot): (int(people), int(hits)) for kind, bot, people, hits in await cursor.fetchall()}


async def reasons(raw: Raw, run_id: int, state: str) -> list[tuple[str, int | None, int]]:
    """Return (reason, code, people) of those in a state, the most frequent first; addresses in reasons are blanked."""
    cursor = await raw.execute(
        f"""
        select {REASON} as why, code, count(*)
        from delivery d where run_id = %s and state = %s group by 1, 2 order by 3 desc, 1 limit 50
        """,
        (run_id, state),
    )
    return [(why, code, int(many)) for why, code, many in await cursor.fetchall()]


async def bounce_reasons(raw: Raw, run_id: int) -> list[tuple[str, int]]:
    """Return (reason, messages) of those that came back, the most frequent first; the reasons are a short list."""
    cursor = await raw.execute(
        "select coalesce(reason, ''), count(*) from reaction where run_id = %s and kind = 'bounced' and not bot"
        " group by 1 order by 2 desc, 1",
        (run_id,),
    )
    return [(why, int(many)) for why, many in await cursor.fetchall()]


async def links(
    raw: Raw, run_id: int, version_id: int, first: int = 0
) -> list[tuple[int, str, bool, int, int, int, int]]:
    """Return (no, url, dynamic, people, hits, machines, their hits) of every link; they are numbered from ``first``."""
    cursor = await raw.execute(
        """
        select l.no + %s, l.url, l.dynamic,
            count(distinct r.profile_id) filter (where not r.bot), coalesce(sum(r.hits) filter (where not r.bot), 0),
            count(distinct r.profile_id) filter (where r.bot), coalesce(sum(r.hits) filter (where r.bot), 0)
        from template_link l
        left join reaction r on r.run_id = %s and r.kind = 'clicked' and r.link = l.no + %s
        where l.version_id = %s group by 1, 2, 3 order by 1
        """,
        (first, run_id, first, version_id),
    )
    return [(no, url, dynamic, *(int(n) for n in rest)) for no, url, dynamic, *rest in await cursor.fetchall()]


async def series(raw: Raw, run_id: int, unit: str, timezone: str) -> list[tuple[datetime, str, int]]:
    """Return (moment, what, people) by hour or day of a time zone: sent, and first human opens and clicks."""
    cursor = await raw.execute(
        """
        select date_trunc(%(unit)s, at, %(zone)s), 'sent', count(*) from delivery
        where run_id = %(run)s and state = 'sent' group by 1
        union all
        select date_trunc(%(unit)s, first, %(zone)s), kind, count(*) from (
            select kind, profile_id, min(first_at) as first from reaction
            where run_id = %(run)s and not bot group by 1, 2) f
        group by 1, 2 order by 1, 2
        """,
        {"run": run_id, "unit": unit, "zone": timezone},
    )
    return [(at, what, int(people)) for at, what, people in await cursor.fetchall()]


_PERSON = """
    d.profile_id, d.state::text, coalesce(d.reason, (select min(r.reason) from reaction r where r.run_id = d.run_id
        and r.profile_id = d.profile_id and r.occasion = d.occasion and r.kind in ('bounced', 'complained'))),
    d.code, d.attempts, d.at,
    (select min(first_at) from reaction r where r.run_id = d.run_id and r.profile_id = d.profile_id
        and r.occasion = d.occasion and r.kind = 'opened' and not r.bot) as opened_at,
    (select min(first_at) from reaction r where r.run_id = d.run_id and r.profile_id = d.profile_id
        and r.occasion = d.occasion and r.kind = 'clicked' and not r.bot) as clicked_at,
    (select min(first_at) from reaction r where r.run_id = d.run_id and r.profile_id = d.profile_id
        and r.occasion = d.occasion and r.kind = 'unsubscribed') as unsubscribed_at,
    d.occasion, d.sender
"""
REACTED = {
    "opened": "r.kind = 'opened' and not r.bot",
    "opened_by_machine": "r.kind = 'opened' and r.bot",
    "clicked": "r.kind = 'clicked' and not r.bot",
    "clicked_by_machine": "r.kind = 'clicked' and r.bot",
    "closed": "r.kind = 'closed'",
    "unsubscribed": "r.kind = 'unsubscribed'",
    "bounced": "r.kind = 'bounced'",
    "confirmed": "r.kind = 'delivered'",
    "complained": "r.kind = 'complained'",
}
_WITHOUT = {"delivered": "bounced", "not_opened": "opened"}
REASON = r"regexp_replace(coalesce(d.reason, ''), '[^\s<>:;,]+@[^\s<>:;,]+', '…', 'g')"
LEDGER = {
    "queued": "d.state in ('queued', 'leased')",
    "in_flight": "d.state = 'handed'",
    "sent": "d.state = 'sent'",
    "failed": "d.state = 'failed'",
    "blocked": "d.state = 'blocked'",
    "unknown": "d.state = 'unknown'",
    "audience": "true",
}


async def people(
    raw: Raw,
    run_id: int,
    state: str,
    *,
    limit: int,
    after: int = 0,
    reason: str | None = None,
    link: int | None = None,
    among: list[int] | None = None,
    variant: int | None = None,
    sender: int | None = None,
) -> list[tuple[Any, ...]]:
    """Return the people behind a figure, in the order of their ids after ``after``; see ``_PERSON`` for the columns.

    There is a row for each message; where one person has several, the last one's are all there, beyond ``limit``.
    ``among``: only these people; ``variant``: only who got this one; ``sender``: only whose message went by this one.
    """
    values: dict[str, Any] = {"run": run_id, "after": after, "limit": limit, "reason": reason, "link": link}
    where = ["d.run_id = %(run)s", "d.profile_id > %(after)s"]
    picked = ""
    if among is not None:
        values["among"] = among
        where.append("d.profile_id = any(%(among)s)")
        picked = " and r.profile_id = any(%(among)s)"
    if variant is not None:
        values["variant"] = variant
        where.append("d.variant = %(variant)s")
        picked += """ and exists (select from delivery v where v.run_id = r.run_id and v.profile_id = r.profile_id
            and v.occasion = r.occasion and v.variant = %(variant)s)"""
    if sender is not None:
        values["sender"] = sender
        where.append("d.sender = %(sender)s")
        picked += """ and exists (select from delivery v where v.run_id = r.run_id and v.profile_id = r.profile_id
            and v.occasion = r.occasion and v.sender = %(sender)s)"""
    source = "delivery d"
    if state in REACTED:  # few of many: begin at the reactions, in the order of their index
        more = " and r.link = %(link)s" if link is not None else ""
        if reason is not None:
            more += " and r.reason = %(reason)s"
        source = f"""(
            select distinct r.profile_id, r.occasion from reaction r
            where r.run_id = %(run)s and r.profile_id > %(after)s and {REACTED[state]}{more}{picked}
            order by r.profile_id fetch first %(limit)s rows with ties
        ) picked join delivery d
            on d.run_id = %(run)s and d.profile_id = picked.profile_id and d.occasion = picked.occasion"""
    elif state == "converted":  # what stands of goals and orders; the reason is a goal's key, or "order"
        more = " and case kind when 'order' then 'order' else goal end = %(reason)s" if reason is not None else ""
        source = f"""(
            select distinct r.profile_id, r.occasion from (
                select run_id, profile_id, occasion from conversion
                where run_id = %(run)s and profile_id > %(after)s{more}
                group by run_id, profile_id, occasion, order_id, case when order_id is null then id end
                having sum(sign) > 0
            ) r where true{picked} order by r.profile_id fetch first %(limit)s rows with ties
        ) picked join delivery d
            on d.run_id = %(run)s and d.profile_id = picked.profile_id and d.occasion = picked.occasion"""
    elif state in _WITHOUT:
        where.append("d.state = 'sent'")
        where.append(
            "not exists (select 1 from reaction r where r.run_id = d.run_id and r.profile_id = d.profile_id"
            f" and r.occasion = d.occasion and {REACTED[_WITHOUT[state]]})"
        )
    else:
        where.append(LEDGER[state])
    if reason is not None and state not in (*REACTED, "converted"):
        where.append(f"{REASON} = %(reason)s")
    cursor = await raw.execute(
        f"select {_PERSON} from {source} where {' and '.join(where)}"
        " order by d.profile_id fetch first %(limit)s rows with ties",
        values,
    )
    return await cursor.fetchall()


async def states_of(raw: Raw, run_ids: list[int]) -> dict[int, dict[str, int]]:
    """Return how many recipients are in each state, by run."""
    cursor = await raw.execute(
        "select run_id, state::text, count(*) from delivery where run_id = any(%s::int[]) group by 1, 2", (run_ids,)
    )
    found: dict[int, dict[str, int]] = {}
    for run_id, state, many in await cursor.fetchall():
        found.setdefault(run_id, {})[state] = int(many)
    return found


async def reacted_of(raw: Raw, run_ids: list[int]) -> dict[int, dict[str, int]]:
    """Return how many people reacted in each way, machines apart, by run."""
    cursor = await raw.execute(
        "select run_id, kind, count(distinct profile_id) from reaction"
        " where run_id = any(%s::int[]) and not bot group by 1, 2",
        (run_ids,),
    )
    found: dict[int, dict[str, int]] = {}
    for run_id, kind, people in await cursor.fetchall():
        found.setdefault(run_id, {})[kind] = int(people)
    return found
