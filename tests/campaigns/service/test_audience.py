"""The people of a campaign: listed with side, stratum and way in; every figure opens as many as it says."""

from __future__ import annotations

from typing import Any

from pyroaring import BitMap

from fidelia import campaigns, profiles

from ...conftest import api_client
from ..people.conftest import STRATA, SYSTEM
from .conftest import Desk


async def grown(desk: Desk) -> tuple[int, int]:
    """Return a campaign that an activity has brought some people, and that activity."""
    made = await desk.started(control={"percent": 10, "strata": STRATA})
    mailing = await desk.mailing()
    await desk.attach(made["id"], mailing, widens=["clicked"])
    async with desk.engines.tx() as tx:
        await campaigns.admit(tx, made["id"], BitMap(range(501, 521)), source="clicked", activity=mailing)
    await desk.shop.leave(range(1, 11))
    await desk.refresh(made["id"])
    return made["id"], mailing


async def listed(desk: Desk, campaign: int, query: str = "") -> list[dict[str, Any]]:
    page = await desk.get(f"/campaigns/{campaign}/audience?limit=1000{query}")
    assert page["total"] == len(page["items"])
    items: list[dict[str, Any]] = page["items"]
    return items


async def test_listed_and_filtered(desk: Desk) -> None:
    campaign, mailing = await grown(desk)
    people = await desk.people(campaign)
    everybody = await listed(desk, campaign)
    assert [item["profile_id"] for item in everybody] == list(people.assigned)
    first, guest = everybody[0], next(item for item in everybody if item["profile_id"] == 501)
    assert (first["present"], first["source"], first["activity"]) == (False, "segment", None)
    assert (guest["present"], guest["source"], guest["activity"]) == (True, "clicked", mailing)
    assert guest["entered_on"] == "2026-11-16"
    assert guest["profile"] == {"email": "p501@example.com", "first_name": None, "last_name": None}
    for query, expected in (
        ("&side=control", people.control),
        ("&side=test", people.assigned - people.control),
        ("&present=true", people.audience),
        ("&present=false", BitMap(range(1, 11))),
        ("&present=true&side=control", people.audience & people.control),
        ("&source=clicked", BitMap(range(501, 521))),
        ("&source=clicked,segment", people.assigned),
        (f"&activity={mailing}", BitMap(range(501, 521))),
        ("&activity=0", BitMap(range(1, 401))),
        ("&source=order", BitMap()),
        ("&q=p77@example.com", BitMap([77])),
    ):
        found = await listed(desk, campaign, query)
        assert [item["profile_id"] for item in found] == list(expected), query
    plan = await desk.get(f"/campaigns/{campaign}/strata")
    for part in plan["parts"]:
        inside = await listed(desk, campaign, f"&stratum={part['key']}&present=true")
        assert len(inside) == part["people"]
        assert {item["stratum"] for item in inside} == {part["label"]}
        assert sum(item["side"] == "control" for item in inside) == part["control"]
    await desk.call("POST", f"/campaigns/{campaign}/complete")
    assert await listed(desk, campaign, "&present=true") == []
    assert len(await listed(desk, campaign, "&present=false")) == len(everybody), "they can still be looked at"


async def test_paged_with_columns(desk: Desk) -> None:
    campaign, _ = await grown(desk)
    path = f"/campaigns/{campaign}/audience?limit=150&columns=age"
    seen: list[int] = []
    cursor = ""
    while True:
        page = await desk.get(f"{path}{cursor}")
        seen += [item["profile_id"] for item in page["items"]]
        assert page["total"] == 420
        assert set(page["items"][0]["profile"]) == {"age"}
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == list((await desk.people(campaign)).assigned)
    for query in ("side=left", "source=luck", "sort=age", "columns=nothing", "cursor=xx", "cursor=WyJhIl0"):
        await desk.get(f"/campaigns/{campaign}/audience?{query}", 422)
    draft = await desk.make()
    assert (await desk.get(f"/campaigns/{draft['id']}/audience"))["items"] == []
    await desk.get(f"/campaigns/{campaign + 1000}/audience", 404)


async def test_each_figure_opens_as_many_as_it_says(desk: Desk) -> None:
    campaign, mailing = await grown(desk)
    now = await desk.get(f"/campaigns/{campaign}")
    people = await desk.people(campaign)

    async def behind(key: str) -> set[int]:
        page = await desk.get(f"/databases/{desk.database}/profiles?figure=campaign:{campaign}:{key}&limit=1000")
        figure = await desk.get(f"/databases/{desk.database}/figures/campaign:{campaign}:{key}")
        assert page["total"] == len(page["items"]) == figure["people"]
        assert figure["link"] == f"/campaigns/{campaign}?tab=audience"
        assert "Winter" in figure["title"] or key.startswith("stratum")
        return {item["id"] for item in page["items"]}

    for key, name in (("audience", "audience"), ("test", "test"), ("control", "control_size"), ("guests", "guests")):
        assert len(await behind(key)) == now[name] > 0, key
    assert await behind("control") == set(people.audience & people.control)
    assert await behind("withheld") == set()
    assert await behind("assigned") == set(people.assigned)
    assert await behind(f"entry:clicked:{mailing}") == set(range(501, 521))
    assert await behind(f"entry:clicked:{mailing}:control") == set(range(501, 521)) & set(people.control)
    assert await behind("entry:segment:0") == set(range(1, 401))
    plan = await desk.get(f"/campaigns/{campaign}/strata")
    for part in plan["parts"]:
        assert len(await behind(f"stratum:{part['key']}")) == part["people"]
        assert len(await behind(f"stratum:{part['key']}:control")) == part["control"]
    for key in (
        "",
        ":",
        ":size",
        ":stratum:9.9",
        ":entry:clicked",
        ":entry:luck:1",
        ":entry:clicked:x",
        ":audience:left",
    ):
        await desk.get(f"/databases/{desk.database}/figures/campaign:{campaign}{key}", 404)
    await desk.get(f"/databases/{desk.database}/figures/campaign:x:audience", 404)
    async with desk.engines.tx() as tx:
        assert len(await profiles.figure_people(tx, SYSTEM, desk.database, f"campaign:{campaign}:test")) == now["test"]


async def test_people_are_for_those_who_may_see_people(desk: Desk) -> None:
    campaign, _ = await grown(desk)
    async with api_client(desk.engines, roles=("viewer",)) as client:
        viewer = Desk(client, desk.engines, desk.shop)
        assert await listed(viewer, campaign)
        assert (await viewer.get(f"/campaigns/{campaign}/history"))["total"] == 2
