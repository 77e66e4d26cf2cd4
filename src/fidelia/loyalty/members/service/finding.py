"""Members by what people know of themselves: an e-mail address, a phone number, the number of a card."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from fidelia import profiles
from fidelia.kernel.errors import FieldError, Problem, invalid, invalid_field, not_found
from fidelia.platform.postgres import Tx

from ... import programs
from ..store import members as store
from .shown import COLUMNS, MemberOut, shown

_FIELDS = {"phone": "phones"}


class MemberFound(msgspec.Struct, frozen=True, kw_only=True):
    """Whose a key is; ``member`` is null for who never was one."""

    profile_id: int
    member: MemberOut | None


async def find(tx: Tx, program_id: int, matching: str, key: str) -> MemberFound:
    """Return whose a key is, with balances and levels; raise 404 when it is nobody's, 422 for a key of another form."""
    program = await programs.program(tx, program_id)
    try:
        found = await matched(tx, program.database_id, matching, [key])
    except Problem as problem:
        said = [error.message for error in problem.errors if error.pointer == "/keys/0"]
        raise invalid_field("/key", said[0]) if said else problem from None
    if key not in found:
        raise not_found("Profile", key[:200])
    member = await store.get(tx, program_id, found[key])
    told = None if member is None else (await shown(tx, program, [member], COLUMNS))[0]
    return MemberFound(profile_id=found[key], member=told)


async def matched(tx: Tx, database_id: int, matching: str | None, keys: Sequence[str]) -> dict[str, int]:
    """Return whose these keys are, for those that are somebody's: ``{given key: profile}``.

    ``matching`` is email, phone, external_id or the name of a field. Raises 422, a line for each bad key.
    """
    if matching is None:
        raise invalid_field("/matching", "Say what the keys are: email, phone, external_id or the name of a field")
    known = (await profiles.get_database(tx, database_id)).field(_FIELDS.get(matching, matching))
    if known is None:
        raise invalid_field("/matching", f"There is no field {matching[:100]!r} in this database")
    read: dict[str, Any] = {}
    faults: list[FieldError] = []
    for number, key in enumerate(keys):
        try:
            read[key] = profiles.read_key(known, key)
        except (Problem, ValueError) as exc:
            said = exc.detail if isinstance(exc, Problem) else str(exc)
            faults.append(FieldError(f"/keys/{number}", said))
    if faults:
        raise invalid(*faults[:100])
    found = await profiles.match_ids(tx, database_id, matching, set(read.values()))
    return {given: found[key] for given, key in read.items() if key in found}
