"""What the tree promises: sizes, where queries and commits stand, a face for each capability, nothing of a machine."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "fidelia"
PYTHON = sorted(p for p in SOURCE.rglob("*.py") if "web_dist" not in p.parts)
CAPABILITIES = sorted(
    p.name
    for p in SOURCE.iterdir()
    if p.is_dir()
    and (p / "__init__.py").exists()
    and p.name not in {"kernel", "platform", "migrations", "api", "worker", "cli"}
)
PYTHON_LINES = 400
WEB_LINES = 250


def tracked() -> list[str]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    return listed.stdout.splitlines()


def test_python_files_fit_one_idea() -> None:
    long = {str(p.relative_to(ROOT)): n for p in PYTHON if (n := len(p.read_text().splitlines())) > PYTHON_LINES}
    assert long == {}


def test_web_files_fit_one_idea() -> None:
    long = {}
    for kind in ("*.ts", "*.tsx"):
        for path in (ROOT / "web" / "src").rglob(kind):
            lines = len(path.read_text().splitlines())
            if lines > WEB_LINES and not path.name.endswith(".d.ts"):
                long[str(path.relative_to(ROOT))] = lines
    assert long == {}


def test_every_capability_has_a_protected_face() -> None:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())
    contracts = {c["id"]: c for c in config["tool"]["importlinter"]["contracts"]}
    for name in CAPABILITIES:
        assert f"face-{name}" in contracts, f"{name} needs a contract that protects its face"
        assert contracts[f"face-{name}"]["protected_modules"] == [f"fidelia.{name}.*"]
        assert ast.get_docstring(ast.parse((SOURCE / name / "__init__.py").read_text())), f"{name} has no docstring"


def calls(tree: ast.AST) -> set[str]:
    return {n.func.attr for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute)}


def test_nobody_commits_but_the_edge() -> None:
    allowed = {"platform"}
    found = [
        str(p.relative_to(SOURCE))
        for p in PYTHON
        if p.relative_to(SOURCE).parts[0] not in allowed and {"commit", "rollback"} & calls(ast.parse(p.read_text()))
    ]
    assert found == []


def test_queries_stand_in_stores() -> None:
    """``sa.select`` and friends only where queries belong: store, projection, platform, and the tables' own file."""
    found = []
    for path in PYTHON:
        parts = path.relative_to(SOURCE).parts
        if parts[0] in {"platform", "migrations"} or any(p.startswith(("store", "projection")) for p in parts):
            continue
        tree = ast.parse(path.read_text())
        found += [
            f"{path.relative_to(SOURCE)}:{node.lineno}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id == "sa"
            and node.attr in {"select", "insert", "update", "delete"}
        ]
    assert found == []


def test_migrations_are_one_line() -> None:
    names = sorted(p.stem for p in (SOURCE / "migrations" / "pg" / "versions").glob("[0-9]*.py"))
    numbers = [n.split("_")[0] for n in names]
    assert numbers == [f"{n:04d}" for n in range(1, len(names) + 1)]


@pytest.mark.parametrize(
    ("what", "pattern"),
    [
        ("an address of a package download", r"https?://[^\s\"')]+\.(?:whl|tgz|tar\.gz)"),
        ("a resolved address in a lock file", r"\"resolved\":"),
        ("a path of somebody's machine", r"(?:^|[\s\"'=(])/(?:" + "wo" + "rk|ro" + r"ot|home/\w+)/"),
    ],
)
def test_nothing_of_a_machine_is_kept(what: str, pattern: str) -> None:
    found = []
    for name in tracked():
        path = ROOT / name
        if path.suffix in {".png", ".woff2", ".ico"} or not path.is_file():
            continue
        text = path.read_text("utf-8", errors="ignore")
        found += [f"{name}:{n}" for n, line in enumerate(text.splitlines(), 1) if re.search(pattern, line)]
    assert found == [], what


def test_no_other_lock_file() -> None:
    assert not {"uv.lock", "poetry.lock", "Pipfile.lock", "yarn.lock", "pnpm-lock.yaml"} & set(tracked())
