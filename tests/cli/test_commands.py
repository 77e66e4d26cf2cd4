"""Commands against a running platform: what they print, and how they fail."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.up import Up, fidelia

pytestmark = pytest.mark.xdist_group("cli")


def ok(up: Up, *arguments: str, given: str = "") -> str:
    done = fidelia(*arguments, "--data", str(up.data), given=given)
    assert done.returncode == 0, done.stderr
    return done.stdout


def fails(up: Up, *arguments: str, given: str = "", code: int = 1) -> str:
    done = fidelia(*arguments, "--data", str(up.data), given=given)
    assert done.returncode == code, done.stdout
    assert "Traceback" not in done.stderr
    return done.stderr


def test_help_is_quick_and_names_every_command() -> None:
    began = time.monotonic()
    text = fidelia("--help").stdout
    assert time.monotonic() - began < 2
    for name in "up serve upgrade status restart check rebuild demo import user token".split():
        assert f"\n  {name} " in text
    assert fidelia("--version").stdout.strip()


def test_heavy_modules_are_not_imported_for_help() -> None:
    heavy = "('chdb', 'litestar', 'sqlalchemy', 'httpx')"
    code = f"import sys, fidelia.cli.app; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("arguments", [["nonsense"], ["up", "--port", "70000"], ["serve"], ["token", "revoke", "x"]])
def test_wrong_usage_is_code_2(arguments: list[str]) -> None:
    done = fidelia(*arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_users(up: Up) -> None:
    made = ok(up, "user", "create", "Ann@example.com", "--role", "marketer")
    assert made.startswith("ann@example.com was created\npassword ")
    assert "Another user has the address ann@example.com" in fails(up, "user", "create", "ann@example.com")
    assert "/email: This is not an e-mail address" in fails(up, "user", "create", "ann")
    assert "has a new password" in ok(
        up, "user", "set-password", "ann@example.com", "--password-stdin", given="correct horse\n"
    )
    assert "10 characters" in fails(up, "user", "set-password", "ann@example.com", "--password-stdin", given="short\n")
    assert "no password on standard input" in fails(up, "user", "create", "x@example.com", "--password-stdin")
    assert "ann@example.com\tann@example.com\tmarketer\tactive" in ok(up, "user", "list").splitlines()
    ok(up, "user", "disable", "ann@example.com")
    assert "ann@example.com\tann@example.com\tmarketer\tdisabled" in ok(up, "user", "list").splitlines()
    assert "last owner" in fails(up, "user", "disable", "admin@localhost")
    assert "There is no user nobody@example.com" in fails(up, "user", "disable", "nobody@example.com")


def test_tokens(up: Up) -> None:
    secret = ok(up, "token", "create", "till", "--role", "integrator").strip()
    assert up.get("/api/v1/jobs", secret)["items"] == []
    number, *rest = next(line for line in ok(up, "token", "list").splitlines() if "\ttill\t" in line).split("\t")
    assert rest[:2] == ["till", "integrator"]
    assert secret not in ok(up, "token", "list")
    ok(up, "token", "revoke", number)
    assert "till" not in ok(up, "token", "list")
    assert "revoked before" in fails(up, "token", "revoke", number)
    assert "There is no role 'emperor'" in fails(up, "token", "create", "x", "--role", "emperor")


def test_status(up: Up) -> None:
    status = json.loads(ok(up, "status", "--json"))
    assert status["processes"]["core"] == up.pids()["core"]
    assert up.run()["url"] in ok(up, "status")


def test_a_folder_without_an_installation_is_not_made_by_accident(tmp_path: Path) -> None:
    done = fidelia("user", "list", "--data", str(tmp_path / "none"))
    assert done.returncode == 1
    assert "There is no installation" in done.stderr
    assert not (tmp_path / "none").exists()
    assert fidelia("restart", "--data", str(tmp_path / "none")).returncode == 1
    assert fidelia("status", "--data", str(tmp_path / "none")).stdout.startswith("stopped")


def test_wrong_settings_are_one_sentence_each(tmp_path: Path) -> None:
    config = tmp_path / "fidelia.toml"
    config.write_text("[server]\nhots = 1\n")
    done = fidelia("up", "--config", str(config), "--data", str(tmp_path / "none"))
    assert done.returncode == 1
    assert done.stderr.startswith("fidelia: server.hots: unknown key")
    assert not (tmp_path / "none").exists()


def test_one_role_needs_external_engines() -> None:
    done = fidelia("serve", "--role", "worker")
    assert done.returncode == 1
    assert "external engines" in done.stderr


def test_without_a_running_platform_a_command_starts_it_and_stops_it(up: Up) -> None:
    assert up.end() == 0
    assert "admin@localhost" in ok(up, "user", "list")
    assert not (up.data / "run.json").exists()
    assert fidelia("status", "--data", str(up.data)).returncode == 1
    again = Up(up.data)
    up.process, up._log = again.process, again._log
    up.ready()
