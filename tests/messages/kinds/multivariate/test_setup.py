"""What a split may say, and what keeps it from being started."""

from __future__ import annotations

import httpx
import pytest

from fidelia.kernel.clock import FixedClock
from fidelia.messages.mailbox.server import MailboxServer
from fidelia.platform.engines import Engines

from ...test_mailings import ok
from ...world import people
from .world import WAIT, templates


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"test": None}, "/split/test"),
        ({"variants": 1}, "/split/variants"),
        ({"metric": "goal"}, "/split/test/event"),
        ({"until": "2026-11-16T11:00:00Z", "wait": None}, "/split/test/until"),
    ],
)
async def test_what_keeps_it_from_being_started(
    engines: Engines, api: httpx.AsyncClient, clock: FixedClock, change: dict, pointer: str
) -> None:
    database = await people(engines, 5)
    test: dict | None = {"share": 20, "metric": "clicked", "wait": WAIT}
    variants = [{"template_id": id_} for id_ in await templates(api)]
    if "test" in change:
        test = None
    elif "variants" in change:
        variants = variants[:1]
    else:
        test |= change
    body = {"name": "x", "type": "multivariate", "database_id": database, "split": {"variants": variants, "test": test}}
    mailing_id = (await ok(await api.post("/api/v1/mailings", json=body), 201))["id"]
    refused = await ok(await api.post(f"/api/v1/mailings/{mailing_id}/start", json={}), 422)
    assert pointer in [error["pointer"] for error in refused["errors"]]


@pytest.mark.parametrize(
    ("split_", "pointer"),
    [
        ({"variants": [{"template_id": 999_999}]}, "/split/variants/0/template_id"),
        ({"variants": [], "test": {"share": 120}}, "/split/test/share"),
        ({"variants": [], "test": {"wait": 5}}, "/split/test/wait"),
        ({"variants": [], "test": {"confidence": 20}}, "/split/test/confidence"),
        (
            {"variants": [], "test": {"wait": None, "until": "2026-12-01T10:00:00Z", "extend": True}},
            "/split/test/extend",
        ),
    ],
)
async def test_what_is_not_stored(
    engines: Engines, api: httpx.AsyncClient, clock: FixedClock, split_: dict, pointer: str
) -> None:
    database = await people(engines, 1)
    body = {"name": "x", "type": "multivariate", "database_id": database, "split": split_}
    refused = await ok(await api.post("/api/v1/mailings", json=body), 422)
    assert pointer in [error["pointer"] for error in refused["errors"]]


async def test_a_subject_that_cannot_be_made_is_refused_at_its_place(engines: Engines, api: httpx.AsyncClient) -> None:
    database = await people(engines, 1)
    (id_, _) = await templates(api)
    variants = [{"template_id": id_}, {"template_id": id_, "subject": "Hi {{ profile.nickname }}"}]
    body = {"name": "x", "type": "multivariate", "database_id": database, "split": {"variants": variants}}
    refused = await ok(await api.post("/api/v1/mailings", json=body), 422)
    assert refused["errors"][0]["pointer"] == "/split/variants/1/subject"
    assert "nickname is unknown" in refused["errors"][0]["message"]


async def test_a_variant_is_shown_as_somebody_who_has_what_it_uses(engines: Engines, api: httpx.AsyncClient) -> None:
    database = await people(engines, 3)
    (id_, _) = await templates(api)
    variants = [{"template_id": id_}, {"template_id": id_, "subject": "For {{ profile.first_name }}"}]
    body = {"name": "x", "type": "multivariate", "database_id": database, "split": {"variants": variants}}
    path = f"/api/v1/mailings/{(await ok(await api.post('/api/v1/mailings', json=body), 201))['id']}/variants"
    assert (await ok(await api.post(f"{path}/1/preview", json={})))["subject"] == "Subject 0"
    shown = await ok(await api.post(f"{path}/2/preview", json={}))
    assert (shown["subject"], shown["error"]) == ("For Name 1", None)
    assert "profile.first_name" in (await ok(await api.post(f"{path}/2/preview", json={"profile_id": 3})))["error"]
    await ok(await api.post(f"{path}/3/preview", json={}), 404)


async def test_a_template_of_a_variant_is_not_put_away(engines: Engines, api: httpx.AsyncClient) -> None:
    database = await people(engines, 1)
    ids = await templates(api)
    variants = [{"template_id": id_} for id_ in ids]
    body = {"name": "Needs both", "type": "multivariate", "database_id": database, "split": {"variants": variants}}
    await ok(await api.post("/api/v1/mailings", json=body), 201)
    refused = await ok(await api.delete(f"/api/v1/templates/{ids[1]}"), 409)
    assert "Needs both" in str(refused)


async def test_a_copy_has_the_same_variants(engines: Engines, api: httpx.AsyncClient) -> None:
    database = await people(engines, 1)
    variants = [{"template_id": id_, "subject": "", "from_name": "Ann"} for id_ in await templates(api)]
    split = {"variants": variants, "test": {"share": 10, "metric": "opened", "wait": WAIT, "confidence": 95}}
    body = {"name": "x", "type": "multivariate", "database_id": database, "split": split}
    made = await ok(await api.post("/api/v1/mailings", json=body), 201)
    copy = await ok(await api.post(f"/api/v1/mailings/{made['id']}/clone", json={}), 201)
    assert (copy["type"], copy["split"]) == ("multivariate", made["split"])
    assert copy["split"]["variants"] == variants


async def test_every_variant_is_sent_as_a_test(
    engines: Engines, api: httpx.AsyncClient, mailbox: MailboxServer
) -> None:
    database = await people(engines, 1)
    variants = [{"template_id": id_, "subject": f"Try {n}"} for n, id_ in enumerate(await templates(api))]
    body = {"name": "x", "type": "multivariate", "database_id": database, "from_email": "shop@example.org"}
    made = await ok(await api.post("/api/v1/mailings", json=body | {"split": {"variants": variants}}), 201)
    sent = await ok(await api.post(f"/api/v1/mailings/{made['id']}/test-send", json={"to": ["me@example.org"]}))
    assert [result["sent"] for result in sent["items"]] == [True, True]
    mails = await ok(await api.get("/api/v1/mailbox", params={"q": "me@example.org", "limit": 10}))
    assert sorted(mail["subject"] for mail in mails["items"]) == ["[Test] Try 0", "[Test] Try 1"]


async def test_who_sets_off_a_triggered_mailing_keeps_their_variant(
    engines: Engines, api: httpx.AsyncClient, mailbox: MailboxServer, clock: FixedClock
) -> None:
    database = await people(engines, 30)
    split = {"variants": [{"template_id": id_} for id_ in await templates(api, 3)]}
    body = {"name": "x", "type": "trigger", "database_id": database, "undo_seconds": 0, "split": split}
    body |= {"from_email": "shop@example.org", "triggers": [{"kind": "call"}]}
    made = await ok(await api.post("/api/v1/mailings", json=body), 201)
    path = f"/api/v1/mailings/{made['id']}"
    await ok(await api.post(f"{path}/start", json={}))
    for _ in range(2):
        items = [{"profile": profile} for profile in range(1, 31)]
        await ok(await api.post(f"{path}/trigger", json={"items": items}), 202)
    async with engines.db.hot() as raw:
        cursor = await raw.execute(
            "select profile_id, array_agg(variant) from delivery d join mailing_run r on r.id = d.run_id"
            " where r.mailing_id = %s group by 1",
            (made["id"],),
        )
        given = {profile: set(variants) for profile, variants in await cursor.fetchall()}
    assert len(given) == 30
    assert all(len(variants) == 1 for variants in given.values())
    assert set.union(*given.values()) == {1, 2, 3}
    await ok(await api.post(f"{path}/stop"))


async def test_without_a_template_there_is_nothing_to_try(engines: Engines, api: httpx.AsyncClient) -> None:
    database = await people(engines, 1)
    body = {"name": "x", "type": "multivariate", "database_id": database}
    made = await ok(await api.post("/api/v1/mailings", json=body), 201)
    for verb, given in (("preview", {}), ("test-send", {"to": ["me@example.org"]})):
        refused = await ok(await api.post(f"/api/v1/mailings/{made['id']}/{verb}", json=given), 422)
        assert refused["errors"][0]["pointer"] == "/template_id"
    assert (await ok(await api.get(f"/api/v1/mailings/{made['id']}/estimate")))["split"] is None
