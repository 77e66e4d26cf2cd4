"""Codes in messages: ``{{ loyalty.codes.<short name> }}`` gives each recipient a code of their own.

A message is known by its run, its person and its occasion, so that one that is made again shows the same code.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from fidelia.platform.postgres import Tx

from .. import rules
from ..model import PromoPool
from ..store import giving as giving_store
from ..store import pools as pools_store
from ..store.giving import Want
from .giving import hand_out

#: Where templates find codes.
ROOT, PART = "loyalty", "codes"
_PREFIX = f"{ROOT}.{PART}."
#: A message within its run: profile and occasion.
Message = tuple[int, int]


def names_in(uses: Collection[str]) -> list[str]:
    """Return the short names of the pools that a template shows codes of."""
    return sorted({use.removeprefix(_PREFIX).split(".")[0] for use in uses if use.startswith(_PREFIX)})


async def give(
    tx: Tx, database_id: int, run_id: int, messages: Collection[Message], uses: Collection[str]
) -> tuple[dict[Message, dict[str, str]], dict[Message, str]]:
    """Give messages their codes: by message those it shows by short name, and why others get no message."""
    names = names_in(uses)
    pools = await pools_store.by_short_name(tx, database_id, names)
    codes: dict[Message, dict[str, str]] = {message: {} for message in messages}
    refused: dict[Message, str] = {}
    for name in names:
        pool = pools.get(name)
        wants = {_want(run_id, message): message for message in codes}
        if pool is None:
            refused |= dict.fromkeys(codes, f"There is no promo code pool {name}")
            return {}, refused
        found = await hand_out(tx, pool, list(wants), by="mailing")
        for want, message in wants.items():
            if want in found.codes:
                codes[message][name] = found.codes[want]
            else:
                refused[message] = found.reason
                del codes[message]
    return codes, refused


async def given(tx: Tx, database_id: int, run_id: int, message: Message, uses: Collection[str]) -> dict[str, str]:
    """Return the codes that a message was given, by short name; takes none."""
    found = {}
    for name, pool in (await pools_store.by_short_name(tx, database_id, names_in(uses))).items():
        for row in await giving_store.given(tx, pool.id, [_want(run_id, message)]):
            found[name] = row.code
    return found


async def examples(tx: Tx, database_id: int) -> dict[str, str]:
    """Return, by short name, codes to look at: nobody can use them."""
    return {pool.short_name: example_of(pool) for pool in await pools_store.of_database(tx, database_id)}


async def notes(tx: Tx, database_id: int, uses: Collection[str], people: int) -> list[str]:
    """Return, in sentences, which pools cannot give so many people a code."""
    names = names_in(uses)
    pools = await pools_store.by_short_name(tx, database_id, names)
    found = []
    for name in names:
        pool = pools.get(name)
        if pool is None:
            found.append(f"There is no promo code pool {name}: nobody would get the message")
        elif (closed := rules.closed(pool, tx.now)) is not None:
            found.append(f"{rules.CLOSED[closed]} ({pool.name}): nobody would get the message")
        elif (words := await _short(tx, pool, people)) is not None:
            found.append(words)
    return found


def example_of(pool: PromoPool) -> str:
    """Return something that looks like a code of a pool and is none: its signs are left out when codes are made."""
    if pool.way != "template" or pool.pattern is None:
        return "EXAMPLE-CODE"
    stand_ins = {rules.DIGITS: "0", rules.LETTERS: "O", rules.BOTH: "O"}
    return "".join(stand_ins.get(choice, choice[0]) for choice in rules.places(pool.pattern))


async def _short(tx: Tx, pool: PromoPool, people: int) -> str | None:
    if pool.kind == "universal":
        found = await giving_store.shareable(tx, pool.id, pool.max_uses)
        return None if found is not None else f"The pool {pool.name} has no code that can be used: make one first"
    if pool.way == "template" and pool.mailings_create:
        return None
    left = await pools_store.left(tx, pool.id, people)
    if left >= people:
        return None
    short = people - left
    who = "1 person would get no message" if short == 1 else f"{short:,} people would get no message"
    return f"The pool {pool.name} has {left:,} codes left for {people:,} people: {who}. Make or import more"


def _want(run_id: int, message: Message) -> Want:
    profile_id, occasion = message
    return Want(profile_id, f"run:{run_id}:{occasion:x}" if occasion else f"run:{run_id}")


def laid(codes: Mapping[str, str]) -> dict[str, dict[str, dict[str, str]]]:
    """Return codes as templates find them, by root."""
    return {ROOT: {PART: dict(codes)}}
