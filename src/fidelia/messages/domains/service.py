"""Use cases of sending domains: make or bring a key, look whether it is published, let it sign."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec

from fidelia.access import Actor, audit, decrypt_secret, encrypt_secret
from fidelia.kernel.errors import FieldError, conflict, invalid, invalid_field
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx

from ..channels.email.dkim import Algorithm, DkimSigner, KeyRefused, generate
from . import dns, rules, store
from .model import DkimKey, DnsCheck


async def list_keys(tx: Tx, page: PageRequest) -> Page[DkimKey]:
    """Return a page of keys."""
    return await store.pages(tx, page)


async def get_key(tx: Tx, key_id: int) -> DkimKey:
    """Return a key without its private part; raise 404."""
    return await store.get(tx, key_id)


async def create_key(
    tx: Tx, actor: Actor, *, domain: str, selector: str, algorithm: Algorithm, private_key: str | None
) -> DkimKey:
    """Make a key, or keep one that is brought along (PEM); it signs once it is switched on. Raise 409, 422."""
    name = rules.ascii_domain(domain)
    errors = []
    if name is None:
        errors.append(FieldError("/domain", "Enter a domain, such as news.example.com"))
    if not rules.is_selector(selector):
        errors.append(FieldError("/selector", "A selector has lower-case letters, digits and hyphens"))
    if errors or name is None:
        raise invalid(*errors)
    if await store.taken(tx, name, selector):
        said = f"{name} has a key with the selector {selector}; choose another selector"
        raise conflict(said, FieldError("/selector", said))
    pem = private_key.encode() if private_key else await asyncio.to_thread(generate, algorithm)
    try:
        signer = DkimSigner(name, selector, pem)
    except KeyRefused as exc:
        raise invalid_field("/private_key", str(exc)) from exc
    values = {
        "domain": name,
        "selector": selector,
        "algorithm": signer.algorithm,
        "private_key": encrypt_secret(tx.engines, pem.decode()),
        "record": signer.record(),
    }
    made = await store.get(tx, await store.insert(tx, values))
    await audit(tx, actor, "dkim_key.created", kind="dkim_key", object_id=made.id, name=made.record_name)
    return made


async def look(engines: Engines, key_id: int) -> DkimKey:
    """Ask the name servers about a key and its domain, and keep what they say. Raise 404.

    No transaction is held while they think.
    """
    async with engines.tx() as tx:
        key = await store.get(tx, key_id)
    names = {"dkim": key.record_name, "spf": key.domain, "dmarc": f"_dmarc.{key.domain}"}
    found = dict(zip(names, await asyncio.gather(*(dns.txt(name) for name in names.values())), strict=True))
    checks: list[DnsCheck] = [rules.judged_dkim(key.record_name, key.record, found["dkim"])]
    checks.append(rules.judged_policy("spf", names["spf"], found["spf"]))
    checks.append(rules.judged_policy("dmarc", names["dmarc"], found["dmarc"]))
    async with engines.tx() as tx:
        await store.update(tx, key_id, {"checks": msgspec.to_builtins(checks), "checked_at": tx.now})
        return await store.get(tx, key_id)


async def switch(tx: Tx, actor: Actor, key_id: int, *, active: bool) -> DkimKey:
    """Have a key sign from the next messages on in place of the domain's other keys, or no more. Raise 404."""
    before = await store.get(tx, key_id, lock=True)
    if before.active != active:
        await store.deactivate(tx, before.domain)
        await store.update(tx, key_id, {"active": active})
        action = "dkim_key.activated" if active else "dkim_key.deactivated"
        await audit(tx, actor, action, kind="dkim_key", object_id=before.id, name=before.record_name)
    return await store.get(tx, key_id)


async def delete_key(tx: Tx, actor: Actor, key_id: int) -> None:
    """Delete a key that does not sign; raise 404, 409."""
    key = await store.get(tx, key_id, lock=True)
    if key.active:
        raise conflict(f"Mails from {key.domain} are signed with this key; switch it off, or another one on, first")
    await store.delete(tx, key_id)
    await audit(tx, actor, "dkim_key.deleted", kind="dkim_key", object_id=key.id, name=key.record_name)


async def signer_of(tx: Tx, sender: str) -> DkimSigner | None:
    """Return what signs mails of a sender's address, or ``None`` when its domain has no active key.

    Raises ``SecretError`` when the private key cannot be read: unsigned mail would be taken for a forgery.
    """
    keys: dict[str, Any] = await store.active(tx)
    domain = rules.signing_domain(sender, keys)
    if domain is None:
        return None
    selector, secret = keys[domain]
    return DkimSigner(domain, selector, decrypt_secret(tx.engines, secret).encode())
