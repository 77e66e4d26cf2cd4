"""Signed links, hits and pages: nothing that was not signed does anything."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fidelia.kernel.clock import FixedClock
from fidelia.messages import rules
from fidelia.messages.model import MessageKey, Utm
from fidelia.messages.sending.values import with_utm
from fidelia.messages.service.outlet import signer
from fidelia.messages.tracking.hits import Hit, HitBuffer, distinct
from fidelia.messages.tracking.http import location
from fidelia.messages.tracking.tokens import KINDS, Signer, Token
from fidelia.platform.engines import Engines

from ..conftest import NOW
from .sink import running
from .world import people, run_of, send

AGENT = {"User-Agent": "Mozilla/5.0 (Macintosh) Safari/605"}
numbers = st.integers(0, 2**40)


occasions = st.integers(0, 2**63 - 1)


@given(st.sampled_from(KINDS), numbers, numbers, occasions, st.integers(-1, 30_000), st.text(max_size=30))
def test_tokens_come_back(kind: str, run: int, profile: int, occasion: int, link: int, extra: str) -> None:
    signs = Signer(b"k" * 32, "https://x.example")
    token = signs.token(kind, run, profile, occasion, link, extra)
    assert signs.read(kind, token, extra) == Token(kind, run, profile, link, occasion)
    assert Signer(b"j" * 32).read(kind, token, extra) is None
    assert signs.read(kind, token, extra + "x") is None
    for other in set(KINDS) - {kind}:
        assert signs.read(other, token, extra) is None


@given(st.integers(0, 1000), st.text("ABCabc019-_", min_size=1, max_size=1), st.text(max_size=80))
def test_tampered_tokens_are_refused(at: int, char: str, junk: str) -> None:
    signs = Signer(b"k" * 32)
    token = signs.token("c", 7, 123456, link=3)
    at %= len(token)
    changed = token[:at] + char + token[at + 1 :]
    if changed != token:
        assert signs.read("c", changed) is None
    assert signs.read("c", junk) is None
    assert signs.read("c", token[:-1]) is None


@pytest.mark.parametrize("run", [7, 300, 50_000])  # of every length the last character can say more than is needed
def test_a_token_has_one_text(run: int) -> None:
    signs = Signer(b"k" * 32)
    token = signs.token("p", run, 5)
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    assert [last for last in letters if signs.read("p", token[:-1] + last)] == [token[-1]]
    for more in ("=", "==", "A", "\n"):
        assert signs.read("p", token + more) is None


def test_many_clicks_are_the_same_as_single_ones() -> None:
    signs = Signer(b"k" * 32, "https://x.example")
    for key in (MessageKey(900), MessageKey(900, 2**62)):
        single = [f"{signs.base}/t/c/{signs.token('c', 5, *key, link=no)}" for no in range(40)]
        assert signs.clicks(5, key, 40) == single


def test_utm_marks_are_added_once() -> None:
    utm = Utm(source="news", campaign="a b")
    assert (
        with_utm("https://x.example/?utm_source=own#f", utm) == "https://x.example/?utm_source=own&utm_campaign=a+b#f"
    )
    assert with_utm("mailto:a@b.c", utm) == "mailto:a@b.c"
    assert with_utm("https://x.example", Utm()) == "https://x.example"


def test_redirect_targets_are_ascii_and_plain() -> None:
    assert location("https://münchen.de/ä?ö=1") == "https://xn--mnchen-3ya.de/%C3%A4?%C3%B6=1"
    assert location("https://x.example/a%20b?c=%26") == "https://x.example/a%20b?c=%26"
    assert location("https://good.example\\@evil.example/") is None
    assert location("https://x.example/\r\nSet-Cookie: a=b") is None


def test_machines() -> None:
    assert rules.is_machine("clicked", "Mozilla/5.0 Firefox/140", 0.5)
    assert not rules.is_machine("clicked", "Mozilla/5.0 Firefox/140", 60)
    assert rules.is_machine("clicked", "", 60)
    assert rules.is_machine("clicked", "Barracuda Sentinel (EE)", 60)
    assert rules.is_machine("opened", "python-requests/2", 60)
    assert not rules.is_machine("opened", "Mozilla/5.0 (via ggpht.com GoogleImageProxy)", 0.2)


def test_repeats_collapse() -> None:
    at = [NOW + timedelta(seconds=s) for s in (0, 1, 9, 11, 12, 40)]
    assert distinct(at, None) == [at[0], at[3], at[5]]
    assert distinct(at, NOW - timedelta(seconds=5)) == [at[2], at[5]]


@pytest.fixture(scope="module")
async def sent(engines: Engines):
    database = await people(engines, 40)
    run = await run_of(engines, database)
    async with running() as sink:
        await send(engines, run, sink.port, connections=2)
    return run


async def reactions(engines: Engines, run_id: int) -> dict[tuple, int]:
    async with engines.db.hot() as raw:
        cursor = await raw.execute(
            "select profile_id, kind, link, bot, hits from reaction where run_id = %s", (run_id,)
        )
        return {row[:4]: row[4] for row in await cursor.fetchall()}


async def test_hits_are_counted_in_batches(engines: Engines, sent, clock: FixedClock) -> None:
    at = NOW + timedelta(hours=1)
    hits = HitBuffer.of(engines)
    waiting = [
        hits.add(Hit(sent.id, profile, 0, "opened", at + timedelta(seconds=n), user_agent="Mozilla/5.0"))
        for profile in range(1, 21)
        for n in (0, 3, 60)
    ]
    waiting.append(hits.add(Hit(sent.id, 9999, 0, "opened", at, user_agent="Mozilla/5.0")))  # never got anything
    waiting.append(hits.add(Hit(10**6, 1, 0, "opened", at, user_agent="Mozilla/5.0")))
    waiting.append(hits.add(Hit(sent.id, 1, 0, "opened", at, user_agent="Googlebot/2.1")))
    await asyncio.gather(*waiting)
    found = await reactions(engines, sent.id)
    assert {found[profile, "opened", -1, False] for profile in range(1, 21)} == {2}
    assert found[1, "opened", -1, True] == 1
    assert 9999 not in {key[0] for key in found}
    await hits.add(Hit(sent.id, 1, 0, "opened", at + timedelta(seconds=63), user_agent="Mozilla/5.0"))
    assert (await reactions(engines, sent.id))[1, "opened", -1, False] == 2


async def test_a_hit_that_cannot_be_written_takes_no_other_with_it(engines: Engines, sent, clock: FixedClock) -> None:
    at = clock.now() + timedelta(minutes=5)
    hits = HitBuffer(engines)
    good = [Hit(sent.id, profile, 0, "opened", at, user_agent="Mozilla/5.0") for profile in (1, 2, 3)]
    bad = Hit(sent.id, 2**70, 0, "opened", at, user_agent="Mozilla/5.0")
    await asyncio.gather(*[hits.add(hit) for hit in (*good[:2], bad, good[2])])
    assert (hits.written, hits.dropped) == (3, 1)


async def test_nothing_is_redirected_to_that_was_not_signed(
    engines: Engines, api: httpx.AsyncClient, sent, clock: FixedClock
) -> None:
    signs = await signer(engines)
    path = urlsplit(signs.url("c", sent.id, 1, link=0)).path
    clock.advance(timedelta(hours=2))
    assert (await api.get(path, headers=AGENT)).headers["location"] == "https://shop.example.org/a"
    dynamic = urlsplit(signs.click(sent.id, MessageKey(1), 1, "https://shop.example.org/p?id=1"))
    reply = await api.get(f"{dynamic.path}?{dynamic.query}", headers=AGENT)
    assert reply.headers["location"] == "https://shop.example.org/p?id=1"
    for bad in (
        f"{path}?u=https://evil.example",
        f"{dynamic.path}?u=https://evil.example",
        f"{dynamic.path}",
        f"{dynamic.path}?{dynamic.query}&u=https://evil.example",
        f"{path[:-1]}{'A' if path[-1] != 'A' else 'B'}",
        "/t/c/https://evil.example",
        "/t/c/AAAAAAAAAAAAAAAAAAAAAAAA",
        path.replace("/c/", "/u/"),
        urlsplit(signs.url("c", sent.id, 1, link=999)).path,
        urlsplit(signs.url("c", 10**6, 1, link=0)).path,
        urlsplit(signs.url("o", sent.id, 1)).path.replace("/o/", "/c/"),
    ):
        reply = await api.get(bad, headers=AGENT)
        assert reply.status_code == 404, bad
        assert "location" not in reply.headers
    for target in ("javascript:alert(1)", "data:text/html,x", "https://a.example\r\nX: y", "//evil.example"):
        made = urlsplit(signs.click(sent.id, MessageKey(1), 1, target))
        assert (await api.get(f"{made.path}?{made.query}", headers=AGENT)).status_code == 404


async def test_a_redirect_never_fails_for_its_count(
    engines: Engines, api: httpx.AsyncClient, sent, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    import psycopg

    from fidelia.messages.store import tracking as store
    from fidelia.messages.tracking import http

    signs = await signer(engines)
    clock.advance(timedelta(hours=3))
    broken = True
    add = store.add

    async def failing(raw, found) -> None:
        if broken:
            raise psycopg.OperationalError("away")
        await add(raw, found)

    monkeypatch.setattr(store, "add", failing)
    monkeypatch.setattr(http, "PATIENCE", 0.05)
    path = urlsplit(signs.url("c", sent.id, 33, link=0)).path
    assert (await api.get(path, headers=AGENT)).status_code == 302
    assert (await api.get(urlsplit(signs.url("o", sent.id, 33)).path, headers=AGENT)).status_code == 200
    broken = False
    buffer = HitBuffer.of(engines)
    while buffer._waiting:
        await asyncio.sleep(0.02)
    assert {key[1] for key in await reactions(engines, sent.id) if key[0] == 33} == {"clicked", "opened"}


async def test_pages_refuse_what_is_not_theirs(engines: Engines, api: httpx.AsyncClient, sent) -> None:
    signs = await signer(engines)
    click = signs.token("c", sent.id, 1, link=0)
    for kind in "upw":
        assert (await api.get(f"/t/{kind}/{click}")).status_code == 404
    for kind in "up":
        assert (await api.post(f"/t/{kind}/{click}")).status_code == 404
    assert (await api.get(f"/t/o/{click}")).status_code == 200
    page = await api.get(urlsplit(signs.url("u", sent.id, 2)).path)
    assert page.status_code == 200
    assert "default-src 'none'" in page.headers["content-security-policy"]
    gone = await api.get(urlsplit(signs.url("w", sent.id, 10**6)).path)
    assert gone.status_code == 410


@pytest.mark.parametrize(
    ("language", "asks", "says"),
    [
        ("de-AT", "Abmelden?", "Sie sind abgemeldet"),
        ("ru", "Отписаться?", "Вы отписались"),
        ("xx", "Unsubscribe?", "You"),
    ],
)
async def test_the_unsubscribe_page_speaks_the_language_of_the_reader(
    engines: Engines, api: httpx.AsyncClient, sent, language: str, asks: str, says: str
) -> None:
    profile = f"/api/v1/databases/{sent.database_id}/profiles/12"
    assert (await api.patch(profile, json={"set": {"language": language}})).status_code == 200
    path = urlsplit((await signer(engines)).url("u", sent.id, 12)).path
    asked = (await api.get(path)).text
    assert asks in asked
    assert f'lang="{language[:2] if language != "xx" else "en"}"' in asked
    assert says in (await api.post(path, data={"action": "leave"})).text


async def test_a_signed_in_browser_can_leave_too(engines: Engines, api: httpx.AsyncClient, sent) -> None:
    path = urlsplit((await signer(engines)).url("u", sent.id, 9)).path
    reply = await api.post(path, headers={"Cookie": "fidelia_session=nonsense", "Authorization": "Bearer wrong"})
    assert reply.status_code == 200


async def test_erased_people_are_forgotten(engines: Engines, sent) -> None:
    from pyroaring import BitMap

    from fidelia import messages

    async with engines.tx() as tx:
        await messages.forget_people(tx, sent.database_id, BitMap([1, 33]))
    assert {key[0] for key in await reactions(engines, sent.id)} & {1, 33} == set()
    async with engines.db.hot() as raw:
        (kept,) = await (await raw.execute("select count(*) from delivery where run_id = %s", (sent.id,))).fetchone()
    assert kept == 40
