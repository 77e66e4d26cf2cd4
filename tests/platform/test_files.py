"""The store of files: whole or not at all, and only under keys of its own making."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fidelia.kernel.errors import Problem
from fidelia.platform.files import DataFolder, Files


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def broken() -> AsyncIterator[bytes]:
    yield b"half"
    raise ConnectionResetError


async def test_a_stream_is_kept_under_its_key(tmp_path: Path) -> None:
    files = Files(tmp_path)
    key = files.new_key("imports", ".csv")
    assert await files.save(key, chunks(b"a,b\n", b"x" * 3_000_000), limit=4_000_000) == 3_000_004
    assert files.path(key).read_bytes() == b"a,b\n" + b"x" * 3_000_000
    files.delete(key)
    files.delete(key)
    assert not files.path(key).exists()


async def test_too_large_or_broken_streams_leave_nothing(tmp_path: Path) -> None:
    files = Files(tmp_path)
    with pytest.raises(Problem) as caught:
        await files.save(files.new_key("imports"), chunks(b"x" * 11), limit=10)
    assert caught.value.status == 413
    with pytest.raises(ConnectionResetError):
        await files.save(files.new_key("imports"), broken(), limit=10)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    "key", ["", "../x/12345678", "imports/../../etc", "/etc/passwd", "imports/12345678.a..b", "a/B"]
)
def test_other_texts_are_no_keys(tmp_path: Path, key: str) -> None:
    with pytest.raises(ValueError, match="not a file key"):
        Files(tmp_path).path(key)


def test_temporary_files_of_killed_processes_go(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "data")
    folder.prepare()
    (folder.temporary / "left.native").write_text("x")
    (folder.temporary / "clickhouse").mkdir()
    (folder.temporary / "clickhouse" / "part").write_text("x")
    folder.clear_temporary()
    assert list(folder.temporary.iterdir()) == []
