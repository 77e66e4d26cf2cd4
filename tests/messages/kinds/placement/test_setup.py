"""Slots and placements as they are set up, and what keeps them from being started."""

from __future__ import annotations

from typing import Any

from tests.messages.test_mailings import ok, template

from .world import Site


async def test_slots(site: Site) -> None:
    slots = "/api/v1/placements/slots"
    made = await site.slot("hero", domains=["Shop.Example.org"], width=640, fallback="<b>x</b>")
    found = await ok(await site.api.get(f"{slots}/{made}"))
    assert (found["domains"], found["width"], found["live"], found["by_link"]) == (["shop.example.org"], 640, 0, True)
    changed = await ok(await site.api.patch(f"{slots}/{made}", json={"name": "Top", "width": None, "domains": []}))
    assert (changed["name"], changed["width"], changed["key"]) == ("Top", None, "hero")
    again = {"database_id": site.database, "key": "hero", "name": "Again"}
    assert (await ok(await site.api.post(slots, json=again), 409))["errors"][0]["pointer"] == "/key"
    wrong: dict[str, Any] = {"key": "No Key", "name": " ", "width": 0, "domains": ["ok.org", "not a site"]}
    refused = await ok(await site.api.post(slots, json={"database_id": site.database, **wrong}), 422)
    assert {e["pointer"] for e in refused["errors"]} == {"/key", "/name", "/width", "/domains/1"}
    listed = await ok(await site.api.get(slots, params={"database": site.database, "q": "top"}))
    assert [slot["id"] for slot in listed["items"]] == [made]
    path = await site.placed(made)
    used = await ok(await site.api.get(f"{slots}/{made}/used-by"))
    assert [(use["name"], use["state"]) for use in used["items"]] == [("Banner", "active")]
    assert "Banner" in (await ok(await site.api.delete(f"{slots}/{made}"), 409))["detail"]
    await ok(await site.api.post(f"{path}/stop"))
    await ok(await site.api.delete(path), 204)
    await ok(await site.api.delete(f"{slots}/{made}"), 204)
    await ok(await site.api.get(f"{slots}/{made}"), 404)
    assert (await site.report(path))["placement"] is None
    audit = await ok(await site.api.get("/api/v1/audit", params={"limit": 50}))
    assert {"slot.created", "slot.updated", "slot.deleted"} <= {entry["action"] for entry in audit["items"]}


async def test_what_keeps_it_from_starting(site: Site) -> None:
    elsewhere = await Site.of(site.engines, site.api)
    foreign = await elsewhere.slot("theirs")
    values = {"name": "Banner", "type": "placement", "database_id": site.database}
    bare = await ok(await site.api.post("/api/v1/mailings", json=values), 201)
    assert (bare["channel"], bare["placement"]["slot_id"]) == ("site", None)
    refused = await ok(await site.api.post(f"/api/v1/mailings/{bare['id']}/start", json={}), 422)
    assert {e["pointer"] for e in refused["errors"]} == {"/template_id", "/placement/slot_id"}
    for slot in (foreign, 10**6):
        path = await site.draft(slot)
        errors = (await ok(await site.api.post(f"{path}/start", json={}), 422))["errors"]
        assert [e["pointer"] for e in errors] == ["/placement/slot_id"]
    wrong = {"refresh_minutes": 1, "priority": 101, "max_shows": 0, "ends_at": "2026-11-16T12:00:00"}
    errors = (await ok(await site.api.post("/api/v1/mailings", json={**values, "placement": wrong}), 422))["errors"]
    assert {e["pointer"] for e in errors} == {f"/placement/{name}" for name in wrong}
    for more in (
        {"timing": {"local_time": True}},
        {"placement": {"slot_id": "x"}},
        {"split": {"variants": [{"template_id": 1}, {"template_id": 1}]}},
    ):
        await ok(await site.api.post("/api/v1/mailings", json={**values, **more}), 422)
    sent = {**values, "type": "broadcast", "channel": "site"}
    assert (await ok(await site.api.post("/api/v1/mailings", json=sent), 422))["errors"][0]["pointer"] == "/channel"
    mixed = {**values, "type": "broadcast", "placement": {}}
    assert (await ok(await site.api.post("/api/v1/mailings", json=mixed), 422))["errors"][0]["pointer"] == "/placement"


async def test_content_that_is_worked_out_for_a_run_is_refused(site: Site) -> None:
    body = {"name": "Some", "database_id": site.database, "type": "static"}
    segment = (await ok(await site.api.post("/api/v1/segments", json=body), 201))["id"]
    path = await site.draft(await site.slot(), body=f"<p>{{% if in_segment({segment}) %}}a{{% endif %}}</p>")
    errors = (await ok(await site.api.post(f"{path}/start", json={}), 422))["errors"]
    assert [e["pointer"] for e in errors] == ["/template_id"]
    assert "in_segment" in errors[0]["message"]


async def test_a_field_that_goes_takes_no_page_with_it(site: Site) -> None:
    fields = f"/api/v1/databases/{site.database}/fields"
    field = (await ok(await site.api.post(fields, json={"name": "size", "type": "string"}), 201))["id"]
    await site.placed(await site.slot("a"), body="<p>{{ profile.size | default('none') }}</p>")
    assert "none" in (await site.ask("c1", "a"))["a"]["html"]
    async with site.engines.db.hot() as raw:
        await raw.execute(f"alter table profile_{site.database} drop column f{field}")
        await raw.execute("delete from profile_field where id = %s", (field,))
    assert "none" in (await site.ask("c1", "a"))["a"]["html"]


async def test_preview_estimate_and_no_test_mail(site: Site) -> None:
    path = await site.draft(await site.slot())
    preview = await ok(await site.api.post(f"{path}/preview", json={"profile_id": 1}))
    assert "Hi Name 1" in preview["html"]
    estimate = await ok(await site.api.get(f"{path}/estimate"))
    assert (estimate["receives"], estimate["checks"]) == (20, [])
    await ok(await site.api.post(f"{path}/test-send", json={"to": ["a@example.com"]}), 409)


async def test_hostile_content_is_refused_or_framed(site: Site) -> None:
    slot = await site.slot()
    body = {"name": "Bad", "format": "html", "body": "<p>x</p><script>alert(1)</script>", "database_id": site.database}
    made = await ok(await site.api.post("/api/v1/templates", json=body), 201)
    assert (await site.api.post(f"/api/v1/templates/{made['id']}/publish")).status_code == 422
    async with site.engines.db.hot() as raw:
        await raw.execute(
            f"update profile_{site.database} set first_name = '<img src=x onerror=alert(1)>' where id = 1"
        )
    await site.placed(slot, body="<p>{{ profile.first_name }}</p><p>{{ profile.first_name | safe }}</p>")
    html = (await site.ask("c1"))["hero"]["html"]
    assert html.startswith("<!doctype html>")
    assert html.index("default-src 'none'") < html.index("onerror")
    assert "&lt;img src=x" in html


async def test_values_that_are_missing_show_nothing(site: Site) -> None:
    slot = await site.slot()
    path = await site.placed(slot, body="<p>{{ profile.first_name }}</p>", placement={"priority": 5})
    await site.placed(slot, body="<p>second best</p>")
    assert "Name 1" in (await site.ask("c1"))["hero"]["html"]
    assert "second best" in (await site.ask("c3"))["hero"]["html"]
    report = await site.report(path)
    assert (report["blocked"], report["blocks"][0]["reason"]) == (1, "profile.first_name is missing")
    async with site.engines.db.hot() as raw:
        await raw.execute(f"update profile_{site.database} set first_name = 'Eve' where id = 3")
    await site.see("c3")
    report = await site.report(path)
    assert (report["blocked"], report["sent"]) == (0, 1)


async def test_templates_of_placements_may_be_shared(site: Site) -> None:
    made = await template(site.api, site.database)
    path = await site.draft(await site.slot(), template_id=made)
    await ok(await site.api.post(f"{path}/start", json={}))
