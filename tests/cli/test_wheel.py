"""The one artefact: the wheel alone, in an empty environment without Node, as root and as an ordinary user."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.up import Up, open_folder

pytestmark = [pytest.mark.prove, pytest.mark.xdist_group("wheel")]

ROOT = Path(__file__).parents[2]
WITHOUT_NODE = {"PATH": "/nowhere", "PYTHONDONTWRITEBYTECODE": "1"}


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with open_folder("fidelia-wheel-") as path:
        yield path


@pytest.fixture(scope="module")
def wheel(folder: Path) -> Path:
    environ = {**os.environ, "FIDELIA_WEB": "require"}
    command = [sys.executable, "-m", "build", "-w", "--no-isolation", "-o", str(folder / "dist"), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, env=environ)
    return next((folder / "dist").glob("*.whl"))


@pytest.fixture(scope="module")
def python(folder: Path, wheel: Path) -> str:
    """A Python that everybody may run, in an environment that holds the wheel and what it depends on."""
    base = next((p for p in everybodys_pythons() if p.exists()), Path(sys.executable))
    subprocess.run([base, "-m", "venv", "--without-pip", folder / "venv"], check=True)
    constraints = ["-c", str(ROOT / "constraints.txt")] if (ROOT / "constraints.txt").exists() else []
    made = folder / "venv" / "bin" / "python"
    install = [sys.executable, "-m", "pip", "--python", str(made), "install", "-q", *constraints, str(wheel)]
    subprocess.run(install, check=True)
    return str(made)


def everybodys_pythons() -> list[Path]:
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return [Path("/usr/bin") / name, Path("/usr/local/bin") / name]


def serves_the_web_application(up: Up) -> None:
    url = up.run()["url"]
    for path in ("/", "/segments/5"):
        with urllib.request.urlopen(url + path, timeout=10) as reply:
            page = reply.read().decode()
        assert '<div id="root">' in page
    asset = page.partition('src="')[2].partition('"')[0]
    with urllib.request.urlopen(url + asset, timeout=10) as reply:
        assert reply.status == 200
    assert up.get("/api/v1/users")["items"]


def test_the_wheel_holds_everything(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for path in (ROOT / "src" / "fidelia").rglob("*"):
        kept = path.is_file() and "__pycache__" not in path.parts
        if kept:
            assert f"fidelia/{path.relative_to(ROOT / 'src' / 'fidelia')}" in names
    assert "fidelia/web_dist/index.html" in names


def test_nothing_of_the_sources_is_used(python: str) -> None:
    code = "import fidelia, shutil; print(fidelia.__file__); print(shutil.which('node'))"
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True, env=WITHOUT_NODE, cwd="/")
    assert str(ROOT) not in done.stdout
    assert done.stdout.endswith("None\n")


def test_it_runs(folder: Path, python: str) -> None:
    run(folder / "own" / "data", python)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_it_runs_as_an_ordinary_user(folder: Path, python: str) -> None:
    if not everybodys_pythons()[0].exists() and not everybodys_pythons()[1].exists():
        pytest.skip("there is no Python that an ordinary user may run")
    user = pwd.getpwnam("nobody")
    run(folder / "nobody" / "data", python, user=user.pw_uid, group=user.pw_gid, extra_groups=[])


def run(data: Path, python: str, **identity: Any) -> None:
    data.parent.mkdir(mode=0o711)
    if identity:
        os.chown(data.parent, identity["user"], identity["group"])
    up = Up(data, python=python, env=WITHOUT_NODE, **identity)
    try:
        serves_the_web_application(up.ready(90))
        assert up.end() == 0
    finally:
        up.end()
