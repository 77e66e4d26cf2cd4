"""Who works on runs at the moment: sessions of senders, which :mod:`.ledger` opens and closes."""

from __future__ import annotations

from .ledger import Raw


async def live_sessions(raw: Raw, run_id: int) -> int:
    """Return how many senders work on a run."""
    row = await (await raw.execute("select count(*) from sender_session where run_id = %s", (run_id,))).fetchone()
    return int(row[0]) if row else 0


async def sharing(raw: Raw, run_id: int) -> tuple[int, int]:
    """Return how many senders work on a run, and how many on all runs of its channel, which share servers' limits."""
    row = await (
        await raw.execute(
            "select count(*) filter (where s.run_id = %(run)s), count(*)"
            " from sender_session s join mailing_run r on r.id = s.run_id, mailing_run mine"
            " where mine.id = %(run)s and r.plan ->> 'channel' = mine.plan ->> 'channel'",
            {"run": run_id},
        )
    ).fetchone()
    return (int(row[0]), int(row[1])) if row else (0, 0)
