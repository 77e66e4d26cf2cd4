"""Saved cases: baskets that are worked out again and told when something else comes of them than was expected."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from fidelia.access import Actor, audit
from fidelia.kernel.errors import FieldError, Problem, conflict, invalid, invalid_field, name_taken
from fidelia.platform.postgres import Tx

from .. import programs
from ..orders import Calculated
from . import store
from .expected import CaseDifference, Expectation, differences, expectation
from .model import TestOrder
from .service import only_result
from .shelf import Shelf
from .store import CaseRow

MOST = 200
MAX_NAME = 200


class TestCase(msgspec.Struct, frozen=True, kw_only=True):
    """A saved case: the ``order`` as it was tried, and what came of it when somebody last called that right."""

    __test__ = False

    id: int
    program_id: int
    name: str
    order: TestOrder
    expected: Expectation
    expected_at: datetime
    author: str
    revision: int
    created_at: datetime
    updated_at: datetime


class CaseRun(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a case now: the ``same`` as expected, ``changed`` (see ``differences``), or it ``failed``.

    ``problem`` says why it could not be worked out: what it names is gone.
    """

    case: int
    state: Literal["same", "changed", "failed"]
    final: str | None
    currency: str
    differences: list[CaseDifference]
    problem: str


class CaseChange(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be changed of a case: its name, its order; ``expect`` takes what comes of it now as right."""

    name: str | UnsetType = UNSET
    order: TestOrder | UnsetType = UNSET
    expect: bool = False
    revision: int | UnsetType = UNSET


async def every(tx: Tx, program_id: int) -> list[TestCase]:
    """Return the saved cases of a program by name; raise 404."""
    await programs.program(tx, program_id)
    return [_shown(row) for row in await store.every(tx, program_id)]


async def read(tx: Tx, program_id: int, case_id: int) -> TestCase:
    """Return a saved case; raise 404."""
    return _shown(await store.get(tx, program_id, case_id))


def _shown(row: CaseRow) -> TestCase:
    return TestCase(
        id=row.id,
        program_id=row.program_id,
        name=row.name,
        order=msgspec.convert(row.asked, TestOrder, str_keys=True),
        expected=msgspec.convert(row.expected, Expectation),
        expected_at=row.expected_at,
        author=row.author,
        revision=row.revision,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


async def save(tx: Tx, actor: Actor, program_id: int, name: str, order: TestOrder) -> TestCase:
    """Store a case with what comes of it now; raise 404, 409 for a taken name or too many cases, 422."""
    clean = _name(name)
    if len(await store.every(tx, program_id)) >= MOST:
        raise conflict(f"A program has {MOST} saved cases at most: delete one first")
    values = {"program_id": program_id, "name": clean, "author": actor.name, **await _values(tx, program_id, order)}
    case_id = await store.add(tx, values)
    if case_id is None:
        raise name_taken("saved case", clean)
    made = await read(tx, program_id, case_id)
    await _audit(tx, actor, "created", made, None, made)
    return made


async def change(tx: Tx, actor: Actor, program_id: int, case_id: int, wanted: CaseChange) -> TestCase:
    """Rename a case, give it another order, or call right what comes of it now; raise 404, 409, 422."""
    row = await store.get(tx, program_id, case_id, lock=True)
    if wanted.revision is not UNSET and wanted.revision != row.revision:
        raise conflict("Somebody else has changed this case meanwhile", revision=row.revision)
    before = _shown(row)
    values: dict[str, Any] = {}
    if wanted.name is not UNSET:
        values["name"] = _name(wanted.name)
        if await store.name_taken(tx, program_id, values["name"], case_id):
            raise name_taken("saved case", values["name"])
    if wanted.order is not UNSET or wanted.expect:
        values |= await _values(tx, program_id, before.order if wanted.order is UNSET else wanted.order)
    if values:
        await store.change(tx, case_id, values)
    after = await read(tx, program_id, case_id)
    await _audit(tx, actor, "updated", after, before, after)
    return after


async def delete(tx: Tx, actor: Actor, program_id: int, case_id: int) -> None:
    """Delete a case; raise 404."""
    found = _shown(await store.get(tx, program_id, case_id, lock=True))
    await store.delete(tx, case_id)
    await _audit(tx, actor, "deleted", found, found, None)


async def run(tx: Tx, program_id: int, ids: Collection[int] | None = None) -> list[CaseRun]:
    """Work saved cases out again, all or some, and compare; writes nothing. Raise 404 for the program."""
    found, shelf = await every(tx, program_id), Shelf()
    return [await _run(tx, case, shelf) for case in found if ids is None or case.id in ids]


async def _run(tx: Tx, case: TestCase, shelf: Shelf) -> CaseRun:
    result = await attempt(tx, case.program_id, case.order, shelf)
    if isinstance(result, str):
        return CaseRun(
            case=case.id, state="failed", final=None, currency=case.expected.currency, differences=[], problem=result
        )
    found = differences(case.expected, result)
    return CaseRun(
        case=case.id,
        state="changed" if found else "same",
        final=result.final,
        currency=result.currency,
        differences=found,
        problem="",
    )


async def attempt(tx: Tx, program_id: int, order: TestOrder, shelf: Shelf) -> Calculated | str:
    """Work a case's order out; return why it cannot be when what it names is gone."""
    try:
        return await only_result(tx, program_id, order, shelf)
    except Problem as problem:
        return problem.errors[0].message if problem.errors else problem.detail


async def _values(tx: Tx, program_id: int, order: TestOrder) -> dict[str, Any]:
    """Return the columns of an order and what comes of it; a person is kept by number, not by address."""
    try:
        result = await only_result(tx, program_id, order)
    except Problem as problem:
        if not problem.errors:
            raise
        raise invalid(*(FieldError(f"/order{one.pointer}", one.message) for one in problem.errors)) from None
    if order.match is not None:
        order = msgspec.structs.replace(order, match=None, profile=result.profile)
    return {
        "asked": msgspec.to_builtins(order, str_keys=True),
        "expected": msgspec.to_builtins(expectation(result)),
        "expected_at": tx.now,
    }


def _name(name: str) -> str:
    name = name.strip()
    if not 0 < len(name) <= MAX_NAME or "\x00" in name:
        raise invalid_field("/name", f"A name has 1 to {MAX_NAME} characters")
    return name


async def _audit(
    tx: Tx, actor: Actor, what: str, found: TestCase, before: TestCase | None, after: TestCase | None
) -> None:
    await audit(
        tx,
        actor,
        f"loyalty_case.{what}",
        kind="loyalty_case",
        object_id=found.id,
        name=found.name,
        before=_picture(before),
        after=_picture(after),
    )


def _picture(case: TestCase | None) -> Any:
    return None if case is None else msgspec.to_builtins(case, str_keys=True)
