"""Trigger promotions that wait for events, through the API: once for each event, within limits, only while they run."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from fidelia.loyalty.promotions.service.listening import round_of
from fidelia.platform import listeners
from tests.loyalty.orders.till import Till, compare

REVIEW = "custom.review"
STARS = {"kind": "points_fixed", "points": "stars", "amount": "10"}
_WRITTEN = "select seq, payload, profiles from event_inbox where database_id = :database order by seq"
_ids = itertools.count(1)


async def happen(till: Till, *who: int, ids: tuple[str, ...] = (), type_: str = REVIEW, again: bool = False) -> None:
    """Send an event of each person, and let those who listen deal with it; ``again``: it is told twice."""
    ids = ids or tuple(f"e{next(_ids)}" for _ in who)
    given = [{"id": id_, "type": type_, "profile": one} for id_, one in zip(ids, who, strict=True)]
    await till.call("POST", "/events", {"database": till.database, "events": given}, 202)
    for _ in range(2 if again else 1):
        async with till.engines.tx() as tx:  # what the drain does: this module has no ClickHouse
            rows = await tx.all(sa.text(_WRITTEN), {"database": till.database})
            await listeners.catch(await tx.raw(), [(till.database, rows)])
    async with till.engines.tx() as tx:
        await (await tx.raw()).execute("delete from event_inbox where database_id = %s", (till.database,))
    await round_of(till.engines)


@pytest.fixture
async def typed(till: Till) -> Till:
    body = {"database_id": till.database, "name": REVIEW, "label": "Review written"}
    await till.call("POST", "/event-types", body, 201)
    return till


async def total(till: Till, profile: int = 1) -> str:
    return (await till.balance(profile))["total"]


async def test_an_event_gives_points_once_however_often_it_is_told(typed: Till) -> None:
    await typed.promotion(STARS, "trigger", event=REVIEW)
    await happen(typed, 1, 2, ids=("r1", "r2"), again=True)
    assert (await total(typed, 1), await total(typed, 2)) == ("10", "10")
    await happen(typed, 1, ids=("r3",))
    assert await total(typed, 1) == "20"


async def test_only_who_fits_gets_it_and_only_as_often_as_the_limits_say(typed: Till) -> None:
    offer = await typed.promotion(
        STARS,
        "trigger",
        event=REVIEW,
        condition=compare("profile.city", "eq", "Oslo"),
        limits=[{"what": "uses", "most": "1", "per": "member"}, {"what": "uses", "most": "3"}],
    )
    await happen(typed, 1, 2, 1, 3, 5, 7)
    assert [await total(typed, one) for one in (1, 2, 3, 5, 7)] == ["10", "0", "10", "10", "0"]
    used = await typed.used(offer)
    assert used["uses:0"] == 3
    usage = (await typed.call("GET", f"/loyalty/promotions/{offer}"))["usage"]
    assert (usage["uses"], usage["points"]) == (3, "30")


async def test_nothing_is_given_while_it_is_paused_nor_for_what_happened_then(typed: Till) -> None:
    offer = await typed.promotion(STARS, "trigger", event=REVIEW)
    await typed.call("POST", f"/loyalty/promotions/{offer}/pause")
    await happen(typed, 1)
    await typed.call("POST", f"/loyalty/promotions/{offer}/resume")
    await round_of(typed.engines)
    assert await total(typed) == "0"
    await happen(typed, 1)
    assert await total(typed) == "10"


async def test_the_next_version_may_wait_for_something_else(typed: Till) -> None:
    offer = await typed.promotion(STARS, "trigger", event=REVIEW)
    other = {"name": "P", "currency": "EUR", "reward": {**STARS, "amount": "3"}, "event": "page.viewed"}
    path = f"/loyalty/promotions/{offer}"
    await typed.call("PUT", f"{path}/draft", {"definition": other})
    at = typed.clock.now() + timedelta(days=1)
    await typed.call("POST", f"{path}/publish", {"at": at.isoformat()})
    await happen(typed, 1)
    assert await total(typed) == "10"
    typed.clock.set(at)
    await happen(typed, 1)
    assert await total(typed) == "10"


async def test_a_type_of_event_that_a_promotion_waits_for_is_kept(typed: Till) -> None:
    offer = await typed.promotion(STARS, "trigger", event=REVIEW)
    found = await typed.call("GET", f"/loyalty/promotions/{offer}")
    assert found["sentence"] == "10 Stars; at each event “Review written”"
    types = await typed.call("GET", f"/event-types?database={typed.database}&limit=200")
    own = next(one for one in types["items"] if one["name"] == REVIEW)
    refused = await typed.call("DELETE", f"/event-types/{own['id']}", status=409)
    assert found["definition"]["name"] in str(refused)


@pytest.mark.parametrize(
    ("kind", "definition", "pointer", "message"),
    [
        ("trigger", {"event": "custom.nothing"}, "/definition/event", "There is no event custom.nothing"),
        ("trigger", {"event": "loyalty.accrued"}, "/definition/event", "it would never end"),
        ("points", {"event": REVIEW}, "/definition/event", "Only a trigger promotion"),
        (
            "trigger",
            {"event": REVIEW, "reward": {"kind": "points_fixed", "points": "stars"}},
            "/definition/reward/amount",
            "say how many",
        ),
    ],
)
async def test_what_cannot_be_waited_for_is_refused(
    typed: Till, kind: str, definition: dict[str, Any], pointer: str, message: str
) -> None:
    body = {"kind": kind, "definition": {"name": "P", "reward": STARS, **definition}}
    wrong = await typed.call("POST", f"/loyalty/programs/{typed.program}/promotions", body, 422)
    assert any(one["pointer"].endswith(pointer.removeprefix("/definition")) for one in wrong["errors"])
    assert message in str(wrong["errors"])
