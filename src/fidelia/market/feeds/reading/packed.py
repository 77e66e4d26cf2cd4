"""The bytes of a feed, plain or packed (.zip, .gz, .tar.gz, .tar), stopped when they grow beyond all measure."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from fidelia import profiles

from .model import FeedProblem

_STEP = 1 << 20
_MAGIC = 257


@contextmanager
def open_feed(path: Path, limits: profiles.files.Limits | None = None) -> Iterator[IO[bytes]]:
    """Open the one file there is, whatever it is packed in; nothing is written to disk, no name is used as a path."""
    limits = limits or profiles.files.Limits()
    try:
        compression, workbook = profiles.files.sniff(path)
        if workbook:
            raise FeedProblem("This is a workbook. A feed is XML, or a table as text")
        with profiles.files.open_bytes(path, compression, limits) as stream:
            if _is_tar(stream):
                yield from _member(stream)
            else:
                yield stream
    except profiles.files.FileProblem as exc:
        raise FeedProblem(exc.detail) from exc


def _is_tar(stream: IO[bytes]) -> bool:
    assert isinstance(stream, io.BufferedReader)
    head = stream.peek(_MAGIC + 5)
    return head[_MAGIC : _MAGIC + 5] == b"ustar"


def _member(stream: IO[bytes]) -> Iterator[IO[bytes]]:
    """Yield the only data file of an archive, and look afterwards that it was the only one."""
    try:
        with tarfile.open(fileobj=stream, mode="r|") as archive:
            found = 0
            for info in archive:
                if info.isdir() or info.name.rpartition("/")[2].startswith("._") or not info.size:
                    continue
                inner = archive.extractfile(info) if info.isreg() else None
                found += 1
                if inner is None or found > 1:
                    raise FeedProblem("An archive must hold exactly one file with data, and no links")
                with io.BufferedReader(inner, _STEP) as data:  # type: ignore[type-var]
                    yield data
            if not found:
                raise FeedProblem("An archive must hold exactly one file with data; this one holds none")
    except (tarfile.TarError, EOFError) as exc:
        raise FeedProblem("The archive is broken: it ends early or its content is damaged") from exc


def pieces(stream: IO[bytes]) -> Iterator[bytes]:
    """Yield the bytes, some at a time."""
    while piece := stream.read(_STEP):
        yield piece
