"""Settings: file, environment and command line in that order, and errors that name the key."""

from __future__ import annotations

import stat
from pathlib import Path

import msgspec
import pytest

from fidelia.settings import SECTIONS, Settings, SettingsError, load, read_runtime, write_runtime

GUIDE = Path(__file__).parents[2] / "docs" / "guide" / "settings.md"


def refused(environ: dict[str, str] | None = None, config: Path | None = None) -> dict[str, str]:
    with pytest.raises(SettingsError) as caught:
        load(config, environ or {})
    return {error.pointer: error.message for error in caught.value.errors}


def test_without_anything_everything_is_embedded() -> None:
    settings = load(environ={})
    assert settings == Settings()
    assert settings.embedded
    assert settings.captures_mail
    assert settings.url == "http://127.0.0.1:8080"


def test_environment_wins_over_the_file_and_the_command_line_over_both(tmp_path: Path) -> None:
    file = tmp_path / "fidelia.toml"
    file.write_text('[server]\nhost = "0.0.0.0"\nport = 1000\n[postgres]\npool_max = 7\n[log]\nlevel = "debug"\n')
    environ = {"FIDELIA_SERVER_PORT": "2000", "FIDELIA_POSTGRES_POOL_MAX": "8", "PATH": "/bin"}
    settings = load(file, environ, {"server": {"port": 3000, "host": None}})
    assert (settings.server.host, settings.server.port) == ("0.0.0.0", 3000)
    assert settings.postgres.pool_max == 8
    assert settings.log.level == "debug"
    assert settings.url == "http://127.0.0.1:3000"


def test_the_environment_may_name_the_file(tmp_path: Path) -> None:
    file = tmp_path / "fidelia.toml"
    file.write_text("[mailbox]\nkeep = 5\n")
    assert load(environ={"FIDELIA_CONFIG": str(file)}).mailbox.keep == 5


def test_texts_of_the_environment_become_values() -> None:
    environ = {
        "FIDELIA_SECURITY_ALLOW_PRIVATE_ADDRESSES": "true",
        "FIDELIA_SMTP_PASSWORD": "0123",
        "FIDELIA_SMTP_TLS": "none",
        "FIDELIA_WEB": "require",
    }
    settings = load(environ=environ)
    assert settings.security.allow_private_addresses is True
    assert settings.smtp.password == "0123"
    assert settings.smtp.tls == "none"


def test_every_wrong_key_is_named_at_once(tmp_path: Path) -> None:
    file = tmp_path / "fidelia.toml"
    file.write_text('sever = 1\n[server]\nport = "80"\nhots = "x"\n[log]\nlevel = "loud"\n')
    found = refused({"FIDELIA_POSTGRES_POOLMAX": "3", "FIDELIA_SMTP_PORT": "smtp", "FIDELIA_JOBS_WORKERS": "0"}, file)
    assert set(found) == {
        "sever",
        "server.port",
        "server.hots",
        "log.level",
        "FIDELIA_POSTGRES_POOLMAX",
        "FIDELIA_SMTP_PORT",
        "FIDELIA_JOBS_WORKERS",
    }
    assert "public_url" in found["server.hots"]


@pytest.mark.parametrize(
    ("environ", "key"),
    [
        ({"FIDELIA_POSTGRES_DSN": "mysql://x"}, "postgres.dsn"),
        ({"FIDELIA_CLICKHOUSE_DSN": "chdb:///x"}, "clickhouse.dsn"),
        ({"FIDELIA_SERVER_PUBLIC_URL": "example.com"}, "server.public_url"),
        ({"FIDELIA_JOBS_STALLED_SECONDS": "5"}, "jobs.stalled_seconds"),
    ],
)
def test_keys_that_do_not_fit_together(environ: dict[str, str], key: str) -> None:
    assert list(refused(environ)) == [key]


def test_a_file_that_is_not_there_or_not_toml(tmp_path: Path) -> None:
    assert "No such file" in refused(config=tmp_path / "none.toml")["config"]
    bad = tmp_path / "bad.toml"
    bad.write_text("[server\n")
    assert "not valid TOML" in refused(config=bad)["config"]


def test_processes_of_a_supervisor_read_the_same_settings_from_a_private_file(tmp_path: Path) -> None:
    settings = Settings().replace("smtp", host="mail.example.com", password="secret")
    path = tmp_path / "settings.json"
    write_runtime(settings, path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load(environ={"FIDELIA_RUNTIME": str(path), "FIDELIA_SMTP_HOST": "other"}) == settings
    with pytest.raises(SettingsError, match="cannot read"):
        read_runtime(tmp_path / "none.json")


def test_cookies_are_secure_behind_https() -> None:
    assert not load(environ={}).secure_cookies
    assert load(environ={"FIDELIA_SERVER_PUBLIC_URL": "https://crm.example.com/"}).secure_cookies
    assert load(environ={"FIDELIA_SECURITY_COOKIE_SECURE": "always"}).secure_cookies
    assert load(environ={"FIDELIA_SERVER_PUBLIC_URL": "https://crm.example.com/"}).url == "https://crm.example.com"


def test_the_guide_documents_every_key_with_its_default() -> None:
    guide = GUIDE.read_text(encoding="utf-8")
    for name, kind in SECTIONS.items():
        for field in msgspec.structs.fields(kind):
            default = msgspec.json.encode(field.default).decode()
            assert f"| `{name}.{field.name}` | `{default}` |" in guide, f"{name}.{field.name}"
