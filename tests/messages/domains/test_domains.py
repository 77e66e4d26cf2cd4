"""Keys of sending domains: made or brought along, published, and on every mail of the domain."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import dkim
import dns.asyncresolver
import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fidelia.access import secrets
from fidelia.kernel.clock import FixedClock
from fidelia.messages.channels.email.dkim import generate
from fidelia.messages.domains import dns as names
from fidelia.messages.domains import rules, service
from fidelia.messages.mailbox.server import MailboxServer
from fidelia.platform.engines import Engines

from ..sink import running
from ..test_mailings import mailing, ok, run_jobs, template
from ..world import people, run_of, send


class Names(asyncio.DatagramProtocol):
    """A name server that knows some TXT records, speaks DNS over UDP, and says of others that they are not there."""

    def __init__(self) -> None:
        self.records: dict[str, list[str]] = {}
        self.silent = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        if self.silent:
            return
        query = dns.message.from_wire(data)
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.AA | dns.flags.RA
        name = query.question[0].name
        found = self.records.get(name.to_text(omit_final_dot=True).lower())
        if found is None:
            reply.set_rcode(dns.rcode.NXDOMAIN)
        else:
            parts = [" ".join(f'"{text[at : at + 200]}"' for at in range(0, len(text), 200)) for text in found]
            reply.answer.append(dns.rrset.from_text(name, 60, "IN", "TXT", *parts))
        self.transport.sendto(reply.to_wire(), addr)


@pytest.fixture
async def name_server(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Names]:
    transport, protocol = await asyncio.get_running_loop().create_datagram_endpoint(Names, ("127.0.0.1", 0))
    found = dns.asyncresolver.Resolver(configure=False)
    found.nameservers, found.port = ["127.0.0.1"], transport.get_extra_info("sockname")[1]
    monkeypatch.setattr(names, "resolver", lambda: found)
    monkeypatch.setattr(names, "TIMEOUT", 0.5)
    yield protocol
    transport.close()


async def key(api: httpx.AsyncClient, domain: str, status: int = 201, **more: Any) -> dict[str, Any]:
    reply = await api.post("/api/v1/senders/domains", json={"domain": domain, **more})
    assert reply.status_code == status, reply.text
    return dict(reply.json())


async def switch(api: httpx.AsyncClient, made: dict[str, Any], active: bool = True) -> dict[str, Any]:
    reply = await api.patch(f"/api/v1/senders/domains/{made['id']}", json={"active": active})
    assert reply.status_code == 200, reply.text
    return dict(reply.json())


def verified(mail: bytes, *keys: dict[str, Any]) -> bool:
    records = {f"{k['record_name']}.".encode(): k["record"].encode() for k in keys}
    return bool(dkim.verify(mail, dnsfunc=lambda name, timeout=5: records.get(name), minkey=1024))


async def test_mails_of_the_domain_are_signed(api: httpx.AsyncClient, engines: Engines) -> None:
    made = await key(api, "Signed.Example.ORG.", selector="s1")
    assert (made["domain"], made["record_name"]) == ("signed.example.org", "s1._domainkey.signed.example.org")
    assert not made["active"]
    database = await people(engines, 3)

    async def mails(sender: str) -> list[bytes]:
        run = await run_of(engines, database, from_email=sender)
        async with engines.tx() as tx:
            signer = await service.signer_of(tx, sender)
        async with running() as sink:
            await send(engines, run, sink.port, connections=1, dkim=signer)
            return [message for _, _, message in sink.messages]

    assert not any(b"DKIM-Signature" in mail for mail in await mails("hello@signed.example.org"))
    await switch(api, made)
    for sender in ("hello@signed.example.org", "hello@news.signed.example.org"):
        sent = await mails(sender)
        assert len(sent) == 3
        assert all(verified(mail, made) for mail in sent), sender
    assert not any(b"DKIM-Signature" in mail for mail in await mails("hello@unsigned.example.org"))
    other = await key(api, "signed.example.org", selector="s2", algorithm="ed25519-sha256")
    await switch(api, other)
    assert all(verified(mail, other) for mail in await mails("hello@signed.example.org")), "one key signs at a time"
    assert not (await api.get(f"/api/v1/senders/domains/{made['id']}")).json()["active"]


async def test_a_key_that_cannot_be_read_pauses_the_mailing(
    engines: Engines, api: httpx.AsyncClient, mailbox: MailboxServer, clock: FixedClock
) -> None:
    made = await key(api, "locked.example.org")
    await switch(api, made)
    database = await people(engines, 3)
    mailing_id = await mailing(api, database, await template(api), from_email="hello@locked.example.org")
    await ok(await api.post(f"/api/v1/mailings/{mailing_id}/start", json={"undo_seconds": 0}))
    key_file = secrets.key_file(engines)
    right = key_file.read_bytes()
    secrets.add_key(engines)
    secrets.drop_old_keys(engines)
    try:
        await run_jobs(engines)
        held = await ok(await api.get(f"/api/v1/mailings/{mailing_id}"))
        assert held["state"] == "paused"
        assert held["trouble"].startswith("Mails cannot be signed: ")
    finally:
        key_file.write_bytes(right)
    await ok(await api.post(f"/api/v1/mailings/{mailing_id}/resume"))
    await run_jobs(engines)
    done = await ok(await api.get(f"/api/v1/mailings/{mailing_id}/report"))
    assert (done["mailing"]["state"], done["mailing"]["trouble"], done["sent"]) == ("done", None, 3)


async def test_what_stands_in_the_dns_is_said(api: httpx.AsyncClient, name_server: Names) -> None:
    made = await key(api, "checked.example.org")

    def states(found: dict[str, tuple[str, str]]) -> dict[str, str]:
        return {what: state for what, (state, _) in found.items()}

    async def checks() -> dict[str, tuple[str, str]]:
        reply = await api.post(f"/api/v1/senders/domains/{made['id']}/check")
        assert reply.status_code == 200
        return {check["what"]: (check["state"], check["text"]) for check in reply.json()["checks"]}

    found = await checks()
    assert states(found) == dict.fromkeys(("dkim", "spf", "dmarc"), "missing")
    assert "publish this key's record" in found["dkim"][1]
    name_server.records = {
        made["record_name"]: ["v=DKIM1; k=rsa; p=AAAA"],
        "checked.example.org": ["v=spf1 mx -all", "v=spf1 a -all", "something else"],
        "_dmarc.checked.example.org": ["v=DMARC1; p=reject"],
    }
    found = await checks()
    assert states(found) == {
        "dkim": "different",
        "spf": "different",
        "dmarc": "ok",
    }
    name_server.records[made["record_name"]] = [made["record"].replace("; ", ";").replace("p=", "p= ")]
    name_server.records["checked.example.org"] = ["V=SPF1 mx -all"]
    assert states(await checks()) == dict.fromkeys(("dkim", "spf", "dmarc"), "ok")
    name_server.silent = True
    assert {state for state, _ in (await checks()).values()} == {"unknown"}
    kept = (await api.get(f"/api/v1/senders/domains/{made['id']}")).json()
    assert kept["checked_at"] is not None
    assert {check["state"] for check in kept["checks"]} == {"unknown"}


async def test_a_key_may_be_brought_along_and_is_never_shown(api: httpx.AsyncClient, engines: Engines) -> None:
    pem = generate("ed25519-sha256").decode()
    made = await key(api, "brought.example.org", private_key=pem)
    assert made["algorithm"] == "ed25519-sha256"
    assert "PRIVATE" not in str(made)
    async with engines.db.hot() as raw:
        row = await (await raw.execute("select private_key from dkim_key where id = %s", (made["id"],))).fetchone()
    assert "PRIVATE" not in row[0]
    for body, pointer in (
        ({"domain": "not a domain"}, "/domain"),
        ({"domain": "localhost"}, "/domain"),
        ({"domain": "a.example", "selector": "Ä"}, "/selector"),
        ({"domain": "a.example", "private_key": "-----BEGIN"}, "/private_key"),
        ({"domain": "a.example", "algorithm": "md5"}, "/algorithm"),
    ):
        assert (await key(api, status=422, **body))["errors"][0]["pointer"] == pointer, body
    assert (await key(api, "brought.example.org", 409))["errors"][0]["pointer"] == "/selector"
    await switch(api, made)
    assert (await api.delete(f"/api/v1/senders/domains/{made['id']}")).status_code == 409
    await switch(api, made, active=False)
    assert (await api.delete(f"/api/v1/senders/domains/{made['id']}")).status_code == 204
    assert (await api.get(f"/api/v1/senders/domains/{made['id']}")).status_code == 404
    listed = (await api.get("/api/v1/senders/domains", params={"q": "brought"})).json()
    assert listed["total"] == 0


@given(st.lists(st.sampled_from(["example.org", "news.example.org", "other.org", "org.example"]), unique=True))
def test_the_nearest_domain_signs(known: list[str]) -> None:
    signing = rules.signing_domain("Hello@a.NEWS.example.org", known)
    wanted = next((domain for domain in ("news.example.org", "example.org") if domain in known), None)
    assert signing == wanted
    assert rules.signing_domain("hello@notexample.org", ["example.org", "org"]) is None
