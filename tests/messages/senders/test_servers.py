"""Mail servers: set up with a password that is never shown, tested, used, put away."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from fidelia.platform.engines import Engines

from ..sink import running

_numbers = itertools.count(1)
AT = "/api/v1/senders/servers"


@pytest.fixture(autouse=True)
async def local(engines: Engines) -> AsyncIterator[None]:
    """Servers of the tests are on this machine."""
    before = engines.settings
    engines.settings = before.replace("security", allow_networks="127.0.0.1/32")
    yield
    engines.settings = before


async def server(api: httpx.AsyncClient, status: int = 201, **values: Any) -> dict[str, Any]:
    body = {"name": f"Server {next(_numbers)}", "host": "127.0.0.1", "port": 2525, "tls": "none", **values}
    reply = await api.post(AT, json=body)
    assert reply.status_code == status, reply.text
    return dict(reply.json())


def at(reply: httpx.Response, status: int = 422) -> list[str]:
    assert reply.status_code == status, reply.text
    return [error["pointer"] for error in reply.json()["errors"]]


async def test_a_server_is_made_changed_put_away_and_brought_back(api: httpx.AsyncClient, engines: Engines) -> None:
    made = await server(api, username="u", password="s3cret words", rate=50, connections=3)
    assert made["has_password"]
    assert "s3cret" not in str(made)
    assert made["used_by"] == []
    async with engines.db.hot() as raw:
        row = await (await raw.execute("select password from mail_server where id = %s", (made["id"],))).fetchone()
    assert row is not None
    assert "s3cret" not in row[0]
    rates = [{"domains": ["gmail.com", "googlemail.com"], "rate": 20.5}]
    changed = await api.patch(f"{AT}/{made['id']}", json={"rate": 0, "domain_rates": rates, "active": False})
    assert changed.status_code == 200, changed.text
    assert (changed.json()["rate"], changed.json()["domain_rates"], changed.json()["active"]) == (0, rates, False)
    assert changed.json()["has_password"]
    assert (await api.delete(f"{AT}/{made['id']}")).status_code == 204
    listed = (await api.get(AT)).json()["items"]
    assert made["id"] not in [item["id"] for item in listed]
    assert made["id"] in [item["id"] for item in (await api.get(AT, params={"archived": True})).json()["items"]]
    back = await api.post(f"{AT}/{made['id']}/restore")
    assert back.json()["archived_at"] is None
    entries = (await api.get("/api/v1/audit", params={"kind": "mail_server", "object": made["id"]})).json()["items"]
    actions = [entry["action"] for entry in entries if entry["object_name"] == made["name"]]
    assert {"mail_server.created", "mail_server.updated", "mail_server.archived", "mail_server.restored"} <= set(
        actions
    )
    assert "s3cret" not in str(entries)


async def test_the_server_of_the_settings_file_stands_first_and_stays(api: httpx.AsyncClient, engines: Engines) -> None:
    await server(api, name=f"AAA {next(_numbers)}")
    first = (await api.get(AT)).json()["items"][0]
    assert (first["id"], first["builtin"], first["name"]) == (0, True, "Built-in mailbox")
    engines.settings = engines.settings.replace("smtp", host="mx.example.org", port=25, tls="none", rate=7)
    own = (await api.get(f"{AT}/0")).json()
    assert (own["name"], own["host"], own["rate"]) == ("From the settings file", "mx.example.org", 7)
    assert (await api.patch(f"{AT}/0", json={"rate": 5})).status_code == 409
    assert (await api.delete(f"{AT}/0")).status_code == 409
    assert all(item["id"] for item in (await api.get(AT, params={"q": "nothing like it"})).json()["items"])
    assert all(item["id"] for item in (await api.get(AT, params={"archived": True})).json()["items"])


async def test_what_cannot_be_is_told_at_its_field(api: httpx.AsyncClient) -> None:
    made = await server(api)
    body = {"name": "x", "host": "127.0.0.1", "port": 25, "tls": "none"}
    assert at(await api.post(AT, json={**body, "host": "no host"})) == ["/host"]
    assert at(await api.post(AT, json={**body, "host": "10.0.0.1"})) == ["/host"]
    assert at(await api.post(AT, json={**body, "host": "169.254.169.254"})) == ["/host"]
    assert at(await api.post(AT, json={**body, "username": "a\r\nQUIT"})) == ["/username"]
    assert at(await api.post(AT, json={**body, "port": 0})) == ["/port"]
    assert at(await api.post(AT, json={**body, "connections": 0})) == ["/connections"]
    twice = [{"domains": ["a.de"], "rate": 1}, {"domains": ["A.de"], "rate": 2}]
    assert at(await api.post(AT, json={**body, "domain_rates": twice})) == ["/domain_rates/1/domains"]
    taken = await api.post(AT, json={**body, "name": made["name"].upper()})
    assert taken.status_code == 409
    assert (await api.get(f"{AT}/999999")).status_code == 404


async def test_a_password_is_not_given_to_another_server(api: httpx.AsyncClient) -> None:
    made = await server(api, username="u", password="pw")
    path = f"{AT}/{made['id']}"
    for change in ({"port": 2526}, {"username": "other"}, {"tls": "starttls"}):
        assert at(await api.patch(path, json=change)) == ["/password"]
    assert (await api.patch(path, json={"port": 2526, "password": "pw"})).json()["port"] == 2526
    assert (await api.patch(path, json={"password": ""})).json()["has_password"] is False
    assert (await api.patch(path, json={"port": 2527})).status_code == 200


async def test_a_test_says_what_the_server_says(api: httpx.AsyncClient) -> None:
    async with running(accounts={"u": "right"}) as sink:
        made = await server(api, port=sink.port, username="u", password="wrong")
        path = f"{AT}/{made['id']}"
        refused = (await api.post(f"{path}/test")).json()
        assert not refused["ok"]
        assert refused["error"] == "Sign-in: 535 no"
        assert refused["steps"] == [f"Connected to 127.0.0.1:{sink.port}", "The server greets (EHLO)"]
        stored = (await api.get(path)).json()
        assert (stored["test_error"], stored["tested_at"] is not None) == ("Sign-in: 535 no", True)
        await api.patch(path, json={"password": "right"})
        assert (await api.get(path)).json()["tested_at"] is None
        fine = (await api.post(f"{path}/test")).json()
        assert (fine["ok"], fine["error"]) == (True, None)
        assert fine["steps"][-1] == "Signed in as u"
        assert "PIPELINING" in fine["extensions"]
        assert (await api.get(path)).json()["test_error"] is None
        await api.patch(path, json={"tls": "starttls", "password": "right"})
        no_tls = (await api.post(f"{path}/test")).json()
        assert no_tls["error"] == "STARTTLS: 502 the server does not offer STARTTLS"
    gone = (await api.post(f"{path}/test")).json()
    assert gone["error"].startswith(f"No connection to 127.0.0.1:{sink.port}")


async def test_a_name_that_leads_inside_later_is_not_followed(api: httpx.AsyncClient, engines: Engines) -> None:
    async with running() as sink:
        made = await server(api, port=sink.port)
        engines.settings = engines.settings.replace("security", allow_networks="")
        refused = (await api.post(f"{AT}/{made['id']}/test")).json()
        assert not refused["ok"]
        assert "loopback" in refused["error"]
        assert sink.connections == 0


async def test_the_built_in_mailbox_can_be_tested(api: httpx.AsyncClient, mailbox: object) -> None:
    found = (await api.post(f"{AT}/0/test")).json()
    assert found["ok"], found


async def test_a_server_in_use_is_not_put_away(api: httpx.AsyncClient) -> None:
    made = await server(api)
    share = {"sender_id": made["id"], "percent": 100}
    name = f"Uses it {next(_numbers)}"
    body = {"name": name, "rules": [{"type": "default", "senders": [share]}]}
    sender = (await api.post("/api/v1/senders", json=body)).json()
    assert (await api.get(f"{AT}/{made['id']}")).json()["used_by"] == [name]
    refused = await api.delete(f"{AT}/{made['id']}")
    assert refused.status_code == 409
    assert name in refused.json()["detail"]
    assert (await api.delete(f"/api/v1/senders/{sender['id']}")).status_code == 204
    assert (await api.delete(f"{AT}/{made['id']}")).status_code == 204
    assert (await api.post(f"/api/v1/senders/{sender['id']}/restore")).status_code == 409
