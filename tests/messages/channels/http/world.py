"""Providers to send to: a Bot-API-shaped one and an SMS-provider-shaped one, and channels that use them."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
import msgspec

from fidelia import profiles
from fidelia.access import Actor
from fidelia.messages.channels.http import store as channel_store
from fidelia.messages.channels.http.outlet import HttpOutlet
from fidelia.messages.channels.http.presets import PRESETS
from fidelia.messages.model import Run
from fidelia.messages.sending.sender import Sender
from fidelia.messages.service.outlet import signer
from fidelia.messages.store import runs
from fidelia.platform.engines import Engines
from fidelia.platform.jobs.runner import run_job
from tests.web_server import Asked, WebServer, send

from ...world import people

HOST = "127.0.0.2"
TOKEN = "123456:ABC-secret-of-the-bot"
API_KEY = "sms-key-that-nobody-sees"


@dataclass
class BotApi:
    """Answers ``sendMessage`` as the Bot API does; ``says`` gives chats their own answers, ``once`` one answer each."""

    server: WebServer
    token: str = TOKEN
    says: dict[str, tuple[int, dict[str, Any]]] = field(default_factory=dict)
    once: dict[str, list[tuple[int, dict[str, Any]]]] = field(default_factory=dict)
    drops: set[str] = field(default_factory=set)
    delay: float = 0
    got: list[dict[str, Any]] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    sent: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.server.pages[f"/bot{self.token}/sendMessage"] = self.handle
        self._number = 0

    @property
    def url(self) -> str:
        return self.server.url("", host=HOST)

    async def handle(self, asked: Asked, out: asyncio.StreamWriter) -> None:
        body = json.loads(asked.body)
        chat = str(body.get("chat_id"))
        self.got.append(body)
        self.times.append(asyncio.get_running_loop().time())
        if self.delay:
            await asyncio.sleep(self.delay)
        if chat in self.drops:
            self.drops.discard(chat)
            self.sent[chat] += 1  # it was taken, and only the answer is lost
            out.transport.abort()
            return
        status, answer = self.once[chat].pop(0) if self.once.get(chat) else self.says.get(chat, (200, {}))
        if status == 200:
            self._number += 1
            self.sent[chat] += 1
            answer = {"ok": True, "result": {"message_id": self._number, "chat": {"id": int(chat)}}}
        await send(out, json.dumps(answer).encode(), status, "application/json")


def refusal(status: int, description: str, **parameters: Any) -> tuple[int, dict[str, Any]]:
    """An answer of the Bot API that is none of success."""
    more = {"parameters": parameters} if parameters else {}
    return status, {"ok": False, "error_code": status, "description": description, **more}


@dataclass
class SmsProvider:
    """Takes messages as JSON or a form, by a key; keeps where it shall tell what became of each."""

    server: WebServer
    path: str = "/sms/messages"
    says: list[tuple[int, dict[str, Any], dict[str, str]]] = field(default_factory=list)
    got: list[Asked] = field(default_factory=list)
    taken: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.server.pages[self.path] = self.handle

    @property
    def url(self) -> str:
        return self.server.url(self.path.removesuffix("/messages"), host=HOST)

    async def handle(self, asked: Asked, out: asyncio.StreamWriter) -> None:
        self.got.append(asked)
        status, answer, headers = self.says.pop(0) if self.says else (202, {}, {})
        if status == 202:
            if asked.headers["content-type"] == "application/json":
                self.taken.append(json.loads(asked.body))
            answer = {"id": f"m-{len(self.got)}"}
        await send(out, json.dumps(answer).encode(), status, "application/json", **headers)


async def ok(reply: httpx.Response, status: int = 200) -> dict[str, Any]:
    assert reply.status_code == status, reply.text
    return reply.json() if reply.content else {}


def definition(preset: str = "telegram_bot", **parts: dict[str, Any]) -> dict[str, Any]:
    """A preset's definition that may reach servers of tests, with members of its parts replaced."""
    made: dict[str, Any] = msgspec.to_builtins(PRESETS[preset].definition)
    made["request"]["allow_http"] = True
    made["limits"]["rate"] = 0
    for name, changes in parts.items():
        made[name] = {**made[name], **changes} if isinstance(changes, dict) else changes
    return made


async def channel(
    api: httpx.AsyncClient, key: str, preset: str = "telegram_bot", settings: dict[str, Any] | None = None, **parts: Any
) -> tuple[dict[str, Any], str]:
    """Make a channel through the API; return it and its inbound address."""
    body = {"key": key, "name": f"Channel {key}", "definition": definition(preset, **parts), "settings": settings or {}}
    made = await ok(await api.post("/api/v1/channels", json=body), 201)
    return made["channel"], made["inbound_url"]


async def template(api: httpx.AsyncClient, key: str, fields: dict[str, str], **more: Any) -> int:
    """Make and publish a template of a channel."""
    body = {"name": f"For {key}", "channel": key, "fields": fields, **more}
    made = await ok(await api.post("/api/v1/templates", json=body), 201)
    await ok(await api.post(f"/api/v1/templates/{made['id']}/publish"))
    return int(made["id"])


async def subscribed(engines: Engines, key: str, count: int, *, contact: str = "{n}") -> tuple[int, int]:
    """A database whose people are subscribed to a resource by a channel; return it and the resource."""
    database = await people(engines, count)
    system = Actor.system()
    async with engines.tx() as tx:
        resource = await profiles.create_resource(tx, system, name=f"News {database}", channels=[key, "email"])
        await profiles.subscribe(
            tx,
            system,
            database,
            [
                profiles.SubscriptionItem(
                    profile_id=n, resource_id=resource.id, channel=key, contact=contact.format(n=n), status="subscribed"
                )
                for n in range(1, count + 1)
            ],
        )
    return database, resource.id


async def mailing(
    api: httpx.AsyncClient, key: str, database: int, resource: int | None, template_id: int, **more: Any
) -> int:
    """Make a mailing of a channel."""
    body = {"name": f"By {key}", "channel": key, "database_id": database, "resource_id": resource}
    body |= {"template_id": template_id, "undo_seconds": 0, **more}
    return int((await ok(await api.post("/api/v1/mailings", json=body), 201))["id"])


async def run_jobs(engines: Engines, kinds: tuple[str, ...] = ()) -> None:
    """Run what is queued, as the processes would."""
    while True:
        async with engines.db.hot() as raw:
            rows = await (
                await raw.execute("select id from job where state = 'queued' order by created_at, id")
            ).fetchall()
        if not rows:
            return
        for (job_id,) in rows:
            await run_job(engines, job_id)


async def started(engines: Engines, api: httpx.AsyncClient, mailing_id: int) -> dict[str, Any]:
    """Start a mailing, let it run as far as it goes, and return its report."""
    await ok(await api.post(f"/api/v1/mailings/{mailing_id}/start", json={}))
    await run_jobs(engines)
    return await report(api, mailing_id)


async def report(api: httpx.AsyncClient, mailing_id: int) -> dict[str, Any]:
    """Return a report whose figures add up."""
    made = await ok(await api.get(f"/api/v1/mailings/{mailing_id}/report"))
    parts = ("waiting", "in_flight", "sent", "failed", "blocked", "unknown")
    assert made["audience"] == sum(made[part] for part in parts)
    assert made["selected"] in (None, made["audience"] + made["left_out"])
    return made


async def everything(engines: Engines) -> str:
    """Return all text that is kept, but for what is encrypted."""
    texts = []
    async with engines.db.hot() as raw:
        for table in ("audit_log", "delivery", "mailing_run", "idempotency", "event_inbox", "job", "channel_inbound"):
            found = await (await raw.execute(f"select {table}::text from {table}")).fetchall()
            texts += [row[0] for row in found]
        rows = await (
            await raw.execute("select id, key, name, definition::text, settings::text from channel")
        ).fetchall()
        texts += [str(row) for row in rows]
    return "\n".join(texts)


async def run_of(engines: Engines, mailing_id: int) -> Run:
    async with engines.tx() as tx:
        found = await runs.newest(tx, mailing_id)
    assert found is not None
    return found


async def sender_of(engines: Engines, run: Run, key: str, **more: Any) -> Sender:
    """A further sender of a run, as another process would have it."""
    async with engines.tx() as tx:
        kept = await channel_store.find(tx, key)
        assert kept is not None
        templates = [await runs.compiled(tx, run.version_id)]
        outlet = HttpOutlet(tx.engines, run, templates, await signer(engines), kept)
    return Sender(engines, run, templates, [outlet], **{"patience": 0.3, "linger": timedelta(0), **more})


async def prepared(engines: Engines, api: httpx.AsyncClient, mailing_id: int) -> Run:
    """Start a mailing and work out its audience; nobody sends yet."""
    await ok(await api.post(f"/api/v1/mailings/{mailing_id}/start", json={}))
    async with engines.db.hot() as raw:
        found = await (
            await raw.execute("select id from job where state = 'queued' order by created_at, id")
        ).fetchone()
    assert found is not None
    await run_job(engines, found[0])
    async with engines.db.hot() as raw:
        await raw.execute("update job set state = 'cancelled' where state = 'queued'")
    return await run_of(engines, mailing_id)
