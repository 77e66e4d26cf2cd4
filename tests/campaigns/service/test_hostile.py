"""Bad input is refused at its place, never with a 500; two at once never do the same thing twice."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from .conftest import Desk

HUGE = 10**15
QUERIES = (
    f"/campaigns?database={HUGE}&segment=-{HUGE}",
    "/campaigns?q=%25_%27%5C&tag=%27",
    "/campaigns?q=%2399999999999999",
    f"/campaigns/{HUGE}",
    f"/campaigns/{HUGE}/strata?rate=nan",
    "/campaigns/0/activities",
    "/campaigns/{id}/strata?rate=nan",
    "/campaigns/{id}/strata?rate=1e-300&lift=1e-300",
    "/campaigns/{id}/strata?rate=inf",
    f"/campaigns/{{id}}/audience?activity={HUGE}",
    "/campaigns/{id}/audience?stratum=%00&q=%27",
    "/campaigns/{id}/audience?columns=" + ",".join(["email"] * 60),
    "/campaigns/{id}/audience?cursor=W10",
    "/campaigns/{id}/audience?cursor=WzFlMzBd",
    "/campaigns/{id}/audience?cursor=Wy0xXQ",
    "/campaigns/{id}/history?cursor=WyJhIl0",
    "/campaigns/{id}/history?sort=name",
    "/campaigns/{id}/activities/candidates?cursor=WzEsMl0",
    "/campaigns/{id}/activities/candidates?sort=luck",
    "/campaigns/tags?database=-1",
    f"/databases/{{database}}/figures/campaign:{HUGE}:audience",
    "/databases/{database}/figures/campaign:{id}:entry:clicked:99999999999999999999",
    "/databases/{database}/figures/campaign:{id}:stratum:%00",
)
BODIES: tuple[tuple[str, str, Any], ...] = (
    ("POST", "/campaigns", {"name": "x", "database_id": -1, "segment_id": -1}),
    ("POST", "/campaigns", {"name": "x", "database_id": HUGE, "segment_id": HUGE}),
    ("POST", "/campaigns", {"name": "x" * 100_000, "database_id": 1, "segment_id": 1}),
    ("POST", "/campaigns", {"name": "x", "database_id": 1, "segment_id": 1, "control": {"percent": 1e400}}),
    ("PATCH", "/campaigns/{id}", {"window_days": HUGE}),
    ("PATCH", "/campaigns/{id}", {"cost": "9" * 41, "currency": "EUR"}),
    ("PATCH", "/campaigns/{id}", {"cost": "99999999999999999", "currency": "EUR"}),
    ("PATCH", "/campaigns/{id}", {"currency": "E\x00R"}),
    ("PATCH", "/campaigns/{id}", {"goal": "\x00"}),
    ("PATCH", "/campaigns/{id}", {"version": HUGE}),
    ("PATCH", "/campaigns/{id}", {"tags": ["\x00"]}),
    ("PUT", "/campaigns/{id}/control", {"percent": 5, "cap": HUGE}),
    ("PUT", "/campaigns/{id}/control", {"percent": 5, "strata": [{"field": "\x00"}]}),
    ("PUT", "/campaigns/{id}/control", {"percent": 5, "strata": [{"field": "age", "ranges": [{"to": 1e300}]}]}),
    ("PUT", "/campaigns/{id}/control", {"percent": 5, "strata": [{"field": "city", "lists": [{"values": ["\x00"]}]}]}),
    ("POST", "/campaigns/power", {"database_id": HUGE, "segment_id": HUGE, "percent": 5}),
    ("POST", "/campaigns/{id}/clone", {"name": "\x00"}),
    ("POST", "/campaigns/{id}/clone", {"segment_id": -HUGE}),
    ("POST", "/campaigns/{id}/activities", {"id": HUGE}),
    ("POST", "/campaigns/{id}/activities", {"id": -1}),
    ("POST", "/campaigns/{id}/activities", {"new": {"name": "\x00"}}),
    ("POST", "/campaigns/{id}/activities", {"new": {"name": "x", "channel": "smoke"}}),
    ("PATCH", "/campaigns/{id}/activities/mailing/999999999999999", {"exempt": True}),
    ("DELETE", "/campaigns/{id}/activities/%00/1", None),
)


async def test_questions_of_any_kind_are_answered_or_refused(desk: Desk) -> None:
    made = await desk.make()
    for query in QUERIES:
        path = query.format(id=made["id"], database=desk.database)
        reply = await desk.api.get(f"/api/v1{path}")
        assert reply.status_code in (200, 400, 404, 422), (path, reply.status_code, reply.text)


async def test_bodies_of_any_kind_are_refused(desk: Desk) -> None:
    made = await desk.make()
    for method, to, body in BODIES:
        path = to.format(id=made["id"])
        more = {} if body is None else {"content": _json(body)}
        reply = await desk.api.request(method, f"/api/v1{path}", **more)
        assert reply.status_code in (400, 404, 409, 422), (method, path, body, reply.status_code, reply.text)
    same = await desk.get(f"/campaigns/{made['id']}")
    assert same == made


async def test_only_one_of_many_starts_it(desk: Desk) -> None:
    made = await desk.make()
    replies = await asyncio.gather(*(desk.api.post(f"/api/v1/campaigns/{made['id']}/activate") for _ in range(8)))
    assert sorted(reply.status_code for reply in replies) == [200, *[409] * 7]


async def test_a_mailing_goes_into_one_campaign_only(desk: Desk) -> None:
    made = [await desk.make() for _ in range(4)]
    mailing = await desk.mailing()
    replies = await asyncio.gather(
        *(desk.api.post(f"/api/v1/campaigns/{one['id']}/activities", json={"id": mailing}) for one in made)
    )
    assert sorted(reply.status_code for reply in replies) == [201, 409, 409, 409]
    winner = [reply.status_code for reply in replies].index(201)
    assert (await desk.get(f"/mailings/{mailing}"))["campaign_id"] == made[winner]["id"]
    for n, one in enumerate(made):
        assert (await desk.get(f"/campaigns/{one['id']}"))["activities"] == (n == winner)


async def test_two_changes_of_one_version_are_not_both_kept(desk: Desk) -> None:
    made = await desk.make()
    replies = await asyncio.gather(
        *(
            desk.api.patch(f"/api/v1/campaigns/{made['id']}", json={"name": f"N{n}", "version": made["version"]})
            for n in range(6)
        )
    )
    assert sorted(reply.status_code for reply in replies) == [200, *[409] * 5]


def _json(body: Any) -> bytes:
    return json.dumps(body).replace("Infinity", "1e400").encode()
