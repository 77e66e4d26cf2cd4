"""JSON from an address in messages: guarded, limited, cached, and what happens when it does not come."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fidelia.kernel.clock import FixedClock
from fidelia.messages.content.feeds import rules, service, store
from fidelia.messages.content.feeds.fetching import FAILURES, Getter
from fidelia.messages.content.feeds.rules import CannotShow
from fidelia.messages.content.feeds.values import FeedValues
from tests.web_server import Asked, WebServer, send

from ..test_mailings import ok, run_jobs
from .conftest import Post

JSON = "application/json"
_numbers = iter(range(1000))


async def feed(post: Post, url: str, **more: Any) -> dict[str, Any]:
    body = {"key": f"feed{next(_numbers)}", "name": "Weather", "url": url, "on_failure": "block", **more}
    return await ok(await post.api.post("/api/v1/feeds", json=body), 201)


async def test_one_fetch_for_a_run(post: Post, web: WebServer, clock: FixedClock) -> None:
    web.page("/w", json.dumps({"city": ["Oslo", "Bergen"], "html": "<b>"}).encode(), kind=JSON)
    made = await feed(post, web.url("/w"), key="weather", headers={"X-Key": "secret", "X-Other": "o"})
    assert (made["header_names"], made["personal"]) == (["X-Key", "X-Other"], False)
    assert "secret" not in json.dumps(made)
    database = await post.people(5)
    template_id = await post.template("<p>{{ feeds.weather.city[1] }} {{ feeds.weather.html }}</p>")
    mailing_id = await post.mailing(database, template_id)
    assert (await post.send(mailing_id))["sent"] == 5
    assert set(map(str.strip, {t.split("Stop")[0] for t in (await post.texts(mailing_id)).values()})) == {"Bergen <b>"}
    assert len(web.asked) == 1
    assert web.asked[0].headers["x-key"] == "secret"
    second = await post.mailing(database, template_id)
    await post.send(second)
    assert len(web.asked) == 1  # as good as new
    clock.advance(timedelta(hours=2))
    third = await post.mailing(database, template_id)
    web.page("/w", json.dumps({"city": ["Oslo", "Tromsø"], "html": ""}).encode(), kind=JSON)
    await post.send(third)
    assert len(web.asked) == 2
    assert "Tromsø" in next(iter((await post.texts(third)).values()))
    assert (await post.api.delete(f"/api/v1/feeds/{made['id']}")).status_code == 409
    uses = await ok(await post.api.get(f"/api/v1/feeds/{made['id']}/uses"))
    assert uses["items"] == ["the template Sale"]


async def test_when_it_does_not_come(post: Post, web: WebServer, clock: FixedClock) -> None:
    database = await post.people(2)
    web.page("/w", b"", status=500)
    for policy in ("block", "last", "empty"):
        made = await feed(post, web.url("/w"), on_failure=policy, key=f"when_{policy}")
        body = f"{{% if feeds.{made['key']} %}}{{{{ feeds.{made['key']}.x }}}}{{% else %}}nothing{{% endif %}}"
        mailing_id = await post.mailing(database, await post.template(body))
        if policy == "empty":
            assert (await post.send(mailing_id))["sent"] == 2
            assert all("nothing" in text for text in (await post.texts(mailing_id)).values())
            continue
        await post.send(mailing_id)
        known = await ok(await post.api.get(f"/api/v1/mailings/{mailing_id}"))
        assert known["state"] == "failed"
        assert "answers 500" in known["error"]
        if policy == "last":
            web.page("/w", b'{"x": "old"}', kind=JSON)
            await ok(await post.api.post(f"/api/v1/feeds/{made['id']}/fetch", json={}))
            web.page("/w", b"", status=500)
            clock.advance(timedelta(hours=2))
            again = await post.mailing(database, await post.template(body))
            assert (await post.send(again))["sent"] == 2
            assert all("old" in text for text in (await post.texts(again)).values())
            shown = await ok(await post.api.get(f"/api/v1/feeds/{made['id']}"))
            assert "answers 500" in shown["error"]


async def test_an_address_for_each_recipient(post: Post, web: WebServer) -> None:
    async def by_name(asked: Asked, out: asyncio.StreamWriter) -> None:
        await send(out, json.dumps({"asked": asked.path}).encode(), kind=JSON)

    web.pages["/p"] = by_name
    database = await post.people(6)
    made = await feed(post, web.url("/p?n={{ profile.first_name }}&id={{profile.id}}"), key="own")
    assert made["personal"]
    mailing_id = await post.mailing(database, await post.template("{{ feeds.own.asked }}"))
    report = await post.send(mailing_id)
    assert (report["sent"], report["blocked"]) == (4, 2)
    texts = await post.texts(mailing_id)
    assert "/p?n=Name%201&id=1" in texts["p1@example.com"]
    assert "/p?n=Name%205&id=5" in texts["p5@example.com"]
    reasons = await post.blocked(mailing_id)
    assert set(reasons) == {3, 6}
    assert reasons[3] == "The feed Weather has no address for this person: profile.first_name is missing"
    answer = await ok(
        await post.api.post(f"/api/v1/feeds/{made['id']}/fetch", json={"database_id": database, "profile_id": 1})
    )
    assert answer["value"] == {"asked": "/p?n=Name%201&id=1"}
    assert (await post.api.post(f"/api/v1/feeds/{made['id']}/fetch", json={})).status_code == 422


async def test_hostile_feeds_are_told_off(post: Post, web: WebServer) -> None:
    web.page("/large", b'"' + b"x" * 10_000_000 + b'"', kind=JSON)
    web.page("/inside", b"", status=302, location=f"http://127.0.0.1:{web.port}/secret")
    web.page("/secret", b'{"secret": 1}', kind=JSON)
    web.page("/deep", b"[" * 100_000 + b"]" * 100_000, kind=JSON)
    web.page("/nested", b"[" * 60 + b"]" * 60, kind=JSON)
    web.page("/many", b"[" + b"1," * 60_000 + b"1]", kind=JSON)
    web.page("/page", b"<html>", kind="text/html")
    web.page("/broken", b'{"a": ', kind=JSON)
    web.page("/huge", b'{"a": 1' + b"0" * 400 + b"}", kind=JSON)
    words = {
        "/large": "more than 1,000,000 bytes",
        "/inside": "127.0.0.1",
        "/deep": "nested far too deeply",
        "/nested": "nested more than 40 deep",
        "/many": "more than 50,000 values",
        "/page": "text/html",
        "/broken": "no JSON",
    }
    for path, text in words.items():
        made = await feed(post, web.url(path))
        answer = await ok(await post.api.post(f"/api/v1/feeds/{made['id']}/fetch", json={}))
        assert text in (answer["error"] or ""), (path, answer["error"])
        assert answer["value"] is None
    assert "/secret" not in [asked.path for asked in web.asked]
    huge = await feed(post, web.url("/huge"), key="huge")
    answer = await ok(await post.api.post(f"/api/v1/feeds/{huge['id']}/fetch", json={}))
    assert answer["error"] is None


async def test_addresses_that_may_not_be_asked(post: Post, web: WebServer) -> None:
    bad = {
        "http://127.0.0.1:1/": "loopback",
        "ftp://example.org/x": "https",
        "https://{{ profile.city }}.example.org/": "not in the host",
        "https://example.org/{{ vars.x }}": "Only values of profiles",
        "https://user:pw@127.0.0.2/": "user name",
    }
    for url, words in bad.items():
        body = {"key": "bad", "name": "B", "url": url}
        refused = await post.api.post("/api/v1/feeds", json=body)
        assert refused.status_code == 422, url
        assert any(words in e["message"] for e in refused.json()["errors"]), refused.text
    for more in ({"timeout_seconds": 31}, {"cache_minutes": 0}, {"key": "Bad"}, {"headers": {"Host": "x"}}):
        body = {"key": "bad", "name": "B", "url": web.url("/x"), **more}
        assert (await post.api.post("/api/v1/feeds", json=body)).status_code == 422, more


async def test_secrets_go_to_their_own_server_only(post: Post, web: WebServer) -> None:
    web.page("/a", b"{}", kind=JSON)
    made = await feed(post, web.url("/a"), headers={"Authorization": "Bearer s3cret"})
    path = f"/api/v1/feeds/{made['id']}"
    await ok(await post.api.patch(path, json={"headers": {"Authorization": None}, "name": "New"}))
    await ok(await post.api.post(f"{path}/fetch", json={}))
    assert web.asked[-1].headers["authorization"] == "Bearer s3cret"
    moved = await post.api.patch(path, json={"url": "https://elsewhere.example.org/a"})
    assert moved.status_code == 422
    async with post.engines.db.hot() as raw:
        (stored,) = await (await raw.execute("select headers from feed where id = %s", (made["id"],))).fetchone()
    assert "s3cret" not in stored
    audit = await ok(await post.api.get("/api/v1/audit", params={"kind": "feed"}))
    assert "s3cret" not in json.dumps(audit)


async def test_previews_show_feeds(post: Post, web: WebServer) -> None:
    web.page("/v", b'{"a": {"b": [1, 2]}}', kind=JSON)
    await feed(post, web.url("/v"), key="view")
    content = {"format": "html", "subject": "s", "body": "<p>{{ feeds.view.a.b[1] }}</p>"}
    for _ in range(3):
        made = await ok(await post.api.post("/api/v1/templates/preview", json=content))
        assert (made["error"], made["html"].count("<p>2</p>")) == (None, 1)
    assert len(web.asked) == 1
    wrong = await ok(await post.api.post("/api/v1/templates/preview", json={**content, "body": "{{ feeds.vew.a }}"}))
    assert [p["message"] for p in wrong["problems"] if p["code"] == "unknown_feed"] == [
        "There is no feed vew, did you mean view?"
    ]


@given(st.text(min_size=1).filter(lambda t: t not in (".", "..")))
def test_a_value_never_leaves_its_place(value: str) -> None:
    try:
        made = rules.address_of("https://example.org/a/{{ profile.x }}?q={{profile.x}}", {"x": value})
    except CannotShow:
        return
    except UnicodeEncodeError:
        pytest.fail("a lone surrogate must be told, not raised")
    assert made.startswith("https://example.org/a/")
    path, _, query = made.removeprefix("https://example.org/a/").partition("?q=")
    assert not set("/?#&\r\n ") & set(path + query)


async def test_who_waits_too_long_comes_again_and_a_dead_feed_is_left_alone(post: Post, web: WebServer) -> None:
    open_now = asyncio.Event()

    async def slow(asked: Asked, out: asyncio.StreamWriter) -> None:
        await open_now.wait()
        await send(out, b'{"a": 1}', kind=JSON)

    web.pages["/slow"] = slow
    database = await post.people(2)
    await feed(post, web.url("/slow?n={{ profile.id }}"), key="slow")
    async with FeedValues(post.engines, database, ["slow"], 0) as values:
        shown = await values.of([1, 2], seconds=0.1)
        assert (shown.later, shown.refused) == ({1, 2}, {})
        open_now.set()
        shown = await values.of([1, 2], seconds=30)
        assert shown.values == {1: {"slow": {"a": 1}}, 2: {"slow": {"a": 1}}}
    web.page("/dead", b"", status=503)
    made = await feed(post, web.url("/dead"), key="dead")
    async with post.engines.tx() as tx:
        source = await store.source(tx, made["id"])
    web.asked.clear()
    async with Getter(post.engines) as getter:
        for _ in range(FAILURES + 5):
            answer = await getter.one(source, source.url)
            assert answer.body is None
    assert len(web.asked) == FAILURES
    assert "not asked again" in answer.reason


async def test_copies_of_people_are_forgotten_with_them(post: Post, web: WebServer, clock: FixedClock) -> None:
    web.page("/p", b'{"a": 1}', kind=JSON)
    database = await post.people(2)
    made = await feed(post, web.url("/p?n={{ profile.id }}"), key="people")
    same = await feed(post, web.url("/p"), key="everybody")

    async def fetched() -> list[int]:
        person = {"database_id": database, "profile_id": 1}
        for one in (made, same):
            await ok(await post.api.post(f"/api/v1/feeds/{one['id']}/fetch", json=person))
        return await kept()

    async def kept() -> list[int]:
        async with post.engines.db.hot() as raw:
            cursor = await raw.execute(
                "select feed_id from feed_copy where feed_id = any(%s)", ([made["id"], same["id"]],)
            )
            return sorted(row[0] for row in await cursor.fetchall())

    assert await fetched() == sorted([made["id"], same["id"]])
    assert (await post.api.delete(f"/api/v1/databases/{database}/profiles/2")).status_code in (200, 202, 204)
    await run_jobs(post.engines)
    assert await kept() == [same["id"]]
    assert len(await fetched()) == 2
    clock.advance(timedelta(days=8))
    await service.clean(post.engines)
    assert await kept() == [same["id"]]
