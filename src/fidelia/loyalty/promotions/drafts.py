"""What promotions would do if a version said something else: one that is being written, stored or not."""

from __future__ import annotations

from datetime import datetime

import msgspec

from fidelia.kernel.errors import not_found
from fidelia.platform.postgres import Tx

from ..programs import Program
from .checks import scope_of, understand
from .model import Kind, PromotionDefinition
from .store import promotions as store
from .store.promotions import PromotionRow, VersionRow

#: The id of a promotion that is not stored: no promotion will ever have it.
UNSTORED = 2**31 - 1


class Supposed(msgspec.Struct, frozen=True, kw_only=True):
    """A version as it would be: of a ``promotion`` of the program, or (null) of one that is not there yet.

    Without ``since`` it is taken as in force and active; with it, as published from that moment on: what another state
    or a later version means then stays.
    """

    promotion: int | None
    kind: Kind
    definition: PromotionDefinition
    since: datetime | None = None

    @property
    def id(self) -> int:
        """The promotion's id in the result."""
        return UNSTORED if self.promotion is None else self.promotion


async def check_definition(tx: Tx, program_id: int, kind: Kind, definition: PromotionDefinition) -> None:
    """Check what a version says; raise 404 the program, 422 with every fault and its place."""
    understand(await scope_of(tx, program_id, [definition]), kind, definition)


async def supposed_row(tx: Tx, program: Program, supposed: Supposed) -> tuple[PromotionRow, VersionRow]:
    """Return a promotion and the version that is supposed, as if they were stored; raise 404."""
    known = await store.every(tx, program.id)
    owner = next((row for row in known if row.id == supposed.promotion), None)
    if owner is None:
        if supposed.promotion is not None:
            raise not_found("Promotion", supposed.promotion)
        owner = PromotionRow(
            id=UNSTORED,
            program_id=program.id,
            external_id=None,
            kind=supposed.kind,
            state="draft",
            place=max((row.place for row in known), default=0) + 1,
            versions=0,
            revision=1,
            created_at=tx.now,
            updated_at=tx.now,
        )
    if supposed.since is None or owner.state == "draft":
        owner = msgspec.structs.replace(owner, state="active")
    row = VersionRow(
        promotion_id=owner.id,
        number=owner.versions + 1,
        definition=msgspec.to_builtins(supposed.definition),
        sentence="",
        author="",
        published_at=tx.now,
        effective_at=supposed.since or tx.now,
        created_at=tx.now,
    )
    return owner, row
