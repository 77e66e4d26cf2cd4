"""Fragments through the API: versions, what is published keeps its own, templates are brought up to date."""

from __future__ import annotations

import httpx

from fidelia.messages.mailbox.server import MailboxServer
from fidelia.platform.engines import Engines

from ..test_mailings import mailing, ok, run_jobs, template
from ..world import people

FOOT = '<p>Foot <a href="https://shop.example.org/f">Shop</a></p>'
BODY = '<p>Hi</p>\n{% include "foot" %}\n<a href="{{ links.unsubscribe }}">Stop</a>'


async def fragment(api: httpx.AsyncClient, key: str = "foot", **more: object) -> dict:
    body = {"key": key, "name": key.title(), "format": "html", "body": FOOT, **more}
    return await ok(await api.post("/api/v1/fragments", json=body), 201)


async def test_from_a_fragment_to_templates_and_back(engines: Engines, api: httpx.AsyncClient) -> None:
    made = await fragment(api)
    assert (made["version"], made["used_by"], made["problems"]) == (1, 0, [])
    path = f"/api/v1/fragments/{made['id']}"
    draft = await ok(
        await api.post("/api/v1/templates", json={"name": "T", "subject": "s", "format": "html", "body": BODY}), 201
    )
    assert draft["problems"] == []
    sent = await ok(await api.post(f"/api/v1/templates/{draft['id']}/publish"))
    assert sent["newer_fragments"] == []
    await ok(await api.patch(f"/api/v1/templates/{draft['id']}", json={"subject": "changed"}))
    after = await ok(await api.patch(path, json={"body": "<p>New</p>", "version": 1}))
    assert (after["version"], after["used_by"]) == (2, 1)
    assert (await api.patch(path, json={"body": "late", "version": 1})).status_code == 409
    known = await ok(await api.get(f"/api/v1/templates/{draft['id']}"))
    assert known["newer_fragments"] == [
        {"fragment_id": made["id"], "key": "foot", "name": "Foot", "published": 1, "newest": 2}
    ]
    uses = await ok(await api.get(f"{path}/uses"))
    assert uses["templates"] == [{"template_id": draft["id"], "name": "T", "draft": True, "published": 1}]
    shown = await ok(await api.post(f"/api/v1/templates/{draft['id']}/preview", json={}))
    assert "<p>New</p>" in shown["html"]  # a draft has the newest
    updated = await ok(await api.post(f"{path}/update-templates"))
    assert updated["items"] == [{"template_id": draft["id"], "name": "T", "version": 2, "reason": None}]
    known = await ok(await api.get(f"/api/v1/templates/{draft['id']}"))
    assert (known["newer_fragments"], known["unpublished_changes"], known["subject"]) == ([], True, "changed")
    versions = (await ok(await api.get(f"/api/v1/templates/{draft['id']}/versions")))["items"]
    assert [(v["subject"], v["fragments"]) for v in versions] == [("s", {"foot": 2}), ("s", {"foot": 1})]
    assert [v["number"] for v in (await ok(await api.get(f"{path}/versions")))["items"]] == [2, 1]
    refused = await api.delete(path)
    assert refused.status_code == 409
    assert "the template T" in refused.text
    audit = await ok(await api.get("/api/v1/audit", params={"kind": "fragment"}))
    assert {"fragment.created", "fragment.updated"} <= {entry["action"] for entry in audit["items"]}


async def test_a_running_mailing_keeps_its_fragments(
    engines: Engines, api: httpx.AsyncClient, mailbox: MailboxServer
) -> None:
    made = await fragment(api, "kept", body=FOOT.replace("Foot", "Old"))
    database = await people(engines, 3)
    body = BODY.replace("foot", "kept") + '<a href="{{ links.web_version }}">Web</a>'
    template_id = await template(api, database, format="html", body=body)
    mailing_id = await mailing(api, database, template_id)
    await ok(await api.patch(f"/api/v1/fragments/{made['id']}", json={"body": "<p>Fresh</p>"}))
    shown = await ok(await api.post(f"/api/v1/mailings/{mailing_id}/preview", json={"profile_id": 1}))
    assert "Old" in shown["html"]
    assert "Fresh" not in shown["html"]
    await ok(await api.post(f"/api/v1/mailings/{mailing_id}/start", json={}))
    from fidelia.messages.service import running

    await running.start_due(engines)
    await run_jobs(engines)
    caught = await ok(await api.get("/api/v1/mailbox", params={"mailing": mailing_id}))
    assert len(caught["items"]) == 3
    mail = await ok(await api.get(f"/api/v1/mailbox/{caught['items'][0]['id']}"))
    assert "Old" in mail["html"]
    report = await ok(await api.get(f"/api/v1/mailings/{mailing_id}/report"))
    assert [link["url"] for link in report["links"]] == ["https://shop.example.org/f"]


async def test_a_fragment_alone_shows_its_problems_at_its_lines(engines: Engines, api: httpx.AsyncClient) -> None:
    made = await fragment(api, "wrong", body="<p>\n{{ nobody.x }}</p>")
    assert [(p["code"], p["line"], p["message"]) for p in made["problems"]] == [
        ("unknown_root", 2, "nobody is unknown")
    ]
    shown = await ok(
        await api.post(
            "/api/v1/fragments/preview",
            json={"key": "x", "format": "mjml", "body": "<mj-column><mj-text>{{ vars.a_b }}</mj-text></mj-column>"},
        )
    )
    assert shown["problems"] == []
    assert "[a b]" in shown["html"]
    for kind in ("text", "html", "mjml"):
        body = {"format": kind, "body": "Just words\nand {{ nobody.x }}"}
        shown = await ok(await api.post("/api/v1/fragments/preview", json=body))
        assert [(p["code"], p["line"]) for p in shown["problems"]] == [("unknown_root", 2)]
    for kind, body in (("mjml", "Just words"), ("mjml", "<mj-style>p{color:red}</mj-style>"), ("text", "Tom & Jerry")):
        shown = await ok(await api.post("/api/v1/fragments/preview", json={"format": kind, "body": body}))
        assert (shown["problems"], shown["error"]) == ([], None)


async def test_circles_and_bad_keys_are_refused(engines: Engines, api: httpx.AsyncClient) -> None:
    first = await fragment(api, "first")
    await fragment(api, "second", body='<p>{% include "first" %}</p>')
    path = f"/api/v1/fragments/{first['id']}"
    for body in ('{% include "first" %}', '{% include "second" %}'):
        refused = await api.patch(path, json={"body": body})
        assert refused.status_code == 422
        assert "includes itself" in refused.json()["errors"][0]["message"]
    assert (await api.delete(path)).status_code == 409
    for key in ("", "Foot", "1a", 'a"b', "a b", "first", "x" * 61):
        body = {"key": key, "name": "N", "format": "html", "body": "x"}
        assert (await api.post("/api/v1/fragments", json=body)).status_code == 422, key
    bad = {"key": "fine", "name": " ", "format": "html", "body": "a\x00"}
    pointers = {e["pointer"] for e in (await api.post("/api/v1/fragments", json=bad)).json()["errors"]}
    assert pointers == {"/name", "/body"}
    unused = await fragment(api, "unused")
    assert (await api.delete(f"/api/v1/fragments/{unused['id']}")).status_code == 204
    listed = await ok(await api.get("/api/v1/fragments", params={"q": "unus"}))
    assert listed["items"] == []
    gone = await ok(
        await api.post("/api/v1/templates", json={"name": "G", "format": "html", "body": '{% include "unused" %}'}), 201
    )
    assert "unknown_fragment" in [p["code"] for p in gone["problems"]]
    await ok(await api.post(f"/api/v1/fragments/{unused['id']}/restore"))
    assert [f["key"] for f in (await ok(await api.get("/api/v1/fragments", params={"q": "unus"})))["items"]] == [
        "unused"
    ]
