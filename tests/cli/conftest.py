"""One running installation for the tests of commands."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.up import Up, open_folder


@pytest.fixture(scope="session")
def up() -> Iterator[Up]:
    """`fidelia up` on a new folder."""
    with open_folder("fidelia-cli-") as root:
        started = Up(root / "data")
        try:
            yield started.ready()
        finally:
            started.end()
