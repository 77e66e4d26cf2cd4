"""Virtual senders over the API: rules that come back as they went, what holds them, and mailings that name them."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings

from fidelia.kernel.clock import FixedClock
from fidelia.messages.senders import store
from fidelia.messages.senders.model import SenderRule
from fidelia.platform.engines import Engines

from ..sink import Sink, running
from ..test_mailings import mailing, ok, run_jobs, template
from ..world import people
from .test_rules import whole
from .test_servers import at, local, server  # noqa: F401 (a fixture that holds here too)

_numbers = itertools.count(1)
AT = "/api/v1/senders"


def default(*shares: dict[str, Any]) -> dict[str, Any]:
    return {"type": "default", "senders": list(shares) or [share(0)]}


def share(sender_id: int, percent: int = 100, **more: str) -> dict[str, Any]:
    return {"sender_id": sender_id, "percent": percent, **more}


async def sender(api: httpx.AsyncClient, *rules: dict[str, Any], status: int = 201, **more: Any) -> dict[str, Any]:
    body = {"name": f"Sender {next(_numbers)}", "rules": list(rules) or [default()], **more}
    reply = await api.post(AT, json=body)
    assert reply.status_code == status, reply.text
    return dict(reply.json())


@pytest.fixture(autouse=True)
async def no_default(engines: Engines) -> AsyncIterator[None]:
    yield
    async with engines.tx() as tx:
        await store.drop_default(tx, None)


async def test_one_is_made_changed_put_away_and_brought_back(api: httpx.AsyncClient) -> None:
    made = await sender(api, description="Two of them")
    path = f"{AT}/{made['id']}"
    rules = [{"type": "to_domain", "values": ["gmail.com"], "senders": [share(0, 30), share(0, 70, from_name="B")]}]
    changed = await ok(await api.patch(path, json={"rules": [*rules, default()], "updated_at": made["updated_at"]}))
    assert [rule["type"] for rule in changed["rules"]] == ["to_domain", "default"]
    late = await api.patch(path, json={"name": "Other", "updated_at": made["updated_at"]})
    assert late.status_code in (200, 409)  # the pinned clock may not have moved between them
    assert (await api.delete(path)).status_code == 204
    listed = {item["id"] for item in (await api.get(AT)).json()["items"]}
    assert made["id"] not in listed
    assert (await ok(await api.post(f"{path}/restore")))["archived_at"] is None
    entries = (await api.get("/api/v1/audit", params={"kind": "virtual_sender"})).json()["items"]
    actions = {entry["action"] for entry in entries if entry["object_id"] == str(made["id"])}
    assert actions >= {f"virtual_sender.{verb}" for verb in ("created", "updated", "archived", "restored")}


async def test_who_saves_second_is_told(api: httpx.AsyncClient, engines: Engines, clock: FixedClock) -> None:
    made = await sender(api)
    clock.advance(timedelta(seconds=5))
    await ok(await api.patch(f"{AT}/{made['id']}", json={"description": "first", "updated_at": made["updated_at"]}))
    late = await api.patch(f"{AT}/{made['id']}", json={"description": "second", "updated_at": made["updated_at"]})
    assert late.status_code == 409
    assert (await api.get(f"{AT}/{made['id']}")).json()["description"] == "first"


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(rules=whole())
async def test_rules_are_shown_as_they_were_saved(
    api: httpx.AsyncClient, four_servers: list[int], rules: list[SenderRule]
) -> None:
    given_rules = [
        msgspec.structs.replace(
            rule, senders=[msgspec.structs.replace(s, sender_id=four_servers[s.sender_id]) for s in rule.senders]
        )
        for rule in rules
    ]
    sent = msgspec.to_builtins(given_rules)
    made = await sender(api, *sent)
    assert made["rules"] == sent
    assert (await api.get(f"{AT}/{made['id']}")).json()["rules"] == sent
    again = await ok(await api.patch(f"{AT}/{made['id']}", json={"rules": made["rules"]}))
    assert again["rules"] == sent


@pytest.fixture(scope="module")
async def four_servers(engines: Engines) -> list[int]:
    values = {"host": "127.0.0.1", "port": 25, "tls": "none", "connections": 1}
    async with engines.tx() as tx:
        return [0, *[await store.insert_server(tx, {"name": f"Of rules {n}", **values}) for n in range(3)]]


async def test_what_cannot_be_is_told_at_its_field(api: httpx.AsyncClient) -> None:
    made = await server(api)
    body = {"name": "x"}
    assert at(await api.post(AT, json={**body, "rules": []})) == ["/rules"]
    only = [{"type": "to_domain", "values": ["a.de"], "senders": [share(0)]}]
    assert at(await api.post(AT, json={**body, "rules": only})) == ["/rules"]
    assert at(await api.post(AT, json={**body, "rules": [default(share(0, 90))]})) == ["/rules/0/senders"]
    assert at(await api.post(AT, json={**body, "rules": [default(share(10**6))]})) == ["/rules/0/senders/0/sender_id"]
    await api.delete(f"/api/v1/senders/servers/{made['id']}")
    away = await api.post(AT, json={**body, "rules": [default(share(made["id"]))]})
    assert at(away) == ["/rules/0/senders/0/sender_id"]
    assert "archived" in away.json()["errors"][0]["message"]
    kept = await sender(api)
    assert (await api.post(AT, json={"name": kept["name"].lower(), "rules": [default()]})).status_code == 409


async def test_there_is_one_default_and_it_stays(api: httpx.AsyncClient) -> None:
    first = await sender(api, is_default=True)
    second = await sender(api, is_default=True)
    assert not (await api.get(f"{AT}/{first['id']}")).json()["is_default"]
    refused = await api.delete(f"{AT}/{second['id']}")
    assert refused.status_code == 409
    assert "name no virtual sender" in refused.json()["detail"]
    await ok(await api.patch(f"{AT}/{second['id']}", json={"is_default": False}))
    assert (await api.delete(f"{AT}/{second['id']}")).status_code == 204
    assert at(await api.patch(f"{AT}/{second['id']}", json={"is_default": True})) == ["/is_default"]


async def test_rights_are_asked_for(api: httpx.AsyncClient, engines: Engines) -> None:
    from ...conftest import api_client

    async with api_client(engines, roles=("analyst",)) as reader:
        assert (await reader.post(AT, json={"name": "x", "rules": [default()]})).status_code == 403
        assert (await reader.post(f"{AT}/servers", json={"name": "x", "host": "127.0.0.1"})).status_code == 403
        assert (await reader.post(f"{AT}/servers/0/test")).status_code == 403


# -- mailings that name them ----------------------------------------------------------------------------------------


@pytest.fixture
async def two_sinks() -> AsyncIterator[tuple[Sink, Sink]]:
    async with running() as one, running() as two:
        yield one, two


async def to_domains(engines: Engines, count: int, *domains: str) -> int:
    database = await people(engines, count)
    async with engines.db.hot() as raw:
        for n, domain in enumerate(domains):
            await raw.execute(
                f"update profile_{database} set email = 'p' || id || '@' || %s where id %% {len(domains)} = {n}",
                (domain,),
            )
    return database


async def test_mails_go_by_the_rules_and_the_report_says_how(
    api: httpx.AsyncClient, engines: Engines, two_sinks: tuple[Sink, Sink]
) -> None:
    one, two = two_sinks
    first, second = await server(api, name="MX one", port=one.port), await server(api, name="MX two", port=two.port)
    gmail = {"type": "to_domain", "values": ["gmail.com"], "senders": [share(second["id"], from_email="g@example.net")]}
    rest = default(share(first["id"], 50), share(second["id"], 50, from_name="Shop", reply_to="help@example.org"))
    made = await sender(api, gmail, rest)
    database = await to_domains(engines, 200, "gmail.com", "example.com")
    mailing_id = await mailing(api, database, await template(api), virtual_sender_id=made["id"])
    await ok(await api.post(f"/api/v1/mailings/{mailing_id}/start", json={}))
    await run_jobs(engines)
    report = await ok(await api.get(f"/api/v1/mailings/{mailing_id}/report"))
    assert report["sent"] == 200, report
    assert len(one.accepted) + len(two.accepted) == 200
    assert not any(address.endswith("gmail.com") for address in one.accepted)
    assert 30 <= len(one.accepted) <= 70
    by = {(s["server"], s["from_email"]): s for s in report["senders"]}
    assert {key: s["sent"] for key, s in by.items()} == {
        ("MX two", "g@example.net"): 100,
        ("MX one", "shop@example.org"): len(one.accepted),
        ("MX two", "shop@example.org"): len(two.accepted) - 100,
    }
    for origin, to, data in two.messages:
        gmail_one = to.endswith("gmail.com")
        assert origin.lstrip("<") == ("g@example.net" if gmail_one else "shop@example.org")
        assert (b"Reply-To: help@example.org" in data) is not gmail_one
        assert (b"\r\nFrom: Shop <shop@example.org>" in data) is not gmail_one
    no = by["MX one", "shop@example.org"]["no"]
    found = await ok(
        await api.get(f"/api/v1/mailings/{mailing_id}/people", params={"state": "sent", "sender": no, "limit": 1000})
    )
    assert {person["email"] for person in found["items"]} == set(one.accepted)
    assert {person["sender"] for person in found["items"]} == {"MX one, shop@example.org"}
    used = await api.delete(f"{AT}/{made['id']}")
    assert used.status_code == 409
    assert "Sale" in used.json()["detail"]


async def test_the_default_is_for_mailings_that_name_none(
    api: httpx.AsyncClient, engines: Engines, two_sinks: tuple[Sink, Sink], mailbox: object
) -> None:
    one, two = two_sinks
    first, second = await server(api, port=one.port), await server(api, port=two.port)
    await sender(api, default(share(first["id"])), is_default=True)
    other = await sender(api, default(share(second["id"])))
    database = await people(engines, 6)
    plain = await mailing(api, database, await template(api))
    named = await mailing(api, database, await template(api), virtual_sender_id=other["id"])
    for mailing_id in (plain, named):
        await ok(await api.post(f"/api/v1/mailings/{mailing_id}/start", json={}))
        await run_jobs(engines)
    assert (len(one.accepted), len(two.accepted)) == (6, 6)
    copy = await ok(await api.post(f"/api/v1/mailings/{named}/clone", json={}), 201)
    assert copy["virtual_sender_id"] == other["id"]
    test = {"to": ["boss@example.org"], "profile_id": 1}
    await ok(await api.post(f"/api/v1/mailings/{named}/test-send", json=test))
    assert two.accepted["boss@example.org"] == 1


async def test_a_server_that_is_switched_off_stands_in_the_way(
    api: httpx.AsyncClient, engines: Engines, two_sinks: tuple[Sink, Sink]
) -> None:
    made = await server(api, name="Spare", port=two_sinks[0].port)
    chosen = await sender(api, default(share(made["id"])), name="By the spare")
    database = await people(engines, 3)
    mailing_id = await mailing(api, database, await template(api), virtual_sender_id=chosen["id"])
    await ok(await api.patch(f"/api/v1/senders/servers/{made['id']}", json={"active": False}))
    refused = await api.post(f"/api/v1/mailings/{mailing_id}/start", json={})
    assert at(refused) == ["/virtual_sender_id"]
    assert "switched off" in refused.json()["errors"][0]["message"]
    await ok(await api.patch(f"/api/v1/senders/servers/{made['id']}", json={"active": True}))
    await ok(await api.post(f"/api/v1/mailings/{mailing_id}/start", json={}))
    await ok(await api.patch(f"/api/v1/senders/servers/{made['id']}", json={"active": False}))
    await run_jobs(engines)
    paused = await ok(await api.get(f"/api/v1/mailings/{mailing_id}"))
    assert paused["state"] == "paused"
    assert "Spare, which By the spare uses, is switched off" in paused["trouble"]
    await ok(await api.patch(f"/api/v1/senders/servers/{made['id']}", json={"active": True}))
    await ok(await api.post(f"/api/v1/mailings/{mailing_id}/resume"))
    await run_jobs(engines)
    assert (await ok(await api.get(f"/api/v1/mailings/{mailing_id}/report")))["sent"] == 3


async def test_a_mailing_cannot_name_what_is_not_there(api: httpx.AsyncClient, engines: Engines) -> None:
    made = await sender(api)
    await api.delete(f"{AT}/{made['id']}")
    database = await people(engines, 1)
    body = {"name": "m", "database_id": database}
    for wrong in (made["id"], 10**6):
        refused = await api.post("/api/v1/mailings", json={**body, "virtual_sender_id": wrong})
        assert at(refused) == ["/virtual_sender_id"]
