"""Whatever is sent, the answer is a reason and never a fault, and nothing of it stops the drain."""

from __future__ import annotations

import json
import random
from typing import Any

import sqlalchemy as sa

from tests.events.conftest import World

VALUES: list[Any] = [
    None, True, 0, 1, -1, 2**31, 2**63, 2**70, 1.5, 1e308, "", "x", "\x00", "custom.a", "page.viewed", "é" * 300,
    "2026-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "u1", "a" * 40_000, [], [1], {}, {"a": 1},
    {"email": "a@b.co"}, {"external_id": "\x00"}, {"profile_id": 1}, {"phone": "+4740000000"}, {"": 1}, [[]],
    {"address": {"city": 5}}, {"a.b": 1, "a": {"b": 2}},
]  # fmt: skip
EVENT = ["id", "type", "at", "profile", "match", "create", "properties"]
MESSAGE = [
    "userId", "anonymousId", "previousId", "event", "messageId", "timestamp", "sentAt", "traits", "properties",
    "context", "groupId", "name", "category", "type", "batch",
]  # fmt: skip
CALLS = ["identify", "track", "page", "screen", "group", "alias", "batch", "import"]


class Chance(random.Random):
    def value(self, depth: int = 0) -> Any:
        drawn = self.random()
        if drawn < 0.75 or depth > 2:
            return self.choice(VALUES)
        if drawn < 0.9:
            return {self.choice(EVENT + MESSAGE): self.value(depth + 1) for _ in range(self.randint(0, 5))}
        return [self.value(depth + 1) for _ in range(self.randint(0, 4))]

    def spoilt(self, body: dict[str, Any], keys: list[str], most: int) -> dict[str, Any]:
        return body | {self.choice(keys): self.value() for _ in range(self.randint(0, most))}


async def test_odd_events_and_messages(world: World) -> None:
    chance = Chance(7)
    (profile,) = await world.people(1)
    key = await world.key("server", rate=1_000_000)
    seen: dict[int, int] = {}
    for _ in range(150):
        event = chance.spoilt({"type": "custom.a", "profile": profile}, EVENT, 4)
        body = chance.spoilt({"database": world.database, "events": [event]}, ["create", "more"], 1)
        reply = await world.api.post("/events", content=json.dumps(body))
        seen[reply.status_code] = seen.get(reply.status_code, 0) + 1
        assert reply.status_code in (202, 422), (body, reply.text)
        call = chance.choice(CALLS)
        message = chance.spoilt({"userId": "u1", "event": "A"}, MESSAGE, 5)
        if call in ("batch", "import"):
            message = {"batch": [message, chance.value()], "context": chance.value(), "sentAt": chance.value()}
        reply = await world.root.post(f"/v1/{call}", content=json.dumps(message), auth=(key["key"], ""))
        assert reply.status_code in (200, 400), (call, message, reply.text)
    assert seen[202] > 20
    await world.engines.catch_up()
    async with world.engines.tx() as tx:
        assert await tx.scalar(sa.text("select count(*) from event_quarantine")) == 0


async def test_odd_types_keys_and_questions(world: World) -> None:
    chance = Chance(11)
    own = {"database_id": world.database}
    for n in range(60):
        declared = [{"name": chance.value(), "type": chance.choice(["string", chance.value()])}]
        body = own | {"name": f"custom.t{n}"} | {chance.choice(["name", "label", "properties"]): chance.value()}
        requests: list[tuple[str, str, Any]] = [
            ("POST", "/event-types", body),
            ("POST", "/event-types", own | {"name": f"custom.u{n}", "properties": declared}),
            ("PATCH", f"/event-types/{chance.choice([1, 2**31, 2**63])}", {"label": chance.value()}),
            (
                "POST",
                "/write-keys",
                own | {"name": "x", "kind": "server", chance.choice(["name", "rate"]): chance.value()},
            ),
            ("PATCH", f"/write-keys/{chance.choice([1, 2**31, 2**63])}", {"rate": chance.value()}),
        ]
        for method, path, sent in requests:
            reply = await world.api.request(method, path, content=json.dumps(sent))
            assert reply.status_code < 500, (method, path, sent, reply.text)
    for text in ("", "x", "\x00", "-1", "99999999999999999999", "WyJhIl0", "WyIyMDI2LTAxLTAxIiwiYSIsMSwiYiJd"):
        for path in ("/events", "/event-types", "/write-keys"):
            for name in ("database", "type", "profile", "cursor", "limit", "q"):
                reply = await world.api.get(path, params={"database": world.database} | {name: text})
                assert reply.status_code < 500, (path, name, text, reply.text)
