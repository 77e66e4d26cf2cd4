"""A hundred thousand offers of each format, loaded with a report: how long that takes."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from . import files
from .conftest import Market

OFFERS = 100_000
MOST_SECONDS = 60


@pytest.mark.prove
@pytest.mark.timeout(600)
@pytest.mark.parametrize("made", [files.many_yml, files.many_rss], ids=["yml", "google"])
async def test_a_hundred_thousand_offers_are_loaded_within_a_minute(
    market: Market, tmp_path: Path, made: Callable[[Path, int], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    path = made(tmp_path / "feed.xml", OFFERS)
    shown = path.read_bytes()
    spoilt = re.sub(rb"https://shop\.example/r?99<", b"no<", shown, count=1)
    assert spoilt != shown
    feed = await market.feed(spoilt)
    began, busy = time.perf_counter(), time.process_time()
    run: dict[str, Any] = await market.run(feed["id"])
    took, used = time.perf_counter() - began, time.process_time() - busy
    assert (run["state"], run["error"]) == ("done", None)
    assert (run["offers"], run["rejected"]) == (OFFERS, 1)
    assert run["created"] == OFFERS - 1
    began = time.perf_counter()
    again = await market.run(feed["id"])
    over = time.perf_counter() - began
    assert again["unchanged"] == OFFERS - 1
    with capsys.disabled():
        print(
            f"\n{run['format']}: {OFFERS:,} offers in {took:.1f} s ({used:.1f} s of them in Python), again {over:.1f} s"
        )
    assert took <= MOST_SECONDS
    assert over <= MOST_SECONDS
