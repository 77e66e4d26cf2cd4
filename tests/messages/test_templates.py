"""Templates through the API: drafts, problems, versions, previews, samples."""

from __future__ import annotations

import httpx

from fidelia.platform.engines import Engines

from .test_mailings import MJML, ok
from .test_markup import DOUBLING
from .world import people


async def make(api: httpx.AsyncClient, **more: object) -> dict:
    body = {"name": "T", "subject": "Hi", "body": MJML, "variables": {"offer": "x"}, **more}
    return await ok(await api.post("/api/v1/templates", json=body), 201)


async def test_from_draft_to_versions(engines: Engines, api: httpx.AsyncClient) -> None:
    made = await make(api)
    path = f"/api/v1/templates/{made['id']}"
    assert made["problems"] == []
    assert (made["revision"], made["published_number"], made["unpublished_changes"]) == (1, None, True)
    first = await ok(await api.post(f"{path}/publish"))
    assert (first["published_number"], first["unpublished_changes"]) == (1, False)
    saved = await ok(await api.patch(path, json={"subject": "Hello", "revision": 1}))
    assert (saved["revision"], saved["unpublished_changes"]) == (2, True)
    late = await api.patch(path, json={"subject": "Late", "revision": 1})
    assert late.status_code == 409
    assert "has changed this template since you opened it" in late.json()["detail"]
    await ok(await api.post(f"{path}/publish"))
    versions = (await ok(await api.get(f"{path}/versions")))["items"]
    assert [(v["number"], v["subject"]) for v in versions] == [(2, "Hello"), (1, "Hi")]
    assert versions[0]["links"][0]["url"] == "https://shop.example.org/sale?a=1"
    copy = await ok(await api.post(f"{path}/clone", json={}), 201)
    assert copy["name"] == "T (copy)"
    assert copy["published_version_id"] is None
    assert (await api.delete(path)).status_code == 204
    listed = await ok(await api.get("/api/v1/templates"))
    assert made["id"] not in [t["id"] for t in listed["items"]]
    assert (await api.patch(path, json={"subject": "x"})).status_code == 409
    assert (await api.post(f"{path}/publish")).status_code == 409
    await ok(await api.post(f"{path}/restore"))
    found = await ok(await api.get("/api/v1/templates", params={"q": "t", "sort": "name", "limit": 1}))
    rest = await ok(
        await api.get("/api/v1/templates", params={"q": "t", "sort": "name", "cursor": found["next_cursor"]})
    )
    assert found["items"][0]["id"] not in [t["id"] for t in rest["items"]]
    audit = await ok(await api.get("/api/v1/audit", params={"kind": "template"}))
    assert {"template.created", "template.updated", "template.published", "template.archived"} <= {
        entry["action"] for entry in audit["items"]
    }


async def test_problems_are_kept_and_refuse_publishing(engines: Engines, api: httpx.AsyncClient) -> None:
    database = await people(engines, 3)
    made = await make(api, database_id=database, body=MJML.replace("profile.id", "profile.first_nme"))
    assert [(p["code"], p["line"]) for p in made["problems"]] == [("unknown_field", 4)]
    assert "did you mean first_name?" in made["problems"][0]["message"]
    refused = await api.post(f"/api/v1/templates/{made['id']}/publish")
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/body"
    assert "Line 4" in refused.json()["errors"][0]["message"]
    empty = await make(api, subject="")
    refused = await api.post(f"/api/v1/templates/{empty['id']}/publish")
    assert refused.json()["errors"][0]["pointer"] == "/subject"
    hostile = await make(api, format="html", body=DOUBLING)
    shown = await ok(await api.post(f"/api/v1/templates/{hostile['id']}/preview", json={}))
    assert shown["problems"][0]["code"] == "hostile"


async def test_previews_and_samples(engines: Engines, api: httpx.AsyncClient) -> None:
    database = await people(engines, 12)
    made = await make(api, database_id=database, body=MJML.replace(' | default("friend")', ""))
    path = f"/api/v1/templates/{made['id']}"
    shown = await ok(await api.post(f"{path}/preview", json={"profile_id": 1}))
    assert shown["error"] is None
    assert "Hi Name 1 x" in shown["html"]
    assert "Hi Name 1 x" in shown["text"]
    assert shown["size"] == len(shown["html"].encode())
    blocked = await ok(await api.post(f"{path}/preview", json={"profile_id": 3}))
    assert blocked["error"] == "profile.first_name is missing"
    assert (await api.post(f"{path}/preview", json={"profile_id": 99})).status_code == 404
    samples = (await ok(await api.get(f"{path}/samples")))["items"]
    assert samples[0]["missing"] == []
    assert any(sample["missing"] == ["first_name"] for sample in samples)
    stand_in = await ok(
        await api.post(
            "/api/v1/templates/preview",
            json={"format": "html", "body": "<p>{{ profile.x }}</p>", "subject": "s", "values": {"x": "<y>"}},
        )
    )
    assert "&lt;y&gt;" in stand_in["html"]
    broken = await ok(await api.post("/api/v1/templates/preview", json={"body": "<mjml>{{ x"}))
    assert broken["html"] == ""
    assert broken["problems"]


async def test_a_used_field_and_a_used_database_stay(engines: Engines, api: httpx.AsyncClient) -> None:
    made = await ok(
        await api.post("/api/v1/databases", json={"name": "used", "fields": [{"name": "size", "type": "string"}]}), 201
    )
    database = made["id"]
    body = MJML.replace("profile.id", 'profile.size | default("m")')
    template = await make(api, name="Sizes", database_id=database, body=body)
    await ok(await api.post(f"/api/v1/templates/{template['id']}/publish"))
    refused = await api.delete(f"/api/v1/databases/{database}/fields/size", params={"confirm": "size"})
    assert refused.status_code == 409
    assert "template Sizes" in refused.text
    await ok(await api.post("/api/v1/mailings", json={"name": "Big", "database_id": database}), 201)
    refused = await api.delete(f"/api/v1/databases/{database}", params={"confirm": "used"})
    assert refused.status_code == 409
    assert "mailing Big" in refused.text


async def test_bad_bodies_are_refused(engines: Engines, api: httpx.AsyncClient) -> None:
    for body, pointer in (
        ({"name": ""}, "/name"),
        ({"name": "x" * 300}, "/name"),
        ({"name": "T", "format": "pdf"}, "/format"),
        ({"name": "T", "body": "a\x00b"}, "/body"),
        ({"name": "T", "variables": {"not a name": "x"}}, "/variables/not a name"),
        ({"name": "T", "database_id": 999}, "/database_id"),
        ({"name": "T", "nonsense": 1}, "/nonsense"),
        ({"name": 7}, "/name"),
    ):
        reply = await api.post("/api/v1/templates", json=body)
        assert reply.status_code == 422, (body, reply.text)
        assert reply.json()["errors"][0]["pointer"] == pointer
    assert (await api.get("/api/v1/templates/999999")).status_code == 404
    assert (await api.get("/api/v1/templates?sort=body")).status_code == 422
    assert (await api.get("/api/v1/templates?cursor=WzFd")).status_code == 422
