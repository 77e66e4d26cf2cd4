"""What a split may say, and what keeps it from being started."""

from __future__ import annotations

import httpx
import pytest

from fidelia.kernel.clock import FixedClock
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
