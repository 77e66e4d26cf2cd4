"""Carts worked out by Medusa's promotion module too: the same off every line, or a difference that ADR 0021 explains.

Theirs keeps fractions of a cent, ours charges whole cents. So a cart is compared to the cent where theirs comes out in
whole cents, or where one promotion was applied and its amounts are rounded by our rule; in the others each application
may have moved the amount of a line by less than a cent.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections import Counter
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest

from fidelia.loyalty.pricing import PercentOff, Result

from ..pricing.making import sound, work_out
from .drawing import Cart, cart

pytestmark = pytest.mark.prove
MODULE = "@medusajs/promotion@2.21.2"
CARTS = 4_000
#: Theirs divides to twenty places.
NOTHING = Decimal("0.000000001")


@pytest.fixture(scope="module")
def medusa(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the module, installed for the test."""
    folder = Path(os.environ.get("FIDELIA_MEDUSA") or tmp_path_factory.mktemp("medusa"))
    if not (folder / "node_modules").exists():
        (folder / "package.json").write_text('{"private": true}')
        quiet = ("--ignore-scripts", "--no-audit", "--no-fund", "--no-save")
        subprocess.run(["npm", "install", *quiet, MODULE], cwd=folder, check=True, timeout=900)
    shutil.copy(Path(__file__).with_name("carts.js"), folder)
    return folder


def worked_out(medusa: Path, carts: list[Cart]) -> list[list[dict[str, Any]]]:
    """What their module does with each cart."""
    given = json.dumps([each.theirs for each in carts])
    done = subprocess.run(
        ["node", "carts.js"],
        cwd=medusa, input=given, capture_output=True, text=True, check=True, timeout=900,
    )  # fmt: skip
    answers: list[list[dict[str, Any]]] = json.loads(done.stdout)
    return answers


def cents(amount: Decimal) -> int:
    return int((amount + NOTHING).to_integral_value(ROUND_HALF_UP))


def compared(drawn: Cart, actions: list[dict[str, Any]], result: Result) -> str:
    """Require the same of a cart; return in which way it was the same."""
    off: dict[str, Decimal] = {each.id: Decimal(0) for each in drawn.draft.lines}
    applied: Counter[int] = Counter()
    whole = True
    for action in actions:
        if action["action"] != "addItemAdjustment":
            assert action["action"] == "promotionLimitExceeded", action
            continue
        amount = Decimal(action["amount"])
        off[action["item"]] += amount
        applied[int(action["code"][1:])] += 1
        whole &= abs(amount - cents(amount)) < NOTHING
    ours = {each.id: each.discount for each in result.lines}
    did = {trace.promotion for trace in result.trace if trace.status == "applied"}
    if whole:
        assert did == set(applied)
        assert ours == {id_: cents(amount) for id_, amount in off.items()}
        return "whole cents"
    if len(applied) == 1:
        (only,) = applied
        reward = next(terms.reward for terms in drawn.program.promotions if terms.id == only)
        assert did <= {only}  # less than half a cent is nothing
        if isinstance(reward, PercentOff) and reward.scope == "lines":
            assert ours == {id_: cents(amount) for id_, amount in off.items()}
        else:
            assert sum(ours.values()) == cents(sum(off.values(), Decimal(0)))
            # The sum is rounded by half a cent at most, then shared out in whole cents.
            assert all(abs(ours[id_] - amount) < Decimal("1.5") for id_, amount in off.items())
        return "rounded once"
    most = sum(applied.values())
    assert all(abs(ours[id_] - amount) < most for id_, amount in off.items())
    assert abs(sum(ours.values()) - sum(off.values(), Decimal(0))) <= most
    return "rounded often"


def test_carts_cost_the_same(medusa: Path) -> None:
    random = Random(20261122)
    carts = [cart(random, 1 + n % 2 * random.randint(0, 5), round_prices=n % 4 == 1) for n in range(CARTS)]
    seen: Counter[str] = Counter()
    worth = 0
    for drawn, actions in zip(carts, worked_out(medusa, carts), strict=True):
        result = work_out(drawn.program, drawn.draft, left=drawn.left)
        sound(result, drawn.draft)
        try:
            how = compared(drawn, actions, result)
        except AssertionError as exc:
            told = [(trace.promotion, trace.status, trace.reason) for trace in result.trace]
            raise AssertionError(f"{exc}\n{json.dumps(drawn.theirs)}\n{actions}\n{result.lines}\n{told}") from None
        seen[how] += 1
        worth += result.discount > 0
    print(dict(seen))
    assert seen["whole cents"] + seen["rounded once"] >= CARTS // 2
    assert worth > CARTS // 2
