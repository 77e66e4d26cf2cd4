"""Saved views: everybody's own, shown to others only when shared, changed by their owner."""

from __future__ import annotations

from typing import Any

from litestar import Litestar

from .conftest import MakeUser, signed_in

LOOK = {"q": "gold", "sort": "-name", "filter": {"type": ["static", "dynamic"]}, "columns": {"size": False}}


def view(**changes: Any) -> dict[str, Any]:
    return {"list": "segments", "name": "Mine", "look": LOOK, **changes}


async def test_a_view_is_kept_and_comes_back_as_it_was(app: Litestar, make_user: MakeUser) -> None:
    async with signed_in(app, await make_user(["viewer"])) as client:
        made = (await client.post("/api/v1/views", json=view())).json()
        assert made["look"] == LOOK
        assert made["mine"] is True
        assert made["shared"] is False
        assert (await client.get(f"/api/v1/views/{made['id']}")).json() == made
        await client.post("/api/v1/views", json=view(list="mailings", name="Other list"))
        listed = (await client.get("/api/v1/views?list=segments")).json()
        assert [item["name"] for item in listed["items"]] == ["Mine"]
        assert listed["total"] == 1
        assert (await client.get("/api/v1/views")).json()["total"] == 2


async def test_others_see_a_view_only_when_it_is_shared(app: Litestar, make_user: MakeUser) -> None:
    async with (
        signed_in(app, await make_user(["marketer"])) as anna,
        signed_in(app, await make_user(["viewer"])) as bo,
        signed_in(app, await make_user(["owner"])) as owner,
    ):
        path = f"/api/v1/views/{(await anna.post('/api/v1/views', json=view(list='shared.1'))).json()['id']}"
        assert (await bo.get(path)).status_code == 404
        assert (await bo.get("/api/v1/views?list=shared.1")).json()["items"] == []
        assert (await owner.get(path)).status_code == 404
        assert (await anna.patch(path, json={"shared": True})).json()["shared"] is True
        seen = (await bo.get("/api/v1/views?list=shared.1")).json()["items"]
        assert [(v["name"], v["mine"], v["owner_name"]) for v in seen] == [("Mine", False, "Anna Krag")]
        refused = await bo.patch(path, json={"name": "Taken over"})
        assert refused.status_code == 403
        assert "Anna Krag" in refused.json()["detail"]
        assert (await bo.delete(path)).status_code == 403
        assert (await owner.delete(path)).status_code == 204
        assert (await anna.get(path)).status_code == 404


async def test_names_are_ones_own_and_unique(app: Litestar, make_user: MakeUser) -> None:
    async with signed_in(app, await make_user()) as anna, signed_in(app, await make_user()) as bo:
        first = (await anna.post("/api/v1/views", json=view(list="names"))).json()
        taken = await anna.post("/api/v1/views", json=view(list="names", name="MINE "))
        assert taken.status_code == 409
        assert (await bo.post("/api/v1/views", json=view(list="names"))).status_code == 201
        second = (await anna.post("/api/v1/views", json=view(list="names", name="Second"))).json()
        assert (await anna.patch(f"/api/v1/views/{second['id']}", json={"name": "mine"})).status_code == 409
        kept = await anna.patch(
            f"/api/v1/views/{first['id']}", json={"name": "mine", "look": {"q": "x", "filter": {}, "columns": {}}}
        )
        assert kept.json()["look"] == {"q": "x", "sort": "", "filter": {}, "columns": {}}


async def test_bad_views_are_refused_by_field(app: Litestar, make_user: MakeUser) -> None:
    async with signed_in(app, await make_user()) as client:
        for bad, pointer in (
            (view(name="  "), "/name"),
            (view(list="Segments!"), "/list"),
            (view(look={**LOOK, "filter": {"type": "static"}}), "/look/filter"),
            (view(look={**LOOK, "evil": 1}), "/look"),
            (view(look={**LOOK, "q": "\x00"}), "/look"),
            (view(look={**LOOK, "filter": {"f": ["x" * 9000]}}), "/look"),
        ):
            reply = await client.post("/api/v1/views", json=bad)
            assert reply.status_code == 422, bad
            assert reply.json()["errors"][0]["pointer"].startswith(pointer), reply.text
        assert (await client.get("/api/v1/views/99999999999")).status_code == 404


async def test_views_are_in_the_audit_log(app: Litestar, make_user: MakeUser) -> None:
    async with signed_in(app, await make_user()) as client:
        made = (await client.post("/api/v1/views", json=view(list="audited"))).json()
        await client.patch(f"/api/v1/views/{made['id']}", json={"shared": True})
        await client.delete(f"/api/v1/views/{made['id']}")
        log = (await client.get(f"/api/v1/audit?kind=view&object_id={made['id']}")).json()["items"]
        assert [entry["action"] for entry in log] == ["view.deleted", "view.updated", "view.created"]
