"""What follows from a mail that comes back: once, only for mails of ours, and visible."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest

from fidelia import profiles
from fidelia.access import Actor
from fidelia.kernel.clock import FixedClock
from fidelia.messages.bounces import service
from fidelia.messages.bounces.model import Taken
from fidelia.messages.bounces.server import MAX_PER_PEER, BounceServer
from fidelia.messages.bounces.verp import return_path
from fidelia.messages.channels.email.smtp import SmtpConnection
from fidelia.messages.model import MessageKey, Run
from fidelia.messages.service.outlet import signer
from fidelia.messages.service.report import report
from fidelia.messages.tracking.tokens import Signer
from fidelia.platform.engines import Engines

from ..sink import running
from ..world import compiled, email_sender, people, run_of, server_of, states
from . import mails

DOMAIN = "back.example.org"


@pytest.fixture(autouse=True)
def return_paths(engines: Engines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "settings", engines.settings.replace("smtp", return_path_domain=DOMAIN))


@pytest.fixture(autouse=True)
async def nobody_stopped(engines: Engines) -> None:
    async with engines.db.hot() as raw:
        await raw.execute("delete from suppression_entry")
        await raw.execute("delete from returned_mail")
        await raw.execute("delete from soft_bounce")


async def sent(engines: Engines, count: int = 3, **plan: Any) -> tuple[Run, Any]:
    database = await people(engines, count)
    run = await run_of(engines, database, **plan)
    async with running() as sink:
        sender = email_sender(engines, run, compiled(), server_of(sink.port), await signer(engines), patience=0.3)
        assert (await sender.run()).phase == "done"
    return run, sink


async def token_of(engines: Engines, run: Run, profile: int = 1) -> str:
    return (await signer(engines)).token("m", run.id, profile, 0)


async def take(engines: Engines, mail: bytes, *recipients: str) -> Taken:
    async with engines.tx() as tx:
        return await service.take_mail(tx, mail, recipients, via="api")


async def stopped(engines: Engines) -> dict[str, tuple[str, str]]:
    async with engines.db.hot() as raw:
        rows = await raw.execute(
            "select e.value, coalesce(l.purpose, 'global'), e.reason from suppression_entry e"
            " join suppression_list l on l.id = e.list_id"
        )
        return {value: (where, why) for value, where, why in await rows.fetchall()}


async def told(engines: Engines, run: Run, kind: str) -> list[str]:
    async with engines.db.hot() as raw:
        rows = await raw.execute("select payload from event_inbox where database_id = %s", (run.database_id,))
        lines = [line for (payload,) in await rows.fetchall() for line in payload.split("\n")]
    return [line for line in lines if f"message.{kind}" in line]


async def test_mails_leave_with_a_return_path_of_their_own(engines: Engines) -> None:
    run, sink = await sent(engines)
    signs = await signer(engines)
    for path, to, source in sink.messages:
        profile = int(to.split("@")[0][1:])
        token = signs.token("m", run.id, profile, 0)
        assert path.lstrip("<") == return_path(token, DOMAIN)
        assert f"Message-ID: <{token}@".encode() in source
        assert len(path.split("@")[0]) <= 64


def test_the_longest_token_fits_into_a_local_part() -> None:
    token = Signer(b"k" * 32).token("m", 2**31 - 1, 2**32 - 1, 2**63 - 1)
    assert len(return_path(token, DOMAIN).split("@")[0]) <= 64


async def test_a_hard_bounce_ends_the_address_once(engines: Engines) -> None:
    run, _ = await sent(engines)
    mail = mails.dsn(await token_of(engines, run))
    first, again = await take(engines, mail), await take(engines, mail)
    assert (first.outcome, again.outcome, again.reason) == ("bounced", "ignored", "Told before")
    assert await stopped(engines) == {"p1@example.com": ("bounces", "The address does not exist (5.1.1)")}
    (line,) = await told(engines, run, "bounced")
    assert '"kind":"hard"' in line
    assert '"code":"5.1.1"' in line
    async with engines.tx() as tx:
        figures = await report(tx, run.plan.mailing_id)
        reach = await profiles.sendable(tx, run.database_id, await profiles.all_ids(tx, run.database_id), None)
    assert (figures.sent, figures.bounced, figures.delivered) == (3, 1, 2)
    assert [(r.reason, r.count) for r in figures.bounces] == [("Hard: The address does not exist", 1)]
    assert [profile for profile, _ in reach.rows] == [2, 3]
    assert list(reach.excluded["suppressed"]) == [1]


async def test_the_same_bounce_told_by_many_at_once_counts_once(engines: Engines) -> None:
    run, _ = await sent(engines)
    mail = mails.qmail(await token_of(engines, run))
    taken = await asyncio.gather(*(take(engines, mail) for _ in range(8)))
    assert sorted(t.outcome for t in taken) == ["bounced"] + ["ignored"] * 7
    assert len(await told(engines, run, "bounced")) == 1


async def test_nothing_is_believed_without_our_signature(engines: Engines) -> None:
    run, _ = await sent(engines)
    forged = Signer(b"x" * 32).token("m", run.id, 1, 0)
    never = (await signer(engines)).token("m", run.id, 4_000_000, 0)
    outcomes = [
        (await take(engines, mails.dsn(forged), return_path(forged, DOMAIN))).outcome,
        (await take(engines, mails.complaint(forged))).outcome,
        (await take(engines, mails.dsn(never))).outcome,
        (await take(engines, mails.dsn("none"))).outcome,
        (await take(engines, b"Subject: x\r\n\r\nbuy")).outcome,
    ]
    assert outcomes == ["unmatched"] * 4 + ["unreadable"]
    assert await stopped(engines) == {}
    assert not await told(engines, run, "bounced")


async def test_an_address_that_the_mail_did_not_go_to_is_never_stopped(engines: Engines) -> None:
    run, _ = await sent(engines)
    token = await token_of(engines, run)
    await take(engines, mails.dsn(token, recipient="victim@example.net"))
    assert set(await stopped(engines)) == {"p1@example.com"}


async def test_the_return_path_alone_is_enough_and_lower_case_falls_back(engines: Engines) -> None:
    run, _ = await sent(engines)
    bare = mails.dsn("none")
    taken = await take(engines, bare, return_path(await token_of(engines, run, 2), DOMAIN))
    assert taken.outcome == "bounced"
    token = await token_of(engines, run, 3)
    assert (await take(engines, mails.dsn(token), return_path(token.lower(), DOMAIN))).outcome == "bounced"


async def test_a_complaint_unsubscribes_and_stops(engines: Engines) -> None:
    run, _ = await sent(engines)
    mail = mails.complaint(await token_of(engines, run))
    assert (await take(engines, mail)).outcome == "complained"
    assert (await take(engines, mail)).outcome == "ignored"
    assert await stopped(engines) == {"p1@example.com": ("global", "Complaint about a mail")}
    assert len(await told(engines, run, "complained")) == 1
    async with engines.tx() as tx:
        (who,) = await profiles.read_many(tx, run.database_id, [1], ["status"])
        figures = await report(tx, run.plan.mailing_id)
    assert who["status"] == "complained"
    assert (figures.complained, figures.delivered) == (1, 3)


async def test_soft_bounces_in_a_row_end_an_address(engines: Engines, clock: FixedClock) -> None:
    database = await people(engines, 2)
    for n in range(5):
        run = await run_of(engines, database)
        await everything_sent(engines, run)
        taken = await take(engines, mails.gmail(await token_of(engines, run)))
        assert taken.outcome == "bounced"
        assert bool(await stopped(engines)) == (n == 4)
        clock.advance(timedelta(hours=12))
    found = await stopped(engines)
    assert found == {"p1@example.com": ("bounces", "5 mails in a row came back: The mailbox is full (5.2.2)")}


@pytest.mark.parametrize("success", ["opened", "did not come back", "too long ago"])
async def test_a_mail_that_arrived_begins_the_count_anew(engines: Engines, clock: FixedClock, success: str) -> None:
    database = await people(engines, 2)
    for n in range(6):
        run = await run_of(engines, database)
        await everything_sent(engines, run)
        if n == 3 and success != "too long ago":
            clock.advance(timedelta(days=4) if success == "did not come back" else timedelta(hours=1))
            if success == "opened":
                async with engines.db.hot() as raw:
                    await raw.execute(
                        "insert into reaction (run_id, profile_id, kind, hits, first_at, last_at)"
                        " values (%s, 1, 'opened', 1, %s, %s)",
                        (run.id, clock.now(), clock.now()),
                    )
            continue
        await take(engines, mails.gmail(await token_of(engines, run)))
        clock.advance(timedelta(days=10) if success == "too long ago" else timedelta(hours=12))
    assert await stopped(engines) == {}


async def everything_sent(engines: Engines, run: Run) -> None:
    """As a sender leaves it: rows sent, one mark a message."""
    async with engines.db.hot() as raw:
        await raw.execute(
            "update delivery set state = 'sent', next_at = null, at = %s where run_id = %s",
            (engines.clock.now(), run.id),
        )
        await raw.execute(
            "insert into send_mark (run_id, profile_id, occasion, database_id, channel, contact_hash, at)"
            " select run_id, profile_id, occasion, %s, 'email', contact_hash, at from delivery where run_id = %s",
            (run.database_id, run.id),
        )


async def test_what_comes_back_has_left(engines: Engines) -> None:
    run, _ = await sent(engines)
    async with engines.db.hot() as raw:
        await raw.execute("update delivery set state = 'unknown' where run_id = %s and profile_id = 2", (run.id,))
    await take(engines, mails.dsn(await token_of(engines, run, 2)))
    assert await states(engines, run) == {"sent": 3}
    lines = [line for line in await told(engines, run, "sent") if f"{MessageKey(2).name(run.id)}-sent" in line]
    assert len(lines) == 2  # the sender's own and ours have one id: one event


async def test_a_merged_recipient_is_found(api: httpx.AsyncClient, engines: Engines) -> None:
    run, _ = await sent(engines)
    token = await token_of(engines, run, 1)
    database = run.database_id
    async with engines.tx() as tx:
        await profiles.upsert(tx, Actor.system(), database, [{"external_id": "new"}], matching="external_id")
    reply = await api.post(f"/api/v1/databases/{database}/profiles/merge", json={"destination": 4, "sources": [1]})
    assert reply.status_code == 200, reply.text
    assert (await take(engines, mails.dsn(token))).outcome == "bounced"


# -- the API --------------------------------------------------------------------------------------------------------

RAW = {"Content-Type": "message/rfc822"}


async def test_mails_and_reports_are_handed_in_and_listed(api: httpx.AsyncClient, engines: Engines) -> None:
    run, _ = await sent(engines)
    token = await token_of(engines, run)
    reply = await api.post("/api/v1/messages/bounces", content=mails.dsn(token), headers=RAW)
    assert (reply.status_code, reply.json()["outcome"]) == (200, "bounced"), reply.text
    items = [
        {"message_id": f"<{await token_of(engines, run, 2)}@shop.example.org>", "reason": "552 5.2.2 mailbox full"},
        {"message_id": return_path(await token_of(engines, run, 3), DOMAIN), "event": "complaint"},
        {"message_id": "whatever@shop.example.org", "kind": "hard"},
    ]
    reply = await api.post("/api/v1/messages/bounces/reports", json={"items": items})
    assert [t["outcome"] for t in reply.json()["items"]] == ["bounced", "complained", "unmatched"], reply.text
    await api.post("/api/v1/messages/bounces", content=b"Subject: Look\r\n\r\n<b>hm</b>", headers=RAW)
    page = (await api.get("/api/v1/messages/bounces")).json()
    assert page["total"] == 5
    assert [m["outcome"] for m in page["items"]] == ["unreadable", "unmatched", "complained", "bounced", "bounced"]
    assert page["items"][-1]["mailing_id"] == run.plan.mailing_id
    assert page["items"][-1]["mailing_name"] == "m"
    found = (await api.get("/api/v1/messages/bounces", params={"outcome": "unreadable", "q": "look"})).json()
    assert [m["subject"] for m in found["items"]] == ["Look"]
    one = (await api.get(f"/api/v1/messages/bounces/{found['items'][0]['id']}")).json()
    assert one["content"] == "Subject: Look\r\n\r\n<b>hm</b>"
    assert (await api.delete(f"/api/v1/messages/bounces/{one['id']}")).status_code == 204
    assert (await api.get(f"/api/v1/messages/bounces/{one['id']}")).status_code == 404
    page = (await api.get(f"/api/v1/mailings/{run.plan.mailing_id}/people", params={"state": "bounced"})).json()
    assert [(p["profile_id"], p["reason"]) for p in page["items"]] == [
        (1, "Hard: The address does not exist"),
        (2, "Soft: The mailbox is full"),
    ]
    hard = {"state": "bounced", "reason": "Hard: The address does not exist"}
    page = (await api.get(f"/api/v1/mailings/{run.plan.mailing_id}/people", params=hard)).json()
    assert [p["profile_id"] for p in page["items"]] == [1]


@pytest.mark.parametrize(
    ("path", "given", "status"),
    [
        ("", {"content": b"x", "headers": {"Content-Type": "text/plain"}}, 422),
        ("", {"content": b"a: b\r\n\r\n" + b"x" * 2_000_001, "headers": RAW}, 422),
        ("?outcome=maybe", None, 422),
        ("/reports", {"json": {"items": []}}, 422),
        ("/reports", {"json": {"items": [{"message_id": "x", "kind": "odd"}]}}, 422),
        ("/reports", {"json": {"items": [{"message_id": "x", "more": 1}]}}, 422),
        ("/99999999999999999999", None, 404),
    ],
)
async def test_bad_requests_are_refused(api: httpx.AsyncClient, path: str, given: Any, status: int) -> None:
    url = f"/api/v1/messages/bounces{path}"
    reply = await (api.get(url) if given is None else api.post(url, **given))
    assert reply.status_code == status, reply.text


async def test_the_list_of_hard_bounces_is_kept_and_can_be_emptied(api: httpx.AsyncClient, engines: Engines) -> None:
    run, _ = await sent(engines)
    await take(engines, mails.dsn(await token_of(engines, run)))
    lists = (await api.get("/api/v1/suppression-lists")).json()["items"]
    (mine,) = [found for found in lists if found["name"] == "Hard bounces"]
    assert (mine["is_builtin"], mine["is_global"], mine["size"]) == (True, False, 1)
    assert (await api.delete(f"/api/v1/suppression-lists/{mine['id']}")).status_code == 409
    assert (await api.patch(f"/api/v1/suppression-lists/{mine['id']}", json={"name": "x"})).status_code == 409
    reply = await api.post(
        f"/api/v1/suppression-lists/{mine['id']}/entries/remove", json={"values": ["p1@example.com"]}
    )
    assert reply.json()["removed"] == 1
    async with engines.tx() as tx:
        reach = await profiles.sendable(tx, run.database_id, await profiles.all_ids(tx, run.database_id), None)
    assert len(reach.rows) == 3


async def test_the_list_is_bounded(engines: Engines) -> None:
    from fidelia.messages.bounces import store

    for n in range(6):
        await take(engines, f"Subject: {n}\r\n\r\nx".encode())
    async with engines.db.hot() as raw:
        await store.keep_contents(raw, 2)
        row = await (await raw.execute("select count(*), count(content) from returned_mail")).fetchone()
        assert row == (6, 2)
        await store.purge(raw, engines.clock.now(), 4)
        row = await (await raw.execute("select count(*) from returned_mail")).fetchone()
    assert row[0] == 4


# -- the listener ---------------------------------------------------------------------------------------------------


async def test_the_server_takes_return_paths_only(engines: Engines, monkeypatch: pytest.MonkeyPatch) -> None:
    run, _ = await sent(engines)
    token = await token_of(engines, run)
    limited = engines.settings.replace("bounces", host="127.0.0.1", port=0, per_minute=3)
    monkeypatch.setattr(engines, "settings", limited)
    server = BounceServer(engines)
    await server.start()
    try:
        connection = await SmtpConnection.open(server_of(server.port))

        async def deliver(to: str, mail: bytes) -> list[int]:
            codes = [
                (await connection.command("MAIL FROM:<>")).code,
                (await connection.command(f"RCPT TO:<{to}>")).code,
            ]
            if codes[-1] == 250:
                codes.append((await connection.command("DATA")).code)
                connection.write(mail + b"\r\n.\r\n")
                codes.append((await connection.reply()).code)
            await connection.command("RSET")
            return codes

        forged = Signer(b"x" * 32).token("m", run.id, 1, 0)
        assert await deliver(return_path(forged, DOMAIN), b"") == [250, 550]
        assert await deliver(return_path(token, "elsewhere.example.org"), b"") == [250, 550]
        assert await deliver(f"ada@{DOMAIN}", b"") == [250, 550]
        assert await deliver(return_path(token, DOMAIN), mails.dsn("none")) == [250, 250, 354, 250]
        assert set(await stopped(engines)) == {"p1@example.com"}
        other = await token_of(engines, run, 2)
        assert await deliver(f"complaints@{DOMAIN}", mails.complaint(other)) == [250, 250, 354, 250]
        assert len(await told(engines, run, "complained")) == 1
        assert (await deliver(f"abuse@{DOMAIN}", b"\x00\xff"))[-1] == 250
        assert (await deliver(f"abuse@{DOMAIN}", b"too many"))[-1] == 451
        others = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(MAX_PER_PEER)]
        greetings = [await asyncio.wait_for(reader.readline(), 5) for reader, _ in others]
        assert sorted(line[:3] for line in greetings) == [b"220"] * (MAX_PER_PEER - 1) + [b"421"]
        for _, writer in others:
            writer.close()
        await connection.quit()
    finally:
        await server.stop()
