"""Texts that only the members of a segment read."""

from __future__ import annotations

import sqlalchemy as sa
from pyroaring import BitMap

from fidelia.messages.content import segments as content
from fidelia.messages.content import store

from ..kinds.trigger.world import World
from ..test_mailings import ok
from ..world import run_of
from .conftest import STOP, Post


async def segment(post: Post, database: int, members: list[int] | None = None, **more: object) -> int:
    kind = {"type": "static"} if members is not None else {"type": "dynamic"}
    body = {"database_id": database, "name": f"S{members}{more}"[:60], **kind, **more}
    made = await ok(await post.api.post("/api/v1/segments", json=body), 201)
    if members:
        path = f"/api/v1/segments/{made['id']}/members/add"
        await ok(await post.api.post(path, json={"profile_ids": members}))
    return int(made["id"])


RULE = {"kind": "compare", "field": "profile.first_name", "op": "is_missing"}


async def test_a_list_and_a_rule_are_looked_at_once_for_all(post: Post) -> None:
    database = await post.people(9)
    gold = await segment(post, database, [2, 4])
    nameless = await segment(post, database, condition=RULE)
    body = (
        f"{{% if in_segment({gold}) %}}gold{{% endif %}} {{% if not in_segment({nameless}) %}}named{{% endif %}}"
        '<a href="{{ links.web_version }}">Web</a>'
    )
    template_id = await post.template(body)
    mailing_id = await post.mailing(database, template_id)
    estimate = await ok(await post.api.get(f"/api/v1/mailings/{mailing_id}/estimate"))
    assert [c for c in estimate["checks"] if c["severity"] == "error"] == []
    report = await post.send(mailing_id)
    assert report["sent"] == 9
    texts = await post.texts(mailing_id)
    assert {address for address, text in texts.items() if "gold" in text} == {"p2@example.com", "p4@example.com"}
    assert {address for address, text in texts.items() if "named" not in text} == {
        f"p{n}@example.com" for n in (3, 6, 9)
    }
    async with post.engines.tx() as tx:
        run = (await tx.one(sa.text("select max(id) as id from mailing_run"))).id
        rows = await tx.all(sa.text(f"select segment_id from run_segment where run_id = {run}"))
        assert {row.segment_id for row in rows} == {gold, nameless}
    # What a person got stays what it was, on the web too.
    body = {"profile_ids": [2]}
    await ok(await post.api.post(f"/api/v1/segments/{gold}/members/remove", json=body))
    address = next(line for line in texts["p2@example.com"].split() if "/t/w/" in line)
    page = await post.api.get("/t/w/" + address.strip("()").rpartition("/t/w/")[2])
    assert page.status_code == 200
    assert "gold" in page.text


async def test_a_chunk_costs_the_same_whatever_its_size(post: Post) -> None:
    """Membership is read for all people of a chunk at once."""
    database = await post.people(50)
    some = await segment(post, database, [1, 2, 3])
    counted = []
    async with post.engines.tx() as tx:
        plain = tx.all

        async def counting(*args: object, **more: object) -> object:
            counted.append(args)
            return await plain(*args, **more)  # type: ignore[arg-type]

        tx.all = counting  # type: ignore[method-assign,assignment]
        for ids in ([1], list(range(1, 51))):
            counted.clear()
            found = await content.of(tx, 0, [f"in_segment.{some}"], ids)
            assert len(counted) == 1
            assert sum(person[str(some)] for person in found.values()) == min(3, len(ids))


async def test_previews_ask_for_the_person(post: Post) -> None:
    database = await post.people(4)
    gold = await segment(post, database, [2])
    content = {"format": "html", "subject": "s", "body": f"{{% if in_segment({gold}) %}}gold{{% endif %}}{STOP}"}
    for profile, shown in ((2, True), (3, False), (None, False)):
        body = {**content, "database_id": database, "profile_id": profile}
        made = await ok(await post.api.post("/api/v1/templates/preview", json=body))
        assert made["error"] is None
        assert ("gold" in made["html"]) is shown


async def test_unknown_and_archived_segments_are_problems_and_used_ones_stay(post: Post) -> None:
    database, other = await post.people(2), await post.people(3)
    gold = await segment(post, database, [2])
    body = f"{{% if in_segment({gold}) %}}x{{% endif %}}{{% if in_segment(99999) %}}y{{% endif %}}{STOP}"
    made = await ok(
        await post.api.post(
            "/api/v1/templates",
            json={"name": "T", "subject": "s", "format": "html", "body": body, "database_id": other},
        ),
        201,
    )
    words = {p["message"] for p in made["problems"]}
    assert "There is no segment 99999" in words
    assert any("belongs to another database" in text for text in words)
    assert (await post.api.post(f"/api/v1/templates/{made['id']}/publish")).status_code == 422
    refused = await post.api.delete(f"/api/v1/segments/{gold}")
    assert refused.status_code == 409
    assert "template T" in refused.text


async def test_a_triggered_mailing_knows_rules_from_who_joins(world: World) -> None:
    nameless = await world.segment(type="dynamic", condition=RULE)
    gold = await world.segment(type="static")
    body = f"{{% if in_segment({nameless}) %}}nameless{{% endif %}}{{% if in_segment({gold}) %}}gold{{% endif %}}{STOP}"
    mailing_id = await world.begin(template_id=await world.make_template(body))
    await world.happen(("a", 3), ("b", 4))
    await world.catch()
    await world.ok(await world.api.post(f"/api/v1/segments/{gold}/members/add", json={"profile_ids": [4]}))
    await world.deliver(mailing_id)
    assert "nameless" in world.texts(3)[0]
    assert "gold" not in world.texts(3)[0]
    assert "nameless" not in world.texts(4)[0]
    assert "gold" in world.texts(4)[0]


async def test_who_is_merged_while_a_run_is_under_way_stays_known(post: Post) -> None:
    database = await post.people(4)
    run = await run_of(post.engines, database)
    async with post.engines.tx() as tx:
        await store.keep(tx, run.id, 7, BitMap([1]), BitMap([1, 2]))
        await store.merge(tx, database, 1, 3)
        await store.merge(tx, database, 2, 4)
        await store.merge(tx, database, 1, 2)  # already looked at: stays out
        assert (await store.known(tx, run.id))[7] == (BitMap([1, 3]), BitMap([1, 2, 3, 4]))
