"""Secrets at rest: passwords of mail servers, keys, hooks. Encrypted with a key file that only its owner reads.

The file ``keys/secrets.key`` of the data folder holds one Fernet key a line. The first encrypts, all decrypt, so a
key is rotated by adding one (:func:`add_key`), encrypting every value anew (:func:`renew`), and dropping the old ones
(:func:`drop_old_keys`). Several machines of one installation need the same file.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from secrets import token_hex

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from fidelia.platform.engines import Engines
from fidelia.platform.files import DataFolder

_NAME = "secrets.key"
_cache: dict[Path, tuple[tuple[int, int], MultiFernet]] = {}


class SecretError(Exception):
    """A secret cannot be read: the key file is missing, damaged, or is not the one it was encrypted with."""


def encrypt(engines: Engines, text: str) -> str:
    """Return the text in a form that may be stored. Makes the key file at first use."""
    return _keys(engines, create=True).encrypt(text.encode()).decode()


def decrypt(engines: Engines, stored: str) -> str:
    """Undo :func:`encrypt`; raise :class:`SecretError`."""
    try:
        return _keys(engines, create=False).decrypt(stored.encode()).decode()
    except InvalidToken as exc:
        raise SecretError("This secret was encrypted with a key that is not in the key file") from exc


def renew(engines: Engines, stored: str) -> str:
    """Return a stored secret encrypted with the newest key; raise :class:`SecretError`."""
    try:
        return _keys(engines, create=False).rotate(stored.encode()).decode()
    except InvalidToken as exc:
        raise SecretError("This secret was encrypted with a key that is not in the key file") from exc


def add_key(engines: Engines) -> None:
    """Put a new key in front: it encrypts from now on, the older ones still decrypt."""
    path = key_file(engines)
    _keys(engines, create=True)
    _write(path, [Fernet.generate_key().decode(), *_read(path)])


def drop_old_keys(engines: Engines) -> None:
    """Keep the newest key only; what was not renewed can no longer be read."""
    path = key_file(engines)
    _write(path, _read(path)[:1])


def key_file(engines: Engines) -> Path:
    """Return where the keys lie."""
    return DataFolder(engines.settings.data_dir).keys / _NAME


def _keys(engines: Engines, *, create: bool) -> MultiFernet:
    path = key_file(engines)
    if create and not path.exists():
        _create(path)
    try:
        stat = path.stat()
    except FileNotFoundError as exc:
        raise SecretError(f"The key file {path} is missing; restore it from the backup") from exc
    stamp = (stat.st_mtime_ns, stat.st_ino)
    cached = _cache.get(path)
    if cached is None or cached[0] != stamp:
        if stat.st_mode & 0o077:
            raise SecretError(f"Others can read the key file {path}; set its mode to 0600")
        try:
            cached = (stamp, MultiFernet([Fernet(line) for line in _read(path)]))
        except ValueError as exc:
            raise SecretError(f"The key file {path} is damaged; restore it from the backup") from exc
        _cache[path] = cached
    return cached[1]


def _read(path: Path) -> list[str]:
    return [line.strip() for line in path.read_text(encoding="ascii").splitlines() if line.strip()]


def _create(path: Path) -> None:
    """Make the file whole or not at all; of two processes at the same moment one wins and both use its key."""
    temporary = _prepare(path, [Fernet.generate_key().decode()])
    with contextlib.suppress(FileExistsError):
        os.link(temporary, path)
    temporary.unlink()


def _write(path: Path, keys: list[str]) -> None:
    _prepare(path, keys).replace(path)


def _prepare(path: Path, keys: list[str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_name(f"{path.name}.{token_hex(6)}.new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write("\n".join(keys) + "\n")
        file.flush()
        os.fsync(file.fileno())
    return temporary
