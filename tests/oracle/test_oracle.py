"""Two hundred segments of real shoppers: Fidelia finds exactly the people whom a reading of the contract finds."""

from __future__ import annotations

import json

import httpx
import pytest

from fidelia.platform.engines import Engines

from ..conftest import NOW
from .build import Both
from .everyday import corners, everyday
from .generated import Maker
from .world import World

GENERATED = 110
HOUSEHOLDS = 50


async def loaded(api: httpx.AsyncClient, engines: Engines, households: int) -> Both:
    both = Both(World(households, NOW), api, engines)
    await both.load()
    return both


async def compare_all(both: Both, generated: int, seed: int) -> None:
    """Ask both sides every condition; tell all differences at once, each with its people."""
    made = Maker(seed, both)
    asked = list(everyday(both).items())
    asked += [(f"corner {n}", node) for n, node in enumerate(corners(both))]
    asked += [(f"generated {n}", made.condition()) for n in range(generated)]
    assert len(asked) >= 200
    differences: list[str] = []
    sizes: list[int] = []
    for name, node in asked:
        wanted, found = both.oracle.ask(node), await both.fidelia(node)
        sizes.append(len(wanted))
        if wanted != found:
            only, lacks = sorted(found - wanted)[:5], sorted(wanted - found)[:5]
            differences.append(f"{name}: too many {only}, too few {lacks}\n  {json.dumps(node, default=str)}")
    assert differences == [], f"{len(differences)} of {len(asked)} differ\n" + "\n".join(differences[:12])
    telling = sum(0 < size < len(both.oracle.people) for size in sizes)
    assert telling >= 0.6 * len(asked), f"only {telling} of {len(asked)} tell somebody from somebody else"


async def test_everyday_questions_find_somebody(api: httpx.AsyncClient, engines: Engines) -> None:
    both = await loaded(api, engines, HOUSEHOLDS)
    assert [name for name, node in everyday(both).items() if not both.oracle.ask(node)] == []
    await compare_all(both, GENERATED, seed=1)


@pytest.mark.prove
async def test_many_households(api: httpx.AsyncClient, engines: Engines) -> None:
    both = await loaded(api, engines, 400)
    await compare_all(both, 400, seed=2)
