"""The public client libraries, unchanged, against a running installation."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.up import Up, open_folder

NODE = Path(__file__).parent.parent / "e2e" / "node"
FOUND = {"custom.product_viewed": 1, "page.viewed": 1, "custom.order_completed": 20}


@pytest.fixture(scope="module")
def up() -> Iterator[Up]:
    with open_folder("fidelia-libraries-") as root:
        installation = Up(root / "data").ready()
        try:
            yield installation
        finally:
            installation.end()


@pytest.fixture(scope="module")
def api(up: Up) -> Iterator[httpx.Client]:
    run = up.run()
    with httpx.Client(
        base_url=f"{run['url']}/api/v1", headers={"Authorization": f"Bearer {run['token']}"}, timeout=30
    ) as client:
        yield client


@pytest.fixture(scope="module")
def key(api: httpx.Client) -> dict[str, Any]:
    fields = [{"name": "plan", "type": "string"}, {"name": "age", "type": "integer"}]
    database = api.post("/databases", json={"name": "shop", "fields": fields}).json()
    made = api.post("/write-keys", json={"database_id": database["id"], "name": "server", "kind": "server"})
    return dict(made.json())


def run(*command: str) -> None:
    done = subprocess.run(command, cwd=NODE, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr + done.stdout


def history(api: httpx.Client, key: dict[str, Any], email: str) -> tuple[dict[str, Any], dict[str, int]]:
    listed = api.get(f"/databases/{key['database_id']}/profiles", params={"q": email}).json()["items"]
    assert len(listed) == 1, listed
    path = f"/databases/{key['database_id']}/profiles/{listed[0]['id']}"
    page = api.get(f"{path}/history").json()
    counts = {t["type"]: t["count"] for group in page["groups"] for t in group["types"]}
    return api.get(path).json(), counts


def in_segment(api: httpx.Client, key: dict[str, Any], least: float) -> int:
    """How many people have orders of so much: the question that a segment asks."""
    condition = {
        "kind": "occurred",
        "event": "custom.order_completed",
        "within": {"last": "P1D"},
        "where": {"kind": "compare", "field": "event.total", "op": "gte", "value": least},
    }
    reply = api.post("/segments/calculate", json={"database_id": key["database_id"], "condition": condition})
    assert reply.status_code == 200, reply.text
    return int(reply.json()["count"])


def test_segment_analytics_python(up: Up, api: httpx.Client, key: dict[str, Any]) -> None:
    script = str(Path(__file__).with_name("python_library.py"))
    for _ in range(2):  # sent again as after a crash: the orders have ids, and count once
        run(sys.executable, script, up.run()["url"], key["key"])
    profile, counts = history(api, key, "python@example.com")
    assert (profile["first_name"], profile["age"], profile["external_id"]) == ("Guido", 60, "python-1")
    assert {name: counts[name] for name in FOUND} == {"custom.product_viewed": 2, "page.viewed": 2} | {
        "custom.order_completed": 20
    }
    assert counts["custom.screen_viewed"] == counts["custom.group_joined"] == 2
    assert in_segment(api, key, 30) >= 1


def test_segment_analytics_node(up: Up, api: httpx.Client, key: dict[str, Any]) -> None:
    if not (NODE / "node_modules" / "@segment").exists():
        run("npm", "ci", "--no-audit", "--no-fund")
    run("node", "send.mjs", up.run()["url"], key["key"])
    profile, counts = history(api, key, "node@example.com")
    assert (profile["first_name"], profile["plan"], profile["external_id"]) == ("Noor", "gold", "node-1")
    assert {name: counts[name] for name in FOUND} == FOUND
    assert in_segment(api, key, 30) >= 1
