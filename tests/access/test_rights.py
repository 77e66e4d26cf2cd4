"""The table of rights: every route declares one, every right is used, every role gets exactly what the table says."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from litestar import Litestar, get

from fidelia.access import RIGHTS, ROLES, Actor, create_token
from fidelia.access.http import check_routes, guard_right
from fidelia.access.http.guards import declared
from fidelia.access.rules import AREAS, RESERVED, granting, rights_of
from fidelia.kernel.errors import Problem
from fidelia.platform.engines import Engines
from tests.access.conftest import browser, signed_in


def test_roles_hold_known_rights_and_grow_from_viewer() -> None:
    assert set(ROLES) == {"owner", "marketer", "analyst", "loyalty_manager", "integrator", "viewer"}
    for role in ROLES.values():
        assert role.rights <= set(RIGHTS)
    assert ROLES["owner"].rights == set(RIGHTS)
    assert ROLES["viewer"].rights <= ROLES["analyst"].rights
    for name in set(ROLES) - {"owner"}:
        assert not {r for r in ROLES[name].rights if r.startswith(("users:", "tokens:", "audit:"))}
    assert not {r for r in ROLES["viewer"].rights if not r.endswith(":read")}
    assert granting("users:read") == ["Owner"]
    assert rights_of(["gone"], ["nonsense:read"]) == frozenset()


async def test_every_route_has_a_rule_and_every_right_a_route(app: Litestar) -> None:
    check_routes(app)
    used = {opt["right"] for opt in declared(app).values() if "right" in opt}
    assert used <= set(RIGHTS)
    areas = {right.partition(":")[0] for right in used}
    unused = {r for r in RIGHTS if r.partition(":")[0] in areas} - used - RESERVED
    assert not unused, f"rights without a route: {sorted(unused)}"
    assert set(RIGHTS) >= RESERVED


def test_a_route_without_a_rule_is_refused() -> None:
    @get("/open", sync_to_thread=False)
    def forgotten() -> None: ...

    @get("/odd", opt={"right": "segments:fly"}, sync_to_thread=False)
    def odd() -> None: ...

    @get("/fine", opt={"public": True}, sync_to_thread=False)
    def fine() -> None: ...

    with pytest.raises(RuntimeError) as refused:
        check_routes(Litestar([forgotten, odd, fine], guards=[guard_right], openapi_config=None))
    assert "GET /open" in str(refused.value)
    assert "segments:fly" in str(refused.value)
    assert "/fine" not in str(refused.value)


async def test_a_forgotten_route_answers_nobody() -> None:
    @get("/open", sync_to_thread=False)
    def forgotten() -> str:
        return "secret"

    app = Litestar([forgotten], guards=[guard_right], openapi_config=None, logging_config=None)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app, raise_app_exceptions=False), base_url="http://test"
    ) as client:
        reply = await client.get("/open")
    assert reply.status_code == 500
    assert "secret" not in reply.text


def _address(path: str) -> str:
    """Fill a route's parameters with values of their type that nothing has."""
    return re.sub(r"\{[^}]*\}", lambda m: "2000000000" if ":int" in m[0] else "nothing", path)


@pytest.mark.parametrize("role", ROLES)
async def test_role_matrix(app: Litestar, engines: Engines, role: str) -> None:
    """Each route answers 403 exactly to those who lack its right; nobody gets through without credentials."""
    async with engines.tx() as tx:
        made = await create_token(tx, Actor.system(), role, [role])
    async with browser(app) as client:
        for name, opt in declared(app).items():
            method, path = name.split(" ", 1)
            if opt.get("public") or opt.get("stream") or method == "ASGI":
                continue
            anonymous = await client.request(method, _address(path), json={})
            assert anonymous.status_code == 401, name
            if opt.get("right") in ROLES[role].rights and method != "GET":
                continue  # what it does is for the tests of that route
            reply = await client.request(
                method, _address(path), json={}, headers={"Authorization": f"Bearer {made.secret}"}
            )
            if "right" in opt and opt["right"] not in ROLES[role].rights:
                assert reply.status_code == 403, name
                assert opt["right"] in reply.json()["detail"]
            else:
                assert reply.status_code not in {401, 403}, name


async def test_roles_are_served(app: Litestar, make_user: Any, clean: None) -> None:
    viewer, _ = await make_user(["viewer"]), await make_user(["owner", "viewer"])
    async with signed_in(app, viewer) as client:
        body = (await client.get("/api/v1/roles")).json()
        assert [r["name"] for r in body["items"]] == list(ROLES)
        assert {a["name"]: a["verbs"] for a in body["areas"]} == {n: list(a.verbs) for n, a in AREAS.items()}
        assert {r["users"] for r in body["items"]} == {0}
    async with signed_in(app, _) as client:
        counts = {r["name"]: r["users"] for r in (await client.get("/api/v1/roles")).json()["items"]}
        assert counts == {n: {"owner": 1, "viewer": 2}.get(n, 0) for n in ROLES}


def test_require_names_the_right_and_who_grants_it() -> None:
    with pytest.raises(Problem) as refused:
        Actor("user", 1, "Ann", frozenset()).require("mailings:run")
    assert refused.value.status == 403
    assert "mailings:run" in refused.value.detail
    assert "Marketer" in refused.value.detail
