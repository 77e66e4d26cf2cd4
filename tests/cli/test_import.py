"""`fidelia import` against a running platform."""

from __future__ import annotations

import gzip
import json
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.up import Up, fidelia, wait_until

pytestmark = pytest.mark.xdist_group("cli")

ORDERS = """\
external_id,placed_at,email,product,quantity,price,status,channel,currency
o1,2026-11-01T10:00:00Z,ann@example.com,tea,2,3.50,paid,web,EUR
o1,2026-11-01T10:00:00Z,ann@example.com,cup,1,8.00,paid,web,EUR
o2,2026-11-02T10:00:00Z,nobody@example.com,tea,1,3.50,paid,web,EUR
o3,2026-11-03T10:00:00Z,bob@example.com,tea,1,3.50,paid,till,EUR
"""


@pytest.fixture(scope="module")
def database(up: Up) -> int:
    """A database with two people."""
    url, token = up.run()["url"], up.run()["token"]

    def post(path: str, body: Any) -> Any:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        request = urllib.request.Request(url + "/api/v1" + path, json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request, timeout=30) as reply:
            return json.load(reply)

    made = post("/databases", {"name": "shop", "fields": [{"name": "age", "type": "integer"}]})
    people = [{"email": "ann@example.com"}, {"email": "bob@example.com"}]
    post(f"/databases/{made['id']}/profiles/upsert", {"matching": "email", "items": people})
    return int(made["id"])


@pytest.fixture
def run(up: Up, database: int, tmp_path: Path) -> Callable[..., tuple[int, str, str]]:
    """Writes a file and imports it; returns code, output and notes."""

    def imported(kind: str, name: str, content: str | bytes, *options: str) -> tuple[int, str, str]:
        file = tmp_path / name
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        done = fidelia("import", kind, str(file), "--database", "shop", *options, "--data", str(up.data))
        assert "Traceback" not in done.stderr
        return done.returncode, done.stdout.strip(), done.stderr

    return imported


def test_profiles(up: Up, database: int, run: Callable[..., tuple[int, str, str]]) -> None:
    content = "E-mail;Alter\ncarl@example.com;41\ndora@example.com;old\nann@example.com;30\n"
    code, counts, notes = run("profiles", "people.csv", content, "--map", "E-mail=email", "--map", "Alter=age")
    assert code == 0, notes
    assert "rows 3" in counts
    assert "created 1" in counts
    assert "updated 1" in counts
    assert "rejected 1" in counts
    assert "/rejected.csv" in notes
    found = up.get(f"/api/v1/databases/{database}/profiles?q=carl")["items"]
    assert found[0]["email"] == "carl@example.com"
    assert "created 0" in run("profiles", "people.csv", "email\nnew@example.com\n", "--mode", "update")[1]


def test_products(up: Up, run: Callable[..., tuple[int, str, str]]) -> None:
    content = gzip.compress(b"sku,name,price,currency,colour\ntea,Green tea,3.50,EUR,green\nbad,,x,EUR,\n")
    code, counts, notes = run("products", "products.csv.gz", content, "--map", "sku=external_id")
    assert (code, counts) == (0, "created 1  updated 0  unchanged 0  rejected 1"), notes
    assert notes.startswith("row 2: ")
    tea = next(p for p in up.get("/api/v1/market/products?q=green")["items"] if p["external_id"] == "tea")
    assert tea["properties"] == {"colour": "green"}
    again = run("products", "products.csv.gz", content, "--map", "sku=external_id")[1]
    assert again == "created 0  updated 0  unchanged 1  rejected 1"


def test_orders_from_rows_and_from_lines_of_json(
    up: Up, database: int, run: Callable[..., tuple[int, str, str]]
) -> None:
    code, counts, notes = run("orders", "orders.csv", ORDERS)
    assert (code, counts) == (0, "created 2  updated 0  unchanged 0  rejected 1"), notes
    assert notes.startswith("row 3: ")
    order = {"external_id": "o4", "placed_at": "2026-11-04T10:00:00Z", "match": {"email": "bob@example.com"}}
    order["lines"] = [{"product": "tea", "quantity": 3, "price": "3.50"}]
    assert run("orders", "orders.jsonl", json.dumps(order) + "\n\n")[1].startswith("created 1")
    figures = up.get(f"/api/v1/market/orders?database={database}&limit=10")
    assert {o["external_id"]: o["total"] for o in figures["items"]} == {"o1": "15.00", "o3": "3.50", "o4": "10.50"}
    apart = ORDERS + "o1,2026-11-01T10:00:00Z,ann@example.com,cup,1,8.00,paid,web,EUR\n"
    assert "Row 5: the rows of order o1 must stand together" in run("orders", "orders.csv", apart)[2]


def test_events(up: Up, database: int, run: Callable[..., tuple[int, str, str]]) -> None:
    content = "id,type,at,email,stars\ne1,custom.rated,2026-11-16T10:00:00Z,ann@example.com,5\n"
    content += "e2,custom.rated,2026-11-16T11:00:00Z,nobody@example.com,1\n"
    code, counts, notes = run("events", "events.csv", content)
    assert (code, counts) == (0, "accepted 1  duplicates 0  rejected 1"), notes
    assert notes.startswith("row 2: ")
    again = json.dumps({"id": "e1", "type": "custom.rated", "match": {"email": "ann@example.com"}, "properties": {}})
    assert run("events", "events.jsonl", again)[1] == "accepted 0  duplicates 1  rejected 0"


def test_ctrl_c_cancels_the_job(up: Up, database: int, tmp_path: Path) -> None:
    file = tmp_path / "many.csv"
    file.write_text("email\n" + "".join(f"many{n}@example.com\n" for n in range(600_000)))
    command = [sys.executable, "-m", "fidelia", "import", "profiles", str(file), "--database", "shop"]
    process = subprocess.Popen([*command, "--data", str(up.data)], stderr=subprocess.PIPE, text=True)
    wait_until(lambda: any(j["done"] for j in up.get("/api/v1/jobs?state=running")["items"]), 120)
    process.send_signal(signal.SIGINT)
    notes = process.communicate(timeout=60)[1]
    assert process.returncode == 1
    assert notes.splitlines()[-2:] == ["Stopping …", "fidelia: Stopped"]
    job = up.get("/api/v1/jobs?kind=profiles.import&limit=1")["items"][0]
    assert job["state"] == "cancelled"


def test_files_that_cannot_be_read(run: Callable[..., tuple[int, str, str]]) -> None:
    for kind, name, content, message in (
        ("events", "events.xlsx", b"PK", "csv, tsv and jsonl"),
        ("events", "events.jsonl", b'{"a":1}\n[]\n', "line 2"),
        ("products", "p.csv", "name\nтовар\n".encode("cp1251"), "not UTF-8"),
        ("products", "p.csv", b"a,a\n1,2\n", "each once"),
        ("products", "p.csv", b"", "must name every column"),
        ("products", "p.csv", b"a,b\n1,2,3\n", "more cells than columns"),
        ("products", "p.csv.gz", b"no gzip", "cannot be read"),
        ("profiles", "p.csv", b"", ""),
    ):
        code, _, notes = run(kind, name, content)
        assert code == 1, name
        assert message in notes


def test_wrong_usage(up: Up, database: int, tmp_path: Path) -> None:
    file = tmp_path / "p.csv"
    file.write_text("email\na@example.com\n")
    data = ["--data", str(up.data)]
    assert fidelia("import", "profiles", str(file), *data).returncode == 2
    assert fidelia("import", "profiles", str(tmp_path / "none.csv"), "--database", "shop", *data).returncode == 2
    assert fidelia("import", "profiles", str(file), "--database", "shop", "--map", "email", *data).returncode == 2
    unknown = fidelia("import", "profiles", str(file), "--database", "shopp", *data)
    assert (unknown.returncode, "There are: shop" in unknown.stderr) == (1, True)


def test_definitions_of_segments_become_segments(up: Up, database: int, tmp_path: Path) -> None:
    def rules(*queries: tuple[str, str, str]) -> list[dict[str, Any]]:
        read = [
            {"name": n, "type": "string", "operator": o, "value": [{"name": "value", "value": v}]}
            for n, o, v in queries
        ]
        return [{"list_id": 5, "condition": "and", "queries": read}]

    made = [
        {"id": 1, "name": "Young", "segment": rules(("age", "less", "30"))},
        {"id": 2, "name": "Odd", "segment": rules(("age", "resembles", "30"))},
    ]
    file, report = tmp_path / "segments.json", tmp_path / "report.json"
    file.write_text(json.dumps({"error": 0, "data": made}))
    options = ("--map", "database:5=shop", "--report", str(report), "--data", str(up.data))
    for more, line in ((("--dry-run",), "Would be: 1 made, 1 not made"), ((), "1 made, 1 not made")):
        done = fidelia("import", "segments", str(file), *options, *more)
        assert done.returncode == 0, done.stderr
        assert done.stdout.strip().splitlines()[-1] == line
    assert "is less than 30" in done.stdout
    assert "lost: segment[0].queries[0]: age resembles 30: The operator 'resembles' is not known" in done.stdout
    assert [item["outcome"] for item in json.loads(report.read_text())["items"]] == ["converted", "refused"]
    assert [s["name"] for s in up.get(f"/api/v1/segments?database={database}")["items"]] == ["Young"]


def test_definitions_need_to_be_json_and_maps_complete(up: Up, database: int, tmp_path: Path) -> None:
    file = tmp_path / "segments.json"
    file.write_text("{]")
    data = ("--data", str(up.data))
    assert "not JSON" in fidelia("import", "segments", str(file), *data).stderr
    file.write_text("[]")
    assert "no definitions" in fidelia("import", "segments", str(file), *data).stderr
    wrong = fidelia("import", "segments", str(file), "--map", "planet:1=2", *data)
    assert wrong.returncode == 2
    assert "KIND:THEIRS=OURS" in wrong.stderr
    assert fidelia("import", "segments", str(file), "--database", "shop", *data).returncode == 2
    assert fidelia("import", "profiles", str(file), *data).returncode == 2
    assert fidelia("import", "profiles", str(file), "--database", "shop", "--dry-run", *data).returncode == 2
