"""What sites load and call: quiet to strangers, open to nobody else's addresses, once for each id."""

from __future__ import annotations

import gzip
import json
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fidelia.events import sites

from ..conftest import World
from .test_goals import goal

HOST = "https://shop.example.org"


async def key(world: World, **more: Any) -> str:
    return str((await world.key("browser", domains=["shop.example.org"], **more))["key"])


async def tell(world: World, key: str, *events: Any, origin: str = HOST, **more: Any) -> None:
    body = {"visitor": "v1", "events": list(events), **more}
    reply = await world.root.post(f"/s/{key}/events", content=json.dumps(body), headers={"Origin": origin})
    assert reply.status_code == 204, reply.text
    assert "access-control-allow-origin" not in reply.headers


def seen(id_: str, **data: Any) -> dict[str, Any]:
    return {"kind": "goal", "id": id_, "age": 0, "data": data}


async def test_sites_of_a_key(world: World) -> None:
    made = await world.key("browser", domains=["Shop.Example.org", "shop.example.org"], heeds_privacy=False)
    assert made["domains"] == ["shop.example.org"]
    assert not made["heeds_privacy"]
    changed = await world.api.patch(f"/write-keys/{made['id']}", json={"domains": ["*.example.net"]})
    assert changed.json()["domains"] == ["*.example.net"]
    wrong = await world.api.patch(f"/write-keys/{made['id']}", json={"domains": ["ok.org", "not a site"]})
    assert wrong.status_code == 422
    assert wrong.json()["errors"][0]["pointer"] == "/domains/1"


async def test_the_script_is_small_packed_and_kept(world: World) -> None:
    secret = await key(world)
    await goal(world, "thanks", conditions=[{"when": "address", "contains": "</script>&"}])
    await goal(world, "by_code")
    url = f"/s/{secret}.js"
    reply = await world.root.get(url, headers={"Accept-Encoding": "identity"})
    assert reply.headers["content-type"].startswith("text/javascript")
    assert "</script>" not in reply.text
    assert "thanks" in reply.text
    assert "by_code" not in reply.text
    packed = await world.root.get(url, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.text == reply.text
    assert len(gzip.compress(reply.content)) < 4_000
    again = await world.root.get(url, headers={"If-None-Match": packed.headers["etag"], "Accept-Encoding": "gzip"})
    assert again.status_code == 304
    assert again.content == b""
    await goal(world, "more", conditions=[{"when": "seconds", "seconds": 5}])
    changed = await world.root.get(url, headers={"If-None-Match": packed.headers["etag"], "Accept-Encoding": "gzip"})
    assert changed.status_code == 200


async def test_strangers_are_told_nothing(world: World) -> None:
    await goal(world)
    server = (await world.key("server", domains=["shop.example.org"]))["key"]
    for unknown in ("wk_nothing", server, "x" * 500, "a%00b"):
        assert (await world.root.get(f"/s/{unknown}.js")).status_code == 200
        assert (await world.root.get(f"/s/{unknown}/goal.gif", params={"goal": "signup", "u": "u1"})).status_code == 200
        await tell(world, unknown, seen("1", goal="signup"))
        assert (await world.root.get(f"/s/{unknown}/goal", params={"to": HOST})).status_code == 404
    assert await world.rows() == []


async def test_a_visitor_reaches_goals_and_is_known_later(world: World) -> None:
    await world.people(1)
    secret = await key(world)
    await goal(world, default_value="4", currency="EUR")
    page = {"kind": "page", "id": "p1", "age": 60_000, "data": {"url": HOST + "/a", "path": "/a", "title": "A"}}
    await tell(world, secret, page, seen("g1", goal="signup", url=HOST + "/a", properties={"color": "red"}))
    await tell(world, secret, seen("g1", goal="signup"), seen("g2", goal="signup", value="7.5"))
    assert await world.rows() == []  # nobody knows yet who it is
    await tell(world, secret, {"kind": "identify", "id": "i1", "data": {"traits": {"first_name": "Ann"}}}, user="u1")
    rows = await world.rows("type, profile, id, toString(props.value), toString(props.color)")
    assert rows == [
        ("goal.reached", 1, "g1:signup", "4", "red"),
        ("goal.reached", 1, "g2:signup", "7.5", ""),
        ("page.viewed", 1, "p1", "", ""),
    ]


async def test_what_is_wrong_is_counted_and_nothing_else(world: World) -> None:
    await world.people(1)
    made = await world.key("browser", domains=["shop.example.org"])
    await goal(world)
    wrong = [
        seen("1", goal="nothing"),
        seen("2", goal="signup", value="lots"),
        seen("3", goal="signup", properties={"x": "y" * 40_000}),
        {"kind": "odd"},
    ]
    await tell(world, made["key"], *wrong, user="u1")
    await tell(world, made["key"], seen("4", goal="signup"), user="u1", origin="https://evil.example")
    await tell(world, made["key"], *[seen(str(n), goal="signup") for n in range(21)], user="u1")
    for body in (b"", b"[]", b"{", b'{"events": 5}', b"\xff\xfe", b"[" * 100_000):
        reply = await world.root.post(f"/s/{made['key']}/events", content=body, headers={"Origin": HOST})
        assert reply.status_code == 204
    assert await world.rows() == []
    counts = (await world.api.get(f"/write-keys/{made['id']}/counts")).json()["items"]
    assert {(c["kind"], c["name"]): c["count"] for c in counts} == {
        ("rejected", "unknown goal"): 1,
        ("rejected", "value of a goal"): 1,
        ("rejected", "properties too large"): 1,
        ("rejected", "unknown kind"): 1,
    }


async def test_the_pixel_and_the_redirect_count_once(world: World) -> None:
    await world.people(2)
    secret = await key(world)
    await goal(world)
    params = {"goal": "signup", "u": "u1", "id": "a", "value": "2"}
    for _ in range(2):
        reply = await world.root.get(f"/s/{secret}/goal.gif", params=params)
        assert reply.content.startswith(b"GIF89a")
        assert "no-store" in reply.headers["cache-control"]
    await world.root.get(f"/s/{secret}/goal.gif", params={"goal": "signup"})  # nobody
    reply = await world.root.get(f"/s/{secret}/goal", params={**params, "u": "u2", "id": "b", "to": HOST + "/x?ü=1#z"})
    assert (reply.status_code, reply.headers["location"]) == (302, HOST + "/x?%C3%BC=1#z")
    assert await world.rows("profile, id") == [(1, "a:signup"), (2, "b:signup")]


@pytest.mark.parametrize(
    "to",
    [
        "https://evil.example/",
        "//evil.example",
        "https://shop.example.org@evil.example/",
        "https://shop.example.org\\@evil.example/",
        "javascript:alert(1)",
        "https://shop.example.org.evil.example",
        "https://shop.example.org/\r\nSet-Cookie: a=b",
        "https://[::1",
        "shop.example.org",
        "",
    ],
)
async def test_a_redirect_goes_nowhere_else(world: World, to: str) -> None:
    await world.people(1)
    secret = await key(world)
    await goal(world)
    reply = await world.root.get(f"/s/{secret}/goal", params={"goal": "signup", "u": "u1", "to": to})
    assert reply.status_code == 404
    assert "location" not in reply.headers
    assert await world.rows() == []


async def test_a_key_over_its_rate_is_quiet(world: World) -> None:
    await world.people(1)
    made = await world.key("browser", rate=1)
    await goal(world)
    for n in range(10):
        params = {"goal": "signup", "u": "u1", "id": str(n)}
        reply: httpx.Response = await world.root.get(f"/s/{made['key']}/goal.gif", params=params)
        assert reply.status_code == 200
    assert 1 <= len(await world.rows()) <= 4


@given(st.text(max_size=60), st.lists(st.sampled_from(["shop.example.org", "*.example.net"]), max_size=2))
def test_only_own_addresses_are_led_to(url: str, domains: list[str]) -> None:
    for text in (url, "https://" + url, f"https://shop.example.org{url}"):
        found = sites.own_address(text, domains)
        if found is not None:
            host = str(httpx.URL(found).host)
            assert host == "shop.example.org" or host.endswith(".example.net")
            assert found.isascii()


def test_the_token_is_added_to_own_addresses_only() -> None:
    own = ["shop.example.org"]
    assert sites.with_message("https://shop.example.org/a?x=1&fm=old#top", "T", own) == (
        "https://shop.example.org/a?x=1&fm=T#top"
    )
    assert sites.with_message("https://shop.example.org", "T", own) == "https://shop.example.org?fm=T"
    for other in ("https://evil.example/", "https://shop.example.org@evil.example/", "mailto:a@shop.example.org"):
        assert sites.with_message(other, "T", own) == other
