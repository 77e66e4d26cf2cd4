"""Queries of codes that people bring to orders. Codes are locked in the order of their ids."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from fidelia.platform.postgres import Tx, as_struct

from ..tables import promo_code, promo_holder, promo_use

_c, _h, _u = promo_code.c, promo_holder.c, promo_use.c


class CodeRow(msgspec.Struct, frozen=True, kw_only=True):
    """A code as it is stored."""

    id: int
    pool_id: int
    database_id: int
    code: str
    key: str
    profile_id: int | None
    attached_at: datetime | None
    activated_at: datetime | None
    expires_at: datetime | None
    own_expiry: bool
    by_use: bool
    uses: int
    extra: dict[str, str] | None
    created_at: datetime


class HolderRow(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody with a universal code, as it is stored."""

    code_id: int
    profile_id: int
    attached_at: datetime
    activated_at: datetime | None
    expires_at: datetime | None
    by_use: bool
    uses: int


class UseRow(msgspec.Struct, frozen=True, kw_only=True):
    """A code that an order uses, as it is stored."""

    id: int
    code_id: int
    pool_id: int
    profile_id: int | None


_READ = sa.select(*(_c[name] for name in CodeRow.__struct_fields__))
_HOLDERS = sa.select(*(_h[name] for name in HolderRow.__struct_fields__))
_USES = sa.select(*(_u[name] for name in UseRow.__struct_fields__))


async def by_keys(tx: Tx, database_id: int, keys: Collection[str]) -> dict[str, CodeRow]:
    """Return the codes of a database by their keys."""
    rows = await tx.all(_READ.where(_c.database_id == database_id, _c.key.in_(list(keys))))
    return {row.key: as_struct(row, CodeRow) for row in rows}


async def locked(tx: Tx, ids: Collection[int]) -> dict[int, CodeRow]:
    """Return codes by id; nobody else changes them until the transaction ends."""
    rows = await tx.all(_READ.where(_c.id.in_(list(ids))).order_by(_c.id).with_for_update())
    return {row.id: as_struct(row, CodeRow) for row in rows}


async def holders(tx: Tx, pairs: Collection[tuple[int, int]]) -> dict[tuple[int, int], HolderRow]:
    """Return who has universal codes, by (code, profile)."""
    if not pairs:
        return {}
    rows = await tx.all(_HOLDERS.where(sa.tuple_(_h.code_id, _h.profile_id).in_(list(pairs))))
    return {(row.code_id, row.profile_id): as_struct(row, HolderRow) for row in rows}


async def uses_of(tx: Tx, order_ref: str, *, lock: bool = False) -> list[UseRow]:
    """Return the codes that an order uses now, by code."""
    stmt = _USES.where(_u.order_ref == order_ref, _u.released_at.is_(None)).order_by(_u.code_id)
    return [as_struct(row, UseRow) for row in await tx.all(stmt.with_for_update() if lock else stmt)]


async def set_code(tx: Tx, code_id: int, values: dict[str, Any]) -> None:
    """Change a code's columns."""
    await tx.execute(sa.update(promo_code).where(_c.id == code_id).values(**values))


async def hold(tx: Tx, code: CodeRow, profile_id: int, expires: datetime | None, *, by_use: bool = False) -> None:
    """Let somebody have a universal code; ``by_use`` for as long as orders use it."""
    await tx.execute(
        sa.insert(promo_holder).values(
            code_id=code.id,
            profile_id=profile_id,
            pool_id=code.pool_id,
            database_id=code.database_id,
            attached_at=tx.now,
            expires_at=expires,
            by_use=by_use,
        )
    )


async def set_holder(tx: Tx, code_id: int, profile_id: int, values: dict[str, Any] | None) -> None:
    """Change what is kept about somebody with a universal code; ``None`` takes it from them."""
    where = sa.and_(_h.code_id == code_id, _h.profile_id == profile_id)
    if values is None:
        await tx.execute(sa.delete(promo_holder).where(where))
    else:
        await tx.execute(sa.update(promo_holder).where(where).values(**values))


async def note_use(tx: Tx, code: CodeRow, profile_id: int | None, order_ref: str) -> None:
    """Write that an order uses a code."""
    await tx.execute(
        sa.insert(promo_use).values(
            database_id=code.database_id,
            pool_id=code.pool_id,
            code_id=code.id,
            profile_id=profile_id,
            order_ref=order_ref,
            used_at=tx.now,
        )
    )


async def note_released(tx: Tx, ids: Sequence[int]) -> None:
    """Write that uses were given back."""
    await tx.execute(sa.update(promo_use).where(_u.id.in_(list(ids))).values(released_at=tx.now))


async def in_use(tx: Tx, code_id: int) -> bool:
    """Tell whether an order uses a code now; what was activated by hand is no order."""
    stmt = sa.select(sa.literal(1)).where(_u.code_id == code_id, _u.released_at.is_(None))
    return await tx.scalar(stmt.where(sa.not_(_u.order_ref.startswith("code:"))).limit(1)) is not None
