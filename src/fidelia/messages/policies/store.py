"""Queries of frequency policies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from fidelia.kernel.errors import not_found
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.listing import folded, sorted_rows
from fidelia.platform.postgres import Tx

from ..tables import mailing, resource_policy, send_policy
from .model import Limit, Policy

_resources = (
    sa.select(sa.func.array_agg(sa.cast(resource_policy.c.resource_id, sa.Integer)))
    .where(resource_policy.c.policy_id == send_policy.c.id)
    .scalar_subquery()
)
_mailings = (
    sa.select(sa.func.count())
    .select_from(mailing)
    .where(mailing.c.policy_id == send_policy.c.id, mailing.c.archived_at.is_(None))
    .scalar_subquery()
)
_SORTS = {
    "name": folded(send_policy.c.name),
    "created_at": send_policy.c.created_at,
    "updated_at": send_policy.c.updated_at,
}
_SELECT = sa.select(send_policy, _resources.label("resource_ids"), _mailings.label("mailing_count"))


def _policy(row: sa.Row[Any]) -> Policy:
    return Policy(
        id=row.id,
        name=row.name,
        description=row.description,
        limits=msgspec.convert(row.limits, list[Limit]),
        is_default=row.is_default,
        resource_ids=sorted(row.resource_ids or []),
        mailing_count=row.mailing_count,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


async def get(tx: Tx, policy_id: int, *, lock: bool = False) -> Policy:
    """Return a policy; raise 404."""
    query = _SELECT.where(send_policy.c.id == policy_id)
    if lock:
        query = query.with_for_update(of=send_policy)
    row = await tx.first(query) if 0 < policy_id < 2**31 else None
    if row is None:
        raise not_found("Policy", policy_id)
    return _policy(row)


async def pages(tx: Tx, page: PageRequest) -> Page[Policy]:
    """Return a page of policies, sorted by ``name`` (the default), ``created_at`` or ``updated_at``."""
    where: list[sa.ColumnElement[bool]] = []
    if page.q:
        where.append(send_policy.c.name.icontains(page.q, autoescape=True))
    total = await tx.scalar(sa.select(sa.func.count()).select_from(send_policy).where(*where))
    rows, cursor = await sorted_rows(
        tx, _SELECT.where(*where), page, sorts=_SORTS, key=send_policy.c.id, default="name"
    )
    return Page([_policy(row) for row in rows], cursor, total)


async def named(tx: Tx, name: str, other_than: int | None) -> bool:
    """Tell whether another policy has this name, whatever its case."""
    query = sa.select(sa.literal(1)).where(sa.func.lower(send_policy.c.name) == sa.func.lower(name))
    if other_than is not None:
        query = query.where(send_policy.c.id != other_than)
    return await tx.first(query) is not None


async def insert(tx: Tx, values: Mapping[str, Any]) -> int:
    """Store a new policy and return its id."""
    query = sa.insert(send_policy).values(**values, created_at=tx.now, updated_at=tx.now)
    return int(await tx.scalar(query.returning(send_policy.c.id)))


async def update(tx: Tx, policy_id: int, values: Mapping[str, Any]) -> None:
    """Change a policy."""
    await tx.execute(sa.update(send_policy).where(send_policy.c.id == policy_id).values(**values, updated_at=tx.now))


async def drop_default(tx: Tx, other_than: int | None) -> None:
    """Take the mark of the default from whichever policy has it."""
    query = sa.update(send_policy).where(send_policy.c.is_default)
    if other_than is not None:
        query = query.where(send_policy.c.id != other_than)
    await tx.execute(query.values(is_default=False, updated_at=tx.now))


async def set_resources(tx: Tx, policy_id: int, resource_ids: Sequence[int]) -> None:
    """Have resources use a policy, whichever they used before; others that used it go back to the default."""
    mine = resource_policy.c.policy_id == policy_id
    await tx.execute(sa.delete(resource_policy).where(mine | resource_policy.c.resource_id.in_(list(resource_ids))))
    if resource_ids:
        rows = [{"resource_id": resource, "policy_id": policy_id} for resource in resource_ids]
        await tx.execute(sa.insert(resource_policy).values(rows))


async def delete(tx: Tx, policy_id: int) -> None:
    """Delete a policy; archived mailings forget it."""
    await tx.execute(sa.update(mailing).where(mailing.c.policy_id == policy_id).values(policy_id=None))
    await tx.execute(sa.delete(send_policy).where(send_policy.c.id == policy_id))


async def used_by(tx: Tx, policy_id: int) -> list[str]:
    """Return the names of mailings that use a policy and are not archived."""
    rows = await tx.all(
        sa.select(mailing.c.name)
        .where(mailing.c.policy_id == policy_id, mailing.c.archived_at.is_(None))
        .order_by(mailing.c.id)
        .limit(100)
    )
    return [row.name for row in rows]
