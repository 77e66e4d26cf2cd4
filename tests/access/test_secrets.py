"""Secrets at rest: a private key file, rotation, and clear refusals."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from fidelia.access import SecretError, secrets
from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Database
from fidelia.settings import Settings


@pytest.fixture
def home(tmp_path: Path) -> Engines:
    return Engines(settings=Settings().replace("data", dir=str(tmp_path)), db=Database("postgresql://x@/x"))


def test_round_trip_with_a_private_key_file(home: Engines) -> None:
    stored = secrets.encrypt(home, "pässword")
    assert "pässword" not in stored
    assert stored != secrets.encrypt(home, "pässword")
    assert secrets.decrypt(home, stored) == "pässword"
    assert secrets.key_file(home).stat().st_mode & 0o777 == 0o600
    assert secrets.key_file(home).parent.stat().st_mode & 0o777 == 0o700


def test_rotation(home: Engines) -> None:
    old = secrets.encrypt(home, "one")
    secrets.add_key(home)
    assert secrets.decrypt(home, old) == "one"
    new = secrets.renew(home, old)
    secrets.drop_old_keys(home)
    assert secrets.decrypt(home, new) == "one"
    with pytest.raises(SecretError, match="not in the key file"):
        secrets.decrypt(home, old)
    assert secrets.key_file(home).stat().st_mode & 0o777 == 0o600


def test_a_missing_open_or_damaged_key_file_is_named(home: Engines) -> None:
    with pytest.raises(SecretError, match="missing"):
        secrets.decrypt(home, "anything")
    stored = secrets.encrypt(home, "one")
    path = secrets.key_file(home)
    path.chmod(0o644)
    path.touch()
    with pytest.raises(SecretError, match="0600"):
        secrets.decrypt(home, stored)
    path.chmod(0o600)
    path.write_text("not a key\n")
    with pytest.raises(SecretError, match="damaged"):
        secrets.decrypt(home, stored)


def test_first_use_at_the_same_moment_keeps_one_key(home: Engines) -> None:
    stored: list[str] = []
    threads = [threading.Thread(target=lambda: stored.append(secrets.encrypt(home, "x"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {secrets.decrypt(home, s) for s in stored} == {"x"}
    assert len(stored) == 8
    assert len(secrets.key_file(home).read_text().splitlines()) == 1
